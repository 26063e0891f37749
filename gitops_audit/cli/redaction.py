"""What commands that take no configuration must not show all the same: the fields it names under `redact:`."""

from __future__ import annotations

import contextlib
from pathlib import Path

from gitops_audit.config.load import load, locate
from gitops_audit.errors import ConfigError
from gitops_audit.model.redact import Redactor


def redactor_for(config_path: Path | None, near: Path | None = None) -> Redactor:
    """By the rules of the given configuration, else of the one that applies near a file, else in this folder.

    Where there is none, only Secrets are redacted. Raises ConfigError for one that is broken.
    """
    found = config_path or _located(near) or _located(Path.cwd())
    return Redactor(rules=load(found).redact) if found else Redactor()


def _located(start: Path | None) -> Path | None:
    if start is not None:
        with contextlib.suppress(ConfigError):
            return locate(start if start.is_dir() else start.parent)
    return None
