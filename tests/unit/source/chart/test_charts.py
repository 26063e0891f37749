"""Fetching charts: whom is asked, what is kept, and where credentials go."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.config.settings import ChartRef, Credential, NetworkConfig
from gitops_audit.errors import SourceError
from gitops_audit.source.chart.charts import Charts
from tests.chart_server import ChartServer, chart, chart_server


@pytest.fixture
def server() -> Iterator[ChartServer]:
    with chart_server() as found:
        yield found


def charts(tmp_path: Path, *servers: ChartServer, fetch: bool = True, **network: Any) -> Charts:
    allow = tuple(server.address for server in servers)
    return Charts(NetworkConfig(allow=allow, **network), cache_dir=tmp_path / "cache", fetch=fetch)


def test_a_chart_is_downloaded_once_and_its_index_once_a_run(server: ChartServer, tmp_path: Path) -> None:
    ref = ChartRef(server.repository({("web", "1.0.0"): chart("web", "1.0.0")}), "web", "1.0.0")
    for number in range(2):
        run = charts(tmp_path, server)
        for name in "ab":
            run.place(ref, tmp_path / f"{number}{name}")
    assert server.paths == ["/charts/index.yaml", "/charts/web-1.0.0.tgz", "/charts/index.yaml"]


def test_the_cache_is_private_and_what_is_damaged_in_it_is_fetched_again(server: ChartServer, tmp_path: Path) -> None:
    ref = ChartRef(server.repository({("web", "1.0.0"): chart("web", "1.0.0")}), "web", "1.0.0")
    charts(tmp_path, server).package(ref)
    (kept,) = (tmp_path / "cache" / "charts" / "sha256").iterdir()
    assert (kept.parent.stat().st_mode & 0o777, kept.stat().st_mode & 0o777) == (0o700, 0o600)
    kept.write_bytes(b"something else")
    assert charts(tmp_path, server).package(ref)[1] == chart("web", "1.0.0")


def test_offline_a_range_means_what_it_meant_last(server: ChartServer, tmp_path: Path) -> None:
    ref = ChartRef(server.repository({("web", "1.0.0"): chart("web", "1.0.0")}), "web", "^1")
    with pytest.raises(SourceError, match="never fetched"):
        charts(tmp_path, server, fetch=False).package(ref)
    charts(tmp_path, server).package(ref)
    asked = list(server.asked)
    assert charts(tmp_path, server, fetch=False).package(ref)[0].version == "1.0.0"
    assert server.asked == asked


def test_what_is_not_there_is_told_with_what_is(server: ChartServer, tmp_path: Path) -> None:
    url = server.repository({("web", v): chart("web", v) for v in ("1.0.0", "1.1.0")})
    for ref, words, hint in (
        (ChartRef(url, "web", "2.x"), "there is no chart web 2.x", "the latest versions there: 1.1.0, 1.0.0"),
        (ChartRef(url, "wep", "1"), "has no chart 'wep'", "did you mean 'web'?"),
        (ChartRef(f"{server.url}/other", "web"), "has no index.yaml", ""),
        (ChartRef(url, "web", "not a range"), "is no range of versions", ""),
    ):
        with pytest.raises(SourceError) as caught:
            charts(tmp_path, server).package(ref)
        assert caught.value.code == "GA265"
        assert words in caught.value.message
        assert hint in caught.value.hint


@pytest.mark.parametrize("way", ["variables", "file", "url"])
def test_credentials_are_sent_to_the_host_they_are_for(
    server: ChartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    server.user = "bob:s3cret"
    url = server.repository({("web", "1.0.0"): chart("web", "1.0.0")})
    network: dict[str, Any] = {}
    if way == "variables":
        monkeypatch.setenv("CHART_USER", "bob")
        monkeypatch.setenv("CHART_PASSWORD", "s3cret")
        network["credentials"] = (Credential(server.address, "CHART_USER", "CHART_PASSWORD"),)
    elif way == "file":
        auths = {f"http://{server.address}/": {"auth": base64.b64encode(b"bob:s3cret").decode()}, "other": {}}
        (tmp_path / "config.json").write_text(json.dumps({"auths": auths}))
        network["registry_config"] = tmp_path / "config.json"
    else:
        url = url.replace("http://", "http://bob:s3cret@")
    assert charts(tmp_path, server, **network).package(ChartRef(url, "web"))[0].version == "1.0.0"


def test_a_registry_gets_credentials_for_its_token_and_the_token_for_the_rest(
    server: ChartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.user, server.token = "bob:s3cret", "opaque"
    monkeypatch.setenv("CHART_USER", "bob")
    monkeypatch.setenv("CHART_PASSWORD", "s3cret")
    url = server.registry("web", {"1.0.0": chart("web", "1.0.0")})
    credentials = (Credential(server.address, "CHART_USER", "CHART_PASSWORD"),)
    assert charts(tmp_path, server, credentials=credentials).package(ChartRef(url, "web"))[0].version == "1.0.0"
    assert server.asked[-1][1]["authorization"] == "Bearer opaque"


def test_without_credentials_the_answer_says_so_and_shows_none(server: ChartServer, tmp_path: Path) -> None:
    server.user = "bob:s3cret"
    url = server.repository({("web", "1.0.0"): chart("web", "1.0.0")}).replace("http://", "http://eve:gu3ss@")
    with pytest.raises(SourceError) as caught:
        charts(tmp_path, server).package(ChartRef(url, "web"))
    assert "wants credentials" in caught.value.message
    assert "gu3ss" not in str(caught.value)


def test_a_variable_that_is_not_set_is_told(server: ChartServer, tmp_path: Path) -> None:
    credentials = (Credential(server.address, "", "NO_SUCH_VARIABLE"),)
    with pytest.raises(SourceError, match="NO_SUCH_VARIABLE is not set") as caught:
        charts(tmp_path, server, credentials=credentials).package(ChartRef(server.url, "web"))
    assert caught.value.code == "GA267"


def test_a_mirror_is_asked_instead_and_what_an_index_names_is_mirrored_too(server: ChartServer, tmp_path: Path) -> None:
    server.repository({("web", "1.0.0"): chart("web", "1.0.0")})
    index = json.loads(server.answers["/charts/index.yaml"])  # type: ignore[arg-type]
    index["entries"]["web"][0]["urls"] = ["https://charts.example.com/charts/web-1.0.0.tgz"]
    server.answers["/charts/index.yaml"] = json.dumps(index).encode()
    network = NetworkConfig(mirrors=(("https://charts.example.com", server.url),))
    run = Charts(network, cache_dir=tmp_path / "cache")
    assert run.package(ChartRef("https://charts.example.com/charts", "web"))[0].version == "1.0.0"


def test_an_index_may_lead_to_a_registry(server: ChartServer, tmp_path: Path) -> None:
    registry = server.registry("web", {"1.0.0": chart("web", "1.0.0")})
    entries = {"web": [{"version": "1.0.0", "urls": [f"{registry}/web:1.0.0"]}]}
    server.answers["/charts/index.yaml"] = json.dumps({"entries": entries}).encode()
    run = charts(tmp_path, server)
    assert run.package(ChartRef(f"{server.url}/charts", "web"))[1] == chart("web", "1.0.0")


def test_runs_side_by_side_share_a_cache(server: ChartServer, tmp_path: Path) -> None:
    refs = [
        ChartRef(server.repository({(name, "1.0.0"): chart(name, "1.0.0") for name in "abcd"}), name) for name in "abcd"
    ]
    runs = [charts(tmp_path, server) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda pair: pair[0].package(pair[1])[1], [(run, ref) for run in runs for ref in refs]))
    assert found == [chart(name, "1.0.0") for name in "abcd"] * 4
    assert len(list((tmp_path / "cache" / "charts" / "sha256").iterdir())) == 4
