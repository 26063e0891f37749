"""The rules by which the engines are checked, and what breaks one of them.

`info` are points of style, which teams settle for themselves; what is surely out of order fails by default.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gitops_audit.model.severity import Severity

_LONGEST = 300
_FIXED = re.compile(r"[0-9a-f]{7,64}|(refs/tags/.+)|v?[0-9]+(\.[0-9]+){1,3}([-+][0-9A-Za-z.+-]+)?")


@dataclass(frozen=True, slots=True)
class EngineRule:
    """`next` says what to do about it."""

    severity: Severity
    title: str
    next: str


@dataclass(frozen=True, slots=True)
class EngineFault:
    """What breaks a rule, in a sentence; `pointer` is the field that says it. `severity` where it is not the rule's."""

    rule: str
    message: str
    pointer: str = ""
    severity: Severity | None = None


_INFO, _MEDIUM, _HIGH = Severity.info, Severity.medium, Severity.high

RULES: dict[str, EngineRule] = {
    "suspended": EngineRule(
        _INFO, "It does not reconcile: somebody suspended it", "resume it, or say in Git why it is suspended"
    ),
    "auto-sync-off": EngineRule(
        _INFO, "It deploys only when somebody asks for it", "set `syncPolicy.automated`, if that is not on purpose"
    ),
    "self-heal-off": EngineRule(
        _INFO,
        "It leaves alone what is changed in the cluster",
        "set `automated.selfHeal` (Argo CD), `driftDetection.mode: enabled` (HelmRelease)",
    ),
    "prune-off": EngineRule(
        _INFO, "It leaves in the cluster what Git no longer declares", "set `prune: true`, if that is not on purpose"
    ),
    "floating-revision": EngineRule(
        _INFO,
        "What it deploys moves without a commit here",
        "name a commit, a tag or a version, if following is not on purpose",
    ),
    "out-of-sync": EngineRule(
        _MEDIUM, "It says itself that the cluster is not as Git has it", "look at its last sync, and sync it"
    ),
    "not-compared": EngineRule(
        _HIGH, "It cannot compare or deploy: its conditions say why", "correct what the condition names"
    ),
    "sync-failed": EngineRule(_HIGH, "Its last sync failed", "correct what the message names, and sync again"),
    "degraded": EngineRule(
        _HIGH, "What it deployed does not work", "look at the resources that it calls degraded or missing"
    ),
    "not-ready": EngineRule(
        _HIGH, "It is not ready: its last reconciliation failed", "correct what the message names, then reconcile it"
    ),
    "stale-status": EngineRule(
        _HIGH,
        "Its status does not move any more: the controller may be down",
        "look whether the controller runs and what it logs; until then nothing of this status is known to hold",
    ),
    "sync-age": EngineRule(
        _MEDIUM, "Its last sync is older than `engine.syncAge`", "look why nothing was deployed since, or sync it"
    ),
    "revision-differs": EngineRule(
        _INFO, "It deployed another commit than the one that is audited", "wait for its next sync, or audit that commit"
    ),
    "renderer-differs": EngineRule(
        _INFO,
        "It renders with another kustomize or helm than the audit: the same files may make other objects",
        "put the version that the engine has first on the PATH of the audit; `tools` holds it to that",
    ),
    "destination-not-permitted": EngineRule(
        _HIGH,
        "Its project does not permit its destination",
        "add the destination to the AppProject, or correct the Application: Argo CD refuses to sync it",
    ),
    "source-not-permitted": EngineRule(
        _HIGH,
        "Its project does not permit its repository",
        "add the repository to `sourceRepos` of the AppProject: Argo CD refuses to sync it",
    ),
    "target-missing": EngineRule(
        _HIGH,
        "It names a project, a source or a namespace that is not there",
        "declare what it names, or correct the name",
    ),
}


def is_fixed(revision: str) -> bool:
    """Whether a revision cannot be a branch or a range: a commit, a tag by its full name, or a version."""
    return bool(_FIXED.fullmatch(revision))


def short(text: object) -> str:
    """What a controller says, on one line that people still read."""
    line = " ".join(str(text or "").split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."
