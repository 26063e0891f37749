"""Checks that users write as plain tests, run once per managed resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

import pytest

from gitops_audit.errors import AuditError
from gitops_audit.model.resource import Declared, JsonObject, ResourceKey
from gitops_audit.model.verdict import Verdict
from gitops_audit.pytest_plugin.item import item_name
from gitops_audit.pytest_plugin.session import AuditRun, AuditSession

_SELECTORS = ("kind", "group", "namespace", "name", "cluster", "source")


@dataclass(frozen=True, slots=True)
class GitopsResource:
    """One managed resource: what Git declares, what the cluster has (None: absent), what the audit says of it."""

    key: ResourceKey
    source: str
    declared: JsonObject
    live: JsonObject | None
    verdict: Verdict


def parametrize(metafunc: pytest.Metafunc, session: AuditSession | None) -> None:
    """One call per resource that all `gitops` markers of the test select. A bad marker is a usage error."""
    if session is None:
        reason = "no audit in this run: give gitops-audit.yaml as an argument or --gitops-config=FILE"
        metafunc.parametrize(
            "gitops_resource", [pytest.param(None, marks=pytest.mark.skip(reason=reason))], indirect=True
        )
        return
    markers = [m.kwargs for m in metafunc.definition.iter_markers("gitops")]
    for unknown in {k for m in markers for k in m} - set(_SELECTORS):
        raise pytest.UsageError(f"@pytest.mark.gitops({unknown}=...): valid are {', '.join(_SELECTORS)}")
    chosen = [(run, r) for run, r in _resources(session) if all(_selects(m, r) for m in markers)]
    ids = [f"{r.key.cluster}-{item_name(r, '')}" for _, r in chosen]
    metafunc.parametrize("gitops_resource", chosen, ids=ids, indirect=True)


def resource(request: pytest.FixtureRequest, session: AuditSession) -> GitopsResource:
    run, declared = request.param
    verdict = run.judge(run.resources())[declared.id]
    if verdict.outcome == "error" and verdict.drift is None:
        pytest.fail(f"{declared.key} could not be read: {verdict.errors[0].message}", pytrace=False)
    return GitopsResource(declared.key, declared.source, declared.body, run.provider.live(declared), verdict)


def _resources(session: AuditSession) -> list[tuple[AuditRun, Declared]]:
    found: list[tuple[AuditRun, Declared]] = []
    for path in session.files:
        try:
            run = session.run(path)
        except AuditError as error:
            raise pytest.UsageError(str(error)) from None
        found += [(run, r) for r in run.resources() if r.body and not r.skip]
    return found


def _selects(wanted: Mapping[str, str], resource: Declared) -> bool:
    values = resource.key._asdict() | {"source": resource.source}
    return all(fnmatchcase(values[part], pattern) for part, pattern in wanted.items())
