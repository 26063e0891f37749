"""What is not compared is still checked, and an audit that came to no answer is not green."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_audit.model.resource import JsonObject
from tests.audited import audited
from tests.command import run_cli, run_pytest
from tests.recording import write_recording
from tests.repository import Repo

POLICIES = "policies:\n  - {pack: pod-security-baseline}\n"


def daemon_set(name: str = "evil", **metadata: Any) -> JsonObject:
    container = {"name": "c", "image": "x", "securityContext": {"privileged": True}}
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"hostPID": True, "containers": [container]}}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
    meta = {"namespace": "shop", **({"name": name} if name else {}), **metadata}
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": meta, "spec": spec}


def config_map(name: str = "a", **metadata: Any) -> JsonObject:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop", **metadata}}


def shop(
    repository: Repo, *objects: JsonObject, policies: str = POLICIES, live: list[JsonObject] | None = None
) -> Path:
    clusters = "" if live is None else "clusters:\n  c: {snapshot: rec.json}\n"
    config = f"version: 1\n{clusters}sources:\n  - {{name: s, path: app}}\n{policies}"
    files = {f"app/{n}.yaml": yaml.safe_dump(body) for n, body in enumerate(objects)}
    repository.commit_files({"gitops-audit.yaml": config, **files})
    if live is not None:
        write_recording(repository.folder / "rec.json", *live)
    return repository.folder


def hook(key: str, value: str) -> JsonObject:
    return {"annotations": {key: value}}


HIDING = [
    hook("helm.sh/hook", "test"),
    hook("helm.sh/hook", "pre-install"),
    hook("argocd.argoproj.io/hook", "PreSync"),
    hook("argocd.argoproj.io/hook", "bogus"),
    hook("argocd.argoproj.io/hook", "Skip"),
]


@pytest.mark.parametrize("metadata", [*HIDING, {"name": None, "generateName": "evil-"}], ids=str)
def test_no_annotation_hides_an_object_from_policies(repository: Repo, metadata: JsonObject) -> None:
    run = audited(shop(repository, daemon_set(**metadata)))
    (verdict,) = run
    assert (verdict.outcome, run.exit_code) == ("failed", 1)
    assert "pod-security-baseline" in {f.rule.partition("/")[0] for f in verdict.findings if f.check == "policy"}


@pytest.mark.parametrize("metadata", HIDING, ids=str)
def test_no_annotation_in_plain_files_hides_an_object_from_the_comparison(
    repository: Repo, metadata: JsonObject
) -> None:
    run = audited(shop(repository, config_map(**metadata), policies="", live=[config_map("other")]))
    (verdict,) = run
    assert verdict.drift is not None
    assert (verdict.drift.status, run.exit_code) == ("missing", 1)


BY_ARGOCD = {"annotations": {"argocd.argoproj.io/tracking-id": "shop:/ConfigMap:shop/other"}}


def test_a_hook_of_argo_cd_is_not_compared_where_argo_cd_deploys_the_source(repository: Repo) -> None:
    objects = config_map("hook", **hook("argocd.argoproj.io/hook", "PreSync")), config_map("other")
    run = audited(shop(repository, *objects, policies="", live=[config_map("other", **BY_ARGOCD)]))
    assert run.outcomes == {"c/s/ConfigMap/shop/hook": "skipped", "c/s/ConfigMap/shop/other": "passed"}
    assert run.verdicts["c/s/ConfigMap/shop/hook"].skip_reason.startswith("an Argo CD hook (PreSync)")
    assert run.exit_code == 0


def test_a_violation_of_a_hook_that_is_not_compared_fails_it(repository: Repo) -> None:
    objects = daemon_set(**hook("argocd.argoproj.io/hook", "PreSync")), config_map("other")
    run = audited(shop(repository, *objects, live=[config_map("other", **BY_ARGOCD)]))
    evil = run.verdicts["c/s/DaemonSet.apps/shop/evil"]
    assert (evil.drift, evil.outcome) == (None, "failed")


CUSTOM: JsonObject = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}


def test_an_audit_in_which_nothing_was_evaluated_is_not_green(repository: Repo) -> None:
    folder = shop(repository, CUSTOM, policies="")
    for ran in (run_cli("check", cwd=folder), run_pytest("gitops-audit.yaml", "-q", cwd=folder)):
        assert ran.said.count("nothing of source s was evaluated") == 1
        assert "note: nothing" not in ran.said
    assert run_cli("check", "-q", cwd=folder).code == 3
    assert run_pytest("gitops-audit.yaml", cwd=folder).code == 1


def test_a_source_of_which_nothing_was_evaluated_is_not_covered_by_another(repository: Repo) -> None:
    config = "version: 1\nsources:\n  - {name: a, path: a}\n  - {name: b, path: b}\n"
    files = {"a/a.yaml": yaml.safe_dump(CUSTOM), "b/b.yaml": yaml.safe_dump(config_map())}
    repository.commit_files({"gitops-audit.yaml": config, **files})
    run = audited(repository.folder)
    assert run.exit_code == 3
    assert run.outcomes["git/a/Widget.example.com/w"] == "skipped"


def test_comparing_without_a_cluster_is_not_green(repository: Repo) -> None:
    folder = shop(repository, config_map(), policies="")
    assert audited(folder).exit_code == 0
    ran = run_cli("diff", cwd=folder)
    assert ran.code == 3
    assert "nothing was compared: no cluster was asked" in ran.err


def test_a_broken_file_fails_whatever_severity_fails(repository: Repo) -> None:
    folder = shop(repository, config_map(), policies="report: {failOn: critical}\n")
    repository.commit_files({"app/broken.yaml": "a: [\n"})
    assert audited(folder).exit_code == 1
