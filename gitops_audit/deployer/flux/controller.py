"""What is known of Flux's controllers themselves: their versions and feature gates, declared or live
(fluxcd.io/flux/components/kustomize/options and helm/options).
"""

from __future__ import annotations

import re

from gitops_audit.deployer.expansion import GroupKind
from gitops_audit.deployer.flux.catalog import Catalog, text, texts
from gitops_audit.deployer.flux.marks import BOOTSTRAP
from gitops_audit.kube.pod_template import containers, path_of, value_at
from gitops_audit.model.resource import JsonObject, mapping

_DEPLOYMENT: GroupKind = ("apps", "Deployment")
_VERSION = re.compile(r"/kustomize-controller:v?(\d{1,9})\.(\d{1,9})\.")
_STRICT_SINCE = (1, 9)


def is_strict(catalog: Catalog, cluster: str) -> bool | None:
    """Whether a variable that nothing sets keeps kustomize-controller from building: by its gate, else since 1.9.

    None where neither Git nor the cluster shows it.
    """
    container = _container(catalog, cluster, "kustomize-controller")
    said = _gate(container, "StrictPostBuildSubstitutions")
    version = _VERSION.search(text(container.get("image")))
    if said is not None or version is None:
        return said
    return (int(version[1]), int(version[2])) >= _STRICT_SINCE


def is_tracking_digests(catalog: Catalog, cluster: str) -> bool:
    """Whether helm-controller puts the digest of an OCI artifact behind the version of its chart, as it is set to."""
    return _gate(_container(catalog, cluster, "helm-controller"), "DisableChartDigestTracking") is not True


def _container(catalog: Catalog, cluster: str, name: str) -> JsonObject:
    """The container of a controller; empty where that is neither declared nor live."""
    body = catalog.get(_DEPLOYMENT, cluster, BOOTSTRAP, name)
    spec = mapping(value_at(body, path_of(*_DEPLOYMENT) or ())).get("spec")
    return next(map(mapping, containers(spec, "containers")), {})


def _gate(container: JsonObject, name: str) -> bool | None:
    """What the last argument that names a feature gate says."""
    pattern = re.compile(rf"--feature-gates=(?:.*,)?{name}=(true|false)(?:,|$)", re.IGNORECASE)
    said = [found[1] for one in texts(container.get("args")) if (found := pattern.match(one))]
    return said[-1].lower() == "true" if said else None
