"""What tells Argo CD and Flux what to deploy is checked itself: settings, state and permissions, in all reports."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.audited import Audited, audited, command, git, repository
from tests.engines import git_repository, kustomization

GIT = (
    "version: 1\nclusters: {prod: {snapshot: live.json}}\nsources:\n"
    "  - {name: fleet, argocd: {path: apps, cluster: prod}, clusters: [prod]}\n"
)
CLUSTER = GIT.replace("path: apps, cluster", "from: cluster, cluster")
FLUX = (
    "version: 1\nclusters: {prod: {snapshot: live.json}}\nsources:\n"
    "  - {name: flux, flux: {path: clusters, cluster: prod}, clusters: [prod]}\n"
)
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\n"
LIVE_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web", "namespace": "shop"}}
NOW = datetime.now(UTC).isoformat(timespec="seconds")
WELL = {"reconciledAt": NOW, "sync": {"status": "Synced"}, "health": {"status": "Healthy"}}
AUTOMATED = {"automated": {"prune": True, "selfHeal": True}}


def application(**spec: Any) -> dict[str, Any]:
    source = {"repoURL": "https://git.example.com/team/fleet.git", "path": "shop", "targetRevision": "v1.0.0"}
    to = {"server": "https://kubernetes.default.svc", "namespace": "shop"}
    own = {"project": "default", "source": source, "destination": to, "syncPolicy": AUTOMATED}
    metadata = {"name": "shop", "namespace": "argocd"}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": metadata, "spec": own | spec}


def project(**spec: Any) -> dict[str, Any]:
    metadata = {"name": "team", "namespace": "argocd"}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": metadata, "spec": spec}


def fleet(root: Path, declared: list[Any], live: list[Any], config: str = GIT, namespace: str = "shop") -> Path:
    """A repository whose remote is the one that its Applications name, at their tag."""
    there = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    objects = [LIVE_MAP, there, *live]
    files = {
        "gitops-audit.yaml": config,
        "shop/web.yaml": CONFIG_MAP,
        "live.json": json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}),
        "apps/README.md": "Applications\n",
        "clusters/README.md": "Flux\n",
    }
    folder = "clusters" if "flux:" in config else "apps"
    files |= {f"{folder}/{n}.json": json.dumps(body, indent=1) for n, body in enumerate(declared)}
    repository(root, files)
    git(root, "remote", "add", "origin", "https://git.example.com/team/fleet.git")
    git(root, "tag", "v1.0.0")
    return root


def found(run: Audited, name: str = "Application.argoproj.io/argocd/shop") -> list[tuple[str, str, str]]:
    (verdict,) = (v for v in run if v.subject.title == name)
    assert verdict.is_engine_checked
    return [(f.rule, f.severity.name, f.on) for f in verdict.found("engine")]


def test_an_ordinary_application_is_clean(tmp_path: Path) -> None:
    run = audited(fleet(tmp_path, [application()], [application() | {"status": WELL}]))
    assert found(run) == []
    assert run.exit_code == 0, run.finished


def test_points_of_style_fail_nothing(tmp_path: Path) -> None:
    manual = application(syncPolicy=None, source=application()["spec"]["source"] | {"targetRevision": "HEAD"})
    run = audited(fleet(tmp_path, [manual], [manual | {"status": WELL}]))
    assert found(run) == [("auto-sync-off", "info", "both"), ("floating-revision", "info", "both")]
    assert run.exit_code == 0


@pytest.mark.parametrize(
    ("status", "rule"),
    [
        (WELL | {"sync": {"status": "OutOfSync"}}, "out-of-sync"),
        (WELL | {"health": {"status": "Degraded"}}, "degraded"),
        (WELL | {"operationState": {"phase": "Failed", "message": "hook failed"}}, "sync-failed"),
        (WELL | {"reconciledAt": "2020-01-01T00:00:00Z"}, "stale-status"),
        (WELL | {"conditions": [{"type": "InvalidSpecError", "message": "no project"}]}, "not-compared"),
    ],
)
def test_what_is_out_of_order_fails(tmp_path: Path, status: dict[str, Any], rule: str) -> None:
    run = audited(fleet(tmp_path, [application()], [application() | {"status": status}]))
    assert [name for name, _, _ in found(run)] == [rule]
    assert run.exit_code == 1


def test_what_the_cluster_alone_switched_off_fails(tmp_path: Path) -> None:
    by_hand = application(syncPolicy={"automated": {"prune": True, "selfHeal": False}}) | {"status": WELL}
    assert found(audited(fleet(tmp_path, [application()], [by_hand]))) == [("self-heal-off", "low", "live")]


def test_applications_of_the_cluster_are_checked_where_no_source_declares_them(tmp_path: Path) -> None:
    live = application(project="team") | {"status": WELL | {"health": {"status": "Degraded"}}}
    team = project(sourceRepos=["https://other.example.com/*"], destinations=[{"server": "*", "namespace": "prod-*"}])
    run = audited(fleet(tmp_path, [], [live, team], CLUSTER))
    assert [rule for rule, _, _ in found(run)] == ["destination-not-permitted", "source-not-permitted", "degraded"]
    assert "prod/fleet.shop/ConfigMap/shop/web" in run.verdicts
    assert run.exit_code == 1


def test_a_project_that_is_nowhere_is_told_where_the_cluster_was_asked(tmp_path: Path) -> None:
    team = application(project="team")
    declared = [team, project(sourceRepos=["*"], destinations=[{"server": "*", "namespace": "*"}])]
    assert found(audited(fleet(tmp_path / "a", declared, [team | {"status": WELL}]))) == []
    # A recording that holds no AppProjects says nothing of them.
    assert found(audited(fleet(tmp_path / "b", [team], [team | {"status": WELL}]))) == []
    other = project() | {"metadata": {"name": "other", "namespace": "argocd"}}
    run = audited(fleet(tmp_path / "c", [team], [team | {"status": WELL}, other]))
    assert found(run) == [("target-missing", "high", "declared")]


@pytest.mark.parametrize(("options", "rules"), [([], ["target-missing"]), (["CreateNamespace=true"], [])])
def test_a_namespace_that_nothing_makes_is_missed(tmp_path: Path, options: list[str], rules: list[str]) -> None:
    body = application(syncPolicy=AUTOMATED | {"syncOptions": options})
    run = audited(fleet(tmp_path, [body], [body | {"status": WELL}], namespace="other"))
    assert [rule for rule, _, _ in found(run)] == rules


def test_flux_is_checked_with_the_sources_it_takes_from(tmp_path: Path) -> None:
    shop = kustomization("main@sha1:" + "a" * 40, path="./shop")
    shop["spec"] |= {"prune": True}
    deploy = git_repository("https://git.example.com/team/fleet.git") | {
        "metadata": shop["metadata"] | {"name": "deploy"}
    }
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": NOW}
    failing = {"type": "Ready", "status": "False", "reason": "GitOperationFailed", "message": "no route to host"}
    live = [shop | {"status": {"conditions": [ready]}}, deploy | {"status": {"conditions": [failing]}}]
    declared = [{k: v for k, v in body.items() if k != "status"} for body in (shop, deploy)]
    run = audited(fleet(tmp_path, declared, live, FLUX))
    assert found(run, "Kustomization.kustomize.toolkit.fluxcd.io/flux-system/shop") == []
    repository_faults = found(run, "GitRepository.source.toolkit.fluxcd.io/flux-system/deploy")
    assert repository_faults == [("floating-revision", "info", "both"), ("not-ready", "high", "live")]


def test_a_source_of_flux_that_only_the_cluster_has_is_checked(tmp_path: Path) -> None:
    shop = kustomization("main@sha1:" + "a" * 40, path="./shop")
    shop["spec"] |= {"prune": True, "suspend": True}
    deploy = git_repository("https://git.example.com/team/fleet.git")
    stalled = {"type": "Stalled", "status": "True", "reason": "URLInvalid", "message": "no such host"}
    config = FLUX.replace("path: clusters, cluster", "from: cluster, cluster")
    run = audited(fleet(tmp_path, [], [shop, deploy | {"status": {"conditions": [stalled]}}], config))
    assert ("suspended", "info", "live") in found(run, "Kustomization.kustomize.toolkit.fluxcd.io/flux-system/shop")
    name = "GitRepository.source.toolkit.fluxcd.io/flux-system/deploy"
    assert ("not-ready", "high", "live") in found(run, name)


def test_an_application_set_is_told_once_of_what_it_makes(tmp_path: Path) -> None:
    spec = application(syncPolicy={})["spec"] | {"source": application()["spec"]["source"] | {"path": "{{path}}"}}
    made = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": "all", "namespace": "argocd"},
        "spec": {
            "generators": [{"list": {"elements": [{"path": "shop", "name": "shop"}]}}],
            "template": {"metadata": {"name": "{{name}}"}, "spec": spec},
        },
    }
    live = application() | {"status": WELL | {"health": {"status": "Degraded"}}}
    run = audited(fleet(tmp_path, [made], [live, made]))
    assert found(run, "ApplicationSet.argoproj.io/argocd/all") == [("auto-sync-off", "info", "declared")]
    assert found(run) == [("degraded", "high", "live")]


def test_rules_can_be_weighed_left_out_and_excepted(tmp_path: Path) -> None:
    status = WELL | {"health": {"status": "Degraded"}, "sync": {"status": "OutOfSync"}}
    config = GIT + (
        "engine: {exclude: [out-of-sync], severity: {auto-sync-off: high}}\n"
        "exceptions:\n"
        "  - {policy: engine/degraded, match: {name: shop}, reason: known, owner: me, expires: 2999-01-01}\n"
    )
    run = audited(
        fleet(tmp_path, [application(syncPolicy=None)], [application(syncPolicy=None) | {"status": status}], config)
    )
    assert [f[:2] for f in found(run)] == [("auto-sync-off", "high"), ("degraded", "high")]
    (verdict,) = (v for v in run if v.is_engine_checked)
    assert [f.rule for f in verdict.findings if f.check == "engine" and f.waiver] == ["degraded"]


def test_nobody_is_asked_where_it_is_off(tmp_path: Path) -> None:
    live = [application() | {"status": WELL | {"health": {"status": "Degraded"}}}]
    run = audited(fleet(tmp_path, [application()], live, GIT + "engine: {enabled: false}\n"))
    assert not any(v.is_engine_checked for v in run)
    assert run.exit_code == 0


def test_every_report_tells_it_and_what_to_do(tmp_path: Path) -> None:
    status = WELL | {"health": {"status": "Degraded", "message": "<b>\x1b[31mpod web</b>"}}
    fleet(tmp_path, [application()], [application() | {"status": status}])
    reports = ["--json", "r.json", "--junit", "j.xml", "--sarif", "s.json", "--html", "r.html", "--markdown", "r.md"]
    done = command(tmp_path, "check", "-q", *reports)
    entries = json.loads((tmp_path / "r.json").read_text())["resources"]
    (entry,) = (e for e in entries if e["engine"] is not None)
    (told,) = entry["engine"]

    assert done.returncode == 1
    assert "high engine/degraded: Argo CD calls it Degraded" in done.stdout
    assert "look at the resources that it calls degraded" in done.stdout
    assert "\x1b" not in done.stdout
    assert (told["rule"], told["path"], told["on"]) == ("degraded", "status.health", "live")
    assert told["fingerprint"]
    assert 'type="engine"' in (tmp_path / "j.xml").read_text()
    assert "engine/degraded" in (tmp_path / "s.json").read_text()
    assert "degraded" in (tmp_path / "r.md").read_text()
    again = command(tmp_path, "report", "json", "r.json", "-o", "again.json")
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "r.json").read_bytes()


def test_a_status_that_repeats_the_value_of_a_secret_does_not_tell_it(tmp_path: Path) -> None:
    value = "correct-horse-battery-staple"
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "shop"}}
    status = WELL | {"operationState": {"phase": "Failed", "message": f"cannot log in with {value}"}}
    root = fleet(tmp_path, [application()], [application() | {"status": status}, secret])
    (root / "shop/secret.json").write_text(json.dumps(secret | {"stringData": {"password": value}}))
    git(root, "add", "--all")
    git(root, "commit", "-m", "Add", "--quiet")
    git(root, "tag", "-f", "v1.0.0")
    done = command(root, "check", "-q", "--json", "r.json", "--html", "r.html")
    report = (root / "r.json").read_text()
    assert "cannot log in with" in report
    assert value not in report + done.stdout + done.stderr + (root / "r.html").read_text()


def test_pytest_has_a_test_of_its_own_for_it(tmp_path: Path) -> None:
    live = [application() | {"status": WELL | {"health": {"status": "Degraded"}}}]
    fleet(tmp_path, [], live, CLUSTER)
    options = ("gitops-audit.yaml", "--gitops-split-checks", "-q", "-p", "no:cacheprovider", "-m", "engine", "-rA")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    name = "prod::fleet::Application.argoproj.io/argocd/shop"
    assert f"FAILED gitops-audit.yaml::{name}[engine]" in done.stdout
    assert "1 failed" in done.stdout
    assert "PASSED" not in done.stdout


def test_points_of_style_are_counted_on_a_terminal(tmp_path: Path) -> None:
    fleet(tmp_path, [application(syncPolicy=None)], [application(syncPolicy=None) | {"status": WELL}])
    done = command(tmp_path, "check", "-q")
    assert done.returncode == 0
    assert "1 x info: Application.argoproj.io engine/auto-sync-off" in done.stdout
    assert "in Git and in the cluster; spec.syncPolicy" not in done.stdout
    assert "in Git and in the cluster; spec.syncPolicy" in command(tmp_path, "check", "-q", "-v").stdout


def test_what_waits_for_a_sync_fails_nothing_where_pending_changes_do_not(tmp_path: Path) -> None:
    live = [application() | {"status": WELL | {"sync": {"status": "OutOfSync"}}}]
    run = audited(fleet(tmp_path, [application()], live, GIT + "drift: {pending: warn}\n"))
    assert found(run) == [("out-of-sync", "info", "live")]
    assert run.exit_code == 0
