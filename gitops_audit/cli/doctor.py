"""`gitops-audit doctor`: what is reachable, what may be read, which tools are there."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import click

from gitops_audit.cli import console
from gitops_audit.cli.options import configuration
from gitops_audit.config.load import load
from gitops_audit.config.settings import ClusterConfig, Settings
from gitops_audit.engine.gather.all_sources import read_all
from gitops_audit.engine.gather.clusters import reached_for_engines
from gitops_audit.engine.gather.sources import ReadSource, for_cluster
from gitops_audit.engine.options import RunOptions, narrowed
from gitops_audit.errors import AuditError
from gitops_audit.live import connect
from gitops_audit.live.access import permissions, user
from gitops_audit.live.discovery import ApiResource
from gitops_audit.live.server import ServerCluster
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import split_api_version
from gitops_audit.render.version import VERSION_ARGUMENTS
from gitops_audit.version import __version__

_PACKAGES = ("pytest", "kubernetes", "GitPython", "PyYAML", "jsonschema-rs", "cel-expr-python", "cryptography")
# (name, how it tells its version, what needs it)
_TOOLS = (
    ("git", ("--version",), "all sources"),
    ("kustomize", VERSION_ARGUMENTS["kustomize"], "kustomize sources, where kubectl is not there"),
    ("kubectl", VERSION_ARGUMENTS["kubectl"], "kustomize sources"),
    ("helm", VERSION_ARGUMENTS["helm"], "helm sources"),
)


@click.command()
@click.option("-c", "--config", "config_path", type=click.Path(path_type=Path), help="the configuration to look at")
def doctor(config_path: Path | None) -> None:
    """Check the configuration, the tools, the sources, and what the credentials may read.

    Exit code 0 when an audit can run, 2 when the configuration is wrong, 3 when something cannot be read.
    """
    _tools()
    settings = load(configuration(config_path))
    console.echo(f"configuration: {settings.path}")
    placed = narrowed(settings, RunOptions())
    with reached_for_engines(placed) as reached:
        sources = read_all(placed, RunOptions(), reached)
    failures = [_source(source) for source in sources]
    failures += [_cluster(config, for_cluster(sources, config.name), settings) for config in settings.clusters]
    if not settings.clusters:
        console.echo("clusters: none, so only the declared state is audited")
    for source in sources:
        source.close()
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
        f"{len(rendered.manifests)} objects, {len(rendered.problems)} problems, {len(rendered.ignored)} other files"
    )
    console.echo(f"source {info.name}: {info.repo} at {info.revision} ({commit}): {counts}")
    return bool(rendered.problems)


def _cluster(config: ClusterConfig, sources: Sequence[ReadSource], settings: Settings) -> bool:
    try:
        cluster = connect(config, redactor=Redactor(rules=settings.redact))
    except AuditError as error:
        console.echo(f"cluster {config.name}: NOT REACHED: {error}")
        return True
    name = user(cluster) if isinstance(cluster, ServerCluster) else ""
    with_user = f" as {name}" if name else ""
    console.echo(f"cluster {config.name}: {cluster.server}, Kubernetes {cluster.version or 'unknown'}{with_user}")
    try:
        return _rights(cluster, sources) if isinstance(cluster, ServerCluster) else False
    finally:
        cluster.close()


def _rights(cluster: ServerCluster, sources: Sequence[ReadSource]) -> bool:
    kinds, unserved = _kinds(cluster, sources)
    for name in sorted(unserved):
        console.echo(f"  {name}: not served by this cluster")
    namespaces = sorted(set(_namespaces(sources)))
    is_wanting = bool(unserved)
    for row in permissions(cluster, sorted(kinds, key=lambda api: api.full_name), namespaces):
        where = f" in {row.namespace}" if row.namespace else ""
        may_read = "may be listed" if row.can_list else "may be read one by one" if row.can_get else "MAY NOT BE READ"
        confirm = "" if row.can_patch else "; no dry run (patch is not allowed), so drift is not confirmed"
        console.echo(f"  {row.api.full_name}{where}: {may_read}{confirm}")
        is_wanting |= not (row.can_list or row.can_get)
    return is_wanting


def _kinds(cluster: ServerCluster, sources: Sequence[ReadSource]) -> tuple[set[ApiResource], set[str]]:
    found, unserved = set(), set()
    for body in (m.body for s in sources for m in s.rendered.manifests):
        group, api_version = split_api_version(str(body["apiVersion"]))
        api = cluster.discovery.resource(group, api_version, str(body["kind"]))
        if api is None:
            unserved.add(f"{body['kind']} of {body['apiVersion']}")
        else:
            found.add(api)
    return found, unserved


def _namespaces(sources: Sequence[ReadSource]) -> Iterator[str]:
    for source in sources:
        for manifest in source.rendered.manifests:
            yield str((manifest.body.get("metadata") or {}).get("namespace") or source.config.namespace or "default")
