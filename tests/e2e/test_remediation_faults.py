"""What happens in the middle of a repair: killed at every step, concurrent writers, refusals, a full disk."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.live.writer import Writer
from gitops_audit.model.resource import JsonObject
from gitops_audit.remediate.apply import apply, resume
from gitops_audit.remediate.journal import Journal
from gitops_audit.remediate.undo import undo
from tests.e2e.apiserver import ApiServer
from tests.e2e.repairing import DEPLOYER, Shop, config_map

pytestmark = pytest.mark.e2e

SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "token"},
    "stringData": {"password": "marker-declared-7f3a"},
}
BROKEN = {"cm-0": {"a": "2"}, "cm-1": {"a": "1", "b": "by hand"}, "cm-2": None}
GOOD = {"cm-0": {"a": "1"}, "cm-1": {"a": "1"}, "cm-2": {"a": "1"}}


class Killed(BaseException):
    """The process ends here: nothing catches it."""


@pytest.fixture
def shop(apiserver: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Three objects: one changed, one with a field added, one deleted by hand."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with apiserver.left_as_found():
        found = Shop.declared(apiserver, tmp_path, [config_map(name) for name in (*GOOD, "kept")])
        found.deploy()
        break_it(found)
        yield found
        found.unlock()


def break_it(shop: Shop) -> None:
    shop.edit("cm-0", a="2")
    shop.edit("cm-1", b="by hand")
    shop.kubectl("delete", "configmap", "cm-2")


def state(shop: Shop) -> dict[str, Any]:
    listed = json.loads(shop.kubectl("get", "configmaps", "-o", "json"))["items"]
    found = {item["metadata"]["name"]: item.get("data") for item in listed}
    return {name: found.get(name) for name in GOOD}


def generations(shop: Shop) -> dict[str, str]:
    listed = json.loads(shop.kubectl("get", "configmaps", "-o", "json"))["items"]
    return {i["metadata"]["name"]: i["metadata"]["resourceVersion"] for i in listed if i["metadata"]["name"] in GOOD}


# Each line of the journal is a step: killed before it was written, or right after; and each request likewise.
@pytest.mark.parametrize("is_before", [True, False])
@pytest.mark.parametrize("step", range(1, 9))
@pytest.mark.parametrize("way", ["resume", "undo"])
def test_a_run_that_is_killed_at_a_line_of_its_journal_can_be_resumed_and_undone(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, step: int, is_before: bool, way: str
) -> None:
    numbers = count(1)
    write = Journal.write

    def dying(self: Journal, event: str, **facts: object) -> None:
        if event == "run":
            return write(self, event, **facts)
        number = next(numbers)
        if number == step and is_before:
            raise Killed
        write(self, event, **facts)
        if number == step:
            raise Killed
        return None

    plan = shop.planned()
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "write", dying)
        with pytest.raises(Killed):
            apply(plan, shop.way())
    run = next(shop.way().journals.glob("*.jsonl")).stem
    if way == "undo":
        assert undo(run, shop.way()).exit_code == 0
        assert state(shop) == BROKEN
        return
    assert resume(run, shop.way()).exit_code == 0
    assert state(shop) == GOOD
    settled = generations(shop)
    assert resume(run, shop.way()).results == ()
    assert generations(shop) == settled
    assert undo(run, shop.way()).exit_code == 0
    assert state(shop) == BROKEN


@pytest.mark.parametrize("request_number", range(1, 5))
@pytest.mark.parametrize("way", ["resume", "undo"])
def test_a_run_that_is_killed_right_after_a_request_can_be_resumed_and_undone(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, request_number: int, way: str
) -> None:
    """What was sent is done, and the journal does not know yet."""
    numbers = count(1)
    patched, applied = Writer.patch, Writer.apply

    def counted() -> None:
        if next(numbers) == request_number:
            raise Killed

    def patch(self: Writer, target: Any, operations: Any, manager: str) -> JsonObject:
        found = patched(self, target, operations, manager)
        if target.key.kind != "Lease":
            counted()
        return found

    def put(self: Writer, *arguments: Any, **options: Any) -> JsonObject:
        found = applied(self, *arguments, **options)
        counted()
        return found

    plan = shop.planned()
    with monkeypatch.context() as changed:
        changed.setattr(Writer, "patch", patch)
        changed.setattr(Writer, "apply", put)
        with pytest.raises(Killed):
            apply(plan, shop.way())
    run = next(shop.way().journals.glob("*.jsonl")).stem
    if way == "resume":
        assert resume(run, shop.way()).exit_code == 0
        assert state(shop) == GOOD
    else:
        assert undo(run, shop.way()).exit_code == 0
        assert state(shop) == BROKEN


def test_a_full_disk_under_the_journal_stops_the_run_before_the_request(shop: Shop) -> None:
    shop.plan()

    def limit() -> None:
        size = (shop.root / "plan.json").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 1500, size + 1500))

    done = shop.run("apply", "plan.json", "--yes", "--quiet", "--json", limit=limit)

    assert done.returncode == 1, done.stdout
    assert "the journal" in done.stdout + done.stderr
    journal = next((shop.state / "gitops-audit" / "journal").glob("*.jsonl"))
    announced = [json.loads(line)["id"] for line in journal.read_text().splitlines()[1:]]
    changed = {name for name, data in state(shop).items() if data != BROKEN[name]}
    assert changed <= {identity.rpartition("/")[2] for identity in announced}
    assert shop.run("resume", journal.stem, "--yes", "--quiet").returncode == 0
    assert state(shop) == GOOD


def test_somebody_who_is_faster_wins_and_is_told(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    patched = Writer.patch

    def late(self: Writer, target: Any, operations: Any, manager: str) -> JsonObject:
        if target.key.name == "cm-0" and shop.data("cm-0") == {"a": "2"}:
            shop.edit("cm-0", a="3")
        return patched(self, target, operations, manager)

    monkeypatch.setattr(Writer, "patch", late)
    found = {r.id.rpartition("/")[2]: r for r in apply(shop.planned(), shop.way()).results}

    assert found["cm-0"].result == "refused"
    assert "somebody changed it since the plan was made" in found["cm-0"].message
    assert [found[name].result for name in ("cm-1", "cm-2")] == ["done", "done"]
    assert state(shop) == {**GOOD, "cm-0": {"a": "3"}}


def test_a_controller_that_reverts_is_a_fight_and_is_not_fought(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    written = Journal.write

    def reverting(self: Journal, event: str, **facts: object) -> None:
        written(self, event, **facts)
        if event == "end" and str(facts["id"]).endswith("/cm-0"):
            shop.edit("cm-0", a="2")

    monkeypatch.setattr(Journal, "write", reverting)
    result = apply(shop.planned(), shop.way())

    assert result.exit_code == 1
    found = {r.id.rpartition("/")[2]: r.result for r in result.results}
    assert found == {"cm-0": "fight", "cm-1": "done", "cm-2": "done"}
    assert shop.data("cm-0") == {"a": "2"}


def test_what_admission_denies_fails_alone(shop: Shop) -> None:
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "frozen"},
        "spec": {
            "matchConstraints": {
                "resourceRules": [
                    {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["configmaps"]}
                ]
            },
            "validations": [{"expression": "object.metadata.name != 'cm-0'", "message": "cm-0 is frozen"}],
        },
    }
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "frozen"},
        "spec": {"policyName": "frozen", "validationActions": ["Deny"]},
    }
    plan = shop.planned()
    path = shop.root.parent / "policy.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [policy, binding]}))
    shop.kubectl("create", "-f", str(path))
    assert_denied(shop)

    found = {r.id.rpartition("/")[2]: r for r in apply(plan, shop.way()).results}

    assert found["cm-0"].result == "failed"
    assert "cm-0 is frozen" in found["cm-0"].message
    assert state(shop) == {**GOOD, "cm-0": {"a": "2"}}


def assert_denied(shop: Shop) -> None:
    """The server takes a moment to heed a new policy."""
    for _ in range(200):
        try:
            shop.kubectl("label", "configmap", "cm-0", "probe=x", "--dry-run=server", "--overwrite")
        except AssertionError:
            return
    raise AssertionError("the policy is not heeded")


def test_a_secret_is_restored_with_its_real_value_and_no_value_is_told(
    apiserver: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with apiserver.left_as_found():
        shop = Shop.declared(apiserver, tmp_path, [SECRET, config_map("other")])
        shop.deploy()
        was = shop.data("token", "secret")
        shop.kubectl(
            "patch", "secret", "token", "--type=merge", "-p", '{"stringData": {"password": "marker-live-9c1d"}}'
        )
        plan = shop.plan()
        text = shop.run("plan", "--quiet").stdout
        done = shop.apply()
        undone = shop.run("undo", json.loads(done.stdout)["run"], "--yes", "--quiet", "--json")
        now = shop.data("token", "secret")
        shop.unlock()

    assert done.returncode == 0, done.stderr
    assert now == was
    assert undone.returncode == 1
    assert "its earlier values are secret" in undone.stdout
    assert plan["actions"][0]["undoable"] is False
    kept = [p.read_text() for p in (tmp_path / "state").rglob("*") if p.is_file()]
    told = "".join([json.dumps(plan), text, done.stdout, done.stderr, undone.stdout, undone.stderr, *kept])
    for marker in ("marker-declared-7f3a", "marker-live-9c1d", *was.values(), "bWFya2VyLWxpdmUtOWMxZA=="):
        assert marker not in told


def test_a_copy_of_a_secret_value_elsewhere_is_not_told_either(
    apiserver: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with apiserver.left_as_found():
        copied = config_map("copied", password="marker-declared-7f3a", a="1")
        shop = Shop.declared(apiserver, tmp_path, [SECRET, copied])
        shop.deploy()
        shop.edit("copied", a="2")
        plan = shop.plan()
        done = shop.apply()
        now = shop.data("copied")
        shop.unlock()

    assert done.returncode == 0, done.stderr
    assert now == {"password": "marker-declared-7f3a", "a": "1"}
    kept = [p.read_text() for p in (tmp_path / "state").rglob("*") if p.is_file()]
    assert "marker-declared-7f3a" not in "".join([json.dumps(plan), done.stdout, done.stderr, *kept])


def test_the_journal_is_for_its_owner_alone(shop: Shop) -> None:
    apply(shop.planned(), shop.way())
    journal = next(shop.way().journals.glob("*.jsonl"))

    assert journal.stat().st_mode & 0o777 == 0o600


def test_a_missing_object_comes_back_in_the_name_of_its_deployer(shop: Shop) -> None:
    apply(shop.planned(), shop.way())
    created = json.loads(shop.kubectl("get", "configmap", "cm-2", "-o", "json", "--show-managed-fields"))

    entries = [(e["manager"], e["operation"]) for e in created["metadata"]["managedFields"]]
    assert entries == [("kustomize-controller", "Apply")]
    for name in GOOD:  # the deployer's next version meets no conflict, though nobody forces it
        text = (shop.root / f"shop/{name}.yaml").read_text()
        (shop.root / f"shop/{name}.yaml").write_text(text.replace("'1'", "'5'"))
    shop.deploy(*DEPLOYER)
    assert state(shop) == {name: {"a": "5"} for name in GOOD}
