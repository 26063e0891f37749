"""`gitops-audit policy`: what the policies are, and whether they pass their own tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click
import orjson
from rich import box
from rich.table import Table

from gitops_audit.cli import console
from gitops_audit.cli.group import Group
from gitops_audit.cli.options import configuration
from gitops_audit.cli.redaction import redactor_for
from gitops_audit.config.load import load
from gitops_audit.config.settings import PolicyRef
from gitops_audit.config.suggest import did_you_mean
from gitops_audit.errors import PolicyError
from gitops_audit.manifest.file import load as load_manifests
from gitops_audit.model.known_secret import KnownSecrets
from gitops_audit.model.mask import Mask
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.contract import Policy
from gitops_audit.policy.declared import as_admitted
from gitops_audit.policy.explain import explain as explain_policy
from gitops_audit.policy.form.own.policy_test import GivenWorld, subject_of
from gitops_audit.policy.load import pack as packs
from gitops_audit.policy.load.file import data_of
from gitops_audit.policy.load.policies import load_all
from gitops_audit.policy.testing import TestReport, TestRow, run
from gitops_audit.policy.testing.files import as_applied

_CONFIG = click.option(
    "-c", "--config", "config_path", type=click.Path(path_type=Path), help="the policies of this configuration"
)
_PATHS = click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))


@click.group(cls=Group)
def policy() -> None:
    """Policies: list, explain, test."""


@policy.command("list")
@_CONFIG
@click.option("--packs", "is_shipped", is_flag=True, help="the packs that ship with the tool instead")
@_PATHS
def list_policies(config_path: Path | None, is_shipped: bool, paths: tuple[Path, ...]) -> None:
    """List the policies of the configuration, or under PATHS."""
    listed = _policies(config_path, paths, is_shipped=is_shipped)
    if not listed:
        console.echo("the configuration names no policies; `gitops-audit policy list --packs` lists those that ship")
        return
    table = Table("policy", "form", "severity", "category", "title", box=box.SIMPLE_HEAD, pad_edge=False)
    for about in (found.metadata for found in listed):
        table.add_row(about.name, about.form, str(about.severity), about.category, about.title)
    console.table(table)


@policy.command()
@_CONFIG
@click.argument("name")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--resource", "file", type=click.Path(path_type=Path, exists=True), help="and how it judges this manifest"
)
def explain(config_path: Path | None, name: str, paths: tuple[Path, ...], file: Path | None) -> None:
    """Say what the policy NAME asks, why, and how to comply; looks in the shipped packs too.

    With --resource, show the result for each object of a manifest and the value of every part of the expressions.
    """
    found = {p.metadata.name: p for p in _policies(None, (), is_shipped=True)}
    if paths or config_path:
        found |= {p.metadata.name: p for p in _policies(config_path, paths, is_shipped=False)}
    if name not in found:
        raise PolicyError(f"there is no policy {name!r}", code="GA407", hint=did_you_mean(name, found) or "see `list`")
    for line in _explained(found[name]):
        console.echo(line)
    for line in _decided(found[name], file, redactor_for(config_path, file, KnownSecrets())) if file else ():
        console.echo(line)


@policy.command("test")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "is_json", is_flag=True, help="print JSON instead of a table")
@click.option("-v", "--verbose", is_flag=True, help="also the tests that pass")
def test_policies(paths: tuple[Path, ...], is_json: bool, verbose: bool) -> None:
    """Run the tests under PATHS: kyverno-test.yaml files, and policies that carry `tests`. Exit code 1 if one fails."""
    report = run(paths)
    if is_json:
        console.document(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2).decode())
    else:
        _show(report, is_verbose=verbose)
    raise click.exceptions.Exit(1 if report.failed else 0)


def _policies(config_path: Path | None, paths: Sequence[Path], *, is_shipped: bool) -> Sequence[Policy]:
    if is_shipped:
        return load_all([PolicyRef(pack=name) for name in packs.names()])
    if paths:
        return load_all([PolicyRef(path=path) for path in paths])
    return load_all(load(configuration(config_path)).policies)


def _explained(found: Policy) -> Iterator[str]:
    about = found.metadata
    yield f"{about.name}: {about.title or about.form}"
    yield f"  severity {about.severity}, category {about.category or 'none'}, a {about.form} at {about.where}"
    if about.standards:
        yield f"  standards: {', '.join(about.standards)}"
    yield f"  rules: {', '.join(found.rules)}"
    if found.operations:
        operations = ", ".join(sorted(found.operations))
        yield f"  asked with a base alone (`check --base REV`), of what a change does: {operations}"
    if about.remediation:
        yield f"  to comply: {about.remediation.strip()}"


def _decided(found: Policy, file: Path, redactor: Redactor) -> Iterator[str]:
    """What the policy says of the objects of a file, Secrets as digests, and what decided.

    Objects without a namespace are judged in `default`, as kubectl would apply them.
    """
    manifests = load_manifests(data_of(file), str(file)).manifests
    bodies = tuple(as_applied(redactor.redact(m.body)) for m in manifests)
    mask = Mask.of(redactor)
    for line in _judged(found, bodies):
        yield mask.message(line)


def _judged(found: Policy, bodies: Sequence[JsonObject]) -> Iterator[str]:
    world = GivenWorld((*bodies, *_namespaces(bodies)))
    for body in bodies:
        subject = subject_of(body)
        subject = replace(subject, body=as_admitted(subject.group, subject.version, subject.kind, body))
        yield f"\n{subject.kind}/{subject.name}"
        for result in found.evaluate(subject, world):
            yield f"  {result.result}: {result.rule}{': ' + result.message if result.message else ''}"
        for explained in explain_policy(found, subject, world):
            yield f"  {explained.rule}{': ' + explained.problem if explained.problem else ''}"
            yield from (f"    {'  ' * part.depth}{part.text} = {part.value}" for part in explained.parts)


def _namespaces(bodies: Sequence[JsonObject]) -> Iterator[JsonObject]:
    """The Namespaces that the objects are in, where the file does not declare them, as a cluster makes them."""
    declared = {body["metadata"]["name"] for body in bodies if body["kind"] == "Namespace"}
    for name in {str(body["metadata"].get("namespace") or "") for body in bodies} - declared - {""}:
        metadata = {"name": name, "labels": {"kubernetes.io/metadata.name": name}}
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _show(report: TestReport, *, is_verbose: bool) -> None:
    rows = [row for row in report.rows if is_verbose or not row.is_passed]
    if rows:
        console.table(_table(rows))
    console.echo(f"{report.passed} passed, {report.failed} failed")


def _table(rows: Sequence[TestRow]) -> Table:
    table = Table("policy", "rule", "resource", "expected", "got", "where, why", box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        where = f"{row.file}:{row.line}" if row.line else row.file
        why = f"\n{row.message}" if row.message and not row.is_passed else ""
        table.add_row(row.policy, row.rule, f"{row.kind}/{row.resource}", row.expected, row.actual, where + why)
    return table
