"""Renderings by the real, pinned tools."""

from __future__ import annotations

import os

import pytest

from gitops_audit.config.settings import SourceConfig
from gitops_audit.model.resource import Rendered
from gitops_audit.render.given import ALONE, Given
from gitops_audit.render.registry import render
from tests.tools import FOLDER
from tests.unit.render.checkouts import DictCheckout

TOOLS_PATH = os.pathsep.join([str(FOLDER), os.environ.get("PATH", "")])


def rendered(
    files: dict[str, str | bytes], config: SourceConfig, patch: pytest.MonkeyPatch, given: Given = ALONE
) -> Rendered:
    """What a source of this repository declares, rendered by the real tools."""
    patch.setenv("PATH", TOOLS_PATH)
    return render(config, DictCheckout(files, path=config.path), given)


def values(found: Rendered) -> dict[str, object]:
    """The data of ConfigMaps by their names."""
    return {m.body["metadata"]["name"]: m.body.get("data") for m in found.manifests}
