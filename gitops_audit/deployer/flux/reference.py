"""The ConfigMaps and Secrets that a Kustomization takes variables from (`substituteFrom`) and a HelmRelease its values
(`valuesFrom`), as far as the audit may know them.

What a ConfigMap holds is known, declared or live. Of a Secret only the keys are: a value of it would stand in clear in
whatever is rendered with it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Literal

from gitops_audit.config.settings import Substitution
from gitops_audit.deployer.expansion import Placed
from gitops_audit.deployer.flux.catalog import Catalog, items, namespace_of, text
from gitops_audit.model.resource import JsonObject, mapping

_KINDS = ("ConfigMap", "Secret")
_MAKERS = (("bitnami.com", "SealedSecret"), ("external-secrets.io", "ExternalSecret"))


@dataclass(frozen=True, slots=True)
class Referred:
    """One object that is referred to. `state`: its values are `known`, or its `keys` alone; it is `absent` in a cluster
    that answered, or nobody knows (`unknown`)."""

    title: str
    state: Literal["known", "keys", "absent", "unknown"]
    data: JsonObject = field(default_factory=dict, repr=False)

    def key(self, name: str) -> str:
        """`namespace/name/key`, for a Secret."""
        return f"{self.title.partition(' ')[2]}/{name}"


def referred(reference: Any, placed: Placed, catalog: Catalog) -> Referred:
    """What a reference of an object means, in its own namespace."""
    kind, name = text(mapping(reference).get("kind")), text(mapping(reference).get("name"))
    title = f"{kind} {namespace_of(placed)}/{name}"
    body = catalog.get(("", kind), placed.cluster, namespace_of(placed), name) if kind in _KINDS else None
    made = _made_keys(placed, catalog, name) if body is None and kind == "Secret" else None
    if made is not None:
        return Referred(title, "keys", dict.fromkeys(made, ""))
    if body is None:
        return Referred(title, "absent" if catalog.is_complete(("", kind), placed.cluster) else "unknown")
    if kind == "Secret":
        keys = [*mapping(body.get("data")), *mapping(body.get("stringData"))]
        return Referred(title, "keys", dict.fromkeys(keys, ""))
    return Referred(title, "known", mapping(body.get("data")))


def _made_keys(placed: Placed, catalog: Catalog, name: str) -> Collection[str] | None:
    """The keys of a Secret that a declared object of its name makes; None where none does, or does not say them all."""
    sealed, external = (catalog.declared(kind, placed.cluster, namespace_of(placed), name) for kind in _MAKERS)
    if sealed is not None:
        spec = mapping(sealed.body.get("spec"))
        return {*mapping(spec.get("encryptedData")), *mapping(mapping(spec.get("template")).get("data"))}
    spec = mapping(external.body.get("spec")) if external is not None else {}
    target = mapping(spec.get("target"))
    template = mapping(target.get("template"))
    if external is None or spec.get("dataFrom") or template or text(target.get("name")) not in ("", name):
        return None
    return {text(mapping(entry).get("secretKey")) for entry in items(spec.get("data"))}


def substitution_of(placed: Placed, catalog: Catalog, *, is_strict: bool | None = False) -> Substitution | None:
    """The variables of a Kustomization; None where it replaces none. Later references win, inline values over all.

    Where a reference is to nothing that is declared or live, it may hold any variable: only inline values are certain.
    Flux builds nothing while one that must be there is not: what it built before had values of its own.
    """
    post_build = mapping(mapping(placed.body.get("spec")).get("postBuild"))
    if not post_build:
        return None
    known: dict[str, str] = {}
    unknown: dict[str, str] = {}
    is_open = False
    for reference in items(post_build.get("substituteFrom")):
        one = referred(reference, placed, catalog)
        is_fatal = one.state == "absent" and mapping(reference).get("optional") is not True
        if one.state == "unknown" or is_fatal:
            known, is_open = {}, True
        for name in one.data:
            known.pop(name, None)
            unknown[name] = one.key(name)
        if one.state == "known":
            known |= {name: _line(value) for name, value in one.data.items()}
            unknown = {name: key for name, key in unknown.items() if name not in known}
    inline = {name: _line(value) for name, value in mapping(post_build.get("substitute")).items()}
    left = {name: key for name, key in unknown.items() if name not in inline}
    is_always = post_build.get("substituteStrategy") == "Always"
    secrets = () if mapping(placed.body.get("spec")).get("kubeConfig") else tuple(left.items())
    return Substitution(tuple(sorted((known | inline).items())), tuple(left), is_open, is_strict, is_always, secrets)


def _line(value: Any) -> str:
    return value.replace("\n", "") if isinstance(value, str) else ""
