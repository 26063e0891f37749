"""The plan as a document (DESIGN 4.5): what would be done and why, without any object and without any value."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from gitops_audit.errors import ConfigError, RemediationError
from gitops_audit.model.resource import JsonObject, ResourceKey

API_VERSION = "gitops-audit/v1"
KIND = "RemediationPlan"
LIFETIME = timedelta(hours=1)

BAD_PLAN, EDITED, EXPIRED = "GA501", "GA502", "GA503"
NEW_PLAN = "make a new one: `gitops-audit remediate plan -o plan.json`"

ActionName = Literal["create", "apply", "remove-fields", "delete", "recreate", "patch-file"]
Effect = Literal["none", "restart", "data-loss"]
Direction = Literal["cluster", "last-synced", "git"]


_TEXTS = (
    "id",
    "action",
    "resource",
    "cluster",
    "source",
    "version",
    "plural",
    "resourceVersion",
    "liveDigest",
    "renderedDigest",
)


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do to one object. `id` is that of the resource in the audit; `effect` what it does beside it.

    `plural` is the name under which the API serves the kind; `sensitive`: the object holds values of Secrets.
    """

    id: str
    wave: int
    action: ActionName
    resource: str
    cluster: str
    source: str
    version: str
    resource_version: str
    live_digest: str
    rendered_digest: str
    findings: tuple[str, ...]
    effect: Effect = "none"
    undoable: bool = True
    plural: str = ""
    sensitive: bool = False

    @property
    def key(self) -> ResourceKey:
        """The object that it is about."""
        kind, *names = self.resource.split("/")
        name, _, group = kind.partition(".")
        return ResourceKey(self.cluster, group, name, names[0] if len(names) > 1 else "", names[-1])

    def to_json(self) -> JsonObject:
        return {
            "id": self.id,
            "wave": self.wave,
            "action": self.action,
            "resource": self.resource,
            "cluster": self.cluster,
            "source": self.source,
            "version": self.version,
            "plural": self.plural,
            "resourceVersion": self.resource_version,
            "liveDigest": self.live_digest,
            "renderedDigest": self.rendered_digest,
            "findings": list(self.findings),
            "effect": self.effect,
            "undoable": self.undoable,
            "sensitive": self.sensitive,
        }

    @classmethod
    def from_json(cls, value: JsonObject) -> Action:
        """Raises KeyError and TypeError for what is no action."""
        if any(not isinstance(value[name], str) for name in _TEXTS) or "/" not in value["resource"]:
            raise TypeError
        if value["action"] not in get_args(ActionName) or value["effect"] not in get_args(Effect):
            raise ValueError
        return cls(
            value["id"],
            int(value["wave"]),
            value["action"],
            value["resource"],
            value["cluster"],
            value["source"],
            value["version"],
            value["resourceVersion"],
            value["liveDigest"],
            value["renderedDigest"],
            tuple(value["findings"]),
            value["effect"],
            bool(value["undoable"]),
            value["plural"],
            bool(value["sensitive"]),
        )


@dataclass(frozen=True, slots=True)
class Refused:
    """A resource that will not be touched, and why."""

    resource: str
    reason: str


@dataclass(frozen=True, slots=True)
class PatchedFile:
    """A file of a source's repository, with the ids of its blobs; `before` is empty for a new file."""

    source: str
    path: str
    before: str
    after: str

    def to_json(self) -> JsonObject:
        return {"source": self.source, "path": self.path, "before": self.before, "after": self.after}


