"""A plan and the results of a run, for people: counts first, what it costs, then every action with its fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from gitops_audit.model.finding import Change
from gitops_audit.model.remediation import NO_ACTION
from gitops_audit.remediate.choose import Draft
from gitops_audit.remediate.document import Action, Plan
from gitops_audit.remediate.result import RunResult
from gitops_audit.report.diff import shown
from gitops_audit.report.text import Line, Style

_SIGNS = {"create": "+", "apply": "~", "remove-fields": "~", "delete": "-", "recreate": "-/+", "patch-file": "~"}
_STYLES: dict[str, Style] = {"create": "add", "delete": "remove", "recreate": "remove"}


def plan_lines(plan: Plan, drafts: Mapping[str, Draft]) -> Iterator[Line]:
    """`drafts` give the fields, which a plan that was read from a file does not hold."""
    counts = Counter(action.action for action in plan.actions)
    told = ", ".join(f"{n} {name}" for name, n in sorted(counts.items())) or "nothing to do"
    yield Line(f"Plan: {told}; {len(plan.refused)} refused", "title")
    yield from _blast(plan)
    for action in plan.actions:
        yield Line("")
        yield from _action(action, drafts.get(action.id))
    if plan.refused:
        yield Line("")
    for refused in plan.refused:
        yield Line(f"refused: {refused.resource}: {refused.reason}", "error")
    for guard in plan.failed_guards:
        yield Line(f"guard {guard.name} refuses the plan: {guard.detail}", "error")
    yield Line(f"{plan.digest}, until {plan.expires_at}", "dim")


def apply_lines(result: RunResult) -> Iterator[Line]:
    """Of a run that was applied, or gone on with."""
    yield from _results(result, done="done")
    if result.run:
        yield Line(f"run {result.run}: `gitops-audit remediate undo {result.run}` puts it back", "dim")


def undo_lines(result: RunResult) -> Iterator[Line]:
    """Of a run that was taken back: each action is named as it was done once."""
    return _results(result, done="undone")


def _results(result: RunResult, done: str) -> Iterator[Line]:
    for found in result.results:
        style: Style = "" if found.result == "done" or found.is_settled else "error"
        what = found.id if found.action == NO_ACTION else f"{found.action} {found.id}"
        word = done if found.result == "done" else found.result
        yield Line(f"{word}: {what}{': ' + found.message if found.message else ''}", style)
    counts = Counter(done if found.result == "done" else found.result for found in result.results)
    yield Line(", ".join(f"{n} {name}" for name, n in sorted(counts.items())) or "nothing to do", "title")


def _blast(plan: Plan) -> Iterator[Line]:
    restarts = [a.resource for a in plan.actions if a.effect == "restart"]
    losses = [a.resource for a in plan.actions if a.effect == "data-loss"]
    kept = [a.resource for a in plan.actions if not a.undoable]
    for what, found in (("loses data", losses), ("restarts pods", restarts), ("cannot be undone (secret)", kept)):
        if found:
            more = f" and {len(found) - 5} more" if len(found) > 5 else ""
            yield Line(f"{what}: {', '.join(found[:5])}{more}", "error" if found is losses else "hint")


def _action(action: Action, draft: Draft | None) -> Iterator[Line]:
    effect = f" ({action.effect})" if action.effect != "none" else ""
    yield Line(f"{_SIGNS[action.action]} {action.action} {action.id}{effect}", _STYLES.get(action.action, "title"))
    for change in draft.changes if draft else ():
        yield from _change(change)


def _change(change: Change) -> Iterator[Line]:
    if change.type in ("added", "stale"):
        yield Line(f"    - {change.path}: {shown(change.live)}", "remove")
    elif change.type == "removed":
        yield Line(f"    + {change.path}: {shown(change.declared)}", "add")
    else:
        yield Line(f"    ~ {change.path}: {shown(change.live)} -> {shown(change.declared)}")
