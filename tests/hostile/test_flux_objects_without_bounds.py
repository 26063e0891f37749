"""Objects of Flux that ask for too much, for nothing, or for what is elsewhere: each is told, and the rest goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gitops_audit.deployer.flux.substitute import TooLargeError, Variables, substituted
from tests.audited import Audited, audited, git, repository
from tests.unit.deployer.flux_objects import expanded, held, kustomization

BIG = "a" * 1_000_000


@pytest.mark.parametrize(
    "text",
    [
        "${b}" * 3000,
        "${b^^}" * 3000,
        "${b//a/${b}}",
        f"${{b//a/{'x' * 200_000}}}",
        f"${{x:={'${b}' * 500}}}",
        "${b/#a/${b//a/${b}}}",
    ],
    ids=lambda text: text[:16],
)
def test_variables_do_not_come_to_gigabytes(text: str) -> None:
    with pytest.raises(TooLargeError, match=r"limit: substituted size"):
        substituted(text, Variables({"b": BIG}))


def test_all_objects_of_a_kustomization_share_one_bound() -> None:
    variables = Variables({"b": BIG})
    for _ in range(67):
        substituted("${b}", variables)
    with pytest.raises(TooLargeError):
        substituted("${b}", variables)


def test_ten_thousand_kustomizations_are_looked_at_one_by_one() -> None:
    variables = {"substituteFrom": [{"kind": "ConfigMap", "name": "vars"}]}
    row = [kustomization(f"k{i}", postBuild=variables) for i in range(10_000)]
    live = [held("ConfigMap", "vars", {"a": "b"})]
    assert len(expanded(*row, live=live).sources) == 10_000


def test_a_ring_of_ten_thousand_is_told_for_each() -> None:
    ring = [kustomization(f"k{i}", dependsOn=[{"name": f"k{(i + 1) % 10_000}"}]) for i in range(10_000)]
    assert len(expanded(*ring).problems) == 10_000


SPECS: dict[str, dict[str, Any]] = {
    "above": {"path": "../../../etc"},
    "absent": {"path": "./gone"},
    "nul": {"path": "a\0b"},
    "turned": {"path": "\u202egnp.exe"},
    "long": {"path": "x/" * 3000},
    "number": {"path": 7},
    "substitute": {"postBuild": {"substitute": {"a-b": "x"}}},
    "patch": {"patches": [{"patch": "{}: [", "target": {"kind": "ConfigMap"}}]},
    "component": {"components": ["https://evil.example/x"]},
    "outside": {"components": ["../../../../etc"]},
    "self": {"dependsOn": [{"name": "self"}]},
    "cluster": {"kubeConfig": {"secretRef": {"name": "elsewhere"}}},
    "images": {"images": [{"name": "x" * 100_000, "newTag": "\x1b[31m"}]},
}
GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map, namespace: shop}\ndata: {a: b}\n"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    objects = {f"fleet/{name}.yaml": json.dumps(kustomization(name, **spec), indent=1) for name, spec in SPECS.items()}
    files = {
        "gitops-audit.yaml": "version: 1\nsources: [{name: flux, flux: {path: fleet}}]\n",
        "fleet/good.yaml": json.dumps(kustomization("good", path="./good")),
        "good/map.yaml": GOOD,
        "apps/map.yaml": GOOD.replace("map,", "other,"),
        **objects,
    }
    folder = repository(tmp_path_factory.mktemp("hostile"), files)
    git(folder, "remote", "add", "origin", "https://git.example.com/a/b")
    return audited(folder)


def test_the_rest_of_the_fleet_is_audited(fleet: Audited) -> None:
    assert fleet.outcomes["git/flux.flux-system.good/ConfigMap/shop/map"] == "passed"


BY_THE_OBJECT = ("above", "absent", "nul", "turned", "long", "number", "self")
BY_ITS_FOLDER = ("substitute", "patch", "outside")
NOTED = ("component", "cluster")


def test_what_is_wrong_with_an_object_is_told_at_its_place(fleet: Audited) -> None:
    told = {v.subject.source: (v.subject.origin.path, v.unevaluated) for v in fleet if v.unevaluated}
    for name in BY_THE_OBJECT:
        path, errors = told[f"flux.flux-system.{name}"]
        assert path == f"fleet/{name}.yaml"
        assert not [e for e in errors if "fsck" in e.message or not e.message.isprintable()]


def test_what_cannot_be_built_is_a_finding_of_its_source(fleet: Audited) -> None:
    found = {v.subject.source for v in fleet if v.outcome == "failed"}
    assert {f"flux.flux-system.{name}" for name in BY_ITS_FOLDER} <= found


@pytest.mark.parametrize("name", NOTED)
def test_what_is_not_followed_is_told_with_its_place(fleet: Audited, name: str) -> None:
    assert [note for note in fleet.finished.notes if f"(fleet/{name}.yaml:1)" in note]
