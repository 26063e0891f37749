"""Reads the wanted resources of one server in bulk: few requests, pages filtered as they come, many kinds at once.

Reads are consistent (no `resourceVersion`): what a deployment just wrote is seen. What may not be listed is read in
ever narrower ways; what cannot be read at all becomes a problem of each resource that needed it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import partial

import orjson

from gitops_audit.errors import ClusterError
from gitops_audit.live import problem
from gitops_audit.live.cluster import OnRead
from gitops_audit.live.discovery import ApiResource, Discovery
from gitops_audit.live.http import HttpClient, is_path_segment
from gitops_audit.live.json_text import Unpackable, packed
from gitops_audit.live.listing import completed, name_of, pages, path_of, read_whole
from gitops_audit.live.liveset import Identity, LiveSet, identity
from gitops_audit.live.plan import GetPlan, ListPlan, Plan, Target, first_plans, is_too_long, narrower
from gitops_audit.live.problem import ApiError
from gitops_audit.live.rules import Rules
from gitops_audit.live.workers import Step
from gitops_audit.model.finding import Problem
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared, JsonObject

_FORBIDDEN, _NOT_FOUND = 403, 404
_WORTH_A_REVIEW = 10  # one review of the rules costs less than that many refusals


def get_object(client: HttpClient, redactor: Redactor, api: ApiResource, target: Target) -> JsonObject | None:
    """One object, redacted; None where the server says that it has none. Raises ClusterError."""
    try:
        body = client.get(path_of(api, *target))
    except ApiError as error:
        if error.status == _NOT_FOUND and error.reason == "NotFound":
            return None
        raise
    if not _is_object(api, target, body):
        shown = "/".join(filter(None, target))
        message = f"cluster {client.cluster}: {api.full_name} {shown} was asked for, and something else came back"
        raise ClusterError(message, code=problem.UNEXPECTED, hint="is there a proxy in between?")
    found = redacted(redactor, api, body)
    if isinstance(found, Problem):
        raise ClusterError(f"cluster {client.cluster}: {found.message}", code=found.code)
    parsed: JsonObject = orjson.loads(found)
    return parsed


def _is_object(api: ApiResource, target: Target, body: JsonObject) -> bool:
    return body.get("kind", api.kind) == api.kind and name_of(body) == target


def redacted(redactor: Redactor, api: ApiResource, item: JsonObject) -> bytes | Problem:
    """One item as it may be kept: redacted, as JSON text. What cannot be is a problem of this object alone."""
    try:
        return packed(redactor.redact(completed(api, item)))
    except (Unpackable, RecursionError) as error:
        reason = str(error) if isinstance(error, Unpackable) else "it nests too deeply (limit: object depth)"
        return problem.unusable_object(reason)


class Reader:
    """One read. `steps` is the work to do, by workers.run; `live` is complete when that is done."""

    def __init__(
        self, client: HttpClient, discovery: Discovery, redactor: Redactor, on_read: OnRead | None = None
    ) -> None:
        self.live = LiveSet()
        self.tell: OnRead = on_read or (lambda answered, expected: None)
        self.client = client
        self.redactor = redactor
        self.rules = Rules(client)
        self._discovery = discovery

    def steps(self, wanted: Iterable[Declared]) -> Iterator[Step]:
        """One LIST per kind (and namespace) serves all sources that declare objects of it."""
        kinds: dict[ApiResource, dict[Target, Identity]] = {}
        for resource in wanted:
            found = self._located(resource)
            if isinstance(found, Problem):
                self.live.add_problem(identity(resource), found)
            elif found is None:
                self.live.add_absent(identity(resource))
            else:
                api, target = found
                kinds.setdefault(api, {})[target] = identity(resource)
        self.tell(0, sum(map(len, kinds.values())))
        for api, targets in kinds.items():
            yield from _KindReader(self, api, targets, self._down(api)).steps(first_plans(api, targets))

    def _located(self, resource: Declared) -> tuple[ApiResource, Target] | Problem | None:
        """Where to read it; None where no object can have such a name, which validation tells."""
        key = resource.key
        api = self._discovery.resource(key.group, resource.version, key.kind)
        if api is None:
            return self._unserved(resource)
        target = (key.namespace if api.namespaced else "", key.name)
        if not is_path_segment(key.name) or (api.namespaced and not is_path_segment(key.namespace)):
            return None
        return api, target

    def _unserved(self, resource: Declared) -> Problem:
        key = resource.key
        if reason := self._discovery.failed(key.group, resource.version):
            return problem.api_down(key.group, resource.version, reason)
        served = tuple(api.api_version for api in self._discovery.versions(key.group, key.kind))
        return problem.not_served(key.group, resource.version, key.kind, served)

    def _down(self, api: ApiResource) -> Problem | None:
        reason = self._discovery.failed(api.group, api.version)
        return problem.api_down(api.group, api.version, reason) if reason else None


class _KindReader:
    """The targets of one kind. `down` is the problem to tell where its API was known to be down beforehand."""

    def __init__(self, reader: Reader, api: ApiResource, targets: dict[Target, Identity], down: Problem | None) -> None:
        self._client = reader.client
        self._redactor = reader.redactor
        self._rules = reader.rules
        self._live = reader.live
        self._tell = reader.tell
        self._api = api
        self._targets = targets
        self._down = down
        self._is_named = True  # whether every element that was listed has a name
        self._elsewhere: dict[str, set[str]] = {}  # the other namespaces that have a wanted name

    def steps(self, plans: Iterable[Plan]) -> Iterator[Step]:
        for plan in plans:
            yield partial(self._list, plan) if isinstance(plan, ListPlan) else partial(self._get, plan)

    def _list(self, plan: ListPlan) -> Iterable[Step]:
        found: dict[Target, bytes | Problem] = {}
        try:
            is_whole = self._collect(plan, found)
        except ClusterError as error:
            self._tell(-len(found), 0)
            is_forbidden = isinstance(error, ApiError) and error.status == _FORBIDDEN
            if is_forbidden and not plan.is_last:
                return self.steps(narrower(self._api, plan, self._permitted(plan)))
            reason = problem.forbidden(self._api, plan.namespace) if is_forbidden else self._unlisted(error)
            self._fail(plan.targets, reason)
            return ()
        missing = plan.targets - found.keys()
        for target, body in found.items():
            if isinstance(body, Problem):
                self._live.add_problem(self._targets[target], body)
            else:
                self._live.add(self._targets[target], body)
        if not is_whole:
            return self.steps(narrower(self._api, plan, missing))
        if not self._is_named:
            self._fail(missing, problem.nameless(self._api))
            return ()
        for target in missing:
            self._absent(target)
        return ()

    def _absent(self, target: Target) -> None:
        self._tell(1, 0)
        self._live.add_absent(self._targets[target], self._elsewhere.get(target[1], ()))

    def _permitted(self, plan: ListPlan) -> Collection[Target]:
        """The targets of a forbidden list that are worth asking for; the others fail here."""
        if (self._api.namespaced and not plan.namespace) or len(plan.targets) < _WORTH_A_REVIEW:
            return plan.targets
        permitted = {t for t in plan.targets if self._rules.may_get(self._api, *t)}
        self._fail(plan.targets - permitted, problem.forbidden(self._api, plan.namespace))
        return permitted

    def _collect(self, plan: ListPlan, found: dict[Target, bytes | Problem]) -> bool:
        """Fills `found`; False where the rest of the list is not worth its pages."""
        is_whole = True

        def read() -> None:
            nonlocal is_whole
            self._tell(-len(found), 0)
            found.clear()
            is_whole = self._filter(plan, found)

        read_whole(read)
        return is_whole

    def _filter(self, plan: ListPlan, found: dict[Target, bytes | Problem]) -> bool:
        is_wide = self._api.namespaced and not plan.namespace
        names = frozenset(name for _, name in plan.targets) if is_wide else frozenset()
        for page in pages(self._client, self._api, plan.namespace):
            self._is_named &= page.is_whole
            before = len(found)
            for item in page.items:
                target = name_of(item)
                if target in plan.targets:
                    found[target] = redacted(self._redactor, self._api, item)
                elif target[1] in names:
                    self._elsewhere.setdefault(target[1], set()).add(target[0])
            self._tell(len(found) - before, 0)
            if len(found) == len(plan.targets):
                return True
            if is_too_long(self._api, plan, plan.targets - found.keys(), page.remaining):
                return False
        return True

    def _get(self, plan: GetPlan) -> Iterable[Step]:
        key = self._targets[plan.target]
        try:
            body = get_object(self._client, self._redactor, self._api, plan.target)
        except ClusterError as error:
            is_forbidden = isinstance(error, ApiError) and error.status == _FORBIDDEN
            if is_forbidden and plan.may_list:
                return self.steps([ListPlan(plan.target[0], frozenset({plan.target}), is_last=True)])
            reason = problem.forbidden(self._api, plan.target[0]) if is_forbidden else self._unlisted(error)
            self._fail((plan.target,), reason)
            return ()
        if body is None:
            self._absent(plan.target)
        else:
            self._tell(1, 0)
            self._live.add(key, body)
        return ()

    def _unlisted(self, error: ClusterError) -> Problem:
        if isinstance(error, ApiError) and error.status == _NOT_FOUND:
            return problem.not_served(self._api.group, self._api.version, self._api.kind, ())
        is_down = self._down and error.code in (problem.BUSY, problem.UNEXPECTED)
        return self._down if self._down and is_down else problem.from_error(error)

    def _fail(self, targets: Collection[Target], reason: Problem) -> None:
        self._tell(len(targets), 0)
        for target in targets:
            self._live.add_problem(self._targets[target], reason)
