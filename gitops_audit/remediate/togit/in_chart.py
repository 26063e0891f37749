"""The value in the values of a chart, where a key leads to it: rendering tells whether it does."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_audit.model.finding import ABSENT
from gitops_audit.remediate.togit import leaf
from gitops_audit.remediate.togit.document import Document
from gitops_audit.remediate.togit.node import Uneditable
from gitops_audit.remediate.togit.task import Edit, Files, Task
from gitops_audit.render.kustomization import join

UNKNOWN = "no key of its value files leads to the live value: a template computes it, or the value is set elsewhere"


def edits(task: Task, files: Files) -> Iterator[Edit]:
    """The value files of the source, the last one first, then the chart's own; at last a key that only the chart's own
    file has, set in the last value file: other sources may use the chart."""
    config = task.config
    named = [name[1:] if name.startswith("/") else join(config.path, name) for name in config.helm.value_files]
    own = f"{config.path}/values.yaml" if config.path else "values.yaml"
    for path in [*reversed(named), own]:
        yield from leaf.in_values(task, path, files)
    if not named or not files.has(own):
        return
    try:
        defaults = Document.first(files.read(own)).value
    except Uneditable:
        return
    for way, new in leaf.candidates_in(task, defaults):
        if new is not ABSENT and all(isinstance(token, str) for token in way):
            yield leaf.setting_in(named[-1], way, new)
