"""Folders of environments, as they are usually called."""

from __future__ import annotations

import re

_ENVIRONMENT = re.compile(r"(prod|live|staging|dev|test|qa|uat|preprod|sandbox|canary|preview)([-_.]?\d+|[-_.].+)?")
_ALSO_CALLED = {
    "production": "prod",
    "stage": "staging",
    "stg": "staging",
    "development": "dev",
    "devel": "dev",
    "testing": "test",
}


def environment_of(path: str) -> str:
    """The folder of a path that is named after an environment; empty where none is."""
    return next((part for part in path.split("/") if _ENVIRONMENT.fullmatch(called(part))), "")


def called(environment: str) -> str:
    """One name for what has several: `prod` for `production`."""
    return _ALSO_CALLED.get(environment, environment)
