"""URLs as Go's net/url reads them (RFC 3986 with Go's leniencies); the carrier is the normalised text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")
_PATH_SAFE = _UNRESERVED | frozenset("$&+,/:;=@")
_PATH_VALID = _PATH_SAFE | frozenset("!'()*[]%")
_HOST_SAFE = _UNRESERVED | frozenset("!$&'()*+,;=:[]<>\"")
_USER_VALID = _UNRESERVED | frozenset("!$&'()*+,;=:%@")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})", re.ASCII)
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})", re.ASCII)
_PORT = re.compile(r"(:[0-9]*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Url:
    scheme: str = ""
    opaque: str = ""
    user: str = ""
    host: str = ""
    path: str = ""
    query: str = ""
    has_authority: bool = False

    @property
    def hostname(self) -> str:
        host = self._without_port()
        return host[1:-1] if host.startswith("[") and host.endswith("]") else host

    @property
    def port(self) -> str:
        return self.host[len(self._without_port()) + 1 :]

    def _without_port(self) -> str:
        colon = self.host.rfind(":")
        is_port = colon >= 0 and _PORT.fullmatch(self.host[colon:]) is not None
        return self.host[:colon] if is_port else self.host

    @property
    def escaped_path(self) -> str:
        if self.path == "*" or (set(self.path) <= _PATH_VALID):
            return self.path
        return _escape(_unescape(self.path))


@lru_cache(maxsize=4096)
def parse(text: str) -> Url:
    """Raises ValueError where Go's `url.ParseRequestURI` fails. A fragment is cut off, as no function shows it."""
    _check(text)
    _parse(text)
    return _parse(text.partition("#")[0])


def _check(text: str) -> None:
    if not text:
        raise ValueError("empty url")
    if _CONTROL.search(text):
        raise ValueError("invalid control character in URL")


def _parse(text: str) -> Url:
    if text == "*":
        return Url(path="*")
    scheme, rest = _split_scheme(text)
    rest, _, query = rest.partition("?")
    if not rest.startswith("/"):
        if scheme:
            return Url(scheme=scheme, opaque=rest, query=query)
        raise ValueError("invalid URI for request")
    if scheme and rest.startswith("//"):
        authority, slash, path = rest[2:].partition("/")
        user, host = _split_authority(authority)
        return Url(scheme, "", user, host, _checked_path(slash + path), query, has_authority=True)
    return Url(scheme=scheme, path=_checked_path(rest), query=query)


def _split_scheme(text: str) -> tuple[str, str]:
    if text.startswith(":"):
        raise ValueError("missing protocol scheme")
    found = _SCHEME.match(text)
    return (found[1].lower(), text[found.end() :]) if found else ("", text)


def _split_authority(authority: str) -> tuple[str, str]:
    user, _, host = authority.rpartition("@")
    if not set(user) <= _USER_VALID or _BROKEN_ESCAPE.search(user):
        raise ValueError("invalid userinfo")
    return user, _checked_host(host)


def _checked_host(host: str) -> str:
    if host.startswith("["):
        end = host.rfind("]")
        if end < 0:
            raise ValueError("missing ']' in host")
        port = host[end + 1 :]
    else:
        colon = host.rfind(":")
        port = host[colon:] if colon >= 0 else ""
    if not _PORT.fullmatch(port):
        raise ValueError(f"invalid port {port!r} after host")
    if any(c < "\x80" and c not in _HOST_SAFE and c != "%" for c in host):
        raise ValueError("invalid character in host name")
    return _unescape_host(host)


def _unescape_host(host: str) -> str:
    if _BROKEN_ESCAPE.search(host):
        raise ValueError("invalid URL escape in host")
    zone = host.find("%25") if host.startswith("[") else -1
    name, rest = (host[:zone], host[zone:]) if zone >= 0 else (host, "")
    if any(int(h, 16) < 0x80 for h in _ESCAPE.findall(name)):
        raise ValueError("invalid URL escape in host")
    return _unescape(name) + _unescape(rest)


def _checked_path(path: str) -> str:
    if _BROKEN_ESCAPE.search(path):
        raise ValueError("invalid URL escape")
    return path


def _unescape(text: str) -> str:
    raw = re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), text.encode())
    return raw.decode("utf-8", "replace")


def _escape(path: str) -> str:
    return "".join(chr(b) if chr(b) in _PATH_SAFE and b < 0x80 else f"%{b:02X}" for b in path.encode())


@lru_cache(maxsize=4096)
def url(text: str) -> bytes:
    parsed = parse(text)
    user = f"{parsed.user}@" if parsed.user else ""
    authority = f"//{user}{parsed.host}" if parsed.has_authority else ""
    scheme = f"{parsed.scheme}:" if parsed.scheme else ""
    question = text.partition("?")[1] if "#" not in text.partition("?")[0] else ""
    fragment = "".join(text.partition("#")[1:])
    return f"{scheme}{parsed.opaque}{authority}{parsed.escaped_path}{question}{parsed.query}{fragment}".encode()


def is_url(text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def part(value: bytes, name: str) -> str:
    """`scheme`, `host`, `hostname`, `port` or `escaped_path`."""
    return str(getattr(parse(bytes(value).decode()), name))


def query(value: bytes) -> dict[str, list[str]]:
    """The parameters in order; those with a broken escape or a semicolon are left out, as Go does."""
    found: dict[str, list[str]] = {}
    for pair in parse(bytes(value).decode()).query.split("&"):
        if not pair or ";" in pair or _BROKEN_ESCAPE.search(pair):
            continue
        name, _, text = pair.partition("=")
        found.setdefault(_unescape(name.replace("+", " ")), []).append(_unescape(text.replace("+", " ")))
    return found
