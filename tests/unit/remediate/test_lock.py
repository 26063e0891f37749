"""The lock of a cluster: kept while an action waits, and not read wrongly."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from gitops_audit.errors import RemediationError
from gitops_audit.live.writer import Writer
from gitops_audit.model.resource import ResourceKey
from gitops_audit.remediate.lock import Lock
from gitops_audit.remediate.ready import wait_until_ready

CRD = ResourceKey("prod", "apiextensions.k8s.io", "CustomResourceDefinition", "", "x.example.com")
ESTABLISHED = {"status": {"conditions": [{"type": "Established", "status": "True"}]}}


def test_a_wait_for_a_definition_keeps_the_lock() -> None:
    renewed: list[str] = []
    writer = SimpleNamespace(get=lambda _: ESTABLISHED, reconnect=lambda: None)
    settings = SimpleNamespace(remediation=SimpleNamespace(wait_s=0))
    tools = SimpleNamespace(writers=SimpleNamespace(of=lambda _: writer), settings=settings, renew=renewed.append)
    step = SimpleNamespace(target=SimpleNamespace(key=CRD), written={})

    wait_until_ready([cast("Any", step)], cast("Any", tools))

    assert renewed == ["prod"]


@pytest.mark.parametrize("renewed", ["9999-12-31T23:59:59.000000Z", "2999-01-01T00:00:00.000000Z"])
def test_a_lock_of_the_far_future_is_held(renewed: str) -> None:
    spec = {"holderIdentity": "somebody", "leaseDurationSeconds": 60, "renewTime": renewed}
    writer = SimpleNamespace(name="prod", get=lambda _: {"metadata": {}, "spec": spec})

    with pytest.raises(RemediationError, match="somebody holds it"), Lock(cast("Writer", writer), "run", "m"):
        pass


def test_a_run_takes_over_the_lock_of_its_own_process_that_was_killed() -> None:
    spec = {"holderIdentity": "host/17/run", "leaseDurationSeconds": 60, "renewTime": "2999-01-01T00:00:00.000000Z"}
    patched: list[Any] = []
    lease = {"metadata": {"resourceVersion": "1"}, "spec": spec}
    writer = SimpleNamespace(name="prod", get=lambda _: lease, patch=lambda *sent: patched.append(sent))

    with Lock(cast("Writer", writer), "run", "m"):
        assert len(patched) == 1
    with (
        pytest.raises(RemediationError, match="host/17/run holds it"),
        Lock(cast("Writer", writer), "another-run", "m"),
    ):
        pass
