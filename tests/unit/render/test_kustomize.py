from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.config.settings import SourceConfig
from gitops_audit.errors import Location, SourceError
from gitops_audit.model.resource import FileProblem, Origin, Rendered
from gitops_audit.render import kustomize
from gitops_audit.render.kustomization import reach
from tests.tools import KUBECTL
from tests.unit.render.checkouts import DictCheckout

pytestmark = pytest.mark.slow

DEPLOYMENT = """\
# the web server
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
"""
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n---\n" + DEPLOYMENT.replace("web", "worker")
REPOSITORY: dict[str, str | bytes] = {
    "apps/base/kustomization.yaml": "resources: [web.yaml]\nconfigMapGenerator:\n- {name: cfg, literals: [a=b]}\n",
    "apps/base/web.yaml": DEPLOYMENT,
    "apps/prod/kustomization.yaml": "namePrefix: prod-\nnamespace: shop\nresources: [../base, more.yaml]\n"
    "patches:\n- target: {kind: Deployment}\n  patch: '- {op: replace, path: /spec/replicas, value: 5}'\n",
    "apps/prod/more.yaml": SERVICE,
}


def render(files: dict[str, str | bytes], path: str = "apps/prod") -> Rendered:
    return kustomize.render(SourceConfig("s", path=path), DictCheckout(files, path=path))


def test_an_overlay_is_built_and_every_object_knows_its_file() -> None:
    found = {m.body["metadata"]["name"]: m for m in render(REPOSITORY).manifests}
    assert sorted(n for n in found if "cfg" not in n) == ["prod-web", "prod-worker"]
    assert found["prod-worker"].body["spec"] == {"replicas": 5}
    assert found["prod-worker"].origin == Origin("apps/prod/more.yaml", 6, 1)


def test_objects_of_a_base_and_of_generators_know_their_file() -> None:
    origins = {(m.body["kind"], m.origin) for m in render(REPOSITORY).manifests}
    assert ("Deployment", Origin("apps/base/web.yaml", 2, 0)) in origins
    assert ("ConfigMap", Origin("apps/base/kustomization.yaml", 0, -1)) in origins


def test_kubectl_alone_builds_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_kustomize = render(REPOSITORY).manifests
    (tmp_path / "kubectl").symlink_to(KUBECTL)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert render(REPOSITORY).manifests == by_kustomize


def test_the_annotation_that_tells_the_file_is_taken_off_again() -> None:
    assert all("annotations" not in m.body["metadata"] for m in render(REPOSITORY).manifests)


def test_an_annotation_that_was_asked_for_stays() -> None:
    files = REPOSITORY | {
        "apps/prod/kustomization.yaml": "resources: [more.yaml]\nbuildMetadata: [originAnnotations]\n"
    }
    found = render(files).manifests
    assert [m.body["metadata"]["annotations"] for m in found] == [
        {"config.kubernetes.io/origin": "path: more.yaml\n"}
    ] * 2
    assert [m.origin.path for m in found] == ["apps/prod/more.yaml"] * 2


def test_other_build_metadata_stays() -> None:
    files = REPOSITORY | {"apps/prod/kustomization.yaml": "resources: [more.yaml]\nbuildMetadata: [managedByLabel]\n"}
    labels = [m.body["metadata"]["labels"] for m in render(files).manifests]
    assert all(set(label) == {"app.kubernetes.io/managed-by"} for label in labels)


def test_what_kustomize_refuses_is_a_problem_of_the_kustomization() -> None:
    files = REPOSITORY | {"apps/prod/kustomization.yaml": "resources: [more.yaml]\nnoSuchField: 1\n"}
    (problem,) = render(files).problems
    assert (problem.path, problem.line) == ("apps/prod/kustomization.yaml", 1)
    assert "noSuchField" in problem.message
    assert "/tmp" not in problem.message


def test_a_broken_manifest_is_told_with_its_name() -> None:
    (problem,) = render(REPOSITORY | {"apps/prod/more.yaml": "a: ["}).problems
    assert "more.yaml" in problem.message


def test_a_path_without_a_kustomization_is_an_error_of_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kustomize, "kustomize_command", lambda config: ["true"])
    with pytest.raises(SourceError, match=r"no kustomization\.yaml in apps"):
        render(REPOSITORY, "apps")


def test_without_kustomize_the_source_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    config = SourceConfig("web", where=Location("gitops-audit.yaml", 3))
    with pytest.raises(SourceError) as caught:
        kustomize.render(config, DictCheckout(REPOSITORY, path="apps/prod"))
    assert "neither kustomize nor kubectl" in caught.value.message
    assert (caught.value.where, "install" in caught.value.hint) == (config.where, True)


