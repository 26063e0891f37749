"""What a chart is asked for by, and which of several versions it means."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gitops_audit.config.settings import ChartRef
from gitops_audit.errors import SourceError
from gitops_audit.kube.version_range import VersionRange, loose_version, parse_range
from gitops_audit.source.chart.web import NOT_FETCHED

_NEAREST = 5


def chosen(ref: ChartRef, versions: Iterable[str]) -> str:
    """The version that a reference means: the very one that it names, else the highest in its range.

    Raises SourceError where there is none.
    """
    known = list(dict.fromkeys(versions))
    if ref.version in known:
        return ref.version
    ordered = sorted(((found.key, text, found) for text in known if (found := loose_version(text))), reverse=True)
    wanted = _range(ref)
    fitting = (text for _, text, version in ordered if version in wanted)
    best = next(fitting, None)
    if best is not None:
        return best
    latest = ", ".join(text for _, text, _ in ordered[:_NEAREST])
    hint = f"the latest versions there: {latest}" if latest else "check the name of the chart"
    raise SourceError(f"there is no {shown(ref)}", code=NOT_FETCHED, hint=hint)


def shown(ref: ChartRef) -> str:
    """`podinfo 6.5.0`, for messages."""
    return f"chart {ref.name} {ref.version}".strip()


def is_exact(version: str) -> bool:
    """Whether a text is one version and no range: all three numbers are there."""
    return loose_version(version) is not None and re.split("[-+]", version)[0].count(".") == 2


def _range(ref: ChartRef) -> VersionRange:
    try:
        return parse_range(ref.version or "*")
    except ValueError as error:
        hint = "write a version, or a range such as `>=1.2 <2`, `~1.2` or `1.x`"
        raise SourceError(f"{shown(ref)} cannot be looked for: {error}", code=NOT_FETCHED, hint=hint) from None
