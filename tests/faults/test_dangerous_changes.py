"""What a change does to an object is judged against its base: immutable fields, data loss, wider rights, switches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.audited import command, git, repository, write

CONFIG = """\
version: 1
clusters: {prod: {context: none}}
sources: [{name: shop, path: app}]
policies: [{pack: danger}]
"""
CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "data", "namespace": "shop"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}},
}
WEB = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}},
    },
}
SETTINGS = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "shop"}}


def base(root: Path, *objects: Any, config: str = CONFIG) -> Path:
    """`main` with these objects, and a branch `change` that is checked out."""
    files = {"app/settings.yaml": yaml.safe_dump(SETTINGS), "gitops-audit.yaml": config}
    files |= {f"app/{one['kind']}.yaml": yaml.safe_dump(one) for one in objects}
    repository(root, files)
    git(root, "switch", "--quiet", "--create", "change")
    return root


def change(root: Path, *objects: Any, removed: tuple[str, ...] = ()) -> None:
    write(root, {f"app/{one['kind']}.yaml": yaml.safe_dump(one) for one in objects})
    for kind in removed:
        (root / f"app/{kind}.yaml").unlink()
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Change")


def judged(root: Path, *options: str) -> tuple[int, list[tuple[str, str, str]], dict[str, Any]]:
    done = command(root, "check", "-q", "--offline", "--base", "main", "--json", "r.json", *options)
    assert (root / "r.json").exists(), done.stderr
    report = json.loads((root / "r.json").read_text())
    found = [
        (f"{r['kind']}/{r['name']}", f"{p['policy']}/{p['rule']}", p["severity"])
        for r in report["resources"]
        for p in r["policies"]
        if p["result"] != "pass"
    ]
    return done.returncode, found, report


def spec(body: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return body | {"spec": body["spec"] | fields}


def test_a_change_that_is_not_dangerous_is_clean(tmp_path: Path) -> None:
    base(tmp_path, WEB, CLAIM)
    change(tmp_path, spec(WEB, replicas=3), spec(CLAIM, resources={"requests": {"storage": "20Gi"}}))
    code, found, report = judged(tmp_path)
    assert (code, found) == (0, [])
    assert not [note for note in report["notes"] if "not asked" in note]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        (spec(WEB, replicas=0), ("Deployment/web", "danger-scaled-to-zero/replicas", "medium")),
        (
            spec(WEB, selector={"matchLabels": {"app": "other"}}),
            ("Deployment/web", "danger-immutable-fields/selector", "high"),
        ),
        (
            spec(CLAIM, resources={"requests": {"storage": "5Gi"}}),
            ("PersistentVolumeClaim/data", "danger-immutable-fields/claim-size", "high"),
        ),
    ],
)
def test_what_a_change_does_to_an_object_is_judged(
    tmp_path: Path, changed: dict[str, Any], found: tuple[str, str, str]
) -> None:
    base(tmp_path, WEB, CLAIM)
    change(tmp_path, changed)
    assert judged(tmp_path)[:2] == (1, [found])


def test_what_a_change_removes_is_judged(tmp_path: Path) -> None:
    base(tmp_path, WEB, CLAIM)
    change(tmp_path, removed=("PersistentVolumeClaim", "Deployment"))
    reports = ("--sarif", "s.json", "--junit", "j.xml", "--markdown", "r.md", "--html", "r.html")
    code, found, report = judged(tmp_path, *reports)
    assert (code, found) == (1, [("PersistentVolumeClaim/data", "danger-data-loss/removed", "critical")])
    (gone,) = (r for r in report["resources"] if r["kind"] == "PersistentVolumeClaim")
    assert (gone["outcome"], gone["source"], gone["drift"]) == ("failed", "shop", None)
    for name in ("s.json", "j.xml", "r.md", "r.html"):
        assert "danger-data-loss" in (tmp_path / name).read_text(), name
    again = command(tmp_path, "report", "json", "r.json", "-o", "again.json")
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "r.json").read_bytes()


def test_what_a_change_moves_is_not_removed(tmp_path: Path) -> None:
    base(tmp_path, CLAIM)
    git(tmp_path, "mv", "app/PersistentVolumeClaim.yaml", "app/storage.yaml")
    change(tmp_path)
    assert judged(tmp_path)[:2] == (0, [])


def test_a_right_that_a_change_adds_is_judged(tmp_path: Path) -> None:
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "team"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "User", "name": "alice", "apiGroup": "rbac.authorization.k8s.io"}],
    }
    base(tmp_path)
    change(tmp_path, binding)
    assert judged(tmp_path)[:2] == (1, [("ClusterRoleBinding/team", "danger-wider-bindings/cluster-admin", "critical")])


def test_what_stood_before_is_not_judged(tmp_path: Path) -> None:
    base(tmp_path, spec(WEB, replicas=0))
    change(tmp_path, SETTINGS | {"metadata": {"name": "other", "namespace": "shop"}})
    assert judged(tmp_path)[:2] == (0, [])


def test_nothing_passes_without_a_base(tmp_path: Path) -> None:
    base(tmp_path, WEB, CLAIM)
    done = command(tmp_path, "check", "-q", "--offline", "--json", "r.json")
    report = json.loads((tmp_path / "r.json").read_text())
    assert done.returncode == 0, done.stdout
    assert not any(r["policies"] for r in report["resources"])
    (note,) = (note for note in report["notes"] if "danger-data-loss" in note)
    assert note.startswith("not asked, for they judge what a change does (`check --base REV`)")


def test_what_is_removed_from_a_source_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    base(tmp_path, WEB, CLAIM)
    write(tmp_path, {"app/broken.yaml": "a: [\n"})
    change(tmp_path, removed=("PersistentVolumeClaim",))
    code, found, report = judged(tmp_path)
    assert code != 0
    assert not found
    assert "what the change removes was not judged: not every source was read in full" in report["notes"]


def test_an_exception_waives_one(tmp_path: Path) -> None:
    waived = (
        "exceptions:\n"
        "- {policy: danger-data-loss, match: {name: data}, owner: me, reason: moved, expires: 2999-01-01}\n"
    )
    base(tmp_path, CLAIM, config=CONFIG + waived)
    change(tmp_path, removed=("PersistentVolumeClaim",))
    assert judged(tmp_path)[0] == 0


def test_values_of_secrets_stay_secret_and_are_compared(tmp_path: Path) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": "shop"},
        "immutable": True,
        "stringData": {"password": "correct-horse-battery-staple"},
    }
    base(tmp_path, secret)
    change(tmp_path, secret | {"metadata": secret["metadata"] | {"labels": {"a": "b"}}})  # type: ignore[operator]
    assert judged(tmp_path)[:2] == (0, [])
    change(tmp_path, secret | {"stringData": {"password": "another-horse-battery-staple"}})
    code, found, report = judged(tmp_path)
    assert (code, found) == (1, [("Secret/s", "danger-immutable-fields/immutable-data", "high")])
    assert "horse" not in json.dumps(report)


POLICY = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: keep-settings}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [""], apiVersions: [v1], resources: [configmaps], operations: [UPDATE, DELETE]}
  validations:
  - expression: request.operation == 'UPDATE' && object.data.a == oldObject.data.a
    messageExpression: "request.operation + ' of ' + oldObject.metadata.name"
"""


