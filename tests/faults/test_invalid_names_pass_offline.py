"""What no API server accepts is invalid without one too, at its line, and the verdict is the same with a cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.model.verdict import Verdict
from tests.audited import audited, repository
from tests.fleet import Deployed, deployed

CONFIG = "version: 1\nsources: [{name: s, path: app, namespace: shop}]\n"
POD = "spec: {containers: [{name: c, image: i}"
FAULTY = [
    ("ConfigMap", "metadata:\n  name: Under_Score", "metadata.name", 4),
    ("ConfigMap", "metadata:\n  name: a\n  namespace: My.Shop", "metadata.namespace", 5),
    ("ConfigMap", "metadata:\n  name: a\n  labels:\n    x y: z", 'metadata.labels["x y"]', 6),
    ("ConfigMap", "metadata:\n  name: a\n  annotations:\n    x y: z", 'metadata.annotations["x y"]', 6),
    ("ConfigMap", "metadata: {name: a}\ndata:\n  a/b: x", 'data["a/b"]', 5),
    ("Secret", "metadata: {name: a}\nstringData:\n  a b: x", 'data["a b"]', 5),
    ("Service", "metadata: {name: a}\nspec:\n  ports:\n  - port: 65536", "spec.ports[0].port", 6),
    ("Service", "metadata: {name: a.b}\nspec: {ports: [{port: 80}]}", "metadata.name", 3),
    ("Namespace", "metadata: {name: a.b}", "metadata.name", 3),
    ("Pod", f"metadata: {{name: a}}\n{POD}, {{name: c, image: i}}]}}", "spec.containers[name=c].name", 4),
    ("PersistentVolumeClaim", "metadata: {name: a}\nspec: {accessModes: [ReadWriteOnce]}", "spec", 4),
]


def text_of(kind: str, rest: str) -> str:
    return f"apiVersion: v1\nkind: {kind}\n{rest}\n"


@pytest.mark.parametrize(("kind", "rest", "path", "line"), FAULTY)
def test_it_is_invalid_at_its_line_without_a_cluster(
    tmp_path: Path, kind: str, rest: str, path: str, line: int
) -> None:
    found = audited(repository(tmp_path, {"gitops-audit.yaml": CONFIG, "app/a.yaml": text_of(kind, rest)}))
    faults = {(fault.path, fault.line) for verdict in found for fault in verdict.found("schema")}
    assert faults == {(path, line)}
    assert found.exit_code == 1


@pytest.mark.parametrize("name", ["Under_Score", "a/b", "..", "a%2fb"])
def test_a_name_that_no_object_can_have_is_invalid_with_a_cluster_and_without(tmp_path: Path, name: str) -> None:
    manifest = text_of("ConfigMap", f"metadata: {{name: {name}, namespace: shop}}")
    with deployed(tmp_path) as shop:
        shop.commit({"apps/odd.yaml": manifest})
        verdicts = [only(shop, name, offline=offline) for offline in (False, True)]
    assert [v.outcome for v in verdicts] == ["failed", "failed"]
    assert [f.message for f in verdicts[0].found("schema")] == [f.message for f in verdicts[1].found("schema")]
    assert [fault.path for fault in verdicts[0].found("schema")] == ["metadata.name"]


def only(shop: Deployed, name: str, *, offline: bool) -> Verdict:
    (verdict,) = (v for v in audited(shop.root, offline=offline) if v.subject.key.name == name)
    return verdict
