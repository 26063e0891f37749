"""What is declared, with the places where something stands for a value that Git does not hold."""

from __future__ import annotations

from dataclasses import replace

from gitops_audit.deployer.stand_in import may_hold, separated
from gitops_audit.manifest import file as manifest
from gitops_audit.manifest.limits import MAX_FILE_BYTES
from gitops_audit.model.resource import Manifest, Rendered
from gitops_audit.render.sops import Sops


def load(data: bytes, path: str, *, max_bytes: int = MAX_FILE_BYTES, sops: Sops | None = None) -> Rendered:
    """The objects of a YAML or JSON text, as `manifest.file.load` gives them, their stand-ins told apart.

    With `sops`, Secrets that are encrypted in this file are in clear.
    """
    found = manifest.load(data, path, max_bytes=max_bytes)
    if not may_hold(data):
        return found
    found = replace(found, manifests=tuple(_separated(one) for one in found.manifests))
    return sops.opened(found, data, path) if sops is not None else found


def _separated(found: Manifest) -> Manifest:
    body, stand_ins = separated(found.body)
    return replace(found, body=body, stand_ins=stand_ins)
