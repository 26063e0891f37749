"""The policy and the resources that the Kyverno tests are about."""

from __future__ import annotations

from pathlib import Path

import pytest

POLICY = """\
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: no-host}
spec:
  rules:
  - name: network
    match: {any: [{resources: {kinds: [Pod]}}]}
    exclude: {any: [{resources: {namespaces: [system]}}]}
    preconditions: {all: [{key: "{{ request.operation }}", operator: NotEquals, value: UPDATE}]}
    validate: {message: no host network, pattern: {spec: {=(hostNetwork): false}}}
"""
RESOURCES = """\
apiVersion: v1
kind: Pod
metadata: {name: good}
spec: {containers: [{name: a}]}
---
apiVersion: v1
kind: Pod
metadata: {name: bad}
spec: {hostNetwork: true}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: bad, namespace: shop}
spec: {template: {spec: {hostNetwork: true}}}
---
apiVersion: v1
kind: Pod
metadata: {name: left-out, namespace: system}
spec: {hostNetwork: true}
---
apiVersion: v1
kind: Namespace
metadata: {name: good}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "policy.yaml").write_text(POLICY)
    (tmp_path / "resources.yaml").write_text(RESOURCES)
    return tmp_path
