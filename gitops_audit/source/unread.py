"""What is not read, and why: nothing is left out without a word."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from gitops_audit.config.suggest import closest
from gitops_audit.manifest.limits import MAX_FILE_BYTES
from gitops_audit.model.resource import FileProblem

LINK, SUBMODULE, TOO_LARGE, BAD_NAME, UNREADABLE = "GA241", "GA242", "GA243", "GA244", "GA245"
NOT_CHECKED_OUT, CLOSED_DIRECTORY = "GA246", "GA247"
# Whatever their names: manifests may be in them.
DIRECTORIES = (SUBMODULE, CLOSED_DIRECTORY)
NO_PATH = "GA206"
DIRECTORY_LINK = "a symbolic link to a directory"

_CLOSED = re.compile(r"^warning: could not open directory '([^'\n]+)': (.*)", re.MULTILINE)
_CONTROL = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]")


def too_large(path: str, size_bytes: int) -> FileProblem:
    message = (
        f"not read: {size_bytes / (1 << 20):.0f} MiB is more than {MAX_FILE_BYTES >> 20} MiB (limit: manifest size)"
    )
    return FileProblem(path, 0, message, TOO_LARGE)


def submodule(path: str) -> FileProblem:
    message = "not read: a submodule is another repository; give it a source of its own, or exclude it"
    return FileProblem(path, 0, message, SUBMODULE)


def not_checked_out(path: str, *, is_sparse: bool) -> FileProblem:
    """A file that Git tracks and that is not on disk; `is_sparse` where Git was told to leave it out."""
    if is_sparse:
        message = "not read: a sparse checkout leaves it out; `git sparse-checkout add` brings it, or exclude it"
    else:
        message = "not read: Git tracks it, and it is not on disk; `git restore` brings it back, `git rm` forgets it"
    return FileProblem(path, 0, message, NOT_CHECKED_OUT)


def closed_directories(told: str) -> Iterator[FileProblem]:
    """A problem for each directory that git says it could not look into."""
    return (closed_directory(found[1].rstrip("/"), found[2].strip()) for found in _CLOSED.finditer(told))


def closed_directory(path: str, reason: str) -> FileProblem:
    return FileProblem(path, 0, f"not read: {reason}, so nothing is known of the files in it", CLOSED_DIRECTORY)


def bad_link(path: str, reason: str) -> FileProblem:
    return FileProblem(
        path, 0, f"not read: the symbolic link {reason}; put its content there, or name it in `exclude`", LINK
    )


def name_fault(raw: bytes) -> FileProblem | None:
    """A problem where a name in Git is no name a file may have here; it is shown escaped."""
    try:
        path = raw.decode()
    except UnicodeDecodeError:
        return FileProblem(_escaped(raw), 0, "not read: its name is not UTF-8", BAD_NAME)
    if _CONTROL.search(path):
        return FileProblem(_escaped(raw), 0, "not read: its name holds control characters", BAD_NAME)
    if any(part in ("", ".", "..") or part.lower() == ".git" for part in path.split("/")):
        return FileProblem(path, 0, "not read: its name leaves the tree or means Git's own files", BAD_NAME)
    return None


def _escaped(raw: bytes) -> str:
    text = raw.decode("utf-8", "backslashreplace")
    return _CONTROL.sub(lambda match: match.group().encode("unicode_escape").decode(), text)


def near_path(path: str, directories: Collection[str]) -> str:
    """The directories that are most like a path, first those that end with it."""
    below = sorted((d for d in directories if d.endswith(f"/{path}")), key=len)
    near = list(dict.fromkeys([*below, *closest(path, directories)]))[:3]
    if near:
        return f"did you mean {' or '.join(repr(d) for d in near)}? Paths count from the repository's root"
    top = sorted(d for d in directories if "/" not in d)
    return f"paths count from the repository's root, which has {', '.join(top[:10]) or 'no directories'}"
