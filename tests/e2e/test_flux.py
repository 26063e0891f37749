"""A repository as Flux deploys it, on a real API server: what the tools build is in sync, a change by hand is not."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_audit.model.resource import JsonObject
from tests.audited import Audited, audited, git, repository
from tests.e2e.apiserver import ApiServer
from tests.e2e.truth_server import Client
from tests.engines import definition
from tests.tools import HELM

pytestmark = pytest.mark.e2e

URL = "https://git.example.com/team/flux-e2e"
SPACE = "flux-e2e"  # it stays: without a controller manager a deleted namespace never goes
OWNER = ("kustomize.toolkit.fluxcd.io", "kustomize-controller")


def flux_object(group: str, version: str, kind: str, name: str, spec: JsonObject) -> JsonObject:
    metadata = {"name": name, "namespace": SPACE}
    return {"apiVersion": f"{group}.toolkit.fluxcd.io/{version}", "kind": kind, "metadata": metadata, "spec": spec}


def kustomization(name: str, path: str, **spec: Any) -> JsonObject:
    reference = {"kind": "GitRepository", "name": "fleet"}
    return flux_object("kustomize", "v1", "Kustomization", name, {"path": path, "sourceRef": reference, **spec})


REPOSITORY = flux_object("source", "v1", "GitRepository", "fleet", {"url": URL, "ref": {"branch": "main"}})
PATCH = {"patch": "- {op: replace, path: /spec/replicas, value: 3}", "target": {"kind": "Deployment"}}
APPS = kustomization(
    "apps",
    "./apps",
    targetNamespace=SPACE,
    namePrefix="x-",
    patches=[PATCH],
    images=[{"name": "nginx", "newTag": "2.0"}],
    commonMetadata={"labels": {"team": "a"}},
    postBuild={
        "substituteFrom": [{"kind": "Secret", "name": "keys"}, {"kind": "ConfigMap", "name": "vars"}],
        "substitute": {"tier": "web"},
    },
)
RELEASE = flux_object(
    "helm",
    "v2",
    "HelmRelease",
    "cache",
    {
        "chart": {"spec": {"chart": "./charts/cache", "sourceRef": {"kind": "GitRepository", "name": "fleet"}}},
        "values": {"size": 2},
        "driftDetection": {"ignore": [{"paths": ["/data/counter"], "target": {"kind": "ConfigMap"}}]},
    },
)
VARS = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "vars", "namespace": SPACE},
    "data": {"zone": "eu"},
}
DOMAIN = "only.the-cluster.knows"
KEYS = VARS | {"kind": "Secret", "metadata": {"name": "keys", "namespace": SPACE}, "stringData": {"domain": DOMAIN}}
del KEYS["data"]
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {zone: "${zone}", tier: "${tier:-none}"}, annotations: {host: "web.${domain}"}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.0"}]}
"""
FILES = {
    "clusters/prod/fleet.yaml": yaml.safe_dump_all([REPOSITORY, APPS, RELEASE, kustomization("config", "./config")]),
    "config/vars.yaml": yaml.safe_dump(VARS),
    "apps/web.yaml": WEB,
    "charts/cache/Chart.yaml": "apiVersion: v2\nname: cache\nversion: 1.0.0\n",
    "charts/cache/templates/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}'}\n"
    "data: {size: '{{ .Values.size }}', counter: '0'}\n",
}
KINDS = {"kustomizations": APPS, "helmreleases": RELEASE, "gitrepositories": REPOSITORY}


