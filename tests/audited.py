"""A small repository, and what an audit in this process says of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitops_audit.config.load import load
from gitops_audit.engine.audit import Audit
from gitops_audit.engine.events import Finished, Judged
from gitops_audit.engine.options import RunOptions
from gitops_audit.model.finding import Drift, Finding, PolicyResult
from gitops_audit.model.verdict import Verdict

_IDENTITY = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(root), *_IDENTITY, *arguments], check=True, capture_output=True)


def repository(root: Path, files: Mapping[str, str]) -> Path:
    """A new repository with one commit of these files."""
    root.mkdir(parents=True, exist_ok=True)
    write(root, files)
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Declare")
    return root


@dataclass(frozen=True, slots=True)
class Audited:
    """One run: the verdicts by the id of their resource, and how it ended."""

    verdicts: Mapping[str, Verdict]
    finished: Finished

    @property
    def exit_code(self) -> int:
        return self.finished.summary.exit_code

    @property
    def outcomes(self) -> dict[str, str]:
        return {name: verdict.outcome for name, verdict in self.verdicts.items()}

    def __iter__(self) -> Iterator[Verdict]:
        return iter(self.verdicts.values())


def audited(root: Path, **options: Any) -> Audited:
    """The audit of the configuration in a folder; `options` are those of RunOptions."""
    audit = Audit(load(root / "gitops-audit.yaml"), RunOptions(**options))
    verdicts: dict[str, Verdict] = {}
    try:
        audit.prepare()
        for event in audit.run():
            if isinstance(event, Judged):
                verdicts[event.verdict.subject.id] = event.verdict
            elif isinstance(event, Finished):
                return Audited(verdicts, event)
    finally:
        audit.close()
    raise AssertionError("an audit ends with Finished")


def command(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`gitops-audit` in a folder."""
    program = [sys.executable, "-m", "gitops_audit", *arguments]
    return subprocess.run(program, cwd=root, check=False, capture_output=True, text=True, timeout=60)


def drift_of(verdict: Verdict) -> Drift:
    """The comparison that a verdict tells of, as one value."""
    state, whole = verdict.drift, verdict.whole
    if state is None:
        return Drift("unknown")
    changes = tuple(f.change for f in verdict.changes if f.change is not None)
    waiver = whole.waiver if whole else None
    return Drift(state.status, changes, state.confirmed, state.reason, state.cause or "unknown", waiver)


def policy_results(verdict: Verdict) -> list[PolicyResult | Finding]:
    """What every rule of the policies came to."""
    return [*verdict.found("policy"), *verdict.passed]
