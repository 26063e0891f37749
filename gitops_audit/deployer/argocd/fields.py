"""The fields that an Application and an ApplicationSet have, each with its type, as their definitions say.

What is no field, or no value of its type, the API server drops or refuses: nothing of it may count in silence.
Source: the CustomResourceDefinitions that Argo CD is installed with (`argoproj.io/v1alpha1`).
"""

from __future__ import annotations

from gitops_audit.deployer.field_fault import Shape

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