@dataclass(frozen=True, slots=True)
class Guard:
    """Something that protects from harm; where it is not `ok`, nothing of the plan is done."""

    name: str
    ok: bool
    detail: str

    def to_json(self) -> JsonObject:
        return {"name": self.name, "ok": self.ok, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Scope:
    """What the plan was asked to be about; `apply` looks at the same again. `accepts`: guards whose alarm is meant."""

    to: Direction = "cluster"
    revision: str = ""
    prune: bool = False
    recreate: bool = False
    resources: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    pending: bool = False
    accepts: tuple[str, ...] = ()

    def to_json(self) -> JsonObject:
        return {
            "to": self.to,
            "revision": self.revision,
            "prune": self.prune,
            "recreate": self.recreate,
            "resources": list(self.resources),
            "clusters": list(self.clusters),
            "sources": list(self.sources),
            **({"pending": True} if self.pending else {}),
            "accepts": list(self.accepts),
        }

    @classmethod
    def from_json(cls, value: JsonObject) -> Scope:
        return cls(
            value["to"],
            str(value["revision"]),
            bool(value["prune"]),
            bool(value["recreate"]),
            tuple(value["resources"]),
            tuple(value["clusters"]),
            tuple(value["sources"]),
            value.get("pending") is True,
            tuple(value["accepts"]),
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """Times are RFC 3339, UTC. `commits` are the (source, commit) it was made for, `clusters` the (name, identity).

    `files` are what a plan to Git changes; `after` are pairs of a source and one that has to be there before it.
    """

    scope: Scope
    commits: tuple[tuple[str, str], ...]
    clusters: tuple[tuple[str, str], ...]
    actions: tuple[Action, ...] = ()
    refused: tuple[Refused, ...] = ()
    guards: tuple[Guard, ...] = ()
    files: tuple[PatchedFile, ...] = ()
    created_at: str = ""
    expires_at: str = ""
    after: tuple[tuple[str, str], ...] = ()
    digest: str = field(default="", compare=False)

    @property
    def failed_guards(self) -> tuple[Guard, ...]:
        return tuple(guard for guard in self.guards if not guard.ok)

    def sealed(self, now: datetime) -> Plan:
        """The same with its times and its digest."""
        timed = replace(self, created_at=rfc3339(now), expires_at=rfc3339(now + LIFETIME))
        return replace(timed, digest=_digest(timed.to_json()))

    def to_json(self) -> JsonObject:
        return {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "digest": self.digest,
            "createdAt": self.created_at,
            "expiresAt": self.expires_at,
            "scope": self.scope.to_json(),
            "sources": [{"name": name, "commit": commit} for name, commit in self.commits],
            "clusters": [{"name": name, "identity": identity} for name, identity in self.clusters],
            "actions": [action.to_json() for action in self.actions],
            "refused": [{"resource": r.resource, "reason": r.reason} for r in self.refused],
            "guards": [guard.to_json() for guard in self.guards],
            **({"files": [file.to_json() for file in self.files]} if self.files else {}),
            **({"after": [{"source": name, "needs": other} for name, other in self.after]} if self.after else {}),
        }

    @classmethod
    def from_json(cls, value: Any) -> Plan:
        """Raises ConfigError for what is no plan, RemediationError for one that was edited."""
        try:
            if value["apiVersion"] != API_VERSION or value["kind"] != KIND:
                raise ValueError
            plan = _read(value)
        except (LookupError, TypeError, ArithmeticError, ValueError, AttributeError, RecursionError):
            raise ConfigError("this is no remediation plan", code=BAD_PLAN, hint=NEW_PLAN) from None
        if _digest(value) != plan.digest or plan.to_json() != value:
            raise RemediationError("the plan was edited: its digest is another", code=EDITED, hint=NEW_PLAN)
        return plan

    def check_age(self, now: datetime) -> None:
        """Raises RemediationError for a plan that has expired, or is of the future."""
        if not self.created_at <= rfc3339(now + timedelta(minutes=5)) or rfc3339(now) > self.expires_at:
            raise RemediationError(f"the plan expired at {self.expires_at}", code=EXPIRED, hint=NEW_PLAN)


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _digest(document: JsonObject) -> str:
    content = {key: value for key, value in document.items() if key != "digest"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _read(value: JsonObject) -> Plan:
    return Plan(
        Scope.from_json(value["scope"]),
        tuple((str(s["name"]), str(s["commit"])) for s in value["sources"]),
        tuple((str(c["name"]), str(c["identity"])) for c in value["clusters"]),
        tuple(Action.from_json(a) for a in value["actions"]),
        tuple(Refused(str(r["resource"]), str(r["reason"])) for r in value["refused"]),
        tuple(Guard(str(g["name"]), g["ok"] is True, str(g["detail"])) for g in value["guards"]),
        tuple(
            PatchedFile(*(str(f[name]) for name in ("source", "path", "before", "after")))
            for f in value.get("files", ())
        ),
        str(value["createdAt"]),
        str(value["expiresAt"]),
        tuple((str(a["source"]), str(a["needs"])) for a in value.get("after", ())),
        str(value["digest"]),
    )
