"""Runs `gitops-audit` and `pytest` as a user does: a process of its own, in a folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TIMEOUT_S = 300


@dataclass(frozen=True, slots=True)
class Ran:
    """What a process left: its exit code and its two outputs. Bytes that are not UTF-8 become surrogates."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


def run_cli(*arguments: str | Path, cwd: Path, **environment: str) -> Ran:
    """Runs `gitops-audit` with the arguments. `environment` is added to the test's own."""
    return _run(["gitops_audit"], arguments, cwd, environment)


def run_pytest(*arguments: str | Path, cwd: Path, **environment: str) -> Ran:
    """Runs `pytest` with the arguments; it writes no cache."""
    return _run(["pytest", "-p", "no:cacheprovider"], arguments, cwd, environment)


def _run(module: Sequence[str], arguments: Sequence[str | Path], cwd: Path, environment: dict[str, str]) -> Ran:
    done = subprocess.run(
        [sys.executable, "-m", *module, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONUTF8": "1", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    return Ran(done.returncode, *(text.decode("utf-8", "surrogateescape") for text in (done.stdout, done.stderr)))
