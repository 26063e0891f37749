"""The real tools for tests of renderings: those of this environment first, else what is on the PATH."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from gitops_audit.config.settings import SourceConfig
from gitops_audit.model.resource import Rendered
from gitops_audit.render.given import ALONE, Given
from gitops_audit.render.registry import render
from tests.unit.render.checkouts import DictCheckout
from tests.unit.render.kubectl import KUBECTL

_FOLDERS = [str(Path(sys.executable).parent), *([str(Path(KUBECTL).parent)] if KUBECTL else [])]
TOOLS_PATH = os.pathsep.join([*_FOLDERS, os.environ.get("PATH", "")])
needs_kustomize = pytest.mark.skipif(
    not (shutil.which("kustomize", path=TOOLS_PATH) or shutil.which("kubectl", path=TOOLS_PATH)),
    reason="neither kustomize nor kubectl is installed",
)
needs_helm = pytest.mark.skipif(shutil.which("helm", path=TOOLS_PATH) is None, reason="helm is not installed")


def rendered(
    files: dict[str, str | bytes], config: SourceConfig, patch: pytest.MonkeyPatch, given: Given = ALONE
) -> Rendered:
    """What a source of this repository declares, rendered by the real tools."""
    patch.setenv("PATH", TOOLS_PATH)
    return render(config, DictCheckout(files, path=config.path), given)


def values(found: Rendered) -> dict[str, object]:
    """The data of ConfigMaps by their names."""
    return {m.body["metadata"]["name"]: m.body.get("data") for m in found.manifests}
