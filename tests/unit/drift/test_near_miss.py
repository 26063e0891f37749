"""A dead rule says what it came nearest to."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.config.settings import DriftConfig, IgnoreRule
from gitops_audit.drift import Comparer
from gitops_audit.kube.match import Match
from tests.unit.drift.samples import TODAY, declared, deployment, entry, live, schema_of


def workload(image: str) -> dict[str, Any]:
    containers = [{"name": "web", "image": image}]
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers}}
    return deployment(template=template, replicas=2 if image == "a" else 3)


def miss(match: Match, **parts: Any) -> str:
    comparer = Comparer(DriftConfig(ignore=(IgnoreRule(match, **parts),)), today=TODAY)
    account, body = comparer.ledger(), workload("a")
    edit = entry("kubectl-edit", {"spec": {"replicas": 3}})
    account.note(declared(body), comparer.compare(declared(body), live(workload("b"), edit), schema_of(body)))
    (report,) = account.report()
    assert report.faults[:1] == ("dead",)
    return report.why("dead")


@pytest.mark.parametrize(
    ("match", "words"),
    [
        (Match(kind="deployment"), "no kind is 'deployment': did you mean 'Deployment'?"),
        (Match(kind="Deployment", group=""), "no group is '': there is 'apps'"),
        (Match(kind="Deployment", namespace="shops"), "no namespace is 'shops': did you mean 'shop'?"),
        (Match(name="api"), "no name is 'api': there is 'web'"),
        (Match(labels=(("tier", "web"),)), "no resource has the label tier as it says"),
        (Match(kind="deploymnt", namespace="x"), "did you mean 'Deployment'?"),
    ],
)
def test_a_match_that_selects_nothing_names_the_part_that_is_wrong(match: Match, words: str) -> None:
    assert words in miss(match, fields=("/spec/replicas",))


IMAGE = "/spec/template/spec/containers/[name=web]/image"


@pytest.mark.parametrize(
    ("field", "nearest"),
    [
        ("/spec/replica", "/spec/replicas"),
        ("/spec.replicas", "/spec/replicas"),
        ("/spec/template/spec/containers/web/image", IMAGE),
        ("/spec/template/spec/containers/[name=app]/image", IMAGE),
        ("/spec/template/spec/container/[name=web]/image", IMAGE),
    ],
)
def test_fields_that_cover_nothing_name_the_nearest_difference(field: str, nearest: str) -> None:
    assert miss(Match(), fields=(field,)) == f"it hid nothing; the nearest difference is {nearest}"


def test_managers_that_wrote_nothing_name_who_did() -> None:
    assert "did you mean 'kubectl-edit'?" in miss(Match(), managers=("kubectl-edits",))


def test_a_rule_for_statuses_says_that_nothing_is_so() -> None:
    assert "nothing among the one resource it selects is missing" in miss(
        Match(kind="Deployment"), statuses=("missing",)
    )
