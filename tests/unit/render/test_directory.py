from __future__ import annotations

import pytest

from gitops_audit.config.settings import DirectoryOptions, SourceConfig
from gitops_audit.model.resource import FileProblem
from gitops_audit.render import directory
from gitops_audit.source.unread import SUBMODULE
from tests.unit.render.checkouts import DictCheckout


def thing(name: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n"


def names(checkout: DictCheckout, *exclude: str) -> list[str]:
    rendered = directory.render(SourceConfig("s", exclude=exclude), checkout)
    return [m.body["metadata"]["name"] for m in rendered.manifests]


def test_all_manifests_are_read_in_the_order_of_their_paths() -> None:
    files: dict[str, str | bytes] = {
        "b.yaml": thing("b"),
        "a/z.yml": thing("z"),
        ".hidden/h.yaml": thing("h"),
        "c.json": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "j"}}',
        "README.md": thing("no"),
        "d.yaml.bak": thing("no"),
    }
    assert names(DictCheckout(files)) == ["h", "z", "b", "j"]


def test_patterns_of_exclude_count_from_the_path_of_the_source() -> None:
    files: dict[str, str | bytes] = {f"apps/{p}.yaml": thing("x") for p in ("a", "tests/b", "c/tests/d")}
    assert names(DictCheckout(files, path="apps"), "/tests") == ["x", "x"]
    assert names(DictCheckout(files, path="apps"), "**/tests/**") == ["x"]
    assert names(DictCheckout(files, path="apps"), "apps/**") == ["x", "x", "x"]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("kustomization.yaml", "resources: []", "kustomize's configuration"),
        ("Chart.yaml", "apiVersion: v2\nname: c", "the description of a Helm chart"),
        ("values.yaml", "kind: DaemonSet", "the values of a Helm chart"),
        ("gitops-audit.yaml", "version: 1", "it has no apiVersion and kind"),
    ],
)
def test_files_of_tools_are_ignored_with_the_reason(name: str, text: str, reason: str) -> None:
    rendered = directory.render(SourceConfig("s"), DictCheckout({f"a/{name}": text}))
    assert (rendered.manifests, rendered.problems) == ((), ())
    assert [(path, why.startswith(reason)) for path, why in rendered.ignored] == [(f"a/{name}", True)]


def test_the_name_of_a_file_hides_no_object() -> None:
    flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\n"
    assert names(DictCheckout({"kustomization.yaml": flux})) == ["apps"]


def test_a_broken_file_of_a_tool_is_a_problem_all_the_same() -> None:
    assert len(directory.render(SourceConfig("s"), DictCheckout({"values.yaml": "a: ["})).problems) == 1


def test_a_pointer_of_git_lfs_is_told() -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    (problem,) = directory.render(SourceConfig("s"), DictCheckout({"a.yaml": pointer})).problems
    assert "Git LFS pointer" in problem.message


def test_what_the_source_could_not_read_is_a_problem_where_manifests_may_be_missing() -> None:
    unread = [
        FileProblem("apps/a.yaml", 0, "not read"),
        FileProblem("apps/README.md", 0, "not read"),
        FileProblem("apps/tests/b.yaml", 0, "not read"),
        FileProblem("apps/vendor.d", 0, "not read", SUBMODULE),
        FileProblem("apps/tests", 0, "not read", SUBMODULE),
    ]
    checkout = DictCheckout({}, path="apps", problems=unread, skipped=[("apps/link", "a link to a directory")])
    rendered = directory.render(SourceConfig("s", exclude=("tests",)), checkout)
    assert [p.path for p in rendered.problems] == ["apps/a.yaml", "apps/vendor.d"]
    assert rendered.ignored == (("apps/link", "a link to a directory"),)


MARKED = f"# +argocd:skip-file-rendering\n{thing('marked')}"
ANY_NAME: dict[str, str | bytes] = {
    "a.yaml": thing("a"),
    "b.yaml.sealed": thing("b"),
    "marked.yaml": MARKED,
    "README.md": "# no manifest: [",
    "deep/c.yaml": thing("c"),
}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (None, ["a", "c", "marked"]),
        (DirectoryOptions(), ["a"]),
        (DirectoryOptions(recurse=True), ["a", "c"]),
        (DirectoryOptions(include="*.sealed"), []),
        (DirectoryOptions(any_suffix=True), ["a", "b"]),
        (DirectoryOptions(any_suffix=True, include="*.sealed"), ["b"]),
        (DirectoryOptions(recurse=True, any_suffix=True, exclude="{*.sealed,deep/*}"), ["a"]),
    ],
)
def test_argo_cd_takes_the_files_that_its_options_and_their_marks_say(
    options: DirectoryOptions | None, expected: list[str]
) -> None:
    rendered = directory.render(SourceConfig("s", directory=options), DictCheckout(ANY_NAME))
    assert (sorted(m.body["metadata"]["name"] for m in rendered.manifests), rendered.problems) == (expected, ())
