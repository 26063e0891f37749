"""Policies look for other objects by indexes of the whole cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.engine import cluster_pass
from gitops_audit.engine.check.policies import ClusterPolicies
from tests.audited import audited, repository

CONFIG = "version: 1\nsources:\n  - {name: s, path: app}\n"
MAPS = "---\n".join(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {n}, namespace: shop}}\n" for n in "abc")


def test_the_indexes_of_policies_are_made_once_for_all_resources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    class Counted(ClusterPolicies):
        def __init__(self, *arguments: object) -> None:
            made.append(1)
            super().__init__(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(cluster_pass, "ClusterPolicies", Counted)
    audited(repository(tmp_path, {"gitops-audit.yaml": CONFIG, "app/a.yaml": MAPS}), offline=True)
    assert len(made) == 1
