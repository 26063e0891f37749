"""A value that nothing may show, and the forms in which it could show."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

MARKER = "s3cr3t-m4rk3r-zqx"


def traces(value: str) -> frozenset[str]:
    """Lower-case texts, one of which stands in any text (in lower case) that holds the value in some form."""
    data = value.encode()
    once = base64.b64encode(data)
    found = {value, data.hex(), json.dumps(value)[1:-1], quote(value, safe=""), value[::-1]}
    found |= _base64(data) | _base64(once)
    return frozenset(form.lower() for form in found)


def _base64(data: bytes) -> set[str]:
    """The characters that are the same whatever stands before and behind: for the three places it may start at."""
    cores = set()
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + data).decode().rstrip("=")
        core = text[0 if shift == 0 else shift + 1 : -1]
        cores |= {core, core.replace("+", "-").replace("/", "_")}
    return cores
