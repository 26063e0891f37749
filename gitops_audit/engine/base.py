"""A change against its base: the same audit twice, of the commit it starts from and of what it comes to.

The findings of the base are what is known before the change. Both sides are compared with the same clusters: what only
the change makes differ from a cluster is what it will deploy, and no drift.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from gitops_audit.config import document
from gitops_audit.config.settings import Settings, SourceConfig
from gitops_audit.engine.audit import Audit
from gitops_audit.engine.events import Judged, OnProgress
from gitops_audit.engine.options import RunOptions
from gitops_audit.errors import ConfigError
from gitops_audit.lifetime import temporary_tree
from gitops_audit.model.baseline import Baseline, KnownFinding
from gitops_audit.model.printable import printable
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared, JsonObject, mapping
from gitops_audit.source.command import GitFailedError
from gitops_audit.source.repository import Repository, open_local
from gitops_audit.source.revision import merge_base, pinned

NO_OWN_SOURCE = "GA139"

Place = tuple[str, str]
"""A cluster, and a resource as people read it."""


@dataclass(frozen=True, slots=True)
class Base:
    """What the base came to. `settings` are those of the change: its sources of this repository at its revision.

    `redactor` made the tokens of the base, so that a Secret that did not change has the same ones. `declared` are the
    objects of the base, with the source of each, as they may be shown; `before` are the same as they are, of all
    shards.
    """

    revision: str
    commit: str
    settings: Settings
    redactor: Redactor
    known: Baseline
    declared: Mapping[Place, tuple[str, JsonObject]]
    before: Mapping[Place, Declared]
    notes: tuple[str, ...] = ()

    def audit(self, options: RunOptions) -> Audit:
        """That of the change, which knows what the base came to."""
        return Audit(self.settings, replace(options, revision=None), self.known, self.redactor, self.before)


def audited(settings: Settings, options: RunOptions, revision: str, today: date) -> Base:
    """Audits the commit in which the checked-out one and `revision` have their last common state.

    Raises AuditError where the revision is not there, or (GA139) no source is read from this repository.
    """
    repository = open_local(settings.path.absolute().parent)
    head = options.revision or "HEAD"
    base = pinned(repository, revision)
    commit = base if head == "worktree" else merge_base(repository, base, pinned(repository, head))
    own = [s.name for s in settings.sources if _is_own(s, settings, repository)]
    if not own:
        hint = "audit the change where the manifests are, or leave --base out"
        raise ConfigError("no source is read from this repository", code=NO_OWN_SOURCE, hint=hint)
    before, after = _at(settings, own, commit), _at(settings, own, head)
    options = replace(options, revision=None)
    audit = Audit(before, replace(options, on_progress=_told(options.on_progress)))
    try:
        audit.prepare()
        verdicts = [event.verdict for event in audit.run() if isinstance(event, Judged)]
        declared = declared_by_place(audit)
        whole = {(r.key.cluster, r.title): r for r in audit.inventory if isinstance(r, Declared)}
        notes = (*_notes(audit, revision), *_dropped(settings, repository, commit))
    finally:
        audit.close()
    entries = [
        KnownFinding.of(verdict, finding, "", "9999-12-31", "")
        for verdict in verdicts
        for finding in verdict.findings
        if finding.waiver is None and finding.result in ("fail", "warn")
    ]
    known = replace(Baseline.of(f"{revision} ({commit[:10]})", entries, today), is_base=True)
    return Base(revision, commit, after, audit.redactor, known, declared, whole, notes)


def declared_by_place(audit: Audit) -> Mapping[Place, tuple[str, JsonObject]]:
    """The declared objects of an audit, each with its source."""
    return {
        (r.key.cluster, printable(r.title)): (r.source, audit.declared(r))
        for r in audit.resources
        if isinstance(r, Declared)
    }


def _notes(audit: Audit, revision: str) -> Iterator[str]:
    """A source that cannot be read at the base may be new there; or else nobody knows what the change adds to it."""
    for source in audit.info.sources:
        if not source.repo:
            yield f"source {source.name} cannot be read at the base {revision}: all that is found in it counts as new"


def _dropped(settings: Settings, repository: Repository, commit: str) -> Iterator[str]:
    """A source that only the base's own configuration has is audited on neither side."""
    path = settings.path.absolute().resolve()
    root = repository.root and repository.root.resolve()
    if root is None or not path.is_relative_to(root):
        return
    with temporary_tree() as folder, suppress(GitFailedError, ConfigError):
        before = folder / path.name
        before.write_bytes(repository.git.output("show", f"{commit}:{path.relative_to(root).as_posix()}"))
        found = mapping(document.read(before).value).get("sources")
        names = [str(mapping(one).get("name", "")) for one in found] if isinstance(found, list) else []
        for name in sorted({*names} - {source.name for source in settings.sources} - {""}):
            yield (
                f"source {printable(name)} was in the configuration of the base and is no more: what the change "
                "removes with it was not judged (audit it once more, with `sources` as they were)"
            )


def _at(settings: Settings, own: list[str], revision: str) -> Settings:
    sources = (replace(s, revision=revision) if s.name in own else s for s in settings.sources)
    return replace(settings, sources=tuple(sources), baseline=None, fail_on_new=False)


def _is_own(source: SourceConfig, settings: Settings, repository: Repository) -> bool:
    if not source.repo:
        return True
    path = settings.path.absolute().parent / Path(source.repo)
    return path.is_dir() and open_local(path).git_dir == repository.git_dir


def _told(on_progress: OnProgress | None) -> OnProgress | None:
    return None if on_progress is None else lambda stage: on_progress(replace(stage, verb=f"base: {stage.verb}"))
