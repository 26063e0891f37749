"""OCI registries: a tag leads to a manifest, and that to the layer that is the packaged chart.

The requests are those of the OCI distribution specification; a registry that wants a token says where it is given.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from gitops_audit.config.repository import without_user_info
from gitops_audit.config.settings import ChartRef
from gitops_audit.errors import SourceError
from gitops_audit.model.printable import printable
from gitops_audit.model.resource import mapping
from gitops_audit.source.chart import limits
from gitops_audit.source.chart.index import Package
from gitops_audit.source.chart.reference import chosen, is_exact
from gitops_audit.source.chart.web import NOT_FETCHED, Answer, Web, joined, not_found

SCHEME = "oci://"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CHART = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')
_NEXT = re.compile(r'<([^>]+)>;\s*rel="?next"?')
_LOOPBACK = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?")


@dataclass(slots=True)
class Registry:
    """One chart in a registry; `authorization` is the token it wanted, if any."""

    web: Web
    ref: ChartRef
    authorization: str = field(default="", repr=False)

    @property
    def base(self) -> str:
        """`https://HOST/v2/PATH/NAME`; a registry on this machine is spoken to without encryption."""
        host, _, path = self.ref.repository.removeprefix(SCHEME).strip("/").partition("/")
        bare = host.rpartition("@")[2]
        scheme = "http" if _LOOPBACK.fullmatch(bare) else "https"
        return f"{scheme}://{host}/v2/{quote('/'.join(filter(None, (path, self.ref.name))))}"

    def package(self) -> Package:
        """The package that the reference means. Raises SourceError."""
        version = self.ref.version if is_exact(self.ref.version) else chosen(self.ref, self._versions())
        tag = version.replace("+", "_")
        headers = {"accept": _MANIFEST}
        answer = self._get(f"{self.base}/manifests/{quote(tag)}", limits.MAX_MANIFEST_BYTES, headers)
        layers = _json(answer).get("layers")
        for layer in layers if isinstance(layers, list) else ():
            found = _DIGEST.fullmatch(str(mapping(layer).get("digest")))
            if mapping(layer).get("mediaType") == _CHART and found:
                artifact = hashlib.sha256(answer.data).hexdigest()
                return Package(f"{self.base}/blobs/sha256:{found[1]}", version, found[1], artifact)
        message = f"{_shown(self.ref)} at {printable(version)} is no chart of Helm"
        raise SourceError(message, code=NOT_FETCHED, hint="check the URL; an image has no chart in it")

    def download(self, url: str) -> bytes:
        """The bytes of a package. Raises SourceError."""
        return self._get(url, limits.MAX_PACKAGE_BYTES, {}).data

    def _versions(self) -> list[str]:
        """All tags; `_` stands for the `+` that no tag may hold."""
        found: list[str] = []
        url = f"{self.base}/tags/list"
        for _ in range(limits.MAX_TAG_PAGES):
            answer = self._get(url, limits.MAX_MANIFEST_BYTES, {})
            tags = _json(answer).get("tags")
            found += [str(tag).replace("_", "+") for tag in tags] if isinstance(tags, list) else []
            following = _NEXT.search(answer.headers.get("link", ""))
            if following is None:
                return found
            url = joined(answer.url, following[1])
        raise SourceError(f"{_shown(self.ref)} has too many tags (limit: chart tags)", code=NOT_FETCHED)

    def _get(self, url: str, max_bytes: int, headers: dict[str, str]) -> Answer:
        answer = self._once(url, max_bytes, headers)
        if answer.status == 401 and (challenge := answer.headers.get("www-authenticate", "")).startswith("Bearer "):
            self.authorization = f"Bearer {self._token(answer, challenge)}"
            answer = self._once(url, max_bytes, headers)
        if answer.status in (401, 404):
            raise not_found(answer, f"chart {self.ref.name} {self.ref.version}".strip())
        return answer

    def _once(self, url: str, max_bytes: int, headers: dict[str, str]) -> Answer:
        return self.web.get(url, max_bytes=max_bytes, headers=headers, authorization=self.authorization)

    def _token(self, refused: Answer, challenge: str) -> str:
        """The token that the service which the registry names gives; its host has to be allowed too."""
        told = dict(_PARAMETER.findall(challenge))
        realm = told.get("realm", "")
        asked = {key: told[key] for key in ("service", "scope") if key in told}
        answer = self.web.get(
            f"{realm}{'&' if urlsplit(realm).query else '?'}{urlencode(asked)}", max_bytes=limits.MAX_MANIFEST_BYTES
        )
        value = _json(answer) if answer.status not in (401, 404) else {}
        token = value.get("token") or value.get("access_token")
        if not isinstance(token, str) or not token.isprintable():
            raise not_found(refused, "token")
        return token


def _json(answer: Answer) -> dict[str, Any]:
    try:
        return mapping(json.loads(answer.data))
    except (ValueError, RecursionError):
        message = f"{printable(without_user_info(answer.url))} does not answer with JSON"
        raise SourceError(message, code=NOT_FETCHED, hint="something that is no registry answers there") from None


def _shown(ref: ChartRef) -> str:
    return printable(f"{without_user_info(ref.repository)}/{ref.name}")
