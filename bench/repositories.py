"""`python -m bench.repositories CHECKOUT...`: public repositories, from `config init` to hand-made changes.

For each local clone, `config init` alone writes the configuration. The objects of every source that it comes to are
made by the tools themselves (kubectl's kustomize, helm, gojsonnet, the files as they stand): what the audit renders
must be the same, object by object. They are applied to a fresh API server under the field manager of what deploys them,
and then nothing may fail but what the server would not take. Objects are changed by hand (bench/hand_changes.py): each
change must be found, and nothing else may fail. Kinds that the server does not know get a definition that takes
anything. Prints a Markdown table; the exit code is 1 where anything is off.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from bench import flux
from bench.argocd_examples import EVALUATE_JSONNET
from bench.hand_changes import HandChange, JsonObject, choose
from bench.public_repo import agrees, expected, found_words, run_program
from gitops_audit.config.load import load
from gitops_audit.config.settings import SourceConfig
from gitops_audit.engine.audit import Audit
from gitops_audit.engine.gather.sources import ReadSource
from gitops_audit.manifest import file as manifest
from gitops_audit.render.globs import matcher
from tests import engines
from tests.e2e.apiserver import ApiServer
from tests.tools import FOLDER, HELM, KUBECTL

_TITLES = "repository | sources | as the tools have them | declared | covered | cold | warm | wrong | changes found"
HEAD = f"| {_TITLES} |\n|---" + "|---" * 8 + "|"
_MANAGERS = {"argocd": "argocd-controller", "flux": "kustomize-controller"}
_HOOKS = ("argocd.argoproj.io/hook", "helm.sh/hook")
_COVERED = re.compile(r"an audit would look at (\d+) of (\d+) declared objects \(([\d.]+) %\)")
_ATTEMPTS = 5
# Nobody answers for a webhook here: what it would be asked of is there before. Definitions went first.
_WAVES = ({"Namespace"}, set[str](), {"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"})


@dataclass(slots=True)
class Trial:
    """One repository on one server. `refused` are the objects that the server would not take."""

    root: Path
    kubeconfig: Path
    off: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    def run(self, name: str, commit: str) -> str:
        """A line of the table."""
        self._said("config", "init")
        objects = self._declared()
        same = self._same(objects)
        self._deploy(objects)
        doctor = _COVERED.search(self._said("doctor", may_fail=True))
        covered = f"{doctor[1]} ({doctor[3]} %)" if doctor else "-"
        declared = doctor[2] if doctor else "-"
        with tempfile.TemporaryDirectory() as cache:
            cold, report = self._check(cache)
            self._fresh(report)
            warm, _ = self._check(cache)
        placed = [body for source, bodies in objects for body in self._placed(source, bodies)]
        changes = choose([body for body in placed if not self._is_refused(body)])
        changes = [change for change in changes if self._is_changed(change)]
        _, after = self._check()
        found = sum(self._changed(change, after) for change in changes)
        self._others(changes, report, after)
        sources = len(report["sources"])
        times = f"{cold:.1f} s | {warm:.1f} s"
        wrong = len(self.off)
        cells = f"{sources} | {same} | {declared} | {covered} | {times} | {wrong} | {found} of {len(changes)}"
        return f"| {name} {commit[:10]} | {cells} |"

    def _is_changed(self, change: HandChange) -> bool:
        """Nobody answers for a webhook here: what would be asked for leave cannot be changed."""
        code, _, problem = self._kubectl_words(*change.command())
        if code and "failed calling webhook" not in problem:
            raise SystemExit(f"kubectl {' '.join(change.command())}:\n{problem}")
        return code == 0

    def _declared(self) -> list[tuple[ReadSource, list[JsonObject]]]:
        """The objects of each source, by its own tool, each in its namespace."""
        audit = Audit(load(self.root / "gitops-audit.yaml"))
        try:
            audit.prepare()
            specs = flux.specs(audit.sources)
            return [(s, list(self._made(s, specs))) for s in audit.sources if s.error is None]
        finally:
            audit.close()

    def _same(self, objects: Sequence[tuple[ReadSource, list[JsonObject]]]) -> str:
        """How many objects the audit renders as the tools do. What comes out otherwise each time is counted apart."""
        same, made, varying = 0, 0, 0
        for source, bodies in objects:
            rendered = next(iter(source.by_cluster.values()), source).rendered.manifests
            theirs, own = _texts(bodies), _texts(m.body for m in rendered if not m.varying)
            same, made = same + (theirs & own).total(), made + theirs.total()
            chance = len(rendered) - own.total()
            varying += chance
            if (own - theirs) or (theirs - own).total() != chance:
                first = next(iter((theirs - own) | (own - theirs)))[:200]
                self.off.append(f"source {source.config.name}: not as its tool renders it: {first}")
        return f"{same} of {made}" + (f", {varying} by chance" if varying else "")

    def _made(self, source: ReadSource, specs: dict[str, JsonObject]) -> Sequence[JsonObject]:
        """`git worktree` of the source's revision holds what its tool is given."""
        config, opened = source.config, source.checkout
        if opened is None or not source.rendered.manifests:
            return ()
        with tempfile.TemporaryDirectory() as folder:
            tree = Path(folder, "tree")
            _git(self.root, "worktree", "add", "--quiet", "--detach", "--no-checkout", str(tree), opened.commit)
            _check_out(tree, config.path)
            try:
                if _engine(source) == "flux" and source.rendered.type == "kustomize":
                    spec = specs.get(f"flux.{config.name.partition('.')[2]}", {})
                    return flux.built(tree, spec | {"path": config.path})
                if source.rendered.type == "kustomize":
                    return _objects(_output([str(KUBECTL), "kustomize", str(tree / config.path)]))
                if source.rendered.type == "helm":
                    return _objects(_output([*self._helm(source), str(tree / config.path)]))
                return [body for file in _files(tree, config) for body in _read(file)]
            finally:
                _git(self.root, "worktree", "remove", "--force", str(tree))

    @staticmethod
    def _helm(source: ReadSource) -> Iterator[str]:
        config = source.config
        yield from (str(HELM), "template", config.helm.release_name or config.name, "--include-crds")
        yield from ("--namespace", config.helm.namespace or config.namespace or "default")
        for parameter in config.helm.parameters:
            yield from ("--set", f"{parameter.name}={parameter.value}")

    @staticmethod
    def _placed(source: ReadSource, bodies: Iterable[JsonObject]) -> Iterator[JsonObject]:
        namespace = source.config.namespace or "default"
        yield from (body | {"metadata": {"namespace": namespace} | body["metadata"]} for body in bodies)

    def _deploy(self, objects: Sequence[tuple[ReadSource, list[JsonObject]]]) -> None:
        """Definitions and namespaces first; hooks and what only has `generateName` not at all."""
        bodies = [body for _, found in objects for body in found]
        definitions = [body for body in bodies if body["kind"] == "CustomResourceDefinition"]
        self._apply(definitions, "kubectl", "default")
        served = self._served() | {(d["spec"]["group"], d["spec"]["names"]["kind"]) for d in definitions}
        unknown = {(b["apiVersion"], b["kind"]): b for b in bodies if _kind(b) not in served and "/" in b["apiVersion"]}
        self._apply([_anything(body) for body in unknown.values()], "bench", "default")
        names = {body["metadata"]["namespace"] for source, found in objects for body in self._placed(source, found)}
        declared = {body["metadata"]["name"] for body in bodies if body["kind"] == "Namespace"}
        self._apply([_namespace(name) for name in sorted(names - declared - {"default"})], "bench", "default")
        waves = [[(s, [b for b in found if _wave(b) == wave]) for s, found in objects] for wave in range(len(_WAVES))]
        for source, found in chain.from_iterable(waves):
            manager = _MANAGERS.get(_engine(source), "helm" if source.rendered.type == "helm" else "")
            self._apply(
                [body for body in found if not (_is_hook(body) or body in definitions)],
                manager,
                source.config.namespace or "default",
            )

    def _apply(self, bodies: Sequence[JsonObject], manager: str, namespace: str) -> None:
        """Client-side where no manager is named. What is refused for good is noted."""
        way = ["--server-side", "--force-conflicts", f"--field-manager={manager}"] if manager else []
        words = ["apply", *way, "-f", "-"]
        if unplaced := [body for body in bodies if not body["metadata"].get("namespace")]:
            self._apply_together(unplaced, [*words, "--namespace", namespace])
        self._apply_together([body for body in bodies if body["metadata"].get("namespace")], words)

    def _apply_together(self, bodies: Sequence[JsonObject], words: Sequence[str]) -> None:
        if not bodies or self._kubectl_words(*words, stdin=_list(bodies))[0] == 0:
            return
        for body in bodies:
            code, _, problem = self._kubectl_words(*words, stdin=json.dumps(body))
            for _ in range(_ATTEMPTS):
                if code == 0 or "no matches" not in problem:  # a definition is served a moment later
                    break
                time.sleep(1)
                code, _, problem = self._kubectl_words(*words, stdin=json.dumps(body))
            if code:
                self.refused[_name(body)] = problem.strip().splitlines()[-1]

    def _served(self) -> set[tuple[str, str]]:
        text = self._kubectl("api-resources", "--no-headers")
        found = set()
        for line in text.splitlines():
            *_, version, _, kind = line.split()
            found.add((version.rpartition("/")[0], kind))
        return found

    def _fresh(self, report: JsonObject) -> None:
        for resource in report["resources"]:
            if resource["outcome"] in ("failed", "error") and not self._is_expected(resource):
                self.off.append(f"right after deployment: {resource['id']}: {found_words(resource)}")

    def _is_expected(self, resource: JsonObject) -> bool:
        """What no deployment made: an object that the server refused, a file or source that cannot be rendered, an
        engine that nobody runs here."""
        if f"{resource['kind']}/{resource['name']}" in self.refused or resource["kind"] in ("File", "Source"):
            return True
        others = resource["policies"] or resource["invalid"] or resource["errors"]
        return bool(resource["engine"]) and not others and (resource["drift"] or {}).get("status") == "in-sync"

    def _is_refused(self, body: JsonObject) -> bool:
        return _name(body) in self.refused or _is_hook(body)

    def _changed(self, change: HandChange, report: JsonObject) -> bool:
        resource = next((r for r in report["resources"] if change.is_of(r)), None)
        is_right = resource is not None and resource["outcome"] == "failed" and agrees(change, resource)
        if not is_right:
            said = found_words(resource) if resource else "not there"
            self.off.append(f"{change.edit.title} {change.name}: expected {expected(change)}, found {said}")
        return is_right

    def _others(self, changes: Sequence[HandChange], before: JsonObject, after: JsonObject) -> None:
        known = {r["id"] for r in before["resources"] if r["outcome"] in ("failed", "error")}
        for resource in after["resources"]:
            is_new = resource["outcome"] in ("failed", "error") and resource["id"] not in known
            if is_new and not any(change.is_of(resource) for change in changes):
                self.off.append(f"not changed, and yet failed: {resource['id']}: {found_words(resource)}")

    def _check(self, cache: str | None = None) -> tuple[float, JsonObject]:
        """Seconds and report; with a cache of its own where one is named."""
        started = time.monotonic()
        where = [f"XDG_CACHE_HOME={cache}"] if cache else []
        text = self._said("check", "-q", "--json", "-", may_fail=True, environment=where)
        return time.monotonic() - started, json.loads(text)

    def _said(self, *words: str, may_fail: bool = False, environment: Sequence[str] = ()) -> str:
        words_of = ["env", f"KUBECONFIG={self.kubeconfig}", *environment, sys.executable, "-m", "gitops_audit", *words]
        code, output, problem = run_program(words_of, cwd=self.root)
        if code and not may_fail:
            raise SystemExit(f"gitops-audit {' '.join(words)}:\n{problem}")
        return output

    def _kubectl(self, *words: str) -> str:
        code, output, problem = self._kubectl_words(*words)
        if code:
            raise SystemExit(f"kubectl {' '.join(words)[:300]}:\n{problem}")
        return output

    def _kubectl_words(self, *words: str, stdin: str = "") -> tuple[int, str, str]:
        return run_program([str(KUBECTL), "--kubeconfig", str(self.kubeconfig), *words], stdin=stdin)


