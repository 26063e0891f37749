"""Runs the tests that policies carry: the project's own `PolicyTest` and Kyverno's `kyverno-test.yaml`."""

from __future__ import annotations

from gitops_audit.policy.testing.report import TestReport, TestRow
from gitops_audit.policy.testing.suite import run

__all__ = ["TestReport", "TestRow", "run"]
