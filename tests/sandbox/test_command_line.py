"""The commands of `gitops-audit`, against a sandbox server over HTTP."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gitops_audit.cli.main import cli, main
from gitops_audit.errors import AuditError
from tests.fleet import Deployed, deployed

SCALED = {"spec": {"replicas": 7}}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    with deployed(tmp_path / "shop") as made:
        monkeypatch.chdir(made.root)
        yield made


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(cli, arguments)
    if result.exception and not isinstance(result.exception, (SystemExit, AuditError)):
        raise result.exception
    return result


def test_check_is_clean_where_nothing_drifted(shop: Deployed) -> None:
    result = run("check")
    assert result.exit_code == 0
    assert "4 resources: 4 passed, 0 failed, 0 error, 0 skipped" in result.output
    assert "drift: 4 in-sync" in result.output


def test_check_exits_with_1_and_shows_the_drift(shop: Deployed) -> None:
    shop.patch("Deployment", "web", SCALED, "apps/v1", manager="kubectl-scale")
    result = run("check")
    assert result.exit_code == 1
    assert "spec.replicas: 3 -> 7" in result.output
    assert "by kubectl-scale" in result.output


def test_check_exits_with_3_where_the_cluster_is_down(shop: Deployed) -> None:
    shop.sandbox.stop()
    result = run("check", "-q")
    assert result.exit_code == 3
    assert "could not be evaluated" in result.output
    assert "0 passed" in result.output


def test_one_cluster_that_is_down_does_not_hide_the_other(shop: Deployed) -> None:
    dead = shop.root / "dead"
    dead.write_text((shop.root / "kubeconfig").read_text().replace(str(shop.sandbox.port), "1"))
    text = shop.config.read_text().replace("clusters:\n", "clusters:\n  dead: {kubeconfig: dead}\n")
    shop.config.write_text(text)
    result = run("check", "-q", "--json", "-")
    report = json.loads(result.stdout)
    assert result.exit_code == 3
    outcomes = {(r["cluster"], r["outcome"]) for r in report["resources"]}
    assert outcomes == {("dead", "error"), ("test", "passed")}


def test_check_writes_json_to_standard_output_and_nothing_else_there(shop: Deployed) -> None:
    report = json.loads(run("check", "--json", "-").stdout)
    assert report["apiVersion"] == "gitops-audit/v1"
    assert report["summary"]["passed"] == 4
    assert len(report["sources"][0]["commit"]) == 40


def test_files_without_kubernetes_objects_are_counted_and_named_on_demand(shop: Deployed) -> None:
    shop.commit({"apps/values.yaml": "replicas: 3\n", "apps/notes.yaml": "todo: much\n"})
    assert "2 files hold no Kubernetes objects (-v names them)" in run("check").stdout
    named = run("check", "-v").stdout
    assert "apps/values.yaml: the values of a Helm chart" in named
    assert "apps/notes.yaml: it has no apiVersion and kind" in named


def test_without_a_cluster_it_is_said_that_only_git_was_looked_at(shop: Deployed) -> None:
    result = run("check", "--offline")
    assert result.exit_code == 0
    assert "no cluster: only what Git declares was checked" in result.stdout


def test_a_list_of_no_policies_says_where_there_are_some(shop: Deployed) -> None:
    assert "policy list --packs" in run("policy", "list").stdout


def test_fail_on_lets_findings_through_but_shows_them(shop: Deployed) -> None:
    shop.patch("Deployment", "web", SCALED, "apps/v1")
    result = run("check", "--fail-on", "critical")
    assert result.exit_code == 0
    assert "spec.replicas: 3 -> 7" in result.output


def test_diff_shows_only_what_is_asked_for(shop: Deployed) -> None:
    shop.patch("Deployment", "web", SCALED, "apps/v1")
    shop.delete("ConfigMap", "settings")
    result = run("diff", "Deployment.apps/*")
    assert result.exit_code == 1
    assert "Deployment.apps/shop/web: modified" in result.output
    assert "ConfigMap" not in result.output


def test_diff_of_nothing_is_a_mistake(shop: Deployed) -> None:
    assert isinstance(run("diff", "Nothing/*").exception, AuditError)


def test_a_dirty_work_tree_does_not_leak_into_the_audit(shop: Deployed) -> None:
    (shop.root / "apps" / "configmap-settings.yaml").write_text("broken: [")
    assert run("check", "-q").exit_code == 0
    assert run("check", "-q", "--revision", "worktree").exit_code == 1


def test_offline_audits_the_declared_state_alone(shop: Deployed) -> None:
    shop.sandbox.stop()
    result = run("check", "--offline", "--json", "-")
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert {r["cluster"] for r in report["resources"]} == {"git"}
    assert {r["drift"] for r in report["resources"]} == {None}


def test_a_recording_gives_the_verdict_without_the_cluster(shop: Deployed) -> None:
    shop.patch("Deployment", "web", SCALED, "apps/v1")
    shop.patch("Secret", "credentials", {"stringData": {"password": "rotated-value"}})
    assert run("snapshot", "recording.json.gz").exit_code == 0
    shop.sandbox.stop()
    recording = gzip.decompress((shop.root / "recording.json.gz").read_bytes())
    assert b"rotated-value" not in recording
    result = run("check", "-q", "--snapshot", "recording.json.gz", "--json", "-")
    statuses = {r["kind"]: r["drift"]["status"] for r in json.loads(result.stdout)["resources"]}
    assert statuses == {"Deployment": "modified", "ConfigMap": "in-sync", "Secret": "modified", "Service": "in-sync"}


def test_doctor_tells_what_may_be_read(shop: Deployed) -> None:
    result = run("doctor")
    assert result.exit_code == 0
    assert "deployments.apps: may be listed" in result.output
    shop.sandbox.user("nobody", rules=[])
    shop.sandbox.write_kubeconfig(shop.root / "kubeconfig", user="nobody")
    blind = run("doctor")
    assert blind.exit_code == 3
    assert "MAY NOT BE READ" in blind.output


def test_doctor_tells_how_much_would_be_covered(shop: Deployed) -> None:
    assert "an audit would look at 4 of 4 declared objects (100 %)" in run("doctor").output
    widget = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n"
    named = "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: c-}\n"
    shop.commit({"apps/shop/widget.yaml": widget, "apps/shop/named.yaml": named, "apps/shop/broken.yaml": "a: [\n"})

    partly = run("doctor")

    assert partly.exit_code == 3
    assert "an audit would look at 4 of 7 declared objects (57.1 %)" in partly.output
    assert "1 is left out: Widget of example.com/v1 is not served by this cluster" in partly.output
    assert "1 is left out: not compared: " in partly.output
    assert "1 is left out: apps/shop/broken.yaml:2: " in partly.output


@pytest.mark.parametrize(
    ("manifest", "data"),
    [("data: {a: yes, b: 0o17, c: 1e3, d: 1:30}", {"a": True, "b": 15, "c": 1000, "d": "1:30"}), ("data: {}", {})],
)
def test_render_prints_manifests_as_kubectl_reads_them(tmp_path: Path, manifest: str, data: dict[str, object]) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\n{manifest}\n")
    for target in (path, tmp_path):
        result = run("render", str(target), "-o", "json")
        assert result.exit_code == 0
        assert json.loads(result.stdout)[0]["data"] == data


def test_render_names_a_broken_file_and_prints_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    (tmp_path / "b.yaml").write_text("a: [\n")
    result = run("render", str(tmp_path), "-o", "json")
    assert result.exit_code == 1
    assert len(json.loads(result.stdout)) == 1
    assert "b.yaml:" in result.stderr


def test_init_writes_a_configuration_that_loads(shop: Deployed) -> None:
    shop.config.unlink()
    assert run("config", "init").exit_code == 0
    assert run("check", "--offline", "-q").exit_code == 0
    assert isinstance(run("config", "init").exception, AuditError)


def test_policies_are_listed_explained_and_tested(tmp_path: Path) -> None:
    assert "require-requests" in run("policy", "list", "--packs").output
    assert "to comply:" in run("policy", "explain", "require-requests").output
    packs = Path(__file__).parents[2] / "policies" / "best-practices"
    report = json.loads(run("policy", "test", str(packs), "--json").stdout)
    assert report["summary"]["failed"] == 0
    assert report["summary"]["passed"] > 10
    assert set(report["tests"][0]) == {
        "file", "policy", "rule", "kind", "resource", "expected", "actual", "message"
    }  # fmt: skip


def test_explaining_a_policy_on_a_manifest_shows_what_decided(tmp_path: Path) -> None:
    path = tmp_path / "pod.yaml"
    path.write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i:1}]}\n")
    output = run("policy", "explain", "require-requests", "--resource", str(path)).output
    assert "fail: containers: containers without requests for CPU and memory: c" in output
    assert "size(variables.bad) == 0 = false" in output


def test_a_mistake_ends_in_one_sentence_and_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["gitops-audit", "check"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "there is no gitops-audit.yaml" in capsys.readouterr().err
