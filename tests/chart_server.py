"""A chart repository and an OCI registry on loopback, for tests: what they answer is data, so they may lie as well."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
TEMPLATE = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {a: {{ .Values.a | quote }}}\n"
)


def packaged(files: Mapping[str, str | bytes]) -> bytes:
    """A `.tgz` of these files, the same bytes every time."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for path, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            info = tarfile.TarInfo(path)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return gzip.compress(plain.getvalue(), mtime=0)


def chart(name: str, version: str, more: Mapping[str, str | bytes] | None = None) -> bytes:
    """A package of one ConfigMap whose `data.a` is the value `a`."""
    return packaged(
        {
            f"{name}/Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n",
            f"{name}/values.yaml": f"a: default of {version}\n",
            f"{name}/templates/a.yaml": TEMPLATE,
            **{f"{name}/{path}": content for path, content in (more or {}).items()},
        }
    )


@dataclass
class ChartServer:
    """Answers by path: bytes with status 200, or (status, headers, bytes). `asked` are the paths, with their headers.

    `user` (`name:password`) is wanted of everybody where it is set; `token` for what lies below `/v2/`.
    """

    address: str
    answers: dict[str, bytes | tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    user: str = ""
    token: str = ""

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def repository(self, packages: Mapping[tuple[str, str], bytes], digests: Mapping[str, str] | None = None) -> str:
        """Serves packages by (name, version) with their index; gives the URL of the repository."""
        entries: dict[str, list[dict[str, Any]]] = {}
        for (name, version), data in packages.items():
            file = f"{name}-{version}.tgz"
            digest = (digests or {}).get(version, hashlib.sha256(data).hexdigest())
            entries.setdefault(name, []).append({"version": version, "urls": [file], "digest": digest})
            self.answers[f"/charts/{file}"] = data
        self.answers["/charts/index.yaml"] = json.dumps({"apiVersion": "v1", "entries": entries}).encode()
        return f"{self.url}/charts"

    def registry(self, name: str, packages: Mapping[str, bytes]) -> str:
        """Serves the versions of a chart as a registry does; gives the `oci://` URL above it."""
        for version, data in packages.items():
            digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
            layers = [{"mediaType": LAYER, "digest": digest, "size": len(data)}]
            manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "layers": layers}).encode()
            tag = version.replace("+", "_")
            self.answers[f"/v2/team/{name}/manifests/{tag}"] = (200, {"content-type": MANIFEST}, manifest)
            self.answers[f"/v2/team/{name}/blobs/{digest}"] = data
        tags = [version.replace("+", "_") for version in packages]
        self.answers[f"/v2/team/{name}/tags/list"] = json.dumps({"tags": tags}).encode()
        return f"oci://{self.address}/team"

    def answer(self, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        self.asked.append((path, headers))
        authorization = headers.get("authorization", "")
        has_user = authorization == f"Basic {base64.b64encode(self.user.encode()).decode()}"
        place = urlsplit(path)
        if self.token and place.path == "/token":
            is_known = "pull" in parse_qs(place.query)["scope"][0] and (has_user or not self.user)
            return (200, {}, json.dumps({"token": self.token}).encode()) if is_known else (401, {}, b"")
        if self.token and path.startswith("/v2/"):
            challenge = f'Bearer realm="{self.url}/token",service="registry",scope="repository:team/web:pull"'
            if authorization != f"Bearer {self.token}":
                return 401, {"www-authenticate": challenge}, b"{}"
        elif self.user and not has_user:
            return 401, {}, b""
        found = self.answers.get(path) or self.answers.get(place.path) or (404, {}, b"not here")
        return (200, {}, found) if isinstance(found, bytes) else found


@contextmanager
def chart_server() -> Iterator[ChartServer]:
    """A server for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {key.lower(): value for key, value in self.headers.items()}
            status, extra, body = served.answer(self.path, headers)
            self.send_response(status)
            for key, value in {"content-length": str(len(body)), **extra}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served = ChartServer(f"127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
