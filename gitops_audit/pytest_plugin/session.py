"""The audits of one pytest process: where the items get their resources and verdicts from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from gitops_audit.config.load import load
from gitops_audit.config.settings import Settings, with_orphans
from gitops_audit.engine.audit import Audit, utc_now
from gitops_audit.engine.base import audited
from gitops_audit.engine.events import Finished, Judged
from gitops_audit.engine.shield import Shield
from gitops_audit.errors import AuditError
from gitops_audit.history import baseline
from gitops_audit.model.baseline import KnownFinding
from gitops_audit.model.resource import JsonObject
from gitops_audit.model.result import AuditResult, BaseInfo, Part, RunInfo, Summary, part_of, told_once
from gitops_audit.model.subject import Subject
from gitops_audit.model.verdict import Threshold, Verdict
from gitops_audit.pytest_plugin.options import run_options
from gitops_audit.pytest_plugin.progress import AuditProgress
from gitops_audit.pytest_plugin.split import checked, is_evaluated
from gitops_audit.report.base import compared


class Provider(Protocol):
    """An audit as the items see it: made in this process, or read from what the xdist controller made."""

    @property
    def info(self) -> RunInfo: ...

    @property
    def threshold(self) -> Threshold: ...

    def resources(self) -> Sequence[Subject]: ...

    def inventory(self) -> Sequence[Subject]: ...

    def judge(self, selected: Collection[Subject]) -> dict[str, Verdict]: ...

    def notes(self) -> Sequence[str]: ...

    def elsewhere(self) -> Set[Part]: ...

    def resolved(self) -> Sequence[KnownFinding] | None: ...

    def base(self) -> BaseInfo | None: ...

    def declared(self, resource: Subject) -> JsonObject: ...

    def live(self, resource: Subject) -> JsonObject | None: ...

    def close(self) -> None: ...


class LocalAudit:
    """An audit made in this process."""

    def __init__(self, path: Path, config: pytest.Config) -> None:
        self._progress = AuditProgress(config)
        with Shield(), self._progress.shown():
            self.settings = _settings(load(path), config)
            self.options = run_options(config, self._progress.tell)
            today = datetime.now(UTC).date()
            revision = config.getoption("--gitops-base")
            self._start = audited(self.settings, self.options, revision, today) if revision else None
            self.audit = (
                self._start.audit(self.options)
                if self._start
                else Audit(self.settings, self.options, baseline.for_run(self.settings, self.options, today))
            )
            self.audit.prepare()
        self._notes: tuple[str, ...] = ()
        self._elsewhere: Set[Part] = frozenset()
        self._resolved: Sequence[KnownFinding] | None = None
        self._base: BaseInfo | None = None

    @property
    def info(self) -> RunInfo:
        return self.audit.info

    @property
    def threshold(self) -> Threshold:
        return self.audit.threshold

    def resources(self) -> Sequence[Subject]:
        return self.audit.resources

    def inventory(self) -> Sequence[Subject]:
        return self.audit.inventory

    def judge(self, selected: Collection[Subject]) -> dict[str, Verdict]:
        verdicts: dict[str, Verdict] = {}
        with Shield(), self._progress.shown():
            for event in self.audit.run(selected, keeps_live=True):
                if isinstance(event, Judged):
                    verdicts[event.verdict.subject.id] = event.verdict
                elif isinstance(event, Finished):
                    self._notes = (*event.notes, *(self._start.notes if self._start else ()))
                    self._elsewhere = event.summary.elsewhere
                    self._resolved = event.summary.resolved
                    self._base = compared(self._start, self.audit) if self._start else None
        return verdicts

    def notes(self) -> Sequence[str]:
        return self._notes

    def elsewhere(self) -> Set[Part]:
        return self._elsewhere

    def resolved(self) -> Sequence[KnownFinding] | None:
        return self._resolved

    def base(self) -> BaseInfo | None:
        return self._base

    def declared(self, resource: Subject) -> JsonObject:
        with Shield():
            return self.audit.declared(resource)

    def live(self, resource: Subject) -> JsonObject | None:
        with Shield():
            return self.audit.live(resource)

    def close(self) -> None:
        self.audit.close()


def _settings(settings: Settings, config: pytest.Config) -> Settings:
    """What is to be deleted must be found: a remediation that prunes searches for undeclared objects."""
    is_pruning = config.getoption("--gitops-remediate") and settings.remediation.prune
    return with_orphans(settings) if is_pruning else settings


class AuditRun:
    """One configuration's audit: its resources at collection, its verdicts from the first test on."""

    def __init__(self, path: Path, provider: Provider) -> None:
        self.path = path
        self.provider = provider
        self.commits = {s.name: s.commit for s in provider.info.sources}
        self._verdicts: dict[str, Verdict] = {}
        self._executed: dict[str, Verdict] = {}
        self._failure: AuditError | None = None
        self._evaluated: dict[Part, bool] = {}

    def resources(self) -> Sequence[Subject]:
        return self.provider.resources()

    @property
    def is_empty_shard(self) -> bool:
        """Whether other shards audit all resources."""
        return bool(self.provider.inventory()) and not self.provider.resources()

    def judge(self, selected: Iterable[Subject]) -> dict[str, Verdict]:
        """Judges what is not judged yet, all at once: reading is per kind, not per test.

        Raises AuditError; having failed once, it tries no more.
        """
        if self._failure is not None:
            raise self._failure.with_traceback(None)
        missing = {r.id: r for r in selected if r.id not in self._verdicts}
        if missing:
            try:
                self._verdicts |= self.provider.judge(missing.values())
            except AuditError as error:
                self._failure = error
                raise
        return self._verdicts

    def remediated(self, verdicts: Mapping[str, Verdict]) -> None:
        """Puts verdicts that say what was done about their drift in the place of those that were judged."""
        self._verdicts |= verdicts

    def verdict(self, resource_id: str) -> Verdict | None:
        """None before `judge`."""
        return self._verdicts.get(resource_id)

    def record(self, resource_id: str, check: str, *, is_skipped: bool) -> None:
        """Notes that the test of a resource ran; `is_skipped`: by a marker, so that it came to no answer."""
        verdict = self._verdicts.get(resource_id)
        if verdict is None:
            return
        self._executed[resource_id] = verdict
        part = part_of(verdict)
        if not self._evaluated.get(part):
            is_marked = is_skipped and not verdict.skip_reason
            self._evaluated[part] = not is_marked and is_evaluated(verdict, check)

    @property
    def unanswered(self) -> Mapping[Part, str]:
        """A sentence for every source of which tests ran, and none came to an answer."""
        return Summary(evaluated=self._evaluated, elsewhere={*self.provider.elsewhere()}).unanswered

    @property
    def executed(self) -> Sequence[Verdict]:
        return list(self._executed.values())

    @property
    def summary(self) -> Summary:
        summary = Summary(resolved=self.provider.resolved())
        for verdict in self._executed.values():
            summary.add(verdict)
        return summary

    @property
    def result(self) -> AuditResult:
        """What came of the tests that ran."""
        provider = self.provider
        notes = tuple(provider.notes())
        return AuditResult(provider.info, utc_now(), self.summary, self.executed, notes, provider.base())


