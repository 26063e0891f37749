"""The key of the journal: with it the earlier values of Secrets are kept there, encrypted, so that they can be undone.

AES-256-GCM; each value is bound to its run and object, so that none can be put in the place of another one. Of several
keys the first encrypts and all decrypt: a new one goes above the old one, which stays while its runs may be undone.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gitops_audit.config.remediation import JournalKeyConfig
from gitops_audit.errors import ConfigError
from gitops_audit.model.resource import JsonObject
from gitops_audit.regular_file import open_regular

UNUSABLE = "GA521"
_BYTES = 32
_NONCE_BYTES = 12
_MAX_FILE_BYTES = 1 << 16
_OTHERS = stat.S_IWGRP | stat.S_IRWXO
_MAKE = "make one with `openssl rand -base64 32`"
_taken: dict[str, str] = {}


class WrongKey(Exception):
    """What is encrypted cannot be read; says why."""


class JournalKey:
    """Shows nothing of itself."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Sequence[bytes]) -> None:
        """The first encrypts; at least one, each of 32 bytes."""
        self._keys = {_id(key): key for key in keys}

    def __repr__(self) -> str:
        return f"JournalKey({', '.join(self._keys)})"

    @classmethod
    def load(cls, config: JournalKeyConfig | None) -> JournalKey | None:
        """None where none is configured. Raises ConfigError (GA521) for one that cannot be used."""
        if config is None:
            return None
        place = f"the file {config.file}" if config.file else f"the variable {config.env}"
        lines = (_file(config.file) if config.file else _variable(config.env)).split()
        if not lines:
            raise ConfigError(f"the journal key is missing: {place} is empty", code=UNUSABLE, hint=_MAKE)
        return cls([_key(line, place) for line in lines])

    @property
    def _current(self) -> str:
        return next(iter(self._keys))

    def seal(self, body: JsonObject, place: str) -> JsonObject:
        """What only a holder of the key can open again, for this place."""
        nonce = os.urandom(_NONCE_BYTES)
        text = json.dumps(body, separators=(",", ":")).encode("utf-8", "surrogatepass")
        data = _cipher(self._keys[self._current]).encrypt(nonce, text, place.encode())
        return {"key": self._current, "nonce": _text(nonce), "data": _text(data)}

    def open(self, sealed: JsonObject, place: str) -> JsonObject:
        """Raises WrongKey."""
        name = str(sealed.get("key"))
        if name not in self._keys:
            known = ", ".join(self._keys)
            raise WrongKey(
                f"its earlier values are encrypted with the key {name}, and remediation.journalKey is {known}"
            )
        try:
            nonce, data = (base64.b64decode(sealed[part], validate=True) for part in ("nonce", "data"))
            found: JsonObject = json.loads(_cipher(self._keys[name]).decrypt(nonce, data, place.encode()))
        except (InvalidTag, LookupError, TypeError, ValueError):
            raise WrongKey("its earlier values in the journal are damaged, or of another object") from None
        return found

    def digest(self, text: bytes) -> str:
        """Says whether a text is the same, to a holder of the key alone."""
        return f"{self._current}:{_mac(self._keys[self._current], text)}"

    def is_digest_of(self, digest: str, text: bytes) -> bool:
        """False as well where the key is not known any more."""
        name, _, mac = digest.partition(":")
        return name in self._keys and hmac.compare_digest(mac, _mac(self._keys[name], text))


def place_of(run: str, action_id: str) -> str:
    """What a sealed value is bound to."""
    return f"{run}/{action_id}"


def _file(path: Path) -> str:
    try:
        with open_regular(path) as file:
            status = os.fstat(file.fileno())
            text = file.read(_MAX_FILE_BYTES).decode("ascii", "replace")
    except OSError as error:
        message = f"the journal key {path} cannot be read: {error.strerror}"
        raise ConfigError(message, code=UNUSABLE, hint=_MAKE) from None
    if status.st_mode & _OTHERS:
        message = f"the journal key {path} is open to others (mode {stat.S_IMODE(status.st_mode):04o})"
        raise ConfigError(message, code=UNUSABLE, hint=f"`chmod 600 {path}`; others must not read or write it")
    return text


def _variable(name: str) -> str:
    """Taken out of the environment, so that no program that is started inherits it."""
    if name in os.environ:
        _taken[name] = os.environ.pop(name)
    return _taken.get(name, "")


def _key(line: str, place: str) -> bytes:
    try:
        key = base64.b64decode(line.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _BYTES:
        raise ConfigError(f"the journal key in {place} is not {_BYTES} bytes in base64", code=UNUSABLE, hint=_MAKE)
    return key


def _id(key: bytes) -> str:
    """A name of the key that says nothing of it."""
    return _mac(key, b"name")[:8]


def _mac(key: bytes, text: bytes) -> str:
    """With a key of its own: none serves two purposes."""
    return hmac.new(hmac.digest(key, b"digest", "sha256"), text, hashlib.sha256).hexdigest()


def _cipher(key: bytes) -> AESGCM:

    return AESGCM(hmac.digest(key, b"journal", "sha256"))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
