"""Path expressions of jq, evaluated by the `jq` library: where in an object is what an Application ignores.

An expression is somebody's program. It runs in a process of its own that has no environment, may open no file, and is
ended by the kernel when it takes too long or too much memory: one such expression does not end the run.
Source: argo-cd.readthedocs.io/en/stable/user-guide/diffing (jqPathExpressions), which deletes them on both sides.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

from gitops_audit.model.resource import JsonObject

LIMIT_S = 1
TOTAL_S = 20
MAX_PATHS = 10_000
_MEMORY_BYTES = 512 << 20
# Given to Python as text: it runs without this package. A killed process is the answer to what has no end.
_PROGRAM = """
import importlib.util, json, resource, signal, sys
spec = importlib.util.spec_from_file_location("jq", sys.argv[1])
jq = importlib.util.module_from_spec(spec)
spec.loader.exec_module(jq)
limit, (memory, most) = float(sys.argv[2]), map(int, sys.argv[3:])
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
programs = {}
def answer(expression, body):
    try:
        if expression not in programs:
            jq.compile(expression)
            programs[expression] = jq.compile("[limit(%d; path(%s\\n))]" % (most, expression))
    except ValueError:
        return None
    program = programs[expression]
    try:
        return program.input_value(body).first()
    except (ValueError, StopIteration):
        return []
for line in sys.stdin.buffer:
    signal.setitimer(signal.ITIMER_REAL, limit)
    found = json.dumps(answer(*json.loads(line)))
    signal.setitimer(signal.ITIMER_REAL, 0)
    print(found, flush=True)
"""


def is_there() -> bool:
    """Whether the extra `jq` is installed."""
    return find_spec("jq") is not None


class PathExpressions:
    """Evaluates expressions, all in one process, which is there when it is needed first. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._faults: dict[str, str] = {}
        self._spent_s: dict[str, float] = {}

    def __call__(self, expression: str, body: JsonObject) -> Sequence[tuple[str | int, ...]]:
        """The places in `body` that an expression leads to; none where it fails, as for Argo CD. Never the whole."""
        with self._lock:
            if expression in self._faults:
                return ()
            start = time.monotonic()
            found = self._asked(expression, body)
            spent = self._spent_s[expression] = self._spent_s.get(expression, 0) + time.monotonic() - start
            if spent > TOTAL_S:
                self._faults[expression] = f"took more than {TOTAL_S} s for all objects"
        return [tuple(path) for path in found if path]

    def notes(self) -> Iterator[str]:
        """What was not applied: the differences that it would hide count."""
        for expression, fault in self._faults.items():
            yield f"ignoreDifferences by the jq expression {expression[:200]!r} is not applied: it {fault}"

    def _asked(self, expression: str, body: JsonObject) -> Sequence[Sequence[Any]]:
        process, line = self._started(), b""
        with suppress(BrokenPipeError):
            if process.stdin is not None and process.stdout is not None:
                process.stdin.write(json.dumps([expression, body]).encode() + b"\n")
                process.stdin.flush()
                line = process.stdout.readline()
        if not line:
            self._faults[expression] = f"took more than {LIMIT_S} s or {_MEMORY_BYTES >> 20} MiB of memory"
            self._process = None
            _end(process)
            return ()
        found = json.loads(line)
        if found is None:
            self._faults[expression] = "is no path expression of jq"
        return found or ()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            module = find_spec("jq")
            limits = [str(number) for number in (LIMIT_S, _MEMORY_BYTES, MAX_PATHS)]
            command = [sys.executable, "-I", "-c", _PROGRAM, str(module.origin if module else ""), *limits]
            self._process = subprocess.Popen(  # noqa: S603 - Python itself, with a program of ours
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}
            )
            weakref.finalize(self, _end, self._process)
        return self._process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(BrokenPipeError):
                stream.close()
