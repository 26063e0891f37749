"""What a remediation refuses, with the reason and without a single write (the objects in etcd are compared)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.apiserver import ApiServer
from tests.e2e.repairing import Shop, config_map

pytestmark = pytest.mark.e2e

NAMES = [f"cm-{n}" for n in range(12)]


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


def stored(shop: Shop) -> dict[str, str]:
    """All objects; Leases of API servers move by themselves."""
    return {str(k): v for k, v in shop.server.etcd.state().items() if "lease" not in str(k)}


def held(shop: Shop, holder: str, *, renewed: str) -> None:
    """The lock, held by somebody."""
    spec = {"holderIdentity": holder, "leaseDurationSeconds": 60, "renewTime": renewed}
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
    shop.commit({"shop/cm-1.yaml": None, "shop/cm-2.yaml": None})
    shop.plan("--prune")


def of_another_commit(shop: Shop) -> None:
    shop.plan()
    shop.commit({"shop/cm-3.yaml": (shop.root / "shop/cm-3.yaml").read_text() + "# later\n"})


def moved(shop: Shop) -> None:
    shop.plan()
    shop.edit("cm-0", a="3")


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


def unreadable(shop: Shop) -> None:
    """The account may neither list nor get anything."""
    path = shop.root / "gitops-audit.yaml"
    shop.commit({"gitops-audit.yaml": path.read_text().replace("context: admin", "context: nobody")})
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
    (shrunk, "shrink: source shop declares 2 of 12"),
    (of_another_commit, "stale: another source: shop"),
    (moved, "stale: prod/shop/ConfigMap/default/cm-0"),
    (edited, "was edited"),
    (frozen, "freeze window is open"),
    (protected, "the kind ConfigMap is protected"),
    (capped, "1 of at most 0 actions"),
    (unrendered, "not everything was read"),
    (unreadable, "not everything was read"),
    (at_the_wrong_cluster, "prod is another cluster"),
    (never_deployed, "nothing of source other is in cluster prod"),
]


@pytest.mark.parametrize(("prepare", "reason"), CASES, ids=[case[0].__name__ for case in CASES])
def test_it_is_refused_with_the_reason_and_nothing_is_written(
    shop: Shop, prepare: Callable[[Shop], None], reason: str
) -> None:
    prepare(shop)
    before = stored(shop)

    done = shop.apply()

    assert done.returncode == 1, done.stderr
    told = done.stdout + done.stderr + (shop.root / "plan.json").read_text()
    assert re.search(reason, told), told
    assert stored(shop) == before


def test_a_plan_is_used_once(shop: Shop) -> None:
    shop.plan()
    assert shop.apply().returncode == 0
    shop.edit("cm-0", a="2")
    before = stored(shop)

    again = shop.apply()

    assert again.returncode == 1
    assert "used already" in again.stderr
    assert stored(shop) == before


def test_a_second_run_at_the_same_time_is_told_of_the_first(shop: Shop) -> None:
    shop.plan()
    held(shop, "somebody", renewed="2999-01-01T00:00:00.000000Z")
    before = stored(shop)

    done = shop.apply()

    assert done.returncode == 1
    assert "another remediation runs in cluster prod: somebody holds it" in done.stderr
    assert stored(shop) == before


def test_the_lock_of_a_holder_that_died_expires(shop: Shop) -> None:
    shop.plan()
    held(shop, "somebody", renewed="2020-01-01T00:00:00.000000Z")

    assert shop.apply().returncode == 0
    assert shop.data("cm-0") == {"a": "1"}


def test_missing_rights_are_told_before_the_first_write(shop: Shop) -> None:
    """The reader may read everything and write nothing."""
    shop.kubectl("create", "clusterrole", "read-all", "--verb=get,list", "--resource=*.*")
    shop.kubectl("create", "clusterrolebinding", "read-all", "--clusterrole=read-all", "--user=reader")
    path = shop.root / "gitops-audit.yaml"
    shop.commit({"gitops-audit.yaml": path.read_text().replace("context: admin", "context: reader")})
    shop.plan()
    before = stored(shop)

    done = shop.apply()

    assert done.returncode == 1
    assert "the credentials may not: patch configmaps in namespace default" in done.stderr
    assert "create leases.coordination.k8s.io in namespace default" in done.stderr
    assert stored(shop) == before


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
