"""An object whose apiVersion or kind is misspelt is a finding with its line, not some file without objects."""

from __future__ import annotations

import pytest

from gitops_audit.manifest import file as manifest
from gitops_audit.model.resource import Rendered
from tests.audited import audited
from tests.repository import Repo

NAME = "metadata: {name: a}\n"
SOUND = f"apiVersion: v1\nkind: ConfigMap\n{NAME}"


def load(text: str) -> Rendered:
    return manifest.load(text.encode(), "a.yaml")


@pytest.mark.parametrize(
    ("text", "line", "key", "meant"),
    [
        (f"ApiVersion: v1\nKind: Pod\n{NAME}", 1, "ApiVersion", "apiVersion"),
        (f"apiVersion: v1\nKind: Pod\n{NAME}", 2, "Kind", "kind"),
        (f"kind: Pod\napiversion: v1\n{NAME}", 2, "apiversion", "apiVersion"),
        (f"APIVERSION: apps/v1\nKIND: Deployment\n{NAME}", 1, "APIVERSION", "apiVersion"),
        (f"apiVerison: v1\nkind: Pod\n{NAME}", 1, "apiVerison", "apiVersion"),
        (f"api_version: v1\nkind: Pod\n{NAME}", 1, "api_version", "apiVersion"),
        (f"api-version: v1\nkind: Pod\n{NAME}", 1, "api-version", "apiVersion"),
        ('"apiVersion ": v1\n"kind ": Pod\n' + NAME, 1, "apiVersion ", "apiVersion"),
        ("apiVersion: v1\nkind: Pod\nMetadata: {name: a}\n", 3, "Metadata", "metadata"),
        ("apiVersion: v1\nkind: Pod\nmetdata: {name: a}\n", 3, "metdata", "metadata"),
        ("ApiVersion: v1\nKind: Pod\nMetadata: {Name: a}\n", 1, "ApiVersion", "apiVersion"),
        (f"ApiVersion: v1\nKind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  {NAME}", 1, "ApiVersion", "apiVersion"),
        (f"apiVersion: v1\nkind: List\nitems:\n- ApiVersion: v1\n  Kind: Pod\n  {NAME}", 4, "ApiVersion", "apiVersion"),
        (
            f"apiVersion: v1\nkind: ConfigMap\n{NAME}---\nApiVersion: v1\nKind: Pod\n{NAME}",
            5,
            "ApiVersion",
            "apiVersion",
        ),
        ('{"ApiVersion": "v1",\n "Kind": "Pod", "metadata": {"name": "a"}}', 1, "ApiVersion", "apiVersion"),
    ],
)
def test_a_misspelt_object_is_a_problem_that_says_what_was_meant(text: str, line: int, key: str, meant: str) -> None:
    (problem,) = load(text).problems
    assert (problem.line, problem.message) == (
        line,
        f"the key {key!r} is not known to Kubernetes: did you mean {meant!r}?",
    )


@pytest.mark.parametrize(
    "text", [f"- ApiVersion: v1\n  Kind: Pod\n  {NAME}", f"- apiVersion: v1\n  kind: Pod\n  {NAME}"]
)
def test_a_bare_list_of_objects_is_a_problem_in_whatever_spelling(text: str) -> None:
    assert load(text).problems


@pytest.mark.parametrize(
    "text",
    [
        "Kind: pipeline\nname: x\n",
        "kind: pipeline\nname: default\nsteps: []\n",
        "Version: 1\nKind: report\nmetadata: {owner: me}\n",
        "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
        "metaData: {a: 1}\nkind: x\n",
        "API-Version: 2024-01-01\nKind: report\n",
        "metadata: {name: a}\nname: x\n",
    ],
)
def test_files_of_other_programs_stay_files_without_objects(text: str) -> None:
    rendered = load(text)
    assert (rendered.problems, rendered.manifests) == ((), ())
    assert rendered.ignored


def test_the_audit_fails_with_file_and_line(repository: Repo) -> None:
    config = "version: 1\nsources:\n  - {name: s, path: app}\n"
    sound = f"apiVersion: v1\nkind: ConfigMap\n{NAME}"
    bad = "ApiVersion: apps/v1\nKind: DaemonSet\nmetadata: {name: evil}\n"
    repository.commit_files({"gitops-audit.yaml": config, "app/a.yaml": sound, "app/b.yaml": bad})
    run = audited(repository.folder)
    assert run.exit_code == 1
    (fault,) = run.verdicts["git/s/File/app/b.yaml"].found("schema")
    assert fault.line == 1
