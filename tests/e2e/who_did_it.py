"""Who did it: every deployer, every way in which a person changes an object, and what Git did meanwhile.

`python -m tests.e2e.who_did_it` starts a server, prints the table of causes, and exits 1 where one is wrong. Each
object is deployed from the first commit, changed by hand by the real kubectl, and audited at branches on which Git did
nothing, the same, something else to the same field, or something to another field.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gitops_audit.config.settings import ClusterConfig, DriftConfig, Settings, SourceConfig
from gitops_audit.engine.audit import Audit
from gitops_audit.engine.events import Judged
from gitops_audit.model.finding import Change, Drift
from gitops_audit.model.resource import JsonObject
from tests.audited import drift_of
from tests.e2e.apiserver import ApiServer
from tests.e2e.truth_server import Client

_HELM_MARKS = {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "default"}
_HELM_LABELS = {"app.kubernetes.io/managed-by": "Helm"}
_FLUX_LABELS = {"kustomize.toolkit.fluxcd.io/name": "shop", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}
_FLUX_HELM = {"helm.toolkit.fluxcd.io/name": "shop", "helm.toolkit.fluxcd.io/namespace": "flux-system"}
_SERVER_SIDE = ("apply", "--server-side", "--force-conflicts")


@dataclass(frozen=True, slots=True)
class Deployer:
    """How an object is deployed: the kubectl command that writes as the tool does, and the marks the tool leaves."""

    command: tuple[str, ...]
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


def _deployer(*command: str, labels: Mapping[str, str] | None = None, **annotations: str) -> Deployer:
    return Deployer(command, labels or {}, annotations)


_ARGO = {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:default/NAME"}
DEPLOYERS = {
    "kubectl": _deployer("apply"),
    "kubectl --server-side": _deployer("apply", "--server-side"),
    "Argo CD": Deployer(("apply", "--field-manager=argocd-controller"), {}, _ARGO),
    "Argo CD, server-side": Deployer((*_SERVER_SIDE, "--field-manager=argocd-controller"), {}, _ARGO),
    "Argo CD, by label": _deployer(
        "apply", "--field-manager=argocd-controller", labels={"app.kubernetes.io/instance": "shop"}
    ),
    "Flux": _deployer(*_SERVER_SIDE, "--field-manager=kustomize-controller", labels=_FLUX_LABELS),
    "Helm 3": Deployer(("create", "--field-manager=helm"), _HELM_LABELS, _HELM_MARKS),
    "Helm 4": Deployer((*_SERVER_SIDE, "--field-manager=helm"), _HELM_LABELS, _HELM_MARKS),
    "Flux, chart": Deployer(("create", "--field-manager=helm-controller"), {**_HELM_LABELS, **_FLUX_HELM}, _HELM_MARKS),
    "drift.appliers": _deployer(*_SERVER_SIDE, "--field-manager=shipper"),
    "drift.appliers, client-side": _deployer("apply", "--field-manager=shipper"),
}
IMAGE = "spec.template.spec.containers[name=web].image"
WAYS = {
    "edit": IMAGE,
    "apply": IMAGE,
    "apply --server-side": IMAGE,
    "patch": IMAGE,
    "set image": IMAGE,
    "replace": IMAGE,
    "scale": "spec.replicas",
    "label": "metadata.labels.team",
    "annotate": "metadata.annotations.note",
}
"""The field that each way changes."""
WHOLE = ("apply", "apply --server-side", "replace")
"""Ways that send a whole object; theirs has a variable more as well."""

ELSEWHERE = "spec.minReadySeconds"
BRANCHES = ("nothing", "same", "other", "elsewhere")


def deployment(name: str, **values: Any) -> JsonObject:
    """The declared object: `field=value` for what differs from the first commit."""
    container = {"name": "web", "image": values.get("image", "registry.example.com/web:1")}
    pod = {"containers": [container | ({"env": values["env"]} if "env" in values else {})]}
    metadata = {
        "name": name,
        "namespace": "default",
        "labels": {"team": values.get("team", "web")},
        "annotations": {"note": values.get("note", "web")},
    }
    spec = {
        "replicas": values.get("replicas", 1),
        "minReadySeconds": values.get("ready", 5),
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": pod},
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


_HAND: dict[str, dict[str, Any]] = {
    IMAGE: {"image": "registry.example.com/web:hand"},
    "spec.replicas": {"replicas": 3},
    "metadata.labels.team": {"team": "hand"},
    "metadata.annotations.note": {"note": "hand"},
}
_OTHER: dict[str, dict[str, Any]] = {
    IMAGE: {"image": "registry.example.com/web:9"},
    "spec.replicas": {"replicas": 9},
    "metadata.labels.team": {"team": "nine"},
    "metadata.annotations.note": {"note": "nine"},
}


def by_hand(way: str) -> dict[str, Any]:
    return _HAND[WAYS[way]] | ({"env": [{"name": "HAND", "value": "1"}]} if way in WHOLE else {})


def in_git(way: str, branch: str) -> dict[str, Any]:
    """What a branch declares otherwise than the first commit."""
    changed = {"nothing": {}, "same": by_hand(way), "other": _OTHER[WAYS[way]], "elsewhere": {"ready": 7}}
    return changed[branch]


@dataclass(frozen=True, slots=True)
class Cell:
    """One verdict: the causes of the field that a person changed, of what they added, and of what Git alone changed."""

    deployer: str
    way: str
    branch: str
    hand: str
    added: str
    git: str

    @property
    def is_right(self) -> bool:
        hand = {"nothing": "cluster", "same": "in sync", "other": "both", "elsewhere": "cluster"}[self.branch]
        added = "cluster" if self.way in WHOLE and self.branch != "same" else ""
        return (self.hand, self.added, self.git) == (hand, added, "git" if self.branch == "elsewhere" else "")

    @property
    def is_called_git(self) -> bool:
        """Whether anything that the person did is called Git's."""
        return "git" in (self.hand, self.added)