class Fleet:
    """The repository, and Flux's controllers as far as they apply what the tools build."""

    def __init__(self, server: ApiServer, folder: Path) -> None:
        self._client = Client(server, folder)
        self.folder = folder / "fleet"
        repository(self.folder, FILES)
        git(self.folder, "remote", "add", "origin", URL)

    def kubectl(self, *arguments: str, text: str = "") -> None:
        command = [self._client.kubectl, f"--kubeconfig={self._client.kubeconfig}", *arguments]
        subprocess.run(command, input=text.encode(), check=True, capture_output=True)

    def deploy(self) -> None:
        self.kubectl("apply", "-f", "-", text=yaml.safe_dump_all([definition(b, p) for p, b in KINDS.items()]))
        self.kubectl("wait", "--for=condition=Established", "crd", *(f"{p}.{_group(b)}" for p, b in KINDS.items()))
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}}
        self._apply([space, KEYS], "kubectl")
        self._apply(list(yaml.safe_load_all(FILES["clusters/prod/fleet.yaml"])), OWNER[1], "fleet")
        self._apply([VARS], OWNER[1], "config")
        self._apply(self._as_flux_builds_apps(), OWNER[1], "apps")
        self._apply(self._as_helm_builds(), "helm-controller", "cache", "helm.toolkit.fluxcd.io")

    def _as_flux_builds_apps(self) -> list[JsonObject]:
        """By kubectl's kustomize and by hand, so that nothing of the audit decides what is right."""
        folder = self.folder.parent / "by-hand"
        folder.mkdir(exist_ok=True)
        (folder / "web.yaml").write_text(
            WEB.replace("${zone}", "eu").replace("${tier:-none}", "web").replace("${domain}", DOMAIN)
        )
        overlay = {"namespace": SPACE, "namePrefix": "x-", "patches": [PATCH], "resources": ["web.yaml"]}
        overlay |= {"images": [{"name": "nginx", "newTag": "2.0"}]}
        (folder / "kustomization.yaml").write_text(yaml.safe_dump(overlay))
        built = subprocess.check_output([self._client.kubectl, "kustomize", str(folder)])
        (web,) = yaml.safe_load_all(built)
        web["metadata"]["labels"]["team"] = "a"
        return [web]

    def _as_helm_builds(self) -> list[JsonObject]:
        chart = str(self.folder / "charts" / "cache")
        built = subprocess.check_output([str(HELM), "template", "cache", chart, "--set", "size=2", "-n", SPACE])
        return list(yaml.safe_load_all(built))

    def _apply(self, objects: Sequence[JsonObject], manager: str, owner: str = "", group: str = OWNER[0]) -> None:
        for body in objects if owner else ():
            labels = body["metadata"].setdefault("labels", {})
            labels |= {f"{group}/name": owner, f"{group}/namespace": SPACE}
        options = ["--server-side", "--force-conflicts", f"--field-manager={manager}", f"--namespace={SPACE}"]
        self.kubectl("apply", *options, "-f", "-", text=yaml.safe_dump_all(objects))

    def audited(self, flux: str) -> Audited:
        cluster = f"clusters:\n  real: {{kubeconfig: {self._client.kubeconfig}, context: admin}}\n"
        text = f"version: 1\n{cluster}sources:\n- name: flux\n  clusters: [real]\n  flux: {flux}\n"
        (self.folder / "gitops-audit.yaml").write_text(text)
        return audited(self.folder)


def _group(body: JsonObject) -> str:
    return str(body["apiVersion"]).partition("/")[0]


@pytest.fixture
def fleet(apiserver: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    monkeypatch.setenv("PATH", f"{HELM.parent}{os.pathsep}{os.environ['PATH']}")
    found = Fleet(apiserver, tmp_path)
    found.deploy()
    return found


WAYS = ["{from: git, path: clusters/prod}", f"{{from: cluster, namespaces: [{SPACE}]}}"]


@pytest.mark.parametrize("flux", WAYS)
def test_what_flux_deployed_is_in_sync(fleet: Fleet, flux: str) -> None:
    found = fleet.audited(flux)
    assert {v.subject.id: v.findings for v in found if v.outcome != "passed"} == {}
    assert f"real/flux.{SPACE}.apps/Deployment.apps/{SPACE}/x-web" in found.outcomes
    assert f"real/flux.{SPACE}.cache/ConfigMap/{SPACE}/cache" in found.outcomes


@pytest.mark.parametrize("flux", WAYS)
def test_a_change_by_hand_is_found_where_flux_does_not_ignore_it(fleet: Fleet, flux: str) -> None:
    fleet.kubectl("scale", "--replicas=5", f"--namespace={SPACE}", "deployment/x-web")
    fleet.kubectl("patch", "configmap/cache", f"--namespace={SPACE}", "-p", '{"data": {"counter": "7"}}')
    found = fleet.audited(flux)
    assert [v.subject.key.name for v in found if v.outcome != "passed"] == ["x-web"]


def test_variables_are_taken_from_the_cluster_where_nothing_declares_them(fleet: Fleet) -> None:
    git(fleet.folder, "rm", "--quiet", "config/vars.yaml")
    (fleet.folder / "clusters/prod/fleet.yaml").write_text(yaml.safe_dump_all([REPOSITORY, APPS]))
    git(fleet.folder, "commit", "--all", "--quiet", "--message", "Leave the variables to others")
    found = fleet.audited(WAYS[0])
    assert found.outcomes[f"real/flux.{SPACE}.apps/Deployment.apps/{SPACE}/x-web"] == "passed"


def test_what_flux_takes_from_a_secret_of_the_cluster_is_compared_and_not_shown(fleet: Fleet) -> None:
    fleet.kubectl("annotate", "--overwrite", f"--namespace={SPACE}", "deployment/x-web", "host=web.by-hand.example")
    found = fleet.audited(WAYS[0])
    (verdict,) = (v for v in found if v.outcome != "passed")
    assert verdict.subject.key.name == "x-web"
    assert [(f.path, f.result) for f in verdict.findings] == [("metadata.annotations.host", "fail")]
    assert DOMAIN not in repr(verdict)
    assert "by-hand" not in repr(verdict)
