"""Fields that no rendering can tell."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.deployer.flux import UNKNOWN_BUILDS
from gitops_audit.drift.varying import without_varying
from gitops_audit.model.finding import Change, Drift
from gitops_audit.model.resource import Declared, Origin, ResourceKey

DECLARED = f"web-1.2.0_{UNKNOWN_BUILDS[0]}"


def compared(live: Any, *more: Change) -> Drift:
    key = ResourceKey("prod", "", "ConfigMap", "shop", "web")
    resource = Declared(key, "s", "v1", {}, Origin("a.yaml", 1), varying=(("/metadata/labels/chart", "it holds it"),))
    change = Change("changed", "/metadata/labels/chart", "metadata.labels.chart", DECLARED, live)
    return without_varying(Drift("modified", (change, *more)), resource)


@pytest.mark.parametrize(
    ("live", "status"),
    [("web-1.2.0_0123456789ab", "in-sync"), ("web-1.2.0_3", "in-sync"), ("web-1.3.0_3", "unknown"), (5, "unknown")],
)
def test_a_version_is_compared_up_to_what_flux_puts_behind_it(live: Any, status: str) -> None:
    assert compared(live).status == status


def test_what_differs_beside_a_version_counts() -> None:
    other = Change("changed", "/data/a", "data.a", "1", "2")
    assert compared("web-1.2.0_3", other).changes == (other,)
