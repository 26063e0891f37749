"""`gitops-audit check` and `diff`: one pass of the audit, as text and as report files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import click

from gitops_audit.cli import console
from gitops_audit.cli.options import (
    cli_option,
    configuration,
    report_choices,
    report_command,
    report_targets,
    run_command,
)
from gitops_audit.cli.progress import Progress
from gitops_audit.config.load import load
from gitops_audit.config.settings import Settings
from gitops_audit.engine.audit import Audit, utc_now
from gitops_audit.engine.base import audited
from gitops_audit.engine.events import Finished, Judged
from gitops_audit.engine.interruption import unjudged
from gitops_audit.engine.option import BASE
from gitops_audit.engine.options import RunOptions
from gitops_audit.engine.selection import select
from gitops_audit.history import baseline
from gitops_audit.lifetime import Interrupted
from gitops_audit.model.check import DRIFT, ENGINE, SCHEMA
from gitops_audit.model.how_many import how_many
from gitops_audit.model.result import NOT_EVALUATED, AuditResult, BaseInfo, ClusterInfo, RunInfo, Summary
from gitops_audit.model.subject import Subject, Unread
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import details, push, text
from gitops_audit.report.base import compared, gone, is_of_the_change, lines
from gitops_audit.report.cause import ErrorCause, Shared, only_cause, shared_causes
from gitops_audit.report.closing import Closing
from gitops_audit.report.files import STDOUT, ReportFiles
from gitops_audit.report.source_lines import source_lines
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
        shown = [v for v in collected.verdicts if not (is_change and _adds_nothing(v))]
        if values["verbose"]:
            _print_all(shown, is_verbose=True)
        else:
            _print_worst(shown, collected.result)
        _print_closing(collected, is_verbose=values["verbose"])
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
    _print_causes(verdicts)
    if suggest_ignore:
        console.document(suggested_rules(verdicts, datetime.now(UTC).date()))
    counts = Counter(v.drift.status for v in verdicts if v.drift is not None)
    told = ", ".join(f"{n} {status}" for status, n in sorted(counts.items())) or text.uncompared(
        collected.info.clusters
    )
    console.echo(f"{how_many(len(verdicts), 'resource')}; drift: {told}")
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


def _adds_nothing(verdict: Verdict) -> bool:
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
            _collect(collected, chosen)
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


def _collect(collected: _Collected, chosen: list[Subject]) -> None:
    collected.info = collected.audit.info
    for event in collected.audit.run(chosen):
        match event:
            case Judged(verdict=verdict):
                collected.verdicts.append(verdict)
            case Finished():
                collected.finished = event


def _conclude(collected: _Collected, unjudged: Iterable[Verdict]) -> None:
    collected.verdicts += unjudged
    for verdict in collected.verdicts:
        collected.finished.summary.add(verdict)


def _print_all(verdicts: Sequence[Verdict], *, is_verbose: bool) -> None:
    """Each resource with findings; of errors that several of them share, nothing but their number is told later."""
    shared = shared_causes(verdicts)
    for verdict in verdicts:
        _print(verdict, shared, is_verbose=is_verbose)


def _print_causes(verdicts: Sequence[Verdict]) -> None:
    """Once each, the errors that several resources share."""
    for cause in shared_causes(verdicts).values():
        first, *rest = cause.lines()
        console.show(text.Line(first, "error"))
        for line in rest:
            console.show(text.Line(line))
        console.echo()


def _print_worst(verdicts: Sequence[Verdict], result: AuditResult) -> None:
    """The worst in full, more of the same in one line, and how many are left out."""
    shared = shared_causes(verdicts)
    told = [v for v in verdicts if _is_told(v, shared)]
    chosen = list(details.chosen(told, result))
    for verdict, is_full in chosen:
        if is_full:
            _print(verdict, shared, is_verbose=False)
        else:
            console.show(details.brief(verdict))
    if left := len(told) - len(chosen):
        more = f"and {how_many(left, 'more resource')} with findings: -v shows all, --html FILE is easier to read"
        console.show(text.Line(more, "dim"))
    if left or (chosen and not chosen[-1][1]):
        console.echo()


def _print(verdict: Verdict, shared: Mapping[ErrorCause, Shared], *, is_verbose: bool) -> None:
    is_waived = is_verbose and bool(verdict.findings) and verdict.outcome != "skipped"
    is_alone = verdict.outcome != "error" or only_cause(verdict) not in shared
    if _is_told(verdict, shared, is_verbose=is_verbose) or (is_waived and is_alone):
        for line in text.lines(verdict, is_verbose=is_verbose, shared=shared):
            console.show(line)
        console.echo()
    elif is_verbose:
        gist = text.one_line(verdict)
        console.echo(f"{verdict.outcome}: {verdict.subject.title}{' - ' + gist if gist else ''}")


def _is_told(verdict: Verdict, shared: Container[ErrorCause], *, is_verbose: bool = False) -> bool:
    """Whether a resource is shown: not for what is known, or a point of style of an engine, which are counted; nor for
    an error that is told once for many resources."""
    is_counted = verdict.outcome == "passed" and all(
        f.state == "persisting" or f.check == ENGINE for f in verdict.findings
    )
    if (is_counted and not is_verbose) or (verdict.outcome == "error" and only_cause(verdict) in shared):
        return False
    return verdict.outcome in ("failed", "error") or verdict.has_findings


def _print_closing(collected: _Collected, *, is_verbose: bool) -> None:
    result = collected.result
    if result.base is not None:
        for line in (*lines(result.base), *(f"  {how} {what}" for how, what in gone(result))):
            console.show(text.Line(line))
    facts = list(source_lines(collected.info.sources, is_verbose=is_verbose))
    console.page(Closing(result, console.screen(), facts, list(_counts(result)), is_verbose).lines())


def _counts(result: AuditResult) -> Iterator[text.Line]:
    summary = result.summary
    yield from (text.Line(f"error: {sentence}", "error") for sentence in summary.unevaluated)
    counts = ", ".join(f"{summary.outcomes[o]} {o}" for o in ("passed", "failed", "error", "skipped"))
    style: text.Style = "error" if summary.exit_code == 3 else "high" if summary.exit_code else "good"
    yield text.Line(f"{how_many(summary.resources, 'resource')}: {counts}", style)
    drift = (text.drift(result),) if summary.drift else ()
    yield from map(text.Line, (*text.states(summary), *drift, *text.violations(summary)))
