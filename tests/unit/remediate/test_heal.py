"""Engines that heal by themselves: who does, and what is proposed instead of a write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest

from gitops_audit.config.settings import SourceConfig
from gitops_audit.errors import ClusterError
from gitops_audit.live.discovery import ApiResource
from gitops_audit.live.writer import Target, Writer
from gitops_audit.model.resource import NOWHERE, Declared, JsonObject, ResourceKey
from gitops_audit.remediate.heal import Engines
from gitops_audit.remediate.survey import Followed
from tests.engines import application, kustomization

FLUX = {"labels": {"kustomize.toolkit.fluxcd.io/name": "shop", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}}
ARGO = {"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"}}


class Discovery:
    def versions(self, group: str, kind: str) -> Sequence[ApiResource]:
        return (ApiResource(group, "v1", kind, f"{kind.lower()}s", True),)


class FakeCluster:
    """A cluster that holds some objects of engines."""

    name = "prod"
    server = "https://prod.example.com"

    def __init__(self, *objects: JsonObject, is_readable: bool = True) -> None:
        self.discovery = Discovery()
        self._objects = objects
        self._is_readable = is_readable

    @property
    def cluster(self) -> FakeCluster:
        return self

    def list_metadata(self, group: str, version: str, plural: str) -> list[JsonObject]:
        return [o for o in self._objects if f"{o['kind'].lower()}s" == plural]

    def scan(self, api: ApiResource) -> list[JsonObject]:
        if not self._is_readable:
            raise ClusterError("forbidden")
        return [o for o in self._objects if o["kind"] == api.kind]

    def get(self, target: Target) -> JsonObject | None:
        if not self._is_readable:
            raise ClusterError("forbidden")
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


MISSING = ResourceKey("prod", "rbac.authorization.k8s.io", "Role", "shop", "a:b")


def listing(body: JsonObject) -> JsonObject:
    """An object of an engine whose status lists the missing object as its own."""
    row = {"group": MISSING.group, "kind": MISSING.kind, "namespace": MISSING.namespace, "name": MISSING.name}
    entries = [{"id": "shop_a__b_rbac.authorization.k8s.io_Role", "v": "v1"}, "odd"]
    body["status"] |= {"resources": [row, 3], "inventory": {"entries": entries}}
    return body


@pytest.mark.parametrize(
    ("siblings", "engine", "command"),
    [
        ([], listing(kustomization("main@sha1:1")), "flux reconcile kustomization shop -n flux-system"),
        ([], listing(healing(selfHeal=True)), "argocd app sync shop"),
        ([FLUX, FLUX, ARGO], kustomization("main@sha1:1"), "flux reconcile kustomization shop -n flux-system"),
        ([ARGO], healing(selfHeal=True), "argocd app sync shop"),
    ],
)
def test_a_missing_object_of_an_engine_that_heals_is_proposed_to_it(
    siblings: list[JsonObject], engine: JsonObject, command: str
) -> None:
    engines = Engines(cast(Writer, FakeCluster(engine)))
    assert command in engines.proposal_for_missing(MISSING, siblings)


@pytest.mark.parametrize(
    ("siblings", "engine"),
    [
        ([], kustomization("main@sha1:1")),
        ([], listing(suspended())),
        ([], listing(healing())),
        ([{}], healing(selfHeal=True)),
    ],
)
def test_a_missing_object_that_no_engine_heals_is_created_here(siblings: list[JsonObject], engine: JsonObject) -> None:
    assert Engines(cast(Writer, FakeCluster(engine))).proposal_for_missing(MISSING, siblings) == ""


def test_engines_that_may_not_be_listed_keep_nothing_from_being_created() -> None:
    assert Engines(cast(Writer, FakeCluster(is_readable=False))).proposal_for_missing(MISSING, [{}]) == ""


def followed(told: str, *declared: JsonObject) -> Followed:
    resources = []
    for body in declared:
        group = body["apiVersion"].partition("/")[0]
        key = ResourceKey("prod", group, body["kind"], body["metadata"]["namespace"], body["metadata"]["name"])
        resources.append(Declared(key, "fleet", "v1", body, NOWHERE))
    return Followed(SourceConfig("fleet.shop", followed_from=told), "prod", resources)


@pytest.mark.parametrize(
    "told",
    ["Application argocd/shop at a.yaml:1", "Application argocd/shop of ApplicationSet argocd/s of cluster prod"],
)
def test_all_of_a_followed_source_is_its_engines_where_that_heals(told: str) -> None:
    engines = Engines(cast(Writer, FakeCluster(healing(selfHeal=True))))
    assert "argocd app sync shop" in engines.proposal_for_followed(followed(told))
    assert Engines(cast(Writer, FakeCluster(healing()))).proposal_for_followed(followed(told)) == ""
    assert Engines(cast(Writer, FakeCluster())).proposal_for_followed(followed(told, healing(selfHeal=True))) == ""


def test_where_an_engine_cannot_be_read_what_git_says_of_it_counts() -> None:
    engines = Engines(cast(Writer, FakeCluster(is_readable=False)))
    told = "Kustomization flux-system/shop at a.yaml:1"
    assert "Flux heals it" in engines.proposal_for_followed(followed(told, kustomization("main@sha1:1")))
    with pytest.raises(ClusterError, match="forbidden"):
        engines.proposal_for_followed(followed(told))
