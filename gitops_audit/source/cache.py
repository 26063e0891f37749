"""Bare copies of remote repositories: one for each URL, fetched under a lock, used offline as they are."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import unquote

from gitops_audit.config.repository import transport_fault, without_user_info
from gitops_audit.errors import SourceError
from gitops_audit.source.command import GitCommand, GitFailedError, GitTimeoutError
from gitops_audit.source.repository import Repository

REFUSED, NOT_FETCHED, BUSY, NO_CACHE = "GA250", "GA251", "GA252", "GA253"

FETCH_TIMEOUT_S = 600.0
LOCK_TIMEOUT_S = 600.0
_POLL_S = 0.1

# The remote's HEAD. Ours points to it, so that `HEAD` and `HEAD~2` mean there what they mean here.
_DEFAULT = "refs/gitops-audit/default"
_BRANCHES = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_PASSWORD = re.compile(r"(https?://)([^/@]*):([^/@]*)@")
_FULL_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_HINTS = (
    ("timed out", "is the host up, and is a proxy needed?"),
    ("resolve host", "is the name right, and is a proxy needed?"),
    ("Could not read from remote", "check the URL, the ssh key and known_hosts: ssh cannot ask anything here"),
    ("Permission denied", "check the ssh key and known_hosts: ssh cannot ask anything here"),
    ("Authentication failed", "check the token or the credential helper"),
    ("could not read", "give git a credential helper or a token: it cannot ask anything here"),
    ("403", "check what the token may read"),
    ("not found", "check the URL, and whether the credentials may see the repository"),
    ("not allowed", "your Git configuration (url.*.insteadOf) turns the URL into a transport that is not accepted"),
)


@dataclass(frozen=True, slots=True)
class Remote:
    """A URL apart from its password, which is given to git by the environment: arguments are public on a machine."""

    url: str = field(repr=False)
    display: str
    environment: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)

    @classmethod
    def parse(cls, url: str) -> Remote:
        """Raises SourceError for transports that are not accepted."""
        display = without_user_info(url)
        if fault := transport_fault(url):
            raise SourceError(f"the repository {display} is refused: it {fault}", code=REFUSED)
        match = _PASSWORD.match(url)
        if match is None:
            return cls(url, display, {}, ())
        user, password = unquote(match[2]), unquote(match[3])
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        secrets = tuple(filter(None, (token, match[3], password)))
        clean = match[1] + url[match.end() :]
        return cls(clean, display, _header(clean, token), secrets)

    @property
    def key(self) -> str:
        """The name of its copy: the same for all users of a URL."""
        bare = re.sub(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/]*@", r"\1", self.url)
        return hashlib.sha256(bare.encode()).hexdigest()[:20]


def open_remote(url: str, cache_dir: Path, *, fetch: bool, revision: str) -> Repository:
    """The copy of a remote repository, brought up to date unless `fetch` is off. Raises SourceError.

    `revision` is fetched by name where branches and tags do not bring it: a full commit id, or `refs/...`.
    """
    remote = Remote.parse(url)
    folder = cache_dir / f"{remote.key}.git"
    git = GitCommand(folder, remote.secrets)
    if folder.is_dir():
        _check(remote, git)
    if fetch:
        with _locked(cache_dir, folder.with_suffix(".lock"), remote.display):
            _update(remote, folder, git)
            _fetch_by_name(remote, git, revision)
    elif not folder.is_dir():
        hint = "run once without --gitops-offline"
        raise SourceError(f"{remote.display} was never fetched", code=NOT_FETCHED, hint=hint)
    return Repository(git, remote.display, folder, is_mirror=True)


def _check(remote: Remote, git: GitCommand) -> None:
    """Whether the copy still is a repository: git would look for one in the folders above it."""
    try:
        if Path(git.line("rev-parse", "--absolute-git-dir")).resolve() == git.folder.resolve():
            return
        reason = "it is no repository"
    except GitFailedError as error:
        reason = error.reason
    message = f"the copy of {remote.display} cannot be used: {reason}"
    raise SourceError(message, code=NO_CACHE, hint=f"remove {git.folder}; the next run makes a new copy")


def is_fetched_by_name(revision: str) -> bool:
    """Whether branches and tags may not bring a revision: a ref of another kind, or a full commit id."""
    return _is_other_ref(revision) or bool(_FULL_ID.fullmatch(revision))


def default_cache_dir() -> Path:
    """`$XDG_CACHE_HOME/gitops-audit`, else `~/.cache/gitops-audit`. Raises SourceError where there is no home."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(configured):
        return Path(configured) / "gitops-audit"
    try:
        return Path.home() / ".cache" / "gitops-audit"
    except RuntimeError:
        raise SourceError("there is no home directory", code=NO_CACHE, hint="set XDG_CACHE_HOME") from None


