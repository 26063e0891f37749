"""Charts of repositories and registries: found, fetched where `network` allows, checked against their digests."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from gitops_audit.config.repository import without_user_info
from gitops_audit.config.settings import ChartRef, NetworkConfig
from gitops_audit.errors import SourceError
from gitops_audit.manifest.limits import MAX_FILE_BYTES
from gitops_audit.model.printable import printable
from gitops_audit.source.cache import default_cache_dir
from gitops_audit.source.chart import limits
from gitops_audit.source.chart.cache import ChartCache, Meant
from gitops_audit.source.chart.credentials import Credentials
from gitops_audit.source.chart.index import Indexes, Package
from gitops_audit.source.chart.package import BAD_PACKAGE, unpack
from gitops_audit.source.chart.reference import shown
from gitops_audit.source.chart.registry import SCHEME, Registry
from gitops_audit.source.chart.web import NOT_ALLOWED, NOT_FETCHED, Web, not_found
from gitops_audit.source.url_prefix import UrlPrefix


@dataclass(frozen=True, slots=True)
class FetchedChart:
    """A chart as it was fetched; `folder` holds it, `digest` is the SHA-256 of its package, `artifact` that of a
    registry's manifest."""

    folder: Path
    version: str
    digest: str
    artifact: str = ""


class Charts:
    """The charts of one run; each is fetched once. Safe for threads."""

    def __init__(self, network: NetworkConfig, *, cache_dir: Path | None = None, fetch: bool = True) -> None:
        """`cache_dir` is the folder of this tool's caches (default: the user's); `fetch=False` asks nobody."""
        self._network, self._cache_dir, self._fetch = network, cache_dir, fetch
        self._lock = threading.Lock()
        self._locks: dict[ChartRef, threading.Lock] = {}
        self._packages: dict[ChartRef, tuple[Meant, bytes] | SourceError] = {}
        self._opened: tuple[Web, Indexes] | None = None

    def place(self, ref: ChartRef, target: Path) -> FetchedChart:
        """Unpacks the chart that a reference means below an empty folder. Raises SourceError."""
        meant, data = self.package(ref)
        target.mkdir(parents=True, exist_ok=True)
        return FetchedChart(unpack(data, shown(ref), target), meant.version, meant.digest, meant.artifact)

    def package(self, ref: ChartRef) -> tuple[Meant, bytes]:
        """The version that a reference means, with its package. Raises SourceError, the same one every time."""
        with self._lock:
            lock = self._locks.setdefault(ref, threading.Lock())
        with lock:
            if ref not in self._packages:
                try:
                    self._packages[ref] = self._found(ref)
                except SourceError as error:
                    self._packages[ref] = error
        found = self._packages[ref]
        if isinstance(found, SourceError):
            raise SourceError(found.message, code=found.code, hint=found.hint)
        return found

    def file(self, url: str) -> bytes:
        """A single file of objects at a URL, from an allowed host. Raises SourceError."""
        if not self._fetch:
            message = f"{printable(without_user_info(url))} is not fetched by a run without network"
            raise SourceError(message, code=NOT_FETCHED, hint="name a copy in `network.mirrors`")
        answer = self._web()[0].get(url, max_bytes=MAX_FILE_BYTES)
        if answer.status in (401, 404):
            raise not_found(answer, "such file")
        return answer.data

    def close(self) -> None:
        if self._opened is not None:
            self._opened[0].close()

    def _found(self, ref: ChartRef) -> tuple[Meant, bytes]:
        place = replace(ref, repository=self._mirrored(ref.repository))
        if not self._allowed():
            raise _not_at_hand(ref)
        cache = ChartCache((self._cache_dir or default_cache_dir()) / "charts")
        if not self._fetch:
            return _remembered(ref, cache)
        web, indexes = self._web()
        registry = Registry(web, place) if place.repository.startswith(SCHEME) else None
        package = registry.package() if registry else indexes.package(place)
        data = cache.read(package.digest)
        if data is None:
            data = registry.download(package.url) if registry else self._downloaded(ref, package)
            _check(data, package, ref)
            cache.keep(data)
        meant = Meant(package.version, hashlib.sha256(data).hexdigest(), package.artifact)
        cache.note(ref, meant)
        return meant, data

    def _downloaded(self, ref: ChartRef, package: Package) -> bytes:
        url = self._mirrored(package.url)
        if url.startswith(SCHEME):
            # An index may name the place of a package in a registry: `oci://HOST/PATH/NAME:TAG`.
            path, _, tag = url.rpartition(":")
            repository, _, name = path.rpartition("/")
            registry = Registry(self._web()[0], ChartRef(repository, name, tag.replace("_", "+")))
            return registry.download(registry.package().url)
        answer = self._web()[0].get(url, max_bytes=limits.MAX_PACKAGE_BYTES)
        if answer.status in (401, 404):
            raise not_found(answer, f"package of {shown(ref)}")
        return answer.data

    def _mirrored(self, url: str) -> str:
        """The URL that a mirror gives instead, the most exact mirror first."""
        for prefix, to in sorted(self._network.mirrors, key=lambda mirror: -len(mirror[0])):
            rest = UrlPrefix.parse(prefix).below(url) if isinstance(to, str) else None
            if rest is not None:
                return f"{to}/{rest}".rstrip("/") if rest else str(to)
        return url

    def _allowed(self) -> frozenset[str]:
        """The hosts that are named: those of mirrors too, for whoever names one means it."""
        mirrors = (urlsplit(to).netloc.rpartition("@")[2] for _, to in self._network.mirrors if isinstance(to, str))
        return frozenset(host.lower() for host in (*self._network.allow, *mirrors))

    def _web(self) -> tuple[Web, Indexes]:
        with self._lock:
            if self._opened is None:
                web = Web(self._allowed(), Credentials.of(self._network))
                self._opened = web, Indexes(web)
            return self._opened


def _check(data: bytes, package: Package, ref: ChartRef) -> None:
    found = hashlib.sha256(data).hexdigest()
    if package.digest and found != package.digest:
        message = (
            f"the package of {shown(ref)} is refused: its SHA-256 is {found}, and the one that "
            f"{printable(without_user_info(ref.repository))} tells is {package.digest}"
        )
        raise SourceError(message, code=BAD_PACKAGE, hint="somebody changed it, or a proxy did: ask who publishes it")


def _remembered(ref: ChartRef, cache: ChartCache) -> tuple[Meant, bytes]:
    meant = cache.meant(ref)
    data = cache.read(meant.digest) if meant else None
    if meant is None or data is None:
        message = f"{shown(ref)} of {printable(without_user_info(ref.repository))} was never fetched"
        raise SourceError(message, code=NOT_FETCHED, hint="run once without --gitops-offline")
    return meant, data


def _not_at_hand(ref: ChartRef) -> SourceError:
    shown_url = printable(without_user_info(ref.repository))
    host = urlsplit(ref.repository).netloc.rpartition("@")[2]
    return SourceError(
        f"{shown(ref)} of {shown_url} is not at hand, and nothing is fetched unless `network` allows it",
        code=NOT_ALLOWED,
        hint=f"add `network: {{allow: [{printable(host)}]}}`, or name a copy in `network.mirrors`",
    )
