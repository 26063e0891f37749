"""The repositories that Argo CD and Flux name, as the audit reads them: this one where it is the same, else its remote.

A manifest is not a configuration: whoever may write one must not make the audit talk to any host. So a remote is opened
only where the audit has to do with its host anyway: that of a repository it reads, or of one named in `network`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from gitops_audit.config.document import folder_of
from gitops_audit.config.repository import is_url, transport_fault, without_user_info
from gitops_audit.config.rules import resolved_path
from gitops_audit.config.settings import Settings, SourceConfig
from gitops_audit.deployer.expansion import REFUSED
from gitops_audit.errors import SourceError
from gitops_audit.source import Checkout, Opener
from gitops_audit.source.remotes import canonical, remote_urls
from gitops_audit.source.repository import open_local
from gitops_audit.source.revision import has

FOREIGN = "GA281"
_CORRECT = "name it by a URL of https or ssh"
_HEAD = ("", "HEAD")


class Repositories:
    """Implements Files for one source that follows an engine."""

    def __init__(self, settings: Settings, source: SourceConfig, opener: Opener, revision: str | None) -> None:
        """`revision` is what the run reads instead of every configured revision; None where it reads these."""
        self._settings = settings
        self._source = source
        self._opener = opener
        self._override = revision
        self._open: dict[tuple[str, str], Checkout] = {}
        self._revisions: dict[str, str] = {}

    def repository(self, url: str) -> str:
        """The `repo` of a source for a URL as an engine has it. Raises SourceError where it must not be asked."""
        shown = without_user_info(url)
        if fault := transport_fault(url):
            raise SourceError(f"the repository {shown} is refused: it {fault}", code=REFUSED, hint=_CORRECT)
        if not is_url(url):
            raise SourceError(f"the repository {shown!r} is no URL", code=REFUSED, hint=_CORRECT)
        name = canonical(url)
        if name in self._local:
            return self._local[name]
        if name.partition("/")[0] in self._hosts:
            return url
        raise SourceError(
            f"the repository {shown} is another one, on a host that the audit does not ask",
            code=FOREIGN,
            hint="add its host to `network.allow`, or a source that reads it",
        )

    def revision(self, url: str, revision: str) -> str:
        """The local repository is read as the configuration says, unless the engine names a revision itself."""
        if self.repository(url) != self._source.repo:
            return revision or "HEAD"
        if self._override is not None:
            return self._override
        if revision in _HEAD:
            return self._source.revision
        if revision not in self._revisions:
            self._revisions[revision] = self._known(revision)
        return self._revisions[revision]

    def _known(self, revision: str) -> str:
        """A branch that this clone has only of its remote, as CI's checkouts have all but one, by that name."""
        of_remote = f"origin/{revision}"
        try:
            folder = resolved_path(folder_of(self._settings.path.absolute()), self._source.repo)
            repository = None if is_url(self._source.repo) else open_local(folder)
        except SourceError:
            return revision
        if repository is None or has(repository, revision) or not has(repository, of_remote):
            return revision
        return of_remote

    def names(self, config: SourceConfig) -> Sequence[str]:
        names = self._checkout(config).files()
        return [name for name in names if name.startswith(f"{config.path}/")] if config.path else names

    def read(self, config: SourceConfig, path: str) -> bytes:
        return self._checkout(config).read(path)

    def commit(self, config: SourceConfig) -> str:
        return self._checkout(config).commit

    def close(self) -> None:
        for checkout in self._open.values():
            checkout.close()
        self._open.clear()

    def _checkout(self, config: SourceConfig) -> Checkout:
        """The whole repository: one for all paths of a revision."""
        key = config.repo, config.revision
        if key not in self._open:
            self._open[key] = self._opener.open(replace(config, path=""))
        return self._open[key]

    @cached_property
    def _local(self) -> dict[str, str]:
        """By the form in which equal URLs are equal: the repositories that the configuration reads; this one first."""
        found: dict[str, str] = {}
        for repo in dict.fromkeys((self._source.repo, *(s.repo for s in self._settings.sources))):
            for url in self._urls(repo):
                found.setdefault(canonical(url), repo)
        return found

    def _urls(self, repo: str) -> Iterator[str]:
        if is_url(repo):
            yield repo
        else:
            yield from remote_urls(resolved_path(folder_of(self._settings.path.absolute()), repo))

    @cached_property
    def _hosts(self) -> frozenset[str]:
        allowed = (host.partition(":")[0] for host in self._settings.network.allow)
        return frozenset({*(name.partition("/")[0] for name in self._local), *allowed})
