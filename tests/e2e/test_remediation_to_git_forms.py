"""Live values taken over into every form of a manifest, from a real API server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.apiserver import ApiServer
from tests.e2e.repairing import Shop
from tests.e2e.test_remediation_to_git import DEPLOYMENT, planned

pytestmark = [pytest.mark.e2e]

FORMS = {
    "shop/list.yaml": """\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: in-list}
  data: {a: '1', b: "2"} # both
""",
    "shop/json.json": """\
{
  "apiVersion": "v1",
  "kind": "ConfigMap",
  "metadata": {"name": "json"},
  "data": {
    "a": "1"
  }
}
""",
    "shop/crlf.yaml": "\ufeffapiVersion: v1\r\nkind: ConfigMap\r\nmetadata:\r\n  name: crlf\r\ndata:\r\n  a: '1'",
    "shop/anchor.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: anchor
data:
  a: &one "1"
  b: *one
  c: "3"
""",
    "shop/merge.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: merge
  labels: &common
    app: shop
    tier: web
  annotations:
    <<: *common
    own: "1"
data: {a: "1"}
""",
    "shop/secret.yaml": """\
apiVersion: v1
kind: Secret
metadata:
  name: hidden
  labels:
    app: shop
stringData:
  password: s3cr3t-of-the-shop
""",
    "shop/beside.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: beside
data:
  a: "1"
  url: "https://shop:s3cr3t-of-the-shop@db/"
""",
    "shop/gone.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: gone}\ndata: {a: '1'}\n",
    "shop/service.yaml": """\
apiVersion: v1
kind: Service
metadata: {name: svc}
spec:
  selector: {app: web}
  ports:
  - name: http # the way in
    port: 80
  - {name: other, port: 81}
""",
}


@pytest.fixture
def shop(apiserver: ApiServer, tmp_path: Path) -> Iterator[Shop]:
    with apiserver.left_as_found():
        made = Shop.declared(apiserver, tmp_path, [])
        made.commit({"shop/all.yaml": DEPLOYMENT})
        made.deploy()
        yield made


@pytest.fixture
def forms(shop: Shop) -> Shop:
    shop.commit({"shop/all.yaml": None, **FORMS})
    shop.deploy()
    for name, data in {
        "in-list": {"b": "3"},
        "json": {"a": "2", "n": "new"},
        "crlf": {"a": "2"},
        "anchor": {"a": "2", "c": "4"},
        "beside": {"a": "2"},
    }.items():
        shop.edit(name, **data)
    shop.kubectl("annotate", "--overwrite", "configmap/merge", "tier=db")
    shop.kubectl("label", "--overwrite", "secret/hidden", "app=other")
    shop.kubectl("patch", "secret", "hidden", "-p", '{"stringData": {"password": "other-secret-of-the-shop"}}')
    shop.kubectl("delete", "configmap", "gone")
    ports = [{"op": "remove", "path": "/spec/ports/1"}, {"op": "replace", "path": "/spec/ports/0/port", "value": 8080}]
    shop.kubectl("patch", "service", "svc", "--type=json", "-p", json.dumps(ports))
    return shop


def test_every_form_of_a_manifest_is_changed_in_its_own_way_or_refused(forms: Shop) -> None:
    lines, told = planned(forms, "--branch", "live", "-o", "plan.json", "--patch", "live.patch")

    assert lines == [
        "+++ b/shop/anchor.yaml",
        '-  c: "3"',
        '+  c: "4"',
        "+++ b/shop/crlf.yaml",
        "-  a: '1'",
        "+  a: '2'",
        "+++ b/shop/json.json",
        '-    "a": "1"',
        '+    "a": "2",',
        '+    "n": "new"',
        "+++ b/shop/list.yaml",
        "-  data: {a: '1', b: \"2\"} # both",
        "+  data: {a: '1', b: \"3\"} # both",
        "+++ b/shop/merge.yaml",
        "+    tier: db",
        "+++ b/shop/service.yaml",
        "-  - name: http # the way in",
        "-    port: 80",
        "-  - {name: other, port: 81}",
        "+  - name: http",
        "+    protocol: TCP",
        "+    port: 8080",
        "+    targetPort: 80",
    ]
    refused = sorted(line.split(":", 1)[1].split(",")[0] for line in told.splitlines() if line.startswith("refused"))
    assert refused == [
        " prod/shop/ConfigMap/default/anchor: data.a: its value stands at the anchor &one",
        " prod/shop/ConfigMap/default/beside: data.a: the difference would show a line of shop/beside.yaml that holds",
        " prod/shop/ConfigMap/default/gone: it is not in the cluster: take its manifest out of Git by hand",
        " prod/shop/Secret/default/hidden: data.password: the value is a Secret's (or of a field that `redact` names)",
        " prod/shop/Secret/default/hidden: metadata.labels.app: the difference would show a line of shop/secret.yaml"
        " that holds",
    ]
    everything = told + (forms.root / "plan.json").read_text() + (forms.root / "live.patch").read_text()
    assert "s3cr3t" not in everything
    assert "other-secret" not in everything
    assert forms.root.joinpath("live.patch").read_bytes().count(b"\r\n") == 3


def test_lines_that_move_in_an_error_are_no_change_of_another_object(shop: Shop) -> None:
    """Of an object that is declared twice the places are told."""
    twice = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: twice\n"
    shop.commit({"shop/all.yaml": f"{DEPLOYMENT}---\n{twice}", "shop/other.yaml": twice})
    shop.deploy()
    shop.kubectl("set", "env", "deployment/web", "B-")

    lines, told = planned(shop)

    assert lines == ["+++ b/shop/all.yaml", "-            - name: B", "-              value: two"], told
    assert "declared 2 times" in told
