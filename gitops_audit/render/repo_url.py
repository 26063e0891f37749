"""What a remote entry of a kustomization names: a file to be fetched, or a folder of a Git repository.

The forms are those of kustomize (`examples/remoteBuild.md`): `URL//path?ref=v1`, `URL.git/path`,
`github.com/org/repo/path`, `git@host:org/repo//path`, `git::URL`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs

_FILE = re.compile(r"https?://[^?]*[^/?]\.(?:ya?ml|json)", re.IGNORECASE)
_START = re.compile(r"(?P<start>(?:https?|ssh|git)://[^/]+/|[\w.+-]+@[\w.-]+[:/])", re.IGNORECASE)
_GITHUB = re.compile(r"(?:www\.)?github\.com[:/]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RemoteFolder:
    """A folder (or file) of a repository; `revision` is empty for its HEAD."""

    repo: str
    path: str
    revision: str


def is_file_url(text: str) -> bool:
    """Whether kustomize would read a text as the URL of one file of objects."""
    place, _, query = text.partition("?")
    has_revision = bool({"ref", "version"} & parse_qs(query).keys())
    return bool(_FILE.fullmatch(place)) and not has_revision and "//" not in place.partition("://")[2]


def remote_folder(text: str) -> RemoteFolder | None:
    """The repository and the path in it; None where a text names none."""
    place, _, query = text.strip().removeprefix("git::").partition("?")
    place = _GITHUB.sub("https://github.com/", place, count=1) if _GITHUB.match(place) else place
    found = _START.match(place)
    if found is None:
        return None
    asked = parse_qs(query)
    revision = next((asked[name][0] for name in ("ref", "version") if name in asked), "")
    repo, path = _split(place[found.end() :])
    return RemoteFolder(f"{found['start']}{repo}", path.strip("/"), revision) if repo else None


def _split(path: str) -> tuple[str, str]:
    """The path of the repository on its host, and what lies below it: `//` or `.git` stand between them, or it has two
    parts."""
    repo, mark, rest = path.partition("//")
    if mark:
        return repo, rest
    end = re.search(r"\.git(?=/|$)", path)
    if end:
        return path[: end.end()], path[end.end() :]
    parts = path.split("/")
    count = parts.index("_git") + 2 if "_git" in parts else 2
    return "/".join(parts[:count]), "/".join(parts[count:])
