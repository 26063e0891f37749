"""pytest-xdist: the controller reads Git and the clusters once and shares what it found; no worker reads anything."""

from __future__ import annotations

import contextlib
import os
import pickle
from collections.abc import Callable, Collection, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from gitops_audit.errors import AuditError
from gitops_audit.lifetime import temporary_tree
from gitops_audit.model.baseline import KnownFinding
from gitops_audit.model.resource import Declared, JsonObject
from gitops_audit.model.result import BaseInfo, Part, RunInfo
from gitops_audit.model.subject import Subject
from gitops_audit.model.verdict import Threshold, Verdict
from gitops_audit.pytest_plugin.session import AuditRun, AuditSession


@dataclass(frozen=True, slots=True)
class _Shared:
    info: RunInfo
    threshold: Threshold
    resources: tuple[Subject, ...]
    inventory: tuple[Subject, ...]
    verdicts: dict[str, Verdict]
    notes: tuple[str, ...]
    elsewhere: Set[Part]
    resolved: Sequence[KnownFinding] | None
    base: BaseInfo | None


Remediate = Callable[[AuditRun, Sequence[Subject]], None]


class Controller:
    """In the controller: judges everything before the workers start and hands each the path of the result."""

    def __init__(self, session: AuditSession, remediate: Remediate | None = None) -> None:
        """`remediate` plans or repairs what is found, before it is shared."""
        self.session = session
        self._remediate = remediate
        self._held = contextlib.ExitStack()
        self._folder = self._held.enter_context(temporary_tree())
        self._shared: dict[str, str] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        try:
            for number, path in enumerate(self.session.files):
                target = self._folder / f"{number}.pickle"
                self._share(path, target)
                self._shared[str(path)] = str(target)
        except AuditError as error:
            raise pytest.UsageError(str(error)) from None

    def _share(self, path: Path, target: Path) -> None:
        run = self.session.run(path)
        resources = tuple(run.resources())
        verdicts = run.judge(resources)
        if self._remediate is not None and not self.session.config.option.collectonly:
            self._remediate(run, resources)
            verdicts = run.judge(resources)
        provider = run.provider
        resources = tuple(_with_body(r, provider.declared(r)) for r in resources)
        inventory = tuple(provider.inventory())
        about = provider.info, provider.threshold
        _write(
            target,
            _Shared(
                *about,
                resources,
                inventory,
                verdicts,
                tuple(provider.notes()),
                provider.elsewhere(),
                provider.resolved(),
                provider.base(),
            ),
        )
        live = ((r.id, provider.live(r)) for r in resources)
        _write(_live_file(target), {name: orjson.dumps(body) for name, body in live if body is not None})

    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["gitops_audit"] = self._shared

    def pytest_sessionfinish(self) -> None:
        self._held.close()


def _with_body(resource: Subject, body: JsonObject) -> Subject:
    if body is resource.body or not isinstance(resource, Declared):
        return resource
    return replace(resource, body=body)


def _write(target: Path, value: object) -> None:
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        pickle.dump(value, file, protocol=pickle.HIGHEST_PROTOCOL)


def _read(path: Path) -> Any:
    return pickle.loads(path.read_bytes())  # noqa: S301 - our own file, in our own 0700 folder


def _live_file(target: Path) -> Path:
    """Apart from the verdicts: only own checks look at live objects."""
    return target.with_suffix(".live")


class SharedAudit:
    """In a worker: the audit that the controller made."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._shared: _Shared = _read(path)
        self._live: dict[str, bytes] | None = None

    @property
    def info(self) -> RunInfo:
        return self._shared.info

    @property
    def threshold(self) -> Threshold:
        return self._shared.threshold

    def resources(self) -> Sequence[Subject]:
        return self._shared.resources

    def inventory(self) -> Sequence[Subject]:
        return self._shared.inventory

    def judge(self, selected: Collection[Subject]) -> dict[str, Verdict]:
        return self._shared.verdicts

    def notes(self) -> Sequence[str]:
        return self._shared.notes

    def elsewhere(self) -> Set[Part]:
        return self._shared.elsewhere

    def resolved(self) -> Sequence[KnownFinding] | None:
        return self._shared.resolved

    def base(self) -> BaseInfo | None:
        return self._shared.base

    def declared(self, resource: Subject) -> JsonObject:
        return resource.body

    def live(self, resource: Subject) -> JsonObject | None:
        if self._live is None:
            self._live = _read(_live_file(self._path))
        found = self._live.get(resource.id)
        body: JsonObject | None = orjson.loads(found) if found is not None else None
        return body

    def close(self) -> None:
        """Nothing is held open."""
