"""The baseline: a sorted YAML file in Git with the findings that are known, each with an owner and the day it expires.

Lines come and go with findings, so that a review of the file shows what was accepted and what was repaired.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path

import yaml

from gitops_audit.config.settings import Settings
from gitops_audit.config.suggest import did_you_mean, listed
from gitops_audit.engine.options import RunOptions
from gitops_audit.errors import ConfigError, Location
from gitops_audit.model.baseline import Baseline, KnownFinding
from gitops_audit.regular_file import open_named

UNREADABLE, UNWRITABLE, MISSING = "GA608", "GA609", "GA610"
MAX_BYTES = 64_000_000
_MAX_DEPTH = 6
_HEAD = """\
# Findings that are known: `gitops-audit baseline` writes this file, and `--only-new` fails on all others.
# Owner, reason and expires may be edited. What is repaired leaves it: `gitops-audit baseline prune`.
version: 1
findings:
"""
_NAMES = tuple(field.name for field in fields(KnownFinding))
_REQUIRED = ("fingerprint", "cluster", "resource", "check", "since", "owner", "expires")
_DAYS = ("since", "expires")


def for_run(settings: Settings, options: RunOptions, today: date) -> Baseline | None:
    """What a run knows: of the file that its command line or its configuration names; None where neither does.

    Raises ConfigError (GA608) for a file that cannot be used, (GA610) where only new findings fail and nothing says
    which are known.
    """
    path = options.baseline or settings.baseline
    if path is not None:
        return read(path, today)
    if options.only_new or settings.fail_on_new:
        hint = "name one with --baseline, or as `baseline:`; `gitops-audit baseline create` writes it"
        raise ConfigError("only new findings are to fail, and there is no baseline", code=MISSING, hint=hint)
    return None


def read(path: Path, today: date) -> Baseline:
    """The baseline in a file. Raises ConfigError (GA608) with the line of what is wrong."""
    try:
        with open_named(path, MAX_BYTES) as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        hint = "`gitops-audit baseline create` writes one"
        raise _refused(path, 0, getattr(error, "strerror", None) or str(error), hint) from None
    if len(data) > MAX_BYTES:
        raise _refused(path, 0, f"it is larger than {MAX_BYTES} bytes (limit: baseline size)")
    try:
        text = data.decode("utf-8")
        _check_shape(path, text)
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or "it is not UTF-8"
        raise _refused(path, mark.line + 1 if mark else 0, reason) from None
    entries = list(_entries(path, root))
    return Baseline.of(str(path), entries, today)


def write(path: Path, entries: Iterable[KnownFinding]) -> None:
    """Replaces the file, whole or not at all. Raises ConfigError (GA609)."""
    known = [_shown(entry) for entry in sorted(entries, key=lambda entry: entry.order)]
    listed_ = yaml.dump(known, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=10_000)
    text = _HEAD + ("".join(f"  {line}\n" for line in listed_.splitlines()) if known else "  []\n")
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.absolute().parent, delete=False, encoding="utf-8") as file:
            file.write(text)
        with suppress(OSError):
            os.chmod(file.name, (path.stat().st_mode if path.exists() else 0o644) & 0o777)
        os.replace(file.name, path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}", code=UNWRITABLE) from None


def _shown(entry: KnownFinding) -> dict[str, str]:
    return {name: value for name, value in asdict(entry).items() if value or name in _REQUIRED}


def _check_shape(path: Path, text: str) -> None:
    """Before anything is built of it: no aliases, and no more levels than a baseline has."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent) or depth > _MAX_DEPTH:
            mark = event.start_mark
            raise _refused(path, mark.line + 1 if mark else 0, "a baseline has no aliases and no deeper levels")


def _entries(path: Path, root: yaml.Node | None) -> Iterator[KnownFinding]:
    top = _mapping(path, root)
    if _text(path, top.get("version")) != "1" or set(top) - {"version", "findings"}:
        raise _refused(path, 1, "it has not `version: 1` and `findings:`, and nothing else, at its top")
    findings = top.get("findings")
    if not isinstance(findings, yaml.SequenceNode):
        raise _refused(path, 1, "`findings` is no list")
    seen: dict[str, int] = {}
    for node in findings.value:
        line = node.start_mark.line + 1
        entry = _entry(path, line, {name: _text(path, value) for name, value in _mapping(path, node).items()})
        if entry.fingerprint in seen:
            raise _refused(path, line, f"the finding of line {seen[entry.fingerprint]} stands there once more")
        seen[entry.fingerprint] = line
        yield entry


def _entry(path: Path, line: int, values: dict[str, str]) -> KnownFinding:
    for name in values:
        if name not in _NAMES:
            hint = f"{did_you_mean(name, _NAMES)} valid keys: {listed(_NAMES)}".strip()
            raise _refused(path, line, f"unknown key {name!r}", hint)
    missing = [name for name in _REQUIRED if not values.get(name)]
    if missing:
        raise _refused(path, line, f"the finding lacks {' and '.join(missing)}")
    for name in _DAYS:
        if not _is_day(values[name]):
            raise _refused(path, line, f"{name} is no day: {values[name]!r}", "write YYYY-MM-DD")
    return KnownFinding(**{name: values.get(name, "") for name in _NAMES})


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _mapping(path: Path, node: yaml.Node | None) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        raise _refused(path, node.start_mark.line + 1 if node else 1, "it is no mapping")
    return {_text(path, key): value for key, value in node.value}


def _text(path: Path, node: yaml.Node | None) -> str:
    """As it is written: a fingerprint of digits alone is no number."""
    if node is not None and not isinstance(node, yaml.ScalarNode):
        raise _refused(path, node.start_mark.line + 1, "it is no text")
    return str(node.value) if node is not None else ""


def _refused(path: Path, line: int, reason: str, hint: str = "") -> ConfigError:
    where = Location(str(path), line)
    return ConfigError(f"the baseline cannot be used: {reason}", code=UNREADABLE, where=where, hint=hint)
