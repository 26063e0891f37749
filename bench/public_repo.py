"""`python -m bench.public_repo CHECKOUT PATH`: the audit of a real repository on a real API server, against the truth.

Deploys PATH of a local clone by client-side and by server-side apply, each to a fresh server, and audits it through
`gitops-audit check` and through pytest, as administrator and as a user who may only read: everything must pass. Then
changes objects by hand (bench/hand_changes.py) and audits again: each change must be found with its fields and both
values, and nothing else may fail. Prints Markdown tables; the exit code is 1 where anything is off.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import yaml

from bench.hand_changes import DIGEST, ROTATED, Field, HandChange, JsonObject, choose
from tests.e2e.apiserver import ApiServer
from tests.e2e.truth_table import READ_ONLY
from tests.tools import KUBECTL

METHODS: Mapping[str, Sequence[str]] = {
    "client-side": ("apply",),
    "server-side": ("apply", "--server-side", "--field-manager=kustomize-controller"),
}
USERS = ("admin", "reader")
LEAST_CHANGES = 10
_BINDING = "create clusterrolebinding truth-reader --clusterrole=truth-reader --user=reader"
# Custom resources can be sent once their definitions are served: seconds after these were applied.
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Target:
    """What is deployed and audited: `first` (definitions, namespaces) is always applied server-side, and before."""

    checkout: Path
    path: str
    type: str
    first: str
    exclude: Sequence[str]

    @property
    def commit(self) -> str:
        return run_program(["git", "-C", str(self.checkout), "rev-parse", "HEAD"])[1].strip()

    def inputs(self) -> list[str]:
        """kubectl's arguments that name the manifests."""
        folder = self.checkout / self.path
        if (folder / "kustomization.yaml").exists() and self.type != "directory":
            return ["-k", str(folder)]
        return [word for file in self._files(folder) for word in ("-f", str(file))]

    def _files(self, folder: Path) -> Iterator[Path]:
        before = self.checkout / self.first if self.first else None
        for file in sorted(f for f in folder.rglob("*") if f.suffix in (".yaml", ".yml", ".json")):
            is_excluded = any(file.relative_to(self.checkout).match(glob) for glob in self.exclude)
            if not is_excluded and (before is None or before not in file.parents):
                yield file


@dataclass(slots=True)
class Tally:
    """What came out: lines of Markdown, and what is off."""

    lines: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def check(self, is_right: bool, what: str) -> None:
        if not is_right:
            self.wrong.append(what)


