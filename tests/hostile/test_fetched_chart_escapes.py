"""Chart repositories, registries and packages that lie, send without end, or lead elsewhere."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitops_audit.config.settings import ChartRef, Credential, NetworkConfig
from gitops_audit.errors import SourceError
from gitops_audit.source.chart import limits
from gitops_audit.source.chart.charts import Charts
from gitops_audit.source.chart.package import unpack
from tests.chart_server import ChartServer, chart, chart_server, packaged

CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"


@pytest.fixture
def server() -> Iterator[ChartServer]:
    with chart_server() as found:
        yield found


def refused(tmp_path: Path, ref: ChartRef, network: NetworkConfig) -> SourceError:
    with pytest.raises(SourceError) as caught:
        Charts(network, cache_dir=tmp_path / "cache").place(ref, tmp_path / "target")
    return caught.value


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> bytes:
    """A package of a chart with one more member."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        info = tarfile.TarInfo("web/Chart.yaml")
        info.size = len(CHART)
        archive.addfile(info, io.BytesIO(CHART.encode()))
        other = tarfile.TarInfo(name)
        other.type, other.linkname = kind, target
        archive.addfile(other)
    return gzip.compress(plain.getvalue(), mtime=0)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (member("web/../../outside"), "leads out of the chart"),
        (member("/etc/outside"), "leads out of the chart"),
        (member("..\\outside"), "leads out of the chart"),
        (member("web/link", tarfile.SYMTYPE, "/etc/passwd"), "no plain file"),
        (member("web/link", tarfile.LNKTYPE, "../../outside"), "no plain file"),
        (member("web/device", tarfile.CHRTYPE), "no plain file"),
        (member("web/pipe", tarfile.FIFOTYPE), "no plain file"),
        (member("beside"), "beside the chart's folder"),
        (member("web/Chart.yaml"), "twice"),
        (member("other/Chart.yaml"), "holds 2 folders"),
        (packaged({}), "holds 0 folders"),
        (b"no archive", "no archive"),
        (gzip.compress(b"no archive", mtime=0), "no archive"),
        (member("web/a")[:-30], "no archive"),
        (b"", "no archive"),
    ],
    ids=[
        *("parent", "absolute", "backslash", "link", "hard link", "device", "pipe", "beside", "twice", "two", "none"),
        *("no gzip", "no tar", "cut off", "empty"),
    ],
)
def test_a_package_that_would_write_elsewhere_is_refused(data: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(SourceError) as caught:
        unpack(data, "web 1.0.0", tmp_path / "in")
    assert caught.value.code == "GA266"
    assert words in caught.value.message
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in"]


def _zeros() -> bytes:
    """A package of a few hundred kilobytes that unpacks to more than a chart may hold."""
    size = limits.MAX_UNPACKED_BYTES + 1
    info = tarfile.TarInfo("web/zeros")
    info.size = size
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9) as file:
        file.write(info.tobuf())
        for _ in range(size >> 20):
            file.write(bytes(1 << 20))
    return packed.getvalue()


def _declared(size: int) -> bytes:
    """A package whose header says of more than is there."""
    info = tarfile.TarInfo("web/huge")
    info.size = size
    return gzip.compress(info.tobuf() + bytes(1024))


@pytest.mark.parametrize("make", [_zeros, lambda: _declared(20 << 30), lambda: _many()], ids=["bomb", "20 GB", "many"])
def test_a_package_that_unpacks_without_end_is_refused(make: Callable[[], bytes], tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="limit: chart size"):
        unpack(make(), "web 1.0.0", tmp_path)


def _many() -> bytes:
    return packaged({f"web/{number}": b"" for number in range(limits.MAX_MEMBERS + 1)})


def test_a_package_with_another_digest_is_refused(server: ChartServer, tmp_path: Path) -> None:
    url = server.repository({("web", "1.0.0"): chart("web", "1.0.0")}, {"1.0.0": "0" * 64})
    error = refused(tmp_path, ChartRef(url, "web"), NetworkConfig(allow=(server.address,)))
    assert error.code == "GA266"
    assert "SHA-256" in error.message


def test_a_layer_with_another_digest_is_refused(server: ChartServer, tmp_path: Path) -> None:
    url = server.registry("web", {"1.0.0": chart("web", "1.0.0")})
    (blob,) = (path for path in server.answers if "/blobs/" in path)
    server.answers[blob] = chart("web", "6.6.6")
    assert refused(tmp_path, ChartRef(url, "web"), NetworkConfig(allow=(server.address,))).code == "GA266"


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data",
        "//other.example.com/a",
        "gopher://localhost/",
        "http://[::1",
        "http://127.0.0.1:1/",
    ],
)
def test_a_redirect_to_what_is_not_allowed_is_refused(server: ChartServer, tmp_path: Path, location: str) -> None:
    server.answers["/charts/index.yaml"] = (302, {"location": location}, b"")
    error = refused(tmp_path, ChartRef(f"{server.url}/charts", "web"), NetworkConfig(allow=(server.address,)))
    assert error.code == "GA264"


