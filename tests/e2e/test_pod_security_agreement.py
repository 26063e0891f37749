"""The API server's Pod Security Admission and ours give the same verdict, in the same words, in every version."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping

import pytest

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.pod_security import LAST_CHANGE, Level, check, message
from tests.e2e.apiserver import ApiServer
from tests.e2e.direct import Direct
from tests.unit.policy.pod_security.case import Case, compliant_pod
from tests.unit.policy.pod_security.cases import CASES

pytestmark = pytest.mark.e2e
LEVELS: tuple[Level, ...] = ("baseline", "restricted")
MINORS = range(LAST_CHANGE + 2)
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
    for case in (case for case in CASES if case.server == "judges"):
        body = _controller(api_version, kind, path, case.pod())
        for level in LEVELS:
            assert _warning(direct, body, level, LAST_CHANGE) == _would_say(body, level, LAST_CHANGE), case.name


def test_the_api_server_warns_of_the_same_where_three_cases_meet(direct: Direct) -> None:
    """In every version; what its validation does not let together into a template is left out."""
    judged = 0
    for seed, (api_version, kind, path) in enumerate(TEMPLATES * 40):
        chance = random.Random(seed)  # noqa: S311 - a reproducible choice, nothing secret
        body, minor = _controller(api_version, kind, path, _mixed(chance)), seed % (LAST_CHANGE + 2)
        for level in LEVELS:
            said = _warning(direct, body, level, minor)
            judged += said is not None
            assert said in (None, _would_say(body, level, minor)), (seed, level, minor)
    assert judged > 300


def _mixed(chance: random.Random) -> JsonObject:
    pod = compliant_pod(has_init=True)
    for case in chance.sample([case for case in CASES if case.server == "judges"], 3):
        case.apply(pod, chance.choice(("containers", "initContainers")))
        if chance.random() < 0.5:
            case.apply(pod)
    return pod


def _warning(direct: Direct, body: JsonObject, level: Level, minor: int) -> str | None:
    """What the server says of a template, None where it does not get that far."""
    namespace = _name(level, minor)
    answer = direct.dry_run(body | {"metadata": {"name": "web", "namespace": namespace}}, namespace)
    found = [warning.replace('\\"', '"') for warning in answer.warnings if "PodSecurity" in warning]
    return None if answer.status == 422 else found[0] if found else ""


def _would_say(body: JsonObject, level: Level, minor: int) -> str:
    found = check(level, f"1.{minor}", body)
    return message(level, f"1.{minor}", found).replace("violates", "would violate", 1) if found else ""


def test_the_api_server_says_the_same_of_an_ephemeral_container(direct: Direct) -> None:
    pod = compliant_pod()
    pod["metadata"]["namespace"] = namespace = _name("restricted", LAST_CHANGE)
    assert direct.create(f"/api/v1/namespaces/{namespace}/pods", pod).status == 201
    path = f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}"
    body = direct.call("GET", path).body
    body["spec"]["ephemeralContainers"] = [{"name": "debug", "image": "debug:1", "securityContext": {"runAsUser": 0}}]
    answer = direct.call("PUT", f"{path}/ephemeralcontainers?dryRun=All", body)
    found = check("restricted", f"1.{LAST_CHANGE}", body)
    assert answer.message.partition("forbidden: ")[2] == message("restricted", f"1.{LAST_CHANGE}", found)
    assert {item.container for violation in found for item in violation.evidence} == {"debug"}


def _controller(api_version: str, kind: str, path: tuple[str, ...], pod: JsonObject) -> JsonObject:
    labels = {"app": "web"}
    body: JsonObject = {"apiVersion": api_version, "kind": kind}
    holder = body
    for key in path:
        holder = holder.setdefault(key, {})
    policy = {"restartPolicy": "Never"} if api_version == "batch/v1" else {}
    metadata = {"labels": labels, "annotations": pod["metadata"].get("annotations", {})}
    holder |= {"metadata": metadata, "spec": pod["spec"] | policy}
    outer = body.get("spec")
    if isinstance(outer, dict) and kind not in ("Job", "CronJob"):
        outer["selector"] = labels if kind == "ReplicationController" else {"matchLabels": labels}
    if isinstance(outer, dict) and kind == "CronJob":
        outer["schedule"] = "0 3 * * *"
    return body
