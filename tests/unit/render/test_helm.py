"""Charts as the pinned helm 4 and helm 3 render them; a script stands in where helm itself must misbehave."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gitops_audit.config.settings import SourceConfig
from gitops_audit.errors import SourceError
from gitops_audit.model.resource import FileProblem, Origin, Rendered
from gitops_audit.render import helm
from tests.tools import HELM, HELM3
from tests.unit.render.checkouts import DictCheckout

pytestmark = pytest.mark.slow

WEB = """\
apiVersion: v1
kind: {{ .Values.kind }}
metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}, labels: {app: 1}}
"""
HOOK = """\
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {helm.sh/hook: pre-install}}
"""
CHART: dict[str, str | bytes] = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/values.yaml": "kind: ConfigMap\n",
    "charts/web/crds/things.yaml": "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
    "metadata: {name: things.example.com}\n",
    "charts/web/templates/web.yaml": WEB,
    "charts/web/templates/hook.yaml": HOOK,
    "charts/web/charts/redis/Chart.yaml": "apiVersion: v2\nname: redis\nversion: 1.0.0\n",
    "charts/web/charts/redis/templates/x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: redis}\n",
}
BROKEN = """\
---
# Source: web/templates/web.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
---
# Source: web/templates/hook.yaml
apiVersion: batch/v1
kind: [Job
"""


@pytest.fixture(params=[HELM, HELM3], ids=["helm 4", "helm 3"])
def each_helm(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each of the pinned versions as the `helm` on the PATH."""
    (tmp_path / "helm").symlink_to(request.param)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return Path(request.param)


@pytest.fixture
def broken_helm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `helm` on the PATH that prints what no helm should print: the text written to the file that this gives."""
    (tmp_path / "helm").write_text('#!/bin/sh\ncat "${0%/*}/output"\n')
    (tmp_path / "helm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "output"


def render(files: dict[str, str | bytes], namespace: str = "", problems: tuple[FileProblem, ...] = ()) -> Rendered:
    checkout = DictCheckout(files, path="charts/web", problems=problems)
    return helm.render(SourceConfig("shop", path="charts/web", namespace=namespace), checkout)


@pytest.mark.usefixtures("each_helm")
def test_a_chart_is_rendered_and_every_object_knows_its_template() -> None:
    found = {m.body["metadata"]["name"]: m.origin.path for m in render(CHART).manifests}
    assert found == {
        "things.example.com": "charts/web/crds/things.yaml",
        "shop": "charts/web/templates/web.yaml",
        "migrate": "charts/web/templates/hook.yaml",
        "redis": "charts/web/charts/redis/templates/x.yaml",
    }


@pytest.mark.usefixtures("each_helm")
def test_hooks_stay_recognisable() -> None:
    found = {m.body["metadata"]["name"]: m.body["metadata"].get("annotations") for m in render(CHART).manifests}
    assert {name for name, annotations in found.items() if annotations} == {"migrate"}
    assert found["migrate"] == {"helm.sh/hook": "pre-install"}


@pytest.mark.usefixtures("each_helm")
def test_faults_point_into_the_template_not_into_the_output() -> None:
    (web,) = (m for m in render(CHART).manifests if m.body["metadata"]["name"] == "shop")
    assert [(f.path, f.line) for f in web.faults] == [("metadata.labels.app", web.origin.line)]


@pytest.mark.usefixtures("each_helm")
@pytest.mark.parametrize(("namespace", "expected"), [("", "default"), ("shop-prod", "shop-prod")])
def test_the_release_has_the_name_and_the_namespace_of_the_source(namespace: str, expected: str) -> None:
    (web,) = (m for m in render(CHART, namespace).manifests if m.origin.path.endswith("/web.yaml"))
    assert (web.body["metadata"]["name"], web.body["metadata"]["namespace"]) == ("shop", expected)


@pytest.mark.usefixtures("each_helm")
def test_what_helm_refuses_is_a_problem_of_the_chart() -> None:
    chart = "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies: [{name: mysql, version: 1.0.0}]\n"
    (problem,) = render(CHART | {"charts/web/Chart.yaml": chart}).problems
    assert (problem.path, problem.line) == ("charts/web/Chart.yaml", 1)
    assert problem.message.startswith("helm: ")
    assert "mysql" in problem.message
    assert "/tmp" not in problem.message


def test_broken_output_is_a_problem_of_its_template(broken_helm: Path) -> None:
    broken_helm.write_text(BROKEN)
    rendered = render(CHART)
    assert [m.body["metadata"]["name"] for m in rendered.manifests] == ["web"]
    (problem,) = rendered.problems
    assert problem.path == "charts/web/templates/hook.yaml"
    assert problem.message.startswith("in what helm rendered: ")


def test_an_object_of_no_known_template_is_placed_at_the_chart(broken_helm: Path) -> None:
    broken_helm.write_text(BROKEN.replace("templates/web.yaml", "charts/mysql/templates/x.yaml"))
    assert [m.origin for m in render(CHART).manifests] == [Origin("charts/web/Chart.yaml", 0, -1)]


@pytest.mark.usefixtures("each_helm")
def test_a_template_that_could_not_be_read_is_told_for_helm_does_not_miss_it() -> None:
    lost = FileProblem(
        "charts/web/templates/out.yaml",
        0,
        "not read: the symbolic link leads out of the repository; put its content there, or name it in `exclude`",
    )
    other = FileProblem("charts/web/README.md", 0, "not read: the symbolic link leads to nothing")
    found = render(CHART, problems=(lost, other))
    assert (found.problems, len(found.manifests)) == ((lost,), 4)


@pytest.mark.usefixtures("each_helm")
@pytest.mark.parametrize(
    "more",
    [
        {"values.yaml": "adminPassword: s3cr3t-m4rk3r\n", "templates/web.yaml": "{{ fail .Values.adminPassword }}"},
        {
            "values.yaml": "redis: {auth: {password: s3cr3t-m4rk3r}}\n",
            "charts/redis/templates/x.yaml": "{{ fail .Values.auth.password }}",
        },
        {
            "templates/secret.yaml": "kind: Secret\nstringData: {k: s3cr3t-m4rk3r}\n",
            "templates/web.yaml": '{{ fail "bad value s3cr3t-m4rk3r" }}',
        },
    ],
)
def test_no_problem_of_helm_quotes_a_secret(more: dict[str, str]) -> None:
    (problem,) = render(CHART | {f"charts/web/{path}": text for path, text in more.items()}).problems
    assert "the template itself ends the rendering" in problem.message
    assert "s3cr3t" not in problem.message


@pytest.mark.usefixtures("each_helm")
def test_a_chart_that_renders_nothing_is_told() -> None:
    files = {path: text for path, text in CHART.items() if path.endswith("web/Chart.yaml")}
    assert render(files).ignored == (("charts/web/Chart.yaml", "it is empty, or has only comments"),)


def test_without_helm_the_source_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SourceError) as caught:
        helm.render(SourceConfig("shop"), DictCheckout(CHART, path="charts/web"))
    assert "helm is not on the PATH" in caught.value.message
    assert "install helm" in caught.value.hint


def test_a_path_without_a_chart_is_an_error_of_the_source() -> None:
    with pytest.raises(SourceError, match=r"no Chart\.yaml in charts"):
        helm.render(SourceConfig("shop"), DictCheckout(CHART, path="charts"))


@pytest.mark.parametrize("hour", range(24))
def test_a_second_rendering_is_on_another_day(hour: int) -> None:
    now = datetime(2026, 5, 10, hour, 30, tzinfo=UTC)
    zone = helm.other_zone(now, now.date())
    assert now.astimezone(ZoneInfo(zone)).date() != now.date()
