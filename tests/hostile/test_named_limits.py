"""Every limit of docs/reference/limits.md is named by a message as it stands there, and no message names another.

That each message names the right one is seen where the limit is tested.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_LIMIT = re.compile(r"(?:\(|; )limit: ([A-Za-z -]+)\)?")


def _texts(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


# Two messages are put together; their tests are test_slow_headers and test_kubeconfig_fuzz.
_TOLD = {"answer headers", "silence", "kubeconfig size", "token size"} | {
    name for file in (_ROOT / "gitops_audit").rglob("*.py") for text in _texts(file) for name in _LIMIT.findall(text)
}
_DOCUMENTED = re.findall(r"^\| `([^`]+)` \|", (_ROOT / "docs/reference/limits.md").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("name", sorted(_TOLD))
def test_a_limit_that_a_message_names_is_documented(name: str) -> None:
    assert _DOCUMENTED.count(name) == 1


@pytest.mark.parametrize("name", _DOCUMENTED)
def test_a_documented_limit_is_named_by_a_message(name: str) -> None:
    assert name in _TOLD
