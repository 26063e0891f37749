"""The values of a HelmRelease: `valuesFrom` in its order, then `values`; what goes to a `targetPath` comes last
(fluxcd.io/flux/components/helm/helmreleases/#values, fluxcd/pkg `chartutil/values.go`).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from gitops_audit.config.settings import HelmParameter
from gitops_audit.deployer.expansion import Placed
from gitops_audit.deployer.flux.catalog import Catalog, items, text
from gitops_audit.deployer.flux.origin import UnfollowedError
from gitops_audit.deployer.flux.reference import Referred, referred
from gitops_audit.manifest import file as manifest
from gitops_audit.model.resource import JsonObject, mapping

_DEFAULT_KEY = "values.yaml"
_SYNTAX = re.compile(r"[\\,\[\]{}]")


@dataclass(frozen=True, slots=True)
class Values:
    """`inline` is JSON, empty for none; `secrets` as of a `Substitution`."""

    inline: str = field(default="", repr=False)
    parameters: tuple[HelmParameter, ...] = field(default=(), repr=False)
    secrets: tuple[tuple[str, str], ...] = ()


def values_of(placed: Placed, catalog: Catalog) -> Values:
    """Raises UnfollowedError where what the chart is rendered with cannot be known."""
    spec = mapping(placed.body.get("spec"))
    found: JsonObject = {}
    parameters: list[HelmParameter] = []
    secrets: list[tuple[str, str]] = []
    for reference in map(mapping, items(spec.get("valuesFrom"))):
        one = referred(reference, placed, catalog)
        key = text(reference.get("valuesKey")) or _DEFAULT_KEY
        is_there = key in one.data or one.state == "unknown"
        if not is_there and reference.get("optional") is True:
            continue
        path = text(reference.get("targetPath"))
        if path:
            parameters.append(_parameter(path, one, key, is_literal=reference.get("literal") is True))
            secrets += [(_variable(one, key), one.key(key))] if one.state == "keys" else []
        else:
            found = merged(found, _read(one, key))
    found = merged(found, mapping(spec.get("values")))
    return Values(json.dumps(found, sort_keys=True) if found else "", tuple(parameters), tuple(secrets))


def merged(one: JsonObject, other: JsonObject) -> JsonObject:
    """Maps are merged, all else is replaced."""
    found = dict(one)
    for key, value in other.items():
        both = isinstance(value, dict) and isinstance(found.get(key), dict)
        found[key] = merged(found[key], value) if both else value
    return found


def _read(one: Referred, key: str) -> JsonObject:
    if one.state != "known":
        raise UnfollowedError(f"its values come from {one.title}, which {_lack(one)}")
    if key not in one.data:
        raise UnfollowedError(f"its values come from {one.title}, which has no key {key!r}")
    documents, problems = manifest.documents(text(one.data[key]).encode("utf-8", "replace"), "")
    value: Any = documents[0][1] if documents else {}
    if problems or not isinstance(value, dict):
        raise UnfollowedError(f"its values come from {one.title}, whose key {key!r} is no YAML map")
    return value


def _lack(one: Referred) -> str:
    if one.state == "keys":
        return "is a Secret: its values are not used, so that none of them is shown"
    return "the cluster does not have" if one.state == "absent" else "is not declared in what is followed"


def _parameter(path: str, one: Referred, key: str, *, is_literal: bool) -> HelmParameter:
    """A value of a Secret, or one that is not known, is rendered as a variable, which is compared with nothing."""
    if one.state != "known":
        return HelmParameter(path, f"${{{_variable(one, key)}}}", is_string=True)
    if key not in one.data:
        raise UnfollowedError(f"a value comes from {one.title}, which has no key {key!r}")
    value = text(one.data[key])
    if is_literal:
        return HelmParameter(path, _SYNTAX.sub(lambda found: f"\\{found[0]}", value), is_string=True)
    is_quoted = any(value.startswith(mark) and value.endswith(mark) for mark in ("'", '"'))
    return HelmParameter(path, value.strip("'\""), is_string=True) if is_quoted else HelmParameter(path, value)


def _variable(one: Referred, key: str) -> str:
    return re.sub(r"\W", "_", f"valuesFrom_{one.title}_{key}", flags=re.ASCII)
