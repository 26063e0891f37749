"""Kustomizations and HelmReleases as sources of the audit."""

from __future__ import annotations

from collections.abc import Sequence

from gitops_audit.deployer.expansion import Context, Expansion, Placed


def expand(placed: Sequence[Placed], context: Context) -> Expansion:
    """What the Kustomizations and HelmReleases among these objects deploy."""
    return Expansion()
