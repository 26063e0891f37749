"""What no schema can say of the sources: names, references, repositories, revisions and paths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitops_audit.config.check import WRONG_VALUE, shown
from gitops_audit.config.document import Document, Pointer
from gitops_audit.config.repository import TRANSPORTS, is_url, transport_fault, without_user_info
from gitops_audit.config.settings import WORKTREE
from gitops_audit.config.suggest import did_you_mean, listed
from gitops_audit.config.walk import items
from gitops_audit.errors import ConfigError
from gitops_audit.model.resource import mapping

REFERENCE, CONTRADICTION = "GA106", "GA107"


def source_problems(document: Document) -> Iterator[ConfigError]:
    """Every broken rule of `sources`, each with its line."""
    clusters = list(mapping(mapping(document.value).get("clusters")))
    first_lines: dict[str, int] = {}
    for pointer, source in items(document.value, "sources"):
        yield from _duplicate(document, pointer, source.get("name"), first_lines)
        yield from _references(document, pointer, source.get("clusters"), clusters)
        yield from _repo(document, pointer, source)
        yield from _revision(document, (*pointer, "revision"), source.get("revision"))
        yield from _source_path(document, (*pointer, "path"), source.get("path"))
        yield from _chart(document, pointer, source)
        yield from _follow(document, pointer, source, clusters)


def _follow(document: Document, pointer: Pointer, source: dict[str, Any], clusters: list[str]) -> Iterator[ConfigError]:
    """Of a source that follows Argo CD or Flux: one engine, clusters that are there, one path."""
    engines = [key for key in ("argocd", "flux") if key in source]
    where = document.where(pointer)
    if len(engines) > 1:
        hint = "write two sources, one for each"
        yield ConfigError("a source follows either `argocd` or `flux`", code=CONTRADICTION, where=where, hint=hint)
    if "destinations" in source and not engines:
        hint = "add `argocd` or `flux`, or leave `destinations` out"
        yield ConfigError(
            "`destinations` are for a source that follows Argo CD or Flux", code=CONTRADICTION, where=where, hint=hint
        )
    for server, name in mapping(source.get("destinations")).items():
        yield from _known(document, (*pointer, "destinations", server), name, clusters)
    for engine in engines:
        follow = mapping(source[engine])
        yield from _known(document, (*pointer, engine, "cluster"), follow.get("cluster"), clusters)
        yield from _source_path(document, (*pointer, engine, "path"), follow.get("path"))
        yield from _follow_origin(document, (*pointer, engine), source, follow)


def _follow_origin(
    document: Document, pointer: Pointer, source: dict[str, Any], follow: dict[str, Any]
) -> Iterator[ConfigError]:
    where = document.where(pointer)
    if source.get("path") and follow.get("path"):
        message = f"{pointer[-1]} and its source both have a `path`"
        yield ConfigError(message, code=CONTRADICTION, where=where, hint="keep one of them")
    if follow.get("from") == "cluster" and (source.get("path") or follow.get("path")):
        message = f"{pointer[-1]} is read from the cluster, which has no `path`"
        yield ConfigError(message, code=CONTRADICTION, where=where, hint="leave out `path`, or write `from: git`")


def _known(document: Document, pointer: Pointer, name: Any, clusters: list[str]) -> Iterator[ConfigError]:
    if isinstance(name, str) and name and name not in clusters:
        hint = " ".join(filter(None, (did_you_mean(name, clusters), f"clusters: {listed(clusters)}")))
        yield ConfigError(f"there is no cluster {name!r}", code=REFERENCE, where=document.where(pointer), hint=hint)


def _duplicate(document: Document, pointer: Pointer, name: Any, first_lines: dict[str, int]) -> Iterator[ConfigError]:
    where = document.where((*pointer, "name"))
    if not isinstance(name, str):
        return
    if name in first_lines:
        hint = f"the first one is in line {first_lines[name]}"
        yield ConfigError(f"two sources are called {name!r}", code=CONTRADICTION, where=where, hint=hint)
    first_lines.setdefault(name, where.line)


def _references(document: Document, pointer: Pointer, names: Any, clusters: list[str]) -> Iterator[ConfigError]:
    for index, name in enumerate(names if isinstance(names, list) else ()):
        yield from _known(document, (*pointer, "clusters", index), name, clusters)


def _repo(document: Document, pointer: Pointer, source: dict[str, Any]) -> Iterator[ConfigError]:
    repo = source.get("repo")
    if not isinstance(repo, str):
        return
    where = document.where((*pointer, "repo"))
    if fault := transport_fault(repo):
        hint = f"give a path, or a URL with {listed(TRANSPORTS)}"
        message = f"the repository {without_user_info(repo)!r} {fault}"
        yield ConfigError(message, code=WRONG_VALUE, where=where, hint=hint)
    elif is_url(repo) and source.get("revision") == WORKTREE:
        hint = "name a branch, tag or commit"
        yield ConfigError("a URL has no work tree", code=CONTRADICTION, where=where, hint=hint)


def _chart(document: Document, pointer: Pointer, source: dict[str, Any]) -> Iterator[ConfigError]:
    """A chart has a repository and a name or neither; nothing else can be rendered of such a source."""
    helm = mapping(source.get("helm"))
    where = (*pointer, "helm")
    for given, lacking in (("repository", "chart"), ("chart", "repository"), ("version", "chart")):
        if given in helm and lacking not in helm:
            message = f"{shown(where)} has `{given}` and no `{lacking}`"
            hint = "a chart of a repository has both `repository` and `chart`, and `version` where it is not the latest"
            yield ConfigError(message, code=CONTRADICTION, where=document.where((*where, given)), hint=hint)
    if "chart" in helm and source.get("type", "auto") not in ("auto", "helm"):
        message = f"{shown(pointer)} has a chart, and is of another type"
        hint = "remove `type`, or `helm.chart`"
        yield ConfigError(message, code=CONTRADICTION, where=document.where((*pointer, "type")), hint=hint)
    for name, found in mapping(helm.get("valueRepositories")).items():
        place = (*where, "valueRepositories", name)
        yield from _repo(document, place, mapping(found))
        yield from _revision(document, (*place, "revision"), mapping(found).get("revision"))


def _revision(document: Document, pointer: Pointer, revision: Any) -> Iterator[ConfigError]:
    if isinstance(revision, str) and (fault := revision_fault(revision)):
        yield ConfigError(f"the revision {revision!r} {fault}", code=WRONG_VALUE, where=document.where(pointer))


def revision_fault(revision: str) -> str:
    """Why a text cannot name a revision whatever the repository holds; empty where it may."""
    if revision.startswith("-"):
        return "starts with `-`, which git takes for an option"
    if not revision.isprintable() or " " in revision:
        return "holds blanks or characters that cannot be printed"
    return "is a range, not one commit" if ".." in revision or revision.startswith("^") else ""


def _source_path(document: Document, pointer: Pointer, path: Any) -> Iterator[ConfigError]:
    if not isinstance(path, str):
        return
    if path.startswith("/") or ".." in path.split("/"):
        hint = "write it relative to the repository's root, without `..`"
        yield ConfigError(
            f"the path {path!r} leaves the repository", code=WRONG_VALUE, where=document.where(pointer), hint=hint
        )
    elif not path.isprintable():
        message = f"the path {path!r} holds characters that cannot be printed"
        yield ConfigError(message, code=WRONG_VALUE, where=document.where(pointer))
