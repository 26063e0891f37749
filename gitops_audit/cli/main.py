"""The command line. Commands are imported when they are called: `--help` and completion stay fast."""

from __future__ import annotations

import sys

import click

from gitops_audit.cli import console
from gitops_audit.cli.group import LazyGroup
from gitops_audit.errors import AuditError
from gitops_audit.lifetime import Interrupted, ended_by_signals
from gitops_audit.version import __version__

_COMMANDS = {
    "check": "gitops_audit.cli.check:check",
    "diff": "gitops_audit.cli.check:diff",
    "list": "gitops_audit.cli.inventory:list_resources",
    "render": "gitops_audit.cli.render:render",
    "snapshot": "gitops_audit.cli.snapshot:snapshot",
    "policy": "gitops_audit.cli.policy:policy",
    "config": "gitops_audit.cli.config:config",
    "doctor": "gitops_audit.cli.doctor:doctor",
    "baseline": "gitops_audit.cli.baseline:baseline",
    "report": "gitops_audit.cli.report:report",
    "remediate": "gitops_audit.cli.remediate:remediate",
    "demo": "gitops_audit.cli.demo:demo",
}


class _Commands(LazyGroup):
    modules = _COMMANDS

    def invoke(self, ctx: click.Context) -> object:
        """Before click sees it: click would exit with 1 for a closed pipe."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            console.discard_output()
            return console.CLOSED_PIPE


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="gitops-audit")
def cli() -> None:
    """Audit Kubernetes clusters against Git: drift and policy findings, with the evidence.

    Exit codes: 0 clean, 1 findings, 2 usage or configuration, 3 something could not be read,
    141 the reader of the output went away.
    """


def main() -> None:
    """The console script. A user's mistake ends in a sentence and an exit code, never in a traceback."""
    console.prepare_streams()
    try:
        with ended_by_signals():
            sys.exit(cli.main(standalone_mode=False) or 0)
    except click.exceptions.Exit as exit_:
        sys.exit(exit_.exit_code)
    except (click.Abort, KeyboardInterrupt) as error:
        interrupted = error.__cause__ if isinstance(error, click.Abort) else error
        console.complain(str(interrupted or "") or "interrupted")
        for note in getattr(interrupted, "__notes__", ()):
            console.complain(note)
        sys.exit(interrupted.exit_code if isinstance(interrupted, Interrupted) else 130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except AuditError as error:
        console.complain(f"error: {error}")
        if error.code == console.CANNOT_PRINT:
            console.discard_output()
        sys.exit(error.exit_code)
    except Exception as error:
        from gitops_audit.engine.shield import internal_error

        bug = internal_error(error)
        console.complain(f"error: {bug}")
        sys.exit(bug.exit_code)
