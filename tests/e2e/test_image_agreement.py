"""The pull policy that an image gets by its tag is the one a real API server gives it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gitops_audit.kube.pod_defaults import default_pod_spec
from tests.e2e.apiserver import ApiServer
from tests.e2e.direct import Direct

pytestmark = pytest.mark.e2e
_DIGEST = "sha256:" + "a" * 64
IMAGES = ["nginx", "nginx:latest", "nginx:1", "nginx:", "Nginx", "a//b", "a/Nginx", "Corp/nginx", "localhost/a", "a b"]
IMAGES += [f"nginx@{_DIGEST}", f"nginx:latest@{_DIGEST}", "nginx@sha256:abc", "host:5000/a", "a..b/c", "-", "a_b/c:x"]


@pytest.fixture
def direct(apiserver: ApiServer) -> Iterator[Direct]:
    connection = Direct(apiserver)
    yield connection
    connection.close()


def test_each_image_is_pulled_as_the_server_says(direct: Direct) -> None:
    spec: dict[str, Any] = {"containers": [{"name": f"c{n}", "image": image} for n, image in enumerate(IMAGES)]}
    template: dict[str, Any] = {"metadata": {"labels": {"app": "web"}}, "spec": spec}
    body = {"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "all"}, "template": template}
    answer = direct.dry_run(body, "default")
    assert answer.status == 201, answer.message
    default_pod_spec(spec)
    given = [container["imagePullPolicy"] for container in answer.body["template"]["spec"]["containers"]]
    own = [container["imagePullPolicy"] for container in spec["containers"]]
    assert dict(zip(IMAGES, own, strict=True)) == dict(zip(IMAGES, given, strict=True))
