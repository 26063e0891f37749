"""What a remediation refuses, with the reason and without a single write (counted in the server's audit log)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gitops_audit.errors import RemediationError
from gitops_audit.remediate.apply import Run, apply
from gitops_audit.remediate.lock import Lock
from gitops_audit.remediate.plan_file import load_plan
from gitops_audit.remediate.writers import Writers
from tests.audited import git
from tests.e2e.apiserver import ApiServer
from tests.e2e.audit_log import Write
from tests.e2e.repairing import Shop, config_map

pytestmark = pytest.mark.e2e

NAMES = [f"cm-{n}" for n in range(18)]


@pytest.fixture
def shop(apiserver: ApiServer, tmp_path: Path) -> Iterator[Shop]:
    """Deployed, with one object changed by hand; one good run saw it before."""
    with apiserver.left_as_found():
        found = Shop.declared(apiserver, tmp_path, [config_map(name) for name in NAMES])
        found.deploy()
        found.plan()
        found.edit("cm-0", a="2")
        yield found
        found.unlock()


def held(shop: Shop, holder: str, *, renewed: str, duration_s: int = 60) -> None:
    """The lock, held by somebody."""
    spec = {"holderIdentity": holder, "leaseDurationSeconds": duration_s, "renewTime": renewed}
    metadata = {"name": "gitops-audit-remediation", "namespace": "default"}
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}
    (shop.root.parent / "lease.json").write_text(json.dumps(lease))
    shop.kubectl("create", "-f", str(shop.root.parent / "lease.json"))


def configured(shop: Shop, remediation: str) -> None:
    path = shop.root / "gitops-audit.yaml"
    text = re.sub(r"remediation:\n(?:  .*\n)+", f"remediation: {remediation}\n", path.read_text())
    shop.commit({"gitops-audit.yaml": text})


def emptied(shop: Shop) -> None:
    shop.commit({f"shop/{name}.yaml": None for name in NAMES})
    shop.plan("--prune")


def shrunk(shop: Shop) -> None:
    """Eleven of a hundred less than last time."""
    shop.commit({"shop/cm-1.yaml": None, "shop/cm-2.yaml": None})
    shop.plan("--prune")


def at_a_revision_with_less(shop: Shop) -> None:
    """Somebody rolls back to a commit at which next to nothing was declared yet."""
    shop.commit({f"shop/{name}.yaml": None for name in NAMES[2:]})
    git(shop.root, "tag", "early")
    git(shop.root, "revert", "--no-edit", "HEAD")
    shop.plan("--prune", "--revision", "early")


def at_a_revision_that_is_not_there(shop: Shop) -> None:
    path = shop.root / "gitops-audit.yaml"
    shop.plan()
    shop.commit({"gitops-audit.yaml": path.read_text().replace("path: shop", "path: shop\n  revision: v9")})
    done = shop.run("plan", "--quiet", "--json", "--output", "plan.json")
    assert done.stdout, done.stderr


def of_another_commit(shop: Shop) -> None:
    shop.plan()
    shop.commit({"shop/cm-3.yaml": (shop.root / "shop/cm-3.yaml").read_text() + "# later\n"})


def moved(shop: Shop) -> None:
    shop.plan()
    shop.edit("cm-0", a="3")


def about_another_object(shop: Shop) -> None:
    """Sealed again by whoever edited it."""
    shop.plan()
    path = shop.root / "plan.json"
    plan = load_plan(path)
    action = replace(plan.actions[0], resource="ConfigMap/default/cm-1")
    path.write_text(json.dumps(replace(plan, actions=(action,)).sealed(datetime.now(UTC)).to_json()))


def edited(shop: Shop) -> None:
    plan = shop.plan()
    plan["actions"][0]["action"] = "delete"
    (shop.root / "plan.json").write_text(json.dumps(plan))


def frozen(shop: Shop) -> None:
    configured(shop, '{freeze: [{from: "00:00", to: "24:00"}]}')
    shop.plan()


def protected(shop: Shop) -> None:
    configured(shop, "{protected: {kinds: [ConfigMap]}}")
    shop.plan()


def capped(shop: Shop) -> None:
    configured(shop, "{maxChanges: 0}")
    shop.plan()


def unrendered(shop: Shop) -> None:
    shop.commit({"shop/cm-5.yaml": "kind: [\n"})
    shop.plan()


def unrenderable(shop: Shop) -> None:
    """The renderer itself fails."""
    shop.commit({"shop/kustomization.yaml": "resources: [nowhere.yaml]\n"})
    shop.plan()


def unreadable(shop: Shop) -> None:
    """One kind of those that are declared may not be read."""
    declared = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hidden"}, "stringData": {"a": "b"}}
    shop.commit({"shop/hidden.yaml": json.dumps(declared)})
    shop.kubectl("create", "clusterrole", "read", "--verb=get,list", "--resource=configmaps,namespaces")
    shop.kubectl("create", "clusterrolebinding", "read", "--clusterrole=read", "--user=reader")
    path = shop.root / "gitops-audit.yaml"
    shop.commit({"gitops-audit.yaml": path.read_text().replace("context: admin", "context: reader")})
    shop.plan()


def at_the_wrong_cluster(shop: Shop) -> None:
    """As another cluster than the one that an earlier run saw under this name."""
    for path in (shop.state / "gitops-audit" / "runs").glob("*.json"):
        kept = json.loads(path.read_text())
        kept["clusters"] = {"prod": "another"}
        path.write_text(json.dumps(kept))
    shop.plan()


def never_deployed(shop: Shop) -> None:
    text = (shop.root / "gitops-audit.yaml").read_text()
    other = "- {name: other, path: other, namespace: default}"
    declared = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: elsewhere}\n"
    changed = text.replace("sources:\n", f"sources:\n{other}\n")
    shop.commit({"other/a.yaml": declared, "gitops-audit.yaml": changed})
    shop.plan()


CASES: list[tuple[Callable[[Shop], None], str]] = [
    (emptied, "guard refuses.*read: not everything was read"),
    (shrunk, r"shrink: source shop declares 2 of 18"),
    (at_a_revision_with_less, r"shrink: source shop declares 16 of 18"),
    (at_a_revision_that_is_not_there, "read: not everything was read.*v9"),
    (of_another_commit, "stale: another source: shop"),
    (moved, "stale: prod/shop/ConfigMap/default/cm-0"),
    (edited, "was edited"),
    (about_another_object, "it is about another object, ConfigMap/default/cm-1"),
    (frozen, "freeze window is open"),
    (protected, "the kind ConfigMap is protected"),
    (capped, "1 of at most 0 actions"),
    (unrendered, "not everything was read"),
    (unrenderable, "read: not everything was read.*kustomization.yaml"),
    (unreadable, "read: not everything was read.*Secret"),
    (at_the_wrong_cluster, "prod is another cluster"),
    (never_deployed, "nothing of source other is in cluster prod"),
]


@pytest.mark.parametrize(("prepare", "reason"), CASES, ids=[case[0].__name__ for case in CASES])
def test_it_is_refused_with_the_reason_and_nothing_is_written(
    shop: Shop, prepare: Callable[[Shop], None], reason: str
) -> None:
    with shop.server.audit_log.watched() as writes:
        prepare(shop)
        done = shop.apply()

    assert done.returncode == 1, done.stderr
    document = json.loads(done.stdout)
    assert document["run"] == ""
    assert {r["result"] for r in document["results"]} <= {"refused"}
    told = done.stdout + done.stderr + (shop.root / "plan.json").read_text()
    assert re.search(reason, told), told
    assert writes == []


def test_a_plan_of_one_resource_less_in_eighteen_is_not_refused(shop: Shop) -> None:
    """The audit log would show a write: what it does not show was not written."""
    shop.commit({"shop/cm-1.yaml": None})
    shop.plan("--prune")

    with shop.server.audit_log.watched() as writes:
        done = shop.apply()

    assert done.returncode == 0, done.stdout + done.stderr
    assert named(writes) == {("patch", "cm-0"), ("delete", "cm-1")}


def named(writes: list[Write]) -> set[tuple[str, str]]:
    return {(write.verb, write.name) for write in writes if not write.is_lock}


def test_a_plan_is_used_once(shop: Shop) -> None:
    shop.plan()
    assert shop.apply().returncode == 0
    shop.edit("cm-0", a="2")

    with shop.server.audit_log.watched() as writes:
        again = shop.apply()

    assert again.returncode == 1
    assert "used already" in again.stderr
    assert writes == []


def test_a_plan_expires_after_an_hour(shop: Shop) -> None:
    plan, late = shop.planned(), datetime.now(UTC) + timedelta(minutes=61)
    way = shop.way()
    with (
        shop.server.audit_log.watched() as writes,
        pytest.raises(RemediationError, match="expired"),
    ):
        apply(plan, Run(way.settings, way.select, way.journals, lambda: late))

    assert writes == []


def test_a_second_run_at_the_same_time_is_told_of_the_first(shop: Shop) -> None:
    """The first is a process that lives and has just begun."""
    shop.plan()
    with Writers(shop.settings.clusters) as writers, Lock(writers.of("prod"), "gitops-audit").held_by("first") as first:
        with shop.server.audit_log.watched() as writes:
            done = shop.apply()
        assert first.holder in done.stderr

    assert done.returncode == 1
    assert "another remediation runs in cluster prod" in done.stderr
    assert writes == []


def test_the_lock_of_a_holder_that_died_expires(shop: Shop) -> None:
    shop.plan()
    held(shop, "somebody", renewed="2020-01-01T00:00:00.000000Z", duration_s=1)

    assert shop.apply().returncode == 0
    assert shop.data("cm-0") == {"a": "1"}


def test_missing_rights_are_told_before_the_first_write(shop: Shop) -> None:
    """The reader may read everything and write nothing."""
    shop.kubectl("create", "clusterrole", "read-all", "--verb=get,list", "--resource=*.*")
    shop.kubectl("create", "clusterrolebinding", "read-all", "--clusterrole=read-all", "--user=reader")
    path = shop.root / "gitops-audit.yaml"
    shop.commit({"gitops-audit.yaml": path.read_text().replace("context: admin", "context: reader")})
    shop.plan()

    with shop.server.audit_log.watched() as writes:
        done = shop.apply()

    assert done.returncode == 1
    assert "the credentials may not: patch configmaps in namespace default" in done.stderr
    assert "create leases.coordination.k8s.io in namespace default" in done.stderr
    assert writes == []


def test_with_exactly_the_printed_rights_it_works(shop: Shop) -> None:
    shop.kubectl("create", "clusterrole", "read-all", "--verb=get,list", "--resource=*.*")
    shop.kubectl("create", "clusterrolebinding", "read-all", "--clusterrole=read-all", "--user=reader")
    path = shop.root / "gitops-audit.yaml"
    shop.commit({"gitops-audit.yaml": path.read_text().replace("context: admin", "context: reader")})
    shop.plan()
    roles = shop.run("rbac", "plan.json")
    (shop.root.parent / "roles.yaml").write_text(roles.stdout)
    shop.kubectl("apply", "-f", str(shop.root.parent / "roles.yaml"))
    shop.kubectl("create", "rolebinding", "repair", "--role=gitops-audit-remediation", "--user=reader")

    done = shop.apply()

    assert done.returncode == 0, done.stderr
    assert shop.data("cm-0") == {"a": "1"}
