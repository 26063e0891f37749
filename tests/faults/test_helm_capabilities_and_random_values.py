"""A chart is rendered for the Kubernetes it is deployed to, and what no rendering can tell is not compared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitops_audit.config.settings import SourceConfig
from gitops_audit.model.resource import JsonObject
from gitops_audit.render.given import Given, Target
from tests.audited import Audited, audited, repository
from tests.recording import write_recording
from tests.rendering import TOOLS_PATH, rendered, values

CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
DATA = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {k: VALUE, fixed: 'yes'}\n"
CONFIG = "version: 1\nkubernetesVersion: '1.30'\nsources: [{name: web, path: web, namespace: shop}]\n"
HAS_TICKETS = '{{ .Capabilities.APIVersions.Has "example.com/v1/Ticket" | quote }}'
MINOR = "{{ .Capabilities.KubeVersion.Minor | quote }}"
CRD: JsonObject = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "tickets.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"kind": "Ticket", "plural": "tickets"},
        "versions": [
            {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
        ],
    },
}


@pytest.fixture(autouse=True)
def pinned_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", TOOLS_PATH)


def chart(value: str, template: str = DATA) -> dict[str, str]:
    return {"web/Chart.yaml": CHART, "web/templates/c.yaml": template.replace("VALUE", value)}


def config_map(**data: str) -> JsonObject:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "shop"}, "data": data}


def against(folder: Path, value: str, *live: JsonObject, extra: str = "") -> Audited:
    """The audit of a chart whose one value is an expression, against a recording."""
    write_recording(folder / "cluster.json", *live)
    text = f"{CONFIG}clusters: {{c: {{snapshot: ../cluster.json}}}}\n{extra}"
    return audited(repository(folder / "repo", {**chart(value), "gitops-audit.yaml": text}))


def test_the_version_and_the_definitions_of_the_cluster_count(tmp_path: Path) -> None:
    both = f"{MINOR}\n  has: {HAS_TICKETS}"
    files = chart("x", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  k: " + both + "\n")
    write_recording(tmp_path / "cluster.json", config_map(k="30", has="true"), CRD)
    text = f"{CONFIG}clusters: {{c: {{snapshot: ../cluster.json}}}}\n"
    found = audited(repository(tmp_path / "repo", {**files, "gitops-audit.yaml": text}))
    assert list(found.outcomes.values()) == ["passed"]


@pytest.mark.parametrize(
    "value",
    [
        "{{ randAlphaNum 8 | quote }}",
        "{{ uuidv4 }}",
        "{{ now | unixEpoch | quote }}",
        '{{ now | date "2006-01-02" | quote }}',
        '{{ genPrivateKey "ed25519" | sha256sum }}',
        '{{ htpasswd "a" "b" | quote }}',
        '{{ "abcdefghijklmnop" | shuffle }}',
        '{{ (lookup "v1" "ConfigMap" "shop" "c").data | default "none" | quote }}',
    ],
)
def test_a_value_that_no_rendering_can_tell_is_unknown(tmp_path: Path, value: str) -> None:
    (verdict,) = against(tmp_path, value, config_map(k="live", fixed="yes"))
    assert verdict.drift is not None
    assert (verdict.drift.status, verdict.changes, verdict.outcome) == ("unknown", (), "error")
    assert "data.k cannot be compared" in verdict.drift.reason


def test_beside_such_a_value_a_change_is_found_all_the_same(tmp_path: Path) -> None:
    (verdict,) = against(tmp_path, "{{ uuidv4 }}", config_map(k="live", fixed="no"))
    assert verdict.drift is not None
    assert [c.path for c in verdict.changes] == ["data.fixed"]
    assert (verdict.drift.status, verdict.outcome) == ("modified", "failed")


def test_such_a_field_that_is_gone_is_drift(tmp_path: Path) -> None:
    (verdict,) = against(tmp_path, "{{ uuidv4 }}", config_map(fixed="yes"))
    assert verdict.outcome == "failed"


def test_a_rule_that_ignores_such_a_field_lets_the_rest_pass(tmp_path: Path) -> None:
    rule = "drift: {ignore: [{match: {kind: ConfigMap}, fields: [/data/k], reason: random}]}\n"
    (verdict,) = against(tmp_path, "{{ uuidv4 }}", config_map(k="live", fixed="yes"), extra=rule)
    assert verdict.outcome == "passed"


def test_an_object_whose_name_is_random_is_unknown_not_missing(tmp_path: Path) -> None:
    write_recording(tmp_path / "cluster.json", config_map())
    template = DATA.replace("name: c", "name: {{ randAlpha 9 | lower }}")
    text = f"{CONFIG}clusters: {{c: {{snapshot: ../cluster.json}}}}\n"
    (verdict,) = audited(repository(tmp_path / "repo", {**chart("x", template), "gitops-audit.yaml": text}))
    assert verdict.drift is not None
    assert verdict.drift.status == "unknown"


def test_a_chart_without_such_functions_has_no_varying_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    files: dict[str, str | bytes] = dict(chart("{{ 1 | quote }}"))
    (built,) = rendered(files, SourceConfig("web", path="web"), monkeypatch).manifests
    assert built.varying == ()


@pytest.mark.parametrize("known", [(), ("example.com/v1/Ticket",)])
def test_a_chart_is_told_the_kinds_of_its_target(known: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    given = Given(target=Target("1.31.4", frozenset(known), is_served=True))
    files: dict[str, str | bytes] = dict(chart(HAS_TICKETS))
    found = rendered(files, SourceConfig("web", path="web"), monkeypatch, given)
    assert values(found) == {"c": {"k": str(bool(known)).lower(), "fixed": "yes"}}
    assert found.notes == ()


def test_definitions_of_another_source_and_of_the_chart_itself_count_offline(tmp_path: Path) -> None:
    files = chart(HAS_TICKETS) | {
        "crds/crd.json": json.dumps(CRD),
        "gitops-audit.yaml": CONFIG.replace("sources: [", "sources: [{name: crds, path: crds}, "),
    }
    found = audited(repository(tmp_path / "one", files))
    other = audited(
        repository(
            tmp_path / "two", chart(HAS_TICKETS) | {"web/crds/crd.yaml": json.dumps(CRD), "gitops-audit.yaml": CONFIG}
        )
    )
    for run in (found, other):
        (data,) = [v.subject.body["data"]["k"] for v in run if v.subject.key.kind == "ConfigMap"]
        assert data == "true"


def test_clusters_that_differ_get_each_their_own_rendering(tmp_path: Path) -> None:
    write_recording(tmp_path / "one.json", config_map(k="true", fixed="yes"), CRD)
    write_recording(tmp_path / "two.json", config_map(k="false", fixed="yes"))
    text = f"{CONFIG}clusters: {{one: {{snapshot: ../one.json}}, two: {{snapshot: ../two.json}}}}\n"
    found = audited(repository(tmp_path / "repo", {**chart(HAS_TICKETS), "gitops-audit.yaml": text}))
    assert set(found.outcomes.values()) == {"passed"}
    assert len(found.outcomes) == 2


def test_the_version_of_the_tool_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    files: dict[str, str | bytes] = dict(chart("x"))
    ((name, version),) = rendered(files, SourceConfig("web", path="web"), monkeypatch).tools
    assert (name, version[:2]) == ("helm", "4.")
