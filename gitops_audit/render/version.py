"""The versions of the tools that rendered or decrypted: they change what comes out, so the report names them."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence

from gitops_audit.render.tool import ToolError, Workspace

_NUMBER = re.compile(r"v?(\d+\.\d+\.\d+(?:-[\w.]+)?)")
VERSION_ARGUMENTS = {
    "helm": ("version", "--short"),
    "kustomize": ("version",),
    "kubectl": ("version", "--client"),
    "sops": ("--disable-version-check", "--version"),
}
_LINE = {"kubectl": "Kustomize Version:"}
_lock = threading.Lock()
_known: dict[str, str] = {}
_help: dict[str, str] = {}


def version_of(program: str, place: Workspace) -> str:
    """The version of helm, sops or kustomize (in kubectl), each program asked once; empty where it does not say."""
    name = program.rpartition("/")[2]
    with _lock:
        if program not in _known:
            _known[program] = _asked(program, name, place) if name in VERSION_ARGUMENTS else ""
        return _known[program]


def has_option(command: Sequence[str], option: str, place: Workspace) -> bool:
    """Whether a command says in its help that it knows an option; each command is asked once."""
    key = " ".join(command)
    with _lock:
        if key not in _help:
            try:
                _help[key] = place.run([*command, "--help"]).decode("utf-8", "replace")
            except ToolError:
                _help[key] = ""
        return f"{option}=" in _help[key] or f"{option} " in _help[key]


def _asked(program: str, name: str, place: Workspace) -> str:
    try:
        said = place.run([program, *VERSION_ARGUMENTS[name]]).decode("utf-8", "replace")
    except ToolError:
        return ""
    found = _NUMBER.search(said.partition(_LINE[name])[2] if name in _LINE else said)
    return found[1] if found else ""
