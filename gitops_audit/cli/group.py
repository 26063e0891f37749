"""Groups of commands: help that is not cut, and the nearest command for one that does not exist."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

from gitops_audit.config.suggest import did_you_mean

_WHOLE = 1000


class Group(click.Group):
    """A click group that shows the whole first sentence of each command and knows what was probably meant."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, command.get_short_help_str(_WHOLE)) for name, command in commands if command is not None]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            hint = did_you_mean(name, self.list_commands(ctx))
            raise click.UsageError(f"there is no command {name!r}. {hint}".rstrip(), ctx)
        return super().resolve_command(ctx, args)


class LazyGroup(Group):
    """Imports a command (`module:name`) when it is called for."""

    modules: Mapping[str, str] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.modules:
            return None
        module, _, attribute = self.modules[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command
