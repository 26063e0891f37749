"""What is no field, or has not its type, is told: no option of an Application counts in silence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gitops_audit.deployer.argocd import fields
from gitops_audit.deployer.field_fault import Shape
from gitops_audit.model.resource import JsonObject
from tests.unit.deployer.argocd.engine import HERE, application, application_set, expanded, from_git, only, reasons


def places(shape: Shape, *above: str) -> Iterator[tuple[str, ...]]:
    """Each field that has a type of its own, as the steps that lead to it; `[]` is an element of a list."""
    if isinstance(shape, list):
        yield from places(shape[0], *above, "[]")
    elif isinstance(shape, dict) and "*" not in shape:
        for name, child in shape.items():
            yield (*above, name)
            yield from places(child, *above, name)


def nested(steps: tuple[str, ...], value: Any) -> Any:
    for step in reversed(steps):
        value = [value] if step == "[]" else {step: value}
    return value


def typed(shape: Shape) -> list[tuple[str, ...]]:
    def at(steps: tuple[str, ...]) -> Shape:
        found = shape
        for step in steps:
            found = found[0] if step == "[]" else found[step]
        return found

    return [steps for steps in places(shape) if at(steps) is not None]


@pytest.mark.parametrize("steps", typed(fields.APPLICATION), ids=".".join)
def test_a_field_of_an_application_that_has_not_its_type_is_an_error_at_its_place(steps: tuple[str, ...]) -> None:
    body = application("{}")
    body["spec"] = nested(steps, 1.5)
    [problem] = expanded(body).problems
    name = "spec." + ".".join(steps).replace(".[]", "[0]")
    assert f" at argocd/apps.yaml:1 cannot be followed: {name} must be " in problem.error.message
    assert problem.error.where is not None
    assert str(problem.error.where) == "argocd/apps.yaml:1"


@pytest.mark.parametrize("steps", typed(fields.APPLICATION_SET), ids=".".join)
def test_a_field_of_a_set_that_has_not_its_type_is_an_error(steps: tuple[str, ...]) -> None:
    body = application_set("{}")
    body["spec"] = nested(steps, 1.5)
    [problem] = expanded(body).problems
    assert " must be " in problem.error.message


def test_the_other_applications_of_a_file_are_followed_all_the_same() -> None:
    odd: JsonObject = from_git("kustomize: {replicas: 5}") | {"metadata": {"name": "odd", "namespace": "argocd"}}
    found = expanded(odd, from_git(""))
    assert [source.name for source in found.sources] == ["fleet.shop"]
    assert [p.source.name for p in found.problems] == ["fleet.odd"]


@pytest.mark.parametrize("source", ["helm: {valuesFiles: [a.yaml]}", "kustomise: {}"])
def test_a_field_that_nobody_knows_is_told(source: str) -> None:
    [note] = expanded(from_git(source)).notes
    assert "is no field of it that the audit knows, and changes nothing" in note
    assert "spec.source." in note


def test_a_field_of_a_set_that_nobody_knows_is_told() -> None:
    body = application_set("{generators: [], goTemplates: true}")
    assert "spec.goTemplates is no field" in expanded(body).notes[0]


def test_a_field_of_a_file_of_overrides_that_has_not_its_type_is_an_error() -> None:
    found = expanded(from_git(""), files={"apps/.argocd-source.yaml": "kustomize: {images: nginx}"})
    assert reasons(found)[0].endswith("apps/.argocd-source.yaml.kustomize.images must be a list")


def test_null_is_a_field_that_is_not_there() -> None:
    spec = f"source: {{repoURL: {HERE}, path: a, helm: null, kustomize: {{images: null}}}}\nsyncPolicy: null"
    assert only(expanded(application(spec))).type == "kustomize"


def test_what_a_name_holds_cannot_paint_the_terminal() -> None:
    body = from_git("")
    body["spec"]["\x1b[31mred"] = 1
    assert "\x1b" not in expanded(body).notes[0]
