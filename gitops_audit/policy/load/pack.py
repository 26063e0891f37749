"""The policy packs that ship with the tool: `gitops_audit/packs` in the wheel, `policies/` in the repository."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from gitops_audit.config.settings import PolicyRef
from gitops_audit.config.suggest import did_you_mean, listed
from gitops_audit.errors import PolicyError
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.pod_security import LATEST, parse_version


@dataclass(frozen=True, slots=True)
class PackFile:
    """A policy file of a pack; `path` is how it is shown (`pod-security-baseline/pod-security-baseline.yaml`)."""

    path: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack for a Kubernetes version (`latest`, `1.30`), its files by name."""

    name: str
    version: str
    files: tuple[PackFile, ...]


def names() -> list[str]:
    """The packs there are, in alphabetical order."""
    return sorted(folder.name for folder in _root().iterdir() if _policy_files(folder))


def load(ref: PolicyRef) -> Pack:
    """The pack that a configuration refers to. Raises PolicyError: GA441 for an unknown pack, GA433 for a version that
    is none."""
    known = names()
    if ref.pack not in known:
        hint = did_you_mean(ref.pack, known) or f"the packs are {listed(known)}"
        raise PolicyError(f"there is no policy pack {ref.pack!r}", code="GA441", where=ref.where, hint=hint)
    parse_version(ref.version, ref.where)
    found = _policy_files(_root() / ref.pack)
    return Pack(ref.pack, ref.version, tuple(PackFile(f"{ref.pack}/{file.name}", file.read_bytes()) for file in found))


def pinned(body: JsonObject, version: str) -> JsonObject:
    """A policy document whose `podSecurity` rules ask for a version; the same object where nothing changes."""
    rules = body.get("spec", {}).get("rules") if isinstance(body.get("spec"), dict) else None
    if version == LATEST or not isinstance(rules, list):
        return body
    changed = copy.deepcopy(body)
    for rule in changed["spec"]["rules"]:
        if isinstance(rule, dict) and isinstance(rule.get("podSecurity"), dict):
            rule["podSecurity"]["version"] = version
    return changed


def _root() -> Traversable:
    shipped = files("gitops_audit") / "packs"
    return shipped if shipped.is_dir() else Path(__file__).parents[3] / "policies"


def _policy_files(folder: Traversable) -> list[Traversable]:
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted((file for file in found if file.name.endswith((".yaml", ".yml"))), key=lambda file: file.name)
