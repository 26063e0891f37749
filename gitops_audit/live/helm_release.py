"""Reads what Helm rendered of a release, from the Secret of its last revision: evidence of what was deployed.

The record holds values in clear. So it is decoded where it is read, of what was rendered only redacted objects leave,
and no Secrets; of the values of the release nothing does.
"""

from __future__ import annotations

from collections.abc import Sequence

from gitops_audit.deployer.helm_release import DeployedRelease, latest, recorded, release_of
from gitops_audit.errors import ClusterError
from gitops_audit.live import problem
from gitops_audit.live.discovery import ApiResource
from gitops_audit.live.http import HttpClient
from gitops_audit.live.listing import path_of
from gitops_audit.manifest import file as manifest
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import JsonObject, ResourceKey, mapping

_DEPLOYED = "deployed"


def read_release(
    client: HttpClient,
    redactor: Redactor,
    secrets: ApiResource,
    listed: Sequence[JsonObject],
    namespace: str,
    name: str,
) -> DeployedRelease | None:
    """`listed` is the metadata of the Secrets in the namespace. None where the last revision did not succeed.

    Raises ClusterError.
    """
    keys = ((ResourceKey("", "", "Secret", namespace, str(m.get("name", ""))), m) for m in map(_metadata, listed))
    records = ((key, one) for key, metadata in keys if (one := release_of(key, metadata)) and one.name == name)
    for key, one in latest(records).items():
        if one.status == _DEPLOYED:
            body = client.get(path_of(secrets, namespace, key.name))
            shown = f"{namespace}/{name}"
            try:
                record = recorded(str(mapping(body.get("data")).get("release") or ""))
            except ValueError as error:
                message = f"cluster {client.cluster}: revision {one.revision} of the Helm release {shown}: {error}"
                raise ClusterError(message, code=problem.UNEXPECTED) from None
            found = manifest.load(
                record.manifest.encode("utf-8", "replace"), "", max_bytes=len(record.manifest) * 4 + 1
            )
            objects = (redactor.redact(m.body) for m in found.manifests if m.body["kind"] != "Secret")
            return DeployedRelease(shown, one.revision, record.chart, tuple(objects))
    return None


def _metadata(body: JsonObject) -> JsonObject:
    return mapping(body.get("metadata"))
