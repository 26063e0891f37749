"""A small in-memory Kubernetes API server over real HTTP on loopback, for the demo and the tests."""

from gitops_audit.sandbox.access import Rule
from gitops_audit.sandbox.server import Sandbox

__all__ = ["Rule", "Sandbox"]
