"""The fields that an Application and an ApplicationSet have, each with its type, as their definitions say.

What is no field, or no value of its type, the API server drops or refuses: nothing of it may count in silence.
Source: the CustomResourceDefinitions that Argo CD is installed with (`argoproj.io/v1alpha1`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Shape = Any
"""`str`, `bool` or `int`; several of them; `[shape]`: a list; `{name: shape}`: these fields; `{"*": shape}`: any names;
None: anything."""

_TEXTS, _MAP = [str], {"*": str}
_SELECTOR: dict[str, Shape] = {
    "matchLabels": _MAP,
    "matchExpressions": [{"key": str, "operator": str, "values": _TEXTS}],
}
_VARIABLES = [{"name": str, "value": str, "code": bool}]
_TARGET = dict.fromkeys(("group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector"), str)
TOOLS: dict[str, Shape] = {
    "directory": {
        **dict.fromkeys(("include", "exclude"), str),
        **dict.fromkeys(("recurse", "disableExtensionFilter"), bool),
        "jsonnet": {"extVars": _VARIABLES, "tlas": _VARIABLES, "libs": _TEXTS},
    },
    "kustomize": {
        **dict.fromkeys(("namePrefix", "nameSuffix", "namespace", "version", "kubeVersion"), str),
        **dict.fromkeys(("images", "components", "apiVersions"), _TEXTS),
        **dict.fromkeys(("commonLabels", "commonAnnotations"), _MAP),
        **dict.fromkeys(("commonAnnotationsEnvsubst", "forceCommonAnnotations", "forceCommonLabels"), bool),
        **dict.fromkeys(("ignoreMissingComponents", "labelIncludeTemplates", "labelWithoutSelector"), bool),
        "patches": [{"patch": str, "path": str, "options": {"*": bool}, "target": _TARGET}],
        "replicas": [{"name": str, "count": (int, str)}],
    },
    "helm": {
        **dict.fromkeys(("releaseName", "namespace", "values", "version", "kubeVersion"), str),
        **dict.fromkeys(("valueFiles", "apiVersions"), _TEXTS),
        **dict.fromkeys(("ignoreMissingValueFiles", "passCredentials", "skipCrds"), bool),
        **dict.fromkeys(("skipSchemaValidation", "skipTests"), bool),
        "valuesObject": {"*": None},
        "parameters": [{"name": str, "value": str, "forceString": bool}],
        "fileParameters": [{"name": str, "path": str}],
    },
    "plugin": {
        "name": str,
        "env": [{"name": str, "value": str}],
        "parameters": [{"name": str, "string": str, "array": _TEXTS, "map": _MAP}],
    },
}
SOURCE: dict[str, Shape] = {
    **dict.fromkeys(("repoURL", "path", "chart", "targetRevision", "tagPrefix", "ref", "name"), str),
    **TOOLS,
}
_HYDRATOR = {
    "drySource": {**dict.fromkeys(("repoURL", "path", "targetRevision"), str), **TOOLS},
    "syncSource": {"repoURL": str, "path": str, "targetBranch": str},
    "hydrateTo": {"targetBranch": str},
}
_SYNC_POLICY = {
    "automated": dict.fromkeys(("prune", "selfHeal", "allowEmpty", "enabled"), bool),
    "syncOptions": _TEXTS,
    "managedNamespaceMetadata": {"labels": _MAP, "annotations": _MAP},
    "retry": {
        "limit": int,
        "refresh": bool,
        "backoff": {"duration": str, "factor": int, "maxDuration": str},
    },
}
_IGNORED = dict.fromkeys(("jsonPointers", "jqPathExpressions"), _TEXTS)
APPLICATION: dict[str, Shape] = {
    "project": str,
    "source": SOURCE,
    "sources": [SOURCE],
    "sourceHydrator": _HYDRATOR,
    "destination": dict.fromkeys(("server", "name", "namespace"), str),
    "syncPolicy": _SYNC_POLICY,
    "ignoreDifferences": [
        {
            **dict.fromkeys(("group", "kind", "name", "namespace"), str),
            **_IGNORED,
            "managedFieldsManagers": _TEXTS,
        }
    ],
    "revisionHistoryLimit": int,
    "info": [{"name": str, "value": str}],
}
_TEMPLATE: dict[str, Shape] = {
    "metadata": {
        "name": str,
        "namespace": str,
        "labels": _MAP,
        "annotations": _MAP,
        "finalizers": _TEXTS,
    },
    "spec": None,
}
_OF_ANY = {"template": _TEMPLATE, "values": _MAP}
_ASKING = {**_OF_ANY, "requeueAfterSeconds": int}
_PATHS = [{"path": str, "exclude": bool}]
_GENERATORS: dict[str, Shape] = {
    "list": {"elements": [None], "elementsYaml": str, "template": _TEMPLATE},
    "clusters": {"selector": _SELECTOR, "flatList": bool, **_OF_ANY},
    "git": {
        **dict.fromkeys(("repoURL", "revision", "pathParamPrefix"), str),
        **dict.fromkeys(("directories", "files"), _PATHS),
        **_ASKING,
    },
    "scmProvider": None,
    "pullRequest": None,
    "plugin": {"configMapRef": {"name": str}, "input": {"parameters": {"*": None}}, **_ASKING},
    "clusterDecisionResource": {"configMapRef": str, "name": str, "labelSelector": _SELECTOR, **_ASKING},
    "selector": _SELECTOR,
}
_CHILDREN = {"generators": [{**_GENERATORS, "matrix": None, "merge": None}], "template": _TEMPLATE}
APPLICATION_SET: dict[str, Shape] = {
    "generators": [{**_GENERATORS, "matrix": _CHILDREN, "merge": {**_CHILDREN, "mergeKeys": _TEXTS}}],
    "template": _TEMPLATE,
    "templatePatch": str,
    "applyNestedSelectors": bool,
    "goTemplate": bool,
    "goTemplateOptions": _TEXTS,
    "syncPolicy": {"applicationsSync": str, "preserveResourcesOnDeletion": bool},
    "strategy": {
        "type": str,
        "deletionOrder": str,
        "rollingSync": {"steps": [{"matchExpressions": _SELECTOR["matchExpressions"], "maxUpdate": (int, str)}]},
    },
    "preservedFields": {"labels": _TEXTS, "annotations": _TEXTS},
    "ignoreApplicationDifferences": [{"name": str, **_IGNORED}],
}
_WORDS = {str: "text", bool: "true or false", int: "a whole number", list: "a list", dict: "a mapping"}


@dataclass(frozen=True, slots=True)
class FieldFault:
    """`path` is `spec.source.helm.valueFiles`; `wanted` says what must stand there, empty where it is no field."""

    path: str
    wanted: str = ""

    def __str__(self) -> str:
        return f"{self.path} must be {self.wanted}" if self.wanted else self.path


def faults(value: Any, shape: Shape, path: str = "spec") -> Iterator[FieldFault]:
    """What an object does not have of its type. What is null is not there."""
    if value is None or shape is None:
        return
    kinds = _kinds(shape)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        yield FieldFault(path, " or ".join(_WORDS[kind] for kind in kinds))
    elif isinstance(value, list):
        yield from (fault for n, item in enumerate(value) for fault in faults(item, shape[0], f"{path}[{n}]"))
    elif isinstance(value, dict):
        yield from _of_fields(value, shape, path)


def _of_fields(value: dict[str, Any], shape: dict[str, Shape], path: str) -> Iterator[FieldFault]:
    for name, child in value.items():
        below = f"{path}.{name}"
        if name in shape or "*" in shape:
            yield from faults(child, shape.get(name, shape.get("*")), below)
        else:
            yield FieldFault(below)


def _kinds(shape: Shape) -> tuple[type, ...]:
    if isinstance(shape, tuple):
        return shape
    return (shape,) if isinstance(shape, type) else (type(shape),)
