"""Whether the tools that rendered are those that `tools` wants: another version may give other objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gitops_audit.config.settings import Settings, WantedTool
from gitops_audit.engine.gather.sources import ReadSource
from gitops_audit.kube.version_range import loose_version, parse_range
from gitops_audit.model.resource import FileProblem
from gitops_audit.model.subject import Unread

WRONG_VERSION = "GA269"
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Used:
    wanted: WantedTool
    version: str
    sources: tuple[str, ...]

    @property
    def problem(self) -> FileProblem:
        more = f" and {len(self.sources) - _SHOWN} more" if len(self.sources) > _SHOWN else ""
        done = "decrypted Secrets of" if self.wanted.name == "sops" else "rendered"
        message = (
            f"{self.wanted.name} {self.version} {done} {', '.join(self.sources[:_SHOWN])}{more}, and `tools` wants "
            f"{self.wanted.range}: another version may give other objects; put that one first on the PATH, or "
            f"correct `tools` [{WRONG_VERSION}]"
        )
        return FileProblem(self.wanted.where.path, self.wanted.where.line, message, WRONG_VERSION)


def unwanted_tools(settings: Settings, cluster: str, sources: Sequence[ReadSource]) -> Iterator[Unread]:
    """One finding for a cluster, at the line of the configuration, however many sources a tool rendered."""
    found = [used for wanted in settings.tools for used in _unfit(wanted, sources)]
    if found:
        place = found[0].wanted.where.path
        yield Unread.of_file(cluster, found[0].sources[0], place, tuple(used.problem for used in found))


def _unfit(wanted: WantedTool, sources: Sequence[ReadSource]) -> Iterator[_Used]:
    by_version: dict[str, list[str]] = {}
    for source in sources:
        for name, version in source.rendered.tools:
            if name == wanted.name:
                by_version.setdefault(version, []).append(source.config.name)
    fitting = parse_range(wanted.range)
    for used, names in by_version.items():
        known = loose_version(used)
        if known is None or known not in fitting:
            yield _Used(wanted, used, tuple(names))