class WhoDidIt:
    """Deploys all objects, lets the person change them, and audits every branch.

    `is_git_first`: the commits of the branches came before the person's change, and after the deployment.
    """

    def __init__(self, server: ApiServer, folder: Path, *, is_git_first: bool = False) -> None:
        self._client = Client(server, folder)
        self._folder = folder
        self._repo = folder / "repo"
        self._names = {(d, w): f"d{i}-w{j}" for i, d in enumerate(DEPLOYERS) for j, w in enumerate(WAYS)}
        self._moved = timedelta(minutes=-30 if is_git_first else 30)

    @contextmanager
    def deployed(self) -> Iterator[None]:
        """The server with all objects as they are after the person's change; without them afterwards."""
        try:
            for deployer, how in DEPLOYERS.items():
                self._deploy(deployer, how)
            for way in WAYS:
                self._change(way)
            yield
        finally:
            self.kubectl("delete", "deployment", "--ignore-not-found", *self._names.values())

    def cells(self) -> list[Cell]:
        """The whole table, in the order of deployers and ways."""
        self._commit()
        audited = {branch: self._audited(branch) for branch in BRANCHES}
        return [
            _cell(deployer, way, branch, audited[branch][name])
            for (deployer, way), name in self._names.items()
            for branch in BRANCHES
        ]

    def kubectl(self, *arguments: str, objects: Sequence[JsonObject] = (), editor: str = "") -> None:
        """Raises RuntimeError where kubectl fails."""
        command = [self._client.kubectl, f"--kubeconfig={self._client.kubeconfig}", *arguments]
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self._folder), "KUBE_EDITOR": editor}
        done = subprocess.run(command, input=text, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command[2:])}: {done.stderr}")

    def _deploy(self, deployer: str, how: Deployer) -> None:
        bodies = []
        for way in WAYS:
            body = deployment(self._names[deployer, way])
            body["metadata"]["labels"] |= how.labels
            body["metadata"]["annotations"] |= {
                k: v.replace("NAME", body["metadata"]["name"]) for k, v in how.annotations.items()
            }
            bodies.append(body)
        self.kubectl(*how.command, "-f", "-", objects=bodies)

    def _change(self, way: str) -> None:
        names = [name for (_, other), name in self._names.items() if other == way]
        targets = [f"deployment/{name}" for name in names]
        whole = [deployment(name, **by_hand(way)) for name in names]
        match way:
            case "edit":
                self.kubectl("edit", *targets, editor="sed -i s/web:1/web:hand/")
            case "apply":
                self.kubectl("apply", "-f", "-", objects=whole)
            case "apply --server-side":
                self.kubectl(*_SERVER_SIDE, "-f", "-", objects=whole)
            case "replace":
                self.kubectl("replace", "-f", "-", objects=whole)
            case "patch":
                containers = [{"name": "web", "image": by_hand(way)["image"]}]
                patch = json.dumps({"spec": {"template": {"spec": {"containers": containers}}}})
                for target in targets:
                    self.kubectl("patch", target, "-p", patch)
            case "set image":
                self.kubectl("set", "image", *targets, f"web={by_hand(way)['image']}")
            case "scale":
                self.kubectl("scale", *targets, "--replicas=3")
            case _:
                values = by_hand(way)
                self.kubectl(way, *targets, "--overwrite", *(f"{k}={v}" for k, v in values.items()))

    def _commit(self) -> None:
        now = datetime.now(UTC)
        self._repo.mkdir()
        self._git("init", "--quiet", "--initial-branch=main")
        self._record(now - timedelta(days=2), lambda way: {})
        for branch in BRANCHES:
            self._git("checkout", "--quiet", "-b", branch, "main")
            self._record(now + self._moved, lambda way, branch=branch: in_git(way, branch))  # type: ignore[misc]

    def _record(self, at: datetime, values: Callable[[str], dict[str, Any]]) -> None:
        for (_, way), name in self._names.items():
            (self._repo / f"{name}.json").write_text(json.dumps(deployment(name, **values(way)), indent=1))
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "-m", "change", at=at.isoformat())

    def _git(self, *arguments: str, at: str = "") -> None:
        who = {
            f"GIT_{role}_{what}": "ann@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        dates = {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at} if at else {}
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self._folder), **who, **dates}
        subprocess.run(["git", "-C", str(self._repo), *arguments], env=environment, check=True, capture_output=True)

    def _audited(self, branch: str) -> dict[str, Drift]:
        cluster = ClusterConfig("real", context="admin", kubeconfig=str(self._client.kubeconfig))
        settings = Settings(
            self._folder / "gitops-audit.yaml",
            clusters=(cluster,),
            sources=(SourceConfig("shop", "repo", revision=branch),),
            drift=DriftConfig(appliers=("shipper",)),
        )
        audit = Audit(settings)
        try:
            audit.prepare()
            verdicts = [event.verdict for event in audit.run() if isinstance(event, Judged)]
        finally:
            audit.close()
        return {v.subject.key.name: drift_of(v) for v in verdicts}


