"""What stands in Git for a value is no value: what can be compared without it is, the rest is unknown with a reason."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.model.resource import JsonObject
from tests.audited import Audited, audited, repository

CIPHER = "ENC[AES256_GCM,data:c2VjcmV0,iv:AAAA,tag:AAAA,type:str]"
SOPS: JsonObject = {"mac": CIPHER, "lastmodified": "2026-01-01T00:00:00Z", "version": "3.9.0"}
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'7' * 64}\nsize 120\n"
SECRET: JsonObject = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "shop"}}
MAP: JsonObject = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "shop"}}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def deployment(image: str, **container: Any) -> JsonObject:
    containers = [{"name": "web", "image": image} | container]
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers}}
    spec = {"selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": spec,
    }


def run(tmp_path: Path, declared: JsonObject, *live: JsonObject, more: str = "") -> Audited:
    clusters = "clusters: {prod: {snapshot: live.json}}\n" if live else ""
    files = {
        "gitops-audit.yaml": f"version: 1\n{clusters}sources: [{{name: s, path: app, namespace: shop}}]\n{more}",
        "app/declared.json": json.dumps(declared),
        "live.json": json.dumps({"apiVersion": "v1", "kind": "List", "items": live}),
    }
    return audited(repository(tmp_path, files))


def status(found: Audited) -> tuple[str, str]:
    """The drift status of the only resource, with the code of its error."""
    (verdict,) = found
    assert verdict.drift is not None
    return verdict.drift.status, verdict.unevaluated[0].rule if verdict.unevaluated else ""


SOPS_SECRET: JsonObject = SECRET | {"stringData": {"password": CIPHER}, "sops": SOPS}
SOPS_MAP: JsonObject = MAP | {"data": {"a": "1", "token": CIPHER}, "sops": SOPS}
CASES: dict[str, tuple[JsonObject, JsonObject, tuple[str, str]]] = {
    "an encrypted value": (SOPS_SECRET, SECRET | {"data": {"password": encoded("x")}}, ("unknown", "GA222")),
    "encrypted data": (
        SECRET | {"data": {"password": CIPHER}, "sops": SOPS},
        SECRET | {"data": {"password": encoded("x")}},
        ("unknown", "GA222"),
    ),
    "an encrypted value whose key is gone": (SOPS_SECRET, SECRET | {"data": {"user": "eA=="}}, ("modified", "")),
    "an encrypted value of another kind": (SOPS_MAP, MAP | {"data": {"a": "1", "token": "x"}}, ("unknown", "GA222")),
    "an open value beside an encrypted one": (SOPS_MAP, MAP | {"data": {"a": "2", "token": "x"}}, ("modified", "")),
    "an encrypted number": (
        deployment("web:1") | {"sops": SOPS, "spec": deployment("web:1")["spec"] | {"replicas": CIPHER}},
        deployment("web:1") | {"spec": deployment("web:1")["spec"] | {"replicas": 3}},
        ("unknown", "GA222"),
    ),
    "a file encrypted as a whole": (
        MAP | {"data": {"a.json": json.dumps({"data": CIPHER})}},
        MAP | {"data": {"a.json": "{}"}},
        ("unknown", "GA222"),
    ),
    "a pointer": (MAP | {"data": {"a.bin": POINTER}}, MAP | {"data": {"a.bin": "content"}}, ("unknown", "GA224")),
    "a pointer that a Secret was made of": (
        SECRET | {"data": {"a.bin": encoded(POINTER)}},
        SECRET | {"data": {"a.bin": encoded("content")}},
        ("unknown", "GA224"),
    ),
    "a variable": (deployment("web:${tag}"), deployment("web:7"), ("unknown", "GA223")),
    "a variable with a default": (deployment("web:${tag:=1}"), deployment("web:7"), ("unknown", "GA223")),
    "another text around a variable": (deployment("web:${tag}"), deployment("api:7"), ("modified", "")),
    "a variable in a list": (
        deployment("web:1", args=["--host=${host}", "-v"]),
        deployment("web:1", args=["--host=shop.example.com", "-v"]),
        ("unknown", "GA223"),
    ),
    "a variable beside another change": (
        deployment("web:${tag}", args=["-v"]),
        deployment("web:7", args=["-q"]),
        ("modified", ""),
    ),
    "a variable that is a key": (
        deployment("web:1", ports=[{"containerPort": "${port}"}]),
        deployment("web:1", ports=[{"containerPort": 8080}]),
        ("unknown", "GA223"),
    ),
    "a variable in a Secret": (
        SECRET | {"stringData": {"user": "${user}"}},
        SECRET | {"data": {"user": encoded("x")}},
        ("unknown", "GA223"),
    ),
    "a shell's variable that is there as declared": (
        MAP | {"data": {"run.sh": "cd ${HOME}\n./run"}},
        MAP | {"data": {"run.sh": "cd ${HOME}\n./run"}},
        ("in-sync", ""),
    ),
    "a script in which another line was changed": (
        MAP | {"data": {"run.sh": "cd ${HOME}\n./run"}},
        MAP | {"data": {"run.sh": "cd ${HOME}\n./steal"}},
        ("modified", ""),
    ),
    "lines put in where a variable stands": (
        MAP | {"data": {"run.sh": "cd ${HOME}\n./run"}},
        MAP | {"data": {"run.sh": "cd /root\n./steal\n./run"}},
        ("modified", ""),
    ),
    "a variable that Flux is told to leave": (
        MAP
        | {"metadata": MAP["metadata"] | {"annotations": {"kustomize.toolkit.fluxcd.io/substitute": "disabled"}}}
        | {"data": {"a": "${x}"}},
        MAP
        | {"metadata": MAP["metadata"] | {"annotations": {"kustomize.toolkit.fluxcd.io/substitute": "disabled"}}}
        | {"data": {"a": "1"}},
        ("modified", ""),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_stand_in_is_unknown_and_everything_beside_it_counts(tmp_path: Path, case: str) -> None:
    declared, live, expected = CASES[case]
    assert status(run(tmp_path, declared, live)) == expected


def test_a_variable_in_a_name_is_an_error_and_its_object_no_orphan(tmp_path: Path) -> None:
    declared = MAP | {"metadata": {"name": "settings-${tier}", "namespace": "shop"}}
    live = MAP | {"metadata": {"name": "settings-prod", "namespace": "shop"}}
    orphans = "drift: {orphans: {enabled: true, namespaces: [shop]}}\n"
    found = run(tmp_path, declared, live, more=orphans)
    assert [[e.rule for e in v.unevaluated] for v in found] == [["GA223"]]
    assert [v.found("schema") for v in found] == [()]


def test_an_ignore_rule_accepts_what_cannot_be_compared(tmp_path: Path) -> None:
    rule = "{match: {kind: Secret}, fields: [/data/*], reason: encrypted, owner: team, expires: 2999-01-01}"
    live = SECRET | {"data": {"password": encoded("x")}}
    found = run(tmp_path, SOPS_SECRET, live, more=f"drift:\n  ignore:\n    - {rule}\n")
    assert status(found) == ("in-sync", "")


@pytest.mark.parametrize(
    ("maker", "name"),
    [
        (
            {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "spec": {"target": {"name": "made"}}},
            "made",
        ),
        ({"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "spec": {}}, "maker"),
        ({"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "spec": {}}, "maker"),
        ({"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "spec": {"secretName": "tls"}}, "tls"),
        (
            {
                "apiVersion": "secrets-store.csi.x-k8s.io/v1",
                "kind": "SecretProviderClass",
                "spec": {"secretObjects": [{"secretName": "one"}, {"secretName": "two"}]},
            },
            "two",
        ),
    ],
)
def test_a_secret_that_a_controller_makes_is_no_orphan(tmp_path: Path, maker: JsonObject, name: str) -> None:
    declared = maker | {"metadata": {"name": "maker", "namespace": "shop"}}
    secrets = [SECRET | {"metadata": {"name": n, "namespace": "shop"}} for n in (name, "other")]
    orphans = "drift: {orphans: {enabled: true, namespaces: [shop]}}\n"
    found = run(tmp_path, declared, declared, *secrets, more=orphans)
    extra = [v.subject.key.name for v in found if v.drift is not None and v.drift.status == "extra"]
    assert extra == ["other"]


def test_a_name_that_kustomize_makes_of_a_pointer_is_not_known(tmp_path: Path) -> None:
    used = {"name": "data", "configMap": {"name": "model"}}
    pod = deployment("web:1")
    pod["spec"]["template"]["spec"]["volumes"] = [used]
    live = json.loads(json.dumps(pod).replace('"model"', '"model-2222222222"'))
    files = {
        "gitops-audit.yaml": "version: 1\nclusters: {c: {snapshot: live.json}}\nsources: [{name: s, path: app}]\n"
        "drift: {orphans: {enabled: true, namespaces: [shop]}}\n",
        "app/kustomization.yaml": "namespace: shop\nresources: [web.json]\nconfigMapGenerator: "
        "[{name: model, files: [model.bin]}]\n",
        "app/web.json": json.dumps(pod),
        "app/model.bin": POINTER,
        "live.json": json.dumps(
            {
                "apiVersion": "v1",
                "kind": "List",
                "items": [live, MAP | {"metadata": {"name": "model-2222222222", "namespace": "shop"}}],
            }
        ),
    }
    found = audited(repository(tmp_path, files))
    assert [(v.drift.status, [e.rule for e in v.unevaluated]) for v in found if v.drift] == [("unknown", ["GA224"])] * 2
