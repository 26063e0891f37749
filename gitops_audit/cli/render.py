"""`gitops-audit render`: the declared objects as the audit sees them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import orjson
import yaml

from gitops_audit.cli import console
from gitops_audit.cli.options import configuration
from gitops_audit.cli.redaction import redacted, redactor_for
from gitops_audit.config.load import load
from gitops_audit.config.settings import WORKTREE, SourceConfig
from gitops_audit.engine.gather.all_sources import read_all
from gitops_audit.engine.gather.clusters import reached_for_engines
from gitops_audit.engine.gather.sources import ReadSource, read
from gitops_audit.engine.options import RunOptions, narrowed
from gitops_audit.model.known_secret import KnownSecrets
from gitops_audit.model.resource import JsonObject
from gitops_audit.source import Opener
from gitops_audit.source.folder import FolderCheckout


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path, exists=True))
@click.option(
    "-c", "--config", "config_path", type=click.Path(path_type=Path), help="render this configuration's sources"
)
@click.option("-o", "--output", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
@click.option("--source", "names", multiple=True, metavar="NAME", help="only this source (repeatable)")
def render(path: Path | None, config_path: Path | None, output: str, names: tuple[str, ...]) -> None:
    """Print what is declared under PATH as it lies there, or by the sources of the configuration.

    Secret values, and fields that the configuration redacts, are shown as digests, also where another object repeats
    them. Exit code 1 when a file is broken, 3 when a source cannot be read.
    """
    sources = [_lying_at(path)] if path else _configured(config_path, names)
    redactor = redactor_for(config_path, path, KnownSecrets())
    objects = redacted((m.body for source in sources for m in source.rendered.manifests), redactor)
    _print(objects, output)
    codes = [_report(source) for source in sources]
    for source in sources:
        source.close()
    raise click.exceptions.Exit(max(codes, default=0))


def _configured(config_path: Path | None, names: tuple[str, ...]) -> Sequence[ReadSource]:
    options = RunOptions(sources=names)
    settings = narrowed(load(configuration(config_path)), options)
    with reached_for_engines(settings) as reached:
        return read_all(settings, options, reached)


def _lying_at(path: Path) -> ReadSource:
    """What is on disk: with the rest of its repository, which a kustomization may need, or outside of any."""
    target = path.resolve()
    folder = target if target.is_dir() else target.parent
    root = next((p for p in (folder, *folder.parents) if (p / ".git").exists()), None)
    if root is None:
        return read(SourceConfig("render"), lambda: FolderCheckout(target))
    inside = target.relative_to(root).as_posix()
    config = SourceConfig("render", repo=str(root), revision=WORKTREE, path="" if inside == "." else inside)
    return read(config, lambda: Opener(root).open(config))


def _print(objects: list[JsonObject], output: str) -> None:
    if output == "json":
        console.document(orjson.dumps(objects, option=orjson.OPT_INDENT_2).decode())
    else:
        console.document(yaml.dump_all(objects, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True))


def _report(source: ReadSource) -> int:
    """Says on stderr what of a source could not be read; gives the exit code for it."""
    for problem in source.rendered.problems:
        console.complain(f"{problem.path}:{problem.line}: {problem.message} [{problem.code}]")
    if source.error is not None:
        console.complain(f"error: {source.error}")
        return 3
    return 1 if source.rendered.problems else 0
