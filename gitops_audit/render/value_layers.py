"""Where each value of a chart stands: helm merges files and values in line, and the last one that has a key wins."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gitops_audit.config.settings import SourceConfig
from gitops_audit.manifest import file as manifest
from gitops_audit.manifest.lines import document_lines
from gitops_audit.model.path import pointer_of
from gitops_audit.model.resource import JsonObject, mapping
from gitops_audit.regular_file import start_of
from gitops_audit.render.chart import Chart, chart_of
from gitops_audit.render.given import Given
from gitops_audit.render.tool import Workspace, workspace
from gitops_audit.render.value_file import ValueFiles
from gitops_audit.source import Checkout

_MAX_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that is no map, and where it stands (`apps/web/values.yaml:12`)."""

    value: Any = field(repr=False)
    place: str


def leaves(config: SourceConfig, checkout: Checkout, given: Given) -> dict[tuple[str, ...], Leaf]:
    """The values that a source gives to its chart, by their keys; not those of `parameters`, which stand in no file.

    Raises SourceError.
    """
    tree: dict[str, Any] = {}
    with workspace(checkout, given.exports) as place:
        chart = chart_of(config, checkout, place, given)
        place = replace(place, tree=chart.tree) if not chart.is_fetched else place
        own = [] if config.helm.replaces_defaults else [chart.folder / "values.yaml"]
        for file in (*own, *ValueFiles(config, checkout, place, chart, given).files()):
            data = start_of(file, _MAX_BYTES)
            documents, _ = manifest.documents(data, "")
            lines = document_lines(data)
            _merge(tree, mapping(documents[0][1]) if documents else {}, _Written(_name(file, place, chart), lines))
    followed = f"the values of {config.followed_from}" if config.followed_from else ""
    inline = followed or f"`helm.values` of the source {config.name}"
    _merge(tree, mapping(json.loads(config.helm.values or "{}")), _Written(inline, {}))
    for name in (*(p.name for p in config.helm.parameters), *(name for name, _ in config.helm.file_parameters)):
        tree.pop(name.partition(".")[0].partition("[")[0], None)
    return dict(_flat(tree, ()))


def with_more(values: str, more: JsonObject) -> str:
    """The values in line of a source (JSON, empty for none) with others laid over them."""
    return json.dumps(_laid_over(mapping(json.loads(values or "{}")), more))


def _laid_over(base: JsonObject, more: JsonObject) -> JsonObject:
    both = {k: _laid_over(base[k], v) for k, v in more.items() if isinstance(v, dict) and isinstance(base.get(k), dict)}
    return base | more | both


@dataclass(frozen=True, slots=True)
class _Written:
    name: str
    lines: dict[str, int]

    def at(self, way: tuple[str, ...]) -> str:
        line = self.lines.get(pointer_of(way), 0)
        return f"{self.name}:{line}" if line else self.name


def _merge(tree: dict[str, Any], values: JsonObject, written: _Written, way: tuple[str, ...] = ()) -> None:
    for key, value in values.items():
        if isinstance(value, dict):
            below = tree.get(key)
            tree[key] = below = below if isinstance(below, dict) else {}
            _merge(below, value, written, (*way, key))
        elif value is None:
            tree.pop(key, None)
        else:
            tree[key] = Leaf(value, written.at((*way, key)))


def _flat(tree: dict[str, Any], way: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Leaf]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, (*way, key))
        else:
            yield (*way, key), value


def _name(file: Path, place: Workspace, chart: Chart) -> str:
    """A file as a person knows it: by its path in the repository, in a value repository (`$name/`) or in the chart."""
    real = file.resolve()
    if chart.is_fetched and real.is_relative_to(chart.folder.resolve()):
        return f"{chart.directory}{real.relative_to(chart.folder.resolve()).as_posix()}"
    if real.is_relative_to(place.tree.resolve()):
        return real.relative_to(place.tree.resolve()).as_posix()
    return "$" + real.relative_to(place.home.resolve()).as_posix().removeprefix("values-")
