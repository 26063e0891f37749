"""In a manifest anything may stand anywhere: no object of Flux ends an expansion, whatever stands in its fields."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from gitops_audit.model.path import pointer_of
from gitops_audit.model.resource import JsonObject
from tests.unit.deployer.flux_objects import OWN_URL, expanded, held, kustomization, origin, release

ODD: tuple[Any, ...] = (
    None,
    1,
    1.5,
    True,
    "",
    "x",
    [],
    [1],
    [None],
    {},
    {"a": 1},
    {"a": [{}]},
    [{"name": 1}],
    "\ud800",
)
_ANSWERS: tuple[list[JsonObject] | None, ...] = (None, [])
TARGET = {"kind": "Deployment", "labelSelector": "a=b"}
PATCH = {"patch": "x", "target": TARGET}
BODIES: dict[str, list[JsonObject]] = {
    "kustomization": [
        kustomization(
            targetNamespace="a",
            patches=[PATCH],
            patchesStrategicMerge=[{"a": "b"}],
            patchesJson6902=[{"patch": [{"op": "x"}], "target": TARGET}],
            images=[{"name": "a", "newTag": "b"}],
            components=["../x"],
            buildMetadata=["originAnnotations"],
            commonMetadata={"labels": {"a": "b"}},
            postBuild={"substitute": {"a": "b"}, "substituteFrom": [{"kind": "ConfigMap", "name": "vars"}]},
            dependsOn=[{"name": "b"}],
            kubeConfig={"secretRef": {"name": "x"}},
            ignore=[{"paths": ["/a"], "target": TARGET}],
        )
    ],
    "substitution": [
        kustomization(postBuild={"substituteFrom": [{"kind": "ConfigMap", "name": "vars"}]}),
        held("ConfigMap", "vars", {"a": "b"}),
    ],
    "secret": [
        kustomization(postBuild={"substituteFrom": [{"kind": "Secret", "name": "vars"}]}),
        held("Secret", "vars", {"a": "b"}),
    ],
    "repository": [
        kustomization(),
        origin("GitRepository", "flux-system", url=OWN_URL, ref={"branch": "main", "tag": "v"}, ignore="a"),
    ],
    "generator": [
        kustomization(sourceRef={"kind": "ExternalArtifact", "name": "a"}),
        origin(
            "ArtifactGenerator",
            "g",
            sources=[{"alias": "m", "kind": "GitRepository", "name": "flux-system"}],
            artifacts=[{"name": "a", "copy": [{"from": "@m/apps/**", "to": "@artifact/"}]}],
        )
        | {"apiVersion": "source.extensions.fluxcd.io/v1beta1"},
    ],
    "release": [
        release(
            values={"a": "b"},
            valuesFrom=[{"kind": "ConfigMap", "name": "v", "valuesKey": "k", "targetPath": "p"}],
            postRenderers=[{"kustomize": {"patches": [PATCH], "images": [{"name": "a"}]}}],
            driftDetection={"ignore": [{"paths": ["/a"], "target": TARGET}]},
            install={"crds": "Skip"},
            commonMetadata={"labels": {"a": "b"}},
            releaseName="a",
            targetNamespace="b",
        ),
        held("ConfigMap", "v", {"k": "a: b"}, "shop"),
    ],
    "chart of a repository": [
        release(chart={"spec": {"chart": "a", "version": "1", "sourceRef": {"kind": "HelmRepository", "name": "r"}}}),
        origin("HelmRepository", "r", "shop", url="https://charts.example.com"),
    ],
    "chart of a registry": [
        release(chartRef={"kind": "OCIRepository", "name": "r"}),
        origin("OCIRepository", "r", "shop", url="oci://r.example/a/b", ref={"tag": "1"}),
    ],
}


def mutated(bodies: list[JsonObject]) -> Iterator[tuple[str, list[JsonObject]]]:
    """The objects with each of their fields, one at a time, as something odd."""
    for index, body in enumerate(bodies):
        for path in _paths(body, ()):
            for odd in ODD:
                changed = copy.deepcopy(bodies)
                at: Any = changed[index]
                for token in path[:-1]:
                    at = at[token]
                at[path[-1]] = odd
                yield f"{index}{pointer_of(path)}={odd!r}", changed


def _paths(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if path and path[0] not in ("apiVersion", "kind"):
        yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from _paths(child, (*path, key))


@pytest.mark.parametrize("name", BODIES)
def test_no_field_ends_an_expansion(name: str) -> None:
    broken = []
    for words, bodies in mutated(BODIES[name]):
        for live in _ANSWERS:
            try:
                expanded(*bodies, live=live)
            except Exception as error:
                broken.append(f"{words}: {error!r}")
    assert broken == []
