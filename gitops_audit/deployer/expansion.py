"""What following an engine comes to: each object that deploys something becomes sources of the audit.

An expansion takes the objects that are known so far, and gives the sources that they declare. What those declare may
hold further such objects (an app of apps), so the engine's room is asked again until nothing new comes. Pure: what it
needs from Git and from a cluster is given to it as functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from gitops_audit.config.repository import without_user_info
from gitops_audit.config.settings import SourceConfig
from gitops_audit.deployer import argocd, flux
from gitops_audit.errors import SourceError
from gitops_audit.model.how_many import how_many
from gitops_audit.model.printable import printable
from gitops_audit.model.resource import NOWHERE, JsonObject, Origin, group_of, mapping

GroupKind = tuple[str, str]
REFUSED = "GA280"
_HOST = re.compile(r"[a-z0-9][a-z0-9.-]*|[0-9a-f:.]+")
_SHOWN = 5

FOLLOWED_KINDS: dict[str, frozenset[GroupKind]] = {
    "argocd": frozenset({argocd.APPLICATION, argocd.APPLICATION_SET}),
    "flux": frozenset({flux.KUSTOMIZATION, flux.HELM_RELEASE, flux.RESOURCE_SET}),
}
"""The kinds that deploy something, by the key of the source that follows them."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An object that `source` declares for a cluster; one without an origin was read from that cluster."""

    body: JsonObject
    source: SourceConfig
    cluster: str
    origin: Origin = NOWHERE

    @property
    def group_kind(self) -> GroupKind:
        return group_of(self.body), str(self.body.get("kind", ""))

    @property
    def name(self) -> str:
        return name_of(self.body)

    @property
    def namespace(self) -> str:
        """Its own, else the one that its source gives; empty where neither says."""
        return str(mapping(self.body.get("metadata")).get("namespace") or self.source.namespace)

    @property
    def title(self) -> str:
        """`Application argocd/shop`."""
        return printable(f"{self.body.get('kind')} {'/'.join(filter(None, (self.namespace, self.name)))}")

    @property
    def place(self) -> str:
        """Where it stands: `apps/shop.yaml:3`, or `cluster prod`."""
        return str(self.origin) if self.origin.path else f"cluster {self.cluster}"

    @property
    def told(self) -> str:
        """`Application argocd/shop at apps/shop.yaml:3`."""
        return f"{self.title} {'at' if self.origin.path else 'of'} {self.place}"


def name_of(body: JsonObject) -> str:
    return str(mapping(body.get("metadata")).get("name") or "")


@dataclass(frozen=True, slots=True)
class Unfollowed:
    """An object that deploys something of which the audit renders nothing; `name` is `argocd/shop`."""

    kind: str
    name: str
    where: str
    reason: str

    @classmethod
    def of(cls, placed: Placed, reason: str) -> Unfollowed:
        kind, _, name = placed.title.partition(" ")
        return cls(kind, name, placed.place, reason)


@dataclass(frozen=True, slots=True)
class Broken:
    """An object that should be followed and cannot be: an error of the source it would have become."""

    source: SourceConfig
    error: SourceError


@dataclass(frozen=True, slots=True)
class Expansion:
    """`declared_by` names for each source those that declare the object it comes from, to tell a cycle; `notes` say
    what of a followed object is not taken into account. `followed` are the objects themselves; an Application that a
    set makes is placed where the set is."""

    sources: tuple[SourceConfig, ...] = ()
    unfollowed: tuple[Unfollowed, ...] = ()
    problems: tuple[Broken, ...] = ()
    declared_by: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    followed: tuple[Placed, ...] = ()


class Files(Protocol):
    """The files of the repositories that engines name. All raise SourceError."""

    def repository(self, url: str) -> str:
        """The `repo` of a source for a URL as an engine has it: the local repository where it is the same one."""
        ...

    def revision(self, url: str, revision: str) -> str:
        """The `revision` of a source for a branch, tag or commit that an engine names; empty: the default branch."""
        ...

    def names(self, config: SourceConfig) -> Sequence[str]:
        """All files under a source's path, relative to the repository's root."""
        ...

    def read(self, config: SourceConfig, path: str) -> bytes:
        """One of them."""
        ...

    def commit(self, config: SourceConfig) -> str:
        """The commit that a source is read at; empty for a work tree."""
        ...


@dataclass(frozen=True, slots=True)
class GoTemplate:
    """A text with `{{ }}` of Go and the functions of Sprig, and what it is given as `.`."""

    text: str
    parameters: JsonObject


def _no_templates(_: Sequence[GoTemplate]) -> Sequence[str]:
    raise SourceError("no Go templates are evaluated here")


@dataclass(frozen=True, slots=True)
class Context:
    """What an expansion may ask. `source` is the engine's, `clusters` are the names in the configuration.

    `live` lists all objects of a kind in the engine's cluster: None where no cluster is asked; raises ClusterError.
    `templates` gives the texts of Go templates; raises SourceError. `has_jq`: expressions of jq can be evaluated.
    """

    source: SourceConfig
    clusters: tuple[str, ...]
    files: Files
    live: Callable[[GroupKind], Sequence[JsonObject] | None]
    templates: Callable[[Sequence[GoTemplate]], Sequence[str]] = _no_templates
    has_jq: bool = False


def check_chart_repository(url: str) -> None:
    """Raises SourceError for what nobody fetches charts from, whatever `network` allows."""
    try:
        parts = urlsplit(url)
        is_host = parts.port != 0 and _HOST.fullmatch(parts.hostname or "") is not None
        is_fetched = parts.scheme in ("https", "http", "oci") and is_host
    except ValueError:
        is_fetched = False
    if not is_fetched:
        message = f"the chart repository {without_user_info(url)} is refused: it is no URL of https, http or oci"
        raise SourceError(message, code=REFUSED, hint="correct its URL")


def told_once(found: Iterable[Unfollowed]) -> Iterator[str]:
    """One sentence for each kind and reason: `3 HelmReleases are not rendered: ...`."""
    groups: dict[tuple[str, str], list[Unfollowed]] = {}
    for one in dict.fromkeys(found):
        groups.setdefault((one.kind, one.reason), []).append(one)
    for (kind, reason), ones in groups.items():
        names = [f"{one.name} ({one.where})" for one in ones]
        shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
        yield f"{how_many(len(ones), kind)} {'is' if len(ones) == 1 else 'are'} not rendered: {reason}: {shown}"
