"""Runs kustomize and helm: argument lists, no shell, a bare environment, limits on time and output (DESIGN 8)."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from threading import Timer
from typing import IO

from gitops_audit.render.limits import MAX_RENDERED_BYTES, MAX_TOOL_MEMORY_BYTES, RENDER_TIMEOUT_S
from gitops_audit.source import Checkout

UNRENDERED = "GA260"
NO_TOOL = "GA261"
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT")
# Nothing listens on the discard port of this host: what goes out all the same fails at once.
_NOWHERE = "http://127.0.0.1:9"
_MAX_WORDS = 2000


# kubectl's own time, process and line: another one in each run, and of no use to a reader.
_LOG_PREFIX = re.compile(r'^[EF]\d{4} [\d:.]+ \d+ [\w.]+:\d+\] "command failed" err=')
_OUT_OF_MEMORY = ("out of memory", "cannot allocate memory")


class ToolError(Exception):
    """The tool failed; the message is its own, without the paths of the temporary copy.

    `is_excessive`: it reached a limit, and would again.
    """

    def __init__(self, message: str, *, is_excessive: bool = False) -> None:
        super().__init__(message)
        self.is_excessive = is_excessive


@dataclass(frozen=True, slots=True)
class Workspace:
    """A copy of a repository for a tool to work in, and its empty home."""

    tree: Path
    home: Path

    def run(self, arguments: Sequence[str], *, timeout_s: float = RENDER_TIMEOUT_S) -> bytes:
        """What the tool prints. Raises ToolError where it fails, takes too long or too much memory, prints too much.

        The words of the error are the tool's, and may quote a file: show them `masked`.
        """
        with TemporaryFile() as errors, self._started(arguments, errors) as process:
            timer = Timer(timeout_s, _end, [process])
            timer.start()
            output = process.stdout.read(MAX_RENDERED_BYTES + 1) if process.stdout else b""
            if len(output) > MAX_RENDERED_BYTES:
                _end(process)
            status = process.wait()
            is_late = not timer.is_alive()
            timer.cancel()
            if status == 0:
                return output
            words = self._words(errors)
        excess = f"it was stopped after {timeout_s:.0f} s" if is_late else _excess(output, words)
        raise ToolError(excess or words[:_MAX_WORDS] or "it failed and said nothing", is_excessive=bool(excess))

    def _words(self, errors: IO[bytes]) -> str:
        errors.seek(0)
        words = " ".join(errors.read(10 * _MAX_WORDS).decode("utf-8", "replace").split())
        return self._without_paths(_LOG_PREFIX.sub("", words))

    def _without_paths(self, text: str) -> str:
        for place, name in ((self.tree, ""), (self.home, "~")):
            for path in {str(place), str(place.resolve())}:
                text = text.replace(f"{path}/", f"{name}/" if name else "").replace(path, name or ".")
        return text

    @contextlib.contextmanager
    def _started(self, arguments: Sequence[str], errors: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
        process = subprocess.Popen(  # noqa: S603 - an argument list, the program found by `shutil.which`
            list(arguments),
            cwd=self.tree,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
        with process:
            try:
                _limit(process.pid)
                yield process
            finally:
                _end(process)

    def _environment(self) -> dict[str, str]:
        home = str(self.home)
        directories = dict.fromkeys(("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"), home)
        proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), _NOWHERE)
        git = {"GIT_ALLOW_PROTOCOL": "none", "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1"}
        return {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ} | directories | proxies | git


@contextlib.contextmanager
def workspace(checkout: Checkout) -> Iterator[Workspace]:
    """A temporary copy of the repository; gone afterwards. Raises SourceError."""
    with TemporaryDirectory(prefix="gitops-audit-", ignore_cleanup_errors=True) as name:
        place = Workspace(Path(name, "tree"), Path(name, "home"))
        place.tree.mkdir()
        place.home.mkdir()
        checkout.materialise(place.tree)
        yield place


def _excess(output: bytes, words: str) -> str:
    if len(output) > MAX_RENDERED_BYTES:
        return f"it printed more than {MAX_RENDERED_BYTES >> 20} MiB"
    if any(sign in words.lower() for sign in _OUT_OF_MEMORY):
        return f"it needs more than {MAX_TOOL_MEMORY_BYTES >> 30} GiB of memory"
    return ""


def _limit(pid: int) -> None:
    """Bounds a process where the system can do so from outside (Linux); should we die, it ends by itself."""
    if hasattr(resource, "prlimit"):
        seconds = 2 * int(RENDER_TIMEOUT_S)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            resource.prlimit(pid, resource.RLIMIT_AS, (MAX_TOOL_MEMORY_BYTES, MAX_TOOL_MEMORY_BYTES))
            resource.prlimit(pid, resource.RLIMIT_CPU, (seconds, seconds))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the tool and whatever it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
