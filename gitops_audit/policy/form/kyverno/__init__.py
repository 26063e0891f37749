"""Kyverno's `ClusterPolicy` and `Policy` (their `validate` rules) and `PolicyException`, evaluated as Kyverno does."""
