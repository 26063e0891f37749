"""What stops a whole plan, and what protects one object."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gitops_audit.config.remediation import RemediationConfig
from gitops_audit.model.resource import ResourceKey
from gitops_audit.remediate.guard import Facts, guards, protected, shrunk
from gitops_audit.remediate.state import LastRun

SECRET = ResourceKey("c", "", "Secret", "shop", "db")
CLAIM = ResourceKey("c", "", "PersistentVolumeClaim", "shop", "db")
DEPLOYMENT = ResourceKey("c", "apps", "Deployment", "shop", "web")


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("Secret", SECRET),
        ("secret", SECRET),
        ("secrets", SECRET),
        ("Persistent*", CLAIM),
        ("deployments.apps", DEPLOYMENT),
        ("Deployment.apps", DEPLOYMENT),
        ("*.apps", DEPLOYMENT),
    ],
)
def test_a_kind_is_protected_however_it_is_spelled(kind: str, key: ResourceKey) -> None:
    config = RemediationConfig(protected_kinds=(kind,))

    assert "is protected" in protected(key, "apply", config)
    assert protected(key, "create", config) == ""


@pytest.mark.parametrize("kind", ["people", "People.shop.example", "person", "Person.shop.example"])
def test_a_kind_is_protected_by_the_plural_that_its_definition_gives_it(kind: str) -> None:
    key = ResourceKey("c", "shop.example", "Person", "default", "ann")
    config = RemediationConfig(protected_kinds=(kind,))

    assert "is protected" in protected(key, "apply", config, "people")


def test_another_kind_is_not() -> None:
    config = RemediationConfig(protected_kinds=("Deployment.extensions", "Secret"))

    assert protected(DEPLOYMENT, "delete", config) == ""


def test_a_protected_namespace_takes_its_own_object_along() -> None:
    config = RemediationConfig(protected_namespaces=("kube-*",), protected_kinds=())
    namespace = ResourceKey("c", "", "Namespace", "", "kube-public")

    assert "is protected" in protected(SECRET._replace(namespace="kube-public"), "create", config)
    assert "is protected" in protected(namespace, "delete", config)


def run(**clusters: int) -> LastRun:
    declared = {(c, "shop"): frozenset(f"ConfigMap/n/{i}" for i in range(n)) for c, n in clusters.items() if n}
    return LastRun(declared, declared, frozenset(), dict.fromkeys(clusters, "uid"))


@pytest.mark.parametrize(("now", "is_shrunk"), [(90, False), (89, True), (0, True), (200, False)])
def test_a_source_shrinks_when_it_loses_more_than_its_share(now: int, is_shrunk: bool) -> None:
    assert bool(shrunk(run(c=now), run(c=100), 0.1)) is is_shrunk


def test_a_cluster_that_was_not_asked_for_has_lost_nothing() -> None:
    assert shrunk(run(a=5), run(a=5, b=5), 0.1) == ""
    assert run(a=5, b=5).then(run(a=5)).declared.keys() == {("a", "shop"), ("b", "shop")}


def test_a_source_whose_end_was_accepted_is_missed_no_more() -> None:
    assert shrunk(run(a=0), run(a=5).then(run(a=0)), 0.1) == ""


@pytest.mark.parametrize(("accepts", "is_ok"), [((), False), (("shrink",), False), (("cluster",), True)])
def test_a_cluster_that_was_rebuilt_is_another_one_until_a_person_accepts_it(
    accepts: tuple[str, ...], is_ok: bool
) -> None:
    now = LastRun(run(c=5).declared, {}, frozenset(), {"c": "new"})
    facts = Facts(RemediationConfig(), (), (), 5, True, now, run(c=5), accepts)

    found = {guard.name: guard for guard in guards(facts, datetime(2026, 3, 1, tzinfo=UTC))}

    assert found["cluster"].ok is is_ok
    assert "another cluster" in found["cluster"].detail


def test_what_was_declared_for_the_old_cluster_owns_nothing_in_the_new_one() -> None:
    before = run(c=5, d=5)
    after = before.then(
        LastRun({("c", "shop"): frozenset({"ConfigMap/n/9"})}, {}, frozenset(), {"c": "new", "d": "uid"})
    )

    assert after.known[("c", "shop")] == {"ConfigMap/n/9"}
    assert after.known[("d", "shop")] == before.known[("d", "shop")]
