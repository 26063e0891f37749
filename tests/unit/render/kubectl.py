"""Finds the real kubectl: where envtest puts it, or on the PATH."""

from __future__ import annotations

import os
import shutil

_ENVTEST = os.environ.get("KUBEBUILDER_ASSETS", "/usr/local/kubebuilder/bin")
KUBECTL = shutil.which("kubectl", path=_ENVTEST) or shutil.which("kubectl")
NO_KUBECTL = f"no kubectl in {_ENVTEST} or on the PATH"
