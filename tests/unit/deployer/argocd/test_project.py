"""What an AppProject permits."""

from __future__ import annotations

import pytest
import yaml

from gitops_audit.deployer.argocd.project import refusals
from gitops_audit.model.resource import JsonObject
from tests.unit.deployer.argocd.engine import application

HERE = "https://kubernetes.default.svc"


def refused(project: str, spec: str) -> list[str]:
    body: JsonObject = {"kind": "AppProject", "metadata": {"name": "team"}, "spec": yaml.safe_load(project)}
    return [fault.rule for fault in refusals(application(spec) | {"kind": "Application"}, body)]


@pytest.mark.parametrize(
    ("destinations", "is_permitted"),
    [
        ("[{server: '*', namespace: '*'}]", True),
        (f"[{{server: '{HERE}', namespace: 'we?'}}]", True),
        (f"[{{server: '{HERE}', namespace: other}}]", False),
        ("[{server: '*', namespace: '*'}, {server: '*', namespace: '!web'}]", False),
        ("[{name: in-cluster, namespace: web}]", True),
        ("[]", False),
        ("nonsense", False),
    ],
)
def test_a_project_says_where_its_applications_may_deploy_to(destinations: str, is_permitted: bool) -> None:
    project = f"{{destinations: {destinations}, sourceRepos: ['*']}}"
    found = refused(project, "{project: team, source: {repoURL: 'https://a.example/b', path: a}}")
    assert found == ([] if is_permitted else ["destination-not-permitted"])


@pytest.mark.parametrize(
    ("repos", "url", "is_permitted"),
    [
        ("['*']", "https://git.example.com/a/b.git", True),
        ("['https://git.example.com/a/*']", "https://git.example.com/a/b", True),
        ("['https://git.example.com/a/**']", "https://git.example.com/a/b/c", True),
        ("['https://git.example.com/a/b.git']", "https://Git.example.com/a/b", True),
        ("['git@git.example.com:a/b']", "ssh://git@git.example.com/a/b.git", True),
        ("['https://git.example.com/other']", "https://git.example.com/a/b", False),
        ("['*', '!https://git.example.com/a/b']", "https://git.example.com/a/b.git", False),
        ("['*', '!https://git.example.com/*']", "https://git.example.com/a/b", True),
        ("['*', '!https://git.example.com/**']", "https://git.example.com/a/b", False),
        ("[]", "https://git.example.com/a/b", False),
        ("null", "https://git.example.com/a/b", False),
    ],
)
def test_a_project_says_where_its_applications_may_come_from(repos: str, url: str, is_permitted: bool) -> None:
    project = f"{{destinations: [{{server: '*', namespace: '*'}}], sourceRepos: {repos}}}"
    found = refused(project, f"{{project: team, source: {{repoURL: '{url}', path: a}}}}")
    assert found == ([] if is_permitted else ["source-not-permitted"])


def test_a_password_in_a_url_is_not_told() -> None:
    body: JsonObject = {"spec": {"destinations": [{"server": "*", "namespace": "*"}], "sourceRepos": []}}
    spec = "{project: team, source: {repoURL: 'https://me:hunter2@git.example.com/a', path: a}}"
    (fault,) = refusals(application(spec), body)
    assert "git.example.com/a" in fault.message
    assert "hunter2" not in fault.message


@pytest.mark.parametrize(
    "more",
    [
        "clusterResourceWhitelist: []",
        "clusterResourceBlacklist: [{group: '*', kind: '*', name: '*'}]",
        "namespaceResourceWhitelist: []",
        "namespaceResourceBlacklist: [{group: '*', kind: '*'}]",
        "sourceNamespaces: [elsewhere]",
        "permitOnlyProjectScopedClusters: true",
        "destinationServiceAccounts: [{server: '*', namespace: '*', defaultServiceAccount: x}]",
        "syncWindows: [{kind: deny, schedule: '* * * * *', duration: 1h, applications: ['*']}]",
        "orphanedResources: {warn: true, ignore: [{kind: ConfigMap}]}",
        "roles: [{name: a, policies: [x], groups: [y]}]",
        "signatureKeys: [{keyID: '1234'}]",
        "sourceIntegrity: {git: {policies: [{repos: [{url: '*'}], gpg: {mode: strict, keys: []}}]}}",
        "description: none",
    ],
)
def test_other_fields_of_a_project_change_no_answer(more: str) -> None:
    project = f"{{destinations: [{{server: '*', namespace: '*'}}], sourceRepos: ['*'], {more}}}"
    assert refused(project, "{project: team, source: {repoURL: 'https://a.example/b', path: a}}") == []
