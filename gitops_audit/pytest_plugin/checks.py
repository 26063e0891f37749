"""Checks that users write as plain tests, run once per managed resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeGuard

import pytest

from gitops_audit.config.suggest import did_you_mean
from gitops_audit.errors import AuditError
from gitops_audit.kube.glob import is_like
from gitops_audit.model.resource import Declared, JsonObject, ResourceKey
from gitops_audit.model.subject import Subject
from gitops_audit.model.verdict import Verdict
from gitops_audit.pytest_plugin.item import item_name
from gitops_audit.pytest_plugin.session import AuditRun, AuditSession

_SELECTORS = ("kind", "group", "namespace", "name", "cluster", "source")
_ALLOW_EMPTY = "allow_empty"


@dataclass(frozen=True, slots=True)
class GitopsResource:
    """One managed resource: what Git declares, what the cluster has (None: absent), what the audit says of it."""

    key: ResourceKey
    source: str
    declared: JsonObject
    live: JsonObject | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Nothing:
    """In place of a resource: why a test has none, and whether that may be."""

    reason: str
    is_allowed: bool

    def end(self) -> NoReturn:
        if self.is_allowed:
            pytest.skip(self.reason)
        pytest.fail(self.reason, pytrace=False)


def parametrize(metafunc: pytest.Metafunc, session: AuditSession | None) -> None:
    """One call per resource that all `gitops` markers of the test select, or one that says why there is none."""
    if session is None:
        reason = "no audit in this run: give gitops-audit.yaml as an argument or --gitops-config=FILE"
        metafunc.parametrize("gitops_resource", [_Nothing(reason, is_allowed=True)], ids=["no-audit"], indirect=True)
        return
    markers = [m for m in metafunc.definition.iter_markers("gitops") if _is_sound(m, metafunc.definition)]
    wanted = [{k: v for k, v in m.kwargs.items() if k != _ALLOW_EMPTY} for m in markers]
    chosen = [(run, r) for run in _runs(session) for r in run.resources() if _is_managed(r) and _matches(wanted, r)]
    if chosen:
        ids = [f"{r.key.cluster}-{item_name(r, '')}" for _, r in chosen]
        metafunc.parametrize("gitops_resource", chosen, ids=ids, indirect=True)
        return
    is_allowed = any(m.kwargs.get(_ALLOW_EMPTY) for m in markers)
    nothing = _nothing(session, wanted, is_allowed=is_allowed)
    metafunc.parametrize("gitops_resource", [nothing], ids=["no-match"], indirect=True)


def resource(request: pytest.FixtureRequest) -> GitopsResource:
    if isinstance(request.param, _Nothing):
        request.param.end()
    run, declared = request.param
    verdict = run.judge(run.resources())[declared.id]
    if verdict.outcome == "error" and verdict.drift is None:
        pytest.fail(f"{declared.key} could not be read: {verdict.errors[0].message}", pytrace=False)
    body, live = run.provider.declared(declared), run.provider.live(declared)
    return GitopsResource(declared.key, declared.source, body, live, verdict)


def _is_sound(marker: pytest.Mark, test: pytest.Item) -> bool:
    """True, or CollectError: a mistyped selector must not select everything, or nothing."""
    fault = ""
    if marker.args:
        fault = f"{marker.args[0]!r} needs a name before it"
    for name, value in marker.kwargs.items():
        if name not in (*_SELECTORS, _ALLOW_EMPTY):
            fault = f"there is no {name}=. {did_you_mean(name, (*_SELECTORS, _ALLOW_EMPTY))}".rstrip()
        elif not isinstance(value, bool if name == _ALLOW_EMPTY else str):
            fault = f"{name}={value!r} is no {'True or False' if name == _ALLOW_EMPTY else 'text'}"
    if fault:
        valid = f"valid are {', '.join(_SELECTORS)} (text, with wildcards) and {_ALLOW_EMPTY}=True"
        raise pytest.Collector.CollectError(f"{test.nodeid}: @pytest.mark.gitops: {fault}; {valid}")
    return True


def _nothing(session: AuditSession, wanted: Sequence[Mapping[str, str]], *, is_allowed: bool) -> _Nothing:
    selectors = ", ".join(f"{k}={v!r}" for selector in wanted for k, v in selector.items())
    what = f"@pytest.mark.gitops({selectors}) matches no managed resource" if wanted else "there is no managed resource"
    inventory = [r for run in _runs(session) for r in run.provider.inventory() if _is_managed(r)]
    if any(_matches(wanted, r) for r in inventory):
        return _Nothing(f"{what} of this shard", is_allowed=True)
    narrowing = [name for name in ("--gitops-cluster", "--gitops-source") if session.config.getoption(name)]
    if narrowing:
        return _Nothing(f"{what} of those that {' and '.join(narrowing)} left", is_allowed=True)
    hint = " ".join(filter(None, (_suggestion(k, v, inventory) for selector in wanted for k, v in selector.items())))
    return _Nothing(f"{what}. {hint or f'Say {_ALLOW_EMPTY}=True where that may be'}", is_allowed)


def _suggestion(part: str, pattern: str, inventory: Sequence[Subject]) -> str:
    known = {_values(r)[part] for r in inventory}
    return "" if any(is_like(pattern, value) for value in known) else did_you_mean(pattern, known)


def _runs(session: AuditSession) -> Iterator[AuditRun]:
    for path in session.files:
        try:
            yield session.run(path)
        except AuditError as error:
            raise pytest.Collector.CollectError(str(error)) from None


def _is_managed(resource: Subject) -> TypeGuard[Declared]:
    return isinstance(resource, Declared) and not resource.skip


def _matches(wanted: Sequence[Mapping[str, str]], resource: Subject) -> bool:
    values = _values(resource)
    return all(is_like(pattern, values[part]) for selector in wanted for part, pattern in selector.items())


def _values(resource: Subject) -> Mapping[str, str]:
    return resource.key._asdict() | {"source": resource.source}
