"""A Secret's value appears in nothing this tool writes."""

from __future__ import annotations

import base64
import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import gitops_audit.policy.cel.environment  # noqa: F401 - pytester forgets modules, and CEL cannot be loaded twice
from gitops_audit.cli.main import main
from gitops_audit.model.resource import JsonObject
from gitops_audit.report.registry import FORMATS
from tests.fleet import CONFIG, Deployed, manifest

DECLARED = "marker-of-the-declared-value"
LIVE = "marker-of-the-live-value"
APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def traces() -> list[bytes]:
    """Every form in which a value could show: as it is, in base64, and the middle of its base64."""
    plain = [DECLARED.encode(), LIVE.encode()]
    encoded = [base64.b64encode(value) for value in plain]
    twice = [base64.b64encode(value) for value in encoded]
    return [*plain, *encoded, *twice, *(e[4:-8] for e in (*encoded, *twice))]


@pytest.fixture
def leaky(shop: Deployed) -> Deployed:
    """Secrets in every form in Git, all of them changed in the cluster."""
    data = base64.b64encode(DECLARED.encode()).decode()
    applied = manifest("Secret", "applied", data={"k": data})
    annotated = manifest("Secret", "applied", data={"k": data})
    annotated["metadata"]["annotations"] = {APPLIED: str(applied).replace("'", '"')}
    for body in (manifest("Secret", "encoded", data={"k": data}), annotated):
        shop.client.apply(body, namespace="shop")
    shop.commit(mistaken(data))
    shop.commit(quoting())
    shop.commit(
        {
            "apps/encoded.yaml": f"apiVersion: v1\nkind: Secret\nmetadata: {{name: encoded}}\ndata: {{k: {data}}}\n",
            "apps/applied.yaml": f"apiVersion: v1\nkind: Secret\nmetadata: {{name: applied}}\ndata: {{k: {data}}}\n",
            "apps/text.yaml": f"apiVersion: v1\nkind: Secret\nmetadata: {{name: text}}\nstringData: {{k: {DECLARED}}}",
            "apps/bad.yaml": f"apiVersion: v1\nkind: Secret\nmetadata: {{name: bad}}\ndata: {{k: '%{DECLARED}'}}\n",
            "apps/wrong.yaml": f"apiVersion: v1\nkind: Secret\nmetadata: {{name: wrong}}\nstringData: [{DECLARED}]\n",
            "apps/broken.yaml": f"apiVersion: v1\nkind: Secret\nstringData: {{k: {DECLARED}\n",
        }
    )
    shop.client.apply(mail(LIVE), namespace="shop")
    for name in ("encoded", "applied"):
        shop.patch("Secret", name, {"stringData": {"k": LIVE}})
    shop.config.write_text(CONFIG + RULES, encoding="utf-8")
    return shop


def mail(password: str) -> JsonObject:
    """No Secret, but the configuration redacts a field of it."""
    copy = json.dumps({"kind": "ConfigMap", "data": {"password": password}})
    body = manifest("ConfigMap", "mail", data={"password": password})
    body["metadata"]["annotations"] = {"kapp.k14s.io/original": copy}
    return body


def mistaken(data: str) -> dict[str, str]:
    """What was meant to be a Secret, and Secrets with values where none belong."""
    original = json.dumps(manifest("Secret", "copied", data={"k": data}))
    bodies = {
        "version": manifest("Secret", "version", "v2", data={"k": data}, stringData={"p": DECLARED}),
        "group": manifest("Secret", "group", "core/v1", stringData={"p": DECLARED}),
        "case": manifest("secret", "case", stringData={"p": DECLARED}),
        "field": manifest("Secret", "field", StringData={"p": DECLARED}, DATA={"p": data}),
        "place": manifest("Secret", "place", spec={"data": {"p": DECLARED}}, password=DECLARED),
        "text": manifest("Secret", "string", data=DECLARED),
        "nested": manifest("Secret", "nested", stringData={"p": {"q": [DECLARED]}}),
        "list": {"apiVersion": "v1", "kind": "List", "items": [manifest("Secret", "item", stringData={"p": DECLARED})]},
        "typed": {
            "apiVersion": "v1",
            "kind": "SecretList",
            "items": [{"metadata": {"name": "t"}, "data": {"p": data}}],
        },
        "nameless": {"apiVersion": "v1", "kind": "Secret", "metadata": {}, "stringData": {"p": DECLARED}},
        "mail": mail(DECLARED),
        "copied": manifest("Secret", "copied", data={"k": data})
        | {
            "metadata": {"name": "copied", "annotations": {"kapp.k14s.io/original": original, "note": f"is {DECLARED}"}}
        },
    }
    broken = {
        "alias": f"stringData: {{p: *{DECLARED}}}",
        "tag": f"stringData: {{p: !!int {DECLARED}}}",
        "indent": f"stringData:\n  p: {DECLARED}\n q: x",
        "key": f"stringData: {{? [{DECLARED}] : x}}",
        "twice": f"stringData: {{p: {DECLARED}, p: {DECLARED}2}}",
    }
    head = "apiVersion: v1\nkind: Secret\nmetadata: {name: broken}\n"
    return {f"apps/{name}.json": json.dumps(body) for name, body in bodies.items()} | {
        f"apps/{name}.yaml": f"{head}{text}\n" for name, text in broken.items()
    }


RULES = """policies: [{path: quoting}]
redact:
  - {match: {kind: ConfigMap, name: mail}, fields: ["/data/password"]}
"""
ANY = "{resourceRules: [{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*']}]}"


