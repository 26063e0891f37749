"""Helm itself need not be there: a script stands in for it, which prints what helm prints."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gitops_audit.config.settings import SourceConfig
from gitops_audit.errors import SourceError
from gitops_audit.model.resource import FileProblem, Origin, Rendered
from gitops_audit.render import helm
from tests.unit.render.checkouts import DictCheckout

CHART: dict[str, str | bytes] = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/templates/web.yaml": "kind: {{ .Values.kind }}\n",
    "charts/web/templates/hook.yaml": "kind: Job\n",
}
OUTPUT = """\
---
# Source: web/templates/web.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: web, labels: {app: 1}}
---
# Source: web/templates/hook.yaml
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {helm.sh/hook: pre-install}}
---
# Source: web/charts/redis/templates/x.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: redis}
"""


@pytest.fixture
def fake_helm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Puts a `helm` on the PATH that runs the script written to the file this gives."""
    (tmp_path / "helm").touch(mode=0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "helm"


def render(script: str, fake_helm: Path, **config: str) -> Rendered:
    fake_helm.write_text(f"#!/bin/sh\n{script}\n")
    return helm.render(SourceConfig("shop", path="charts/web", **config), DictCheckout(CHART, path="charts/web"))  # type: ignore[arg-type]


def printing(text: str) -> str:
    return f"cat <<'END'\n{text}END"


def test_a_chart_is_rendered_and_every_object_knows_its_template(fake_helm: Path) -> None:
    found = render(printing(OUTPUT), fake_helm).manifests
    assert [(m.body["metadata"]["name"], m.origin) for m in found] == [
        ("web", Origin("charts/web/templates/web.yaml", 1, -1)),
        ("migrate", Origin("charts/web/templates/hook.yaml", 1, -1)),
        ("redis", Origin("charts/web/Chart.yaml", 1, -1)),
    ]


def test_hooks_stay_recognisable(fake_helm: Path) -> None:
    annotations = [m.body["metadata"].get("annotations") for m in render(printing(OUTPUT), fake_helm).manifests]
    assert annotations == [None, {"helm.sh/hook": "pre-install"}, None]


def test_faults_point_into_the_template_not_into_the_output(fake_helm: Path) -> None:
    first = render(printing(OUTPUT), fake_helm).manifests[0]
    assert [(f.path, f.line) for f in first.faults] == [("metadata.labels.app", 1)]


@pytest.mark.parametrize(("namespace", "expected"), [("", "default"), ("shop-prod", "shop-prod")])
def test_helm_is_asked_for_a_release_named_like_the_source(fake_helm: Path, namespace: str, expected: str) -> None:
    script = 'echo "$1 $2 ${3##*/tree/} $4 $5 $6 $#" >&2; exit 1'
    (problem,) = render(script, fake_helm, namespace=namespace).problems
    assert problem.message == f"helm: template shop charts/web --namespace {expected} --include-crds 6"


def test_what_helm_refuses_is_a_problem_of_the_chart(fake_helm: Path) -> None:
    script = 'echo "Error: found in Chart.yaml, but missing in charts/ directory: redis ($3)" >&2; exit 1'
    (problem,) = render(script, fake_helm).problems
    assert (problem.path, problem.line) == ("charts/web/Chart.yaml", 1)
    expected = "helm: Error: found in Chart.yaml, but missing in charts/ directory: redis (charts/web)"
    assert problem.message == expected


def test_broken_output_is_a_problem_of_its_template(fake_helm: Path) -> None:
    output = OUTPUT.replace("kind: Job", "kind: [Job")
    rendered = render(printing(output), fake_helm)
    assert [m.body["metadata"]["name"] for m in rendered.manifests] == ["web", "redis"]
    (problem,) = rendered.problems
    assert (problem.path, problem.line) == ("charts/web/templates/hook.yaml", 1)
    assert problem.message.startswith("in what helm rendered: ")


def test_a_template_that_could_not_be_read_is_told_for_helm_does_not_miss_it(fake_helm: Path) -> None:
    fake_helm.write_text(f"#!/bin/sh\n{printing(OUTPUT)}\n")
    lost = FileProblem("charts/web/templates/out.yaml", 0, "not read: the symbolic link leads out of the repository")
    other = FileProblem("charts/web/README.md", 0, "not read: the symbolic link leads to nothing")
    checkout = DictCheckout(CHART, path="charts/web", problems=(lost, other))
    found = helm.render(SourceConfig("shop", path="charts/web"), checkout)
    assert (found.problems, len(found.manifests)) == ((lost,), 3)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("values.yaml", "adminPassword: s3cr3t-m4rk3r\n"),
        ("charts/redis/values.yaml", "auth: {password: s3cr3t-m4rk3r}\n"),
        ("templates/secret.yaml", "kind: Secret\nstringData: {k: s3cr3t-m4rk3r}\n"),
    ],
)
def test_no_problem_of_helm_quotes_a_secret(fake_helm: Path, path: str, text: str) -> None:
    fake_helm.write_text("#!/bin/sh\necho 'execution error: bad value s3cr3t-m4rk3r' >&2; exit 1\n")
    checkout = DictCheckout(CHART | {f"charts/web/{path}": text}, path="charts/web")
    (problem,) = helm.render(SourceConfig("shop", path="charts/web"), checkout).problems
    assert problem.message == "helm: execution error: bad value ***"


def test_a_chart_that_renders_nothing_is_told(fake_helm: Path) -> None:
    assert render("true", fake_helm).ignored == (("charts/web/Chart.yaml", "it is empty, or has only comments"),)


def test_without_helm_the_source_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SourceError) as caught:
        helm.render(SourceConfig("shop"), DictCheckout(CHART, path="charts/web"))
    assert "helm is not on the PATH" in caught.value.message
    assert "install helm" in caught.value.hint


def test_a_path_without_a_chart_is_an_error_of_the_source(fake_helm: Path) -> None:
    with pytest.raises(SourceError, match=r"no Chart\.yaml in charts"):
        helm.render(SourceConfig("shop"), DictCheckout(CHART, path="charts"))
