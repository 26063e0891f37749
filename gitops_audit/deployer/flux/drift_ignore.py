"""What Flux is told not to watch (`driftDetection.ignore` of a HelmRelease, `ignore` of a Kustomization), as rules.

The parts of a target are regular expressions that must match the whole text. A plain text, `.*` in it and alternatives
can be said by the wildcards of a rule; a target that says more is no rule, so that its differences stay visible.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

from gitops_audit.config.settings import IgnoreRule
from gitops_audit.deployer.flux.catalog import items, text, texts
from gitops_audit.kube.glob import has_wildcards
from gitops_audit.kube.match import Match
from gitops_audit.model.resource import mapping

_PARTS = ("kind", "group", "namespace", "name")
_SIMPLE = re.compile(r"(?:[\w-]|\\?\.|\.\*)*")
_MOST = 50


def ignore_rules(entries: Any, source: str, told: str) -> tuple[IgnoreRule, ...]:
    """The rules of one object for the objects of its own `source`."""
    found: list[IgnoreRule] = []
    for entry in map(mapping, items(entries)):
        fields = tuple(p for p in texts(entry.get("paths")) if _is_pointer(p))
        for match in _matches(mapping(entry.get("target"))) if fields else ():
            found.append(IgnoreRule(match, fields, reason=f"{told} ignores it", source=source))
    return tuple(found)


def unsaid(entries: Any, told: str) -> Iterator[str]:
    """What an object ignores and no rule can say."""
    for entry in map(mapping, items(entries)):
        for path in filter(has_wildcards, texts(entry.get("paths"))):
            yield f"{told} ignores {path[:200]}, which ignores nothing: for Flux a JSON pointer has no wildcards"
        if texts(entry.get("paths")) and next(_matches(mapping(entry.get("target"))), None) is None:
            shown = ", ".join(texts(entry["paths"]))
            yield f"{told} ignores {shown} for a target that no wildcards can say: its differences there are told"


def _is_pointer(path: str) -> bool:
    """The empty one is that of the whole object."""
    return not path or (path.startswith("/") and not has_wildcards(path))


def _matches(target: dict[str, Any]) -> Iterator[Match]:
    labels = _labels(text(target.get("labelSelector")))
    parts = [_globs(text(target.get(part))) for part in _PARTS]
    if labels is None or target.get("annotationSelector") or not all(parts):
        return
    for kind, group, namespace, name in itertools.islice(itertools.product(*parts), _MOST):
        yield Match(kind, group, namespace, name, labels)


def _globs(expression: str) -> list[str]:
    """The wildcards that say the same; none where no wildcards do."""
    if not expression:
        return ["*"]
    inner = expression.removeprefix("^").removesuffix("$")
    inner = inner[1:-1] if re.fullmatch(r"\([^()]*\)", inner) else inner
    alternatives = inner.split("|")
    if not all(map(_SIMPLE.fullmatch, alternatives)):
        return []
    return [one.replace(".*", "*").replace("\\.", ".") for one in alternatives]


def _labels(selector: str) -> tuple[tuple[str, str], ...] | None:
    """None for a selector of more than equal labels."""
    pairs = [part.strip().partition("=") for part in selector.split(",") if part.strip()]
    if any(not equal or "!" in key for key, equal, _ in pairs):
        return None
    return tuple((key.strip(), value.removeprefix("=").strip()) for key, _, value in pairs)
