"""Declared against live: the comparison and everything it says of a difference. Pure: dicts in, dataclasses out."""

from __future__ import annotations

from gitops_audit.drift.comparer import Comparer
from gitops_audit.drift.scalers import Scalers

__all__ = ["Comparer", "Scalers"]
