"""Schemas of Kubernetes' own kinds without a cluster, from the package of the `offline` extra (kubernetes-validate)."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path

import orjson

from gitops_audit.config.suggest import listed
from gitops_audit.errors import Location, PolicyError
from gitops_audit.kube.version import minor_of
from gitops_audit.model.resource import JsonObject

NOT_INSTALLED = "GA461"
_FOLDER = re.compile(r"v1\.(\d+)\.\d+-local")


def versions() -> list[str]:
    """The Kubernetes versions there are schemas for, oldest first. Raises PolicyError (GA461) without the extra."""
    return [f"1.{minor}" for minor in sorted(_folders())]


def offline_documents(
    version: str = "latest", where: Location | None = None
) -> Callable[[str, str], JsonObject | None]:
    """OpenAPI documents of a Kubernetes version (`1.30`, `latest`), in the form ManifestSchemas takes.

    There is one document for all groups; kinds of CRDs are in none. Raises PolicyError: GA461 without the extra, GA462
    for a version it does not have; `where` is the place that asks for it.
    """
    folders = _folders()
    minor = _minor(version, folders, where)
    data = orjson.loads((folders[minor] / "_definitions.json").read_bytes())
    document: JsonObject = {"components": {"schemas": data["$defs"]}}
    return lambda group, api_version: document


def offline_version(version: str = "latest") -> str:
    """The Kubernetes version that is meant (`latest` -> `1.37`). Raises as `offline_documents` does."""
    return f"1.{_minor(version, _folders())}"


def is_known(version: str) -> bool:
    """Whether there are schemas of a version (`v1.30.2+k3s1`). Raises PolicyError (GA461) without the extra."""
    return minor_of(version) in _folders()


def _folders() -> dict[int, Path]:
    spec = importlib.util.find_spec("kubernetes_validate")
    if spec is None or not spec.submodule_search_locations:
        raise PolicyError(
            "the schemas of Kubernetes are not installed",
            code=NOT_INSTALLED,
            hint="install gitops-audit[offline], or audit against a cluster or a snapshot, which bring their own",
        )
    root = Path(next(iter(spec.submodule_search_locations))) / "kubernetes-json-schema"
    return {int(found[1]): path for path in root.iterdir() if (found := _FOLDER.fullmatch(path.name))}


def _minor(version: str, folders: dict[int, Path], where: Location | None = None) -> int:
    minor = max(folders) if version == "latest" else minor_of(version)
    if minor not in folders:
        have = listed(f"1.{known}" for known in sorted(folders))
        raise PolicyError(
            f"there is no schema of Kubernetes {version!r}", code="GA462", where=where, hint=f"use one of {have}"
        )
    return minor
