"""What the API server was asked to write, as it says itself: its audit log (audit.k8s.io/v1)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WRITING = frozenset({"create", "update", "patch", "delete", "deletecollection"})
OWN_AGENT = "gitops-audit/"
_LEASE = "gitops-audit-remediation"
_OF_OWNERS = ("/metadata/managedFields", "/metadata/resourceVersion")
_ASKING = frozenset({"selfsubjectaccessreviews", "selfsubjectrulesreviews", "subjectaccessreviews"})


@dataclass(frozen=True, slots=True)
class Write:
    """One request that asked for a write, no dry run.

    `code` is 0 where it was never answered; `version` is that of the object in the answer, where that is logged: what
    is applied a second time and moves nothing leaves it as it was.
    """

    verb: str
    resource: str
    namespace: str
    name: str
    agent: str
    code: int
    version: str
    body: Any = field(repr=False)

    @property
    def is_lock(self) -> bool:
        return self.resource == "leases" and self.name in (_LEASE, "")

    @property
    def is_done(self) -> bool:
        return 200 <= self.code < 300

    @property
    def moves_a_value(self) -> bool:
        """Not only who owns which field. The body of a patch of a Secret is not logged: its values are secret."""
        return self.verb != "patch" or moves_a_value(self.body)


def moves_a_value(patch: Any) -> bool:
    """Whether a patch is about more than who owns which field."""
    return not isinstance(patch, list) or any(o["op"] != "test" and o["path"] not in _OF_OWNERS for o in patch)


class AuditLog:
    """Complete as soon as a request is answered: the server writes a line before it does anything."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._from = path.stat().st_size if path.exists() else 0

    @contextmanager
    def watched(self) -> Iterator[list[Write]]:
        """The list is filled at the end with what this tool asked to be written meanwhile."""
        found: list[Write] = []
        self._from = self._path.stat().st_size if self._path.exists() else 0
        yield found
        found.extend(w for w in self.writes() if w.agent.startswith(OWN_AGENT))

    def writes(self) -> Iterator[Write]:
        """Since this was made, in their order."""
        events: dict[str, Any] = {}
        for event in self._events():
            if event["verb"] in WRITING and not _is_question(event):
                events[event["auditID"]] = {**events.get(event["auditID"], {}), **event}
        yield from map(_write, events.values())

    def _events(self) -> Iterator[Any]:
        with self._path.open("rb") as file:
            file.seek(self._from)
            for line in file:
                if line.endswith(b"\n"):
                    yield json.loads(line)


def _write(event: Any) -> Write:
    about, body = event.get("objectRef") or {}, event.get("requestObject")
    name = about.get("name") or ((body or {}).get("metadata") or {}).get("name", "") if isinstance(body, dict) else ""
    return Write(
        event["verb"],
        about.get("resource", ""),
        about.get("namespace", ""),
        about.get("name") or name,
        event.get("userAgent", ""),
        int((event.get("responseStatus") or {}).get("code", 0)),
        str(((event.get("responseObject") or {}).get("metadata") or {}).get("resourceVersion", "")),
        body,
    )


def _is_question(event: Any) -> bool:
    is_dry = "dryRun=" in event["requestURI"]
    return is_dry or (event.get("objectRef") or {}).get("resource") in _ASKING
