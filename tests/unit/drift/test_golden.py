"""Whole objects as a real API server gave them, with the drift they hold: tests/golden."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_audit.model.finding import Change
from tests.unit.drift.samples import compared

GOLDEN = Path(__file__).parents[2] / "golden"
CASES = sorted(path.name.removesuffix("-declared.yaml") for path in GOLDEN.glob("*-declared.yaml"))


def load(case: str, part: str) -> Any:
    loader = yaml.BaseLoader if part == "expected" else Loader
    return yaml.load((GOLDEN / f"{case}-{part}.yaml").read_text(), loader)  # noqa: S506 (both are safe loaders)


class Loader(yaml.CSafeLoader):
    """YAML without timestamps, as Kubernetes reads it."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def written(change: Change) -> dict[str, Any]:
    by = change.by
    names = ("manager", "operation", "subresource", "class")
    owner = (
        "null"
        if by is None
        else dict(zip(names, (by.manager, by.operation, by.subresource, by.manager_class), strict=True))
    )
    return {"type": change.type, "path": change.path, "pointer": change.pointer, "cause": change.cause, "by": owner}


def test_there_are_cases() -> None:
    assert len(CASES) > 10


@pytest.mark.parametrize("case", CASES)
def test_the_drift_of_a_recorded_object_is_what_was_judged(case: str) -> None:
    drift = compared(load(case, "declared"), load(case, "live"))
    assert {"status": drift.status, "changes": [written(c) for c in drift.changes]} == load(case, "expected")
