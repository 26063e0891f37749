"""What an Application renders is what the tool itself renders as Argo CD calls it, option by option, object by object.

Argo CD edits a kustomization (`kustomize edit`) and builds it, and gives a chart to `helm template`.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_audit.config.load import load
from gitops_audit.engine.gather.all_sources import read_all
from gitops_audit.engine.options import RunOptions, narrowed
from tests.audited import git, repository
from tests.rendering import TOOLS_PATH
from tests.tools import HELM, KUSTOMIZE

pytestmark = pytest.mark.slow

URL = "https://git.example.com/team/fleet"
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.0"}]}
"""
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {a: b}\n"
CHART_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}
data:
  values: {{ .Values | toJson | quote }}
  kube: {{ .Capabilities.KubeVersion.Version | quote }}
  monitoring: {{ .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" | quote }}
"""
DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  names: {kind: Thing, plural: things}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
"""
FILES = {
    "base/kustomization.yaml": "resources: [web.yaml, cm.yaml]\nnamePrefix: old-\ncommonAnnotations: {note: here}\n",
    "base/web.yaml": WEB,
    "base/cm.yaml": CONFIG_MAP % "cm",
    "extra/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -extra\n",
    "chart/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
    "chart/values.yaml": "from: chart\nlist: [a]\n",
    "chart/eu.yaml": "from: eu\n",
    "chart/envs/a.yaml": "from: a\nonly: a\n",
    "chart/envs/b.yaml": "from: b\n",
    "chart/note.txt": "a text, with a comma",
    "chart/templates/cm.yaml": CHART_MAP,
    "chart/crds/things.yaml": DEFINITION,
    "strict/Chart.yaml": "apiVersion: v2\nname: strict\nversion: 1.0.0\n",
    "strict/values.schema.json": '{"type": "object", "required": ["must"]}',
    "strict/templates/cm.yaml": CONFIG_MAP % "strict",
    "shared/all.yaml": "from: shared\n",
    "plain/a.yaml": CONFIG_MAP % "a",
    "plain/b.yml": CONFIG_MAP % "b",
    "plain/c.yaml.sealed": CONFIG_MAP % "c",
    "plain/deep/d.json": json.dumps(yaml.safe_load(CONFIG_MAP % "d")),
}
PATCH = '[{"op": "replace", "path": "/spec/replicas", "value": 5}]'
_IMAGE = {"name": "nginx", "newName": "registry.example.com/nginx", "newTag": "2"}
_PAIRS = {"pairs": {"team": "web"}}
# By option: what the Application says, and what stands in the kustomization after `kustomize edit`.
KUSTOMIZE_OPTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "nothing": ("{}", {}),
    "namePrefix": ("{namePrefix: new-}", {"namePrefix": "new-"}),
    "nameSuffix": ("{nameSuffix: -new}", {"nameSuffix": "-new"}),
    "namespace": ("{namespace: other}", {"namespace": "other"}),
    "images": ("{images: ['nginx=registry.example.com/nginx:2']}", {"images": [_IMAGE]}),
    "images by tag": ("{images: ['nginx:3']}", {"images": [{"name": "nginx", "newTag": "3"}]}),
    "replicas": ("{replicas: [{name: web, count: 4}]}", {"replicas": [{"name": "web", "count": 4}]}),
    "commonLabels": ("{commonLabels: {team: web}}", {"commonLabels": {"team": "web"}}),
    "labelWithoutSelector": ("{commonLabels: {team: web}, labelWithoutSelector: true}", {"labels": [_PAIRS]}),
    "labelIncludeTemplates": (
        "{commonLabels: {team: web}, labelWithoutSelector: true, labelIncludeTemplates: true}",
        {"labels": [_PAIRS | {"includeTemplates": True}]},
    ),
    "commonAnnotations": ("{commonAnnotations: {a: b}}", {"commonAnnotations": {"note": "here", "a": "b"}}),
    "forceCommonAnnotations": (
        "{commonAnnotations: {note: there}, forceCommonAnnotations: true}",
        {"commonAnnotations": {"note": "there"}},
    ),
    "components": ("{components: [../extra]}", {"components": ["../extra"]}),
    "ignoreMissingComponents": (
        "{components: [../extra, ../none], ignoreMissingComponents: true}",
        {"components": ["../extra"]},
    ),
    "patches": (
        f"{{patches: [{{patch: '{PATCH}', target: {{kind: Deployment}}}}]}}",
        {"patches": [{"patch": PATCH, "target": {"kind": "Deployment"}}]},
    ),
}
# By option: what the Application says, and the further words of `helm template`.
HELM_OPTIONS: dict[str, tuple[str, Sequence[str]]] = {
    "nothing": ("{}", []),
    "releaseName": ("{releaseName: edge}", ["RELEASE=edge"]),
    "namespace": ("{namespace: other}", ["NAMESPACE=other"]),
    "valueFiles": (
        "{valueFiles: [eu.yaml, /shared/all.yaml]}",
        ["--values", "eu.yaml", "--values", "../shared/all.yaml"],
    ),
    "valueFiles with wildcards": (
        "{valueFiles: ['envs/*.yaml']}",
        ["--values", "envs/a.yaml", "--values", "envs/b.yaml"],
    ),
    "ignoreMissingValueFiles": (
        "{valueFiles: [eu.yaml, none.yaml], ignoreMissingValueFiles: true}",
        ["--values", "eu.yaml"],
    ),
    "values": ("{values: 'list: [x]', valueFiles: [eu.yaml]}", ["--values", "eu.yaml", "--set-json", 'list=["x"]']),
    "valuesObject": ("{valuesObject: {list: [other]}, values: 'from: no'}", ["--set-json", 'list=["other"]']),
    "parameters": (
        "{parameters: [{name: num, value: '1'}, {name: text, value: 'a,b'}, {name: list, value: '{a,b}'}]}",
        ["--set", "num=1", "--set", r"text=a\,b", "--set", "list={a,b}"],
    ),
    "forceString": ("{parameters: [{name: num, value: '1', forceString: true}]}", ["--set-string", "num=1"]),
    "fileParameters": ("{fileParameters: [{name: note, path: note.txt}]}", ["--set-file", "note=note.txt"]),
    "skipCrds": ("{skipCrds: true}", ["--skip-crds"]),
    "kubeVersion": ("{kubeVersion: 1.27.3}", ["--kube-version", "1.27.3"]),
    "apiVersions": ("{apiVersions: [monitoring.coreos.com/v1]}", ["--api-versions", "monitoring.coreos.com/v1"]),
    "build environment": (
        "{parameters: [{name: app, value: $ARGOCD_APP_NAME}]}",
        ["--set", "app=helm-build-environment"],
    ),
}
DIRECTORY_OPTIONS = {
    "nothing": ("{}", ["a", "b"]),
    "recurse": ("{recurse: true}", ["a", "b", "d"]),
    "include": ("{include: '*.yaml', recurse: true}", ["a"]),
    "exclude": ("{exclude: '{b.yml,deep/*}', recurse: true}", ["a"]),
    "disableExtensionFilter": ("{disableExtensionFilter: true}", ["a", "b", "c"]),
}


def application(kind: str, option: str, options: str, path: str) -> dict[str, Any]:
    source = {"repoURL": URL, "path": path, kind: yaml.safe_load(options)}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name_of(kind, option), "namespace": "argocd"},
        "spec": {"source": source, "destination": {"name": "in-cluster", "namespace": "shop"}},
    }


