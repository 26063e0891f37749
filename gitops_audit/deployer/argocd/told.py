"""What of an Application or a set is not taken into account, so that a reader knows it.

Sources: argo-cd.readthedocs.io/en/stable: user-guide/diffing, user-guide/sync-options, user-guide/kustomize,
operator-manual/applicationset/Controlling-Resource-Modification.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitops_audit.deployer.argocd.ignore_differences import Ignored
from gitops_audit.model.resource import JsonObject, mapping

_RENDERED = ("source", "sources", "destination")


def of_application(body: JsonObject, ignored: Ignored) -> Iterator[str]:
    """`ignored` is what its `ignoreDifferences` came to."""
    spec = mapping(body.get("spec"))
    for source in (spec.get("source"), *_list(spec.get("sources"))):
        if version := mapping(mapping(source).get("kustomize")).get("version"):
            told = "it is built with the kustomize of this machine (`tools` says which one is wanted)"
            yield f"kustomize.version {str(version)[:80]} is not looked for: {told}"
    policy = mapping(spec.get("syncPolicy"))
    if policy.get("managedNamespaceMetadata") and "CreateNamespace=true" in _list(policy.get("syncOptions")):
        yield "managedNamespaceMetadata is not compared: declare the namespace to have its labels looked at"
    for expression in ignored.untranslated:
        told = "install gitops-audit with the extra `jq`; without it only expressions that walk to a field are"
        yield f"ignoreDifferences by jq is not applied: {expression[:200]} ({told})"
    for pointer in ignored.wildcards:
        told = "for Argo CD a JSON pointer has no wildcards (jqPathExpressions have)"
        yield f"ignoreDifferences of {pointer[:200]} ignores nothing: {told}"


def of_set(body: JsonObject) -> Iterator[str]:
    """Where its live Applications may go their own way in what they deploy, the audit goes by the template."""
    spec = mapping(body.get("spec"))
    if mapping(spec.get("syncPolicy")).get("applicationsSync") in ("create-only", "create-delete"):
        told = "its Applications are not updated, and are followed as its template has them"
        yield f"{told} (syncPolicy.applicationsSync)"
    for entry in map(mapping, _list(spec.get("ignoreApplicationDifferences"))):
        for path in (*_list(entry.get("jsonPointers")), *_list(entry.get("jqPathExpressions"))):
            steps = str(path).replace(".", "/").replace("[", "/").split("/")
            if steps[1:2] == ["spec"] and (steps[2:3] == [] or steps[2] in _RENDERED):
                told = "may differ in its live Applications, and is followed as its template has it"
                yield f"{str(path)[:200]} {told} (ignoreApplicationDifferences)"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
