from __future__ import annotations

import pytest

from gitops_audit.policy.form.kyverno import image
from gitops_audit.policy.form.kyverno.jmes import JmesError
from tests.unit.policy.form.kyverno.making import cron_job, pod


@pytest.mark.parametrize("text", ["", "a//b", "a b", "nginx:", "nginx@sha256:abc", "a" * 2000, "Case"])
def test_what_is_no_reference_is_an_error(text: str) -> None:
    with pytest.raises(JmesError, match="not an image"):
        image.normalised(text)


def test_the_images_of_an_object_are_listed_by_container() -> None:
    body = cron_job(pod({"name": "a", "image": "nginx:1"}, {"name": "b"}))
    found = image.images_of(body)
    assert found == {
        "containers": {
            "a": {
                "registry": "docker.io",
                "name": "nginx",
                "path": "nginx",
                "tag": "1",
                "reference": "docker.io/nginx:1",
                "referenceWithTag": "docker.io/nginx:1",
                "jsonPointer": "/spec/jobTemplate/spec/template/spec/containers/0/image",
            }
        }
    }


def test_a_rule_says_where_the_images_of_its_kind_stand() -> None:
    body = {
        "kind": "Task",
        "spec": {"steps": [{"name": "s", "image": "a/b"}, {"name": "t", "image": " "}], "main": "c"},
    }
    extractors = {"Task": [{"path": "/spec/steps/*/image", "key": "name", "name": "steps"}, {"path": "/spec/main"}]}
    found = image.images_of(body, extractors)
    assert found["steps"]["s"]["jsonPointer"] == "/spec/steps/0/image"
    assert list(found["steps"]) == ["s"]
    assert found["custom"]["/spec/main"]["name"] == "c"


def test_an_object_without_images_has_none() -> None:
    assert image.images_of({"kind": "ConfigMap"}) == {}
