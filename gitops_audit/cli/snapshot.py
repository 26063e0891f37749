"""`gitops-audit snapshot`: record a cluster into a file that an audit can run from."""

from __future__ import annotations

from pathlib import Path

import click

from gitops_audit.cli import console
from gitops_audit.cli.options import configuration
from gitops_audit.cli.redaction import redactor_for
from gitops_audit.config.load import load
from gitops_audit.config.settings import ClusterConfig
from gitops_audit.errors import ConfigError
from gitops_audit.live.recording import Recorded, record_all
from gitops_audit.live.server import ServerCluster
from gitops_audit.model.how_many import how_many
from gitops_audit.model.redact import Redactor


@click.command()
@click.argument("output", type=click.Path(path_type=Path))
@click.option(
    "-c", "--config", "config_path", type=click.Path(path_type=Path), help="the configuration with the cluster"
)
@click.option("--cluster", "name", metavar="NAME", help="which cluster of the configuration")
@click.option("--context", metavar="NAME", help="a kubeconfig context instead of a configured cluster")
@click.option("--kubeconfig", metavar="FILE", default="", help="another kubeconfig, with --context")
@click.option("-n", "--namespace", "namespaces", multiple=True, help="only these namespaces (repeatable)")
def snapshot(
    output: Path,
    config_path: Path | None,
    name: str | None,
    context: str | None,
    kubeconfig: str,
    namespaces: tuple[str, ...],
) -> None:
    """Record the objects, discovery and schemas of a cluster into OUTPUT (.json.gz), Secrets as digests.

    Audit it with `gitops-audit check --snapshot OUTPUT` or `clusters: {NAME: {snapshot: OUTPUT}}`.
    """
    if context or kubeconfig:
        redactor = redactor_for(config_path)
        config = ClusterConfig(name=context or "current", context=context or "", kubeconfig=kubeconfig)
    else:
        config, redactor = _configured(config_path, name)
    cluster = ServerCluster.connect(config, redactor)
    try:
        recorded = record_all(cluster, output, namespaces)
    finally:
        cluster.close()
    _tell(recorded)
    raise click.exceptions.Exit(3 if recorded.problems else 0)


def _configured(path: Path | None, name: str | None) -> tuple[ClusterConfig, Redactor]:
    settings = load(configuration(path))
    found = [c for c in settings.clusters if c.snapshot is None and name in (None, c.name)]
    if len(found) != 1:
        names = ", ".join(c.name for c in settings.clusters) or "none"
        raise ConfigError("which cluster?", code="GA124", hint=f"give --cluster NAME; configured: {names}")
    return found[0], Redactor(rules=settings.redact)


def _tell(recorded: Recorded) -> None:
    console.echo(f"{how_many(recorded.objects, 'object')} recorded in {recorded.path}")
    for problem in recorded.problems:
        console.complain(f"not recorded: {problem.message} [{problem.code}]")
