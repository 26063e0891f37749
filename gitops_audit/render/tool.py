"""Runs kustomize and helm: argument lists, no shell, a bare environment, no network, nothing to read but the
repository, limits on time and output (DESIGN 8).
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from threading import Timer
from types import MappingProxyType
from typing import IO

from gitops_audit.lifetime import process_group, temporary_tree
from gitops_audit.render.limits import MAX_RENDERED_BYTES, MAX_TOOL_MEMORY_BYTES, RENDER_TIMEOUT_S
from gitops_audit.render.tool_input import may_hold_secrets
from gitops_audit.render.tool_words import told
from gitops_audit.source import Checkout
from gitops_audit.source.export import Export, Exports

UNRENDERED = "GA260"
NO_TOOL = "GA261"
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT")
# Nothing listens on the discard port of this host: what goes out all the same fails at once.
_NOWHERE = "http://127.0.0.1:9"
_MAX_WORDS = 2000
_LAUNCHER = str(Path(__file__).with_name("launcher.py"))


# kubectl's own time, process and line: another one in each run, and of no use to a reader.
_LOG_PREFIX = re.compile(r'^[EF]\d{4} [\d:.]+ \d+ [\w.]+:\d+\] "command failed" err=')
_OUT_OF_MEMORY = ("out of memory", "cannot allocate memory")


class ToolError(Exception):
    """The tool failed. The message is its own, without the paths of the temporary copy.

    It may quote what the tool read: show what is `told`.

    `is_excessive`: it reached a limit, and would again.
    """

    def __init__(self, message: str, *, is_excessive: bool = False) -> None:
        super().__init__(message)
        self.is_excessive = is_excessive

    def told(self, tree: Path, folder: Path, read: Iterable[Path] = ()) -> str:
        """Where in the repository `tree` it failed, and how; never a value. It ran on `folder`.

        With all that it `read` (files, directories), also its own words, unless a value in them may be secret.
        """
        if self.is_excessive:
            return str(self)
        places = tuple(read)
        are_words_shown = bool(places) and not may_hold_secrets(places)
        known = told(str(self), tree, folder)
        return f"{known}; in its own words: {self}" if are_words_shown else known


@dataclass(frozen=True, slots=True)
class Workspace:
    """The files of a repository that a tool reads, and its own empty home, the only place where it may write.

    `is_own`: the tree is this rendering's alone, so that files in it may be replaced.
    """

    tree: Path
    home: Path
    export: Export
    is_own: bool = False

    def run(
        self,
        arguments: Sequence[str],
        *,
        timeout_s: float = RENDER_TIMEOUT_S,
        environment: Mapping[str, str] = MappingProxyType({}),
        reads: Sequence[Path] = (),
        writes: Sequence[Path] = (),
    ) -> bytes:
        """What the tool prints. Raises ToolError where it fails, takes too long or too much memory, prints too much.

        `reads` and `writes` are the places that it needs beside the tree and the home.

        The words of the error are the tool's, and may quote a file: show what is `told` of them.
        """
        command = [*self._confined(arguments, reads, writes), *arguments]
        with TemporaryFile() as errors, self._started(command, errors, environment) as process:
            with _limited_to(timeout_s, process) as timer:
                output = process.stdout.read(MAX_RENDERED_BYTES + 1) if process.stdout else b""
                if len(output) > MAX_RENDERED_BYTES:
                    _end(process)
                status = process.wait()
                is_late = not timer.is_alive()
            if status == 0:
                return output
            words = self._words(errors)
        excess = f"it was stopped after {timeout_s:.0f} s (limit: tool time)" if is_late else _excess(output, words)
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
    def _started(
        self, command: Sequence[str], errors: IO[bytes], environment: Mapping[str, str]
    ) -> Iterator[subprocess.Popen[bytes]]:
        process = subprocess.Popen(  # noqa: S603 - an argument list, the program found by `shutil.which`
            command,
            cwd=self.tree,
            env=self._environment() | dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
        with process, process_group(process):
            _limit(process.pid)
            yield process

    def _confined(self, arguments: Sequence[str], reads: Sequence[Path], writes: Sequence[Path]) -> list[str]:
        """The launcher takes from the tool what it does not need; beside its tree that is the folders of programs."""
        programs = {str(place) for a in arguments if os.path.isabs(a) for place in _program_folders(a, self.tree)}
        folders = sorted({str(self.tree), sys.prefix, sys.base_prefix, *map(str, reads)} | programs)
        homes = map(str, (self.home, *writes))
        return [sys.executable, "-I", "-S", _LAUNCHER, str(os.getpid()), *homes, "-", *folders, "--"]

    def _environment(self) -> dict[str, str]:
        home = str(self.home)
        directories = dict.fromkeys(("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"), home)
        proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), _NOWHERE)
        git = {"GIT_ALLOW_PROTOCOL": "none", "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1"}
        return {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ} | directories | proxies | git


@contextlib.contextmanager
def workspace(checkout: Checkout, exports: Exports | None = None) -> Iterator[Workspace]:
    """The exported repository (of the run where `exports` are given, else one that is gone afterwards), and a home.

    Raises SourceError.
    """
    with contextlib.ExitStack() as stack:
        export = (exports or stack.enter_context(Exports())).of(checkout)
        yield Workspace(export.plain, stack.enter_context(temporary_tree()), export)


def _program_folders(argument: str, tree: Path) -> Iterator[Path]:
    """Where a program of the command line lies, and what it and the tools beside it (it may call them) are links to."""
    if not argument.startswith(f"{tree}/") and os.access(argument, os.X_OK) and os.path.isfile(argument):
        folder = Path(argument).parent
        yield folder
        yield from {(folder / name).resolve().parent for name in (Path(argument).name, "kubectl", "kustomize", "helm")}


def _excess(output: bytes, words: str) -> str:
    if len(output) > MAX_RENDERED_BYTES:
        return f"it printed more than {MAX_RENDERED_BYTES >> 20} MiB (limit: tool output)"
    if any(sign in words.lower() for sign in _OUT_OF_MEMORY):
        return f"it needs more than {MAX_TOOL_MEMORY_BYTES >> 30} GiB of memory (limit: tool memory)"
    return ""


def _limit(pid: int) -> None:
    """Bounds a process where the system can do so from outside (Linux); should we die, it ends by itself."""
    if hasattr(resource, "prlimit"):
        seconds = 2 * int(RENDER_TIMEOUT_S)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            resource.prlimit(pid, resource.RLIMIT_AS, (MAX_TOOL_MEMORY_BYTES, MAX_TOOL_MEMORY_BYTES))
            resource.prlimit(pid, resource.RLIMIT_CPU, (seconds, seconds))


@contextlib.contextmanager
def _limited_to(timeout_s: float, process: subprocess.Popen[bytes]) -> Iterator[Timer]:
    timer = Timer(timeout_s, _end, [process])
    timer.daemon = True
    timer.start()
    try:
        yield timer
    finally:
        timer.cancel()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the tool and whatever it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
