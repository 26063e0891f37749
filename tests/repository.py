"""A small Git repository with known authors and dates."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gitops_audit.config.settings import SourceConfig
from gitops_audit.source import Checkout, open_source

DAY = "2026-01-{:02}T12:00:00+00:00"


@dataclass
class Repo:
    """A repository; each commit is a day later than the one before."""

    folder: Path
    day: int = 0

    @classmethod
    def init(cls, folder: Path, *options: str) -> Repo:
        folder.mkdir(parents=True, exist_ok=True)
        repo = cls(folder)
        repo.git("init", "--quiet", "--initial-branch=main", *options)
        return repo

    def git(self, *arguments: str, stdin: bytes = b"", author: str = "Ada") -> str:
        done = subprocess.run(
            ["git", "-C", self.folder, *arguments],
            input=stdin,
            env={**os.environ, **self._identity(author)},
            capture_output=True,
            check=True,
        )
        return done.stdout.decode().strip()

    def write(self, **files: str) -> None:
        """Files by path; `__` stands for `/` and `_` for `.`."""
        for name, text in files.items():
            self.put(name.replace("__", "/").replace("_", "."), text)

    def put(self, path: str, text: str | bytes) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode() if isinstance(text, str) else text)

    def commit_files(self, files: Mapping[str, str | bytes], subject: str = "change", author: str = "Ada") -> str:
        """Writes files by their paths and commits everything. Gives the commit's id."""
        for path, text in files.items():
            self.put(path, text)
        return self.commit(subject, author)

    def link(self, path: str, target: str) -> None:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)

    def commit(self, subject: str = "change", author: str = "Ada", **files: str) -> str:
        self.write(**files)
        self.git("add", "--all")
        return self.record(subject, author)

    def record(self, subject: str, author: str = "Ada", *options: str) -> str:
        """Commits what is staged."""
        self.day += 1
        self.git("commit", "--quiet", "--allow-empty", "-m", subject, *options, author=author)
        return self.git("rev-parse", "HEAD")

    def merge(self, branch: str, *options: str) -> None:
        self.day += 1
        self.git("merge", "--quiet", "--no-ff", "-m", f"merge {branch}", *options, branch, author="Merger")

    def raw_tree(self, entries: list[tuple[str, bytes, str]]) -> str:
        """A commit of a tree object as it is given: (mode, name, id), whatever git would say to it."""
        body = b"".join(mode.encode() + b" " + name + b"\0" + bytes.fromhex(sha) for mode, name, sha in entries)
        tree = self.git("hash-object", "-t", "tree", "-w", "--stdin", "--literally", stdin=body)
        commit = self.git("commit-tree", tree, "-m", "hostile", author="Mallory")
        self.git("update-ref", "refs/heads/main", commit)
        return commit

    def blob(self, data: bytes) -> str:
        return self.git("hash-object", "-w", "--stdin", stdin=data)

    def open(self, revision: str = "HEAD", path: str = "") -> Checkout:
        return open_source(SourceConfig("s", str(self.folder), revision, path), base_dir=self.folder)

    def _identity(self, author: str) -> dict[str, str]:
        date = DAY.format(self.day)
        names = {"GIT_AUTHOR_NAME": author, "GIT_COMMITTER_NAME": "Committer"}
        mails = {"GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_EMAIL": "c@example.com"}
        return {**names, **mails, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
