"""Stand-ins in the list of resources for what no source declares: an unreadable source, a broken file, an orphan.

They make a failure that belongs to no object a test of its own, so that it is counted, named and never lost.
"""

from __future__ import annotations

from gitops_audit.errors import AuditError
from gitops_audit.model.resource import Declared, FileProblem, Invalid, Origin, ResourceKey

FILE = "File"
SOURCE = "Source"
CLUSTER = "Cluster"
OFFLINE_CLUSTER = "git"
UNDECLARED = "(undeclared)"
# In place of the number of an object in its file, for what is none: a broken file, text that something was made from.
NOT_AN_OBJECT = -1


def for_file(cluster: str, source: str, path: str, problems: tuple[FileProblem, ...]) -> Declared:
    """A file of which something could not be read; each problem becomes an invalid finding."""
    faults = tuple(Invalid(path="", message=p.message, line=p.line) for p in problems)
    key = ResourceKey(cluster, "", FILE, "", path)
    return Declared(key, source, "", {}, Origin(path, problems[0].line or 1, NOT_AN_OBJECT), faults)


def for_source(cluster: str, source: str, error: AuditError) -> Declared:
    """A source of which nothing could be read."""
    message = f"{error.message}. {error.hint}" if error.hint else error.message
    key = ResourceKey(cluster, "", SOURCE, "", source)
    origin = Origin(error.where.path, error.where.line, NOT_AN_OBJECT) if error.where else Origin("", 0)
    return Declared(key, source, "", {}, origin, error=(error.code, message))


def for_orphan(key: ResourceKey, version: str) -> Declared:
    """A live object that no source declares."""
    return Declared(key, UNDECLARED, version, {}, Origin("", 0))


def for_unlisted(cluster: str, kind: str, error: AuditError) -> Declared:
    """A kind that could not be searched for undeclared objects."""
    key = ResourceKey(cluster, "", SOURCE, "", kind)
    return Declared(key, UNDECLARED, "", {}, Origin("", 0), error=(error.code, f"not searched: {error.message}"))


def for_cluster(cluster: str, error: AuditError) -> Declared:
    """A cluster that cannot be read and for which nothing is declared that could say so."""
    key = ResourceKey(cluster, "", CLUSTER, "", cluster)
    message = f"{error.message}\n{error.hint}".strip()
    return Declared(key, UNDECLARED, "", {}, Origin("", 0), error=(error.code, message))


def is_placeholder(resource: Declared) -> bool:
    return resource.source == UNDECLARED or (not resource.version and resource.key.kind in (FILE, SOURCE, CLUSTER))
