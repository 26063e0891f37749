from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.deployer import argocd, flux


@pytest.mark.parametrize(
    ("automated", "is_healing"),
    [
        ({"selfHeal": True}, True),
        ({"selfHeal": True, "enabled": True}, True),
        ({"selfHeal": True, "enabled": False}, False),
        ({"prune": True}, False),
        ({}, False),
        (None, False),
        ("yes", False),
    ],
)
def test_an_application_heals_where_its_automated_sync_says_so(automated: Any, is_healing: bool) -> None:
    assert argocd.is_healing({"spec": {"syncPolicy": {"automated": automated}}}) is is_healing


@pytest.mark.parametrize(("spec", "is_healing"), [({}, True), ({"suspend": False}, True), ({"suspend": True}, False)])
def test_a_kustomization_heals_unless_it_is_suspended(spec: dict[str, Any], is_healing: bool) -> None:
    assert flux.is_kustomization_healing({"spec": spec}) is is_healing


@pytest.mark.parametrize(
    ("spec", "is_healing"),
    [
        ({}, False),
        ({"driftDetection": {"mode": "warn"}}, False),
        ({"driftDetection": {"mode": "enabled"}}, True),
        ({"driftDetection": {"mode": "enabled"}, "suspend": True}, False),
    ],
)
def test_a_release_heals_where_drift_detection_is_enabled(spec: dict[str, Any], is_healing: bool) -> None:
    assert flux.is_release_healing({"spec": spec}) is is_healing


@pytest.mark.parametrize(
    ("wave", "expected"), [("3", 3), ("-5", -5), ("99999", 10_000), ("soon", 0), (3, 0), (None, 0)]
)
def test_a_sync_wave_is_a_number_within_bounds(wave: Any, expected: int) -> None:
    body = {"metadata": {"annotations": {"argocd.argoproj.io/sync-wave": wave}}}

    assert argocd.sync_wave(body) == expected


def test_an_object_without_metadata_is_of_wave_0() -> None:
    assert argocd.sync_wave({"metadata": None}) == 0
