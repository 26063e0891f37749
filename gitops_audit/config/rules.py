"""What no schema can say: references, contradictions, dates, pointers, files that must be there.

Every rule takes the document as it is, so that it also works on a file with other mistakes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from gitops_audit.config.check import WRONG_VALUE, shown
from gitops_audit.config.document import Document, Pointer, folder_of
from gitops_audit.config.pointer import pointer_fault
from gitops_audit.config.repository import is_url, without_user_info
from gitops_audit.config.source_rules import CONTRADICTION, source_problems
from gitops_audit.config.suggest import listed
from gitops_audit.config.walk import items
from gitops_audit.errors import ConfigError
from gitops_audit.kube.version_range import parse_range
from gitops_audit.model.resource import mapping

NO_FILE = "GA108"

RESERVED_CLUSTER = "git"
_MIRROR_URLS = ("https://", "http://", "oci://")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def rule_problems(document: Document) -> Iterator[ConfigError]:
    """Every broken rule, each with its line."""
    yield from _clusters(document)
    yield from source_problems(document)
    yield from _drift(document)
    yield from _policies(document)
    yield from _mirrors(document)
    yield from _tools(document)
    for pointer, rule in items(document.value, "exceptions"):
        yield from _date(document, pointer, rule)
    for pointer, rule in items(document.value, "redact"):
        yield from _fields(document, pointer, rule, has_globs=False)
    for item, freeze in items(mapping(document.value).get("remediation"), "freeze"):
        yield from _timezone(document, ("remediation", *item, "timezone"), freeze.get("timezone", "UTC"))


def _timezone(document: Document, pointer: Pointer, name: Any) -> Iterator[ConfigError]:
    try:
        ZoneInfo(name)
    except (ValueError, TypeError, OSError, KeyError):
        message = f"{shown(pointer)} {name!r} is no known time zone"
        hint = "use a name such as Europe/Berlin or UTC"
        yield ConfigError(message, code=WRONG_VALUE, where=document.where(pointer), hint=hint)


def _clusters(document: Document) -> Iterator[ConfigError]:
    for name, config in mapping(mapping(document.value).get("clusters")).items():
        pointer: Pointer = ("clusters", name)
        if name == RESERVED_CLUSTER:
            hint = "it is the name for an audit without a cluster; choose another one"
            message = f"a cluster must not be called {name!r}"
            yield ConfigError(message, code=WRONG_VALUE, where=document.where_key(pointer), hint=hint)
        yield from _access(document, pointer, mapping(config))


def _access(document: Document, pointer: Pointer, config: dict[str, Any]) -> Iterator[ConfigError]:
    snapshot = config.get("snapshot")
    ways = [key for key in ("snapshot", "inCluster") if config.get(key)]
    server = [key for key in ("context", "kubeconfig") if config.get(key)]
    if len(ways) > 1 or (ways and server):
        message = f"{shown(pointer)} has {' and '.join(ways + server)}"
        hint = "a cluster is a snapshot, or the pod's own, or a context of a kubeconfig"
        yield ConfigError(message, code=CONTRADICTION, where=document.where((*pointer, ways[0])), hint=hint)
    if isinstance(snapshot, str) and snapshot:
        yield from _existing(document, (*pointer, "snapshot"), snapshot)


def _drift(document: Document) -> Iterator[ConfigError]:
    for item, rule in items(mapping(document.value).get("drift"), "ignore"):
        pointer = ("drift", *item)
        yield from _fields(document, pointer, rule)
        yield from _date(document, pointer, rule)
        if not rule.keys() & {"fields", "managers", "statuses"}:
            hint = "name the fields, the managers whose fields do not count, or the statuses of whole objects"
            message = f"{shown(pointer)} ignores nothing"
            yield ConfigError(message, code=CONTRADICTION, where=document.where(pointer), hint=hint)


def _policies(document: Document) -> Iterator[ConfigError]:
    for pointer, policy in items(document.value, "policies"):
        where = document.where(pointer)
        if ("pack" in policy) == ("path" in policy):
            message = f"{shown(pointer)} needs either `pack` or `path`"
            yield ConfigError(
                message, code=CONTRADICTION, where=where, hint="one entry for each pack, file or directory"
            )
        elif "path" in policy and "version" in policy:
            yield ConfigError(f"{shown(pointer)} has a version, which only packs have", code=CONTRADICTION, where=where)
        if isinstance(policy.get("path"), str) and policy["path"]:
            yield from _existing(document, (*pointer, "path"), policy["path"])


def _mirrors(document: Document) -> Iterator[ConfigError]:
    for url, place in mapping(mapping(mapping(document.value).get("network")).get("mirrors")).items():
        if not isinstance(place, str) or not place:
            continue
        where: Pointer = ("network", "mirrors", url)
        if not is_url(place):
            yield from _existing(document, where, place)
        elif not place.startswith(_MIRROR_URLS):
            message = f"the mirror {without_user_info(place)!r} is no folder, and no URL that charts are fetched from"
            hint = f"give a folder, or a URL that starts with {listed(_MIRROR_URLS)}"
            yield ConfigError(message, code=WRONG_VALUE, where=document.where(where), hint=hint)


def _tools(document: Document) -> Iterator[ConfigError]:
    for name, text in mapping(mapping(document.value).get("tools")).items():
        try:
            parse_range(text if isinstance(text, str) and text else "*")
        except ValueError as error:
            hint = 'write a version or a range, such as "5.8", ">=3.14" or ">=3 <5"'
            yield ConfigError(str(error), code=WRONG_VALUE, where=document.where(("tools", name)), hint=hint)


def _fields(
    document: Document, pointer: Pointer, rule: dict[str, Any], *, has_globs: bool = True
) -> Iterator[ConfigError]:
    fields = rule.get("fields")
    for index, text in enumerate(fields if isinstance(fields, list) else ()):
        fault, hint = pointer_fault(text, has_globs=has_globs) if isinstance(text, str) and text else ("", "")
        if fault:
            where = document.where((*pointer, "fields", index))
            yield ConfigError(f"the field {text!r} {fault}", code=WRONG_VALUE, where=where, hint=hint)


def _date(document: Document, pointer: Pointer, rule: dict[str, Any]) -> Iterator[ConfigError]:
    text = rule.get("expires")
    if isinstance(text, str) and not _is_date(text):
        where = document.where((*pointer, "expires"))
        yield ConfigError(f"{text!r} is no date", code=WRONG_VALUE, where=where, hint="write YYYY-MM-DD")


def _is_date(text: str) -> bool:
    try:
        return bool(_DATE.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False


def _existing(document: Document, pointer: Pointer, path: str) -> Iterator[ConfigError]:
    resolved = resolved_path(folder_of(document.path), path)
    if not _exists(resolved):
        hint = f"looked for {resolved}: relative paths count from the folder of this file"
        yield ConfigError(f"{path!r} does not exist", code=NO_FILE, where=document.where(pointer), hint=hint)


def resolved_path(folder: Path, path: str) -> Path:
    """A path written in a configuration in `folder`; `~` is the home directory."""
    return folder / (os.path.expanduser(path) if path == "~" or path.startswith("~/") else path)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
