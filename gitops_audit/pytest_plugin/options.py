"""The plugin's command-line options, and what they mean to the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops_audit.engine.option import BASE, OPTIONS, Option
from gitops_audit.pytest_plugin.arguments import invocation_path
from gitops_audit.report.registry import FORMATS, PUSH_HELP

if TYPE_CHECKING:
    from gitops_audit.engine.events import OnProgress
    from gitops_audit.engine.options import RunOptions
    from gitops_audit.pytest_plugin.session import AuditSession

SESSION: pytest.StashKey[AuditSession] = pytest.StashKey()


def add(parser: pytest.Parser) -> None:
    group = parser.getgroup("gitops-audit", "audit Kubernetes clusters against Git")
    group.addoption(
        "--gitops-config", metavar="FILE", action="append", help="audit what this configuration declares (repeatable)"
    )
    for option in (*OPTIONS, BASE):
        _add(group, option)
    group.addoption("--gitops-split-checks", action="store_true", help="one test per resource and check")
    for format_ in FORMATS.values():
        group.addoption(f"--gitops-{format_.name}", metavar="FILE", help=format_.help)
        for choice in format_.choices:
            told = f"{choice.help} (default: {choice.values[0]})"
            group.addoption(f"--gitops-{format_.name}-{choice.name}", choices=choice.values, help=told)
    group.addoption("--gitops-push-metrics", metavar="URL", help=PUSH_HELP)
    group.addoption(
        "--gitops-remediate", choices=("plan", "apply"), help="plan what would repair the drift, or repair it"
    )
    group.addoption(
        "--gitops-plan", metavar="FILE", help="write the plan there; with --gitops-approve: the plan to apply"
    )
    group.addoption("--gitops-approve", metavar="DIGEST", help="apply the plan of --gitops-plan, if it is this one")


def _add(group: pytest.OptionGroup, option: Option) -> None:
    name = f"--gitops-{option.name}"
    if option.is_flag:
        group.addoption(name, action="store_true", help=option.help)
    elif option.choices:
        group.addoption(name, choices=option.choices, help=option.help)
    elif option.is_repeatable:
        group.addoption(name, metavar=option.metavar, action="append", help=f"{option.help} (repeatable)")
    else:
        group.addoption(name, metavar=option.metavar, help=option.help)


def run_options(config: pytest.Config, on_progress: OnProgress | None = None) -> RunOptions:
    """The engine's view of the command line. Raises ConfigError."""
    from gitops_audit.engine.options import RunOptions

    values = {option.key: config.getoption(f"--gitops-{option.name}") for option in OPTIONS}
    is_verbose = config.get_verbosity() > 0
    return RunOptions.of(values, lambda path: invocation_path(config, path), on_progress, is_verbose=is_verbose)