def test_an_admission_policy_sees_the_old_object(tmp_path: Path) -> None:
    other = SETTINGS | {"metadata": {"name": "other", "namespace": "shop"}, "data": {"a": "1"}}
    config = CONFIG.replace("pack: danger", "path: policies")
    base(tmp_path, other, config=config)
    write(tmp_path, {"policies/keep.yaml": POLICY})
    change(tmp_path, other | {"data": {"a": "2"}})
    assert judged(tmp_path)[1] == [("ConfigMap/other", "keep-settings/validations[0]", "medium")]
    change(tmp_path, other | {"data": {"a": "1", "b": "2"}})
    assert judged(tmp_path)[1] == []
    change(tmp_path, removed=("ConfigMap",))
    _, found, report = judged(tmp_path)
    assert found == [("ConfigMap/other", "keep-settings/validations[0]", "medium")]
    assert "DELETE of other" in json.dumps(report)


def test_what_is_not_followed_any_more_is_not_removed(tmp_path: Path) -> None:
    config = CONFIG.replace("path: app}", "flux: {path: app, cluster: prod}, clusters: [prod]}")
    source = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": "fleet", "namespace": "flux-system"},
        "spec": {"url": "https://git.example.com/team/fleet.git", "interval": "10m", "ref": {"branch": "main"}},
    }
    deploy = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "shop", "namespace": "flux-system"},
        "spec": {
            "path": "./shop",
            "prune": True,
            "interval": "10m",
            "sourceRef": {"kind": "GitRepository", "name": "fleet"},
        },
    }
    base(tmp_path, source, config=config)
    git(tmp_path, "remote", "add", "origin", "https://git.example.com/team/fleet.git")
    git(tmp_path, "switch", "--quiet", "main")
    web = spec(deploy | {"metadata": {"name": "web", "namespace": "flux-system"}}, path="./web")
    files = {"shop/claim.yaml": CLAIM, "web/map.yaml": SETTINGS | {"metadata": {"name": "web", "namespace": "shop"}}}
    write(tmp_path, {name: yaml.safe_dump(body) for name, body in (files | {"app/web.yaml": web}).items()})
    change(tmp_path, deploy)
    git(tmp_path, "switch", "--quiet", "--create", "other")
    change(tmp_path, spec(deploy, sourceRef={"kind": "OCIRepository", "name": "fleet"}))
    _, found, report = judged(tmp_path)
    assert found == []
    (note,) = (note for note in report["notes"] if "was not judged" in note)
    assert note.startswith("what the change removes of source shop.flux-system.shop was not judged")
