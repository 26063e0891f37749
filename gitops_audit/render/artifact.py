"""Which files of a repository Flux's source-controller leaves out of the artifact that everything is built from.

Patterns are those of .gitignore, the last one that matches a path decides: first what is left out by default, then the
`.sourceignore` files from the root down, then `spec.ignore` of the source (fluxcd/pkg `sourceignore`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

from gitops_audit.render.globs import matcher

_FILE = ".sourceignore"
_DEFAULT = (
    *(".git/", ".gitignore", ".gitmodules", ".gitattributes"),
    *("*.jpg", "*.jpeg", "*.gif", "*.png", "*.wmv", "*.flv", "*.tar.gz", "*.zip"),
    *(".github/", ".circleci/", ".travis.yml", ".gitlab-ci.yml", "appveyor.yml", ".drone.yml", "cloudbuild.yaml"),
    *("codeship-services.yml", "codeship-steps.yml", "**/.goreleaser.yml", "**/.sops.yaml", "**/.flux.yaml"),
)
_MAX_BYTES = 1 << 20

# Whether a path, by its name from the pattern's folder, is left out; None where the pattern says nothing about it.
_Rule = Callable[[str], bool | None]


class Artifact:
    """The files of an exported tree; `ignore` are the lines of the source's own rules."""

    def __init__(self, tree: Path, ignore: Iterable[str] = ()) -> None:
        self._tree = tree
        self._default = tuple(_rules(_DEFAULT))
        self._own = tuple(_rules(ignore))
        self._of_folder = cache(self._read)

    def is_left_out(self, place: Path) -> bool:
        """Whether a file below the tree is in no artifact."""
        path = place.relative_to(self._tree).as_posix()
        answers = [rule(path) for rule in (*self._default, *self._in_files(place), *self._own)]
        return next((answer for answer in reversed(answers) if answer is not None), False)

    def _in_files(self, place: Path) -> Iterator[_Rule]:
        folders = [folder for folder in place.parents if folder.is_relative_to(self._tree)]
        for folder in reversed(folders):
            yield from self._of_folder(folder)

    def _read(self, folder: Path) -> tuple[_Rule, ...]:
        file = folder / _FILE
        if not file.is_file():
            return ()
        with file.open("rb") as opened:
            lines = opened.read(_MAX_BYTES).decode("utf-8", "replace").splitlines()
        prefix = folder.relative_to(self._tree).as_posix()
        return tuple(_rules(lines, "" if prefix == "." else f"{prefix}/"))


def _rules(lines: Iterable[str], prefix: str = "") -> Iterator[_Rule]:
    for line in lines:
        if line.strip() and not line.startswith("#"):
            yield _rule(line.removeprefix("!"), prefix, is_left_out=not line.startswith("!"))


def _rule(pattern: str, prefix: str, *, is_left_out: bool) -> _Rule:
    is_match = matcher([pattern])
    return lambda path: is_left_out if is_match(path.removeprefix(prefix)) else None
