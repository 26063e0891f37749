"""`python -m bench.flux REPOSITORY PATH`: what Flux deploys from a checked-out repository, built once more by hand.

Every Kustomization of the checked-out commit that the audit follows from PATH is built by kubectl's kustomize in a copy
of the work tree, with the few lines below in place of the audit's own, and compared object by object. Printed are the
objects, how many Kustomizations differ, and what is not rendered with the reason. Exits 1 where one differs.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from gitops_audit.config.load import load
from gitops_audit.deployer.expansion import told_once
from gitops_audit.engine.audit import Audit
from gitops_audit.engine.gather.all_sources import read_all
from gitops_audit.engine.gather.sources import ReadSource
from gitops_audit.engine.options import RunOptions
from gitops_audit.manifest import file as manifest
from gitops_audit.model.resource import JsonObject
from tests.tools import KUBECTL

_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_SINGLE = ("targetNamespace", "namePrefix", "nameSuffix")
_VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?::[-=]([^}]*))?\}")

_DISABLED = "kustomize.toolkit.fluxcd.io/substitute: disabled"
_BETWEEN = "\n---\n"


def built(tree: Path, spec: JsonObject) -> list[JsonObject]:
    """The objects of a Kustomization, by hand."""
    folder = tree / str(spec.get("path", ".")).lstrip("/")
    file = next((folder / name for name in _NAMES if (folder / name).is_file()), folder / _NAMES[0])
    before = file.read_bytes() if file.is_file() else None
    base: Any = yaml.safe_load(before) if before else {"resources": list(_listed(folder, folder))}
    for field in _SINGLE:
        if spec.get(field):
            base["namespace" if field == "targetNamespace" else field] = spec[field]
    for field in ("patches", "components", "images"):
        base[field] = [*base.get(field, []), *spec.get(field, [])]
    file.write_text(yaml.safe_dump(base))
    command = [str(KUBECTL), "kustomize", "--load-restrictor", "LoadRestrictionsNone", str(folder)]
    try:
        text = subprocess.check_output(command, text=True, stderr=subprocess.PIPE)
    finally:
        file.write_bytes(before) if before is not None else file.unlink()
    variables = (spec.get("postBuild") or {}).get("substitute") or {}
    documents = [
        one if not variables or _DISABLED in one else _replaced(one, variables) for one in text.split(_BETWEEN)
    ]
    text = _BETWEEN.join(documents)
    return [m.body for m in manifest.load(text.encode(), "by-hand.yaml").manifests]


def _replaced(text: str, variables: JsonObject) -> str:
    return _VARIABLE.sub(lambda found: variables.get(found[1]) or found[2] or "", text).replace("$${", "${")


def _listed(top: Path, folder: Path) -> Iterator[str]:
    for place in sorted(folder.iterdir()):
        if place.is_dir() and any((place / name).is_file() for name in _NAMES):
            yield place.relative_to(top).as_posix()
        elif place.is_dir():
            yield from _listed(top, place)
        elif place.suffix in (".yaml", ".yml"):
            yield place.relative_to(top).as_posix()


def _texts(objects: Sequence[JsonObject]) -> list[str]:
    return sorted(json.dumps(body, sort_keys=True) for body in objects)


def specs(sources: Sequence[ReadSource]) -> dict[str, JsonObject]:
    """What each followed Kustomization says, by the name of its source."""
    found = {}
    for one in (m.body for source in sources for m in source.all_manifests):
        if one["kind"] == "Kustomization" and str(one["apiVersion"]).startswith("kustomize.toolkit"):
            metadata = one["metadata"]
            found[f"flux.{metadata.get('namespace', 'default')}.{metadata['name']}"] = one["spec"]
    return found


def run(repository: Path, path: str, network: str) -> int:
    """How many Kustomizations differ."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "gitops-audit.yaml")
        source = {"name": "flux", "repo": str(repository), "flux": {"path": path}}
        config.write_text(yaml.safe_dump({"version": 1, "sources": [source], **json.loads(network)}))
        audit = Audit(load(config), RunOptions(offline=True))
        sources = read_all(audit._settings, RunOptions(offline=True))
        tree = Path(folder, "tree")
        shutil.copytree(repository, tree, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        declared, different, count = specs(sources), [], 0
        for one in sources:
            if one.kind != "kustomize" or one.config.name not in declared or one.config.revision != "HEAD":
                continue
            rendered = [m.body for m in one.rendered.manifests]
            count += len(rendered)
            if _texts(rendered) != _texts(built(tree, declared[one.config.name] | {"path": one.config.path})):
                different.append(one.config.name)
        print(f"{count} objects of {len(declared)} Kustomizations, {len(different)} differ: {', '.join(different)}")
        for note in told_once(unfollowed for one in sources for unfollowed in one.unfollowed):
            print(note)
        for one in sources:
            one.close()
        return len(different)


if __name__ == "__main__":
    sys.exit(min(1, run(Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "{}")))
