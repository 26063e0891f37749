"""Which files of the command line this plugin takes: configurations of audits, and tests of policies."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.regular_file import open_regular

CONFIG_NAMES = ("gitops-audit.yaml", "gitops-audit.yml")
_CONFIG_KEYS = {"version", "sources"}


def invocation_path(config: pytest.Config, path: str) -> Path:
    """As pytest makes paths absolute: symbolic links stay, so that a mounted ConfigMap keeps its name."""
    return Path(os.path.abspath(config.invocation_params.dir / path))


def add_configurations(config: pytest.Config) -> None:
    """Makes the files of --gitops-config arguments of the run; alone, they are the only ones."""
    chosen = _chosen(config)
    for text, path in chosen.items():
        if not path.is_file():
            raise pytest.UsageError(f"--gitops-config: there is no file {text}")
    if chosen and config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args[:] = []
    named = set(_named(config))
    config.args.extend(str(path) for path in dict.fromkeys(chosen.values()) if path not in named)


def audited_files(config: pytest.Config) -> list[Path]:
    """The configurations this run was told to audit: a bare `pytest` has none and touches no cluster."""
    chosen = set(_chosen(config).values())
    return [p for p in dict.fromkeys(_named(config)) if p in chosen or _is_configuration(p)]


def is_policy_test(file: Path, config: pytest.Config) -> bool:
    """Whether a file may hold policy tests. Only files under a path of the command line are looked into."""
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        return False
    from gitops_audit.policy.load.holds_tests import holds_tests

    return any(file == path or path in file.parents for path in _named(config)) and holds_tests(file)


def _chosen(config: pytest.Config) -> dict[str, Path]:
    return {text: invocation_path(config, text) for text in config.getoption("--gitops-config") or ()}


def _named(config: pytest.Config) -> list[Path]:
    """The files and folders of the command line, without what follows them in node ids."""
    return [invocation_path(config, argument.partition("::")[0]) for argument in config.args]


def _is_configuration(path: Path) -> bool:
    """By its usual name, or by the keys at its top."""
    if path.suffix == ".py" or not path.is_file():
        return False
    return path.name.endswith(CONFIG_NAMES) or _has_config_keys(path)


def _has_config_keys(path: Path) -> bool:
    """Whether YAML (or JSON) has `version` and `sources` at its top. Reads no further than it must."""
    import yaml

    wanted = set(_CONFIG_KEYS)
    try:
        with open_regular(path) as file:
            for key in _top_keys(yaml.parse(file, Loader=yaml.CSafeLoader)):
                wanted.discard(key)
                if not wanted:
                    return True
    except (OSError, ValueError, yaml.YAMLError):
        return wanted != _CONFIG_KEYS  # A broken configuration is to be told as one.
    return False


def _top_keys(events: Iterable[Any]) -> Iterator[str]:
    """The keys of the mapping that a document is: every other node right below it."""
    import yaml

    depth = position = 0
    for event in events:
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth == 1 and isinstance(event, yaml.NodeEvent):
            if position % 2 == 0 and isinstance(event, yaml.ScalarEvent):
                yield event.value
            position += 1
        depth += isinstance(event, yaml.CollectionStartEvent)