def name_of(kind: str, option: str) -> str:
    return f"{kind}-{option}".lower().replace(" ", "-")


def applications() -> Iterator[dict[str, Any]]:
    for option, (said, _) in KUSTOMIZE_OPTIONS.items():
        yield application("kustomize", option, said, "base")
    for option, (said, _) in HELM_OPTIONS.items():
        yield application("helm", option, said, "chart")
    for option, (said, _) in DIRECTORY_OPTIONS.items():
        yield application("directory", option, said, "plain")
    yield application("helm", "skipSchemaValidation", "{skipSchemaValidation: true}", "strict")
    yield application("helm", "schema", "{}", "strict")
    yield application("kustomize", "unforced", "{commonAnnotations: {note: there}}", "base")


Objects = list[dict[str, Any]]


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[Objects, list[str]]]:
    """What one run renders of all Applications, by their names: the objects, and what is wrong."""
    configuration = "version: 1\nkubernetesVersion: '1.34'\nsources:\n- {name: fleet, argocd: {path: argocd}}\n"
    files = {**FILES, "gitops-audit.yaml": configuration, "argocd/apps.yaml": yaml.safe_dump_all(applications())}
    root = repository(tmp_path_factory.mktemp("fleet") / "repo", files)
    git(root, "remote", "add", "origin", URL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", TOOLS_PATH)
        found = read_all(narrowed(load(root / "gitops-audit.yaml"), RunOptions()), RunOptions())
    told: dict[str, tuple[Objects, list[str]]] = {}
    for source in found:
        problems = [problem.message for problem in source.rendered.problems]
        problems += [source.error.message] if source.error else []
        told[source.config.name.removeprefix("fleet.")] = [m.body for m in source.rendered.manifests], problems
        source.close()
    return told


def printed(folder: Path, files: Mapping[str, str], path: str, command: Sequence[str | Path]) -> Objects:
    """The objects that a command prints which is run where a source is."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    run = subprocess.run(command, cwd=folder / path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return [body for body in yaml.safe_load_all(run.stdout) if body]


def ordered(objects: Objects) -> list[str]:
    return sorted(json.dumps(body, sort_keys=True) for body in objects)


@pytest.mark.parametrize("option", KUSTOMIZE_OPTIONS)
def test_a_kustomization_is_what_kustomize_builds_after_its_edits(
    option: str, audit: Mapping[str, tuple[Objects, list[str]]], tmp_path: Path
) -> None:
    objects, problems = audit[name_of("kustomize", option)]
    file = "base/kustomization.yaml"
    edited = yaml.safe_load(FILES[file]) | KUSTOMIZE_OPTIONS[option][1]
    built = printed(tmp_path, FILES | {file: yaml.safe_dump(edited)}, "base", [KUSTOMIZE, "build", "."])
    assert problems == []
    assert ordered(objects) == ordered(built)


@pytest.mark.parametrize("option", HELM_OPTIONS)
def test_a_chart_is_what_helm_renders_with_its_words(
    option: str, audit: Mapping[str, tuple[Objects, list[str]]], tmp_path: Path
) -> None:
    objects, problems = audit[name_of("helm", option)]
    given = {"RELEASE": name_of("helm", option), "NAMESPACE": "shop"}
    words = HELM_OPTIONS[option][1]
    given |= dict(word.split("=") for word in words if word.partition("=")[0] in given)
    words = [word for word in words if word.partition("=")[0] not in given]
    words = [*words, *(() if "--kube-version" in words else ("--kube-version", "1.34.0"))]
    words = [*words, *(() if "--skip-crds" in words else ("--include-crds",))]
    command: list[str | Path] = [HELM, "template", given["RELEASE"], ".", "--namespace", given["NAMESPACE"], *words]
    assert problems == []
    assert ordered(objects) == ordered(printed(tmp_path, FILES, "chart", command))


@pytest.mark.parametrize("option", DIRECTORY_OPTIONS)
def test_a_directory_is_the_files_that_its_options_take(
    option: str, audit: Mapping[str, tuple[Objects, list[str]]]
) -> None:
    objects, problems = audit[name_of("directory", option)]
    assert ([body["metadata"]["name"] for body in objects], problems) == (DIRECTORY_OPTIONS[option][1], [])


def test_a_schema_of_values_counts_unless_it_is_skipped(audit: Mapping[str, tuple[Objects, list[str]]]) -> None:
    assert (len(audit["helm-skipschemavalidation"][0]), audit["helm-skipschemavalidation"][1]) == (1, [])
    assert audit["helm-schema"][0] == []
    assert len(audit["helm-schema"][1]) == 1


def test_an_annotation_that_stands_already_fails_without_force(
    audit: Mapping[str, tuple[Objects, list[str]]],
) -> None:
    objects, [problem] = audit["kustomize-unforced"]
    assert objects == []
    assert "which the kustomization has already" in problem
