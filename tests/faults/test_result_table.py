"""Every result by check and kind, in every report: each cell is asserted; docs/reference/results.md is this table."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, get_args
from xml.etree import ElementTree as ET

import pytest
import yaml

from gitops_audit.model.check import CheckName
from gitops_audit.model.resource import JsonObject
from gitops_audit.report.registry import FORMATS
from tests import engines
from tests.html_page import page_data
from tests.recorded import config_map, make, run

PAGE = Path(__file__).parents[2] / "docs/reference/results.md"
REPORTS = (
    *("terminal", "terminal -v", "pytest", "pytest -v", "pytest --junitxml", "--junit", "--json"),
    *("--sarif", "--codequality", "--csv", "--markdown", "--metrics", "--github-annotations", "--gitlab-annotations"),
    *("--html", "baseline create"),
)


OTHERS = tuple(name for name in FORMATS if name not in ("json", "junit"))


class Row(NamedTuple):
    """A result: its check and kind, the name of the resource that has it, what every report says of it, and how."""

    check: str
    kind: str
    name: str
    reason: str
    cells: tuple[str, ...]


# How a report tells it. "line": on the resource. "count": in the summary, with the number of resources.
_OPEN = ("result", "issue", "row", "item", "sample", "annotation", "link", "finding")
_FAIL = ("line", "line", "line", "line", "failure", "failure", "entry", *_OPEN, "known")
_ERROR = ("line", "line", "line", "line", "error", "error", "entry", *_OPEN, "left out")
_UNREAD = ("line", "line", "line", "line", "any", "any", "entry", *_OPEN, "known")
_WARN = ("line", "line", "count", "line", "property", "system-out", "entry", *_OPEN, "known")
_COUNTED = ("count", "line", "count", "line", "property")
_CLOSED = ("left out", "left out", "finding", "left out")
_SKIP = (*_COUNTED, "skipped case", "entry", "note", "left out", "row", "item", "skipped sample", *_CLOSED)
_WAIVED = (*_COUNTED, "system-out", "entry", "note", "left out", "row", "item", "waived sample", *_CLOSED)
_SKIPPED = (
    *("number", "line", "number", "line", "skipped", "skipped", "entry"),
    *("note", "left out", "row", "item", "skipped sample", *_CLOSED),
)

ROWS = (
    Row("drift", "changed", "changed", "data.k: v -> w", _FAIL),
    Row("drift", "missing", "absent", "missing", _FAIL),
    Row("drift", "ignored", "accepted", "known to differ", _WAIVED),
    Row("drift", "unread (declared twice)", "twice", "declared 2 times", _ERROR),
    Row("drift", "skipped (generateName)", "generated", "generateName", _SKIPPED),
    Row("schema", "invalid", "invalid", "the value is not a string", _FAIL),
    Row("schema", "file not readable", "broken", "broken.yaml", _UNREAD),
    Row("policy", "fail", "refused", "refused by policy", _FAIL),
    Row("policy", "warn", "warned", "warned by policy", _WARN),
    Row("policy", "error", "undecided", "object.data.absent == ", _ERROR),
    Row("policy", "skip (--allow-unsupported)", "unsupported", "verifyImages", _SKIP),
    Row("policy", "excepted", "excepted", "until it moves", _WAIVED),
    Row("health", "in-progress", "unwell", "it is not bound", _FAIL),
    Row("engine", "not-ready", "wedged", "no such branch", _FAIL),
)

MEANING = {
    "line": "on the resource, with the reason",
    "count": "in the summary, with the reason and the number of resources (`-v`: on the resource)",
    "number": "in the summary, as a number (`-v`: on the resource, with the reason)",
    "failure": "`<failure>` with the reason as its message",
    "error": "`<error>` with the reason as its message",
    "any": "`<failure>` or `<error>` with the reason as its message",
    "skipped": "`<skipped>` with the reason as its message",
    "skipped case": "a case of its own for the policy, `<skipped>` with the reason as its message",
    "property": "a `<property>` of the case, with the reason",
    "system-out": "`<system-out>` of the case, with the reason",
    "entry": "an entry of its own in `resources[]`, with the reason",
    "result": "a `result` of SARIF, with the reason in its message",
    "note": "a notification of the SARIF run, with the reason and the number of resources",
    "issue": "an entry of the array, with the reason in its description",
    "left out": "not in this report, which knows open findings only",
    "row": "a row, with the reason in its cells",
    "item": "an item of a list, with the reason; what is waived or skipped, and errors of one cause, with their number",
    "sample": "counted in `gitops_audit_findings` of its cluster, source, check, severity and result",
    "waived sample": "counted in `gitops_audit_waived_findings`",
    "skipped sample": "counted in `gitops_audit_skipped_findings`",
    "annotation": "a workflow command at the line, with the reason",
    "finding": "a finding of its own on its resource, with the reason",
    "link": "a link to the line, with the reason in its label",
    "known": "an entry of the baseline, by resource, check and rule; its reason is for a person to write",
}

GITLAB = {"CI_PROJECT_URL": "https://gitlab.example/shop"}

CONFIG = """\
version: 1
clusters: {prod: {snapshot: live.json}}
sources:
  - {name: shop, path: apps, namespace: shop}
  - {name: flux, flux: {path: clusters, cluster: prod}}
