"""What is known of kustomize-controller itself: whether a variable that nothing sets keeps it from building.

It does since version 1.9, and in versions before where the feature gate says so; the gate can say no in all
(fluxcd.io/flux/components/kustomize/options, `StrictPostBuildSubstitutions`).
"""

from __future__ import annotations

import re

from gitops_audit.deployer.flux.catalog import Catalog, text, texts
from gitops_audit.deployer.flux.marks import BOOTSTRAP
from gitops_audit.kube.pod_template import containers, path_of, value_at
from gitops_audit.model.resource import mapping

_DEPLOYMENT, _CONTROLLER = ("apps", "Deployment"), "kustomize-controller"
_GATE = re.compile(r"--feature-gates=(?:.*,)?StrictPostBuildSubstitutions=(true|false)\b", re.IGNORECASE)
_VERSION = re.compile(r":v?(\d{1,9})\.(\d{1,9})\.")
_STRICT_SINCE = (1, 9)


def is_strict(catalog: Catalog, cluster: str) -> bool | None:
    """None where neither Git nor the cluster shows the controller's version."""
    body = catalog.get(_DEPLOYMENT, cluster, BOOTSTRAP, _CONTROLLER)
    spec = mapping(value_at(body, path_of(*_DEPLOYMENT) or ())).get("spec")
    for container in map(mapping, containers(spec, "containers")):
        said = [found[1] for one in texts(container.get("args")) if (found := _GATE.match(one))]
        if said:
            return said[-1].lower() == "true"
        version = _VERSION.search(text(container.get("image")))
        if version is not None and _CONTROLLER in text(container.get("image")):
            return (int(version[1]), int(version[2])) >= _STRICT_SINCE
    return None
