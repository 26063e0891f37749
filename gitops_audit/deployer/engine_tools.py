"""The kustomize and helm within an engine: other versions of them may make other objects of the same files.

Argo CD names them in hack/tool-versions.sh of each release, the controllers of Flux in go.mod (kustomize by its library
`api`). Within a minor version of an engine they stay, but for patches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gitops_audit.kube import image
from gitops_audit.kube.pod_template import containers, path_of, value_at
from gitops_audit.kube.version_range import loose_version
from gitops_audit.model.resource import JsonObject, mapping

_WITHIN = {
    "argocd": {
        "2.10": {"kustomize": "5.2", "helm": "3.14"},
        "2.11": {"kustomize": "5.2", "helm": "3.14"},
        "2.12": {"kustomize": "5.4", "helm": "3.15"},
        "2.13": {"kustomize": "5.4", "helm": "3.15"},
        "2.14": {"kustomize": "5.4", "helm": "3.16"},
        "3.0": {"kustomize": "5.6", "helm": "3.17"},
        "3.1": {"kustomize": "5.7", "helm": "3.18"},
        "3.2": {"kustomize": "5.7", "helm": "3.18"},
        "3.3": {"kustomize": "5.8", "helm": "3.19"},
        "3.4": {"kustomize": "5.8", "helm": "3.19"},
        "3.5": {"kustomize": "5.8", "helm": "4.2"},
    },
    "kustomize-controller": {
        "1.0": {"kustomize": "5.0"},
        "1.1": {"kustomize": "5.0"},
        "1.2": {"kustomize": "5.3"},
        "1.3": {"kustomize": "5.4"},
        "1.4": {"kustomize": "5.4"},
        "1.5": {"kustomize": "5.6"},
        "1.6": {"kustomize": "5.6"},
        "1.7": {"kustomize": "5.7"},
        "1.8": {"kustomize": "5.8"},
        "1.9": {"kustomize": "5.8"},
    },
    "helm-controller": {
        "1.0": {"helm": "3.14"},
        "1.1": {"helm": "3.16"},
        "1.2": {"helm": "3.17"},
        "1.3": {"helm": "3.17"},
        "1.4": {"helm": "3.19"},
        "1.5": {"helm": "4.1"},
        "1.6": {"helm": "4.2"},
    },
}
# The Deployment that renders, and whose objects it renders. A chart puts the name of its release before it.
RENDERERS = {
    "Application": ("argocd-repo-server", "argocd"),
    "Kustomization": ("kustomize-controller", "kustomize-controller"),
    "HelmRelease": ("helm-controller", "helm-controller"),
}


@dataclass(frozen=True, slots=True)
class Renderer:
    """A running engine: the program with its version, and the versions (`5.8`) of the tools within."""

    name: str
    tools: dict[str, str]

    def others(self, used: Iterable[tuple[str, str]]) -> Iterator[str]:
        """What was used with another minor version, in words."""
        for tool, version in used:
            known, within = loose_version(version), self.tools.get(tool)
            if known is not None and within is not None and f"{known.major}.{known.minor}" != within:
                yield f"{self.name} has {tool} {within}, and the audit rendered with {tool} {version}"


def renderer(kind: str, deployment: JsonObject) -> Renderer | None:
    """What a Deployment runs to render the objects of a kind; None where its image does not tell a known version."""
    _, program = RENDERERS[kind]
    spec = mapping(value_at(deployment, path_of("apps", "Deployment") or ())).get("spec")
    found = (_renderer(program, str(one.get("image"))) for one in map(mapping, containers(spec, "containers")))
    return next(filter(None, found), None)


def _renderer(program: str, text: str) -> Renderer | None:
    try:
        reference = image.parse(text)
    except ValueError:
        return None
    version = loose_version(reference.tag)
    if version is None or reference.repository.rpartition("/")[2] != program:
        return None
    tools = _WITHIN[program].get(f"{version.major}.{version.minor}")
    return Renderer(f"{program} {reference.tag}", tools) if tools else None