def _engine(source: ReadSource) -> str:
    if source.config.followed_from.startswith("Application") or source.config.argocd:
        return "argocd"
    return "flux" if source.config.followed_from or source.config.flux else ""


def _wave(body: JsonObject) -> int:
    return next((number for number, kinds in enumerate(_WAVES) if body["kind"] in kinds), 1)


def _list(bodies: Sequence[JsonObject]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(bodies)})


def _objects(text: str) -> list[JsonObject]:
    return [m.body for m in manifest.load(text.encode(), "by-its-tool.yaml").manifests]


def _files(tree: Path, config: SourceConfig) -> list[Path]:
    """The manifests of a directory as kubectl lists them; Argo CD takes Jsonnet, too, and what lies deeper if asked."""
    folder, options = tree / config.path, config.directory
    found = folder.rglob("*") if options is None or options.recurse else folder.iterdir()
    suffixes = {".yaml", ".yml", ".json", *(() if options is None else (".jsonnet",))}
    is_left_out = matcher(config.exclude)
    files = sorted(file for file in found if file.suffix in suffixes and file.is_file())
    return [file for file in files if not is_left_out(file.relative_to(folder).as_posix())]


def _read(file: Path) -> list[JsonObject]:
    if file.suffix == ".jsonnet":
        made = json.loads(_output([sys.executable, "-c", EVALUATE_JSONNET, str(file.parent), file.name]))
        return made if isinstance(made, list) else [made]
    return _objects(file.read_text(encoding="utf-8"))


