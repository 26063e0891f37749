"""Releases of the real Helm on a real API server: what their records tell of causes, and which nobody declares."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.audited import Audited, audited, command, git, repository
from tests.e2e.apiserver import ApiServer
from tests.e2e.truth_server import Client
from tests.tools import HELM, HELM3

pytestmark = pytest.mark.e2e

SPACE = "helm-e2e"  # it stays: without a controller manager a deleted namespace never goes
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata: {size: '{{ .Values.size }}', kept: '1'}\n"
FILES = {
    "chart/Chart.yaml": "apiVersion: v2\nname: cache\nversion: 1.0.0\n",
    "chart/templates/a.yaml": MAP.replace("NAME", "a-{{ .Release.Name }}"),
    "chart/templates/b.yaml": MAP.replace("NAME", "b-{{ .Release.Name }}"),
}


class Releases:
    """A repository with a chart, and the real helm for it."""

    def __init__(self, server: ApiServer, folder: Path, helm: Path) -> None:
        self._client, self._helm = Client(server, folder), helm
        self.folder = folder / "fleet"
        repository(self.folder, FILES)
        self.run("kubectl", "apply", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "Namespace"} | _NAMED))

    def run(self, tool: str, *arguments: str, text: str = "") -> None:
        program = self._client.kubectl if tool == "kubectl" else str(self._helm)
        environment = {"HOME": str(self.folder.parent), "KUBECONFIG": str(self._client.kubeconfig)}
        done = subprocess.run([program, *arguments], input=text.encode(), capture_output=True, env=environment)
        assert done.returncode == 0, done.stderr.decode()

    def configure(self, size: int, *, orphans: str = "") -> None:
        text = (
            f"version: 1\nclusters: {{real: {{kubeconfig: {self._client.kubeconfig}, context: admin}}}}\n"
            f"sources: [{{name: cache, path: chart, namespace: {SPACE}, helm: {{values: {{size: {size}}}}}}}]\n"
            f"{orphans}"
        )
        (self.folder / "gitops-audit.yaml").write_text(text)

    def causes(self) -> dict[str, str | None]:
        return {
            v.subject.key.name: v.drift.cause if v.drift and v.drift.status != "in-sync" else None
            for v in audited(self.folder)
        }


_NAMED = {"metadata": {"name": SPACE}}


@pytest.fixture(params=[HELM, HELM3], ids=["helm 4", "helm 3"])
def releases(request: pytest.FixtureRequest, apiserver: ApiServer, tmp_path: Path) -> Iterator[Releases]:
    found = Releases(apiserver, tmp_path, request.param)
    found.run("helm", "install", "cache", "chart", *_IN, "--set", "size=2,password=hunter2hunter2")
    try:
        yield found
    finally:
        found.run("helm", "uninstall", "cache", "--namespace", SPACE)


_IN = ("--namespace", SPACE)


@pytest.fixture(autouse=True)
def _in_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fleet").mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path / "fleet")


def test_values_that_only_the_configuration_changed_are_pending(releases: Releases) -> None:
    releases.configure(2)
    assert releases.causes() == {"a-cache": None, "b-cache": None}
    releases.configure(3)
    assert releases.causes() == {"a-cache": "git", "b-cache": "git"}


def test_what_was_changed_or_deleted_by_hand_is_told_from_what_is_new(releases: Releases) -> None:
    releases.configure(2)
    releases.run("kubectl", "patch", "configmap/a-cache", *_IN, "-p", '{"data": {"kept": "2"}}')
    releases.run("kubectl", "delete", "configmap/b-cache", *_IN)
    (releases.folder / "chart/templates/c.yaml").write_text(MAP.replace("NAME", "c-cache"))
    git(releases.folder, "add", "--all")
    git(releases.folder, "commit", "--quiet", "--message", "Add one")
    assert releases.causes() == {"a-cache": "cluster", "b-cache": "cluster", "c-cache": "git"}


def test_the_release_is_named_and_its_values_are_not(releases: Releases) -> None:
    releases.configure(3)
    done = command(releases.folder, "check", "--json", "out.json")
    text = done.stdout + done.stderr + (releases.folder / "out.json").read_text()
    assert "deployed last by revision 1 of the Helm release helm-e2e/cache (cache 1.0.0)" in text
    assert "hunter2" not in text


def test_a_release_that_no_source_declares_is_extra(releases: Releases) -> None:
    releases.run("helm", "install", "stray", "chart", *_IN, "--set", "size=1")
    try:
        releases.configure(2, orphans=f"drift: {{orphans: {{enabled: true, namespaces: [{SPACE}]}}}}\n")
        found = _extra(audited(releases.folder))
    finally:
        releases.run("helm", "uninstall", "stray", *_IN)
    assert found == {"a-stray", "b-stray", "sh.helm.release.v1.stray.v1"}


def _extra(found: Audited) -> set[str]:
    return {v.subject.key.name for v in found if v.drift and v.drift.status == "extra"}
