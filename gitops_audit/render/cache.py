"""What kustomize and helm made of a source, kept for later runs: the same input comes to the same objects.

An entry is found by all that the rendering may depend on: the tree of the commit, the options of the source, the
Kubernetes it is rendered for, the programs themselves and this package. What may come from elsewhere (remote bases,
fetched charts, other repositories), what could not be rendered whole, and what holds a Secret is made anew each time:
no value of a Secret is written to a disk.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from gitops_audit.config.settings import SourceConfig
from gitops_audit.model.redact_secret import is_secret
from gitops_audit.model.resource import Invalid, JsonObject, Manifest, Origin, Rendered, StandIn
from gitops_audit.render.given import Given
from gitops_audit.render.limits import MAX_RENDERED_BYTES
from gitops_audit.source import Checkout
from gitops_audit.source.kept import KeptFiles

_PROGRAMS = ("helm", "kustomize", "kubectl")
_MOST_ENTRIES = 2000
_DIGEST_BYTES = 32
_PACKAGE = Path(__file__).parent.parent


class RenderCache:
    """Entries below a folder that only this user can read."""

    def __init__(self, folder: Path) -> None:
        self._files = KeptFiles(folder / "rendered", _MOST_ENTRIES)

    def get(self, key: str) -> Rendered | None:
        """What was made of the same input; None where that is not known, or the entry is damaged."""
        data = self._files.read(key, 4 * MAX_RENDERED_BYTES)
        if data is None or hashlib.sha256(data[_DIGEST_BYTES:]).digest() != data[:_DIGEST_BYTES]:
            return None
        return _rendered(orjson.loads(data[_DIGEST_BYTES:]))

    def put(self, key: str, rendered: Rendered) -> None:
        """Keeps what may be kept."""
        if rendered.problems or any(is_secret(manifest.body) for manifest in rendered.manifests):
            return
        try:
            data = orjson.dumps(asdict(rendered))
        except TypeError:  # text that is no UTF-8
            return
        self._files.write(key, hashlib.sha256(data).digest() + data)


def key_of(config: SourceConfig, checkout: Checkout, given: Given) -> str:
    """The name of an entry; empty where the rendering may depend on what is not known here."""
    is_fetched = config.helm.chart is not None or config.helm.value_repositories or given.has_network
    tree = "" if is_fetched else checkout.tree_id
    if not tree:
        return ""
    inputs = (tree, checkout.path, asdict(config), asdict(given.target), given.is_verbose, _programs(), _package())
    return hashlib.sha256(orjson.dumps(inputs, default=_plain, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, (set, frozenset)) else str(value)


def _programs() -> list[list[str]]:
    return [_state(path) for program in _PROGRAMS if (path := shutil.which(program))]


@cache
def _package() -> list[list[str]]:
    """The modules that have a part in a rendering, so that a new version of them makes all anew."""
    rooms = ("config", "deployer", "kube", "manifest", "model", "render", "source")
    return [_state(str(file)) for room in rooms for file in sorted((_PACKAGE / room).rglob("*.py"))]


def _state(path: str) -> list[str]:
    try:
        found = os.stat(path)
    except OSError:
        return [path]
    return [path, str(found.st_size), str(found.st_mtime_ns)]


def _rendered(entry: JsonObject) -> Rendered:
    return Rendered(
        tuple(map(_manifest, entry["manifests"])),
        (),
        _pairs(entry["ignored"]),
        tuple(entry["notes"]),
        entry["type"],
        _pairs(entry["tools"]),
    )


def _manifest(entry: JsonObject) -> Manifest:
    return Manifest(
        entry["body"],
        Origin(**entry["origin"]),
        tuple(Invalid(**fault) for fault in entry["faults"]),
        _pairs(entry["varying"]),
        tuple(StandIn(**stand_in) for stand_in in entry["stand_ins"]),
    )


def _pairs(entries: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in entries)