policies: [{path: policies}]
health: {enabled: true}
drift: {ignore: [{match: {name: accepted}, fields: [/data], reason: known to differ}]}
exceptions:
  - {policy: never, match: {name: excepted}, owner: team-web, reason: until it moves, expires: 2999-12-31}
"""


def _admission(name: str, subject: str, expression: str, message: str, action: str) -> str:
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": {
                "resourceRules": [
                    {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]}
                ]
            },
            "matchConditions": [{"name": "subject", "expression": f"object.metadata.?name.orValue('') == '{subject}'"}],
            "validations": [{"expression": expression, "message": message}],
        },
    }
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": [action]},
    }
    return f"{json.dumps(policy)}\n---\n{json.dumps(binding)}\n"


UNSUPPORTED = """\
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: signed-images}
spec:
  rules:
    - name: signature
      match: {any: [{resources: {kinds: [ConfigMap], names: [unsupported]}}]}
      verifyImages: [{imageReferences: ["*"], attestors: [{entries: [{keys: {publicKeys: k}}]}]}]
"""


UNWELL: JsonObject = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "unwell", "namespace": "shop"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}
REMOTE = "https://git.example.com/shop.git"
FOLLOWED = engines.kustomization("", path="./followed")
FOLLOWED["spec"] |= {"prune": True, "sourceRef": {"kind": "GitRepository", "name": "wedged"}}
del FOLLOWED["status"]
WEDGED = engines.git_repository(REMOTE, "wedged")
WEDGED["spec"]["ref"] = {"branch": "main"}
NOT_READY = {"type": "Ready", "status": "False", "reason": "Failed", "message": "no such branch"}


_OTHERS = ("undecided", "unsupported", "excepted")


def _declared() -> list[JsonObject]:
    plain = (
        "changed",
        "absent",
        "accepted",
        "twice",
        "twice",
        "refused",
        "warned",
        "undecided",
        "unsupported",
        "excepted",
    )
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "invalid", "namespace": "shop"},
        "stringData": {"n": 1},
    }
    generated = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"generateName": "generated-", "namespace": "shop"},
    }
    return [*(config_map(name, k="v") for name in plain), secret, generated, UNWELL]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each report says of the same audit."""
    declared = _declared()
    live = [b for b in declared if b["metadata"].get("name") not in ("absent", None, "changed", "accepted")]
    live += [config_map("changed", k="w"), config_map("accepted", k="w")]
    live += [WEDGED | {"status": {"conditions": [NOT_READY]}}, FOLLOWED, config_map("followed", k="v")]
    files = {
        "gitops-audit.yaml": CONFIG,
        "apps/broken.yaml": "a: [1\n",
        "clusters/source.json": json.dumps(WEDGED),
        "clusters/followed.json": json.dumps(FOLLOWED),
        "followed/map.yaml": json.dumps(config_map("followed", k="v")),
        "policies/refuse.yaml": _admission("no-refused", "refused", "false", "refused by policy", "Deny"),
        "policies/warn.yaml": _admission("no-warned", "warned", "false", "warned by policy", "Warn"),
        "policies/undecided.yaml": _admission("no-undecided", "undecided", "object.data.absent == 'x'", "m", "Deny"),
        "policies/never.yaml": _admission("never", "excepted", "false", "never", "Deny"),
        "policies/unsupported.yaml": UNSUPPORTED,
    }
    root = make(tmp_path_factory.mktemp("table"), declared, live, files)
    subprocess.run(["git", "-C", root, "remote", "add", "origin", REMOTE], check=True)
    check = ("gitops-audit", "check", "-q", "--allow-unsupported")
    baseline = (
        "gitops-audit",
        "baseline",
        "create",
        "-q",
        "--allow-unsupported",
        "--owner",
        "o",
        "--baseline",
        "b.yaml",
    )
    run(root, *baseline)
    others = [word for name in OTHERS for word in (f"--{name}", f"own.{name}")]
    audit = ("pytest", "gitops-audit.yaml", "-p", "no:cacheprovider", "-p", "no:randomly", "--gitops-allow-unsupported")
    return {
        "terminal": run(root, *check, "--junit", "own.xml", "--json", "own.json", *others, **GITLAB).stdout.decode(),
        "terminal -v": run(root, *check, "-v").stdout.decode(),
        "pytest": run(root, *audit, "--junitxml=stock.xml").stdout.decode(),
        "pytest -v": run(root, *audit, "-v", COLUMNS="300").stdout.decode(),
        "pytest --junitxml": (root / "stock.xml").read_text(encoding="utf-8"),
        "--junit": (root / "own.xml").read_text(encoding="utf-8"),
        "--json": (root / "own.json").read_text(encoding="utf-8"),
        "baseline create": (root / "b.yaml").read_text(encoding="utf-8"),
        **{f"--{name}": (root / f"own.{name}").read_text(encoding="utf-8") for name in OTHERS},
    }


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.check}-{row.name}")
def test_a_result_is_told_with_its_reason(told: dict[str, str], row: Row, report: str) -> None:
    how = row.cells[REPORTS.index(report)]
    if report == "--json":
        assert row.reason.partition(":")[0] in _entry(json.loads(told[report]), row.name)
    elif report == "baseline create":
        assert (how == "known") == any(
            row.name in entry["resource"] and entry["check"] == row.check
            for entry in yaml.safe_load(told[report])["findings"]
        )
    elif how == "left out":
        assert row.reason not in told[report]
    elif how.endswith("sample"):
        name = f"gitops_audit_{how.removesuffix('sample').replace(' ', '_')}findings"
        assert re.search(rf'^{name}{{[^\n]*check="{row.check}"[^\n]*}} [1-9]', told[report], re.MULTILINE)
    elif how in _PARTS:
        reason = row.reason.partition(":")[0]
        names = ("",) if how in ("note", "item") else (row.name,)
        assert any(reason in part and all(n in part for n in names) for part in _PARTS[how](told[report]))
    elif "junit" in report:
        _assert_case(told[report], row, how)
    elif how == "line":
        assert row.reason in _block(told[report], row.name)
    elif how == "count":
        assert re.search(rf"^ +\d+ x .*{re.escape(row.reason)}", told[report], re.MULTILINE)
    else:
        assert "1 skipped" in told[report]


