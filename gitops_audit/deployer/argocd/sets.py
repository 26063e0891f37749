"""The Applications that an ApplicationSet makes: computed, or (where only others know) those that it has made.

Source: argo-cd.readthedocs.io/en/stable/operator-manual/applicationset.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from gitops_audit.deployer.argocd import marks
from gitops_audit.deployer.argocd.clusters import registered
from gitops_audit.deployer.argocd.generators import Generators
from gitops_audit.deployer.argocd.git_paths import GitPaths
from gitops_audit.deployer.argocd.parameters import (
    MAX_APPLICATIONS,
    NotComputableError,
    SetError,
    Templates,
    merged_over,
)
from gitops_audit.deployer.expansion import Context, Placed, name_of
from gitops_audit.errors import ClusterError
from gitops_audit.manifest import file as manifest
from gitops_audit.model.resource import JsonObject, mapping


def applications_of(placed: Placed, context: Context, secrets: Iterable[JsonObject]) -> list[JsonObject]:
    """Never empty by mistake. `secrets` are those that are declared. Raises SetError."""
    try:
        return _computed(placed, context, secrets)
    except NotComputableError as error:
        return _live(placed, context, str(error))


def _computed(placed: Placed, context: Context, secrets: Iterable[JsonObject]) -> list[JsonObject]:
    spec = mapping(placed.body.get("spec"))
    options = spec.get("goTemplateOptions")
    is_strict = isinstance(options, list) and "missingkey=error" in options
    templates = Templates(spec.get("goTemplate") is True, context.templates, is_strict)
    clusters = registered(secrets, context.source.destinations)
    generators = Generators(templates, context, clusters, GitPaths(context.files.names))
    listed = spec.get("generators")
    jobs: list[tuple[Any, JsonObject]] = []
    for generator in listed if isinstance(listed, list) else ():
        template = _template(spec, mapping(generator))
        jobs += ((template, parameters) for parameters in generators.parameters(mapping(generator)))
        if len(jobs) > MAX_APPLICATIONS:
            raise SetError(f"it comes to more than {MAX_APPLICATIONS} Applications (limit: applications of a set)")
    bodies = [_application(filled, placed) for filled in templates.filled(jobs)]
    if patch := spec.get("templatePatch"):
        patches = templates.filled([(str(patch), parameters) for _, parameters in jobs])
        bodies = [_with_project_of(body, _patched(body, text)) for body, text in zip(bodies, patches, strict=True)]
    _refuse_twins(bodies)
    return bodies


def _template(spec: JsonObject, generator: JsonObject) -> JsonObject:
    """The template of the set, with what that of a generator says otherwise."""
    options = next((mapping(value) for key, value in generator.items() if key != "selector"), {})
    return merged_over(mapping(spec.get("template")), mapping(options.get("template")))


def _application(template: Any, placed: Placed) -> JsonObject:
    body = mapping(template)
    metadata = mapping(body.get("metadata")) | {"namespace": placed.namespace}
    group, kind = marks.APPLICATION
    return {"apiVersion": f"{group}/v1alpha1", "kind": kind, "metadata": metadata, "spec": body.get("spec")}


def _patched(body: JsonObject, text: str) -> JsonObject:
    documents, problems = manifest.documents(text.encode(errors="replace"), "templatePatch")
    if problems or len(documents) > 1:
        raise SetError("its templatePatch is neither YAML nor JSON")
    patch = documents[0][1] if documents else {}
    if isinstance(patch, list):
        return _json_patched(body, patch)
    if not isinstance(patch, dict):
        raise SetError("its templatePatch is no mapping")
    return _merge_patched(body, patch)


def _with_project_of(body: JsonObject, patched: JsonObject) -> JsonObject:
    """A patch does not change the project: whoever may write parameters must not get the rights of another one."""
    spec = {key: value for key, value in mapping(patched.get("spec")).items() if key != "project"}
    project = mapping(body.get("spec")).get("project")
    return patched | {"spec": spec if project is None else spec | {"project": project}}


def _merge_patched(base: JsonObject, patch: JsonObject) -> JsonObject:
    found = dict(base)
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = _merge_patched(mapping(found.get(key)), value) if isinstance(value, dict) else value
    return found


def _json_patched(body: JsonObject, operations: Sequence[Any]) -> JsonObject:
    """`add`, `replace` and `remove` of RFC 6902."""
    found = copy.deepcopy(body)
    for operation in map(mapping, operations):
        path = str(operation.get("path") or "")
        if not path.startswith("/"):
            raise SetError("its templatePatch has an operation without a path")
        *steps, last = [s.replace("~1", "/").replace("~0", "~") for s in path.split("/")[1:]]
        try:
            _operate(_parent(found, steps), last, operation)
        except (KeyError, IndexError, ValueError, TypeError):
            raise SetError(f"its templatePatch does not fit at {operation.get('path')}") from None
    return found


def _parent(value: Any, steps: Iterable[str]) -> Any:
    for step in steps:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def _operate(parent: Any, last: str, operation: JsonObject) -> None:
    kind, value = operation.get("op"), operation.get("value")
    if kind not in ("add", "replace", "remove"):
        raise SetError(f"its templatePatch has the operation {kind}, and only add, replace and remove are known")
    key: Any = last
    if isinstance(parent, list):
        key = len(parent) if last == "-" else int(last)
        if kind == "add":
            parent.insert(key, value)
            return
    if kind == "remove":
        del parent[key]
        return
    if kind == "replace":
        parent[key]
    parent[key] = value


def _refuse_twins(bodies: Iterable[JsonObject]) -> None:
    names: set[str] = set()
    for body in bodies:
        if (name := name_of(body)) in names:
            raise SetError(f"it makes two Applications called {name[:80]!r}")
        names.add(name)


def _live(placed: Placed, context: Context, reason: str) -> list[JsonObject]:
    try:
        listed = context.live(marks.APPLICATION)
    except ClusterError as error:
        raise SetError(f"{reason}, and its live Applications cannot be read: {error.message}") from None
    if listed is None:
        raise SetError(f"{reason}, and no cluster is asked for the Applications it made")
    return [json.loads(json.dumps(body)) for body in listed if _is_made_by(body, placed)]


def _is_made_by(body: JsonObject, placed: Placed) -> bool:
    metadata = mapping(body.get("metadata"))
    return metadata.get("namespace") == placed.namespace and any(
        owner.get("kind") == "ApplicationSet" and owner.get("name") == placed.name
        for owner in _mappings(metadata.get("ownerReferences"))
    )


def _mappings(value: Any) -> Iterator[JsonObject]:
    return (entry for entry in value if isinstance(entry, dict)) if isinstance(value, list) else iter(())
