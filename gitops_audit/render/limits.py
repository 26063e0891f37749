"""How much of a file is read: every bound on hostile input stands here."""

from __future__ import annotations

from gitops_audit.source.checkout import MAX_FILE_BYTES

__all__ = [
    "EXCESSIVE_ALIASES",
    "MAX_DEPTH",
    "MAX_DOCUMENTS",
    "MAX_FILE_BYTES",
    "MAX_RENDERED_BYTES",
    "MAX_TOOL_MEMORY_BYTES",
    "RENDER_TIMEOUT_S",
    "TOO_DEEP",
    "is_excessive_aliasing",
]

# What kustomize or helm may print for one source.
MAX_RENDERED_BYTES = 256 * 1024 * 1024

# Documents in one file, so that millions of empty ones cost no minutes.
MAX_DOCUMENTS = 200_000

# Mappings and sequences within each other. OpenAPI schemas in CustomResourceDefinitions have up to about 50.
MAX_DEPTH = 200
TOO_DEEP = f"more than {MAX_DEPTH} mappings and lists within each other"

# Address space of kustomize or helm: a few lines of aliases or a loop in a template would take all there is.
MAX_TOOL_MEMORY_BYTES = 4 << 30

# How long kustomize or helm may take for one source.
RENDER_TIMEOUT_S = 120.0


EXCESSIVE_ALIASES = "the aliases of this document make it too large"


def is_excessive_aliasing(decoded: int, from_aliases: int) -> bool:
    """The bound of the YAML library that kubectl is built with (go.yaml.in/yaml/v2): both count expanded nodes.

    A small document may consist of aliases to 99 %, one of 4,000,000 nodes or more to 10 %, in proportion between them.
    """
    if from_aliases <= 100 or decoded <= 1000:
        return False
    share = min(max((decoded - 400_000) / 3_600_000, 0.0), 1.0)
    return from_aliases / decoded > 0.99 - 0.89 * share