def quoting() -> dict[str, str]:
    """Policies whose messages repeat what they see."""
    admission = f"""apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: admission}}
spec:
  matchConstraints: {ANY}
  validations:
    - expression: "false"
      messageExpression: "'admission saw ' + object.data.map(k, string(object.data[k])).join(' ')"
"""
    kyverno = """apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: kyverno}
spec:
  rules:
    - name: all
      match: {any: [{resources: {kinds: [Secret, ConfigMap]}}]}
      validate:
        message: "kyverno saw {{ request.object }}"
        deny: {conditions: {all: [{key: a, operator: Equals, value: a}]}}
"""
    return {"quoting/admission.yaml": admission, "quoting/kyverno.yaml": kyverno}


def written(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file() and not {".git", "apps", "kyverno"} & set(path.relative_to(folder).parts):
            data = path.read_bytes()
            yield str(path), gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("-vv", "--showlocals", "--tb=long"),
        ("-n", "2", "--showlocals"),
        ("--gitops-split-checks", "-vv"),
        ("--full-trace", "--log-level=DEBUG", "-s"),
    ],
)
def test_no_output_of_pytest_shows_a_value(
    pytester: pytest.Pytester, leaky: Deployed, options: tuple[str, ...]
) -> None:
    result = pytester.runpytest_subprocess(
        "gitops-audit.yaml", "--junitxml=j.xml", *(f"--gitops-{name}=r.{name}" for name in FORMATS), *options
    )
    output = result.stdout.str() + result.stderr.str()
    assert "Secret/shop/encoded" in output
    assert "admission saw <redacted:" in output
    assert "kyverno saw {" in output
    assert any(name.endswith("r.json") for name, _ in written(pytester.path))
    assert_clean(pytester.path, output)


def assert_clean(folder: Path, output: str) -> None:
    """No trace of a value in an output, nor in any file that was written."""
    found = {"the output": output.encode(), **dict(written(folder))}
    assert [name for name, data in found.items() if any(trace in data for trace in traces())] == []


TEST = """apiVersion: cli.kyverno.io/v1alpha1
kind: Test
metadata: {name: quoting}
policies: [../quoting/kyverno.yaml]
resources: [../apps/copied.json, ../apps/encoded.yaml]
results:
  - {policy: kyverno, rule: all, kind: Secret, resources: [copied, encoded], result: pass}
"""


@pytest.mark.parametrize(
    "command",
    [
        "check",
        "check --offline " + " ".join(f"--{name}=r.{name}" for name in FORMATS),
        "diff",
        "render apps",
        "render apps -o json",
        "render -o json",
        "policy explain kyverno quoting --resource apps/copied.json",
        "policy explain kyverno quoting --resource apps/mail.json",
        "policy explain admission quoting --resource apps/version.json",
        "policy test kyverno",
        "policy test kyverno --json",
        "snapshot s.json.gz",
        "doctor",
    ],
)
def test_no_output_of_a_command_shows_a_value(
    leaky: Deployed, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    leaky.commit({"kyverno/kyverno-test.yaml": TEST})
    monkeypatch.chdir(leaky.root)
    monkeypatch.setattr(sys, "argv", ["gitops-audit", *command.split()])
    with pytest.raises(SystemExit):
        main()
    output = "".join(capsys.readouterr())
    assert output
    assert "a bug" not in output
    assert_clean(leaky.root, output)


BUGS = {
    "composer": ("gitops_audit.manifest.compose", "_Composer.document"),
    "JSON": ("gitops_audit.manifest.json_document", "_as_go"),
    "objects": ("gitops_audit.manifest.file", "objects_in"),
    "lines": ("gitops_audit.manifest.lines", "_put"),
    "inventory": ("gitops_audit.inventory.build", "_secret_faults"),
    "redaction": ("gitops_audit.model.redact", "Redactor.redact"),
    "schema": ("gitops_audit.policy.manifest_schema.check", "_checked"),
}


@pytest.mark.parametrize("options", [("-vv", "--full-trace"), ("-n", "1")], ids=["one process", "xdist"])
@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_of_ours_shows_no_value_either(
    pytester: pytest.Pytester, leaky: Deployed, bug: str, options: tuple[str, ...]
) -> None:
    """`--showlocals` prints the variables of every frame of a traceback, and a message may quote what it is about."""
    module, name = BUGS[bug]
    failing = "def fail(*a, **k): raise LookupError(repr((a, k)))"
    place = f"import_module('{module}').{name}"
    pytester.makeconftest(f"from importlib import import_module\n{failing}\n{place} = fail\n")
    result = pytester.runpytest_subprocess("gitops-audit.yaml", "--showlocals", *options)
    output = result.stdout.str() + result.stderr.str()
    assert "gitops-audit has a bug: LookupError at gitops_audit/" in output
    assert_clean(pytester.path, output)


def test_a_bug_in_a_test_of_policies_shows_no_value_either(pytester: pytest.Pytester, leaky: Deployed) -> None:
    leaky.commit({"kyverno/kyverno-test.yaml": TEST})
    failing = "def fail(*a, **k): raise LookupError(repr((a, k)))"
    place = "import_module('gitops_audit.policy.testing.kyverno_run')._verdict"
    pytester.makeconftest(f"from importlib import import_module\n{failing}\n{place} = fail\n")
    result = pytester.runpytest_subprocess("kyverno", "--showlocals", "--full-trace", "-vv")
    output = result.stdout.str() + result.stderr.str()
    assert "gitops-audit has a bug: LookupError at gitops_audit/" in output
    assert_clean(pytester.path, output)
