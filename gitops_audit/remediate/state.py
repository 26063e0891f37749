"""The state that outlives a run: journals, and what the last good run of a configuration saw declared.

In `$XDG_STATE_HOME/gitops-audit`, for this user alone. The last good run tells an emptied path from a small change.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gitops_audit.errors import RemediationError
from gitops_audit.model.resource import JsonObject

NO_STATE = "GA514"

Part = tuple[str, str]
"""The (cluster, source) that something is declared for."""


@dataclass(frozen=True, slots=True)
class LastRun:
    """What a run saw in which everything was read: ids of resources by part, parts of which something was live.

    `known` are the ids that any good run saw declared; `clusters` the identity of each cluster.
    """

    declared: Mapping[Part, frozenset[str]] = field(default_factory=dict)
    known: Mapping[Part, frozenset[str]] = field(default_factory=dict)
    present: frozenset[Part] = frozenset()
    clusters: Mapping[str, str] = field(default_factory=dict)

    def then(self, newer: LastRun) -> LastRun:
        """This run followed by a newer one of the same configuration."""
        kept = {part: ids for part, ids in self.known.items() if not self._is_replaced(part[0], newer)}
        parts = kept.keys() | newer.declared.keys()
        known = {p: kept.get(p, frozenset()) | newer.declared.get(p, frozenset()) for p in parts}
        others = {part: ids for part, ids in self.declared.items() if part[0] not in newer.clusters}
        declared = {**others, **newer.declared}
        return LastRun(declared, known, self.present | newer.present, {**self.clusters, **newer.clusters})

    def _is_replaced(self, cluster: str, newer: LastRun) -> bool:
        """Whether the name stands for another cluster by now: what was declared for the old one owns nothing there."""
        identity = self.clusters.get(cluster)
        return bool(identity) and newer.clusters.get(cluster, identity) != identity

    def to_json(self) -> JsonObject:
        return {
            "version": 1,
            "declared": [[*part, sorted(ids)] for part, ids in sorted(self.declared.items())],
            "known": [[*part, sorted(ids)] for part, ids in sorted(self.known.items())],
            "present": sorted(map(list, self.present)),
            "clusters": dict(self.clusters),
        }

    @classmethod
    def from_json(cls, value: JsonObject) -> LastRun:
        """Raises what a malformed document leads to: KeyError, TypeError, ValueError."""
        return cls(
            {(cluster, source): frozenset(ids) for cluster, source, ids in value["declared"]},
            {(cluster, source): frozenset(ids) for cluster, source, ids in value["known"]},
            frozenset((cluster, source) for cluster, source in value["present"]),
            dict(value["clusters"]),
        )


def state_folder() -> Path:
    """For this user; made where it is not there. Raises RemediationError where it cannot be."""
    base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return private_folder(Path(base).expanduser() / "gitops-audit")


def private_folder(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(folder, error) from None
    return folder


def load(configuration: Path) -> LastRun | None:
    """None where no run of this configuration was good, or what is kept of it cannot be read."""
    try:
        return LastRun.from_json(json.loads(_file(configuration).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def save(configuration: Path, run: LastRun) -> None:
    """Replaces what is kept, at once. Raises RemediationError."""
    path = _file(configuration)
    draft = path.with_suffix(f".{os.getpid()}")
    try:
        draft.write_text(json.dumps(run.to_json(), indent=1), encoding="utf-8")
        draft.chmod(0o600)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise _unusable(path, error) from None


def _file(configuration: Path) -> Path:
    name = hashlib.sha256(str(configuration.resolve()).encode()).hexdigest()[:32]
    return private_folder(state_folder() / "runs") / f"{name}.json"


def _unusable(path: Path, error: OSError) -> RemediationError:
    hint = "set XDG_STATE_HOME to a folder that can be written"
    return RemediationError(f"{path} cannot be used: {error.strerror}", code=NO_STATE, hint=hint)
