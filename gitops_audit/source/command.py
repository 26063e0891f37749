"""The git program, run through GitPython: the only module that starts it, and what every call has in common.

Global and system configuration stay in force, because that is where people keep credential helpers, proxies and
certificates. Hooks, file system monitors, prompts, submodules and transports that run programs are switched off.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitops_audit.config.repository import TRANSPORTS
from gitops_audit.errors import SourceError

if TYPE_CHECKING:
    from types import ModuleType

NO_GIT = "GA201"

# What a git hook leaves in the environment would turn every call to the hook's repository.
_REPOSITORY_VARIABLES = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_SHALLOW_FILE",
    "GIT_GRAFT_FILE",
    "GIT_REPLACE_REF_BASE",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
)
_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_PAGER": "cat",
}
_CONFIGURATION = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.quotePath=false",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "gc.autoDetach=false",
    "maintenance.autoDetach=false",
    "log.showSignature=false",
)
# The one setting that no configuration of a repository overrides. Only `remote` asks anybody: reading a partial clone
# would fetch what it lacks, by the ssh command and credential helper that the repository itself names.
_NO_TRANSPORT = {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1"}
_TRANSPORTS = {"GIT_ALLOW_PROTOCOL": ":".join(TRANSPORTS)}
_USER_INFO = re.compile(r"(?<=://)[^/\s'\"]*@")
_TELLING = re.compile(r"^(?:fatal|error|ERROR|remote|ssh|Permission denied|env)\b.*", re.MULTILINE)


class GitFailedError(Exception):
    """git ended with an error; `reason` is what it said, without credentials and control characters."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class GitTimeoutError(GitFailedError):
    """git was stopped because it took too long."""


@dataclass(frozen=True, slots=True)
class GitCommand:
    """git in one directory. `secrets` are texts that no message may hold."""

    folder: Path
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def output(self, *arguments: str) -> bytes:
        """What a command prints. Raises GitFailedError."""
        return self.told(*arguments)[0]

    def told(self, *arguments: str) -> tuple[bytes, str]:
        """What a command that succeeds prints, and what it says beside it. Raises GitFailedError."""
        status, stdout, stderr = self._execute(
            arguments,
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
            env=_ENVIRONMENT | _NO_TRANSPORT,
        )
        self._check(status, stderr)
        return bytes(stdout), str(stderr)

    def line(self, *arguments: str) -> str:
        """The one line a command prints, as text."""
        return os.fsdecode(self.output(*arguments)).removesuffix("\n")

    @contextlib.contextmanager
    def process(self, *arguments: str, has_input: bool = False) -> Iterator[Any]:
        """A running command, with pipes, for as long as the block lasts."""
        process = self.start(*arguments, has_input=has_input)
        try:
            yield process
        finally:
            stop(process)

    def start(self, *arguments: str, has_input: bool = False) -> Any:
        """A running command; it lasts until `stop`."""
        stdin = subprocess.PIPE if has_input else None
        return self._execute(arguments, istream=stdin, as_process=True, env=_ENVIRONMENT | _NO_TRANSPORT)

    def remote(self, *arguments: str, timeout_s: float, environment: Mapping[str, str]) -> None:
        """Runs a command that asks a remote. Raises GitFailedError, GitTimeoutError.

        It gets a session of its own: without a terminal nothing can ask for a password, and in the end the transport
        programs are stopped with it.
        """
        process = self._execute(
            arguments,
            as_process=True,
            env={**_ENVIRONMENT, **_TRANSPORTS, **environment},
            start_new_session=True,
        )
        try:
            _, stderr = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            raise GitTimeoutError(f"no answer within {timeout_s:g} s") from None
        finally:
            _end_session(process)
        self._check(process.returncode, stderr.decode("utf-8", "replace"))

    def _execute(self, arguments: Sequence[str], **options: Any) -> Any:
        git = _gitpython().Git()
        try:
            return git.execute(self._command(arguments), shell=False, **options)
        except (OSError, ValueError) as error:  # arguments that are too long, or hold a NUL
            reason = getattr(error, "strerror", None) or str(error)
            raise GitFailedError(f"git cannot be started: {reason}") from None

    def _command(self, arguments: Sequence[str]) -> list[str]:
        unset = [part for name in _REPOSITORY_VARIABLES for part in ("-u", name)]
        options = [part for setting in _CONFIGURATION for part in ("-c", setting)]
        executable = str(_gitpython().Git.GIT_PYTHON_GIT_EXECUTABLE)
        return ["env", *unset, executable, "-C", str(self.folder), *options, *arguments]

    def _check(self, status: int, stderr: str) -> None:
        if status == 127:
            raise _no_git()
        if status:
            raise GitFailedError(self.scrubbed(stderr) or f"git ended with status {status}")

    def scrubbed(self, stderr: str) -> str:
        """What git complained about, in one line that may be shown."""
        text = "; ".join(m.group().strip() for m in _TELLING.finditer(stderr)) or stderr.strip()
        for secret in self.secrets:
            text = text.replace(secret, "***")
        text = _USER_INFO.sub("", text)
        return "".join(c if c.isprintable() else " " for c in text)[:1000]


def stop(process: Any) -> None:
    """Ends a process that `start` began."""
    process.__del__()


def _end_session(process: Any) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _gitpython() -> ModuleType:
    """GitPython, which cannot even be imported where there is no git. It costs 0.2 s: only who needs it pays."""
    try:
        import git
    except ImportError:
        raise _no_git() from None
    return git


def _no_git() -> SourceError:
    return SourceError("the program git is not there", code=NO_GIT, hint="install git, and see that it is in PATH")
