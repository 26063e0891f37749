"""`python -m bench.argocd_examples CHECKOUT`: Argo CD's own example repository, followed by one source.

Each Application is rendered by its tool itself (kubectl, helm, kustomize, gojsonnet) and applied to a real API server
under Argo CD's field manager. What the audit renders must be the same, object by object, and nothing may fail but the
chart whose dependency nobody may fetch. Then objects are changed by hand (bench/hand_changes.py): each change must be
found, and nothing else may fail. Prints Markdown; the exit code is 1 where anything is off.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from bench.hand_changes import HandChange, JsonObject, choose
from bench.public_repo import agrees, expected, found_words, run_program
from tests import engines
from tests.e2e.apiserver import ApiServer
from tests.tools import FOLDER, KUBECTL

URL = "https://github.com/argoproj/argocd-example-apps.git"
PREFIX = "example."
HELM = {"blue-green", "helm-guestbook"}
KUSTOMIZE = {"kustomize-guestbook", "pre-post-sync", "sock-shop"}
JSONNET = {"jsonnet-guestbook", "jsonnet-guestbook-tla"}
PLAIN = {"guestbook", "helm-hooks", "sync-waves"}
UNRENDERED = "helm-dependency"
EVALUATE_JSONNET = (
    "import sys, _gojsonnet as g, os; os.chdir(sys.argv[1]); "
    "print(g.evaluate_snippet(sys.argv[2], open(sys.argv[2]).read(), "
    "import_callback=lambda d, n: (d + n, open(d + n, 'rb').read())))"
)
_HOOKS = ("argocd.argoproj.io/hook", "helm.sh/hook")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path, help="a local clone of argoproj/argocd-example-apps")
    checkout = parser.parse_args().checkout.resolve()
    os.environ["PATH"] = os.pathsep.join([str(FOLDER), os.environ.get("PATH", "")])
    with tempfile.TemporaryDirectory() as folder, ApiServer() as server:
        wrong = _Trial(server, Path(folder), checkout).run()
    print("\n".join(["", *(f"OFF: {line}" for line in wrong)]) if wrong else "\nnothing is off")
    return int(bool(wrong))


class _Trial:
    def __init__(self, server: ApiServer, folder: Path, checkout: Path) -> None:
        self.folder, self.checkout, self.wrong = folder, checkout, list[str]()
        self.kubeconfig = server.write_kubeconfig(folder / "kubeconfig")
        self.rendered = {
            name: list(_by_its_tool(checkout, name)) for name in sorted(HELM | KUSTOMIZE | JSONNET | PLAIN)
        }
        source = {"name": "fleet", "repo": str(checkout), "argocd": {"path": "apps", "cluster": "real"}}
        clusters = {"real": {"kubeconfig": "kubeconfig"}}
        config = {"version": 1, "clusters": clusters, "sources": [source]}
        (folder / "gitops-audit.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")

    def run(self) -> list[str]:
        self._equal()
        self._deploy()
        report = self._check("right after deployment")
        self._fresh(report)
        changes = self._changes()
        for change in changes:
            self._must(*change.command())
        self._changed(changes, self._check("after the changes by hand"))
        return self.wrong

    def _equal(self) -> None:
        """What the audit renders of each Application against what its tool prints."""
        print("| Application | objects by its tool | equal |\n|---|---:|---:|")
        for name, bodies in self.rendered.items():
            words = [sys.executable, "-m", "gitops_audit", "render", "-o", "json", "--source", f"fleet.{PREFIX}{name}"]
            code, output, problem = run_program(words, cwd=self.folder)
            own = {_identity(body): body for body in json.loads(output or "[]")}
            same = sum(own.get(_identity(body)) == body for body in bodies)
            print(f"| {name} | {len(bodies)} | {same} |")
            if code or same != len(bodies) or len(own) != len(bodies):
                self.wrong.append(f"{name}: {len(own)} objects of {len(bodies)}, {same} equal: {problem[:300]}")

    def _deploy(self) -> None:
        """The definitions and namespaces first; then everything that is no hook, as Argo CD leaves it."""
        code, output, problem = run_program(["helm", "template", "apps", str(self.checkout / "apps")])
        applications = list(yaml.safe_load_all(output))
        if code:
            raise SystemExit(problem)
        rollout: JsonObject = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"}
        crds = [engines.definition(applications[0], "applications"), engines.definition(rollout, "rollouts")]
        namespaces = [_namespace(name) for name in ("argocd", UNRENDERED, *self.rendered)]
        self._apply([*crds, *namespaces], "default")
        for crd in crds:
            self._must("wait", "--for=condition=Established", f"crd/{crd['metadata']['name']}", "--timeout=30s")
        self._apply(applications, "argocd")
        for name, bodies in self.rendered.items():
            self._apply([body for body in bodies if not _is_hook(body)], name)

    def _apply(self, bodies: Sequence[JsonObject], namespace: str) -> None:
        options = ["--server-side", "--field-manager=argocd-controller", "--namespace", namespace, "-f", "-"]
        self._must("apply", *options, stdin=yaml.safe_dump_all(bodies))

    def _fresh(self, report: JsonObject) -> None:
        failed = [r["id"] for r in report["resources"] if r["outcome"] in ("failed", "error")]
        if failed != [f"real/fleet.{PREFIX}{UNRENDERED}/File/{UNRENDERED}/Chart.yaml"]:
            self.wrong.append(f"right after deployment: {failed}")
        notes = [note for note in report["notes"] if "not rendered" in note]
        if len(notes) != 1 or not notes[0].startswith("3 Applications"):
            self.wrong.append(f"not told: {report['notes']}")

    def _changes(self) -> list[HandChange]:
        placed = [
            body | {"metadata": {"namespace": name} | body["metadata"]}
            for name, bodies in self.rendered.items()
            for body in bodies
            if not _is_hook(body)
        ]
        return choose(placed)

    def _changed(self, changes: Sequence[HandChange], report: JsonObject) -> None:
        print("\n| change | object | expected | found |\n|---|---|---|---|")
        for change in changes:
            resource = next((r for r in report["resources"] if change.is_of(r)), None)
            is_right = resource is not None and resource["outcome"] == "failed" and agrees(change, resource)
            said = "as expected" if is_right else f"**{found_words(resource) if resource else 'not there'}**"
            print(f"| {change.edit.title} | {change.namespace}/{change.name} | {expected(change)} | {said} |")
            if not is_right:
                self.wrong.append(f"{change.edit.title} {change.name}: {said}")
        others = [
            r["id"]
            for r in report["resources"]
            if r["outcome"] in ("failed", "error")
            and UNRENDERED not in r["id"]
            and not any(c.is_of(r) for c in changes)
        ]
        if others:
            self.wrong.append(f"not changed, and yet failed: {others}")

    def _check(self, when: str) -> JsonObject:
        started = time.monotonic()
        words = [sys.executable, "-m", "gitops_audit", "check", "-q", "--json", "-"]
        code, output, problem = run_program(words, cwd=self.folder)
        if not output:
            raise SystemExit(problem)
        report: JsonObject = json.loads(output)
        counts = {key: report["summary"][key] for key in ("resources", "passed", "failed", "errors", "skipped")}
        print(f"\n{when}: {counts}, exit code {code}, {time.monotonic() - started:.1f} s")
        return report

    def _must(self, *words: str, stdin: str = "") -> str:
        code, output, problem = run_program([str(KUBECTL), "--kubeconfig", str(self.kubeconfig), *words], stdin=stdin)
        if code:
            raise SystemExit(f"kubectl {' '.join(words)[:300]}:\n{problem}")
        return output


def _by_its_tool(checkout: Path, name: str) -> Iterator[JsonObject]:
    folder = checkout / name
    if name in HELM:
        text = _output(["helm", "template", name, str(folder), "--namespace", name, "--include-crds"])
    elif name in KUSTOMIZE:
        text = _output(["kustomize", "build", str(folder)])
    elif name in JSONNET:
        text = _output([sys.executable, "-c", EVALUATE_JSONNET, str(folder), "guestbook-ui.jsonnet"])
    else:
        text = "\n---\n".join(file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.yaml")))
    for document in yaml.safe_load_all(text):
        yield from document if isinstance(document, list) else [document] if document else []


def _output(words: Sequence[str]) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def _identity(body: JsonObject) -> tuple[Any, ...]:
    metadata = body["metadata"]
    return (
        body["apiVersion"],
        body["kind"],
        metadata.get("namespace"),
        metadata.get("name"),
        metadata.get("generateName"),
    )


def _is_hook(body: JsonObject) -> bool:
    annotations = body["metadata"].get("annotations") or {}
    return any(key in annotations for key in _HOOKS) or "name" not in body["metadata"]


def _namespace(name: str) -> JsonObject:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


if __name__ == "__main__":
    sys.exit(main())