def problems_of(tmp_path: Path, kustomization: str, **others: str) -> tuple[FileProblem, ...]:
    DictCheckout({"app/kustomization.yaml": kustomization, "app/a.yaml": DEPLOYMENT, **others}).materialise(tmp_path)
    return reach(tmp_path, tmp_path / "app").problems


REMOTE = (
    "this is remote, and the audit renders without network: keep a copy in the repository and refer to that, "
    "or name a copy in `network: {mirrors: {URL: FOLDER}}`, or let it be fetched with `network: {allow: [HOST]}`"
)


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ("resources:\n- a.yaml\n- https://example.com/a.yaml", 3),
        ("resources:\n- github.com/org/repo//path?ref=v1", 2),
        ("resources: ['git@github.com:org/repo.git']", 1),
        ("resources: ['ssh://git@example.com/org/repo']", 1),
        ("resources: ['git::https://example.com/x']", 1),
        ("resources: ['example.com/org/repo.git']", 1),
        ("bases: ['https://example.com/base?ref=v1']", 1),
        ("components: ['https://example.com/base']", 1),
        ("crds: ['https://example.com/crd.json']", 1),
        ("patches:\n- path: https://example.com/p.yaml", 2),
        ("patchesStrategicMerge: ['https://example.com/p.yaml']", 1),
        ("patchesJson6902: [{path: 'https://example.com/p.yaml'}]", 1),
        ("replacements: [{path: 'https://example.com/p.yaml'}]", 1),
        ("openapi: {path: 'https://example.com/s.json'}", 1),
        ("configMapGenerator:\n- name: c\n  files:\n  - x=https://example.com/f", 4),
        ("secretGenerator: [{name: c, envs: ['https://example.com/f']}]", 1),
        ("secretGenerator: [{name: c, env: 'https://example.com/f'}]", 1),
        ("transformers: ['https://example.com/t']", 1),
        ("generators: ['https://example.com/t']", 1),
    ],
)
def test_a_remote_reference_is_refused_with_its_line(tmp_path: Path, entry: str, line: int) -> None:
    found = problems_of(tmp_path, f"{entry}\n")
    assert [(p.path, p.line, p.message) for p in found] == [("app/kustomization.yaml", line, REMOTE)]


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("helmCharts: [{name: x}]", "`helmCharts` needs helm"),
        ("helmCharts: [{name: x, repo: 'https://example.com'}]", "`helmCharts` needs helm"),
        ("helmChartInflationGenerator: [{}]", "helmChartInflationGenerator is the old form"),
    ],
)
def test_charts_within_a_kustomization_are_refused_with_what_they_need(tmp_path: Path, field: str, reason: str) -> None:
    (problem,) = problems_of(tmp_path, f"resources: [a.yaml]\n{field}\n")
    assert (problem.line, problem.message.startswith(reason)) == (2, True)


@pytest.mark.parametrize("entry", ["../../etc/passwd", "/etc", "../..", "x/../../../y"])
def test_a_path_that_leads_out_of_the_repository_is_refused(tmp_path: Path, entry: str) -> None:
    (problem,) = problems_of(tmp_path, f"resources: ['{entry}']\n")
    assert problem.message == "this path leads out of the repository: put what it names into it"


def test_a_link_that_leads_out_of_the_repository_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    root = tmp_path / "tree"
    DictCheckout({"app/kustomization.yaml": "resources: [link]\n"}).materialise(root)
    (root / "app/link").symlink_to(tmp_path / "out")
    (problem,) = reach(root, root / "app").problems
    assert problem.message == "this path leads out of the repository: put what it names into it"


def test_references_are_followed_through_all_bases(tmp_path: Path) -> None:
    base = "resources: ['../far', 'https://example.com/a.yaml']\n"
    far = {"far/kustomization.yaml": "resources: [../app]\n"}
    found = problems_of(tmp_path, "resources: [../base]\n", **{"base/kustomization.yaml": base, **far})
    assert [(p.path, p.message) for p in found] == [("base/kustomization.yaml", REMOTE)]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("none.yaml", "this path does not exist in the repository"),
        ("../empty", "this directory has no kustomization.yaml"),
        ("../app\\0", "this path leads out of the repository: put what it names into it"),
    ],
)
def test_a_reference_to_nothing_is_refused_before_kustomize_tries_it_as_remote(
    tmp_path: Path, entry: str, message: str
) -> None:
    (problem,) = problems_of(tmp_path, f'resources: ["{entry}"]\n', **{"empty/x.txt": ""})
    assert problem.message == message


