"""`python -m bench.to_git CHECKOUT PATH`: changes made by hand on a real API server, taken over into Git.

Deploys PATH of a copy of a local clone, changes objects by hand (bench/hand_changes.py), and lets
`gitops-audit remediate plan --to git --branch live` commit the live values. Then, by other means than its own:

- kubectl reads the manifests of the branch, and `kubectl diff --server-side` must find nothing to change;
- an audit of the branch must find in sync what was taken over, and nothing else may have moved;
- each hunk of `git diff` is taken back alone, and each time the audit must find drift again: all lines had to change.

Prints Markdown; the exit code is 1 where anything is off.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import yaml

from bench.hand_changes import ROTATED, HandChange, JsonObject, choose
from bench.public_repo import METHODS, Tally, Target, Trial, run_program
from tests.e2e.apiserver import ApiServer

_WHO = ("-c", "user.name=bench", "-c", "user.email=bench@example.com")
_DEPLOYER = ("--server-side", "--force-conflicts", "--field-manager=kustomize-controller")


class GitTrial(Trial):
    """One server, deployed to by one method, and the clone that takes its changes over."""

    def run(self) -> None:
        self._read_the_work_tree()
        self.deploy()
        changes = choose(self.declared())
        for change in changes:
            self.must(*change.command())
        plan = self._planned()
        before = self._git("rev-parse", "HEAD").strip()
        self._git("checkout", "--quiet", "live")
        self._told(changes, plan)
        self._beside_kubectl(changes, plan)
        self._audited(changes, plan)
        self._needed(before)

    def _read_the_work_tree(self) -> None:
        """A second configuration, for hunks that are taken back without a commit."""
        admin, other = self.folder / "admin", self.folder / "worktree"
        other.mkdir()
        (other / "kubeconfig").write_text((admin / "kubeconfig").read_text(encoding="utf-8"), encoding="utf-8")
        document = yaml.safe_load((admin / "gitops-audit.yaml").read_text(encoding="utf-8"))
        document["sources"][0]["revision"] = "worktree"
        (other / "gitops-audit.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")

    def _planned(self) -> JsonObject:
        words = ["remediate", "plan", "--to", "git", "--branch", "live", "--quiet", "--json"]
        code, output, problem = run_program([sys.executable, "-m", "gitops_audit", *words], cwd=self.folder / "admin")
        if code not in (0, 1) or not output:
            raise SystemExit(f"remediate plan ended with {code}:\n{output[-3000:]}{problem}")
        self.tally.check(ROTATED not in output + problem, f"{self.method}: the plan holds a Secret's value")
        found: JsonObject = json.loads(output)
        return found

    def _told(self, changes: Sequence[HandChange], plan: JsonObject) -> None:
        rows = ["| change | object | in Git |", "|---|---|---|"]
        for change in changes:
            reasons = [r["reason"] for r in _of(change, plan["refused"], "resource")]
            is_taken = bool(_of(change, plan["actions"], "id"))
            self.tally.check(is_taken or bool(reasons), f"{self.method}: nothing is told of {change.name}")
            told = "; ".join(["taken over"] * is_taken + [f"refused: {reason}" for reason in reasons])
            rows.append(f"| {change.edit.title} | {change.name} | {told} |")
        self.tally.lines += [f"\n{self.method} apply: {len(plan['actions'])} of {len(changes)} objects\n", *rows]

    def _beside_kubectl(self, changes: Sequence[HandChange], plan: JsonObject) -> None:
        taken = [c for c in changes if _of(c, plan["actions"], "id") and not _of(c, plan["refused"], "resource")]
        wanted = {(c.body["kind"], c.body["metadata"]["name"], c.namespace) for c in taken}
        for body in self.declared():
            place = body["metadata"].get("namespace") or "default"
            if (body["kind"], body["metadata"]["name"], place) in wanted:
                code, output, problem = self.kubectl_words("diff", *_DEPLOYER, "-f", "-", stdin=json.dumps(body))
                name = f"{body['kind']}/{body['metadata']['name']}"
                self.tally.check(code == 0, f"{self.method}: kubectl would change {name}: {output[-600:]}{problem}")
        self.tally.lines.append(f"\n`kubectl diff` of the {len(taken)} objects from the branch: nothing to change\n")

    def _audited(self, changes: Sequence[HandChange], plan: JsonObject) -> None:
        _, report, _ = self.check("admin")
        off = {r["id"] for r in report["resources"] if r["outcome"] != "passed"}
        refused = {r["resource"] for r in plan["refused"]}
        self.tally.check(off == refused, f"{self.method}: after the commit off, and not refused: {off ^ refused}")
        self.tally.lines.append(f"audit of the branch: {len(off)} of {len(report['resources'])} off, all refused\n")

    def _needed(self, before: str) -> None:
        """Every hunk is taken back alone."""
        lines = self._git("diff", "--numstat", before, "live").splitlines()
        added, removed = (sum(int(line.split("\t")[column]) for line in lines) for column in (0, 1))
        hunks = list(_hunks(self._git("diff", "--unified=0", before, "live")))
        for hunk in hunks:
            self._apply(hunk, "--reverse")
            code, _, _ = self.check("worktree")
            self._apply(hunk)
            self.tally.check(code != 0, f"{self.method}: not needed:\n{hunk}")
        told = f"{len(lines)} files, {added} lines added, {removed} removed, in {len(hunks)} hunks; each of them needed"
        self.tally.lines.append(f"`git diff`: {told}\n")

    def _apply(self, hunk: str, *options: str) -> None:
        words = ["git", "-C", str(self.target.checkout), "apply", "--unidiff-zero", *options, "-"]
        code, _, problem = run_program(words, stdin=hunk)
        if code:
            raise SystemExit(f"git apply: {problem}")

    def _git(self, *words: str) -> str:
        code, output, problem = run_program(["git", "-C", str(self.target.checkout), *_WHO, *words])
        if code:
            raise SystemExit(f"git {words[0]}: {problem}")
        return output


def _of(change: HandChange, entries: Sequence[JsonObject], key: str) -> list[JsonObject]:
    """What a plan has of a changed object."""
    kind, name = change.body["kind"], change.body["metadata"]["name"]
    group = change.body["apiVersion"].rpartition("/")[0]
    title = f"/{kind}.{group}/" if group else f"/{kind}/"
    ends = (f"/{change.namespace}/{name}", f"{title}{name}")
    return [entry for entry in entries if title in entry[key] and entry[key].endswith(ends)]


def _hunks(text: str) -> Iterator[str]:
    """Each hunk of a difference as one of its own. A new file goes as a whole."""
    for file in re.split(r"^(?=diff --git )", text, flags=re.MULTILINE):
        head, *hunks = re.split(r"^(?=@@ )", file, flags=re.MULTILINE)
        if "new file mode" not in head:
            yield from (head + hunk for hunk in hunks)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.to_git", description=__doc__)
    parser.add_argument("checkout", type=Path, help="a local clone; it is copied, and not changed")
    parser.add_argument("path", help="the directory to deploy and to audit")
    parser.add_argument("--source-type", default="auto", choices=("auto", "directory", "kustomize"))
    parser.add_argument("--first", default="", help="a directory of PATH to apply before: definitions, namespaces")
    parser.add_argument("--method", action="append", choices=tuple(METHODS), help="of deployment (default: all)")
    parser.add_argument("--exclude", action="append", default=[], metavar="GLOB", help="files to leave out")
    chosen = parser.parse_args()
    target = Target(chosen.checkout.resolve(), chosen.path, chosen.source_type, chosen.first, tuple(chosen.exclude))
    tally = Tally([f"commit {target.commit}, path {target.path}"])
    for method in chosen.method or METHODS:
        with ApiServer() as server, tempfile.TemporaryDirectory(prefix="to-git-") as folder:
            copy = Path(folder) / "clone"
            run_program(["git", "clone", "--quiet", str(target.checkout), str(copy)])
            run_program(["git", "-C", str(copy), "config", "user.name", "bench"])
            run_program(["git", "-C", str(copy), "config", "user.email", "bench@example.com"])
            GitTrial(server, Path(folder), replace(target, checkout=copy), method, tally).run()
    print("\n".join(tally.lines), f"\n{len(tally.wrong)} off")
    print("\n".join(f"- {line}" for line in tally.wrong))
    return int(bool(tally.wrong))


if __name__ == "__main__":
    sys.exit(main())
