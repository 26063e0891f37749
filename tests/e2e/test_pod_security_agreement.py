"""The API server's Pod Security Admission and ours give the same verdict, in the same words, in every version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from gitops_audit.policy.pod_security import LAST_CHANGE, Level, check, message
from tests.e2e.apiserver import ApiServer
from tests.e2e.direct import Direct
from tests.unit.policy.pod_security.cases import CASES, Case, compliant_pod

pytestmark = pytest.mark.e2e
LEVELS: tuple[Level, ...] = ("baseline", "restricted")
MINORS = sorted({minor for case in CASES for minor in case.turning_points()} | {LAST_CHANGE, LAST_CHANGE + 1})
OPEN = "pss-open"


@pytest.fixture(scope="module")
def direct(apiserver: ApiServer) -> Iterator[Direct]:
    """A connection, and a namespace for each level and version: `enforce` on Pods, `warn` on templates."""
    connection = Direct(apiserver)
    _namespace(connection, OPEN, {})
    for level in LEVELS:
        for minor in MINORS:
            version = f"v1.{minor}"
            labels = {"enforce": level, "enforce-version": version, "warn": level, "warn-version": version}
            _namespace(connection, _name(level, minor), labels)
    yield connection
    connection.close()


def _namespace(direct: Direct, name: str, labels: Mapping[str, str]) -> None:
    marked = {f"pod-security.kubernetes.io/{key}": value for key, value in labels.items()}
    answer = direct.create("/api/v1/namespaces", {"metadata": {"name": name, "labels": marked}})
    assert answer.status == 201, answer.message


def _name(level: str, minor: int) -> str:
    return f"pss-{level}-{minor}"


def _versions(case: Case) -> list[int]:
    return sorted(case.turning_points() | {LAST_CHANGE, LAST_CHANGE + 1})


@pytest.mark.parametrize("case", [case for case in CASES if case.server == "judges"], ids=lambda case: case.name)
def test_the_api_server_says_the_same_of_a_pod(direct: Direct, case: Case) -> None:
    for level in LEVELS:
        for minor in _versions(case):
            namespace, pod = _name(level, minor), case.pod()
            pod["metadata"]["namespace"] = namespace
            answer = direct.dry_run(pod, namespace)
            said = answer.message.partition("forbidden: ")[2] if answer.status == 403 else answer.message
            found = check(level, f"1.{minor}", pod)
            assert said == (message(level, f"1.{minor}", found) if found else ""), (level, minor)
            assert answer.status == (403 if found else 201)


@pytest.mark.parametrize("case", [case for case in CASES if case.server == "completes"], ids=lambda case: case.name)
def test_the_api_server_says_the_same_of_a_pod_that_it_completed(direct: Direct, case: Case) -> None:
    pod = case.pod() | {"metadata": case.pod()["metadata"] | {"namespace": OPEN}}
    completed = direct.dry_run(pod, OPEN)
    assert completed.status == 201, completed.message
    for level in LEVELS:
        namespace = _name(level, LAST_CHANGE)
        pod["metadata"]["namespace"] = namespace
        answer = direct.dry_run(pod, namespace)
        assert answer.status == 403
        found = check(level, f"1.{LAST_CHANGE}", completed.body)
        assert answer.message.partition("forbidden: ")[2] == message(level, f"1.{LAST_CHANGE}", found)
        assert check(level, f"1.{LAST_CHANGE}", pod), "and the Pod as it is written is refused too"


@pytest.mark.parametrize("case", [case for case in CASES if case.server == "rejects"], ids=lambda case: case.name)
def test_a_pod_that_no_api_server_takes_any_more_is_refused_before(direct: Direct, case: Case) -> None:
    pod = case.pod() | {"metadata": case.pod()["metadata"] | {"namespace": OPEN}}
    assert direct.dry_run(pod, OPEN).status == 422


TEMPLATES = [
    ("v1", "PodTemplate", ("template",)),
    ("v1", "ReplicationController", ("spec", "template")),
    ("apps/v1", "Deployment", ("spec", "template")),
    ("apps/v1", "ReplicaSet", ("spec", "template")),
    ("apps/v1", "StatefulSet", ("spec", "template")),
    ("apps/v1", "DaemonSet", ("spec", "template")),
    ("batch/v1", "Job", ("spec", "template")),
    ("batch/v1", "CronJob", ("spec", "jobTemplate", "spec", "template")),
]


@pytest.mark.parametrize(("api_version", "kind", "path"), TEMPLATES, ids=[kind for _, kind, _ in TEMPLATES])
def test_the_api_server_warns_of_the_same_in_a_pod_template(
    direct: Direct, api_version: str, kind: str, path: tuple[str, ...]
) -> None:
    pod = compliant_pod()
    del pod["spec"]["securityContext"]
    pod["spec"]["volumes"] = [{"name": "logs", "hostPath": {"path": "/var/log"}}]
    body = _controller(api_version, kind, path, pod["spec"])
    for level in LEVELS:
        namespace = _name(level, LAST_CHANGE)
        answer = direct.dry_run(body | {"metadata": {"name": "web", "namespace": namespace}}, namespace)
        assert answer.status == 201, answer.message
        expected = message(level, f"1.{LAST_CHANGE}", check(level, f"1.{LAST_CHANGE}", body))
        assert [warning.replace('\\"', '"') for warning in answer.warnings if "PodSecurity" in warning] == [
            expected.replace("violates", "would violate", 1)
        ]


def _controller(api_version: str, kind: str, path: tuple[str, ...], spec: dict[str, object]) -> dict[str, object]:
    labels = {"app": "web"}
    body: dict[str, object] = {"apiVersion": api_version, "kind": kind}
    holder = body
    for key in path:
        child: dict[str, object] = {}
        holder[key] = child
        holder = child
    policy = {"restartPolicy": "Never"} if api_version == "batch/v1" else {}
    holder |= {"metadata": {"labels": labels}, "spec": spec | policy}
    outer = body.get("spec")
    if isinstance(outer, dict) and kind not in ("Job", "CronJob"):
        outer["selector"] = labels if kind == "ReplicationController" else {"matchLabels": labels}
    if isinstance(outer, dict) and kind == "CronJob":
        outer["schedule"] = "0 3 * * *"
    return body
