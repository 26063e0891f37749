"""Users and passwords of hosts, from where `network` says they stand; they go into one header and nowhere else."""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult

from gitops_audit.config.settings import NetworkConfig
from gitops_audit.errors import SourceError
from gitops_audit.model.resource import mapping
from gitops_audit.regular_file import open_regular

NO_CREDENTIALS = "GA267"
_MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Credentials:
    """`USER:PASSWORD` by host, in base64 as the header has it."""

    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, network: NetworkConfig) -> Credentials:
        """Raises SourceError where a variable is not set, or the file cannot be read."""
        tokens = _of_file(network.registry_config) if network.registry_config else {}
        for config in network.credentials:
            names = filter(None, (config.username_variable, config.password_variable))
            for name in names:
                if name not in os.environ:
                    message = f"the credentials of {config.host} are not there: the variable {name} is not set"
                    raise SourceError(message, code=NO_CREDENTIALS, hint="set it, or correct `network.credentials`")
            user = os.environ.get(config.username_variable, "") if config.username_variable else ""
            password = os.environ[config.password_variable]
            tokens[config.host.lower()] = base64.b64encode(f"{user}:{password}".encode()).decode()
        return cls(tokens)

    def basic(self, place: SplitResult) -> str:
        """The header for a host, empty where nothing is configured for it."""
        token = self.tokens.get(place.netloc)
        return f"Basic {token}" if token else ""


def _of_file(path: Path) -> dict[str, str]:
    """The `auths` of a file that helm or docker wrote. Helpers (`credsStore`) are programs, and none is started."""
    try:
        with open_regular(path) as file:
            value: Any = json.loads(file.read(_MAX_BYTES))
    except OSError as error:
        raise _unusable(path, error.strerror or "it cannot be opened") from None
    except ValueError:
        raise _unusable(path, "it is not JSON") from None
    found: dict[str, str] = {}
    for url, entry in mapping(mapping(value).get("auths")).items():
        token = mapping(entry).get("auth")
        if isinstance(token, str) and _is_pair(token):
            host = str(url).partition("://")[2] or str(url)
            found[host.partition("/")[0].lower()] = token
    return found


def _is_pair(token: str) -> bool:
    try:
        return b":" in base64.b64decode(token, validate=True)
    except (ValueError, binascii.Error):
        return False


def _unusable(path: Path, reason: str) -> SourceError:
    message = f"the credentials in {path} cannot be read: {reason}"
    return SourceError(message, code=NO_CREDENTIALS, hint="correct `network.registryConfig`")
