"""How much of a file of manifests is read: every bound on hostile input stands here."""

from __future__ import annotations

MAX_FILE_BYTES = 32 << 20

# Documents in one file, so that millions of empty ones cost no minutes.
MAX_DOCUMENTS = 200_000

# Mappings and sequences within each other. OpenAPI schemas in CustomResourceDefinitions have up to about 50.
MAX_DEPTH = 200
TOO_DEEP = f"more than {MAX_DEPTH} mappings and lists within each other (limit: manifest depth)"

EXCESSIVE_ALIASES = "the aliases of this document make it too large (limit: aliases)"


def is_excessive_aliasing(decoded: int, from_aliases: int) -> bool:
    """The bound of the YAML library that kubectl is built with (go.yaml.in/yaml/v2): both count expanded nodes.

    A small document may consist of aliases to 99 %, one of 4,000,000 nodes or more to 10 %, in proportion between them.
    """
    if from_aliases <= 100 or decoded <= 1000:
        return False
    share = min(max((decoded - 400_000) / 3_600_000, 0.0), 1.0)
    return from_aliases / decoded > 0.99 - 0.89 * share
