"""Names that kustomize makes of content: where something stands for the content, the name is not known either."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from gitops_audit.kube.generated_name import generator_of
from gitops_audit.model.path import escaped
from gitops_audit.model.resource import Manifest, StandIn, StandInKind


def with_unknown_names(manifests: Iterable[Manifest]) -> tuple[Manifest, ...]:
    """The objects; of a generated one that holds stand-ins the name is one too, wherever it stands."""
    built = tuple(manifests)
    names = {name: kind for m in built if m.stand_ins for name, kind in _unknown(m)}
    return tuple(_marked(m, names) for m in built) if names else built


def _unknown(built: Manifest) -> Iterator[tuple[str, StandInKind]]:
    name = str(built.body["metadata"].get("name", ""))
    if generator_of("", str(built.body["kind"]), name):
        yield from ((name, s.kind) for s in built.stand_ins if s.kind != "variable")


def _marked(built: Manifest, names: dict[str, StandInKind]) -> Manifest:
    own = names.get(str(built.body["metadata"].get("name", "")))
    if own is not None and built.body["kind"] in ("ConfigMap", "Secret"):
        return replace(built, stand_ins=(*built.stand_ins, StandIn("", own)))
    found = tuple(StandIn(pointer, names[text]) for pointer, text in _texts(built.body, "") if text in names)
    return replace(built, stand_ins=(*built.stand_ins, *found)) if found else built


def _texts(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _texts(child, f"{pointer}/{escaped(key)}")
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _texts(child, f"{pointer}/{index}")
