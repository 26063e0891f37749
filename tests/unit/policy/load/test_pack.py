from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_audit.config.settings import PolicyRef
from gitops_audit.errors import Location, PolicyError
from gitops_audit.model.resource import JsonObject, split_api_version
from gitops_audit.policy.contract import Policy, Subject
from gitops_audit.policy.form.own.policy_test import subject_of
from gitops_audit.policy.load import documents as document_file
from gitops_audit.policy.load import pack as packs
from gitops_audit.policy.load import policies as registry

WORST = ("error", "fail", "warn", "skip", "pass")
NAMES = packs.names()
FILES = [(name, file) for name in NAMES for file in packs.load(PolicyRef(pack=name)).files]


class Objects:
    """A world of the given objects."""

    def __init__(self, bodies: Sequence[JsonObject]) -> None:
        self._bodies = bodies

    def get(self, group: str, kind: str, namespace: str, name: str) -> JsonObject | None:
        found = (body for body in self.list(group, kind, namespace) if body["metadata"]["name"] == name)
        return next(found, None)

    def list(self, group: str, kind: str, namespace: str = "") -> Sequence[JsonObject]:
        return [
            body
            for body in self._bodies
            if body["kind"] == kind
            and split_api_version(body["apiVersion"])[0] == group
            and namespace in ("", body["metadata"].get("namespace", ""))
        ]


def _cases() -> Iterator[Any]:
    for _, file in FILES:
        for case in yaml.safe_load(file.data)["tests"]:
            name = " ".join(filter(None, (case["name"], case.get("rule", ""))))
            yield pytest.param(file, case, id=f"{file.path}-{name}")


def _loaded(file: packs.PackFile) -> Policy:
    (policy,) = registry.load(document_file.read(file.data, file.path))
    return policy


@pytest.fixture(scope="module")
def policies() -> dict[str, Policy]:
    return {file.path: _loaded(file) for _, file in FILES}


@pytest.mark.parametrize(("file", "case"), list(_cases()))
def test_a_policy_says_what_its_own_tests_expect(
    policies: dict[str, Policy], file: packs.PackFile, case: dict[str, Any]
) -> None:
    body = case.get("object") or case["oldObject"]
    subject = subject_of(body)
    if "oldObject" in case:
        subject = replace(subject, operation="UPDATE" if "object" in case else "DELETE", old=case["oldObject"])
    results = policies[file.path].evaluate(subject, Objects([body, *case.get("others", [])]))
    asked = [item for item in results if case.get("rule") in (None, item.rule)]
    assert asked or case["expect"] == "skip", "the policy does not match the object of its own test"
    if not asked:
        return
    worst = min(asked, key=lambda item: WORST.index(item.result))
    assert worst.result == case["expect"], worst.message


@pytest.mark.parametrize(("pack", "file"), FILES, ids=[file.path for _, file in FILES])
def test_a_policy_of_a_pack_tells_all_that_a_person_needs(pack: str, file: packs.PackFile) -> None:
    policy = _loaded(file)
    about = policy.metadata
    assert file.path == f"{pack}/{about.name}.yaml"
    assert all((about.title, about.category, about.remediation, policy.rules, about.severity is not None))
    assert len(yaml.safe_load(file.data)["spec"]["description"]) > 20


@pytest.mark.parametrize("file", [file for _, file in FILES], ids=[file.path for _, file in FILES])
def test_a_policy_of_a_pack_is_tested_on_both_sides(file: packs.PackFile) -> None:
    body = yaml.safe_load(file.data)
    for rule in body["spec"]["rules"]:
        outcomes = {case["expect"] for case in body["tests"] if case.get("rule") in (None, rule["name"])}
        assert {"pass", "fail"} <= outcomes, rule["name"]


def test_the_packs_are_those_of_the_documentation() -> None:
    assert NAMES == [
        "best-practices",
        "danger",
        "gitops-lint",
        "network",
        "opengitops",
        "pod-security-baseline",
        "pod-security-restricted",
        "rbac",
        "supply-chain",
    ]


def test_the_documentation_lists_every_policy() -> None:
    page = (Path(__file__).parents[4] / "docs" / "reference" / "packs.md").read_text(encoding="utf-8")
    for pack, file in FILES:
        about = _loaded(file).metadata
        standards = "; ".join(about.standards)
        assert f"| {pack} | `{about.name}` | {about.title} | {about.severity} | {standards} |" in page


def test_no_policy_is_in_two_packs() -> None:
    names = [_loaded(file).metadata.name for _, file in FILES]
    assert len(names) == len(set(names))


def test_all_packs_can_be_used_together() -> None:
    assert len(registry.load_all([PolicyRef(pack=name) for name in NAMES])) == len(FILES)


def test_an_unknown_pack_is_an_error_with_a_suggestion() -> None:
    where = Location("gitops-audit.yaml", 7)
    with pytest.raises(PolicyError, match="no policy pack 'pod-security-restrict'") as error:
        packs.load(PolicyRef(pack="pod-security-restrict", where=where))
    assert (error.value.code, error.value.where) == ("GA441", where)
    assert error.value.hint == "did you mean 'pod-security-restricted'?"


def test_an_unknown_pack_that_is_like_none_is_told_those_there_are() -> None:
    with pytest.raises(PolicyError) as error:
        packs.load(PolicyRef(pack="zzz"))
    assert ", ".join(NAMES) in error.value.hint


@pytest.mark.parametrize("pack", ["..", ".", "best-practices/..", "/etc"])
def test_a_pack_is_a_name_and_never_a_path(pack: str) -> None:
    with pytest.raises(PolicyError, match="no policy pack"):
        packs.load(PolicyRef(pack=pack))


def test_a_version_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(PolicyError, match="not a version"):
        packs.load(PolicyRef(pack="pod-security-baseline", version="1.x"))


def test_the_version_of_a_pack_decides_what_its_pod_security_asks_for() -> None:
    pod: JsonObject = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web"},
        "spec": {"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_rmem", "value": "1"}]}, "containers": []},
    }
    subject = Subject(pod, "", "v1", "Pod", "", "web")
    found = {}
    for version in ("1.31", "1.32", "latest"):
        (policy,) = registry.load_all([PolicyRef(pack="pod-security-baseline", version=version)])
        found[version] = policy.evaluate(subject, Objects([]))[0].result
    assert found == {"1.31": "fail", "1.32": "pass", "latest": "pass"}


def test_pinning_a_version_does_not_change_the_document() -> None:
    body: JsonObject = {
        "spec": {"rules": [{"podSecurity": {"level": "baseline", "version": "latest"}}, {"cel": "true"}]}
    }
    assert packs.pinned(body, "1.30")["spec"]["rules"][0]["podSecurity"]["version"] == "1.30"
    assert body["spec"]["rules"][0]["podSecurity"] == {"level": "baseline", "version": "latest"}
    assert packs.pinned(body, "latest") is body


def test_packs_that_are_installed_with_the_package_come_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shipped = tmp_path / "packs" / "rbac"
    shipped.mkdir(parents=True)
    (shipped / "one.yaml").write_bytes(b"a: 1\n")
    monkeypatch.setattr(packs, "files", lambda package: tmp_path)
    assert packs.names() == ["rbac"]
    assert packs.load(PolicyRef(pack="rbac")).files == (packs.PackFile("rbac/one.yaml", b"a: 1\n"),)
