"""The table of all controls and versions, for docs/reference/pod-security.md (a test compares the two)."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_audit.policy.pod_security.registry import CONTROLS, Control, Revision


def table() -> str:
    """One Markdown row for each revision of each control, from the code that judges."""
    head = ["| control | check | level | versions | rule | replaces |", "|---|---|---|---|---|---|"]
    return "\n".join(head + [row for control in CONTROLS for row in _rows(control)]) + "\n"


def _rows(control: Control) -> Iterator[str]:
    ends = [f"1.{later.since - 1}" for later in control.revisions[1:]] + ["latest"]
    for revision, end in zip(control.revisions, ends, strict=True):
        yield _row(control, revision, end)


def _row(control: Control, revision: Revision, end: str) -> str:
    rule = (revision.judge.__doc__ or "").strip().removesuffix(".")
    replaces = f"`{revision.overrides}`" if revision.overrides else ""
    cells = (control.name, f"`{control.id}`", control.level, f"1.{revision.since} to {end}", rule, replaces)
    return "| " + " | ".join(cells) + " |"