def _update(remote: Remote, folder: Path, git: GitCommand) -> None:
    if folder.is_dir():
        _fetch_all(remote, git)
        return
    started = folder.with_suffix(".new")
    shutil.rmtree(started, ignore_errors=True)
    fresh = GitCommand(started, remote.secrets)
    with _reported(remote, "cannot be copied"):
        GitCommand(folder.parent).output("init", "--quiet", "--bare", "--template=", str(started))
        fresh.output("symbolic-ref", "HEAD", _DEFAULT)
    _fetch_all(remote, fresh)
    with _written(folder.parent):
        started.rename(folder)


def _fetch_all(remote: Remote, git: GitCommand) -> None:
    try:
        _fetch(remote, git, f"+HEAD:{_DEFAULT}", *_BRANCHES)
    except GitFailedError as error:
        if "remote ref HEAD" not in error.reason:
            raise _not_fetched(remote, error) from None
        with _reported(remote, "cannot be fetched"):
            git.output("update-ref", "-d", _DEFAULT)
            _fetch(remote, git, *_BRANCHES)


def _fetch_by_name(remote: Remote, git: GitCommand, revision: str) -> None:
    """Servers refuse what they do not offer; then the revision is missing, and that is told with its name."""
    is_ref = _is_other_ref(revision)
    refspec = f"+{revision}:{revision}" if is_ref else revision
    if is_ref or (is_fetched_by_name(revision) and not _has_object(git, revision)):
        with contextlib.suppress(GitFailedError):
            _fetch(remote, git, refspec, prune=False)


def _is_other_ref(revision: str) -> bool:
    return revision.startswith("refs/") and not revision.startswith(("refs/heads/", "refs/tags/"))


def _has_object(git: GitCommand, commit: str) -> bool:
    try:
        git.output("cat-file", "-e", f"{commit}^{{commit}}")
    except GitFailedError:
        return False
    return True


def _fetch(remote: Remote, git: GitCommand, *refspecs: str, prune: bool = True) -> None:
    options = ["--quiet", "--force", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"]
    options += ["--prune"] if prune else []
    arguments = ("fetch", *options, "--", remote.url, *refspecs)
    git.remote(*arguments, timeout_s=FETCH_TIMEOUT_S, environment=remote.environment)


@contextlib.contextmanager
def _reported(remote: Remote, what: str) -> Iterator[None]:
    try:
        yield
    except GitFailedError as error:
        raise _not_fetched(remote, error, what) from None


def _not_fetched(remote: Remote, error: GitFailedError, what: str = "cannot be fetched") -> SourceError:
    hint = next((hint for sign, hint in _HINTS if sign in error.reason), "--gitops-offline uses the last copy, if any")
    if isinstance(error, GitTimeoutError):
        hint = "is the host up, and is a proxy needed?"
    return SourceError(f"{remote.display} {what}: {error.reason}", code=NOT_FETCHED, hint=hint)


@contextlib.contextmanager
def _written(cache_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"the cache {cache_dir} cannot be written: {error.strerror}"
        hint = "set XDG_CACHE_HOME to a directory that can"
        raise SourceError(message, code=NO_CACHE, hint=hint) from None


@contextlib.contextmanager
def _locked(cache_dir: Path, lock: Path, display: str) -> Iterator[None]:
    """One run at a time fetches a repository; the others wait. The lock ends with the process that holds it."""
    with _written(cache_dir):
        cache_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = lock.open("a")
    with file:
        _wait(file, lock, display)
        yield


def _wait(file: IO[str], lock: Path, display: str) -> None:
    deadline = time.monotonic() + LOCK_TIMEOUT_S
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                message = f"another run has been fetching {display} for {LOCK_TIMEOUT_S:g} s"
                raise SourceError(message, code=BUSY, hint=f"end that run; it holds {lock}") from None
            time.sleep(_POLL_S)
        else:
            return


def _header(url: str, token: str) -> dict[str, str]:
    """One more setting in the environment, after those that are there (`GIT_CONFIG_COUNT`)."""
    configured = os.environ.get("GIT_CONFIG_COUNT", "")
    count = int(configured) if configured.isdecimal() else 0
    return {
        "GIT_CONFIG_COUNT": str(count + 1),
        f"GIT_CONFIG_KEY_{count}": f"http.{url}.extraHeader",
        f"GIT_CONFIG_VALUE_{count}": f"Authorization: Basic {token}",
    }
