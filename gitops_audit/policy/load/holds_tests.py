"""Which files hold policy tests, for `policy test` and pytest alike. Imports little: pytest asks it of many files."""

from __future__ import annotations

import re
from pathlib import Path

from gitops_audit.regular_file import open_regular

KYVERNO_NAME = "kyverno-test.yaml"
_MOST_BYTES = 16 << 20  # as much as is read of a policy file
_SUFFIXES = (".yaml", ".yml", ".json")
# As keys and values stand in YAML and in JSON.
_OWN = (re.compile(rb"gitops-audit/"), re.compile(rb"\btests[\"']?\s*:"))
_KYVERNO = (re.compile(rb"cli\.kyverno\.io/"), re.compile(rb"\bkind[\"']?\s*:\s*[\"']?Test\b|\bresults[\"']?\s*:"))


def holds_tests(file: Path) -> bool:
    """Whether a file may hold policy tests: by its name, or by a look at its bytes.

    What cannot be read may hold them: who runs the file tells why it cannot.
    """
    if file.name == KYVERNO_NAME:
        return True
    if file.suffix not in _SUFFIXES:
        return False
    try:
        with open_regular(file) as opened:
            data = opened.read(_MOST_BYTES)
    except OSError:
        return True
    return _has_all(_OWN, data) or _has_all(_KYVERNO, data)


def _has_all(patterns: tuple[re.Pattern[bytes], ...], data: bytes) -> bool:
    return all(pattern.search(data) for pattern in patterns)
