"""Every field of the specs of Flux's objects with its type: what the API server refuses, and what nobody here knows.

Sources: the definitions of kustomize-controller 1.9, helm-controller 1.6 and source-controller 1.9, and what still
counts of older versions of these APIs. docs/reference/flux-options.md says of each what the audit does with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gitops_audit.deployer.field_fault import FieldFault, Shape, faults
from gitops_audit.deployer.flux.marks import (
    BUCKET,
    EXTERNAL_ARTIFACT,
    GIT_REPOSITORY,
    HELM_CHART,
    HELM_RELEASE,
    HELM_REPOSITORY,
    KUSTOMIZATION,
    OCI_REPOSITORY,
)
from gitops_audit.model.resource import JsonObject

_MAP = {"*": str}
_NAMED = {"name": str}
_TARGET = dict.fromkeys(("group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector"), str)
_REFERENCE = dict.fromkeys(("apiVersion", "kind", "name", "namespace"), str)
_METADATA = {"labels": _MAP, "annotations": _MAP}
_PATCHES = [{"patch": str, "target": _TARGET}]
_IMAGES = [dict.fromkeys(("name", "newName", "newTag", "digest"), str)]
_IGNORE = [{"paths": [str], "target": _TARGET}]
_CLUSTER = {"secretRef": {"name": str, "key": str}, "configMapRef": _NAMED}
_DEPENDENCIES = [dict.fromkeys(("name", "namespace", "readyExpr"), str)]
_EXPRESSIONS = [dict.fromkeys(("apiVersion", "kind", "current", "inProgress", "failed"), str)]
_RECONCILED = {"interval": str, "timeout": str, "suspend": bool}
_OLD_PATCHES = {"patchesStrategicMerge": [None], "patchesJson6902": [None]}
_FETCHED = _RECONCILED | {
    "provider": str,
    "secretRef": _NAMED,
    "certSecretRef": _NAMED,
    "insecure": bool,
    "serviceAccountName": str,
    "proxySecretRef": _NAMED,
}
_VERIFY = {
    "provider": str,
    "mode": str,
    "secretRef": _NAMED,
    "trustedRootSecretRef": _NAMED,
    "matchOIDCIdentity": [{"issuer": str, "subject": str}],
}
_CHART = {
    "chart": str,
    "version": str,
    "interval": str,
    "reconcileStrategy": str,
    "sourceRef": _REFERENCE,
    "valuesFiles": [str],
    "ignoreMissingValuesFiles": bool,
    "verify": _VERIFY,
}
_WAITING = {"timeout": str, "disableWait": bool, "disableHooks": bool}
_ROLLING = _WAITING | {"disableWaitForJobs": bool}
_STRATEGY = {"name": str, "retryInterval": str}
_REMEDIATION = {"retries": int, "ignoreTestFailures": bool, "remediateLastFailure": bool}
_ACTION = _ROLLING | {
    "crds": str,
    "disableOpenAPIValidation": bool,
    "disableSchemaValidation": bool,
    "disableTakeOwnership": bool,
    "strategy": _STRATEGY,
}

FIELDS: Mapping[tuple[str, str], Mapping[str, Shape]] = {
    KUSTOMIZATION: {
        **_RECONCILED,
        **_OLD_PATCHES,
        "buildMetadata": [str],
        "commonMetadata": _METADATA,
        "components": [str],
        "decryption": {"provider": str, "serviceAccountName": str, "secretRef": _NAMED},
        "deletionPolicy": str,
        "dependsOn": _DEPENDENCIES,
        "force": bool,
        "healthCheckExprs": _EXPRESSIONS,
        "healthChecks": [_REFERENCE],
        "ignore": _IGNORE,
        "ignoreMissingComponents": bool,
        "images": _IMAGES,
        "kubeConfig": _CLUSTER,
        "namePrefix": str,
        "nameSuffix": str,
        "patches": _PATCHES,
        "path": str,
        "postBuild": {
            "substitute": _MAP,
            "substituteFrom": [{"kind": str, "name": str, "optional": bool}],
            "substituteStrategy": str,
        },
        "prune": bool,
        "retryInterval": str,
        "serviceAccountName": str,
        "sourceRef": _REFERENCE,
        "targetNamespace": str,
        "wait": bool,
    },
    HELM_RELEASE: {
        **_RECONCILED,
        "chart": {"metadata": _METADATA, "spec": _CHART},
        "chartRef": _REFERENCE,
        "commonMetadata": _METADATA,
        "dependsOn": _DEPENDENCIES,
        "driftDetection": {"mode": str, "ignore": _IGNORE},
        "healthCheckExprs": _EXPRESSIONS,
        "install": _ACTION
        | {
            "createNamespace": bool,
            "replace": bool,
            "serverSideApply": bool,
            "skipCRDs": bool,
            "remediation": _REMEDIATION,
        },
        "kubeConfig": _CLUSTER,
        "maxHistory": int,
        "persistentClient": bool,
        "postRenderStrategy": str,
        "postRenderers": [{"kustomize": {"patches": _PATCHES, "images": _IMAGES, **_OLD_PATCHES}}],
        "releaseName": str,
        "rollback": _ROLLING | {"cleanupOnFail": bool, "force": bool, "recreate": bool, "serverSideApply": str},
        "serviceAccountName": str,
        "storageNamespace": str,
        "targetNamespace": str,
        "test": {
            "enable": bool,
            "ignoreFailures": bool,
            "timeout": str,
            "filters": [{"name": str, "exclude": bool}],
        },
        "uninstall": _WAITING | {"keepHistory": bool, "deletionPropagation": str},
        "upgrade": _ACTION
        | {
            "chartNameChangeStrategy": str,
            "cleanupOnFail": bool,
            "force": bool,
            "preserveValues": bool,
            "serverSideApply": str,
            "remediation": _REMEDIATION | {"strategy": str},
        },
        "values": None,
        "valuesFrom": [
            dict.fromkeys(("kind", "name", "valuesKey", "targetPath"), str) | {"optional": bool, "literal": bool}
        ],
        "waitStrategy": _NAMED,
    },
    GIT_REPOSITORY: {
        **{key: shape for key, shape in _FETCHED.items() if key not in ("certSecretRef", "insecure")},
        "ignore": str,
        "include": [{"fromPath": str, "toPath": str, "repository": _NAMED}],
        "recurseSubmodules": bool,
        "ref": dict.fromkeys(("branch", "tag", "semver", "name", "commit"), str),
        "sparseCheckout": [str],
        "url": str,
        "verify": _VERIFY,
    },
    OCI_REPOSITORY: {
        **_FETCHED,
        "ignore": str,
        "layerSelector": {"mediaType": str, "operation": str},
        "ref": dict.fromkeys(("tag", "semver", "semverFilter", "digest"), str),
        "url": str,
        "verify": _VERIFY,
    },
    HELM_REPOSITORY: {
        **{key: shape for key, shape in _FETCHED.items() if key not in ("proxySecretRef", "serviceAccountName")},
        "accessFrom": None,
        "passCredentials": bool,
        "type": str,
        "url": str,
    },
    HELM_CHART: {**_CHART, "suspend": bool},
    BUCKET: {
        **_FETCHED,
        "bucketName": str,
        "endpoint": str,
        "ignore": str,
        "prefix": str,
        "region": str,
        "sts": {"provider": str, "endpoint": str, "secretRef": _NAMED, "certSecretRef": _NAMED},
    },
    EXTERNAL_ARTIFACT: {"sourceRef": _REFERENCE},
}


def faults_of(body: JsonObject, kind: tuple[str, str]) -> Iterator[FieldFault]:
    """What of a spec the API server drops or refuses. A variable may become anything."""
    if kind in FIELDS:
        yield from faults(body.get("spec"), FIELDS[kind], variable="${")