def test_redirects_without_end_are_refused(server: ChartServer, tmp_path: Path) -> None:
    server.answers["/charts/index.yaml"] = (302, {"location": "/charts/index.yaml"}, b"")
    error = refused(tmp_path, ChartRef(f"{server.url}/charts", "web"), NetworkConfig(allow=(server.address,)))
    assert "redirects more than 5 times" in error.message


def test_credentials_do_not_follow_to_another_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHART_PASSWORD", "s3cret")
    with chart_server() as first, chart_server() as other:
        other.repository({("web", "1.0.0"): chart("web", "1.0.0")})
        first.answers["/charts/index.yaml"] = (302, {"location": f"{other.url}/charts/index.yaml"}, b"")
        first.answers["/charts/web-1.0.0.tgz"] = (307, {"location": f"{other.url}/charts/web-1.0.0.tgz"}, b"")
        credentials = (Credential(first.address, "", "CHART_PASSWORD"),)
        network = NetworkConfig(allow=(first.address, other.address), credentials=credentials)
        Charts(network, cache_dir=tmp_path / "cache").place(ChartRef(f"{first.url}/charts", "web"), tmp_path / "target")
        assert all("authorization" in headers for _, headers in first.asked)
        assert not any("authorization" in headers for _, headers in other.asked)


@pytest.mark.parametrize(
    "index",
    [
        b"&a [&b [*a, *a]]",
        b"a: &a [x]\nb: &b [" + b"*a, " * 30 + b"*a]\nc: &c [" + b"*b, " * 30 + b"*b]\nd: [" + b"*c, " * 30 + b"*c]\n",
        b"[" * 100_000,
        b"entries: 1",
        b"entries: {web: 1}",
        b"entries: {web: [1, {version: 1.0.0}]}",
        b"entries: {web: [{version: 1.0.0, urls: [1]}]}",
        b"entries: {web: [{version: [], urls: [a]}]}",
        b"\xff\xfe\x00",
        b"",
    ],
)
def test_an_index_of_any_form_is_an_error_of_its_source(server: ChartServer, tmp_path: Path, index: bytes) -> None:
    server.answers["/charts/index.yaml"] = index
    error = refused(tmp_path, ChartRef(f"{server.url}/charts", "web"), NetworkConfig(allow=(server.address,)))
    assert error.code == "GA265"


@pytest.mark.parametrize(
    "manifest", [b"", b"[]", b"[" * 100_000, b'{"layers": 1}', b'{"layers": [1, {"digest": 1}]}', b"\xff"]
)
def test_a_manifest_of_any_form_is_an_error_of_its_source(server: ChartServer, tmp_path: Path, manifest: bytes) -> None:
    url = server.registry("web", {"1.0.0": chart("web", "1.0.0")})
    server.answers["/v2/team/web/manifests/1.0.0"] = manifest
    ref = ChartRef(url, "web", "1.0.0")
    assert refused(tmp_path, ref, NetworkConfig(allow=(server.address,))).code == "GA265"


def test_tags_that_do_not_end_are_refused(server: ChartServer, tmp_path: Path) -> None:
    url = server.registry("web", {})
    link = '</v2/team/web/tags/list>; rel="next"'
    server.answers["/v2/team/web/tags/list"] = (200, {"link": link}, json.dumps({"tags": ["1.0.0"]}).encode())
    error = refused(tmp_path, ChartRef(url, "web"), NetworkConfig(allow=(server.address,)))
    assert "limit: chart tags" in error.message


def test_a_token_is_asked_of_allowed_hosts_alone(server: ChartServer, tmp_path: Path) -> None:
    url = server.registry("web", {"1.0.0": chart("web", "1.0.0")})
    challenge = {"www-authenticate": 'Bearer realm="http://169.254.169.254/token",scope="pull"'}
    server.answers["/v2/team/web/manifests/1.0.0"] = (401, challenge, b"")
    ref = ChartRef(url, "web", "1.0.0")
    assert refused(tmp_path, ref, NetworkConfig(allow=(server.address,))).code == "GA264"


@pytest.mark.parametrize(("size", "encoding"), [(200, ""), (1 << 20, "gzip")])
def test_an_answer_without_bound_is_cut_off(
    server: ChartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, encoding: str
) -> None:
    monkeypatch.setattr(limits, "MAX_INDEX_BYTES", 100)
    body = gzip.compress(bytes(size)) if encoding else bytes(size)
    server.answers["/charts/index.yaml"] = (200, {"content-encoding": encoding} if encoding else {}, body)
    error = refused(tmp_path, ChartRef(f"{server.url}/charts", "web"), NetworkConfig(allow=(server.address,)))
    assert "limit: chart download" in error.message


@pytest.mark.parametrize(
    "url", ["ext::sh -c id", "file:///etc", "https://user:pass@evil.example.com", "-oProxy", "http://"]
)
def test_a_repository_by_another_way_is_refused(tmp_path: Path, url: str) -> None:
    error = refused(tmp_path, ChartRef(url, "web"), NetworkConfig(allow=("charts.example.com",)))
    assert error.code == "GA264"
    assert "pass" not in str(error)