def _texts(bodies: Iterable[JsonObject]) -> Counter[str]:
    return Counter(json.dumps(body, sort_keys=True) for body in bodies)


def _output(words: Sequence[str]) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def _git(root: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True)


def _check_out(tree: Path, path: str) -> None:
    """All files; of a clone that lacks some of them (of other folders), those of a path."""
    if subprocess.run(
        ["git", "-C", str(tree), "checkout", "HEAD", "--", "."], check=False, capture_output=True
    ).returncode:
        _git(tree, "checkout", "HEAD", "--", path)


def _kind(body: JsonObject) -> tuple[str, str]:
    return body["apiVersion"].rpartition("/")[0], body["kind"]


def _name(body: JsonObject) -> str:
    return f"{body['kind']}/{body['metadata'].get('name', '')}"


def _is_hook(body: JsonObject) -> bool:
    annotations = body["metadata"].get("annotations") or {}
    return any(key in annotations for key in _HOOKS) or "name" not in body["metadata"]


def _anything(body: JsonObject) -> JsonObject:
    kind = body["kind"]
    made = engines.definition(body, f"{kind.lower()}s")
    scope = "Cluster" if kind.startswith("Cluster") or kind.endswith("Class") else "Namespaced"
    approved = {"api-approved.kubernetes.io": "unapproved, for a benchmark"}
    return made | {"metadata": made["metadata"] | {"annotations": approved}, "spec": made["spec"] | {"scope": scope}}


def _namespace(name: str) -> JsonObject:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.repositories", description=__doc__)
    parser.add_argument("checkouts", type=Path, nargs="+", help="local clones, unchanged")
    os.environ["PATH"] = os.pathsep.join([str(FOLDER), os.environ.get("PATH", "")])
    off: list[str] = []
    print(HEAD)
    for checkout in parser.parse_args().checkouts:
        with tempfile.TemporaryDirectory() as folder, ApiServer() as server:
            root = Path(folder, checkout.name)
            shutil.copytree(checkout, root, symlinks=True)
            (root / "gitops-audit.yaml").unlink(missing_ok=True)
            trial = Trial(root, server.write_kubeconfig(Path(folder, "kubeconfig")))
            commit = _output(["git", "-C", str(root), "rev-parse", "HEAD"])
            print(trial.run(checkout.name, commit), flush=True)
            off += (f"{checkout.name}: {line}" for line in trial.off)
            for name, why in trial.refused.items():
                print(f"<!-- the server does not take {name}: {why} -->")
    print("\n".join(f"OFF: {line}" for line in off) or "nothing is off")
    return int(bool(off))


if __name__ == "__main__":
    sys.exit(main())
