from __future__ import annotations

import subprocess
import sys

import pytest

from gitops_audit.config.settings import SourceConfig
from gitops_audit.render import registry
from tests.unit.render.checkouts import DictCheckout


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["apps/a.yaml"], "directory"),
        (["apps/kustomization.yaml"], "kustomize"),
        (["apps/kustomization.yml"], "kustomize"),
        (["apps/Kustomization"], "kustomize"),
        (["apps/Chart.yaml"], "helm"),
        (["apps/Chart.yaml", "apps/kustomization.yaml"], "kustomize"),
        (["apps/x/kustomization.yaml", "kustomization.yaml", "Chart.yaml"], "directory"),
    ],
)
def test_auto_goes_by_the_files_right_in_the_path(files: list[str], expected: str) -> None:
    assert registry.detected_type(DictCheckout(dict.fromkeys(files, ""), path="apps")) == expected


def test_a_given_type_is_taken_as_it_is() -> None:
    files: dict[str, str | bytes] = {
        "kustomization.yaml": "resources: [a.yaml]",
        "a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
    }
    rendered = registry.render(SourceConfig("s", type="directory"), DictCheckout(files))
    assert [m.body["metadata"]["name"] for m in rendered.manifests] == ["a"]


def test_renderers_are_imported_only_when_needed() -> None:
    code = "import sys, gitops_audit.render.registry; print(*(m for m in sys.modules if 'audit.render.' in m))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    renderers = {f"gitops_audit.render.{name}" for name in ("directory", "kustomize", "helm", "post_render")}
    assert "gitops_audit.render.registry" in output.split()
    assert renderers.isdisjoint(output.split())