def test_every_format_has_a_column() -> None:
    assert {f"--{name}" for name in FORMATS} <= set(REPORTS)
    assert all(len(row.cells) == len(REPORTS) for row in ROWS)


def test_every_check_has_a_row() -> None:
    assert {row.check for row in ROWS} == set(get_args(CheckName))


def test_the_page_of_the_reference_is_this_table() -> None:
    assert _page() == PAGE.read_text(encoding="utf-8")


def _block(text: str, name: str) -> str:
    """The lines about a resource: its headline with all that is indented below, or the line that names it."""
    pattern = rf"^[^ \n][^\n]*\b{name}\b[^\n]*(?:\n +[^\n]*)*"
    return "\n".join(re.findall(pattern, text, re.MULTILINE))


def _entry(report: Any, name: str) -> str:
    return json.dumps([r for r in report["resources"] if name in r["name"]])


def _assert_case(report: str, row: Row, how: str) -> None:
    cases = [c for c in ET.fromstring(report).iter("testcase") if row.name in str(c.get("name"))]  # noqa: S314
    if how in ("failure", "error", "skipped"):
        assert any(row.reason in str(e.get("message")) for c in cases for e in c.iter(how))
    elif how == "any":
        assert any(row.reason in str(e.text) for c in cases for e in c if e.tag in ("failure", "error"))
    elif how == "skipped case":
        assert any(row.reason in str(e.get("message")) for c in cases for e in c.iter("skipped"))
        assert any(len(c) == 0 or c.find("system-out") is not None for c in cases)
    elif how == "property":
        assert any(row.reason in str(p.get("value")) for c in cases for p in c.iter("property"))
    else:
        assert any(row.reason in str(e.text) for c in cases for e in c.iter("system-out"))