class Trial:
    """One server, deployed to by one method."""

    def __init__(self, server: ApiServer, folder: Path, target: Target, method: str, tally: Tally) -> None:
        self.server, self.folder, self.target, self.method, self.tally = server, folder, target, method, tally
        self.kubectl = str(KUBECTL)
        for user in USERS:
            (folder / user).mkdir()
            server.write_kubeconfig(folder / user / "kubeconfig", user)
            (folder / user / "gitops-audit.yaml").write_text(self._config(), encoding="utf-8")

    def run(self) -> None:
        self.deploy()
        objects = self.declared()
        kinds = {body["kind"] for body in objects}
        self.tally.lines.append(f"\n{self.method} apply: {len(objects)} objects of {len(kinds)} kinds\n")
        self._fresh(len(objects))
        changes = choose(objects)
        self.tally.check(len(changes) >= LEAST_CHANGES, f"only {len(changes)} changes are possible")
        for change in changes:
            self.must(*change.command())
        self._changed(changes)

    def _config(self) -> str:
        target = self.target
        source: JsonObject = {"name": "public", "repo": str(target.checkout), "path": target.path, "type": target.type}
        source |= {"namespace": "default"} | ({"exclude": list(target.exclude)} if target.exclude else {})
        return yaml.safe_dump({"version": 1, "clusters": {"real": {"kubeconfig": "kubeconfig"}}, "sources": [source]})

    def deploy(self) -> None:
        """Sends what is to be audited."""
        self.must("apply", "-f", "-", stdin=json.dumps(READ_ONLY))
        self.must(*_BINDING.split())
        if self.target.first:
            self.must("apply", "--server-side", "-R", "-f", str(self.target.checkout / self.target.first))
        for _ in range(_ATTEMPTS):
            code, _, problem = self.kubectl_words(*METHODS[self.method], *self.target.inputs())
            if code == 0:
                return
        raise SystemExit(f"kubectl could not deploy {self.target.path}:\n{problem}")

    def declared(self) -> list[JsonObject]:
        """What the manifests say, as kubectl reads them."""
        first = str(self.target.checkout / self.target.first)
        inputs = [["-R", "-f", first]] * bool(self.target.first) + [self.target.inputs()]
        return [body for words in inputs for body in self._read(words)]

    def _read(self, words: Sequence[str]) -> list[JsonObject]:
        text = self.must("create", "--dry-run=client", "--validate=false", "-o", "json", *words)
        return [body for document in _documents(text) for body in document.get("items", [document])]

    def _fresh(self, count: int) -> None:
        rows = [
            "| right after deployment | resources | passed | failed | errors | exit code |",
            "|---|---:|---:|---:|---:|---:|",
        ]
        for user in USERS:
            code, report, _ = self.check(user)
            rows.append(self._fresh_row(f"check, {user}", code, report, count))
            code, report, cases = self._pytest(user)
            rows.append(self._fresh_row(f"pytest, {user}", code, report, count))
            self.tally.check(cases.get("tests") == count, f"pytest ran {cases} for {count} objects")
        self.tally.lines += [*rows, ""]

    def _fresh_row(self, who: str, code: int, report: JsonObject, count: int) -> str:
        found = report["summary"]
        numbers = [found[key] for key in ("resources", "passed", "failed", "errors")]
        is_right = numbers == [count, count, 0, 0] and code == 0
        self.tally.check(is_right, f"{self.method}, {who}, right after deployment: {found}{_gist(report)}")
        return f"| {who} | {' | '.join(map(str, numbers))} | {code} |"

    def _changed(self, changes: Sequence[HandChange]) -> None:
        found: dict[str, list[str]] = {}
        for user in USERS:
            code, report, output = self.check(user)
            self._judge(user, code, report, output, changes, found)
            code, report, cases = self._pytest(user)
            self._judge(f"{user}, pytest", code, report, json.dumps(report), changes, found)
            self.tally.check(cases.get("failures") == len(changes), f"pytest failed {cases}, not {len(changes)}")
        self.tally.lines += ["| change | kubectl | expected | found |", "|---|---|---|---|"]
        for change in changes:
            said = "; and ".join(dict.fromkeys(found[change.name]))
            self.tally.lines.append(f"| {change.edit.title} | {change.edit.kubectl[0]} | {expected(change)} | {said} |")

    def _judge(
        self,
        who: str,
        code: int,
        report: JsonObject,
        output: str,
        changes: Sequence[HandChange],
        found: dict[str, list[str]],
    ) -> None:
        self.tally.check(code == 1, f"{self.method}, {who}: exit code {code} after the changes")
        self.tally.check(ROTATED not in output, f"{self.method}, {who}: the report holds a Secret's value")
        others = [r for r in report["resources"] if r["outcome"] != "passed" and not any(c.is_of(r) for c in changes)]
        self.tally.check(not others, f"{self.method}, {who}: not changed, and yet {_gist({'resources': others})}")
        for change in changes:
            resource = next((r for r in report["resources"] if change.is_of(r)), None)
            is_right = resource is not None and resource["outcome"] == "failed" and agrees(change, resource)
            said = found_words(resource) if resource else "not there"
            self.tally.check(is_right, f"{self.method}, {who}: {change.edit.title} {change.name}: {said}")
            found.setdefault(change.name, []).append("as expected" if is_right else f"**{said}**")

    def check(self, user: str) -> tuple[int, JsonObject, str]:
        """Exit code, JSON report and all output of an audit."""
        words = [sys.executable, "-m", "gitops_audit", "check", "-q", "--json", "-"]
        code, output, problem = run_program(words, cwd=self.folder / user)
        if code not in (0, 1, 3) or not output:
            raise SystemExit(f"gitops-audit check ended with {code}:\n{problem}")
        return code, json.loads(output), output + problem

    def _pytest(self, user: str) -> tuple[int, JsonObject, dict[str, int]]:
        reports = ["--gitops-json=report.json", "--junitxml=junit.xml"]
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "gitops-audit.yaml", *reports]
        code = run_program(words, cwd=self.folder / user)[0]
        report = json.loads((self.folder / user / "report.json").read_text(encoding="utf-8"))
        suite = next(ET.parse(self.folder / user / "junit.xml").iter("testsuite"))  # noqa: S314 (pytest wrote it)
        return code, report, {key: int(suite.get(key, 0)) for key in ("tests", "failures", "errors")}

    def must(self, *words: str, stdin: str = "") -> str:
        """What kubectl prints; it must not fail."""
        code, output, problem = self.kubectl_words(*words, stdin=stdin)
        if code:
            raise SystemExit(f"kubectl {' '.join(words)[:300]}:\n{problem}")
        return output

    def kubectl_words(self, *words: str, stdin: str = "") -> tuple[int, str, str]:
        """kubectl's exit code, and what it prints to both streams."""
        kubeconfig = self.folder / "admin" / "kubeconfig"
        return run_program([self.kubectl, "--kubeconfig", str(kubeconfig), *words], stdin=stdin)


