"""Each field of a kustomization, as the pinned kustomize builds it: the audit gives the same objects."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_audit.config.settings import KustomizeOptions, SourceConfig
from gitops_audit.kube.generated_name import generator_of
from gitops_audit.model.resource import JsonObject, Rendered
from gitops_audit.render import kustomize
from tests.tools import KUSTOMIZE
from tests.unit.render.checkouts import DictCheckout

pytestmark = pytest.mark.slow

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "nginx:1.0", env: [{name: HOST, value: HOST}]}]
      volumes: [{name: cfg, configMap: {name: cfg}}]
"""
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: api}\nspec: {ports: [{port: 80}]}\n"
THING = (
    "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: thing}\n"
    "spec: {parts: [{id: a, size: 1}, {id: b, size: 2}], map: {name: cfg}}\n"
)
PATCHED = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: thing}\nspec: {parts: [{id: b, size: 9}]}\n"
SCHEMA = json.dumps(
    {
        "definitions": {
            "com.example.v1.Thing": {
                "type": "object",
                "x-kubernetes-group-version-kind": [{"group": "example.com", "version": "v1", "kind": "Thing"}],
                "properties": {
                    "spec": {
                        "type": "object",
                        "properties": {
                            "parts": {
                                "type": "array",
                                "x-kubernetes-patch-merge-key": "id",
                                "x-kubernetes-patch-strategy": "merge",
                                "items": {"type": "object"},
                            }
                        },
                    }
                },
            }
        }
    }
)
CRD = json.dumps(
    {
        "example.com/v1.Thing": {
            "Schema": {
                "properties": {
                    **{name: {"type": "string"} for name in ("apiVersion", "kind", "metadata")},
                    "spec": {"$ref": "example.com/v1.ThingSpec"},
                }
            }
        },
        "example.com/v1.ThingSpec": {
            "Schema": {
                "properties": {
                    "map": {
                        "x-kubernetes-object-ref-api-version": "v1",
                        "x-kubernetes-object-ref-kind": "ConfigMap",
                        "$ref": "example.com/v1.Reference",
                    }
                }
            }
        },
        "example.com/v1.Reference": {"Schema": {"properties": {"name": {"type": "string"}}}},
    }
)
REPLACEMENT = (
    "source: {kind: Service, name: api, fieldPath: metadata.name}\n"
    "targets: [{select: {kind: Deployment}, "
    "fieldPaths: ['spec.template.spec.containers.[name=web].env.[name=HOST].value']}]\n"
)
FILES: dict[str, str | bytes] = {
    "web.yaml": WEB,
    "service.yaml": SERVICE,
    "thing.yaml": THING,
    "patched.yaml": PATCHED,
    "schema.json": SCHEMA,
    "crd.json": CRD,
    "replacement.yaml": REPLACEMENT,
    "part/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: part-\n",
    "base/kustomization.yaml": "resources: [web.yaml]\n",
    "base/web.yaml": WEB,
    "app.env": "LEVEL=info\n",
    "refs.yaml": "nameReference:\n- {kind: ConfigMap, fieldSpecs: [{kind: Thing, path: spec/map/name}]}\n",
    "charts/c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
    "charts/c/values.yaml": "{}\n",
    "charts/c/templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}'}\n",
    "prefix.yaml": "apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: x}\nprefix: by-plugin-\n"
    "fieldSpecs: [{path: metadata/name}]\n",
    "maker.yaml": "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: made}\nliterals: [a=b]\n"
    "options: {disableNameSuffixHash: true}\n",
}
ENV = ("spec", "template", "spec", "containers", 0, "env", 0, "value")
IMAGE = ("spec", "template", "spec", "containers", 0, "image")
VOLUME = ("spec", "template", "spec", "volumes", 0, "configMap", "name")
NAME = ("metadata", "name")
MERGE = "apiVersion: apps/v1\\nkind: Deployment\\nmetadata: {name: web}\\nspec: {replicas: 5}"
OPERATION = "- {op: replace, path: /spec/replicas, value: 5}"
ROWS: dict[str, tuple[str, str, tuple[str | int, ...], Any]] = {
    "resources": ("resources: [web.yaml]", "Deployment", NAME, "web"),
    "bases": ("bases: [base]", "Deployment", NAME, "web"),
    "components": ("resources: [web.yaml]\ncomponents: [part]", "Deployment", NAME, "part-web"),
    "namespace": ("resources: [web.yaml]\nnamespace: shop", "Deployment", ("metadata", "namespace"), "shop"),
    "namePrefix": ("resources: [web.yaml]\nnamePrefix: a-", "Deployment", NAME, "a-web"),
    "nameSuffix": ("resources: [web.yaml]\nnameSuffix: -z", "Deployment", NAME, "web-z"),
    "labels": (
        "resources: [web.yaml]\nlabels: [{pairs: {team: a}, includeSelectors: false}]",
        "Deployment",
        ("metadata", "labels"),
        {"app": "web", "team": "a"},
    ),
    "commonLabels": (
        "resources: [web.yaml]\ncommonLabels: {team: a}",
        "Deployment",
        ("spec", "selector", "matchLabels"),
        {"app": "web", "team": "a"},
    ),
    "commonAnnotations": (
        "resources: [web.yaml]\ncommonAnnotations: {note: a}",
        "Deployment",
        ("spec", "template", "metadata", "annotations"),
        {"note": "a"},
    ),
    "patches": (
        f'resources: [web.yaml]\npatches: [{{target: {{kind: Deployment}}, patch: "{OPERATION}"}}]',
        "Deployment",
        ("spec", "replicas"),
        5,
    ),
    "patchesStrategicMerge": (
        f'resources: [web.yaml]\npatchesStrategicMerge: ["{MERGE}"]',
        "Deployment",
        ("spec", "replicas"),
        5,
    ),
    "patchesJson6902": (
        "resources: [web.yaml]\npatchesJson6902: [{target: {group: apps, version: v1, kind: Deployment, name: web}, "
        f'patch: "{OPERATION}"}}]',
        "Deployment",
        ("spec", "replicas"),
        5,
    ),
    "images": ("resources: [web.yaml]\nimages: [{name: nginx, newTag: '2.0'}]", "Deployment", IMAGE, "nginx:2.0"),
    "imageTags": ("resources: [web.yaml]\nimageTags: [{name: nginx, newTag: '2.0'}]", "Deployment", IMAGE, "nginx:2.0"),
    "replicas": ("resources: [web.yaml]\nreplicas: [{name: web, count: 7}]", "Deployment", ("spec", "replicas"), 7),
    "replacements": (
        "resources: [web.yaml, service.yaml]\nnameSuffix: -z\nreplacements: [{path: replacement.yaml}]",
        "Deployment",
        ENV,
        "api-z",
    ),
    "vars": (
        "resources: [web.yaml, service.yaml]\nnamePrefix: a-\n"
        "vars: [{name: API, objref: {kind: Service, name: api, apiVersion: v1}}]\n"
        f'patches: [{{target: {{kind: Deployment}}, patch: "- {{op: replace, path: /{"/".join(map(str, ENV))}, '
        'value: $(API)}"}]',
        "Deployment",
        ENV,
        "a-api",
    ),
    "configMapGenerator": (
        "resources: [web.yaml]\nconfigMapGenerator: [{name: cfg, envs: [app.env], files: [x=app.env]}]",
        "ConfigMap",
        ("data",),
        {"LEVEL": "info", "x": "LEVEL=info\n"},
    ),
    "secretGenerator": (
        "secretGenerator: [{name: keys, literals: [a=b], type: Opaque}]",
        "Secret",
        ("data",),
        {"a": "Yg=="},
    ),
    "generatorOptions": (
        "generatorOptions: {disableNameSuffixHash: true, labels: {made: by-hand}}\n"
        "configMapGenerator: [{name: cfg, literals: [a=b]}]",
        "ConfigMap",
        ("metadata",),
        {"name": "cfg", "labels": {"made": "by-hand"}},
    ),
    "openapi": (
        "resources: [thing.yaml]\nopenapi: {path: schema.json}\npatches: [{path: patched.yaml}]",
        "Thing",
        ("spec", "parts"),
        [{"id": "b", "size": 9}, {"id": "a", "size": 1}],
    ),
    "crds": (
        "resources: [thing.yaml]\ncrds: [crd.json]\nnamePrefix: a-\nconfigMapGenerator: [{name: cfg, literals: [a=b], "
        "options: {disableNameSuffixHash: true}}]",
        "Thing",
        ("spec", "map", "name"),
        "a-cfg",
    ),
    "configurations": (
        "resources: [thing.yaml]\nconfigurations: [refs.yaml]\nnamePrefix: a-\nconfigMapGenerator: [{name: cfg, "
        "literals: [a=b], options: {disableNameSuffixHash: true}}]",
        "Thing",
        ("spec", "map", "name"),
        "a-cfg",
    ),
    "generators": ("generators: [maker.yaml]", "ConfigMap", NAME, "made"),
    "transformers": ("resources: [web.yaml]\ntransformers: [prefix.yaml]", "Deployment", NAME, "by-plugin-web"),
    "sortOptions": ("resources: [web.yaml]\nsortOptions: {order: fifo}", "Deployment", NAME, "web"),
    "buildMetadata": (
        "resources: [web.yaml]\nbuildMetadata: [originAnnotations]",
        "Deployment",
        ("metadata", "annotations"),
        {"config.kubernetes.io/origin": "path: web.yaml\n"},
    ),
    "helmCharts": ("helmCharts: [{name: c, releaseName: web}]", "ConfigMap", NAME, "web"),
    "helmGlobals": ("helmGlobals: {chartHome: charts}\nhelmCharts: [{name: c}]", "ConfigMap", NAME, "release-name"),
}


