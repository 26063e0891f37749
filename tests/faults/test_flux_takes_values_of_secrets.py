"""Variables and values that Flux takes from a Secret of the cluster are compared with it, and never shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitops_audit.model.resource import JsonObject
from tests.audited import Audited, audited, command, git, repository

DOMAIN, TOKEN, OLD = "zq7.invalid-domain.name", "t0k3n-of-the-cluster", "old-domain.invalid.name"
KUSTOMIZATION = (
    "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\n"
    "spec:\n  path: ./apps\n  prune: true\n  interval: 1m\n"
    "  sourceRef: {kind: GitRepository, name: flux-system}\n"
    "  postBuild: {substituteFrom: [{kind: Secret, name: vars}]}\n"
)
FILES = {
    "gitops-audit.yaml": "version: 1\nclusters: {prod: {snapshot: live.json}}\n"
    "sources: [{name: flux, clusters: [prod], flux: {path: fleet}}]\nengine: {enabled: false}\n",
    "fleet/apps.yaml": KUSTOMIZATION,
    "apps/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map, namespace: shop}\n"
    "data: {url: 'https://web.${domain}/', plain: '${domain}', two: '${token}@${domain}'}\n",
    "apps/ingress.yaml": "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, namespace: shop}\n"
    "spec: {rules: [{host: 'web.${domain}', http: {paths: [{path: /, pathType: Prefix, "
    "backend: {service: {name: web, port: {number: 80}}}}]}}]}\n",
    "apps/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: own, namespace: shop}\n"
    "stringData: {token: '${token}'}\n",
    "apps/web.yaml": "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
    "metadata: {name: web, namespace: flux-system}\nspec:\n"
    "  chart: {spec: {chart: charts/web, sourceRef: {kind: GitRepository, name: flux-system}}}\n"
    "  values: {host: 'web.${domain}'}\n"
    "  valuesFrom: [{kind: Secret, name: vars, valuesKey: token, targetPath: token}]\n",
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/templates/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"
    "data: {host: '{{ .Values.host }}', token: 'x-{{ .Values.token }}'}\n",
}


def config_map(name: str, namespace: str, **data: str) -> JsonObject:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data}


def secret(name: str, namespace: str, **data: str) -> JsonObject:
    return config_map(name, namespace) | {"kind": "Secret", "stringData": data, "data": {}}


def live_objects(domain: str = DOMAIN, token: str = TOKEN) -> list[JsonObject]:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    rule = {"host": f"web.{domain}", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    ingress = config_map("web", "shop") | {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress"}
    ingress |= {"spec": {"rules": [rule]}}
    del ingress["data"]
    return [
        config_map("map", "shop", url=f"https://web.{domain}/", plain=domain, two=f"{token}@{domain}"),
        ingress,
        secret("own", "shop", token=token),
        config_map("web", "flux-system", host=f"web.{domain}", token=f"x-{token}"),
    ]


HELD = secret("vars", "flux-system", domain=f"{DOMAIN}\n", token=TOKEN)


def prepared(root: Path, live: list[JsonObject]) -> Path:
    folder = repository(root, FILES)
    git(folder, "remote", "add", "origin", "https://git.example.com/a/b")
    (folder / "live.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": live}))
    return folder


def statuses(found: Audited) -> dict[str, str]:
    keys = ((v.subject.key, v.drift.status) for v in found if v.drift and v.subject.key.kind != "HelmRelease")
    return {f"{key.kind}/{key.name}": status for key, status in keys}


NAMES = ("ConfigMap/map", "Ingress/web", "Secret/own", "ConfigMap/web")


@pytest.mark.parametrize(
    ("live", "expected"),
    [
        ([*live_objects(), HELD], "in-sync"),
        ([*live_objects(domain=OLD, token="another-t0k3n-of-it"), HELD], "modified"),
        (live_objects(), "unknown"),
    ],
    ids=["equal", "changed", "the Secret is not there"],
)
def test_what_stands_for_a_key_of_a_secret_is_compared_where_that_is_known(
    tmp_path: Path, live: list[JsonObject], expected: str
) -> None:
    found = statuses(audited(prepared(tmp_path, live)))
    assert {name: found[name] for name in NAMES} == dict.fromkeys(NAMES, expected)


def test_no_report_shows_a_value_of_either_side(tmp_path: Path) -> None:
    folder = prepared(tmp_path, [*live_objects(domain=OLD, token="another-t0k3n-of-it"), HELD])
    formats = ("json", "junit", "html", "sarif", "markdown", "codequality", "csv", "metrics")
    reports = [part for name in formats for part in (f"--{name}", str(tmp_path / f"out.{name}"))]
    done = command(folder, "check", "-v", *reports)
    shown = command(folder, "diff")
    texts = {name: (tmp_path / f"out.{name}").read_text() for name in formats}
    texts |= {"terminal": done.stdout + done.stderr, "diff": shown.stdout + shown.stderr}
    assert "data.plain" in texts["json"]
    for name, text in texts.items():
        for value in (DOMAIN, TOKEN, OLD, "another-t0k3n-of-it"):
            assert value not in text, (name, value)
