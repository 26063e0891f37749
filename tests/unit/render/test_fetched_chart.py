"""Charts of a repository and of a registry on loopback, rendered by the pinned helm."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gitops_audit.config.settings import (
    ChartRef,
    HelmOptions,
    HelmParameter,
    NetworkConfig,
    SourceConfig,
    ValuesRepository,
)
from gitops_audit.errors import Location, SourceError
from gitops_audit.model.resource import Rendered
from gitops_audit.render.given import Given
from gitops_audit.render.varying import BUILD
from gitops_audit.source.chart.charts import Charts
from tests.chart_server import ChartServer, chart, chart_server
from tests.rendering import rendered, values
from tests.unit.render.checkouts import DictCheckout

pytestmark = pytest.mark.slow


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChartServer]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with chart_server() as found:
        yield found


def given(server: ChartServer, **other: object) -> Given:
    network = NetworkConfig(allow=(server.address,))
    return Given(network=network, charts=Charts(network), **other)  # type: ignore[arg-type]


def show(
    options: HelmOptions,
    patch: pytest.MonkeyPatch,
    given: Given,
    files: dict[str, str | bytes] | None = None,
    path: str = "",
) -> Rendered:
    return rendered(files or {}, SourceConfig("shop", path=path, type="helm", helm=options), patch, given)


def data_of(found: Rendered) -> object:
    assert found.problems == ()
    return {name: (data or {})["a"] for name, data in values(found).items()}  # type: ignore[index]


def test_the_highest_version_of_a_range_is_rendered_and_told(
    server: ChartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = ("1.9.0", "1.10.0", "2.0.0", "1.11.0-rc.1")
    url = server.repository({("web", v): chart("web", v) for v in versions})
    found = show(HelmOptions(chart=ChartRef(url, "web", ">=1 <2")), monkeypatch, given(server))
    assert data_of(found) == {"shop": "default of 1.10.0"}
    assert found.notes == ("the chart web >=1 <2 is version 1.10.0 today",)


@pytest.mark.parametrize("version", ["1.0.0+build.5", "1.x", ""])
def test_a_chart_of_a_registry_is_pulled_with_a_token(
    server: ChartServer, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    server.token = "opaque"
    url = server.registry("web", {"1.0.0+build.5": chart("web", "1.0.0+build.5")})
    found = show(HelmOptions(chart=ChartRef(url, "web", version)), monkeypatch, given(server))
    assert data_of(found) == {"shop": "default of 1.0.0+build.5"}


VERSIONED = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}, "
    'labels: {chart: {{ .Chart.Version | replace "+" "_" | quote }}}}\ndata: {a: b}\n'
)


def label_of(found: Rendered) -> tuple[str, tuple[tuple[str, str], ...]]:
    assert found.problems == ()
    (built,) = found.manifests
    return built.body["metadata"]["labels"]["chart"], built.varying


def test_a_chart_of_an_artifact_has_its_digest_behind_its_version(
    server: ChartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.registry("web", {"1.0.0": chart("web", "1.0.0", {"templates/a.yaml": VERSIONED})})
    ref = ChartRef(url, "web", "1.0.0")
    _, _, manifest = server.answers["/v2/team/web/manifests/1.0.0"]
    digest = hashlib.sha256(manifest).hexdigest()  # type: ignore[arg-type]
    around = given(server)
    for _ in range(2):
        found = show(HelmOptions(chart=ref, build="artifact"), monkeypatch, around)
        assert label_of(found) == (f"1.0.0_{digest[:12]}", ())
        around = replace(around, charts=Charts(NetworkConfig(allow=(server.address,)), fetch=False))
    assert label_of(show(HelmOptions(chart=ref), monkeypatch, given(server))) == ("1.0.0", ())


def test_a_chart_of_every_commit_has_it_behind_its_version(
    server: ChartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: dict[str, str | bytes] = {
        "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: v1.2 # loose\n",
        "web/templates/a.yaml": VERSIONED,
    }
    found = show(HelmOptions(build="commit"), monkeypatch, given(server), files, path="web")
    assert label_of(found) == ("1.2.0_000000000000", ())


def test_where_the_digest_is_not_known_what_holds_the_version_is_not_compared(
    server: ChartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.repository({("web", "1.0.0"): chart("web", "1.0.0", {"templates/a.yaml": VERSIONED})})
    found = show(HelmOptions(chart=ChartRef(url, "web", "1.0.0"), build="unknown"), monkeypatch, given(server))
    assert label_of(found) == ("1.0.0_unknown0", (("/metadata/labels/chart", BUILD),))


def test_value_files_come_from_the_repository_the_chart_and_other_repositories(
    server: ChartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = {("web", "1.0.0"): chart("web", "1.0.0", {"values-prod.yaml": "a: of the chart\n"})}
    ref = ChartRef(server.repository(packages), "web", "1.0.0")
    other = DictCheckout({"envs/prod.yaml": "a: of another repository\n"})
    around = given(server, open=lambda config: other)
    named = (ValuesRepository("values", "https://git.example.com/values"),)
    files: dict[str, str | bytes] = {"apps/own.yaml": "a: of the source\n"}
    for file, expected in (
        ("$/values-prod.yaml", "of the chart"),
        ("$values/envs/prod.yaml", "of another repository"),
        ("own.yaml", "of the source"),
        ("/apps/own.yaml", "of the source"),
    ):
        options = HelmOptions(chart=ref, value_files=(file,), value_repositories=named)
        assert data_of(show(options, monkeypatch, around, files, path="apps")) == {"shop": expected}, file


def test_objects_of_a_fetched_chart_are_made_by_the_last_value_file(
    server: ChartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = ChartRef(server.repository({("web", "1.0.0"): chart("web", "1.0.0")}), "web", "1.0.0")
    files: dict[str, str | bytes] = {"apps/a.yaml": "a: x\n", "apps/b.yaml": "b: y\n"}
    plain = show(HelmOptions(chart=ref), monkeypatch, given(server))
    valued = show(HelmOptions(chart=ref, value_files=("a.yaml", "b.yaml")), monkeypatch, given(server), files, "apps")
    assert [m.origin.path for m in plain.manifests] == ["web/templates/a.yaml"]
    assert [m.origin.path for m in valued.manifests] == ["apps/b.yaml"]


def test_parameters_win_over_values_and_values_over_files(server: ChartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = ChartRef(server.repository({("web", "1.0.0"): chart("web", "1.0.0")}), "web", "1.0.0")
    files: dict[str, str | bytes] = {"values.yaml": "a: file\n", "text.txt": "of a file"}
    inline = json.dumps({"a": "inline"})
    for options, expected in (
        (HelmOptions(chart=ref, value_files=("values.yaml",)), "file"),
        (HelmOptions(chart=ref, value_files=("values.yaml",), values=inline), "inline"),
        (HelmOptions(chart=ref, values=inline, parameters=(HelmParameter("a", "set"),)), "set"),
        (HelmOptions(chart=ref, values=inline, parameters=(HelmParameter("a", "1e3", is_string=True),)), "1e3"),
        (HelmOptions(chart=ref, file_parameters=(("a", "text.txt"),)), "of a file"),
        (HelmOptions(chart=ref, value_files=("absent.yaml",), ignore_missing_value_files=True), "default of 1.0.0"),
    ):
        assert data_of(show(options, monkeypatch, given(server), files)) == {"shop": expected}


def test_the_defaults_of_the_chart_count_only_where_flux_names_them(
    server: ChartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = {("web", "1.0.0"): chart("web", "1.0.0", {"other.yaml": "b: 1\n"})}
    ref = ChartRef(server.repository(packages), "web", "1.0.0")
    without = HelmOptions(chart=ref, value_files=("$/other.yaml",), replaces_defaults=True)
    named = HelmOptions(chart=ref, value_files=("$/values.yaml", "$/other.yaml"), replaces_defaults=True)
    assert data_of(show(without, monkeypatch, given(server))) == {"shop": None}
    assert data_of(show(named, monkeypatch, given(server))) == {"shop": "default of 1.0.0"}


def test_the_release_has_its_own_name_namespace_and_kubernetes(
    server: ChartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}\n"
        'data: {kube: "{{ .Capabilities.KubeVersion.Version }}", has: "{{ .Capabilities.APIVersions.Has "a.b/v1" }}"}\n'
    )
    ref = ChartRef(
        server.repository({("web", "1.0.0"): chart("web", "1.0.0", {"templates/a.yaml": template})}), "web", "1.0.0"
    )
    options = HelmOptions("front", chart=ref, namespace="edge", kube_version="1.29.3", api_versions=("a.b/v1",))
    (found,) = show(options, monkeypatch, given(server)).manifests
    assert found.body["metadata"] == {"name": "front", "namespace": "edge"}
    assert found.body["data"] == {"kube": "v1.29.3", "has": "true"}


def test_dependencies_that_lack_are_fetched_at_their_locked_version(
    server: ChartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.repository({("redis", v): chart("redis", v) for v in ("1.0.0", "1.1.0")})
    needs = f"dependencies: [{{name: redis, version: 1.x, repository: {url}}}]\n"
    files: dict[str, str | bytes] = {
        "app/Chart.yaml": f"apiVersion: v2\nname: app\nversion: 1.0.0\n{needs}",
        "app/Chart.lock": f"dependencies: [{{name: redis, version: 1.0.0, repository: {url}}}]\n",
        "app/templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own}\ndata: {a: own}\n",
    }
    assert data_of(show(HelmOptions(), monkeypatch, given(server), files, "app")) == {
        "own": "own",
        "shop": "default of 1.0.0",
    }


def test_dependencies_of_folders_are_taken_from_the_repository(
    server: ChartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: dict[str, str | bytes] = {
        "app/Chart.yaml": "apiVersion: v2\nname: app\nversion: 1.0.0\n"
        "dependencies: [{name: base, version: 1.0.0, repository: 'file://../libs/base'}]\n",
        "libs/base/Chart.yaml": "apiVersion: v2\nname: base\nversion: 1.0.0\n"
        "dependencies: [{name: deep, version: 1.0.0, repository: 'file://../deep'}]\n",
        "libs/base/templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: base}\ndata: {a: x}\n",
        "libs/deep/Chart.yaml": "apiVersion: v2\nname: deep\nversion: 1.0.0\n",
        "libs/deep/templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: deep}\ndata: {a: z}\n",
    }
    assert data_of(show(HelmOptions(), monkeypatch, given(server), files, "app")) == {"base": "x", "deep": "z"}


def test_a_dependency_that_cannot_be_had_is_told_by_name(server: ChartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    needs = "dependencies: [{name: redis, version: 1.x, repository: 'https://charts.example.com'}]\n"
    files: dict[str, str | bytes] = {"app/Chart.yaml": f"apiVersion: v2\nname: app\nversion: 1.0.0\n{needs}"}
    (problem,) = show(HelmOptions(), monkeypatch, Given(), files, "app").problems
    assert (problem.path, problem.code) == ("app/Chart.yaml", "GA264")
    assert "redis 1.x" in problem.message
    assert "charts.example.com" in problem.message


def test_without_network_a_chart_is_not_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    options = HelmOptions(chart=ChartRef("https://u:p@charts.example.com", "web", "1"))
    with pytest.raises(SourceError) as caught:
        rendered({}, SourceConfig("shop", type="helm", helm=options, where=Location("audit.yaml", 7)), monkeypatch)
    assert (caught.value.code, caught.value.where) == ("GA264", Location("audit.yaml", 7))
    assert "allow: [charts.example.com]" in caught.value.hint
    assert "u:p" not in str(caught.value)


def test_a_mirror_stands_in_for_a_repository_as_folder_or_as_url(
    server: ChartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "web-1.0.0.tgz").write_bytes(chart("web", "1.0.0"))
    (tmp_path / "mirror" / "web-1.2.0.tgz").write_bytes(chart("web", "1.2.0"))
    url = server.repository({("web", "1.3.0"): chart("web", "1.3.0")})
    for mirror, expected in ((tmp_path / "mirror", "1.2.0"), (url, "1.3.0")):
        network = NetworkConfig(mirrors=(("https://charts.example.com", mirror),))
        ref = ChartRef("https://charts.example.com", "web", "^1")
        found = show(HelmOptions(chart=ref), monkeypatch, Given(network=network))
        assert data_of(found) == {"shop": f"default of {expected}"}
