"""The pages of one LIST, and the paths of objects (API concepts, "Retrieving large results sets in chunks")."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from gitops_audit.errors import ClusterError
from gitops_audit.live import problem
from gitops_audit.live.answer import AnswerTooLarge
from gitops_audit.live.discovery import ApiResource
from gitops_audit.live.http import HttpClient, segment
from gitops_audit.live.limits import LIST_TIMEOUT_S, MAX_EMPTY_PAGES, MAX_PAGES, MAX_SHORT_PAGES
from gitops_audit.live.problem import ApiError
from gitops_audit.model.resource import JsonObject

PAGE_SIZE = 500
SMALL_PAGE_SIZE = 25  # where a page of the usual size is too large an answer
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"

_RESTARTS = 3


@dataclass(frozen=True, slots=True)
class Page:
    """One page of raw items; `remaining` is how many objects come after it, None where the server does not say.

    `is_whole`: every element was an object with a name; else nobody can tell which objects are left out.
    """

    items: list[JsonObject]
    remaining: int | None
    is_whole: bool = True


def path_of(api: ApiResource, namespace: str = "", name: str = "") -> str:
    root = f"/apis/{api.group}/{api.version}" if api.group else f"/api/{api.version}"
    scope = f"/namespaces/{segment(namespace)}" if namespace else ""
    return f"{root}{scope}/{api.plural}{f'/{segment(name)}' if name else ''}"


def pages(
    client: HttpClient, api: ApiResource, namespace: str, *, name: str = "", accept: str = "application/json"
) -> Iterator[Page]:
    """A consistent read, page by page; of the objects of one `name`, where it is given.

    Raises ClusterError; ApiError 410 means that the read must start anew.
    """
    token, size = "", PAGE_SIZE
    selector = {"fieldSelector": f"metadata.name={name}"} if name else {}
    bound = _Bound(client, api)
    while True:
        query = {"limit": str(size)} | selector | ({"continue": token} if token else {})
        try:
            document = client.get(path_of(api, namespace), query, accept=accept)
        except AnswerTooLarge:
            if size == SMALL_PAGE_SIZE:
                raise
            size = SMALL_PAGE_SIZE
            continue
        page, token = _parsed(client, api, document)
        yield page
        if not token:
            return
        bound.pass_on(page, token, size)


class _Bound:
    """Lets a list come to an end: a server may give tokens to go on for ever."""

    def __init__(self, client: HttpClient, api: ApiResource) -> None:
        self._client = client
        self._api = api
        self._started = client.clock()
        self._tokens: set[str] = set()
        self._empty = self._short = 0

    def pass_on(self, page: Page, token: str, size: int) -> None:
        """Takes note of a page that is not the last. Raises ClusterError where the list is beyond its bounds."""
        self._empty = 0 if page.items else self._empty + 1
        self._short += 2 * len(page.items) < size
        if reason := self._excess(token):
            raise _malformed(self._client, self._api, reason)
        self._tokens.add(token)

    def _excess(self, token: str) -> str:
        if token in self._tokens:
            return "the same page comes again (limit: repeated page)"
        if self._empty > MAX_EMPTY_PAGES:
            return f"more than {MAX_EMPTY_PAGES} pages without objects follow each other (limit: empty pages)"
        if self._short > MAX_SHORT_PAGES:
            return f"{self._short} of its pages are less than half full (limit: short pages)"
        if len(self._tokens) >= MAX_PAGES:
            return f"it has no end after {len(self._tokens) + 1} pages (limit: list pages)"
        is_late = self._client.clock() - self._started > LIST_TIMEOUT_S
        return f"it has no end after {LIST_TIMEOUT_S:.0f} s (limit: list time)" if is_late else ""


def read_whole(read: Callable[[], None]) -> None:
    """Calls `read`, again where its pages expired meanwhile (410), within bounds. Raises ClusterError."""
    for _ in range(_RESTARTS):
        try:
            return read()
        except ApiError as error:
            if error.status != 410:
                raise
            expired = error
    raise ClusterError(expired.message, code=problem.EXPIRED_LIST, hint="the list changes faster than it can be read")


def completed(api: ApiResource, item: JsonObject) -> JsonObject:
    """An item as an object of its own: the items of a list need not say their type."""
    return {**item, "apiVersion": api.api_version, "kind": api.kind}


def name_of(item: JsonObject) -> tuple[str, str]:
    """Namespace and name; both empty for what is no object."""
    metadata = item.get("metadata")
    if not isinstance(metadata, dict):
        return "", ""
    namespace, name = metadata.get("namespace", ""), metadata.get("name")
    return (namespace, name) if isinstance(namespace, str) and isinstance(name, str) else ("", "")


def _parsed(client: HttpClient, api: ApiResource, document: JsonObject) -> tuple[Page, str]:
    items, metadata, kind = document.get("items"), document.get("metadata"), str(document.get("kind", ""))
    if items is None and kind.endswith("List"):
        items = []
    if not isinstance(items, list) or not isinstance(metadata, dict):
        raise _malformed(client, api, "no list came back")
    if _is_of_another_kind(api, kind):
        raise _malformed(client, api, f"a {kind} came back")
    remaining: Any = metadata.get("remainingItemCount")
    named = [item for item in items if isinstance(item, dict) and name_of(item)[1]]
    page = Page(named, remaining if isinstance(remaining, int) else None, len(named) == len(items))
    return page, str(metadata.get("continue") or "")


def _is_of_another_kind(api: ApiResource, kind: str) -> bool:
    """Whether a list says that it holds objects of another kind. Lists of custom resources may have any name."""
    is_named = kind in ("", "List", f"{api.kind}List") or kind.startswith("PartialObjectMetadata")
    return not is_named and (not kind.endswith("List") or "." not in api.group)


def _malformed(client: HttpClient, api: ApiResource, what: str) -> ClusterError:
    return ClusterError(f"cluster {client.cluster}: cannot list {api.full_name}: {what}", code=problem.UNEXPECTED)