def _cell(deployer: str, way: str, branch: str, drift: Drift) -> Cell:
    hand = [c for c in drift.changes if c.path == WAYS[way]]
    git = [c for c in drift.changes if c.path == ELSEWHERE]
    added = [c for c in drift.changes if c not in hand and c not in git]
    return Cell(deployer, way, branch, _causes(hand) or "in sync", _causes(added), _causes(git))


def _causes(changes: Iterable[Change]) -> str:
    return ", ".join(sorted({change.cause for change in changes}))


def markdown(cells: Sequence[Cell]) -> Iterator[str]:
    """The table as docs/explanation/who-did-it.md shows it."""
    yield "| deployed by | by hand | Git: nothing | the same | something else | another field | that field |"
    yield "|---|---|---|---|---|---|---|"
    for index in range(0, len(cells), len(BRANCHES)):
        row = cells[index : index + len(BRANCHES)]
        yield f"| {row[0].deployer} | {row[0].way} | {' | '.join(c.hand for c in row)} | {row[-1].git} |"


def main(write: Callable[[str], Any] = sys.stdout.write) -> int:
    """Starts a server, fills the table, prints it."""
    with ApiServer() as server, tempfile.TemporaryDirectory() as folder:
        table = WhoDidIt(server, Path(folder))
        with table.deployed():
            cells = table.cells()
    write("\n".join(markdown(cells)) + "\n")
    wrong = [c for c in cells if not c.is_right]
    write(f"\n{len(cells)} cells, {len(wrong)} wrong, {sum(c.is_called_git for c in cells)} of a person called git\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
