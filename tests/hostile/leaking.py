"""Values that nothing may show, and the forms in which they could show."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Mapping
from urllib.parse import quote, quote_plus

import yaml

MARKER = "s3cr3t-m4rk3r-zqx"

CORE = "mrk7zq1x"
VALUES = (
    f"S3c-{CORE}-pw",
    f'quo"te-{CORE}',
    f"back\\slash-{CORE}",
    f"it's-{CORE}",
    f"<{CORE}>&more",
    f"line one\n{CORE}-line-two\n",
    f"postgres://u:{CORE}@db/x?a=b",
    f"ünï-{CORE}",
    f"  {CORE}  ",
    f"A=1\nPASSWORD={CORE}\n",
    json.dumps({"auths": {"r.example": {"password": CORE}}}),
    "1234567890123",
)


def b64(text: str, *, before: str = "", after: str = "") -> str:
    return base64.b64encode(f"{before}{text}{after}".encode()).decode()


FORMS: Mapping[str, Callable[[str], str]] = {
    "as it is": str,
    "in a sentence": lambda v: f"the password is {v}, keep it",
    "in upper case": str.upper,
    "in lower case": str.lower,
    "JSON": lambda v: json.dumps({"p": v}),
    "JSON, not ASCII": lambda v: json.dumps({"p": v}, ensure_ascii=False),
    "a JSON list": lambda v: json.dumps([1, [v]]),
    "JSON in JSON": lambda v: json.dumps({"a": json.dumps({"p": v})}),
    "JSON in JSON in JSON": lambda v: json.dumps(json.dumps(json.dumps([v]))),
    "JSON as Go writes it": lambda v: json.dumps(v).replace("<", "\\u003c").replace(">", "\\u003E"),
    "YAML": lambda v: yaml.safe_dump({"p": {"q": [v]}}),
    "YAML in one line": lambda v: yaml.safe_dump({"p": v}, default_flow_style=True, width=20),
    "YAML in single quotes": lambda v: "p: '" + v.replace("'", "''") + "'",
    "URL": lambda v: quote(v, safe=""),
    "URL twice": lambda v: quote(quote(v, safe=""), safe=""),
    "form": lambda v: "p=" + quote_plus(v),
    "HTML": lambda v: html.escape(v),
    "base64": b64,
    "base64 without padding": lambda v: b64(v).rstrip("="),
    "base64 for URLs": lambda v: base64.urlsafe_b64encode(v.encode()).decode(),
    "base64 in lines": lambda v: base64.encodebytes(v.encode()).decode(),
    "base64 after one byte": lambda v: b64(v, before="a", after=":tail"),
    "base64 after two bytes": lambda v: b64(v, before="ab", after=":tail"),
    "base64 of user and password": lambda v: "Basic " + b64(v, before="user:"),
    "base64 twice": lambda v: b64(b64(v)),
    "base64 three times": lambda v: b64(b64(b64(v))),
    "base64 of JSON": lambda v: b64(json.dumps({"p": v})),
    "base32": lambda v: base64.b32encode(v.encode()).decode(),
    "hex": lambda v: v.encode().hex(),
    "HEX": lambda v: v.encode().hex().upper(),
    "backwards": lambda v: v[::-1],
}


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
