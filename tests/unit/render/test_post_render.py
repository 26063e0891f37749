from __future__ import annotations

import json
from typing import Any

from gitops_audit.config.settings import HelmOptions, SourceConfig
from gitops_audit.model.resource import Origin, Rendered
from gitops_audit.render.registry import render
from tests.unit.render.checkouts import DictCheckout

CHART: dict[str, str | bytes] = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "templates/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    'spec: {replicas: 1, template: {spec: {containers: [{name: web, image: "nginx:1"}]}}}\n',
    "templates/cfg.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cfg}\ndata: {password: hidden-value}\n",
    "templates/test.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\n",
    "secret.yaml": "kind: Patch",
}


def rendered(*renderers: dict[str, Any]) -> Rendered:
    options = HelmOptions(release_name="web", post_renderers=tuple(map(json.dumps, renderers)))
    return render(SourceConfig("s", type="helm", helm=options), DictCheckout(CHART))


def spec(found: Rendered) -> Any:
    (web,) = (m for m in found.manifests if m.body["kind"] == "Deployment")
    return web.body["spec"]


def test_patches_and_images_are_applied_in_the_order_of_the_renderers() -> None:
    replicas = {"target": {"kind": "Deployment"}, "patch": "- {op: replace, path: /spec/replicas, value: 3}"}
    merge = {"patch": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 5, paused: true}"}
    found = rendered({"patches": [replicas]}, {"patches": [merge], "images": [{"name": "nginx", "newTag": "2"}]})
    assert not found.problems
    assert (spec(found)["replicas"], spec(found)["paused"]) == (5, True)
    assert spec(found)["template"]["spec"]["containers"][0]["image"] == "nginx:2"


def test_objects_keep_the_template_they_come_from_and_hooks_stay() -> None:
    found = rendered({"images": [{"name": "nginx", "newTag": "2"}]})
    origins = {m.body["kind"]: m.origin for m in found.manifests}
    assert origins["Deployment"] == Origin("templates/web.yaml", 0, -1)
    assert set(origins) == {"Deployment", "ConfigMap", "Pod"}


def test_a_patch_that_meets_nothing_is_told_without_a_value() -> None:
    patch = {"patch": "apiVersion: v1\nkind: Service\nmetadata: {name: gone}\nspec: {token: hidden-value}"}
    (problem,) = rendered({"patches": [patch]}).problems
    assert "as post-renderer" in problem.message
    assert "hidden-value" not in problem.message


def test_no_file_can_be_named() -> None:
    found = rendered({"patches": [{"path": "../tree/secret.yaml"}], "resources": ["/etc/passwd"]})
    assert all("passwd" not in problem.message for problem in found.problems)
    assert spec(found)["replicas"] == 1
