"""What an Application or a Kustomization renders with besides the files of its path.

Where that is more than the audit renders with, what the deployer applied is not what the audit would have rendered.
Sources: `argoproj.io/v1alpha1` ApplicationSource (`helm`, `kustomize`, `directory`, `plugin`),
`kustomize.toolkit.fluxcd.io/v1` KustomizationSpec.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

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
    {"version", "skipTests", "skipSchemaValidation", "passCredentials", "ignoreMissingValueFiles", "recurse"}
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
    """`names` of what was given by the kind of source that it is for (`helm.valueFiles`); `release` and `namespace` are
    those of a chart, `is_flat`: a directory is read without those below. `substitutes`: `${var}` is replaced."""

    names: tuple[str, ...] = ()
    release: str = ""
    namespace: str = ""
    is_flat: bool = False
    substitutes: bool = False

    def foreign(self, kind: str, release: str, namespace: str) -> tuple[str, ...]:
        """What was given that the audit does not give, for a source that it renders as `kind`."""
        names = [n for n in self.names if n.partition(".")[0] in (kind, "plugin")]
        if kind == "helm":
            names += ["the release name"] * (self.release not in ("", release))
            names += ["the namespace"] * (self.namespace not in ("", namespace))
        return tuple(names)

    def reaching(self, foreign: Iterable[str], pointer: str) -> Iterator[str]:
        """Those of them that can have made the value at a pointer."""
        for name in foreign:
            reach = _REACH.get(name.rpartition(".")[2])
            if reach is None or reach.search(pointer):
                yield name


NOTHING_ELSE = Inputs()


def of_application_source(source: JsonObject, application: str, namespace: str) -> Inputs:
    """`namespace` is the one that the Application deploys to."""
    names = [f"{kind}.{key}" for kind in ("helm", "kustomize", "directory") for key in _given(source.get(kind))]
    names += ["plugin"] * bool(source.get("plugin"))
    helm, directory = source.get("helm"), source.get("directory")
    release = str(helm.get("releaseName") or "") if isinstance(helm, dict) else ""
    is_flat = not (isinstance(directory, dict) and directory.get("recurse"))
    kept = tuple(n for n in names if n not in ("helm.releaseName", "helm.namespace"))
    return Inputs(kept, release or application, namespace, is_flat)


def of_kustomization_spec(spec: JsonObject) -> Inputs:
    """Flux makes a kustomization of a directory that has none: what is given counts for both."""
    given = [key for key in _FLUX if spec.get(key)]
    names = tuple(f"{kind}.{key}" for kind in ("kustomize", "directory") for key in given)
    return Inputs(names, substitutes=bool(spec.get("postBuild")))


def _given(options: Any) -> list[str]:
    return [key for key, value in options.items() if value and key not in _IDLE] if isinstance(options, dict) else []
