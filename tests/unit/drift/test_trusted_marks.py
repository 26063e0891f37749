"""What annotations of Argo CD, Flux and Helm ask for, in Git or on the live object."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.deployer.directive import Directives, marks_of
from gitops_audit.model.finding import Drift
from tests.unit.drift.samples import compared, config_map, entry, live, with_metadata

FLUX = "kustomize.toolkit.fluxcd.io"


def annotated(body: dict[str, Any], key: str, value: str) -> dict[str, Any]:
    return with_metadata(body, annotations={key: value})


def drifted(key: str, value: str) -> Drift:
    body = annotated(config_map(a="1"), key, value)
    edit = entry("kubectl-edit", {"data": {"b": "2"}}, apiVersion="v1")
    return compared(body, live(annotated(config_map(a="9", b="2"), key, value), edit))


@pytest.mark.parametrize(
    ("key", "value"), [(f"{FLUX}/reconcile", "disabled"), (f"{FLUX}/ssa", "Ignore"), (f"{FLUX}/ssa", "IfNotPresent")]
)
def test_differences_of_what_is_not_reconciled_do_not_count(key: str, value: str) -> None:
    drift = drifted(key, value)
    assert drift.status == "in-sync"
    assert {c.ignored.reason if c.ignored else "" for c in drift.changes} == {f"{key}: {value}"}
    assert len(drift.changes) == 2


@pytest.mark.parametrize(
    ("key", "value"), [(f"{FLUX}/force", "enabled"), (f"{FLUX}/ssa", "Override"), (f"{FLUX}/reconcile", "enabled")]
)
def test_some_marks_of_flux_excuse_no_difference(key: str, value: str) -> None:
    assert drifted(key, value).status == "modified"


def test_merging_keeps_what_others_add_and_nothing_else() -> None:
    drift = drifted(f"{FLUX}/ssa", "Merge")
    assert [(c.path, c.ignored is None) for c in drift.changes] == [("data.a", True), ("data.b", False)]


def annotation(manager: str, key: str, operation: str = "Update") -> dict[str, Any]:
    return entry(manager, {"metadata": {"annotations": {key: ""}}}, operation, apiVersion="v1")


@pytest.mark.parametrize(
    ("entries", "status"),
    [
        ([annotation("kustomize-controller", f"{FLUX}/reconcile", "Apply")], "in-sync"),
        ([annotation("nightly-script", f"{FLUX}/reconcile")], "modified"),
        ([annotation("kubectl-annotate", f"{FLUX}/reconcile")], "modified"),
        ([], "modified"),
    ],
)
def test_an_annotation_on_the_live_object_alone_counts_where_a_deployer_wrote_it(entries: Any, status: str) -> None:
    found = live(annotated(config_map(a="9"), f"{FLUX}/reconcile", "disabled"), *entries)
    drift = compared(config_map(a="1"), found)
    assert drift.status == status
    assert f"{FLUX}/reconcile: disabled" in drift.reason


def test_an_object_whose_drift_a_helm_release_does_not_watch_is_in_sync() -> None:
    declared = annotated(config_map(a="1"), "helm.toolkit.fluxcd.io/driftDetection", "disabled")
    drift = compared(declared, live(annotated(config_map(a="9"), "helm.toolkit.fluxcd.io/driftDetection", "disabled")))
    assert drift.status == "in-sync"
    assert "driftDetection: disabled" in drift.reason


def test_an_object_that_is_only_created_is_missing_when_absent() -> None:
    assert compared(annotated(config_map(), f"{FLUX}/ssa", "IfNotPresent"), None).status == "missing"


def test_an_object_that_is_not_reconciled_may_be_absent() -> None:
    drift = compared(annotated(config_map(), f"{FLUX}/ssa", "ignore"), None)
    assert drift.status == "in-sync"
    assert "absent" in drift.reason


@pytest.mark.parametrize(
    ("key", "value", "is_kept"),
    [
        (f"{FLUX}/prune", "disabled", True),
        (f"{FLUX}/reconcile", "Disabled", True),
        ("argocd.argoproj.io/sync-options", "ServerSideApply=true, Prune=false", True),
        ("argocd.argoproj.io/sync-options", "Prune=true", False),
        ("argocd.argoproj.io/sync-options", "prune=false", False),
        ("argocd.argoproj.io/sync-options", "ServerSideApply=true,,Prune=false,", True),
        (f"{FLUX}/prune", "disabled, other", False),
        (f"{FLUX}/prune", " disabled", False),
        ("helm.sh/resource-policy", " Keep ", True),
        ("helm.sh/resource-policy", "keep, delete", False),
        ("argocd.argoproj.io/compare-options", "IgnoreExtraneous", True),
        ("helm.sh/resource-policy", "keep", True),
        ("other", "keep", False),
    ],
)
def test_some_objects_are_kept_on_purpose(key: str, value: str, is_kept: bool) -> None:
    assert bool(Directives.of(marks_of(annotated(config_map(), key, value))).kept) is is_kept


@pytest.mark.parametrize("metadata", [None, [], {"annotations": None}, {"annotations": {f"{FLUX}/ssa": 5}}])
def test_malformed_annotations_ask_for_nothing(metadata: Any) -> None:
    assert Directives.of(marks_of({"metadata": metadata})) == Directives()


def test_flux_reads_labels_as_well() -> None:
    body = with_metadata(config_map(), labels={f"{FLUX}/reconcile": "DISABLED"})
    assert Directives.of(marks_of(body)).not_reconciled == f"{FLUX}/reconcile: DISABLED"
