"""Engines that heal by themselves: who does, and what is proposed instead of a write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest

from gitops_audit.live.discovery import ApiResource
from gitops_audit.live.writer import Target, Writer
from gitops_audit.model.resource import JsonObject
from gitops_audit.remediate.heal import Engines
from tests.engines import application, kustomization

FLUX = {"labels": {"kustomize.toolkit.fluxcd.io/name": "shop", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}}
ARGO = {"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"}}


class Discovery:
    def versions(self, group: str, kind: str) -> Sequence[ApiResource]:
        return (ApiResource(group, "v1", kind, f"{kind.lower()}s", True),)


class FakeCluster:
    """A cluster that holds some objects of engines."""

    name = "prod"

    def __init__(self, *objects: JsonObject) -> None:
        self.discovery = Discovery()
        self._objects = objects

    @property
    def cluster(self) -> FakeCluster:
        return self

    def list_metadata(self, group: str, version: str, plural: str) -> list[JsonObject]:
        return [o for o in self._objects if f"{o['kind'].lower()}s" == plural]

    def get(self, target: Target) -> JsonObject | None:
        key = target.key
        names = (key.kind, key.namespace, key.name)
        found = (o for o in self._objects if (o["kind"], o["metadata"]["namespace"], o["metadata"]["name"]) == names)
        return next(found, None)


def proposal(metadata: JsonObject, *objects: JsonObject) -> str:
    return Engines(cast(Writer, FakeCluster(*objects))).proposal(metadata)


def suspended() -> JsonObject:
    found = kustomization("main@sha1:1")
    found["spec"]["suspend"] = True
    return found


def healing(**automated: Any) -> JsonObject:
    found = application({})
    found["spec"]["syncPolicy"] = {"automated": automated}
    return found


@pytest.mark.parametrize(
    ("metadata", "engine", "command"),
    [
        (FLUX, kustomization("main@sha1:1"), "flux reconcile kustomization shop -n flux-system"),
        (ARGO, healing(selfHeal=True), "argocd app sync shop"),
    ],
)
def test_to_an_engine_that_heals_the_repair_is_proposed(metadata: JsonObject, engine: JsonObject, command: str) -> None:
    assert command in proposal(metadata, engine)


@pytest.mark.parametrize(
    ("metadata", "engines"),
    [
        ({}, [kustomization("main@sha1:1"), healing(selfHeal=True)]),
        (FLUX, []),
        (FLUX, [suspended()]),
        (ARGO, [application({})]),
        (ARGO, [healing()]),
        (ARGO, [healing(selfHeal=True, enabled=False)]),
    ],
)
def test_what_no_engine_heals_is_repaired_here(metadata: JsonObject, engines: list[JsonObject]) -> None:
    assert proposal(metadata, *engines) == ""