def run_program(words: Sequence[str], *, cwd: Path | None = None, stdin: str = "") -> tuple[int, str, str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTEST_ADDOPTS", "KUBECONFIG")}
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])
    done = subprocess.run(words, cwd=cwd, env=environment, input=stdin, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def _documents(text: str) -> Iterator[JsonObject]:
    """kubectl writes one JSON document per file, with nothing between."""
    decoder, at = json.JSONDecoder(), 0
    while at < len(text.rstrip()):
        document, end = decoder.raw_decode(text, at)
        yield document
        at = end + len(text[end:]) - len(text[end:].lstrip())


def agrees(change: HandChange, resource: JsonObject) -> bool:
    drift = resource["drift"]
    if not change.edit.fields:
        return bool(drift["status"] == "missing")
    found = sorted((Field(c["type"], c["path"], c["declared"], c["live"]) for c in drift["changes"]), key=_order)
    expected = sorted(change.edit.fields, key=_order)
    return len(found) == len(expected) and all(_same(w, f) for w, f in zip(expected, found, strict=True))


def _order(one: Field) -> tuple[str, str]:
    return one.path, one.type


def _same(wanted: Field, found: Field) -> bool:
    if wanted.declared == DIGEST:
        is_told_apart = found.declared != found.live and all("redacted" in v for v in (found.declared, found.live))
        return is_told_apart and _order(wanted) == _order(found)
    values = _within(wanted.declared, found.declared) and _within(wanted.live, found.live)
    return values and _order(wanted) == _order(found)


def _within(wanted: Any, found: Any) -> bool:
    """Of an added object the server fills the rest: what was asked for must be there."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(_within(value, found.get(key)) for key, value in wanted.items())
    return bool(wanted == found)


def expected(change: HandChange) -> str:
    return "; ".join(_shown(f.type, f.path, f.declared, f.live) for f in change.edit.fields) or "missing"


def found_words(resource: JsonObject) -> str:
    drift = resource["drift"] or {"status": "unknown", "changes": []}
    changes = [_shown(c["type"], c["path"], c["declared"], c["live"]) for c in drift["changes"]]
    problems = [e["message"] for e in resource["errors"]] + [i["message"] for i in resource["invalid"]]
    return "; ".join(changes + problems) or str(drift["status"])


def _shown(kind: str, path: str, declared: Any, live: Any) -> str:
    return f"{kind} `{path}`: {_short(declared)} -> {_short(live)}"


def _short(value: Any) -> str:
    text = "-" if value is None else json.dumps(value).replace("|", "\\|")
    return text if len(text) <= 60 else f"{text[:40]} ... ({len(text)} characters)"


def _gist(report: JsonObject) -> str:
    off = [r for r in report["resources"] if r["outcome"] != "passed"]
    return "".join(f"\n    {r['kind']}/{r['namespace']}/{r['name']} {r['outcome']}: {found_words(r)}" for r in off)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.public_repo", description=__doc__)
    parser.add_argument("checkout", type=Path, help="a local clone, PATH checked out and unchanged")
    parser.add_argument("path", help="the directory to deploy and to audit")
    parser.add_argument("--source-type", default="auto", choices=("auto", "directory", "kustomize"))
    parser.add_argument("--first", default="", help="a directory of PATH to apply before: definitions, namespaces")
    parser.add_argument(
        "--exclude", action="append", default=[], metavar="GLOB", help="files to leave out (repeatable)"
    )
    chosen = parser.parse_args()
    checkout = chosen.checkout.resolve()
    target = Target(checkout, chosen.path, chosen.source_type, chosen.first, tuple(chosen.exclude))
    tally = Tally([f"commit {target.commit}, path {target.path}"])
    for method in METHODS:
        with ApiServer() as server, tempfile.TemporaryDirectory(prefix="public-repo-") as folder:
            Trial(server, Path(folder), target, method, tally).run()
    print("\n".join(tally.lines), f"\n{len(tally.wrong)} off")
    print("\n".join(f"- {line}" for line in tally.wrong))
    return int(bool(tally.wrong))


if __name__ == "__main__":
    sys.exit(main())
