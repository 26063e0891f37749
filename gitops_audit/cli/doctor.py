"""`gitops-audit doctor`: what is reachable, what may be read, which tools are there."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import click

from gitops_audit.cli import console
from gitops_audit.cli.options import configuration
from gitops_audit.config.load import load
from gitops_audit.config.settings import ClusterConfig, Settings
from gitops_audit.engine.audit import Audit
from gitops_audit.engine.coverage import Coverage, coverage
from gitops_audit.engine.events import Finished, Judged
from gitops_audit.engine.gather.sources import ReadSource, for_cluster
from gitops_audit.errors import AuditError
from gitops_audit.live import connect
from gitops_audit.live.access import Permission, permissions, user
from gitops_audit.live.server import ServerCluster
from gitops_audit.model.how_many import how_many
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared
from gitops_audit.model.result import Summary, is_answer
from gitops_audit.model.subject import OFFLINE_CLUSTER, Subject, Unread
from gitops_audit.model.verdict import Verdict
from gitops_audit.render.version import VERSION_ARGUMENTS
from gitops_audit.version import __version__

_REASONS = 20
_PACKAGES = ("pytest", "kubernetes", "GitPython", "PyYAML", "jsonschema-rs", "cel-expr-python", "cryptography")
# (name, how it tells its version, what needs it)
_TOOLS = (
    ("git", ("--version",), "all sources"),
    ("kustomize", VERSION_ARGUMENTS["kustomize"], "kustomize sources, where kubectl is not there"),
    ("kubectl", VERSION_ARGUMENTS["kubectl"], "kustomize sources"),
    ("helm", VERSION_ARGUMENTS["helm"], "helm sources"),
    ("sops", VERSION_ARGUMENTS["sops"], "Secrets encrypted by SOPS, with `secrets: {sops: true}`"),
)


@click.command()
@click.option("-c", "--config", "config_path", type=click.Path(path_type=Path), help="the configuration to look at")
def doctor(config_path: Path | None) -> None:
    """Check the configuration, the tools, the sources, and how much of what is declared an audit would look at.

    Exit code 0 when an audit can run, 2 when the configuration is wrong, 3 when something cannot be read, or nothing of
    a source would be evaluated: what `check` would end with 3 for.
    """
    _tools()
    settings = load(configuration(config_path))
    console.echo(f"configuration: {settings.path}")
    with closing(Audit(settings)) as audit:
        audit.prepare()
        failures = [_source(source) for source in audit.sources]
        for config in settings.clusters:
            subjects = [subject for subject in audit.inventory if subject.key.cluster == config.name]
            failures.append(_cluster(config, subjects, audit, settings))
        if not settings.clusters:
            console.echo("clusters: none, so only the declared state is audited")
            failures.append(_judged(audit, audit.inventory, _unfollowed(audit, OFFLINE_CLUSTER), is_compared=False))
    raise click.exceptions.Exit(3 if any(failures) else 0)


def _tools() -> None:
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    console.echo(f"gitops-audit {__version__} on Python {platform.python_version()}; {packages}")
    for name, arguments, purpose in _TOOLS:
        path = shutil.which(name)
        console.echo(f"tool {name}: {_first_line([path, *arguments]) if path else f'not there (for {purpose})'}")


def _first_line(argv: Sequence[str]) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603 - fixed words
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"does not run: {type(error).__name__}"
    return next(iter(done.stdout.splitlines()), "there")


def _source(source: ReadSource) -> bool:
    """Tells about one source; gives whether something is wrong."""
    if source.error is not None:
        console.echo(f"source {source.config.name}: NOT READ: {source.error}")
        return True
    info, rendered = source.info, source.rendered
    commit = info.commit[:10] or "work tree"
    counts = (
        f"{how_many(len(rendered.manifests), 'object')}, {how_many(len(rendered.problems), 'problem')}, "
        f"{how_many(len(rendered.ignored), 'other file')}"
    )
    console.echo(f"source {info.name}: {info.repo} at {info.revision} ({commit}): {counts}")
    return bool(rendered.problems)


def _unfollowed(audit: Audit, cluster: str) -> list[str]:
    """Why each object of an engine is not followed, of those that are for a cluster."""
    sources = audit.sources if cluster == OFFLINE_CLUSTER else for_cluster(audit.sources, cluster)
    return [f"{one.kind} that is not rendered: {one.reason}" for source in sources for one in source.unfollowed]


def _judged(audit: Audit, subjects: Sequence[Subject], unfollowed: Sequence[str], *, is_compared: bool) -> bool:
    """Tells how much an audit evaluates where no server has to be asked; gives whether it ends with 3."""
    verdicts: dict[str, Verdict] = {}
    summary = Summary()
    for event in audit.run(subjects):
        if isinstance(event, Judged):
            verdicts[event.verdict.subject.id] = event.verdict
        elif isinstance(event, Finished):
            summary = event.summary

    def unanswered(resource: Declared) -> str:
        return _unanswered(verdicts[resource.id])

    _covered(coverage(subjects, unfollowed, unanswered, is_compared=is_compared))
    for sentence in summary.unevaluated:
        console.echo(f"  {sentence}")
    return summary.exit_code == 3


def _unanswered(verdict: Verdict) -> str:
    """Why nobody knows how a resource is; empty where a check came to an answer."""
    failed = next((f.message for f in verdict.findings if f.result == "error"), "")
    return failed.partition("\n")[0] or ("" if is_answer(verdict) else verdict.skip_reason)


def _cluster(config: ClusterConfig, subjects: Sequence[Subject], audit: Audit, settings: Settings) -> bool:
    """Tells about one cluster; gives whether something of it, or what is declared for it, cannot be read."""
    unfollowed = _unfollowed(audit, config.name)
    try:
        cluster = connect(config, redactor=Redactor(rules=settings.redact))
    except AuditError as error:
        console.echo(f"cluster {config.name}: NOT REACHED: {error}")
        _covered(coverage(subjects, unfollowed, lambda _: "the cluster was not reached"))
        return True
    name = user(cluster) if isinstance(cluster, ServerCluster) else ""
    with_user = f" as {name}" if name else ""
    console.echo(f"cluster {config.name}: {cluster.server}, Kubernetes {cluster.version or 'unknown'}{with_user}")
    if not isinstance(cluster, ServerCluster):
        cluster.close()
        return _judged(audit, subjects, unfollowed, is_compared=True)
    try:
        unreadable = _rights(cluster, subjects)
    finally:
        cluster.close()
    _covered(coverage(subjects, unfollowed, lambda resource: unreadable.get(resource.id, "")))
    return bool(unreadable) or not subjects or any(map(_is_broken, subjects))


def _is_broken(subject: Subject) -> bool:
    """Whether an audit cannot read it, or not know which of several is meant."""
    return subject.error is not None if isinstance(subject, Declared | Unread) else False


def _covered(found: Coverage) -> None:
    if not found.declared:
        console.echo("  nothing is declared for it")
        return
    console.echo(
        f"  an audit would look at {found.covered} of {how_many(found.declared, 'declared object')} ({found.percent} %)"
    )
    for reason, count in found.left_out[:_REASONS]:
        console.echo(f"    {count} {'is' if count == 1 else 'are'} left out: {reason}")
    if len(found.left_out) > _REASONS:
        rest = sum(count for _, count in found.left_out[_REASONS:])
        console.echo(f"    {rest} more left out for {how_many(len(found.left_out) - _REASONS, 'other reason')}")


def _rights(cluster: ServerCluster, subjects: Sequence[Subject]) -> dict[str, str]:
    """Tells what the credentials may read; gives why resources, by their id, cannot be read."""
    declared = [subject for subject in subjects if isinstance(subject, Declared)]
    apis = {r.id: cluster.discovery.resource(r.key.group, r.version, r.key.kind) for r in declared}
    unreadable = {
        r.id: f"{r.key.kind} of {r.api_version} is not served by this cluster" for r in declared if apis[r.id] is None
    }
    for reason in sorted(set(unreadable.values())):
        console.echo(f"  {reason}")
    namespaces = sorted({r.key.namespace for r in declared if r.key.namespace})
    kinds = sorted({api for api in apis.values() if api is not None}, key=lambda api: api.full_name)
    rows = permissions(cluster, kinds, namespaces)
    for row in rows:
        console.echo(f"  {_shown(row)}")
    readable = {(row.api, row.namespace) for row in rows if row.can_list or row.can_get}
    for resource in declared:
        api = apis[resource.id]
        if api is not None and not readable & {(api, ""), (api, resource.key.namespace)}:
            unreadable[resource.id] = f"{api.full_name} may not be read"
    return unreadable


def _shown(row: Permission) -> str:
    where = f" in {row.namespace}" if row.namespace else ""
    may_read = "may be listed" if row.can_list else "may be read one by one" if row.can_get else "MAY NOT BE READ"
    confirm = "" if row.can_patch else "; no dry run (patch is not allowed), so drift is not confirmed"
    return f"{row.api.full_name}{where}: {may_read}{confirm}"
