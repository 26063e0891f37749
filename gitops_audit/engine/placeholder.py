"""Stand-ins in the list of resources for what is no resource: a source that cannot be read, a broken file.

They make a failure that belongs to no object a test of its own, so that it is counted, named and never lost.
"""

from __future__ import annotations

from gitops_audit.errors import AuditError
from gitops_audit.model.resource import Declared, FileProblem, Invalid, Origin, ResourceKey

FILE = "File"
SOURCE = "Source"
OFFLINE_CLUSTER = "git"


def for_file(cluster: str, source: str, path: str, problems: tuple[FileProblem, ...]) -> Declared:
    """A file of which something could not be read; each problem becomes an invalid finding."""
    faults = tuple(Invalid(path="", message=p.message, line=p.line) for p in problems)
    key = ResourceKey(cluster, "", FILE, "", path)
    return Declared(key, source, "", {}, Origin(path, problems[0].line or 1), faults)


def for_source(cluster: str, source: str, error: AuditError) -> Declared:
    """A source of which nothing could be read."""
    message = f"{error.message}. {error.hint}" if error.hint else error.message
    key = ResourceKey(cluster, "", SOURCE, "", source)
    origin = Origin(error.where.path, error.where.line) if error.where else Origin("", 0)
    return Declared(key, source, "", {}, origin, error=(error.code, message))


def is_placeholder(resource: Declared) -> bool:
    return not resource.version and resource.key.kind in (FILE, SOURCE)
