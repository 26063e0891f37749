"""Differences as git writes them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gitops_audit.remediate.togit.unified import FileChange, texts

LONG = "".join(f"line {number}\n" for number in range(30))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (LONG, LONG.replace("line 7\n", "line seven\n").replace("line 21\n", "")),
        (LONG, LONG + "more"),
        (LONG.rstrip(), LONG.rstrip() + "!"),
        (LONG.rstrip(), LONG),
        ("a\r\nb\r\n", "a\r\nc\r\n"),
        (None, "new: file\n"),
        ("one\x0ctwo\u2028\n", "one\x0cthree\u2028\n"),
    ],
)
@pytest.mark.parametrize("name", ["a.yaml", 'folder/with "quotes" and ä.yaml'])
def test_git_applies_it(tmp_path: Path, before: str | None, after: str, name: str) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    place = tmp_path / name
    place.parent.mkdir(exist_ok=True)
    if before is not None:
        place.write_bytes(before.encode())
    old = None if before is None else before.encode()
    (tmp_path / "p.patch").write_bytes(b"".join(texts([FileChange(name, old, after.encode())])))

    done = subprocess.run(["git", "-C", str(tmp_path), "apply", "p.patch"], capture_output=True, check=False)

    assert done.returncode == 0, done.stderr
    assert place.read_bytes() == after.encode()
