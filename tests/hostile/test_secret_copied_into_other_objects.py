"""A Secret's value that another object repeats, in any form and at any place, is shown by no command and no report."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.model.resource import JsonObject
from tests.command import run_cli, run_pytest
from tests.hostile.leaking import FORMS, b64, traces
from tests.recorded import make

CORE = "mrk7zq1x"
LIVE = "lv9wq3kz"
VALUES = (
    f"S3c-{CORE}-pw",
    f'quo"te-{CORE}',
    f"postgres://u:{CORE}@db/x?a=b",
    f"  {CORE}  ",
    f"A=1\nPASSWORD={CORE}\n",
    json.dumps({"auths": {"r.example": {"password": CORE}}}),
)
# Each form with every other value, and the other half with the next form.
CASES = [(f, v) for (i, f), (j, v) in product(enumerate(FORMS), enumerate(VALUES)) if (i + j) % 2 == 0]
CONFIG = """\
version: 1
clusters: {prod: {snapshot: live.json}}
sources: [{name: shop, path: apps, namespace: shop}]
policies: [{path: quoting}]
redact: [{match: {kind: Mail}, fields: [/spec/password]}]
"""
POLICY = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: quoting}
spec:
  matchConstraints: {resourceRules: [{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*']}]}
  validations:
    - {expression: "false", messageExpression: "'saw ' + (has(object.data) ?
        object.data.map(k, string(object.data[k])).join(' ') : 'no data') + ' end'"}
    - {expression: "!has(object.data) || object.data.all(k, int(object.data[k]) > 0)"}
"""
CHECKS = """\
import pytest

@pytest.mark.gitops(kind="ConfigMap")
def test_of_our_own(gitops_resource):
    declared, live = gitops_resource.declared["data"], gitops_resource.live["data"]
    assert declared == {} and live == {}, (declared, live)
"""


def objects(core: str) -> list[JsonObject]:
    return [
        body
        for number, (form, value) in enumerate(CASES)
        for body in _objects(number, form, value.replace(CORE, core), core)
    ]


def _objects(number: int, form: str, value: str, core: str) -> list[JsonObject]:
    """A Secret (or what `redact` makes one), and other objects that repeat its value."""
    text = FORMS[form](value)
    holder: JsonObject = (
        _object("Mail", f"m-{number}", "example.com/v1", spec={"password": value})
        if number % 3 == 0
        else _object("Secret", f"s-{number}", stringData={"k": value})
        if number % 3 == 1
        else _object("Secret", f"s-{number}", data={"k": b64(value)})
    )
    side = "git" if core == CORE else "cluster"
    container = {
        "name": "c",
        "image": f"shop:{side}",
        "args": ["serve", f"--dsn={text}"],
        "env": [{"name": "A", "value": text}, {"name": "B", "value": side}],
    }
    template = {"metadata": {"labels": {"app": "c"}}, "spec": {"containers": [container]}}
    copies = [
        _object("ConfigMap", f"c-{number}", data={"a": side, "dsn": text, "z": side}),
        _object(
            "ConfigMap", f"n-{number}", data={"a": side, "z": "1"}, annotations={"note": f"[{text}]", "side": side}
        ),
        _object(
            "Deployment",
            f"d-{number}",
            "apps/v1",
            spec={"selector": {"matchLabels": {"app": "c"}}, "template": template},
        ),
        _object("Widget", f"w-{number}", "example.com/v1", spec={"side": side, "deep": [{"dsn": [text]}], text: "key"}),
    ]
    return [holder, copies[number % 4], copies[(number + 1) % 4]]


def _object(kind: str, name: str, api_version: str = "v1", annotations: Any = None, **fields: Any) -> JsonObject:
    metadata = {"name": name, "namespace": "shop", **({"annotations": annotations} if annotations else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def leaks(said: str) -> list[str]:
    text = said.lower()
    return [trace for core in (CORE, LIVE) for trace in traces(core) if trace in text]


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> Path:
    together = "\n---\n".join(json.dumps(body, indent=1) for body in objects(CORE)[:40])
    files = {"gitops-audit.yaml": CONFIG, "quoting/p.yaml": POLICY, "test_own.py": CHECKS, "all.yaml": together}
    return make(tmp_path_factory.mktemp("copies") / "repo", objects(CORE), objects(LIVE), files)


@pytest.mark.parametrize(
    "command",
    [
        ("check", "-v", "--json=r.json", "--junit=r.xml"),
        ("check", "-v", "--offline", "--json=r.json"),
        ("diff",),
        ("render", "apps"),
        ("render", "apps", "-o", "json"),
        ("policy", "explain", "quoting", "quoting", "--resource", "all.yaml"),
    ],
    ids=" ".join,
)
def test_no_command_shows_a_copy_in_any_form(leaky: Path, command: tuple[str, ...]) -> None:
    ran = run_cli(*command, cwd=leaky)
    reports = "".join(path.read_text() for path in (leaky / "r.json", leaky / "r.xml") if path.exists())
    assert "a bug" not in ran.said
    assert "<redacted:" in ran.out
    assert leaks(ran.said + reports) == []


@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["one process", "xdist"])
def test_pytest_shows_no_copy_not_even_in_checks_of_ones_own(leaky: Path, workers: tuple[str, ...]) -> None:
    reports = ("--junitxml=p.xml", "--gitops-json=p.json", "--gitops-junit=g.xml")
    ran = run_pytest("gitops-audit.yaml", "test_own.py", "-vv", "--showlocals", *reports, *workers, cwd=leaky)
    said = ran.said + "".join((leaky / name).read_text() for name in ("p.xml", "p.json", "g.xml"))
    assert "test_of_our_own" in said
    assert leaks(said) == []


def test_what_differs_is_told_all_the_same(leaky: Path) -> None:
    """Comparison comes first: a copy of another value is drift, and both sides have tokens of their own."""
    run_cli("check", "--json=t.json", cwd=leaky)
    report = json.loads((leaky / "t.json").read_text())
    changed = [c for r in report["resources"] if r["kind"] == "ConfigMap" for c in r["drift"]["changes"]]
    masked = [c for c in changed if "<redacted:" in str(c["declared"])]
    assert len(masked) > 50
    assert all(c["declared"] != c["live"] for c in masked)


def test_what_is_searched_for_would_be_found() -> None:
    """All but base32, and base64 of base64 at some places, which `traces` does not know."""
    found = [bool(leaks(json.dumps(body))) for body in objects(CORE)]
    assert sum(found) > 0.9 * len(found)


WORDS = (
    "true",
    "admin",
    "default",
    "production",
    "kubernetes",
    "5432",
    "20260101",
    "db.shop.svc",
    "https://example.com",
)


def test_common_words_and_addresses_stay_readable(tmp_path: Path) -> None:
    secret = _object("Secret", "s", stringData={f"k{n}": word for n, word in enumerate(WORDS)})
    declared = _object("ConfigMap", "c", data={f"k{n}": word for n, word in enumerate(WORDS)})
    live = _object("ConfigMap", "c", data={f"k{n}": f"{word}-2" for n, word in enumerate(WORDS)})
    ran = run_cli("diff", cwd=make(tmp_path / "repo", [secret, declared], [secret, live], {}))
    assert "<redacted:" not in ran.out
    assert all(f"{word}-2" in ran.out for word in WORDS)
