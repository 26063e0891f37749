"""Remote bases, files and charts of kustomizations, from servers on loopback that `network` allows."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops_audit.config.settings import KustomizeOptions, NetworkConfig, SourceConfig
from gitops_audit.model.resource import Rendered
from gitops_audit.render.given import Given, Target
from gitops_audit.render.repo_url import RemoteFolder, is_file_url, remote_folder
from gitops_audit.source import Opener
from gitops_audit.source.chart.charts import Charts
from tests.chart_server import ChartServer, chart, chart_server
from tests.rendering import rendered, values
from tests.repository import Repo

pytestmark = pytest.mark.slow

BASE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: base}\ndata: {a: '1'}\n"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bare_home: Path) -> Iterator[ChartServer]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with chart_server() as found:
        yield found


def given(server: ChartServer, tmp_path: Path) -> Given:
    network = NetworkConfig(allow=(server.address,))
    return Given(network=network, charts=Charts(network), open=Opener(tmp_path).open)


def built(files: dict[str, str | bytes], patch: pytest.MonkeyPatch, given: Given, path: str = "app") -> Rendered:
    options = KustomizeOptions(helm_charts=True)
    return rendered(files, SourceConfig("app", path=path, kustomize=options), patch, given)


def serve_git(server: ChartServer, repo: Repo) -> str:
    """Serves the files of a repository, which is how git fetches where a server knows nothing of git."""
    subprocess.run(["git", "-C", str(repo.folder), "update-server-info"], check=True)
    for file in (repo.folder / ".git").rglob("*"):
        if file.is_file():
            server.answers[f"/team/base.git/{file.relative_to(repo.folder / '.git').as_posix()}"] = file.read_bytes()
    return f"{server.url}/team/base.git"


def test_a_remote_base_is_cloned_at_its_revision_and_told_as_remote(
    server: ChartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repo.init(tmp_path / "base")
    repo.commit_files({"kustomize/kustomization.yaml": "resources: [a.yaml]\n", "kustomize/a.yaml": BASE})
    subprocess.run(["git", "-C", str(repo.folder), "tag", "v1"], check=True)
    repo.commit_files({"kustomize/a.yaml": BASE.replace("'1'", "'2'")})
    url = serve_git(server, repo)
    for revision, expected in (("?ref=v1", "1"), ("", "2")):
        for entry in (f"{url}/kustomize{revision}", f"git::{url}//kustomize{revision}"):
            found = built({"app/kustomization.yaml": f"resources: ['{entry}']\n"}, monkeypatch, given(server, tmp_path))
            assert (found.problems, values(found)) == ((), {"base": {"a": expected}}), entry
            assert [m.origin.path for m in found.manifests] == ["app/kustomization.yaml"]


def test_a_remote_file_is_fetched(server: ChartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.answers["/install/a.yaml"] = BASE.encode()
    files: dict[str, str | bytes] = {"app/kustomization.yaml": f"resources: ['{server.url}/install/a.yaml']\n"}
    assert values(built(files, monkeypatch, given(server, tmp_path))) == {"base": {"a": "1"}}


def test_a_chart_of_helm_charts_is_fetched_with_what_it_needs(
    server: ChartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs = "dependencies: [{name: sub, version: 1.0.0, repository: '" + f"{server.url}/charts" + "'}]\n"
    web = chart("web", "1.0.0", {"Chart.yaml": f"apiVersion: v2\nname: web\nversion: 1.0.0\n{needs}"})
    sub = chart("sub", "1.0.0", {"templates/a.yaml": BASE})
    url = server.repository({("web", "1.0.0"): web, ("sub", "1.0.0"): sub})
    registry = server.registry("other", {"2.0.0": chart("other", "2.0.0")})
    entries = (
        f"helmCharts:\n- {{name: web, repo: '{url}', version: 1.0.0, releaseName: shop}}\n"
        f"- {{name: other, repo: '{registry}', version: 2.0.0, releaseName: front}}\n"
    )
    found = built({"app/kustomization.yaml": entries}, monkeypatch, given(server, tmp_path))
    assert found.problems == ()
    assert values(found) == {
        "shop": {"a": "default of 1.0.0"},
        "front": {"a": "default of 2.0.0"},
        "base": {"a": "1"},
    }


def test_charts_of_a_kustomization_are_told_of_the_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    template = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata:\n"
        '  kube: "{{ .Capabilities.KubeVersion.Version }}"\n  has: "{{ .Capabilities.APIVersions.Has "a.b/v1" }}"\n'
    )
    files: dict[str, str | bytes] = {
        "app/kustomization.yaml": "helmCharts: [{name: web, releaseName: web}]\n",
        "app/charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "app/charts/web/values.yaml": "a: 1\n",
        "app/charts/web/templates/a.yaml": template,
    }
    target = Target("1.29.3", frozenset({"a.b/v1", "v1"}), is_served=True)
    found = built(files, monkeypatch, Given(target=target))
    assert (found.problems, values(found)) == ((), {"web": {"kube": "v1.29.3", "has": "true"}})


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("https://git.example.com/team/base//a?ref=v1", "does not allow the host git.example.com"),
        ("git@git.example.com:team/base//a", "does not allow the host git.example.com"),
        ("https://user:pass@git.example.com/team/base", "does not allow the host git.example.com"),
        ("https://files.example.com/a.yaml", "does not allow the host files.example.com"),
        ("ext::sh -c id", "does not exist"),
        ("file:///etc", "is remote"),
    ],
)
def test_what_is_not_allowed_is_told_at_its_line(
    server: ChartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: str, words: str
) -> None:
    files: dict[str, str | bytes] = {"app/kustomization.yaml": f"resources:\n- '{entry}'\n"}
    (problem,) = built(files, monkeypatch, given(server, tmp_path)).problems
    assert (problem.path, problem.line) == ("app/kustomization.yaml", 2)
    assert words in problem.message
    assert "pass@" not in problem.message


def test_a_path_that_is_not_in_the_base_is_told(
    server: ChartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repo.init(tmp_path / "base")
    repo.commit_files({"a.yaml": BASE})
    url = serve_git(server, repo)
    for path in ("absent", "../../.."):
        files: dict[str, str | bytes] = {"app/kustomization.yaml": f"resources: ['{url}//{path}']\n"}
        (problem,) = built(files, monkeypatch, given(server, tmp_path)).problems
        assert "there is no" in problem.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://git.example.com/team/base//a/b?ref=v1", ("https://git.example.com/team/base", "a/b", "v1")),
        ("https://git.example.com/team/base.git/a?version=v1", ("https://git.example.com/team/base.git", "a", "v1")),
        ("https://git.example.com/team/base.git", ("https://git.example.com/team/base.git", "", "")),
        ("github.com/org/repo/a/b?ref=x", ("https://github.com/org/repo", "a/b", "x")),
        ("git@git.example.com:org/repo//a?timeout=9s", ("git@git.example.com:org/repo", "a", "")),
        ("ssh://git@git.example.com:22/org/repo.git//a", ("ssh://git@git.example.com:22/org/repo.git", "a", "")),
        ("git::https://git.example.com/org/repo//a", ("https://git.example.com/org/repo", "a", "")),
        ("https://dev.example.com/org/project/_git/repo/a", ("https://dev.example.com/org/project/_git/repo", "a", "")),
        ("base/a", None),
        ("ext::sh -c id", None),
    ],
)
def test_a_remote_entry_is_read_as_kustomize_reads_it(text: str, expected: tuple[str, str, str] | None) -> None:
    assert remote_folder(text) == (RemoteFolder(*expected) if expected else None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://example.com/a/install.yaml", True),
        ("https://example.com/a.yml?token=1", True),
        ("https://git.example.com/org/repo//a.yaml?ref=v1", False),
        ("https://git.example.com/org/repo", False),
        ("git@git.example.com:org/a.yaml", False),
    ],
)
def test_a_file_is_told_from_a_repository(text: str, expected: bool) -> None:
    assert is_file_url(text) is expected