@pytest.mark.parametrize("text", ["a: [", "- a\n", "", "resources: 5\nconfigMapGenerator: [1]\npatches: [x]\n"])
def test_a_kustomization_of_any_shape_is_looked_at_without_a_fault_of_ours(tmp_path: Path, text: str) -> None:
    assert all(p.path == "app/kustomization.yaml" for p in problems_of(tmp_path, text))


def test_aliases_that_would_take_all_memory_are_refused_at_their_line(tmp_path: Path) -> None:
    levels = ["a: &a [x,x,x,x,x,x,x,x,x,x]"]
    levels += [f"{c}: &{c} [{','.join([f'*{b}'] * 10)}]" for b, c in zip("abcdefgh", "bcdefghi", strict=True)]
    (tmp_path / "bomb.yaml").write_text("\n".join(levels))
    (tmp_path / "kustomization.yaml").write_text("resources: [bomb.yaml]\n")
    (problem,) = reach(tmp_path, tmp_path).problems
    assert (problem.path, problem.message) == (
        "bomb.yaml",
        "the aliases of this document make it too large (limit: aliases)",
    )
    assert problem.line > 1


@pytest.mark.parametrize(
    "plugin",
    [
        "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: x}\nfiles: [/etc/passwd]\n",
        "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: x}\nfiles: [../../outside.txt]\n",
        "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: x}\nname: x\nrepo: https://h.example\n",
        "apiVersion: v1\nkind: Evil\nmetadata:\n  name: x\n  annotations:\n    config.kubernetes.io/function: |\n"
        "      exec: {path: ./trap.sh}\n",
        "apiVersion: v1\nkind: Evil\nmetadata:\n  name: x\n  annotations:\n    config.kubernetes.io/function: |\n"
        "      container: {image: evil}\n",
        "apiVersion: evil.example/v1\nkind: Evil\nmetadata: {name: x}\n",
    ],
)
@pytest.mark.parametrize("field", ["generators", "transformers", "validators"])
def test_no_plugin_reads_elsewhere_or_runs_a_program(field: str, plugin: str, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "apps/prod/kustomization.yaml": f"resources: [web.yaml]\n{field}: [plugin.yaml]\n",
        "apps/prod/web.yaml": DEPLOYMENT,
        "apps/prod/plugin.yaml": plugin,
        "apps/prod/trap.sh": f"#!/bin/sh\ntouch {tmp_path / 'sprung'}\n",
    }
    found = render(files)
    assert [(p.path, p.code) for p in found.problems] == [("apps/prod/plugin.yaml", "GA260")]
    assert not found.manifests
    assert "root:" not in found.problems[0].message
    assert not (tmp_path / "sprung").exists()


def test_inline_patches_and_literals_are_no_references(tmp_path: Path) -> None:
    text = """\
resources: [a.yaml]
patches: [{patch: 'https://example.com'}]
patchesStrategicMerge:
- |-
  apiVersion: v1
configMapGenerator: [{name: a, literals: ['url=https://example.com']}]
"""
    assert problems_of(tmp_path, text) == ()


MARKER = "s3cr3t-m4rk3r"


@pytest.mark.parametrize(
    "files",
    [
        {"kustomization.yaml": "resources: [s.yaml]\n", "s.yaml": f"kind: Secret\nstringData: {{k: {MARKER}}}\n"},
        {"kustomization.yaml": f"secretGenerator: [{{name: s, literals: ['{MARKER}']}}, {{name: s}}]\n"},
        {"kustomization.yaml": f"secretGenerator: [{{name: s, literals: ['k={MARKER}'], bogus: '{MARKER}'}}]\n"},
        {"kustomization.yaml": f"patches: [{{target: {{kind: Secret}}, patch: '{{data: {{k: {MARKER}}}, x'}}]\n"},
        {
            "kustomization.yaml": "resources: [s.yaml]\npatches: [{path: p.yaml}]\n",
            "s.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n",
            "p.yaml": f"apiVersion: v1\nkind: Secret\nmetadata: {{name: t}}\nstringData: {{k: {MARKER}}}\n",
        },
    ],
)
def test_no_problem_of_kustomize_quotes_a_secret(files: dict[str, str | bytes]) -> None:
    rendered = render({f"app/{name}": text for name, text in files.items()}, "app")
    assert rendered.problems
    assert MARKER not in str(rendered.problems)
