"""Many values in many forms, in Git and in the cluster: no command and no report shows one of them in any form."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import pytest

from gitops_audit.model.resource import JsonObject
from gitops_audit.report.registry import FORMATS
from tests.command import run_cli, run_pytest
from tests.hostile.leaking import CORE, FORMS, VALUES, b64, traces
from tests.recorded import make

LIVE = "lv9wq3kz"
PLACES = ("annotation", "label", "list")
CONFIG = """\
version: 1
clusters: {prod: {snapshot: live.json}}
sources: [{name: shop, path: apps, namespace: shop}]
policies: [{path: quoting}]
redact: [{match: {kind: ConfigMap, name: "mail-*"}, fields: [/data/password]}]
"""
POLICY = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: quoting}
spec:
  matchConstraints: {resourceRules: [{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*']}]}
  validations:
    - {expression: "false", messageExpression: "'saw ' + string(object.metadata.name) + ' ' +
        (has(object.data) ? object.data.map(k, string(object.data[k])).join(' ') : '') + ' ' +
        (has(object.metadata.labels) ? object.metadata.labels.map(k, object.metadata.labels[k]).join(' ') : '')"}
    - {expression: "int(object.metadata.labels.l) > 0"}
"""


def objects(core: str) -> list[JsonObject]:
    """One object for each value and form, in turn a Secret in clear, in base64, of a mistyped kind, and a ConfigMap."""
    return [_object(number, form, value, core) for number, (form, value) in enumerate(product(FORMS, VALUES))]


def _object(number: int, form: str, value: str, core: str) -> JsonObject:
    value = value.replace(CORE, core)
    text = FORMS[form](value)
    place = PLACES[number % 3]
    noted = {"annotation": {"annotations": {"a": text}}, "label": {"labels": {"l": text}}}
    metadata = {"name": f"s-{number}", "namespace": "shop", **noted.get(place, {"annotations": {"a": f"[{text}]"}})}
    kind, data = (
        ("Secret", {"stringData": {"k": value}}),
        ("Secret", {"data": {"k": b64(value)}}),
        ("Secrets", {"stringData": {"k": value}}),
        ("Secret", {"data": {"k": value}}),
        ("ConfigMap", {"data": {"password": value, "other": text}}),
    )[number % 5]
    if kind == "ConfigMap":
        metadata["name"] = f"mail-{number}"
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **data}


def shop(root: Path) -> Path:
    broken = {
        "alias": f"stringData: {{p: *{CORE}}}",
        "tag": f"stringData: {{p: !!int {CORE}}}",
        "indent": f"stringData:\n  p: {CORE}\n q: x",
        "twice": f"stringData: {{p: {CORE}, p: {CORE}2}}",
        "kind": f"kind: [Secret]\nstringData: {{p: {CORE}}}",
        "binary": f"data: {{p: !!binary '{CORE}?'}}",
        "control": f'stringData: {{p: "{CORE}\\x"}}',
    }
    head = "apiVersion: v1\nkind: Secret\nmetadata: {name: broken}\n"
    files = {f"apps/{name}.yaml": f"{head}{text}\n" for name, text in broken.items()}
    files |= {"gitops-audit.yaml": CONFIG, "quoting/p.yaml": POLICY}
    live = [body for body in objects(LIVE) if body["kind"] != "Secrets"]
    return make(root, objects(CORE), live, files)


def leaks(said: str) -> list[str]:
    text = said.lower()
    return [trace for core in (CORE, LIVE, VALUES[-1]) for trace in traces(core) if trace in text]


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shop(tmp_path_factory.mktemp("leaky") / "repo")


@pytest.mark.parametrize(
    "command",
    [
        ("check", "-v", *(f"--{name}=r.{name}" for name in FORMATS)),
        ("diff",),
        ("render", "apps"),
        ("render", "apps", "-o", "json"),
        ("policy", "explain", "quoting", "quoting", "--resource", "apps/000.yaml"),
    ],
    ids=" ".join,
)
def test_no_command_shows_a_value_in_any_form(leaky: Path, command: tuple[str, ...]) -> None:
    ran = run_cli(*command, cwd=leaky)
    reports = "".join(path.read_text() for path in leaky.glob("r.*"))
    assert "a bug" not in ran.said
    assert ran.out
    assert leaks(ran.said + reports) == []


def test_pytest_shows_no_value_in_any_form(leaky: Path) -> None:
    ran = run_pytest("gitops-audit.yaml", "-vv", "--showlocals", "--junitxml=p.xml", "--gitops-json=p.json", cwd=leaky)
    said = ran.said + (leaky / "p.xml").read_text() + (leaky / "p.json").read_text()
    assert "Secret/shop/s-0" in said
    assert leaks(said) == []


def test_what_is_searched_for_would_be_found(leaky: Path) -> None:
    """The search itself is tried on what Git holds."""
    assert all(leaks(json.dumps(body)) for body in objects(CORE))
