"""`gitops-audit check` and `diff`: one pass of the audit, as text and as report files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import click

from gitops_audit.cli import console
from gitops_audit.cli.console import Progress
from gitops_audit.cli.options import (
    cli_option,
    configuration,
    report_choices,
    report_command,
    report_targets,
    run_command,
)
from gitops_audit.config.load import load
from gitops_audit.config.settings import Settings
from gitops_audit.engine.audit import Audit, utc_now
from gitops_audit.engine.base import audited
from gitops_audit.engine.events import Finished, Judged, Started
from gitops_audit.engine.interruption import unjudged
from gitops_audit.engine.option import BASE
from gitops_audit.engine.options import RunOptions
from gitops_audit.engine.selection import select
from gitops_audit.history import baseline
from gitops_audit.lifetime import Interrupted
from gitops_audit.model.check import DRIFT, ENGINE, SCHEMA
from gitops_audit.model.printable import printable
from gitops_audit.model.result import NOT_EVALUATED, AuditResult, BaseInfo, ClusterInfo, RunInfo, Summary
from gitops_audit.model.subject import Subject, Unread
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import digest, first_steps, push, text
from gitops_audit.report.base import compared, gone, is_of_the_change, lines
from gitops_audit.report.cause import ErrorCause, Shared, only_cause, shared_causes
from gitops_audit.report.files import STDOUT, ReportFiles
from gitops_audit.report.suggest import suggested_rules


@click.command()
@run_command
@report_command
@cli_option(BASE)
def check(**values: Any) -> None:
    """Audit everything the configuration declares: drift, schemas, policies."""
    settings = load(configuration(values["config_path"]))
    targets, gateway = report_targets(values), values["push_metrics"]
    if gateway is not None:
        push.checked(gateway)
    with ReportFiles(targets, report_choices(values)) as reports:
        collected = _run(settings, values, selectors=())
        unwritten = reports.write(collected.result)
    if unwritten and STDOUT in targets.values():
        console.discard_output()
    if gateway is not None and not collected.interrupted and (unsent := push.push(collected.result, gateway)):
        unwritten.append(unsent)
    for note in reports.notes:
        console.complain(note)
    for error in unwritten:
        console.complain(f"error: {error}")
    if STDOUT not in targets.values():
        is_change = collected.base is not None and not values["verbose"]
        shown = [v for v in collected.verdicts if not (is_change and _is_deployed_later(v))]
        _print_all(shown, is_verbose=values["verbose"])
        _print_summary(collected, is_verbose=values["verbose"])
    if collected.interrupted:
        raise collected.interrupted
    raise click.exceptions.Exit(max(collected.finished.summary.exit_code, *(e.exit_code for e in unwritten), 0))


@click.command()
@run_command
@click.argument("resources", nargs=-1)
@click.option("--suggest-ignore", is_flag=True, help="also print the smallest ignore rules that accept the drift")
def diff(resources: tuple[str, ...], suggest_ignore: bool, **values: Any) -> None:
    """Show the drift of all RESOURCES, or of those that match: `web`, `deploy/web`, `shop/web`, an id, `*/shop/*`."""
    settings = load(configuration(values["config_path"]))
    collected = _run(settings, values, selectors=resources)
    verdicts = [_drift_only(v).judged(collected.audit.threshold) for v in collected.verdicts]
    _print_all(verdicts, is_verbose=values["verbose"])
    if suggest_ignore:
        console.document(suggested_rules(verdicts, datetime.now(UTC).date()))
    counts = Counter(v.drift.status for v in verdicts if v.drift is not None)
    told = ", ".join(f"{n} {status}" for status, n in sorted(counts.items())) or "no cluster was asked"
    console.echo(f"{len(verdicts)} resources; drift: {told}")
    if collected.interrupted:
        raise collected.interrupted
    outcomes = {v.outcome for v in verdicts}
    uncompared = _uncompared(verdicts, collected.info.clusters)
    for reason in uncompared:
        console.complain(f"error: {reason} [{NOT_EVALUATED}]")
    raise click.exceptions.Exit(3 if "error" in outcomes or uncompared else int("failed" in outcomes))


def _drift_only(verdict: Verdict) -> Verdict:
    """A verdict without what policies and schemas say; that a file could not be read stays, for its objects are not
    compared."""
    kept = (DRIFT, SCHEMA) if isinstance(verdict.subject, Unread) else (DRIFT,)
    return replace(verdict, findings=tuple(f for f in verdict.findings if f.check in kept), passed=())


def _uncompared(verdicts: Sequence[Verdict], clusters: Sequence[ClusterInfo]) -> Sequence[str]:
    """Why the comparison looked at nothing: a sentence for each source of which no object was compared."""
    if not any(cluster.is_asked for cluster in clusters):
        return ["nothing was compared: no cluster was asked"]
    parts: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in verdicts:
        parts.setdefault((verdict.subject.key.cluster, verdict.subject.source), []).append(verdict)
    return [
        f"nothing of source {source} was compared with cluster {cluster}: {_reason(found)}"
        for (cluster, source), found in parts.items()
        if not any(v.is_compared or v.outcome in ("failed", "error") for v in found)
    ]


def _reason(verdicts: Sequence[Verdict]) -> str:
    return next((v.skip_reason for v in verdicts if v.skip_reason), "no cluster was asked")


def _is_deployed_later(verdict: Verdict) -> bool:
    """Whether all that is found is known at the base, or what the change will deploy, which its diff shows."""
    return verdict.outcome == "passed" and all(is_of_the_change(f) or f.state == "persisting" for f in verdict.findings)


def collected(settings: Settings, values: dict[str, Any]) -> AuditResult:
    """A whole audit, for what only needs its result. Raises Interrupted where a signal ended it."""
    done = _run(settings, values, selectors=())
    if done.interrupted:
        raise done.interrupted
    return done.result


class _Collected:
    """The events of one run, kept for the reports; `interrupted` where a signal ended it before its time."""

    def __init__(self, audit: Audit) -> None:
        self.audit = audit
        self.info: RunInfo = audit.info
        self.verdicts: list[Verdict] = []
        self.finished = Finished(utc_now(), Summary())
        self.interrupted: Interrupted | None = None
        self.base: BaseInfo | None = None

    @property
    def result(self) -> AuditResult:
        finished = self.finished
        return AuditResult(self.info, finished.finished_at, finished.summary, self.verdicts, finished.notes, self.base)


def _run(settings: Settings, values: dict[str, Any], selectors: tuple[str, ...]) -> _Collected:
    with Progress(is_quiet=values["quiet"]) as progress:
        options = RunOptions.of(values, on_progress=progress.stage, is_verbose=values["verbose"])
        today = datetime.now(UTC).date()
        base = audited(settings, options, values["base"], today) if values.get("base") else None
        audit = base.audit(options) if base else Audit(settings, options, baseline.for_run(settings, options, today))
        collected, chosen = _Collected(audit), list[Subject]()
        try:
            audit.prepare()
            chosen = select(audit.resources, selectors)
            _collect(collected, chosen, progress)
            if base is not None:
                collected.base = compared(base, audit)
                collected.finished = replace(collected.finished, notes=(*collected.finished.notes, *base.notes))
        except Interrupted as interrupted:
            _conclude(
                collected, unjudged(settings, chosen, {v.subject.id for v in collected.verdicts}, str(interrupted))
            )
            collected.interrupted = interrupted
        finally:
            audit.close()
        return collected


def _collect(collected: _Collected, chosen: list[Subject], progress: Progress) -> None:
    collected.info = collected.audit.info
    for event in collected.audit.run(chosen):
        match event:
            case Started(total=total):
                progress.total(total)
            case Judged(verdict=verdict):
                collected.verdicts.append(verdict)
                progress.advance()
            case Finished():
                collected.finished = event


def _conclude(collected: _Collected, unjudged: Iterable[Verdict]) -> None:
    collected.verdicts += unjudged
    for verdict in collected.verdicts:
        collected.finished.summary.add(verdict)


def _print_all(verdicts: Sequence[Verdict], *, is_verbose: bool) -> None:
    """Each resource with findings; at the end, once, the errors that several of them share."""
    shared = shared_causes(verdicts)
    for verdict in verdicts:
        _print(verdict, shared, is_verbose=is_verbose)
    for cause in shared.values():
        first, *rest = cause.lines()
        console.show(text.Line(first, "error"))
        for line in rest:
            console.show(text.Line(line))
        console.echo()


def _print(verdict: Verdict, shared: Mapping[ErrorCause, Shared], *, is_verbose: bool) -> None:
    is_counted = verdict.outcome == "passed" and all(
        f.state == "persisting" or f.check == ENGINE for f in verdict.findings
    )
    if is_counted and verdict.findings and not is_verbose:
        return
    is_told_once = verdict.outcome == "error" and only_cause(verdict) in shared
    is_waived = is_verbose and bool(verdict.findings) and verdict.outcome != "skipped"
    if not is_told_once and (verdict.outcome in ("failed", "error") or verdict.has_findings or is_waived):
        for line in text.lines(verdict, is_verbose=is_verbose, shared=shared):
            console.show(line)
        console.echo()
    elif is_verbose:
        gist = text.one_line(verdict)
        console.echo(f"{verdict.outcome}: {verdict.subject.title}{' - ' + gist if gist else ''}")


def _print_summary(collected: _Collected, *, is_verbose: bool) -> None:
    for line in text.source_lines(collected.info.sources, is_verbose=is_verbose):
        console.echo(line)
    for line in _summary(collected):
        console.echo(line)


def _summary(collected: _Collected) -> Iterator[str]:
    summary = collected.finished.summary
    if collected.base is not None:
        yield from lines(collected.base)
        yield from (f"  {how} {what}" for how, what in gone(collected.result))
    yield from first_steps.lines(collected.result)
    yield from dict.fromkeys(map(_cluster_line, collected.info.clusters))
    yield from digest.unfailing(collected.verdicts, is_verbose=False)
    yield from text.notes(collected.finished.notes, told=summary.unevaluated)
    yield from (printable(f"error: {sentence}") for sentence in summary.unevaluated)
    counts = ", ".join(f"{summary.outcomes[o]} {o}" for o in ("passed", "failed", "error", "skipped"))
    yield f"{summary.resources} resources: {counts}"
    yield from text.states(summary)
    if summary.drift:
        yield "drift: " + ", ".join(f"{n} {status}" for status, n in sorted(summary.drift.items()))
    if summary.violations:
        yield "violations: " + ", ".join(f"{n} {severity}" for severity, n in sorted(summary.violations.items()))


def _cluster_line(cluster: ClusterInfo) -> str:
    if not cluster.is_asked:
        return "no cluster: only what Git declares was checked"
    if not cluster.is_read:
        return f"cluster {cluster.name}: not read"
    version = f"Kubernetes {cluster.version}" if cluster.version else "read; it does not tell its Kubernetes version"
    return f"cluster {cluster.name}: {version}"
