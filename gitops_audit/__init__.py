"""Audit Kubernetes clusters against Git: drift and policy findings as tests."""

__version__ = "0.1.0"
