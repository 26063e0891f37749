"""The keys that sops may use: those of age and PGP of whoever runs the audit, as sops itself looks for them.

Nothing else of the environment reaches sops, no token of a cloud or of Vault, and no folder but those of the keys.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gitops_audit.render.limits import SOPS_TIMEOUT_S

_VARIABLES = {
    "age": ("SOPS_AGE_KEY", "SOPS_AGE_KEY_FILE", "SOPS_AGE_SSH_PRIVATE_KEY_FILE"),
    "pgp": ("GNUPGHOME",),
}
_FILES = ("SOPS_AGE_KEY_FILE", "SOPS_AGE_SSH_PRIVATE_KEY_FILE")


@dataclass(frozen=True, slots=True)
class SopsKeys:
    """The environment of sops, what it reads beside its input, and what gpg writes (its locks)."""

    environment: dict[str, str] = field(repr=False)
    reads: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()

    @classmethod
    def of(cls, kinds: Collection[str]) -> SopsKeys:
        """Those of some kinds (`age`, `pgp`): what the environment names, else where sops and gpg keep their own."""
        names = [name for kind in sorted(kinds) for name in _VARIABLES.get(kind, ())]
        found = {name: os.environ[name] for name in names if os.environ.get(name)}
        for name, place in _usual():
            if name in names and name not in found and place.exists():
                found[name] = str(place)
        # sops runs in a folder of its own, where a relative path means something else.
        found |= {name: os.path.abspath(found[name]) for name in (*_FILES, "GNUPGHOME") if name in found}
        reads = tuple(Path(found[name]) for name in _FILES if name in found)
        writes = (Path(found["GNUPGHOME"]),) if "GNUPGHOME" in found else ()
        return cls(found, reads, writes)

    def prepare(self) -> None:
        """Has GnuPG start its agent, where it does not run: one that sops starts would be confined as sops is, and
        then serve its user so. It stays, as GnuPG means it to."""
        program = shutil.which("gpgconf") if self.writes else None
        if program is not None:
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                subprocess.run(  # noqa: S603 - fixed words, the program found by `shutil.which`
                    [program, "--launch", "gpg-agent"],
                    env={"PATH": os.environ.get("PATH", ""), "HOME": str(Path.home()), **self.environment},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    timeout=SOPS_TIMEOUT_S,
                    check=False,
                )


def _usual() -> Iterator[tuple[str, Path]]:
    """Where the keys are, if no variable says so."""
    with contextlib.suppress(RuntimeError):  # whoever has no home has no such file
        home = Path.home()
        folder = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
        yield "SOPS_AGE_KEY_FILE", folder / "sops" / "age" / "keys.txt"
        yield "GNUPGHOME", home / ".gnupg"
