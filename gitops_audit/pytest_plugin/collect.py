"""From a configuration file to one item per managed resource (or per resource and check)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest

from gitops_audit.errors import AuditError
from gitops_audit.model.subject import Subject
from gitops_audit.pytest_plugin.item import AuditItem
from gitops_audit.pytest_plugin.options import SESSION
from gitops_audit.pytest_plugin.session import AuditRun
from gitops_audit.pytest_plugin.split import checks_of


class AuditFile(pytest.File):
    """One `gitops-audit.yaml`; below it clusters, below them sources."""

    def collect(self) -> Iterator[pytest.Collector]:
        try:
            run = self.config.stash[SESSION].run(self.path)
            resources = run.resources()
            if self.config.getoption("--gitops-split-checks"):
                run.judge(resources)
        except AuditError as error:
            raise self.CollectError(str(error)) from None
        if not resources and not run.is_empty_shard:
            raise self.CollectError("nothing to audit: the configuration selects no resource [GA231]")
        for cluster, declared in _grouped(resources, lambda r: r.key.cluster):
            yield Group.of(self, cluster, run, declared)


class Group(pytest.Collector):
    """The resources of one cluster, or of one source in it."""

    def __init__(self, *, run: AuditRun, declared: list[Subject], **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.run = run
        self.declared = declared

    @classmethod
    def of(cls, parent: pytest.Collector, name: str, run: AuditRun, declared: list[Subject]) -> Group:
        group: Group = cls.from_parent(parent, name=name, run=run, declared=declared)
        return group

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        if isinstance(self.parent, AuditFile):
            for source, declared in _grouped(self.declared, lambda r: r.source):
                yield Group.of(self, source, self.run, declared)
            return
        split = self.config.getoption("--gitops-split-checks")
        for resource in self.declared:
            verdict = self.run.verdict(resource.id) if split else None
            for check in checks_of(verdict) if verdict else ("",):
                yield AuditItem.of(self, self.run, resource, check)


def _grouped(resources: Iterable[Subject], name: Callable[[Subject], str]) -> Iterator[tuple[str, list[Subject]]]:
    groups: dict[str, list[Subject]] = {}
    for resource in resources:
        groups.setdefault(name(resource), []).append(resource)
    yield from groups.items()
