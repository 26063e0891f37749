"""Whether a source is the same on all its clusters.

What is declared may differ between them on purpose (values, overlays): each object is compared with its own
declaration, and only how it differs from that is compared across clusters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from gitops_audit.model.check import DRIFT
from gitops_audit.model.finding import Finding
from gitops_audit.model.how_many import how_many
from gitops_audit.model.resource import Declared
from gitops_audit.model.subject import Subject
from gitops_audit.model.verdict import Verdict

_SHOWN = 5
_FIELDS = 3

Place = tuple[str, str]
"""A source and an object that it declares."""
Differences = Mapping[str, tuple[object, object]]
"""How an object differs from its declaration: the declared and the live value of each field, by its path."""
_NONE: Differences = {}


class Consistency:
    """The drift of objects that a source declares for more than one cluster."""

    def __init__(self, inventory: Iterable[Subject]) -> None:
        self._clusters: dict[Place, set[str]] = {}
        declared = [subject for subject in inventory if isinstance(subject, Declared)]
        if len({subject.key.cluster for subject in declared}) > 1:
            for subject in declared:
                self._clusters.setdefault((subject.source, subject.title), set()).add(subject.key.cluster)
        self._clusters = {place: names for place, names in self._clusters.items() if len(names) > 1}
        self._found: dict[Place, dict[str, Differences]] = {}

    def add(self, verdict: Verdict) -> None:
        """One that was compared. Of a single cluster there is nothing to compare it with."""
        if not self._clusters:
            return
        place = verdict.subject.source, verdict.subject.title
        if place in self._clusters and verdict.is_compared:
            findings = [f for f in verdict.findings if f.check == DRIFT and f.waiver is None and f.result != "skip"]
            differences = {f.path or f.rule: _values(f) for f in findings} if findings else _NONE
            self._found.setdefault(place, {})[verdict.subject.key.cluster] = differences

    def notes(self) -> Iterator[str]:
        """A sentence for each source that is not the same everywhere."""
        by_source: dict[str, dict[str, Mapping[str, Differences]]] = {}
        for (source, title), found in self._found.items():
            if len(found) > 1:
                by_source.setdefault(source, {})[title] = found
        for source, objects in by_source.items():
            unequal = [_told(title, found) for title, found in objects.items() if not _is_equal(found.values())]
            if unequal:
                more = f" and {len(unequal) - _SHOWN} more" if len(unequal) > _SHOWN else ""
                differ = "differs" if len(unequal) == 1 else "differ"
                yield (
                    f"source {source} is not the same on all its clusters: {len(unequal)} of "
                    f"{how_many(len(objects), 'object')} {differ}: {'; '.join(unequal[:_SHOWN])}{more}"
                )


def _values(finding: Finding) -> tuple[object, object]:
    return (finding.change.declared, finding.change.live) if finding.change is not None else (None, None)


def _is_equal(found: Collection[Differences]) -> bool:
    first, *others = found
    return all(first.keys() == other.keys() and all(_is_same(path, first, other) for path in first) for other in others)


def _is_same(path: str, one: Differences, other: Differences) -> bool:
    """Where the declarations differ on purpose, so may the values that stand in place of them."""
    if path not in one or path not in other:
        return (path in one) == (path in other)
    (declared, live), (other_declared, other_live) = one[path], other[path]
    return live == other_live or declared != other_declared


def _told(title: str, found: Mapping[str, Differences]) -> str:
    """`Deployment.apps/shop/web (spec.replicas on eu)`."""
    on: dict[str, list[str]] = {}
    for cluster, differences in found.items():
        for path in differences:
            if not all(_is_same(path, differences, other) for other in found.values()):
                on.setdefault(cluster, []).append(path)
    parts = [f"{_few(paths)} on {cluster}" for cluster, paths in on.items()]
    return f"{title} ({'; '.join(parts[:_SHOWN])})"


def _few(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _FIELDS} more" if len(paths) > _FIELDS else ""
    return f"{', '.join(paths[:_FIELDS])}{more}"
