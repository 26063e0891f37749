"""What the `repo` of a source means: a path, or a URL with one of the transports that cannot run programs."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

TRANSPORTS = ("https", "ssh", "git", "http")

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_HELPER = re.compile(r"([A-Za-z0-9][A-Za-z0-9+.-]*)::")
# `host:path`, unless a slash comes first: that is how git tells it from a path.
_SCP = re.compile(r"(?:[^/:@]+@)?(?:[^/:@\[\]]+|\[[0-9A-Fa-f:.]+\]):(?!:)(.*)")


def is_url(repo: str) -> bool:
    """Whether git would ask a remote: a URL, `host:path`, or a remote helper (`ext::...`)."""
    return bool(_SCHEME.match(repo) or _HELPER.match(repo) or _SCP.fullmatch(repo))


def transport_fault(repo: str) -> str:
    """Why a repository must not be asked (DESIGN section 8), empty where it may."""
    if repo.startswith("-"):
        return "starts with `-`, which git takes for an option"
    if not repo.isprintable():
        return "holds characters that cannot be printed"
    if helper := _HELPER.match(repo):
        return f"uses the transport helper `{helper[1]}::`, which may run any program"
    if _SCP.fullmatch(repo) and "@-" in repo.partition(":")[0]:
        return "names a host that starts with `-`"
    scheme = _SCHEME.match(repo)
    if scheme and scheme[1].lower() not in TRANSPORTS:
        return f"uses the transport {scheme[1]!r}"
    return _host_fault(repo) if scheme else ""


def _host_fault(repo: str) -> str:
    try:
        host = urlsplit(repo).hostname or ""
    except ValueError:
        return "is no valid URL"
    if not host:
        return "names no host"
    return "names a host that starts with `-`" if host.startswith("-") else ""


def without_user_info(repo: str) -> str:
    """The URL as it may be shown: no user name, password, query or fragment. A path comes back as it is."""
    if helper := _HELPER.match(repo):
        return f"{helper[0]}{without_user_info(repo[helper.end() :])}"
    scheme = _SCHEME.match(repo)
    if scheme:
        authority, slash, path = repo[scheme.end() :].partition("/")
        path = re.split(r"[?#]", path, maxsplit=1)[0]
        return f"{scheme[1]}://{authority.rpartition('@')[2]}{slash}{path}"
    if _SCP.fullmatch(repo):
        return repo.rpartition("@")[2] if "@" in repo.partition(":")[0] else repo
    return repo
