"""Runs the credential plugin of a kubeconfig (client.authentication.k8s.io), within bounds and without its words.

What a plugin prints may hold a token, so an error tells its name and how it ended, and nothing that it said.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitops_audit.lifetime import process_group
from gitops_audit.live.limits import LOGIN_TIMEOUT_S, MAX_PLUGIN_BYTES, PLUGIN_TIMEOUT_S


class PluginError(Exception):
    """A plugin gave no credentials. The message holds nothing that it said."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """One plugin as a kubeconfig configures it."""

    arguments: Sequence[str]
    api_version: str
    environment: Mapping[str, str]
    folder: str | None
    info: Mapping[str, Any]

    @property
    def name(self) -> str:
        return Path(self.arguments[0]).name

    def status(self) -> dict[str, Any]:
        """The `status` of the ExecCredential it prints. Raises PluginError."""
        try:
            answer = json.loads(self._output())
        except (ValueError, RecursionError):
            raise self._error("printed no JSON") from None
        status = answer.get("status") if isinstance(answer, dict) else None
        if not isinstance(status, dict):
            raise self._error("printed no ExecCredential with a status")
        if answer.get("apiVersion") != self.api_version:
            raise self._error(f"printed another apiVersion than {self.api_version}")
        return status

    def _output(self) -> bytes:
        is_terminal = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
        limit_s = LOGIN_TIMEOUT_S if is_terminal else PLUGIN_TIMEOUT_S
        try:
            process = self._started(is_terminal)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "its command or environment cannot be used"
            raise self._error(f"cannot be started: {reason}") from None
        with process, process_group(process):
            is_late = threading.Event()
            timer = threading.Timer(limit_s, _stop, [process, is_late])
            timer.daemon = True
            timer.start()
            output = process.stdout.read(MAX_PLUGIN_BYTES + 1) if process.stdout else b""
            if len(output) > MAX_PLUGIN_BYTES:
                _stop(process, threading.Event())
            status = process.wait()
            timer.cancel()
        if is_late.is_set():
            raise self._error(f"was stopped after {limit_s:.0f} s (limit: exec plugin time)")
        if len(output) > MAX_PLUGIN_BYTES:
            raise self._error(f"printed more than {MAX_PLUGIN_BYTES >> 20} MiB (limit: exec plugin output)")
        if status:
            raise self._error(f"ended with status {status}")
        return output

    def _started(self, is_terminal: bool) -> subprocess.Popen[bytes]:
        spec = {"interactive": is_terminal, **self.info}
        info = {"apiVersion": self.api_version, "kind": "ExecCredential", "spec": spec}
        return subprocess.Popen(  # noqa: S603 - the kubeconfig is the user's own, and names what to run
            self.arguments,
            cwd=self.folder,
            env={**os.environ, **self.environment, "KUBERNETES_EXEC_INFO": json.dumps(info)},
            stdin=None if is_terminal else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if is_terminal else subprocess.DEVNULL,
            start_new_session=True,
        )

    def _error(self, what: str) -> PluginError:
        return PluginError(f"the exec plugin {self.name} {what}")


def _stop(process: subprocess.Popen[bytes], is_late: threading.Event) -> None:
    is_late.set()
    with process_group(process):
        """Left at once: that ends the plugin and whatever it started."""
