"""Wall time, peak memory and the server's own count of requests, for a command or a function."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import urllib3


@dataclass(frozen=True, slots=True)
class Measured:
    """`peak_mb` is the resident set of the process itself; `requests` is None where no server was asked."""

    name: str
    wall_s: float
    peak_mb: float
    requests: int | None
    exit_code: int


class RequestCounter:
    """Counts what an API server answered, from its own metrics: the same for every client."""

    def __init__(self, url: str, token: str, ca_file: str) -> None:
        self._pool = urllib3.PoolManager(ca_certs=ca_file)
        self._url = f"{url}/metrics"
        self._headers = {"Authorization": f"Bearer {token}"}

    def total(self) -> int:
        text = self._pool.request("GET", self._url, headers=self._headers).data.decode()
        lines = (line for line in text.splitlines() if line.startswith("apiserver_request_total{"))
        return sum(int(float(line.rpartition(" ")[2])) for line in lines if not re.search(r'"(WATCH|metrics)"', line))


def command(
    name: str, argv: Sequence[str], counter: RequestCounter | None, *, cwd: Path, env: dict[str, str] | None = None
) -> Measured:
    """Runs a command to its end; its output goes to a file beside `cwd`, for reading when a figure surprises."""
    before = counter.total() if counter else 0
    with (cwd.parent / f"{name.replace(' ', '-')}.log").open("wb") as log:
        started = time.perf_counter()
        process = subprocess.Popen(argv, cwd=cwd, stdout=log, stderr=log, env=_environment() | (env or {}))
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
    code = os.waitstatus_to_exitcode(status)
    requests = counter.total() - before - 1 if counter else None
    return Measured(name, wall_s, usage.ru_maxrss / 1024, requests, code)


def _environment() -> dict[str, str]:
    """As an installed package runs: with its byte code kept."""
    return {k: v for k, v in os.environ.items() if k not in ("PYTHONDONTWRITEBYTECODE", "PYTEST_ADDOPTS")}


def function(name: str, work: Callable[[], object]) -> Measured:
    """Times a function in a process of its own (forked), so that its memory is its own."""
    started = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        work()
        os._exit(0)
    _, status, usage = os.wait4(pid, 0)
    wall_s = time.perf_counter() - started
    return Measured(name, wall_s, usage.ru_maxrss / 1024, None, os.waitstatus_to_exitcode(status))


def table(rows: Sequence[Measured], floor_s: float) -> str:
    """A Markdown table; the last column is the ratio to the floor."""
    lines = ["| what | wall s | of floor | requests | peak MB | exit |", "|---|---:|---:|---:|---:|---:|"]
    for row in rows:
        requests = "" if row.requests is None else str(row.requests)
        ratio = f"{row.wall_s / floor_s:.2f}"
        lines.append(f"| {row.name} | {row.wall_s:.2f} | {ratio} | {requests} | {row.peak_mb:.0f} | {row.exit_code} |")
    return "\n".join(lines)


def python() -> str:
    return sys.executable