def at(value: Any, place: Sequence[str | int]) -> Any:
    for step in place:
        value = value[step]
    return value


def render(kustomization: str, more: dict[str, str | bytes] | None = None) -> Rendered:
    files = {**FILES, **(more or {}), "kustomization.yaml": f"{kustomization}\n"}
    config = SourceConfig("s", kustomize=KustomizeOptions(helm_charts="helmCharts" in kustomization))
    return kustomize.render(config, DictCheckout(files))


def by_the_tool(folder: Path, kustomization: str) -> list[JsonObject]:
    DictCheckout({**FILES, "kustomization.yaml": f"{kustomization}\n"}).materialise(folder)
    options = ["--enable-helm"] if "helmCharts" in kustomization else []
    built = subprocess.run([str(KUSTOMIZE), "build", *options, "."], cwd=folder, capture_output=True, check=True)
    return list(yaml.safe_load_all(built.stdout))


@pytest.mark.parametrize("field", ROWS)
def test_a_field_of_a_kustomization_counts_as_kustomize_has_it(field: str, tmp_path: Path) -> None:
    kustomization, kind, place, expected = ROWS[field]
    found = render(kustomization)
    assert found.problems == ()
    bodies = [m.body for m in found.manifests]
    (body,) = (b for b in bodies if b["kind"] == kind)
    assert at(body, place) == expected
    assert bodies == by_the_tool(tmp_path, kustomization)


def test_references_follow_the_name_that_a_generator_makes() -> None:
    first, second = (
        {m.body["kind"]: m.body for m in render(f"{ROWS['configMapGenerator'][0]}\n", {"app.env": text}).manifests}
        for text in ("LEVEL=info\n", "LEVEL=debug\n")
    )
    names = [found["ConfigMap"]["metadata"]["name"] for found in (first, second)]
    assert len(set(names)) == 2
    assert {generator_of("", "ConfigMap", name) for name in names} == {"cfg"}
    for found, name in zip((first, second), names, strict=True):
        assert at(found["Deployment"], VOLUME) == name
