"""Under which names others know a repository: its URLs, in a form in which equal repositories are equal texts."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gitops_audit.config.repository import is_url, without_user_info
from gitops_audit.errors import SourceError
from gitops_audit.source.command import GitFailedError
from gitops_audit.source.repository import open_local

_SCP = re.compile(r"(\[[^\]]*\]|[^:/]+):(.*)")


def canonical(url: str) -> str:
    """`host/path` of a Git URL, whatever transport, port, user, `.git` or slashes it is written with.

    Empty for what is no URL. Whoever compares must still look for the commit: a port may tell two servers apart.
    """
    if not is_url(url):
        return ""
    host, path = _parts(without_user_info(url.strip()))
    path = re.sub(r"/+", "/", unquote(path)).strip("/").removesuffix(".git").rstrip("/")
    return f"{host.lower()}/{path}" if host and path else ""


def remote_urls(folder: Path) -> tuple[str, ...]:
    """The URLs of the remotes of the repository a folder is in; empty where there are none, or no repository."""
    try:
        settings = open_local(folder).git.output("config", "--null", "--get-regexp", r"^remote\..*\.url$")
    except (GitFailedError, SourceError):
        return ()
    rows = settings.decode("utf-8", "replace").split("\0")
    return tuple(row.partition("\n")[2] for row in rows if row)


def _parts(url: str) -> tuple[str, str]:
    if "://" not in url:
        scp = _SCP.fullmatch(url)
        return (scp[1], scp[2]) if scp else ("", "")
    try:
        parts = urlsplit(url)
        return parts.hostname or "", parts.path
    except ValueError:
        return "", ""
