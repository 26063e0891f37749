"""How objects come into a cluster: as kubectl, Argo CD, Flux and Helm apply them, with their managers and marks.

Argo CD applies with kubectl's own code, its manager is `argocd-controller`, client-side unless `ServerSideApply=true`,
and marks what it applies by the annotation `argocd.argoproj.io/tracking-id` (its documentation: Resource Tracking, Sync
Options). Flux's kustomize-controller applies server-side and labels by name and namespace of its Kustomization (its
documentation: Kustomization, Garbage collection). Both force conflicts; here nobody does, so that each one shows.
Helm is the real one, in its versions 4 (server-side) and 3.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gitops_audit.model.resource import JsonObject
from tests.tools import HELM, HELM3, KUBECTL

APPLICATION = "truth"


@dataclass(frozen=True, slots=True)
class Place:
    """Where objects go that name no namespace; `folder` is for the files of a deployer."""

    kubeconfig: Path
    namespace: str
    folder: Path


class Deployer(Protocol):
    """`manager` is the field manager of what it deploys."""

    @property
    def manager(self) -> str: ...

    def deploy(self, bodies: Sequence[JsonObject], place: Place) -> str:
        """What the tool says. Raises RuntimeError where it fails: also for a conflict."""
        ...


@dataclass(frozen=True, slots=True)
class Kubectl:
    """`options` of `kubectl apply`; `mark` is the engine whose marks the objects get, if any."""

    manager: str
    options: tuple[str, ...] = ()
    mark: str = ""

    def deploy(self, bodies: Sequence[JsonObject], place: Place) -> str:
        items = [self._marked(body) for body in bodies]
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
        command = [str(KUBECTL), "--kubeconfig", str(place.kubeconfig), "apply", "--validate=ignore", *self.options]
        return _run([*command, "-f", "-"], text)

    def _marked(self, body: JsonObject) -> JsonObject:
        metadata = dict(body["metadata"])
        if self.mark == "argocd":
            group = body["apiVersion"].rpartition("/")[0]
            name = f"{APPLICATION}:{group}/{body['kind']}:{metadata.get('namespace', '')}/{metadata['name']}"
            annotations = {**(metadata.get("annotations") or {}), "argocd.argoproj.io/tracking-id": name}
            metadata |= {"annotations": annotations}
        elif self.mark == "flux":
            own = {
                "kustomize.toolkit.fluxcd.io/name": APPLICATION,
                "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
            }
            metadata |= {"labels": {**(metadata.get("labels") or {}), **own}}
        return body | {"metadata": metadata}


@dataclass(frozen=True, slots=True)
class Helm:
    """The chart holds the objects as they are."""

    program: Path
    manager: str

    def deploy(self, bodies: Sequence[JsonObject], place: Place) -> str:
        write_chart(place.folder / "chart", bodies)
        command = [str(self.program), "upgrade", "--install", APPLICATION, str(place.folder / "chart")]
        options = [
            "--kubeconfig",
            str(place.kubeconfig),
            "--namespace",
            place.namespace,
            "--disable-openapi-validation",
        ]
        return _run([*command, *options], "")


def write_chart(folder: Path, bodies: Sequence[JsonObject]) -> None:
    """A chart without a single variable."""
    (folder / "templates").mkdir(parents=True, exist_ok=True)
    for old in (folder / "templates").iterdir():
        old.unlink()
    (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: {APPLICATION}\nversion: 1.0.0\n")
    for number, body in enumerate(bodies):
        (folder / f"templates/{number:03}.json").write_text(json.dumps(body, indent=1))


def _run(command: Sequence[str], stdin: str) -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=240)
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name}: {done.stderr}")
    return done.stdout


_SERVER_SIDE = "--server-side"
DEPLOYERS: Mapping[str, Deployer] = {
    "csa": Kubectl("kubectl-client-side-apply"),
    "ssa": Kubectl("kustomize-controller", (_SERVER_SIDE, "--field-manager=kustomize-controller")),
    "argocd": Kubectl("argocd-controller", ("--field-manager=argocd-controller",), "argocd"),
    "argossa": Kubectl("argocd-controller", (_SERVER_SIDE, "--field-manager=argocd-controller"), "argocd"),
    "flux": Kubectl("kustomize-controller", (_SERVER_SIDE, "--field-manager=kustomize-controller"), "flux"),
    "helm": Helm(HELM, "helm"),
    "helm3": Helm(HELM3, "helm"),
}
