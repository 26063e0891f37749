from __future__ import annotations

from dataclasses import replace

import pytest

from gitops_audit.model.finding import Change, Drift, FieldOwner, PolicyResult, Problem, Severity
from gitops_audit.model.resource import Commit, Declared, Invalid, JsonObject, Origin, ResourceKey
from gitops_audit.model.result import ClusterInfo
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import text
from tests.reported import INFO, finished, on_line

BODY: JsonObject = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {"replicas": 3, "template": {"spec": {"containers": [{"name": "web", "image": "web:1"}]}}},
}
KEY = ResourceKey("prod", "apps", "Deployment", "shop", "web")
RESOURCE = Declared(KEY, "storefront", "v1", BODY, Origin("apps/web.yaml", 1))
SCALED = Change(
    "changed",
    "/spec/replicas",
    "spec.replicas",
    3,
    5,
    cause="cluster",
    by=FieldOwner("kubectl-scale", "Update", "scale", "2026-01-02T03:04:05Z", "interactive"),
)


def shown(verdict: Verdict) -> str:
    return text.plain(verdict)


def test_a_change_tells_what_who_when_and_where_it_is_declared() -> None:
    commit = Commit("0123456789abcdef", "Ann", "2026-01-01T00:00:00Z", "Scale to three")
    output = shown(on_line(6, Verdict.of(RESOURCE, "failed", Drift("modified", (SCALED,)), commit=commit)))
    assert "Deployment.apps/shop/web: modified  (cluster prod, source storefront)" in output
    assert "-  replicas: 3" in output
    assert "+  replicas: 5" in output
    assert "spec.replicas: 3 -> 5" in output
    assert "by kubectl-scale [interactive] (Update/scale) at 2026-01-02T03:04:05Z" in output
    assert "declared at apps/web.yaml:6" in output
    assert "last commit 0123456789 by Ann, 2026-01-01T00:00:00Z: Scale to three" in output
    assert "next: kubectl get deployment.apps -n shop web -o yaml --show-managed-fields" in output


def test_the_evidence_behind_the_causes_is_told() -> None:
    drift = Drift("modified", (SCALED,), reason="applied last from commit 1a2b3c4d5e by Application argocd/shop")
    assert "  applied last from commit 1a2b3c4d5e by Application argocd/shop" in shown(
        Verdict.of(RESOURCE, "failed", drift)
    )


def test_a_pending_change_is_told_apart_from_one_in_the_cluster() -> None:
    pending = Change("changed", "/spec/replicas", "spec.replicas", 3, 2, cause="git")
    output = shown(Verdict.of(RESOURCE, "failed", Drift("modified", (pending,))))
    assert "changed in Git, not deployed yet" in output
    assert "kubectl get" not in output


def test_a_field_of_the_cluster_alone_stands_in_the_diff_where_it_would_be_declared() -> None:
    added = Change("added", "/metadata/labels/debug", "metadata.labels.debug", live="here")
    output = shown(Verdict.of(RESOURCE, "failed", Drift("modified", (added,))))
    assert "+ metadata.labels.debug: here is added" in output
    assert "     metadata:\n       name: web\n    +  labels:\n    +    debug: here\n" in output


def test_what_the_cluster_alone_has_in_a_list_is_told_by_its_path_only() -> None:
    added = Change("added", "/spec/template/spec/containers/0", "spec.template.spec.containers[name=x]", live={})
    output = shown(Verdict.of(RESOURCE, "failed", Drift("modified", (added,))))
    assert "+ spec.template.spec.containers[name=x]: {} is added" in output
    assert "--- Git" not in output


def test_of_a_secret_no_command_is_proposed_that_would_print_it() -> None:
    key = ResourceKey("prod", "", "Secret", "shop", "web")
    resource = Declared(key, "s", "v1", {"kind": "Secret"}, Origin("s.yaml", 1))
    change = Change("changed", "/data/a", "data.a", "<redacted:a>", "<redacted:b>")
    output = shown(Verdict.of(resource, "failed", Drift("modified", (change,))))
    assert "next: kubectl get secret -n shop web -o jsonpath='{.metadata.managedFields}'" in output


def test_a_missing_resource_a_violation_an_invalid_field_and_an_error_are_told() -> None:
    verdict = Verdict.of(
        RESOURCE,
        "error",
        Drift("missing"),
        policies=(
            PolicyResult("no-latest", "no-latest", "fail", Severity.high, "tag latest", "spec.image", "both", line=9),
        ),
        invalid=(Invalid("spec.replica", "unknown field", 4),),
        errors=(Problem("GA301", "forbidden\nadd a rule"),),
    )
    output = shown(verdict)
    assert "declared in Git, not in the cluster" in output
    assert "high no-latest: tag latest" in output
    assert "in Git and in the cluster; spec.image at apps/web.yaml:9" in output
    assert "invalid apps/web.yaml:4: spec.replica: unknown field" in output
    assert "could not be evaluated: forbidden [GA301]" in output
    assert "    add a rule" in output


def test_a_long_value_is_shortened_in_the_middle() -> None:
    long = Change("changed", "/spec/replicas", "spec.replicas", "a" * 500, "b" * 500)
    gist = text.one_line(Verdict.of(RESOURCE, "failed", Drift("modified", (long,))))
    assert len(gist) < 300
    assert "(500 characters)" not in gist or "…" in gist


def test_only_the_line_of_a_block_that_differs_is_in_the_diff() -> None:
    body: JsonObject = {"kind": "ConfigMap", "data": {"conf": "a=1\nb=2\nc=3\nd=4\ne=5\n"}}
    change = Change("changed", "/data/conf", "data.conf", body["data"]["conf"], "a=1\nb=2\nc=9\nd=4\ne=5\n")
    resource = Declared(KEY, "s", "v1", body, Origin("c.yaml", 1))
    diff = [line.text.strip() for line in text.lines(Verdict.of(resource, "failed", Drift("modified", (change,))))]
    assert "-    c=3" in diff
    assert "+    c=9" in diff
    assert "-    a=1" not in diff


@pytest.mark.parametrize(
    ("is_asked", "told"), [(True, "drift: nothing was compared"), (False, "drift: no cluster was asked")]
)
def test_that_nothing_was_compared_does_not_say_that_no_cluster_was_asked(is_asked: bool, told: str) -> None:
    info = replace(INFO, clusters=(ClusterInfo("prod", "", is_read=False, is_asked=is_asked),))
    assert text.drift(finished([], info=info)) == told
