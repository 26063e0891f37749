"""Objects of Argo CD and Flux as hostile sources write them, and what an audit says of each source."""

from __future__ import annotations

import json
import re
from typing import Any

from gitops_audit.model.resource import JsonObject

URL = "https://git.example.com/team/fleet.git"
HERE = "https://kubernetes.default.svc"
CM = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {%s}\n"
CHART = "apiVersion: v2\nname: chart\nversion: 0.0.1\n"
PLACED = re.compile(r"^[\w./-]+:\d+: |\.yaml:\d+\)|cluster c")
"""A sentence that says where its source is declared."""


def written(group: str, kind: str, name: str, namespace: str, spec: Any) -> str:
    metadata = f"{{name: {name}, namespace: {namespace}}}"
    return f"apiVersion: {group}\nkind: {kind}\nmetadata: {metadata}\nspec: {json.dumps(spec)}\n"


def application(name: str, **source: Any) -> str:
    spec = {"destination": {"server": HERE, "namespace": name}, "source": {"repoURL": URL, "path": "fine", **source}}
    return written("argoproj.io/v1alpha1", "Application", name, "argocd", spec)


def application_set(name: str, generator: JsonObject, **source: Any) -> str:
    template = {
        "metadata": {"name": f"{name}-made"},
        "spec": {"destination": {"server": HERE, "namespace": name}, "source": {"repoURL": URL, **source}},
    }
    spec = {"generators": [generator], "template": template}
    return written("argoproj.io/v1alpha1", "ApplicationSet", name, "argocd", spec)


def kustomization(name: str, **more: Any) -> str:
    own = {"kind": "GitRepository", "name": "flux-system"}
    spec = {"interval": "1m", "prune": True, "sourceRef": own, "targetNamespace": name, **more}
    return written("kustomize.toolkit.fluxcd.io/v1", "Kustomization", name, "flux-system", spec)


def release(name: str, chart: str, kind: str = "GitRepository", source: str = "flux-system", **more: Any) -> str:
    wanted = {"chart": chart, "sourceRef": {"kind": kind, "name": source}, **more}
    spec = {"interval": "1m", "targetNamespace": name, "chart": {"spec": wanted}}
    return written("helm.toolkit.fluxcd.io/v2", "HelmRelease", name, "flux-system", spec)


def source_of(kind: str, name: str, url: str) -> str:
    spec = {"interval": "1m", "url": url}
    return written("source.toolkit.fluxcd.io/v1", kind, name, "flux-system", spec) + "---\n"


def said_about(report: JsonObject, source: str) -> list[str]:
    """What a JSON report says of a source, or of the object that it would have become, each with its place."""
    name, is_live = source.rpartition(".")[2], "-live." in source
    own = [r for r in report["resources"] if r["source"].removesuffix("-made") == source]
    told = [
        f"{r['origin']['path']}:{fault.get('line', r['origin']['line'])}: {fault['message']}"
        for r in own
        for fault in (*r["errors"], *r["invalid"])
    ]
    place = r"\(cluster c\)" if is_live else rf"\((?:argocd|flux)/{name}\.yaml:\d+\)"
    return [*told, *(n for n in report["notes"] if re.search(rf"/{name} {place}", n))]
