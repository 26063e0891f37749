from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from gitops_audit.policy.form.kyverno import overlay


def pod(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [*containers], **spec}}


def of_containers(wanted: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"containers": [wanted]}}


A = {"name": "a", "image": "nginx:1"}
LATEST = {"name": "b", "image": "nginx:latest"}
PRIVILEGED = {"name": "c", "image": "x", "securityContext": {"privileged": True}}


@pytest.mark.parametrize(
    ("resource", "wanted", "result"),
    [
        (pod(A), of_containers({"image": "!*:latest"}), "pass"),
        (pod(A, LATEST), of_containers({"image": "!*:latest"}), "fail"),
        (pod(A), of_containers({"resources": {"limits": {"memory": "?*"}}}), "fail"),
        (pod(A), of_containers({"name": "*"}), "pass"),
        (pod({}), of_containers({"name": "*"}), "fail"),
        ({"spec": "text"}, {"spec": {"a": 1}}, "fail"),
        ({"spec": {"containers": {}}}, of_containers({}), "fail"),
        ({"tags": ["a", "b"]}, {"tags": ["a|b"]}, "pass"),
        ({"tags": ["a", "c"]}, {"tags": ["a|b"]}, "fail"),
        ({"tags": ["a", "b"]}, {"tags": "a|b"}, "pass"),
        ({"tags": []}, {"tags": []}, "fail"),
        # equality: only where the key is there
        (pod(A), of_containers({"=(securityContext)": {"=(privileged)": False}}), "pass"),
        (pod(PRIVILEGED), of_containers({"=(securityContext)": {"=(privileged)": False}}), "fail"),
        # negation
        (pod(A), {"spec": {"X(hostNetwork)": "null"}}, "pass"),
        (pod(A, hostNetwork=True), {"spec": {"X(hostNetwork)": "null"}}, "fail"),
        # condition: an element that does not fit is left out, and a rule without any is skipped
        (pod(A, LATEST), of_containers({"(image)": "*:latest", "imagePullPolicy": "Always"}), "fail"),
        (pod(A), of_containers({"(image)": "*:latest", "imagePullPolicy": "Always"}), "skip"),
        (pod(A), {"spec": {"(hostNetwork)": True, "containers": [{"name": "z"}]}}, "skip"),
        (pod(A, hostNetwork=True), {"spec": {"(hostNetwork)": True, "containers": [{"name": "z"}]}}, "fail"),
        # global: an element that does not fit skips the whole rule
        (pod(A, LATEST), of_containers({"<(image)": "*:latest", "name": "b"}), "pass"),
        (pod(A), {"spec": {"containers": [{"<(image)": "corp/*"}], "imagePullSecrets": [{"name": "x"}]}}, "skip"),
        (pod({"image": "corp/a"}), {"spec": {"containers": [{"<(image)": "corp/*"}], "secret": "x"}}, "fail"),
        # existence: at least one
        (pod(A, LATEST), {"spec": {"^(containers)": [{"image": "*:latest"}]}}, "pass"),
        (pod(A), {"spec": {"^(containers)": [{"image": "*:latest"}]}}, "fail"),
        ({"spec": {"containers": 1}}, {"spec": {"^(containers)": [{"image": "*"}]}}, "fail"),
        # a list in a list compares place by place, and what is too short cannot be compared
        ({"m": [[1], [2]]}, {"m": [[1], [2]]}, "pass"),
        ({"m": [[1]]}, {"m": [[1], [2]]}, "error"),
        # wildcards in the keys of labels
        (pod(A), {"metadata": {"labels": {"a*": "web"}}}, "pass"),
        (pod(A), {"metadata": {"labels": {"a*": "db"}}}, "fail"),
        (pod(A), {"metadata": {"=(labels)": {"=(a??)": "!web"}}}, "fail"),
        (pod(A), {"metadata": {"labels": {"b*": "?*"}}}, "fail"),
    ],
)
def test_a_resource_is_compared_with_a_pattern(resource: Any, wanted: Any, result: str) -> None:
    before = deepcopy((resource, wanted))
    assert overlay.compare(resource, wanted).result == result
    assert (resource, wanted) == before


def test_a_mismatch_while_a_conditions_key_is_nowhere_is_an_error() -> None:
    wanted = {"spec": {"^(volumes)": [{"name": "x"}], "nodeName": "node"}}
    assert overlay.compare(pod(A), wanted).result == "error"


def test_a_failure_points_at_the_field() -> None:
    outcome = overlay.compare(pod(A, LATEST), of_containers({"image": "!*:latest"}))
    assert outcome.pointer == "/spec/containers/1/image"
    assert "'nginx:latest' does not match '!*:latest' at /spec/containers/1/image/" in outcome.message


def test_a_pointer_escapes_its_keys() -> None:
    resource = {"metadata": {"annotations": {"a.io/b~c": "1"}}}
    outcome = overlay.compare(resource, {"metadata": {"annotations": {"a.io/b~c": "2"}}})
    assert outcome.pointer == "/metadata/annotations/a.io~1b~0c"