def _results(report: str) -> list[str]:
    return [json.dumps(result) for run in json.loads(report)["runs"] for result in run["results"]]


def _notes(report: str) -> list[str]:
    invocations = [i for run in json.loads(report)["runs"] for i in run["invocations"]]
    return [n["message"]["text"] for i in invocations for n in i["toolExecutionNotifications"]]


def _found(report: str) -> list[str]:
    """The resources of the page, each as its name with its details."""
    data = page_data(report)
    columns, texts = data["columns"], data["texts"]
    places = zip(columns["name"], columns["path"], columns["detail"], strict=True)
    rules = {finding["rule"] for detail in data["details"] for finding in detail["findings"]}
    names = " ".join(texts[rule] for rule in rules)
    return [
        f"{texts[name]} {texts[path]} {json.dumps(data['details'][d])} {names}" for name, path, d in places if d >= 0
    ]


_PARTS: dict[str, Callable[[str], list[str]]] = {
    "result": _results,
    "note": _notes,
    "issue": lambda report: [json.dumps(entry) for entry in json.loads(report)],
    "item": lambda report: report.split("\n#### "),
    "annotation": str.splitlines,
    "link": lambda report: [e["external_link"]["label"] for e in json.loads(report)["gitops-audit"]],
    "finding": _found,
    "row": lambda report: [",".join(row) for row in csv.reader(report.splitlines())],
}
"""What a report consists of, by the word of the table."""


def _page() -> str:
    head = "| check | result | " + " | ".join(f"`{r}`" if r.startswith("-") else r for r in REPORTS) + " |"
    rule = "|---" * (len(REPORTS) + 2) + "|"
    rows = [f"| {row.check} | {row.kind} | " + " | ".join(row.cells) + " |" for row in ROWS]
    words = [f"- **{word}**: {meaning}" for word, meaning in MEANING.items()]
    return "\n".join(
        [
            "# Results in reports",
            "",
            "Every result, whatever its check, is told with its reason in every report. The test",
            "tests/faults/test_result_table.py asserts each cell, and that this page is its table.",
            "",
            head,
            rule,
            *rows,
            "",
            *words,
            "",
            "An error that several resources have for one cause (a dead cluster, a forbidden kind) is told once on",
            "terminals, with the number of resources and the first of them; report files have it on each resource.",
            "",
        ]
    )
