"""What helm and kustomize say of a failure is told by place and kind: their own words may hold any value they read."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from gitops_audit.config.settings import SourceConfig
from gitops_audit.render.tool_words import told
from tests.hostile.leaking import MARKER, traces
from tests.rendering import rendered
from tests.tools import HELM, KUSTOMIZE

CHART = {"app/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n"}
VALUES = {"db": {"dsn": f"postgres://u:{MARKER}@h"}, "word": MARKER, "env": [{"name": "PW", "value": MARKER}]}
WAYS = (
    ".Values.db.dsn",
    ".Values.word",
    ".Values.word | b64enc",
    ".Values.word | b64enc | b64enc",
    ".Values.word | upper",
    ".Values.word | lower",
    ".Values.word | quote",
    ".Values.word | squote",
    ".Values.word | title",
    ".Values.word | repeat 2",
    ".Values.word | trunc 12",
    ".Values.word | nospace",
    '.Values.word | replace "-" "_"',
    ".Values.word | b32enc",
    ".Values.word | urlquery",
    ".Values.word | printf `%x`",
    ".Values.word | printf `%q`",
    ".Values | toJson",
    ".Values.db | toYaml",
    ".Values.env | toString",
    "(index .Values.env 0).value",
    '.Files.Get "creds.txt"',
    '.Files.Get "creds.txt" | b64enc',
    "printf `the password is %s` .Values.word",
)
CALLS = (
    "{{{{ fail ({}) }}}}",
    "{{{{ required ({}) .Values.nowhere }}}}",
    "a: b: {{{{ {} }}}}",
    "{{{{ atoi ({}) | mustToDate `2006` }}}}",
    "{{{{ mustToDate `2006` ({}) }}}}",
    "{{{{ include ({}) . }}}}",
    "{{{{ tpl (printf `{{{{ fail %q }}}}` ({})) . }}}}",
    "kind: [{{{{ {} }}}}",
    "{{{{ semver ({}) }}}}",
)
PLACED = {0: "templates/a.yaml:1", 1: "templates/a.yaml:1", 5: "templates/a.yaml:1"}


def words(files: dict[str, str | bytes], patch: pytest.MonkeyPatch, type_: str) -> str:
    """Everything that a failing source tells."""
    found = rendered(files, SourceConfig("s", path="app", type=type_), patch)  # type: ignore[arg-type]
    assert found.problems
    return " ".join(f"{p.path}:{p.line} {p.message}" for p in found.problems) + repr((found.ignored, found.notes))


TURNED = [
    MARKER,
    MARKER.upper(),
    MARKER.title(),
    MARKER.replace("-", "_") + MARKER,
    base64.b64encode(MARKER.encode()).decode(),
    base64.urlsafe_b64encode(b"?" + MARKER.encode()).decode(),
    base64.b32encode(MARKER.encode()).decode(),
    MARKER.encode().hex(),
    MARKER[::-1],
    json.dumps({"a": MARKER}),
    f"postgres://u:{MARKER}@db.example:5432/x",
    f"line one\n  {MARKER}: x\n",
    f"{MARKER}/a.yaml:1:3",
    f"'{MARKER}'",
    f"`{MARKER}`",
    f"<{MARKER}>: error calling {MARKER}",
    f"{MARKER[:7]}...",
]


@pytest.mark.parametrize("turned", TURNED)
def test_no_word_of_a_tool_holds_a_value_however_a_template_turned_it(turned: str) -> None:
    """As the tools word their errors: running them for each would take minutes, and says the same."""
    for frame in FRAMES:
        said = told(frame.replace("{}", turned), Path("/nowhere"), Path("/nowhere/app"))
        assert said
        assert said == told(frame.replace("{}", "?"), Path("/nowhere"), Path("/nowhere/app"))


FRAMES = (
    "Error: execution error at (web/templates/a.yaml:1:3): {}",
    'Error: template: web/templates/a.yaml:1:3: executing "web/templates/a.yaml" at <fail {}>: error calling fail: {}',
    'Error: x at <tpl {}>: error calling tpl: parsing time "{}"',
    "Error: YAML parse error on web/templates/a.yaml: yaml: line 3: mapping values are not allowed in {}",
    "Error: values don't meet the specifications of the schema(s) in the following chart(s): - at '/x': '{}' is wrong",
    'Error: x: no template "{}" associated with template "gotpl"',
    "error: trouble configuring builtin PatchTransformer: `patch: {}`: unable to parse SM or JSON patch from [{}]",
    "error: loading KV pairs: literal sources [{}]: invalid literal source {}, expected key=value",
    "panic: {}",
    "{}",
)


@pytest.mark.skipif(not HELM.exists(), reason="the tools for tests are not unpacked")
@pytest.mark.parametrize("call", range(len(CALLS)))
@pytest.mark.parametrize("way", [0, 2, 17, 21])
def test_a_chart_that_fails_is_told_without_its_values(call: int, way: int, monkeypatch: pytest.MonkeyPatch) -> None:
    files: dict[str, str | bytes] = {
        **CHART,
        "app/values.yaml": json.dumps(VALUES),
        "app/creds.txt": MARKER,
        "app/templates/a.yaml": CALLS[call].format(WAYS[way]) + "\n",
    }
    said = words(files, monkeypatch, "helm")
    assert not any(trace in said.lower() for trace in traces(MARKER)), said
    assert PLACED.get(call, "") in said


@pytest.mark.skipif(not HELM.exists(), reason="the tools for tests are not unpacked")
@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"app/templates/a.yaml": "{{ .Values.db.nope.deeper }}"}, "`deeper` is asked of something that is not set"),
        ({"app/templates/a.yaml": "a: b\n{{ nofunc 1 }}"}, "templates/a.yaml:2: there is no function `nofunc`"),
        ({"app/templates/a.yaml": "{{ semver .Values.word }}"}, "templates/a.yaml:1: the function `semver` failed"),
        ({"app/values.schema.json": f'{{"properties": {{"word": {{"enum": ["{MARKER}2"]}}}}}}'}, "do not fit"),
        ({"app/values.yaml": f"word: {MARKER}\n x: {MARKER}\n"}, "values.yaml cannot be read"),
        (
            {"app/Chart.yaml": CHART["app/Chart.yaml"] + "dependencies: [{name: sql, version: 1.x}]\n"},
            "the chart needs sql 1.x",
        ),
    ],
)
def test_what_is_told_of_a_chart_helps(files: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    base = {"app/values.yaml": json.dumps(VALUES), "app/templates/a.yaml": "a: b\n"}
    told_ = words({**CHART, **base, **files}, monkeypatch, "helm")
    assert said in told_
    assert MARKER not in told_


OBJECT = "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n"


@pytest.mark.skipif(not KUSTOMIZE.exists(), reason="the tools for tests are not unpacked")
@pytest.mark.parametrize(
    ("kustomization", "file", "said"),
    [
        ("resources: [a.yaml]", f"kind: Secret\nstringData: {{k: {MARKER}}}", "a.yaml"),
        ("resources: [a.yaml]", MARKER, "a.yaml"),
        ("resources: [a.yaml]", f"a: b: {MARKER}", "a.yaml"),
        ("resources: [a.yaml]", f"{OBJECT}stringData: {{k: *{MARKER}}}", "a.yaml"),
        (f"secretGenerator: [{{name: x, literals: [{MARKER}]}}]", "", "not KEY=VALUE"),
        (f"secretGenerator: [{{name: x, literals: ['{MARKER}']}}]\nnoSuch: 1", "", "noSuch"),
        (f"resources: [a.yaml]\npatches: [{{patch: '{MARKER}'}}]", OBJECT, "a patch is neither"),
        (f"resources: [a.yaml]\npatches: [{{patch: '{{kind: Secret, data: {{k: {MARKER}}}}}'}}]", OBJECT, "patch"),
        (
            f"resources: [a.yaml]\npatches: [{{target: {{kind: Secret}}, patch: '[{{op: x, value: {MARKER}}}]'}}]",
            OBJECT,
            "patch",
        ),
    ],
)
def test_no_word_of_kustomize_holds_a_value(
    kustomization: str, file: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: dict[str, str | bytes] = {"app/kustomization.yaml": kustomization + "\n", "app/a.yaml": file + "\n"}
    told_ = words(files, monkeypatch, "kustomize")
    assert said in told_
    assert not any(trace in told_.lower() for trace in traces(MARKER)), told_
