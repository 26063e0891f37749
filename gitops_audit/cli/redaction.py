"""What commands that take no configuration must not show all the same: the fields it names under `redact:`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from gitops_audit.config.load import load, locate
from gitops_audit.errors import ConfigError
from gitops_audit.model.known_secret import KnownSecrets
from gitops_audit.model.mask import Mask
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import JsonObject


def redactor_for(config_path: Path | None, near: Path | None = None, known: KnownSecrets | None = None) -> Redactor:
    """By the rules of the given configuration, else of the one that applies near a file, else in this folder.

    Where there is none, only Secrets are redacted. `known` remembers what was. Raises ConfigError where it is broken.
    """
    found = config_path or _located(near) or _located(Path.cwd())
    return Redactor(rules=load(found).redact if found else (), known=known)


def redacted(bodies: Iterable[JsonObject], redactor: Redactor) -> list[JsonObject]:
    """The objects as they may be shown: copies of one's values in another are digests too."""
    clean = [redactor.redact(body) for body in bodies]
    mask = Mask.of(redactor)
    return [mask.body(body) for body in clean]


def _located(start: Path | None) -> Path | None:
    if start is not None:
        with contextlib.suppress(ConfigError):
            return locate(start if start.is_dir() else start.parent)
    return None
