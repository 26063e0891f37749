"""One pass over a cluster: what breaks at one place stays there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.config.settings import DriftConfig, IgnoreRule, Settings
from gitops_audit.drift import Comparer
from gitops_audit.engine.case import Case
from gitops_audit.engine.check.drift import DriftCheck
from gitops_audit.engine.check.policies import ClusterPolicies, RunPolicies
from gitops_audit.engine.check.schema import SchemaCheck
from gitops_audit.engine.check.validate import Validated, Validator
from gitops_audit.engine.cluster_pass import ClusterPass, Judgement
from gitops_audit.engine.evidence.audit_log import AuditLogs
from gitops_audit.engine.evidence.causes import Causes
from gitops_audit.engine.evidence.confirm import Confirmer
from gitops_audit.engine.evidence.earlier import EarlierSources
from gitops_audit.engine.evidence.elsewhere import Elsewhere
from gitops_audit.engine.evidence.live_scalers import LiveScalers
from gitops_audit.engine.evidence.locate import Locator
from gitops_audit.engine.evidence.mask import Masks
from gitops_audit.engine.options import RunOptions
from gitops_audit.errors import AuditError
from gitops_audit.kube.match import Match
from gitops_audit.live import Refusal
from gitops_audit.model.finding import PolicyResult, Problem
from gitops_audit.model.known_secret import KnownSecrets
from gitops_audit.model.resource import Invalid
from gitops_audit.model.verdict import Threshold, Verdict
from tests.audited import policy_results
from tests.unit.engine.doubles import BROKEN_FILE, DOWN, FakeCluster, config_map, declared, reached, undeclared

SAME, CHANGED, GONE = (declared(config_map(name)) for name in ("same", "changed", "gone"))
LIVE = {"shop/same": config_map("same"), "shop/changed": config_map("changed", {"a": "2"})}
REFUSED = {"shop/changed": Refusal("recording", "a recording")}
FAILED = PolicyResult("require-owner", "require-owner", "fail")
FAULT = Invalid("spec", "unknown field")


def broken(*_: Any, **__: Any) -> Any:
    raise KeyError("spec")


def a_pass(cluster: FakeCluster | None = None, error: AuditError | None = None, **drift: Any) -> ClusterPass:
    settings = Settings(Path("gitops-audit.yaml"), drift=DriftConfig(**drift))
    known = RunPolicies.load(settings, RunOptions())
    by = Judgement(settings, known, Threshold(), EarlierSources(settings, ()), Locator(()), Masks(KnownSecrets()))
    return ClusterPass(reached(cluster, error), [SAME, CHANGED, GONE], by)


def judged(**drift: Any) -> Mapping[str, Verdict]:
    one = a_pass(FakeCluster(dict(LIVE), dry_runs=dict(REFUSED)), **drift)
    return {v.subject.key.name: v for v in one.judge([SAME, CHANGED, GONE, BROKEN_FILE, undeclared()], AuditLogs())}


def test_each_subject_has_its_outcome_in_order() -> None:
    assert {name: verdict.outcome for name, verdict in judged().items()} == {
        "same": "passed",
        "changed": "failed",
        "gone": "failed",
        "a.yaml": "error",
        "left": "failed",
    }


def test_policies_are_not_asked_about_what_nobody_declares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ClusterPolicies, "evaluate", lambda *_: (FAILED,))
    found = judged()
    assert {name for name, verdict in found.items() if policy_results(verdict)} == {"same", "changed", "gone"}


@pytest.mark.parametrize("check", [(DriftCheck, "_compared"), (ClusterPolicies, "evaluate"), (SchemaCheck, "checked")])
def test_a_check_that_fails_leaves_the_others(monkeypatch: pytest.MonkeyPatch, check: tuple[type, str]) -> None:
    monkeypatch.setattr(ClusterPolicies, "evaluate", lambda *_: (FAILED,))
    monkeypatch.setattr(Validator, "check", lambda *_, **__: Validated((FAULT,)))
    monkeypatch.setattr("gitops_audit.engine.check.drift._MISSHAPEN", (ZeroDivisionError,))
    monkeypatch.setattr(*check, broken)
    verdict = judged()["changed"]
    assert [error.rule for error in verdict.unevaluated] == ["GA001"]
    assert sum(map(bool, (verdict.drift, policy_results(verdict), verdict.found("schema")))) == 2


@pytest.mark.parametrize(
    "look",
    [
        (Elsewhere, "told"),
        (LiveScalers, "excused"),
        (Confirmer, "confirmed"),
        (Causes, "settled"),
        (AuditLogs, "attributed"),
    ],
)
def test_a_second_look_that_fails_is_an_error_of_what_differs(
    monkeypatch: pytest.MonkeyPatch, look: tuple[type, str]
) -> None:
    monkeypatch.setattr(*look, broken)
    found = judged()
    failed = {name for name, v in found.items() if v.unevaluated and v.unevaluated[0].rule == "GA001"}
    assert failed == {"changed", "gone", "left"}
    assert found["same"].outcome == "passed"
    assert found["changed"].drift is not None


def test_only_what_differs_keeps_its_live_object(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Case] = []

    def confirmed(self: Confirmer, cases: Sequence[Case], *_: object) -> Sequence[Case]:
        seen.extend(cases)
        return cases

    monkeypatch.setattr(Confirmer, "confirmed", confirmed)
    judged()
    assert [case.subject.key.name for case in seen if case.live is not None] == ["changed"]


def test_a_cluster_that_is_down_is_told_of_everything_and_a_broken_file_tells_its_own() -> None:
    verdicts = a_pass(error=DOWN).judge([SAME, BROKEN_FILE], AuditLogs())
    assert [[error.rule for error in verdict.unevaluated] for verdict in verdicts] == [["GA301"], ["GA210"]]


def test_what_could_not_be_judged_at_all_is_an_error_of_each_subject() -> None:
    verdicts = a_pass(FakeCluster()).unjudged([SAME, undeclared()], Problem("GA001", "a bug"))
    assert [(v.outcome, v.unevaluated[0].rule) for v in verdicts] == [("error", "GA001")] * 2


def test_ignore_rules_that_hide_nothing_are_told() -> None:
    rule = IgnoreRule(Match(name="nobody"), fields=("/data",), reason="no reason")
    one = a_pass(FakeCluster(dict(LIVE), dry_runs=dict(REFUSED)), ignore=(rule,))
    one.judge([SAME, CHANGED], AuditLogs())
    assert any("is dead on cluster prod" in note for note in one.notes())


def test_an_object_that_is_compared_wrongly_does_not_stop_the_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    compare = Comparer.compare

    def sometimes(self: Comparer, resource: Any, *rest: Any, **more: Any) -> Any:
        return broken() if resource is CHANGED else compare(self, resource, *rest, **more)

    monkeypatch.setattr(Comparer, "compare", sometimes)
    found = judged()
    assert (found["changed"].outcome, found["same"].outcome) == ("error", "passed")
