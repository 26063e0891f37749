"""What a newcomer types finds what was meant, or is told what would."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from gitops_audit.cli.main import cli
from gitops_audit.errors import AuditError
from tests.repository import Repo

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: shop}\n"
CONFIG = "version: 1\nsources:\n  - {name: store, path: apps}\n"


@pytest.fixture
def shop(repository: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    files = {"gitops-audit.yaml": CONFIG, "apps/a.yaml": MAP % "first", "apps/b.yaml": MAP % "second"}
    repository.commit_files(files)
    monkeypatch.chdir(repository.folder)
    return repository


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(cli, arguments)
    if result.exception and not isinstance(result.exception, (SystemExit, AuditError)):
        raise result.exception
    return result


def test_list_prints_ids_that_diff_takes(shop: Repo) -> None:
    lines = run("list", "-q").stdout.splitlines()
    assert [line.split() for line in lines] == [
        [f"git/store/ConfigMap/shop/{name}", "store", f"apps/{file}.yaml:1"]
        for name, file in (("first", "a"), ("second", "b"))
    ]
    assert "1 resource" in run("diff", "-q", lines[0].split()[0]).stdout


def test_list_narrows_as_diff_does(shop: Repo) -> None:
    assert run("list", "-q", "cm/second").stdout.count("\n") == 1


def test_list_of_what_cannot_be_read_in_full_says_so(shop: Repo) -> None:
    shop.commit_files({"apps/c.yaml": "a: [1\n"})
    assert run("list", "-q").exit_code == 3


def test_diff_ends_with_a_summary(shop: Repo) -> None:
    assert run("diff", "-q").stdout.splitlines()[-1] == "2 resources; drift: no cluster was asked"


@pytest.mark.parametrize(
    ("arguments", "suggestion"),
    [
        (("chek",), "'check'"),
        (("policy", "tset"), "'test'"),
        (("config", "shcema"), "'schema'"),
        (("check", "--jsn"), "--json"),
        (("list", "--ofline"), "--offline"),
    ],
)
def test_a_mistyped_command_or_option_is_suggested(arguments: tuple[str, ...], suggestion: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert suggestion in result.output


@pytest.mark.parametrize("arguments", [("--help",), ("policy", "--help"), ("config", "--help")])
def test_help_is_not_cut(arguments: tuple[str, ...]) -> None:
    output = run(*arguments).output.replace("[ARGS]...", "")
    assert "..." not in output
    assert "…" not in output


TEAMED = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: teamed}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
  validations: [{expression: "namespaceObject.metadata.name == object.metadata.namespace", message: refused}]
"""


def test_a_policy_is_explained_for_an_object_without_a_namespace(shop: Repo) -> None:
    shop.commit_files({"p.yaml": TEAMED, "o.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"})
    result = run("policy", "explain", "teamed", "p.yaml", "--resource", "o.yaml")
    assert result.exit_code == 0
    assert "pass: validations[0]" in result.output


def test_a_recording_of_kubectl_get_is_read_though_it_tells_no_version(shop: Repo) -> None:
    (shop.folder / "live.yaml").write_text("---\n".join(MAP % name for name in ("first", "second")))
    shop.commit_files({"gitops-audit.yaml": CONFIG + "clusters: {old: {snapshot: live.yaml}}\n"})
    result = run("check", "-q")
    assert result.exit_code == 0
    assert "cluster old: read; it does not tell its Kubernetes version" in result.stdout.splitlines()
