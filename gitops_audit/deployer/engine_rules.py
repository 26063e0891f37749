"""The rules for any object of an engine: which of them is about it, by its kind."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_audit.deployer import argocd, flux
from gitops_audit.deployer.argocd import faults as argocd_faults
from gitops_audit.deployer.engine_fault import EngineFault
from gitops_audit.deployer.flux import faults as flux_faults
from gitops_audit.deployer.flux.marks import BUCKET, HELM_CHART, HELM_REPOSITORY, OCI_REPOSITORY
from gitops_audit.deployer.status_age import Clock
from gitops_audit.model.resource import JsonObject, group_of, mapping

GroupKind = tuple[str, str]

SOURCE_KINDS: frozenset[GroupKind] = frozenset(
    (flux.GIT_REPOSITORY, OCI_REPOSITORY, HELM_REPOSITORY, HELM_CHART, BUCKET)
)
FLUX_KINDS: frozenset[GroupKind] = SOURCE_KINDS | {flux.KUSTOMIZATION, flux.HELM_RELEASE}
ENGINE_KINDS: frozenset[GroupKind] = FLUX_KINDS | {argocd.APPLICATION, argocd.APPLICATION_SET}
"""The kinds that tell an engine what to deploy, or where from."""


def kind_of(body: JsonObject) -> GroupKind:
    return group_of(body), str(body.get("kind", ""))


def setting_faults(body: JsonObject) -> Iterator[EngineFault]:
    """What a manifest says, declared or live."""
    kind = kind_of(body)
    if kind == argocd.APPLICATION:
        yield from argocd_faults.setting_faults(body)
    elif kind in FLUX_KINDS:
        yield from flux_faults.setting_faults(body)


def state_faults(live: JsonObject, clock: Clock) -> Iterator[EngineFault]:
    """What the status of a live object says."""
    kind = kind_of(live)
    if kind == argocd.APPLICATION:
        yield from argocd_faults.state_faults(live, clock)
    elif kind in FLUX_KINDS:
        yield from flux_faults.state_faults(live, clock)


def deployed_commit(live: JsonObject) -> str:
    """The commit that an Application or Kustomization deployed last; empty where that is not told."""
    kind = kind_of(live)
    if kind == argocd.APPLICATION:
        return argocd_faults.deployed_commit(live)
    return flux_faults.deployed_commit(live) if kind == flux.KUSTOMIZATION else ""


def references(body: JsonObject, namespace: str) -> Iterator[tuple[GroupKind, str, str, str]]:
    """The sources of Flux that an object takes its manifests or its chart from: (kind, namespace, name, pointer)."""
    spec = mapping(body.get("spec"))
    chart = mapping(mapping(spec.get("chart")).get("spec"))
    given = (
        (spec.get("sourceRef"), "/spec/sourceRef"),
        (spec.get("chartRef"), "/spec/chartRef"),
        (chart.get("sourceRef"), "/spec/chart/spec/sourceRef"),
    )
    for value, pointer in given:
        reference = mapping(value)
        kind = (flux.GIT_REPOSITORY[0], str(reference.get("kind") or ""))
        name = reference.get("name")
        if kind in SOURCE_KINDS and isinstance(name, str) and name:
            yield kind, str(reference.get("namespace") or namespace), name, pointer


def target_namespace(body: JsonObject) -> tuple[str, str]:
    """(namespace, pointer) that an object deploys to and does not make itself; empty where it says none."""
    spec = mapping(body.get("spec"))
    if kind_of(body) == argocd.APPLICATION:
        options = mapping(spec.get("syncPolicy")).get("syncOptions")
        makes = isinstance(options, list) and "CreateNamespace=true" in options
        found, pointer = mapping(spec.get("destination")).get("namespace"), "/spec/destination/namespace"
    else:
        makes = mapping(spec.get("install")).get("createNamespace") is True
        found, pointer = spec.get("targetNamespace"), "/spec/targetNamespace"
    return (found, pointer) if isinstance(found, str) and not makes else ("", pointer)
