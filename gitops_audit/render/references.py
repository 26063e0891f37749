"""Every field of a kustomization, or of a plugin's configuration, that names a place.

The fields are those of kustomize.config.k8s.io/v1beta1 and v1alpha1 and of kustomize's builtin plugins
(kubectl.docs.kubernetes.io/references/kustomize), read as Go reads them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from gitops_audit.manifest import file as manifest
from gitops_audit.render.go_fields import Value


class Kind(Enum):
    """What may stand at the place that is named."""

    tree = "a file of objects, or a folder with a kustomization"
    file = "a file"
    plugin = "a plugin's configuration, or a folder whose kustomization makes some"
    patch = "a file, or the text of a patch"
    chart = "a chart that kustomize lets helm render"


@dataclass(frozen=True, slots=True)
class Reference:
    """One place: where its name is written, and the name. `chart` is the entry that a chart is named by.

    `is_of_plugin`: it is named by the configuration of a plugin.
    """

    pointer: str
    text: str
    kind: Kind
    chart: Value | None = None
    is_of_plugin: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What is refused whatever it names."""

    pointer: str
    message: str


_TREES = ("resources", "bases", "components")
_PLUGINS = ("generators", "transformers", "validators")
_WITH_PATH = ("patches", "patchesJson6902", "replacements")
_OLD_CHARTS = (
    "helmChartInflationGenerator is the old form, which the audit does not render: write `helmCharts` "
    "(`kustomize edit fix` does)"
)
_CONFIG_HOME = "helmGlobals.configHome names helm's own settings and plugins, and the audit uses none: remove it"
_NOT_BUILTIN = (
    "this plugin is no part of kustomize, but a program or container, and the audit runs none: "
    "commit its output, and make that the source"
)
_FUNCTION = "config.kubernetes.io/function"


def of_kustomization(document: Any) -> Iterator[Reference | Fault]:
    """The places that a kustomization or component names."""
    top = Value("", document)
    yield from _twice(top)
    for name in _TREES:
        yield from (_reference(text, Kind.tree) for text in top.item_texts(name))
    for name in ("crds", "configurations"):
        yield from (_reference(text, Kind.file) for text in top.item_texts(name))
    for name in _PLUGINS:
        yield from (_reference(text, Kind.plugin) for text in top.item_texts(name))
    for name in ("patchesStrategicMerge", "patches"):
        yield from (_reference(text, Kind.patch) for text in top.item_texts(name))
    for name in _WITH_PATH:
        yield from _with_path(top, name)
    for name in ("configMapGenerator", "secretGenerator"):
        for generator in top.items(name):
            yield from _generator(generator)
    for openapi in top.get("openapi"):
        yield from _paths(openapi, "path")
    yield from _charts(top)


def of_plugin(document: Any, pointer: str = "") -> Iterator[Reference | Fault]:
    """The places that the configuration of one generator, transformer or validator names."""
    top = Value(pointer, document)
    yield from _twice(top)
    if any(api.value != "builtin" for api in top.get("apiVersion")) or not top.has("apiVersion") or _is_function(top):
        yield Fault(pointer, _NOT_BUILTIN)
    if any(str(kind.value).startswith("Helm") for kind in top.get("kind")):
        yield Fault(pointer, "the audit renders charts of `helmCharts` alone: write it there")
    for path in top.texts("path"):
        yield _reference(path, Kind.file)
    for path in top.item_texts("paths"):
        yield _reference(path, Kind.patch)
    yield from _with_path(top, "replacements")
    yield from _generator(top)
    yield from _paths(top, "targetFilePath")


def inline_documents(text: str) -> list[Any]:
    """The objects that an entry is, where it is no path: kustomize tries to read it as YAML first."""
    found, problems = manifest.documents(text.encode("utf-8", "replace"), "")
    values = [value for _, value in found]
    return values if values and not problems and all(isinstance(v, dict | list) for v in values) else []


def _with_path(top: Value, name: str) -> Iterator[Reference | Fault]:
    for item in top.items(name):
        yield from _twice(item)
        yield from _paths(item, "path")


def _paths(value: Value, name: str) -> Iterator[Reference]:
    yield from (_reference(text, Kind.file) for text in value.texts(name))


def _generator(item: Value) -> Iterator[Reference | Fault]:
    """`files` may be `key=path`; `env` is the old form of `envs`."""
    yield from _twice(item)
    for text in item.item_texts("files"):
        yield Reference(text.pointer, text.value.partition("=")[2] or text.value, Kind.file)
    yield from (_reference(text, Kind.file) for text in item.item_texts("envs"))
    yield from _paths(item, "env")


def _charts(top: Value) -> Iterator[Reference | Fault]:
    for old in top.get("helmChartInflationGenerator"):
        if old.value:
            yield Fault(old.pointer, _OLD_CHARTS)
    home = "charts"
    for settings in top.get("helmGlobals"):
        yield from _twice(settings)
        yield from (Fault(found.pointer, _CONFIG_HOME) for found in settings.get("configHome") if found.value)
        home = next((found.value for found in settings.texts("chartHome") if found.value), home)
    for chart in top.items("helmCharts"):
        yield from _twice(chart)
        name = next((found.value for found in chart.texts("name")), "")
        version = next((found.value for found in chart.texts("version")), "")
        folder = f"{home}/{name}-{version}" if version and chart.has("repo") else home
        yield Reference(chart.pointer, f"{folder}/{name}", Kind.chart, chart)
        yield from _paths(chart, "valuesFile")
        yield from (_reference(text, Kind.file) for text in chart.item_texts("additionalValuesFiles"))


def _twice(value: Value) -> Iterator[Fault]:
    yield from (Fault(pointer, words) for pointer, words in value.twice())


def _is_function(top: Value) -> bool:
    annotations = (a for metadata in top.get("metadata") for a in metadata.get("annotations"))
    return any(isinstance(a.value, dict) and any(_FUNCTION in key for key in a.value) for a in annotations)


def _reference(text: Value, kind: Kind) -> Reference:
    return Reference(text.pointer, text.value, kind)
