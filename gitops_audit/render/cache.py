"""What kustomize and helm made of a source, kept for later runs: the same input comes to the same objects.

An entry is found by all that the rendering may depend on: the tree of the commit, the options of the source, the
Kubernetes it is rendered for, the programs themselves and this package. What may come from elsewhere (remote bases,
fetched charts, other repositories), what could not be rendered whole, and what holds a Secret, a copy of one or what
`redact:` names is made anew each time: no such value is written to a disk. What time has a part in holds for its day.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import yaml

from gitops_audit.config.settings import SourceConfig
from gitops_audit.model.redact import Redactor
from gitops_audit.model.redact_secret import quotes_copy
from gitops_audit.model.resource import Invalid, JsonObject, Manifest, Origin, Rendered, StandIn
from gitops_audit.model.secret_value import texts_in
from gitops_audit.render.given import Given
from gitops_audit.render.tool import workspace
from gitops_audit.render.version import version_of
from gitops_audit.source import Checkout
from gitops_audit.source.kept import KeptFiles
from gitops_audit.source.no_repository import NoCheckout

_PROGRAMS = ("helm", "kustomize", "kubectl")
_MOST_ENTRIES = 2000
_DIGEST_BYTES = 32
_PACKAGE = Path(__file__).parent.parent


class RenderCache:
    """Entries below a folder that only this user can read."""

    def __init__(self, folder: Path, redactor: Redactor) -> None:
        self._files = KeptFiles(folder / "rendered", _MOST_ENTRIES)
        self._redactor = redactor

    def get(self, key: str) -> Rendered | None:
        """What was made of the same input; None where that is not known, or the entry is damaged."""
        data = self._files.read(key)
        if data is None or _digest(key, data[_DIGEST_BYTES:]) != data[:_DIGEST_BYTES]:
            return None
        entry = orjson.loads(data[_DIGEST_BYTES:])
        return _rendered(entry["rendered"]) if entry["day"] in ("", _day()) else None

    def put(self, key: str, rendered: Rendered) -> None:
        """Keeps what may be kept."""
        if rendered.problems or any(self._is_closed(manifest.body) for manifest in rendered.manifests):
            return
        try:
            data = orjson.dumps({"day": _day() if rendered.is_timed else "", "rendered": asdict(rendered)})
        except TypeError:  # text that is no UTF-8
            return
        self._files.write(key, _digest(key, data) + data)

    def _is_closed(self, body: JsonObject) -> bool:
        """Whether values of an object must not be shown."""
        return self._redactor.covers(body) or any(map(quotes_copy, texts_in(body)))


def _digest(key: str, data: bytes) -> bytes:
    """Of an entry in its place: one that was moved to the name of another is none."""
    return hashlib.sha256(key.encode() + data).digest()


def _day() -> str:
    """Today, for helm: its time is that of this host, or UTC."""
    now = datetime.now(UTC)
    return f"{now.date()} {now.astimezone().date()}"


def key_of(config: SourceConfig, checkout: Checkout, given: Given) -> str:
    """The name of an entry; empty where the rendering may depend on what is not known here."""
    is_fetched = config.helm.chart is not None or config.helm.value_repositories or given.has_network
    tree = "" if is_fetched or config.helm.build else checkout.tree_id
    if not tree:
        return ""
    options = given.is_verbose, given.sops is not None
    inputs = (tree, checkout.path, asdict(config), asdict(given.target), options, _programs(), _package())
    return hashlib.sha256(orjson.dumps(inputs, default=_plain, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, (set, frozenset)) else str(value)


def _programs() -> tuple[object, ...]:
    """The programs that may render, and which versions those are that will: a script may call what changed."""
    found = {name: path for name in _PROGRAMS if (path := shutil.which(name))}
    used = [found[name] for name in ("helm", "kustomize" if "kustomize" in found else "kubectl") if name in found]
    states = tuple(map(_state, found.values()))
    return states, _versions(tuple(used), states)


@cache
def _versions(programs: tuple[str, ...], _: tuple[tuple[str, ...], ...]) -> list[str]:
    """Asked once for each state of the programs."""
    with workspace(NoCheckout("", "")) as place:
        return [version_of(program, place) for program in programs]


@cache
def _package() -> str:
    """What this package, which has a part in a rendering, is made of: a new version of it makes all anew."""
    found = hashlib.sha256(yaml.__version__.encode())
    rooms = ("config", "deployer", "kube", "manifest", "model", "render", "source")
    for file in sorted([*_PACKAGE.glob("*.py"), *(file for room in rooms for file in (_PACKAGE / room).rglob("*.py"))]):
        found.update(file.read_bytes())
    return found.hexdigest()


def _state(path: str) -> tuple[str, ...]:
    try:
        found = os.stat(path)
    except OSError:
        return (path,)
    return path, os.path.realpath(path), str(found.st_size), str(found.st_mtime_ns)


def _rendered(entry: JsonObject) -> Rendered:
    return Rendered(
        tuple(map(_manifest, entry["manifests"])),
        (),
        _pairs(entry["ignored"]),
        tuple(entry["notes"]),
        entry["type"],
        _pairs(entry["tools"]),
        entry["is_timed"],
        entry["chart"],
    )


def _manifest(entry: JsonObject) -> Manifest:
    return Manifest(
        entry["body"],
        Origin(**entry["origin"]),
        tuple(Invalid(**fault) for fault in entry["faults"]),
        _pairs(entry["varying"]),
        tuple(StandIn(**{**one, "secrets": _pairs(one["secrets"])}) for one in entry["stand_ins"]),
    )


def _pairs(entries: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in entries)
