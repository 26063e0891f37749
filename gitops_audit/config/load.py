"""The way in: finds gitops-audit.yaml, and gives settings or one error with everything that is wrong."""

from __future__ import annotations

import os
from pathlib import Path

from gitops_audit.config import build, document
from gitops_audit.config.check import schema_problems
from gitops_audit.config.problem import raise_all
from gitops_audit.config.rules import rule_problems
from gitops_audit.config.settings import Settings
from gitops_audit.errors import ConfigError, Location
from gitops_audit.regular_file import open_regular

NAMES = ("gitops-audit.yaml", "gitops-audit.yml")


def load(path: Path) -> Settings:
    """The settings of a file.

    Raises ConfigError: InvalidConfigError with every problem of its content, each with file and line, or one error
    where the file cannot be read as YAML at all. Nothing of a faulty file is used.
    """
    read = document.read(path)
    raise_all([*read.problems, *schema_problems(read), *rule_problems(read)])
    return build.settings(read)


def locate(start: Path) -> Path:
    """The configuration that applies in a folder: there or in the closest parent, up to the repository's root.

    Outside a repository only the folder itself is looked at. Raises ConfigError where there is none.
    """
    start = start.absolute()
    folders = _up_to_root(start)
    for folder in folders:
        for name in NAMES:
            if os.path.lexists(folder / name):
                return _found(folder / name)
    looked = str(start) if len(folders) == 1 else f"{start} and its parents up to {folders[-1]}"
    hint = "`gitops-audit config init` writes a start; --config names one elsewhere"
    raise ConfigError(f"there is no {NAMES[0]} in {looked}", code=document.UNREADABLE, hint=hint)


def _found(path: Path) -> Path:
    """What only has the name of a configuration may not let another one apply, further up."""
    try:
        open_regular(path).close()
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        hint = "make it a file that you may read, or name another one with --config"
        raise ConfigError(message, code=document.UNREADABLE, where=Location.of(path), hint=hint) from None
    return path


def _up_to_root(start: Path) -> list[Path]:
    folders = [start, *start.parents]
    for count, folder in enumerate(folders, 1):
        if (folder / ".git").exists():
            return folders[:count]
    return [start]
