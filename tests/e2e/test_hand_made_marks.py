"""Directives and marks that a person sets on the live object, on a real API server and by kubectl."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_audit.model.verdict import Verdict
from tests.audited import audited, repository
from tests.e2e.apiserver import ApiServer

pytestmark = pytest.mark.e2e

MARKS = {
    "annotate": [
        "kustomize.toolkit.fluxcd.io/reconcile=disabled",
        "kustomize.toolkit.fluxcd.io/ssa=Ignore",
        "kustomize.toolkit.fluxcd.io/prune=disabled",
        "argocd.argoproj.io/sync-options=Prune=false",
        "argocd.argoproj.io/compare-options=IgnoreExtraneous",
        "meta.helm.sh/release-name=other",
    ],
    "label": ["app.kubernetes.io/managed-by=by-hand", "app.kubernetes.io/instance=other"],
}
CONFIG_MAP = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "marked-by-hand", "namespace": "default"},
    "data": {"level": "info"},
}


@pytest.fixture
def verdict(apiserver: ApiServer, kubeconfig: Path, tmp_path: Path) -> Iterator[Verdict]:
    """Of an object that Flux applied, with every mark and another value set by hand."""

    def kubectl(*arguments: str, given: str = "") -> None:
        command = ["kubectl", f"--kubeconfig={kubeconfig}", "--context=admin", *arguments]
        subprocess.run(command, input=given, check=True, capture_output=True, text=True, timeout=60)

    cluster = f"{{context: admin, kubeconfig: {kubeconfig}}}"
    config = f"version: 1\nclusters: {{real: {cluster}}}\nsources: [{{name: s, path: app}}]\n"
    files = {"gitops-audit.yaml": config, "app/settings.json": json.dumps(CONFIG_MAP)}
    apply = ("apply", "--server-side", "--field-manager=kustomize-controller", "-f", "-")
    with apiserver.left_as_found():
        kubectl(*apply, given=json.dumps(CONFIG_MAP))
        for command, marks in MARKS.items():
            kubectl(command, "configmap", "marked-by-hand", *marks)
        kubectl("patch", "configmap", "marked-by-hand", "--type=merge", "-p", '{"data": {"level": "debug"}}')
        yield next(iter(audited(repository(tmp_path / "repo", files))))


def test_marks_set_by_hand_are_told_and_excuse_nothing(verdict: Verdict) -> None:
    assert verdict.outcome == "failed"
    assert verdict.drift is not None
    assert [c.path for c in verdict.changes if c.waiver is not None] == []
    keys = {mark.partition("=")[0] for marks in MARKS.values() for mark in marks}
    added = {c.pointer.rpartition("/")[2].replace("~1", "/") for c in verdict.changes if c.rule == "added"}
    assert (added, [c.path for c in verdict.changes if c.rule == "changed"]) == (keys, ["data.level"])
