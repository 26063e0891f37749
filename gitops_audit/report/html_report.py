"""The report as one HTML file that needs no network and no server, for people.

The data stands in a script block that no browser runs, and the page's own script puts it on the page as text alone:
nothing that an object holds is ever markup. The page's policy allows this one script and this one style sheet, by their
digests, and no connection at all.
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib import resources

import orjson

from gitops_audit.live.workers import without_garbage_collection
from gitops_audit.model.how_many import how_many
from gitops_audit.model.result import AuditResult
from gitops_audit.report.html_data import data

SCRIPTS = (
    "dom",
    "data",
    "filter",
    "address",
    "list",
    "difference",
    "rule",
    "change",
    "detail",
    "overview",
    "policies",
    "page",
)
STYLES = ("base", "overview", "findings", "print")
_PLACE = re.compile(r"\{\{(\w+)\}\}")
_ESCAPES = {"<": r"\u003c", ">": r"\u003e", "&": r"\u0026", "\u2028": r"\u2028", "\u2029": r"\u2029"}


def write(result: AuditResult) -> bytes:
    """The page as UTF-8."""
    style = "\n".join(_part(f"{name}.css") for name in STYLES)
    script = '"use strict";\n(() => {\n' + "\n".join(_part(f"{name}.js") for name in SCRIPTS) + "\n})();\n"
    counts = result.summary.outcomes
    summary = (
        f"{counts['failed']} failed, {counts['error']} not evaluated, {how_many(result.summary.resources, 'resource')}"
    )
    parts = {
        "policy": _content_security_policy(style, script),
        "title": escape(f"GitOps audit: {summary}"),
        "summary": escape(summary),
        "style": style,
        "script": script,
        "data": _inert(_dumped(result)),
    }
    return _PLACE.sub(lambda place: parts[place[1]], _part("page.html")).encode()


def _dumped(result: AuditResult) -> str:
    """All of what is made here stays until it is written: the collector would walk it again and again."""
    with without_garbage_collection():
        return orjson.dumps(data(result)).decode()


def _part(name: str) -> str:
    return resources.files(__package__).joinpath("page", name).read_text(encoding="utf-8")


def _inert(text: str) -> str:
    """JSON that ends no script block, starts no comment in it, and is JavaScript too."""
    for character, escaped in _ESCAPES.items():
        text = text.replace(character, escaped)
    return text


def _content_security_policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
