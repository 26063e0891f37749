"""Objects that are being deleted: the server keeps them until their finalizers are done, and nothing stops that."""

from __future__ import annotations

from gitops_audit.model.resource import JsonObject, mapping

_SHOWN = 3


class HeldError(Exception):
    """What was deleted does not go in time."""


def going(live: JsonObject | None) -> str:
    """That an object is being deleted, since when, and what holds it; empty where it is not."""
    metadata = mapping((live or {}).get("metadata"))
    if not (since := metadata.get("deletionTimestamp")):
        return ""
    finalizers = metadata.get("finalizers")
    names = [str(name) for name in finalizers] if isinstance(finalizers, list) else []
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    held = f", and its finalizers hold it ({', '.join(names[:_SHOWN])}{more})" if names else ""
    return f"it is being deleted since {since}{held}"
