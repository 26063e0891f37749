"""Schema validation of the declared manifests: by the cluster's schemas, or offline by a Kubernetes version's."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_audit.config.settings import KubernetesConfig, Settings
from gitops_audit.engine.clusters import ReachedCluster
from gitops_audit.errors import PolicyError
from gitops_audit.model.path import field_path
from gitops_audit.model.resource import Declared, Invalid, JsonObject
from gitops_audit.policy.manifest_schema import NOT_INSTALLED, ManifestSchemas


class Validator:
    """Checks declared objects against the schemas of one cluster, or of a Kubernetes version where there is none.

    `note` says why it cannot, empty where it can. Raises PolicyError (GA462) for a version that has no schemas.
    """

    def __init__(self, cluster: ReachedCluster, settings: Settings) -> None:
        self.note = ""
        self._schemas: ManifestSchemas | None = None
        if cluster.live is not None:
            documents, version = cluster.live.schemas.documents, cluster.live.version
            self._schemas = ManifestSchemas(documents, kubernetes_version=version)
        elif cluster.error is None:
            self._schemas = self._offline(settings.kubernetes)

    def check(self, resource: Declared) -> Iterator[Invalid]:
        """A fault, its line still to be looked up, for everything the API server would refuse."""
        body: JsonObject = resource.body
        for fault in self._schemas.check(body) if self._schemas else ():
            yield Invalid(field_path(fault.pointer, body), fault.message, pointer=fault.pointer)

    def _offline(self, config: KubernetesConfig) -> ManifestSchemas | None:
        try:
            return ManifestSchemas.offline(config.version, config.where)
        except PolicyError as error:
            if error.code != NOT_INSTALLED:
                raise
            self.note = f"manifests were not checked against schemas: {error.message}; {error.hint}"
            return None
