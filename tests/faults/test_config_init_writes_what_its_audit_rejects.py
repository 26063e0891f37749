"""What `config init` writes can be audited as it is: no error comes from its own choice of sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.config.init import starter
from gitops_audit.engine.first_run import settled
from tests.audited import Audited, audited, command, repository


def thing(name: str, namespace: str = "shop") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {namespace}}}\n"


TEMPLATE = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Name }}\n"
SYNC = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec: {interval: 10m, path: ./apps, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}
"""
BASE = {"app/base/kustomization.yaml": "resources: [a.yaml]\n", "app/base/a.yaml": thing("a")}
OVERLAYS = {f"app/{name}/kustomization.yaml": "resources: [../base]\n" for name in ("production", "staging")}
LAYOUTS: dict[str, tuple[dict[str, str], set[str]]] = {
    "overlays of one base": (BASE | OVERLAYS, {"app/production"}),
    "copies of the same objects": (
        {"manifests/a.yaml": thing("a"), "release/all.yaml": thing("a")},
        {"manifests"},
    ),
    "the same entry for two clusters": (
        {"clusters/production/a.yaml": thing("a"), "clusters/staging/a.yaml": thing("a")},
        {"clusters/production"},
    ),
    "a kustomization of nothing": (
        {"deploy/a.yaml": thing("a"), "empty/kustomization.yaml": "resources: []\n"},
        {"deploy"},
    ),
    "tests and examples in a folder of manifests": (
        {
            "lib/a.yaml": thing("a"),
            "lib/testdata/in/a.yaml": thing("a"),
            "lib/testdata/no-name.yaml": thing("").replace("name: ,", ""),
            "lib/examples/b.yaml": thing("b"),
        },
        {"lib"},
    ),
    "what Flux deploys, and a folder that is applied once before it": (
        {
            "clusters/main/sync.yaml": SYNC,
            "apps/a.yaml": thing("a"),
            "bootstrap/kustomization.yaml": "resources: [a.yaml]\n",
            "bootstrap/a.yaml": thing("a"),
        },
        {"clusters/main"},
    ),
    "a template beside manifests": ({"lib/a.yaml": thing("a"), "lib/b.yaml": TEMPLATE}, {"lib"}),
    "an object twice in one folder": ({"lib/a.yaml": thing("a"), "lib/old/a.yaml": thing("a")}, {"lib"}),
}


def first_run(tmp_path: Path, files: dict[str, str], *contexts: str) -> tuple[str, Audited]:
    root = repository(tmp_path, files)
    text = starter(root, contexts, settled)
    (root / "gitops-audit.yaml").write_text(text)
    return text, audited(root, offline=True)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_audit_finds_nothing_wrong_with_the_sources_that_were_chosen(tmp_path: Path, layout: str) -> None:
    files, paths = LAYOUTS[layout]
    text, found = first_run(tmp_path, files)
    assert {"passed"} <= set(found.outcomes.values()) <= {"passed", "skipped"}
    chosen = {line.split(": ")[1] for line in text.splitlines() if line.startswith("    path: ")}
    assert chosen == paths


def test_overlays_whose_clusters_are_known_are_sources_beside_each_other(tmp_path: Path) -> None:
    text, found = first_run(tmp_path, BASE | OVERLAYS, "production", "staging")
    assert "Left out" not in text
    assert sorted(v.subject.key.cluster for v in found) == ["production", "staging"]


def test_what_is_left_out_is_a_comment_with_the_reason(tmp_path: Path) -> None:
    text, _ = first_run(tmp_path, BASE | OVERLAYS)
    assert "  # Left out: it declares ConfigMap/shop/a again, as app/production" in text
    assert "  #   path: app/staging" in text


def test_a_library_chart_is_left_out_with_the_reason(tmp_path: Path) -> None:
    text, found = first_run(
        tmp_path,
        {"charts/lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n"} | BASE | OVERLAYS,
    )
    assert "  # Left out: a library chart makes no objects of its own\n  # - name: lib\n" in text
    assert set(found.outcomes.values()) == {"passed"}


def test_where_nothing_can_be_rendered_the_audit_says_of_the_first_why(tmp_path: Path) -> None:
    remote = "resources: ['https://git.example.com/acme/x//base?ref=v1']\n"
    text, found = first_run(tmp_path, {"envs/a/kustomization.yaml": remote, "envs/b/kustomization.yaml": remote})
    assert "  # It cannot be audited as it is: this is remote" in text
    assert [(v.subject.source, v.outcome) for v in found] == [("a", "failed")]


def test_a_folder_without_git_gets_no_configuration(tmp_path: Path) -> None:
    ended = command(tmp_path, "config", "init")
    assert (ended.returncode, list(tmp_path.iterdir())) == (2, [])
    assert "is in no Git repository" in ended.stderr


def test_the_reason_names_a_source_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chart = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
    files = {"charts/web/Chart.yaml": chart, "charts/web/templates/a.yaml": TEMPLATE, "apps/a.yaml": thing("a")}
    root = repository(tmp_path, files)
    monkeypatch.setattr("gitops_audit.render.helm.shutil.which", lambda _: None)
    text = starter(root, [], settled)
    assert "# Left out: the source 'web' has a Helm chart, and helm is not on the PATH" in text
    assert "- name: web\n" in text
