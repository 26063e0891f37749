"""What an Application or a Kustomization renders with besides the files of its path.

Where that is more than the audit renders with, what the deployer applied is not what the audit would have rendered.
Sources: `argoproj.io/v1alpha1` ApplicationSource (`helm`, `kustomize`, `directory`, `plugin`),
`kustomize.toolkit.fluxcd.io/v1` KustomizationSpec.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from gitops_audit.config.settings import SourceConfig
from gitops_audit.model.resource import JsonObject

# What one of them can change, by its name; what is not here can change anything.
_METADATA = re.compile(r"/(?:labels|annotations|matchLabels)/")
_REACH = {
    "images": re.compile(r"/image(?:/|$)"),
    "replicas": re.compile(r"/spec/replicas$"),
    **dict.fromkeys(("commonLabels", "commonAnnotations", "commonMetadata", "labels"), _METADATA),
}
# Settings of a renderer that change nothing in what it renders.
_IDLE = frozenset(
    {
        "releaseName",
        "namespace",
        "version",
        "skipTests",
        "skipSchemaValidation",
        "passCredentials",
        "ignoreMissingValueFiles",
        "recurse",
    }
)
_FLUX = (
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "images",
    "commonMetadata",
    "namePrefix",
    "nameSuffix",
    "components",
)


@dataclass(frozen=True, slots=True)
class Inputs:
    """`given` are names by the kind of source they are for (`helm.valueFiles`), each with its value as JSON; `release`
    and `namespace` are those of a chart, `is_flat`: a directory is read without those below. `substitutes`: `${var}` is
    replaced. Values may be secret."""

    given: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    release: str = ""
    namespace: str = ""
    is_flat: bool = False
    substitutes: bool = False

    def foreign(self, kind: str, own: Inputs) -> tuple[str, ...]:
        """What only one of the deployer and the audit (`own`) gives, for a source that is rendered as `kind`."""
        names = [n for n, _ in sorted({*self.given} ^ {*own.given}) if n.partition(".")[0] in (kind, "plugin")]
        if kind == "helm":
            names += ["the release name"] * (self.release not in ("", own.release))
            names += ["the namespace"] * (self.namespace not in ("", own.namespace))
        return tuple(dict.fromkeys(names))

    def reaching(self, foreign: Iterable[str], pointer: str) -> Iterator[str]:
        """Those of them that can have made the value at a pointer."""
        for name in foreign:
            reach = _REACH.get(name.rpartition(".")[2])
            if reach is None or reach.search(pointer):
                yield name


NOTHING_ELSE = Inputs()


def of_application_source(source: JsonObject, application: str, namespace: str) -> Inputs:
    """`namespace` is the one that the Application deploys to."""
    given = [pair for kind in ("helm", "kustomize", "directory") for pair in _given(kind, source.get(kind))]
    given += [("plugin", "")] * bool(source.get("plugin"))
    helm, directory = source.get("helm"), source.get("directory")
    release = str(helm.get("releaseName") or "") if isinstance(helm, dict) else ""
    is_flat = not (isinstance(directory, dict) and directory.get("recurse"))
    return Inputs(tuple(given), release or application, namespace, is_flat)


def of_kustomization_spec(spec: JsonObject) -> Inputs:
    """Flux makes a kustomization of a directory that has none: what is given counts for both."""
    pairs = [(key, _text(spec[key])) for key in _FLUX if spec.get(key)]
    given = tuple((f"{kind}.{key}", text) for kind in ("kustomize", "directory") for key, text in pairs)
    return Inputs(given, substitutes=bool(spec.get("postBuild")))


def of_source(config: SourceConfig) -> Inputs:
    """What the audit itself renders a source with."""
    options = config.helm
    if config.deployer == "argocd":
        return Inputs(config.given, options.release_name, options.namespace or config.namespace)
    files, values = list(options.value_files), _loaded(options.values)
    helm = {"valueFiles": files, "valuesObject": values, "skipCrds": options.skip_crds}
    given = (*_given("helm", helm), *(config.post_build.given if config.post_build else ()))
    return Inputs(given, options.release_name or config.name, config.namespace or "default")


def _given(kind: str, options: Any) -> Iterator[tuple[str, str]]:
    """`values` is the text of what `valuesObject` is as an object."""
    for key, value in options.items() if isinstance(options, dict) else ():
        loaded = _loaded(value) if (kind, key) == ("helm", "values") else value
        if loaded and key not in _IDLE:
            name = "valuesObject" if isinstance(loaded, dict) and key == "values" else key
            yield f"{kind}.{name}", _text(loaded)


def _loaded(text: Any) -> Any:
    """Values written as JSON, as an object; any other text stays what it is."""
    try:
        return orjson.loads(text) if isinstance(text, str) and text else text
    except orjson.JSONDecodeError:
        return text


def _text(value: Any) -> str:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=repr).decode()
    except orjson.JSONEncodeError:  # half of a surrogate pair, a number that is too large
        return repr(value)
