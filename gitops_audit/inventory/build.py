"""From what the sources declare to the resources of one cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gitops_audit.config.settings import SourceConfig
from gitops_audit.deployer.hook import uncompared
from gitops_audit.deployer.stand_in import CODES, IDENTITY, reason
from gitops_audit.inventory.scope import Scope, declared_scopes
from gitops_audit.model.path import pointer_of
from gitops_audit.model.redact import Redactor, faulty_secret_keys, is_redacted
from gitops_audit.model.resource import (
    Declared,
    Invalid,
    JsonObject,
    Manifest,
    Rendered,
    ResourceKey,
    split_api_version,
)

DUPLICATE = "GA221"


@dataclass(frozen=True, slots=True)
class Inventory:
    """The resources in the order they are declared. One key stands once."""

    resources: tuple[Declared, ...]


def build(
    cluster: str, sources: Sequence[tuple[SourceConfig, Rendered]], scope: Scope, redactor: Redactor
) -> Inventory:
    """The resources of a cluster from all its sources. Nothing raises: what is wrong with one becomes its `error`.

    A resource that is declared twice appears once, as an error that names every place.
    """
    binder = _Binder(cluster, scope, redactor, declared_scopes(m.body for _, r in sources for m in r.manifests))
    found: dict[ResourceKey, list[Declared]] = {}
    for config, rendered in sources:
        for manifest in rendered.manifests:
            declared = binder.bind(config, manifest, rendered.type)
            found.setdefault(declared.key, []).append(declared)
    return Inventory(tuple(resource for places in found.values() for resource in _settled(places)))


class _Binder:
    def __init__(self, cluster: str, scope: Scope, redactor: Redactor, custom: dict[tuple[str, str], bool]) -> None:
        self._cluster = cluster
        self._scope = scope
        self._redactor = redactor
        self._custom = custom

    def bind(self, config: SourceConfig, manifest: Manifest, source_type: str) -> Declared:
        body = manifest.body
        metadata: dict[str, Any] = body.get("metadata") or {}
        group, version = split_api_version(str(body["apiVersion"]))
        kind, skip = str(body["kind"]), uncompared(metadata, source_type, config.deployer)
        is_namespaced = self._is_namespaced(group, version, kind)
        namespace = str(metadata.get("namespace") or "")
        faults = [*manifest.faults, *_secret_faults(body)]
        # kustomize sets a namespace on every kind that it does not know; Flux and Argo CD drop it of such objects.
        is_dropped = config.post_build is not None or config.deployer == "argocd"
        if is_namespaced is False and namespace and not is_dropped:
            faults.append(_fault(f"{kind} is cluster-scoped: it has no namespace", "metadata", "namespace"))
        if manifest.stand_ins:
            known = {stand_in.pointer for stand_in in manifest.stand_ins}
            faults = [fault for fault in faults if fault.pointer not in known]
        settled = self._namespace(is_namespaced, namespace, _home(config, source_type))
        name = str(metadata.get("name") or metadata.get("generateName") or "")
        if not metadata.get("name"):
            name = f"{name}{manifest.origin.path}:{manifest.origin.line}" if skip.always else name
        return Declared(
            ResourceKey(self._cluster, group, kind, settled, name),
            config.name,
            version,
            self._redactor.redact(_with_namespace(body, metadata, settled)),
            manifest.origin,
            tuple(faults),
            skip.always,
            argocd_skip=skip.under_argocd,
            varying=manifest.varying,
            error=_unknown_identity(manifest) if manifest.stand_ins else None,
            stand_ins=manifest.stand_ins,
        )

    @staticmethod
    def _namespace(is_namespaced: bool | None, declared: str, home: str) -> str:
        """Of a kind that nobody knows, only what is declared is known."""
        if is_namespaced is None:
            return declared
        return declared or home or "default" if is_namespaced else ""

    def _is_namespaced(self, group: str, version: str, kind: str) -> bool | None:
        served = self._scope(group, version, kind)
        return self._custom.get((group, kind)) if served is None else served


def _unknown_identity(manifest: Manifest) -> tuple[str, str] | None:
    """Why it is not known what object is meant."""
    for stand_in in manifest.stand_ins:
        if stand_in.pointer in IDENTITY:
            field = stand_in.pointer[1:].replace("/", ".")
            return CODES[stand_in.kind], f"{field} is not known: {reason(stand_in)}"
    return None


def _home(config: SourceConfig, source_type: str) -> str:
    """Where objects go that name no namespace; Helm puts them into that of the release, Argo CD does not."""
    is_of_helm = source_type == "helm" and not config.deployer
    return config.namespace or (config.helm.namespace if is_of_helm else "")


def _with_namespace(body: JsonObject, metadata: dict[str, Any], namespace: str) -> JsonObject:
    """The object as the server takes it: rules and policies that look at namespaces see the settled one."""
    if (metadata.get("namespace") or "") == namespace:
        return body
    others = {k: v for k, v in metadata.items() if k != "namespace"}
    return {**body, "metadata": {**others, "namespace": namespace} if namespace else others}


def _secret_faults(body: JsonObject) -> Iterator[Invalid]:
    """What redaction would hide from the schema check."""
    for key in faulty_secret_keys(body):
        yield _fault("the value is not base64", "data", key)
    for section in ("data", "stringData") if body.get("kind") == "Secret" else ():
        values = body.get(section)
        for key, value in values.items() if isinstance(values, dict) else ():
            if is_redacted(value):
                yield _fault(
                    "the value is a digest as reports and recordings show it, not a Secret's value", section, key
                )
            elif value is not None and not isinstance(value, str):
                yield _fault("the value is not a string: quote it", section, key)
        if values is not None and not isinstance(values, dict):
            yield _fault("must be a map of strings", section)


def _fault(message: str, *tokens: str) -> Invalid:
    return Invalid(".".join(tokens), message, pointer=pointer_of(tokens))


def _settled(places: Sequence[Declared]) -> Iterator[Declared]:
    """One resource for all places of a key; hooks may share a name with each other and with what stays, so each of them
    is a resource of its own, numbered."""
    lasting = [place for place in places if not _may_be_hook(place)]
    if lasting:
        yield _one(lasting)
    hooks = [place for place in places if _may_be_hook(place)]
    for number, hook in enumerate(hooks, start=len(lasting[:1]) + 1):
        yield replace(hook, twin=number) if number > 1 else hook


def _may_be_hook(place: Declared) -> bool:
    return bool(place.skip or place.argocd_skip)


def _one(places: Sequence[Declared]) -> Declared:
    first = places[0]
    if len(places) == 1:
        return first
    where = ", ".join(f"{p.origin} (source {p.source})" for p in places)
    return replace(first, error=(DUPLICATE, f"declared {len(places)} times: {where}; keep one of them"))
