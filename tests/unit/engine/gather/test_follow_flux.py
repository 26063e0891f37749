"""A repository that Flux deploys, followed from its bootstrap path to the objects of its charts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from gitops_audit.engine.gather import follow
from tests.audited import Audited, audited, git, repository

pytestmark = pytest.mark.slow

URL = "https://git.example.com/team/fleet"
CONFIG = "version: 1\nsources:\n- name: flux\n  flux: {from: git, path: clusters/prod}\n"
SYNC = f"""\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {{name: flux-system, namespace: flux-system}}
spec: {{url: {URL}.git, ref: {{branch: main}}, interval: 1m}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: flux-system, namespace: flux-system}}
spec: {{path: ./clusters/prod, prune: true, interval: 1m, sourceRef: {{kind: GitRepository, name: flux-system}}}}
"""


def kustomization(name: str, path: str, more: str = "") -> str:
    return (
        f"apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        f"metadata: {{name: {name}, namespace: flux-system}}\n"
        f"spec:\n  path: {path}\n  prune: true\n  interval: 1m\n"
        f"  sourceRef: {{kind: GitRepository, name: flux-system}}\n{more}"
    )


MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {}, namespace: shop}}\ndata: {{a: '{}'}}\n"
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: shop}
spec:
  interval: 1m
  chart: {spec: {chart: ./charts/web, sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}}}
  values: {text: "${env}"}
"""
FLEET: dict[str, str] = {
    "clusters/prod/flux-system/gotk-sync.yaml": SYNC,
    "clusters/prod/flux-system/kustomization.yaml": "resources: [gotk-sync.yaml]\n",
    "clusters/prod/apps.yaml": kustomization(
        "apps",
        "./apps",
        "  postBuild: {substituteFrom: [{kind: ConfigMap, name: vars}]}\n  commonMetadata: {labels: {team: a}}\n",
    ),
    "clusters/prod/config.yaml": kustomization("config", "./config"),
    "config/vars.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars, namespace: flux-system}\n"
    "data: {env: prod}\n",
    "apps/map.yaml": MAP.format("map", "${env}"),
    "apps/web.yaml": RELEASE,
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/templates/cfg.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}-cfg'}\n"
    "data: {text: '{{ .Values.text }}', script: 'echo ${HOME}'}\n",
    "gitops-audit.yaml": CONFIG,
}


def fleet(root: Path, changes: Mapping[str, str] | None = None) -> Audited:
    folder = repository(root, FLEET | dict(changes or {}))
    git(folder, "remote", "add", "origin", f"{URL}.git")
    return audited(folder)


def test_every_object_is_followed_to_what_it_deploys(tmp_path: Path) -> None:
    found = fleet(tmp_path)
    assert found.outcomes.items() >= {
        ("git/flux.flux-system.apps/ConfigMap/shop/map", "passed"),
        ("git/flux.flux-system.config/ConfigMap/flux-system/vars", "passed"),
        ("git/flux.shop.web/ConfigMap/shop/web-cfg", "passed"),
    }
    assert {v.subject.source for v in found} == {
        *("flux.flux-system.flux-system", "flux.flux-system.apps", "flux.flux-system.config", "flux.shop.web")
    }
    assert not [n for n in found.finished.notes if "not rendered" in n]


def test_variables_that_another_source_declares_are_replaced(tmp_path: Path) -> None:
    bodies = {v.subject.key.name: v.subject.body for v in fleet(tmp_path)}
    assert bodies["map"]["data"] == {"a": "prod"}
    assert bodies["map"]["metadata"]["labels"] == {"team": "a"}
    assert bodies["web-cfg"]["data"] == {"text": "prod", "script": "echo ${HOME}"}


def test_what_a_parent_patches_counts(tmp_path: Path) -> None:
    patched = "resources: [gotk-sync.yaml, ../apps.yaml, ../config.yaml]\npatches:\n" + (
        "- target: {kind: Kustomization, name: apps}\n  patch: '- {op: add, path: /spec/namePrefix, value: new-}'\n"
    )
    found = fleet(
        tmp_path,
        {
            "clusters/prod/kustomization.yaml": patched.replace("gotk", "flux-system/gotk").replace("../", ""),
            "clusters/prod/flux-system/kustomization.yaml": "resources: [gotk-sync.yaml]\n",
        },
    )
    assert "git/flux.flux-system.apps/ConfigMap/shop/new-map" in found.outcomes


