"""A variable of Flux where only a name, a number or a label can stand is no value: an error, also without a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gitops_audit.model.resource import JsonObject
from tests.faults.test_placeholders_compared_as_content import MAP, deployment, run


def named(**metadata: Any) -> JsonObject:
    return MAP | {"metadata": MAP["metadata"] | metadata}


@pytest.mark.parametrize(
    ("declared", "field"),
    [
        (named(name="${APP}"), "metadata.name"),
        (named(name="web-${APP:-shop}"), "metadata.name"),
        (named(namespace="${TEAM}"), "metadata.namespace"),
        (named(labels={"tier": "${TIER}"}), "metadata.labels.tier"),
        (deployment("web:1") | {"spec": deployment("web:1")["spec"] | {"replicas": "${N}"}}, "spec.replicas"),
    ],
)
def test_a_variable_where_it_cannot_stand_is_an_error_with_the_reason(
    tmp_path: Path, declared: JsonObject, field: str
) -> None:
    (verdict,) = run(tmp_path, declared)
    assert (verdict.outcome, verdict.found("schema"), [e.rule for e in verdict.unevaluated]) == ("error", (), ["GA223"])
    assert field in verdict.unevaluated[0].message
    assert "which Flux replaces after the build" in verdict.unevaluated[0].message


def test_a_variable_in_a_free_text_is_valid_and_told(tmp_path: Path) -> None:
    found = run(tmp_path, deployment("web:${TAG}"))
    assert found.exit_code == 0
    assert any("`${TAG}`" in note for note in found.finished.notes)


@pytest.mark.parametrize(
    "declared",
    [MAP | {"data": {"run.sh": "echo ${HOME}\n"}}, deployment("web:1", command=["sh", "-c", "cd ${HOME}"])],
    ids=["a script", "a command"],
)
def test_the_variables_of_a_shell_are_no_news(tmp_path: Path, declared: JsonObject) -> None:
    found = run(tmp_path, declared)
    assert (found.exit_code, [n for n in found.finished.notes if "${" in n]) == (0, [])