class AuditSession:
    """All audits of this pytest process, by configuration file."""

    def __init__(self, config: pytest.Config, files: Sequence[Path]) -> None:
        self.config = config
        self.files = tuple(files)
        self.runs: dict[Path, AuditRun] = {}
        self._by_name: dict[str, AuditRun] = {}
        self._failures: dict[Path, AuditError] = {}

    def run(self, path: Path) -> AuditRun:
        """The audit of a configuration, prepared on first use. Raises AuditError, for one path always the same."""
        if path in self._failures:
            raise self._failures[path].with_traceback(None)
        if path not in self.runs:
            try:
                self.runs[path] = self._by_name[str(path)] = AuditRun(path, self._provider(path))
            except AuditError as error:
                self._failures[path] = error
                raise
        return self.runs[path]

    def result(self) -> AuditResult:
        """One result of all configurations; what could not be audited at all is a note in it."""
        runs = self.runs.values()
        clusters = tuple(dict.fromkeys(c for run in runs for c in run.provider.info.clusters))
        sources = tuple(s for run in runs for s in run.provider.info.sources)
        shard = next((run.provider.info.shard for run in runs), None)
        policies = tuple(dict.fromkeys(p for run in runs for p in run.provider.info.policies))
        started_at = min((run.provider.info.started_at for run in runs), default=utc_now())
        verdicts = tuple(v for run in runs for v in run.executed)
        known = [found for run in runs if (found := run.provider.resolved()) is not None]
        summary = Summary(
            elsewhere={part for run in runs for part in run.provider.elsewhere()},
            resolved=[entry for found in known for entry in found] if known else None,
        )
        for verdict in verdicts:
            summary.add(verdict)
        failures = (f"{path.name} was not audited: {error}" for path, error in self._failures.items())
        notes = dict.fromkeys((*failures, *(note for run in runs for note in run.provider.notes())))
        info = RunInfo(started_at, clusters, sources, shard, policies)
        return AuditResult(info, utc_now(), summary, verdicts, tuple(notes), self._base())

    def _base(self) -> BaseInfo | None:
        """What all audits were compared with. Configurations of several repositories have a commit each."""
        bases = [base for run in self.runs.values() if (base := run.provider.base()) is not None]
        if not bases:
            return None
        commits = ", ".join(dict.fromkeys(base.commit for base in bases))
        return BaseInfo(bases[0].revision, commits, tuple(change for base in bases for change in base.changes))

    def _provider(self, path: Path) -> Provider:
        shared: dict[str, str] = getattr(self.config, "workerinput", {}).get("gitops_audit", {})
        if str(path) in shared:
            from gitops_audit.pytest_plugin.distributed import SharedAudit

            return SharedAudit(Path(shared[str(path)]))
        return LocalAudit(path, self.config)

    def record(self, report: pytest.TestReport) -> None:
        """Notes that a resource's test ran, from its report; works in the process that prints, xdist or not."""
        path, resource_id, check = getattr(report, "gitops_audit", ("", "", ""))
        run = self._by_name.get(path)
        if run is not None:
            run.record(resource_id, check, is_skipped=report.outcome == "skipped")

    @property
    def unevaluated(self) -> Sequence[str]:
        """What no test of this run came to an answer about, though it was selected."""
        return [sentence for run in self.runs.values() for sentence in told_once(run.unanswered)]

    @property
    def is_empty_shard(self) -> bool:
        """Whether other shards audit all resources of all configurations."""
        return len(self.runs) == len(self.files) and all(run.is_empty_shard for run in self.runs.values())

    def verdict(self, report: pytest.TestReport) -> Verdict | None:
        """What the test of a report was about, also where it ran in another process."""
        path, resource_id, check = getattr(report, "gitops_audit", ("", "", ""))
        run = self._by_name.get(path)
        verdict = run.verdict(resource_id) if run else None
        return checked(verdict, check, run.provider.threshold) if run and verdict and check else verdict

    def close(self) -> None:
        for run in self.runs.values():
            run.provider.close()