@pytest.mark.parametrize("name", ["gotk-sync.yaml", "kustomization.yaml"])
def test_the_bootstrap_repository_needs_not_be_declared(tmp_path: Path, name: str) -> None:
    found = fleet(tmp_path, {f"clusters/prod/flux-system/{name}": "# made by flux bootstrap\n"})
    assert "git/flux.flux-system.apps/ConfigMap/shop/map" in found.outcomes


def test_a_secret_that_variables_come_from_is_shown_nowhere(tmp_path: Path) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: vars, namespace: flux-system}\nstringData: {env: ab}\n"
    changes = {
        "config/vars.yaml": secret,
        "clusters/prod/apps.yaml": FLEET["clusters/prod/apps.yaml"].replace(
            "ConfigMap, name: vars", "Secret, name: vars"
        ),
    }
    bodies = {v.subject.key.name: v.subject.body for v in fleet(tmp_path, changes)}
    assert bodies["map"]["data"] == {"a": "${env}"}
    assert bodies["web-cfg"]["data"]["text"] == "${env}"


def test_nesting_that_never_ends_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "MAX_ROUNDS", 4)
    grows = kustomization('"n${p}"', "./grow", '  postBuild: {substitute: {p: "a${p}"}}\n')
    first = kustomization("grow", "./grow", "  postBuild: {substitute: {p: a}}\n")
    found = fleet(tmp_path, {"clusters/prod/grow.yaml": first, "grow/k.yaml": grows})
    assert found.exit_code == 3
    assert [e.rule for v in found for e in v.unevaluated] == ["GA282"]


def test_sources_that_declare_each_other_are_told(tmp_path: Path) -> None:
    changes = {
        "clusters/prod/a.yaml": kustomization("a", "./a"),
        "a/b.yaml": kustomization("b", "./b"),
        "b/a.yaml": kustomization("a", "./a"),
    }
    found = fleet(tmp_path, changes)
    assert found.exit_code == 3


def test_what_is_not_rendered_is_counted_with_the_reason(tmp_path: Path) -> None:
    chart = "chart: {spec: {chart: web, version: 1.0.0, sourceRef: {kind: HelmRepository, name: charts}}}"
    repo = (
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: charts, namespace: shop}\n"
        "spec: {url: 'https://user:hidden-word@charts.example.com/x'}\n---\n"
    )
    line = next(line for line in RELEASE.splitlines() if "chart:" in line).strip()
    found = fleet(tmp_path, {"apps/web.yaml": repo + RELEASE.replace(line, chart)})
    (note,) = (n for n in found.finished.notes if "not rendered" in n)
    assert note.startswith("1 HelmRelease is not rendered: its chart is one of charts.example.com")
    assert "shop/web (apps/web.yaml:6)" in note
    assert "hidden-word" not in note


def test_a_kustomization_of_nothing_is_in_order_and_told(tmp_path: Path) -> None:
    changes = {"clusters/prod/empty.yaml": kustomization("empty", "./empty"), "empty/README.md": "Nothing yet."}
    found = fleet(tmp_path, changes)
    assert found.exit_code == 0
    note = "Kustomization flux-system/empty at clusters/prod/empty.yaml:1 deploys nothing: nothing in 'empty' makes"
    assert [n for n in found.finished.notes if note in n]


def test_a_path_that_is_not_there_is_an_error_as_in_flux(tmp_path: Path) -> None:
    found = fleet(tmp_path, {"clusters/prod/gone.yaml": kustomization("gone", "./gone")})
    assert found.exit_code == 3
    assert [e.message for v in found for e in v.unevaluated if "gone" in e.message]


def test_an_audit_of_nothing_but_an_empty_kustomization_is_not_clean(tmp_path: Path) -> None:
    folder = repository(
        tmp_path,
        {
            "gitops-audit.yaml": CONFIG,
            "clusters/prod/empty.yaml": kustomization("empty", "./empty"),
            "empty/README.md": "Nothing yet.",
        },
    )
    found = audited(folder, sources=("flux.flux-system.empty",))
    assert found.exit_code != 0
