"""Reference pages whose only source is the code: options, keys of the configuration, the Python API.

`write` makes them anew for each build of the site; they are never committed.
"""

from __future__ import annotations

import inspect
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import gitops_audit
from gitops_audit.cli.main import cli
from gitops_audit.config.schema import schema
from gitops_audit.pytest_plugin import options

_Node = dict[str, Any]


def write(folder: Path) -> None:
    """Fills the folder with one page for each entry of `_PAGES`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, (title, lines) in _PAGES.items():
        page = "\n".join((f"# {title}", "", *lines()))
        (folder / f"{name}.md").write_text(page + "\n", encoding="utf-8")


def _commands() -> Iterator[str]:
    yield "What `gitops-audit COMMAND --help` prints. What it means is in [command line](../reference/command-line.md)."
    yield from _help(cli, click.Context(cli, info_name="gitops-audit"))


def _help(command: click.Command, context: click.Context) -> Iterator[str]:
    """A heading and the help of a command, then those of its commands."""
    yield from ("", f"## {context.command_path}", "", "```text", command.get_help(context), "```")
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from _help(inner, click.Context(inner, info_name=name, parent=context))


def _pytest_options() -> Iterator[str]:
    yield "What `pytest --help` prints of the plugin. What it means is in [pytest](../reference/pytest.md)."
    yield from ("", "| option | meaning |", "|---|---|")
    parser = pytest.Parser(_ispytest=True)
    options.add(parser)
    for option in parser.getgroup("gitops-audit").options:
        attributes = option.attrs()
        value = attributes.get("metavar") or "|".join(attributes.get("choices") or ())
        written = f"{option.names()[0]}={value}" if value else option.names()[0]
        yield _row(f"`{written}`", attributes["help"])


def _configuration() -> Iterator[str]:
    whole = schema()
    yield "Each key of `gitops-audit.yaml`, as its JSON Schema (`gitops-audit config schema`) has it. "
    yield "Examples and details are in [configuration](../reference/configuration.md)."
    yield from _section("The file", whole)
    for name, node in whole["$defs"].items():
        if "properties" in node:
            yield from _section(name, node)


def _section(title: str, node: _Node) -> Iterator[str]:
    yield from ("", f"## {title}", "", "| key | value | default | meaning |", "|---|---|---|---|")
    for path, key in _keys(node, ""):
        default = f"`{json.dumps(key['default'])}`" if "default" in key else ""
        yield _row(f"`{path}`", _value(key), default, key.get("description", "").replace("*", r"\*"))


def _keys(node: _Node, prefix: str) -> Iterator[tuple[str, _Node]]:
    for name, key in node.get("properties", {}).items():
        yield prefix + name, key
        yield from _keys(key, f"{prefix}{name}.")


def _value(key: _Node) -> str:
    """What may stand there: a definition's name, choices, or a type."""
    if "$ref" in key:
        return str(key["$ref"]).rpartition("/")[2]
    if "enum" in key:
        return ", ".join(f"`{choice}`" for choice in key["enum"])
    if "const" in key:
        return f"`{json.dumps(key['const'])}`"
    if "items" in key:
        return f"list of {_value(key['items'])}"
    return str(key.get("type", "any"))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _api() -> Iterator[str]:
    """What `gitops_audit.__all__` names; a name that is not there is private."""
    yield gitops_audit.__doc__ or ""
    for name in getattr(gitops_audit, "__all__", ()):
        directive = _directive(getattr(gitops_audit, name))
        yield from ("", f"## {name}", "", "```{eval-rst}", f".. {directive}:: gitops_audit.{name}")
        yield from (*(("   :members:",) if directive != "autofunction" else ()), "```")


def _directive(member: object) -> str:
    if inspect.isclass(member):
        return "autoexception" if issubclass(member, BaseException) else "autoclass"
    return "autofunction" if callable(member) else "autodata"


_PAGES: dict[str, tuple[str, Callable[[], Iterator[str]]]] = {
    "commands": ("Options of all commands", _commands),
    "pytest-options": ("Options of the pytest plugin", _pytest_options),
    "configuration-keys": ("Keys of the configuration", _configuration),
    "python-api": ("Python API, from the docstrings", _api),
}
