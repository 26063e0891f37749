"""The generators of ApplicationSets: what they give as parameters, one set of them for each Application.

Those of SCM providers, pull requests, plugins and cluster decisions ask somebody else: they are not computed here.
Source: argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Generators-*.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gitops_audit.config.settings import SourceConfig
from gitops_audit.deployer.argocd.clusters import RegisteredCluster
from gitops_audit.deployer.argocd.git_paths import GitPaths
from gitops_audit.deployer.argocd.parameters import (
    MAX_APPLICATIONS,
    NotComputableError,
    SetError,
    Templates,
    at,
    flattened,
    merged_over,
    normalized,
    shown,
)
from gitops_audit.deployer.expansion import Context
from gitops_audit.errors import SourceError
from gitops_audit.kube.selector import LabelSelector
from gitops_audit.manifest import file as manifest
from gitops_audit.model.resource import JsonObject, mapping

Parameters = list[JsonObject]
_LIVE = ("scmProvider", "pullRequest", "clusterDecisionResource", "plugin")
_COMBINED = ("matrix", "merge")
_KINDS = ("list", "clusters", "git", *_COMBINED, *_LIVE)


@dataclass(frozen=True, slots=True)
class Generators:
    """Computes the generators of one set. `clusters` are those that Argo CD has, None where nobody knows them."""

    templates: Templates
    context: Context
    clusters: Sequence[RegisteredCluster] | None
    paths: GitPaths

    def parameters(self, generator: JsonObject, depth: int = 0) -> Parameters:
        """Raises SetError, NotComputableError."""
        kinds = [kind for kind in _KINDS if generator.get(kind) is not None]
        if len(kinds) != 1:
            raise SetError("each of its generators must be one of " + ", ".join(_KINDS))
        kind = kinds[0]
        if kind in _LIVE:
            raise NotComputableError(f"its {kind} generator asks a service outside of Git and the cluster")
        if kind in _COMBINED and depth > 1:
            raise SetError("its matrix and merge generators are nested more than once")
        options = mapping(generator[kind])
        if kind in _COMBINED:
            found = self._matrix(options, depth) if kind == "matrix" else self._merge(options, depth)
        else:
            found = {"list": self._list, "clusters": self._clusters, "git": self._git}[kind](options)
        return [p for p in _bounded(found) if _is_selected(generator.get("selector"), p)]

    def _list(self, options: JsonObject) -> Parameters:
        elements = list(_mappings(options.get("elements")))
        if text := options.get("elementsYaml"):
            documents, problems = manifest.documents(str(text).encode(errors="replace"), "elementsYaml")
            value = documents[0][1] if documents else []
            if problems or not isinstance(value, list):
                raise SetError("the elementsYaml of its list generator is no YAML list")
            elements += list(_mappings(value))
        _bounded(elements)
        return elements if self.templates.is_go else [_flat_element(element) for element in elements]

    def _clusters(self, options: JsonObject) -> Parameters:
        if self.clusters is None:
            raise NotComputableError("the clusters of its clusters generator are not in Git")
        selector = _selector(options.get("selector"))
        chosen = [c for c in self.clusters if selector.matches(c.labels)]
        if selector.requirements and any(not c.is_labelled for c in self.clusters):
            raise NotComputableError("its clusters generator selects by labels of Secrets that are not in Git")
        found = [c.parameters(is_nested=self.templates.is_go) for c in chosen]
        found = [self._with_values(p, options.get("values")) for p in found]
        if options.get("flatList") is True:
            return [{"clusters": found}]
        return found

    def _with_values(self, parameters: JsonObject, values: Any) -> JsonObject:
        """Values may use the parameters; as `values.name`, or nested."""
        filled = mapping(self.templates.filled([(mapping(values), parameters)])[0]) if values else {}
        if not filled:
            return parameters
        if self.templates.is_go:
            return parameters | {"values": filled}
        return parameters | {f"values.{key}": shown(value) for key, value in filled.items()}

    def _git(self, options: JsonObject) -> Parameters:
        url, revision = str(options.get("repoURL") or ""), str(options.get("revision") or "")
        files = self.context.files
        prefix = str(options.get("pathParamPrefix") or "")
        try:
            config = SourceConfig("git", repo=files.repository(url), revision=files.revision(url, revision))
            if options.get("directories") is not None:
                found = [
                    self._path(path, "", prefix)
                    for path in self.paths.directories(config, _entries(options, "directories"))
                ]
            elif options.get("files") is not None:
                wanted = self.paths.files(config, _entries(options, "files"))
                found = [p for path in wanted for p in self._file(path, files.read(config, path), prefix)]
            else:
                raise SetError("its git generator names neither directories nor files")
        except SourceError as error:
            raise SetError(f"its git generator cannot be resolved: {error.told}") from None
        return [self._with_values(p, options.get("values")) for p in found]

    def _file(self, path: str, data: bytes, prefix: str) -> Iterator[JsonObject]:
        documents, problems = manifest.documents(data, path)
        if problems:
            raise SetError(f"its git generator cannot read {path}:{problems[0].line}: {problems[0].message}")
        value = documents[0][1] if documents else {}
        folder, name = posixpath.split(path)
        for content in value if isinstance(value, list) else [value]:
            if not isinstance(content, dict):
                raise SetError(f"its git generator reads {path}, which holds no mapping")
            own = content if self.templates.is_go else flattened(content)
            yield merged_over(own, self._path(folder or ".", name, prefix))

    def _path(self, path: str, filename: str, prefix: str) -> JsonObject:
        base = posixpath.basename(path)
        about: JsonObject = {"path": path, "basename": base, "basenameNormalized": normalized(base)}
        if filename:
            about |= {"filename": filename, "filenameNormalized": normalized(filename)}
        segments = path.split("/")
        if self.templates.is_go:
            nested = {"path": about | {"segments": segments}}
            return {prefix: nested} if prefix else nested
        start = f"{prefix}.path" if prefix else "path"
        found: JsonObject = {start: path} | {f"{start}.{key}": value for key, value in about.items()}
        for index, segment in enumerate(segments):
            found |= {f"{start}[{index}]": segment, f"{start}.segments[{index}]": segment}
        return found

    def _matrix(self, options: JsonObject, depth: int) -> Parameters:
        children = list(_mappings(options.get("generators")))
        if len(children) != 2:
            raise SetError("its matrix generator needs two generators")
        found: Parameters = []
        for first in self.parameters(children[0], depth + 1):
            second = self.templates.filled([(children[1], first)])[0]
            found += (self._combined(first, other) for other in self.parameters(second, depth + 1))
            _bounded(found)
        return found

    def _combined(self, first: JsonObject, second: JsonObject) -> JsonObject:
        if self.templates.is_go:
            return merged_over(second, first)
        for key in first.keys() & second.keys():
            if first[key] != second[key]:
                raise SetError(f"both generators of its matrix give {key}, with different values")
        return first | second

    def _merge(self, options: JsonObject, depth: int) -> Parameters:
        keys = [str(key) for key in options.get("mergeKeys") or ()]
        children = list(_mappings(options.get("generators")))
        if not keys or len(children) < 2:
            raise SetError("its merge generator needs mergeKeys and two generators")
        base, *others = (_by_keys(self.parameters(child, depth + 1), keys) for child in children)
        for other in others:
            for key, parameters in other.items():
                if key in base:
                    is_go = self.templates.is_go
                    base[key] = merged_over(base[key], parameters) if is_go else base[key] | parameters
        return list(base.values())


def _bounded(found: Parameters) -> Parameters:
    if len(found) > MAX_APPLICATIONS:
        raise SetError(f"it comes to more than {MAX_APPLICATIONS} Applications (limit: applications of a set)")
    return found


def _by_keys(found: Parameters, keys: Sequence[str]) -> dict[tuple[str, ...], JsonObject]:
    by_keys: dict[tuple[str, ...], JsonObject] = {}
    for parameters in found:
        key = tuple(shown(at(parameters, name)) for name in keys)
        if key in by_keys:
            raise SetError(f"a generator of its merge gives the same {', '.join(keys)} twice")
        by_keys[key] = parameters
    return by_keys


def _flat_element(element: JsonObject) -> JsonObject:
    found: JsonObject = {}
    for key, value in element.items():
        if key == "values" and isinstance(value, dict):
            found |= {f"values.{name}": shown(v) for name, v in value.items()}
        elif isinstance(value, dict | list):
            raise SetError(f"the element {key} of its list generator is no text (goTemplate takes such elements)")
        else:
            found[key] = shown(value)
    return found


def _selector(value: Any) -> LabelSelector:
    selector = mapping(value)
    return LabelSelector.of(mapping(selector.get("matchLabels")), selector.get("matchExpressions"))


def _is_selected(value: Any, parameters: JsonObject) -> bool:
    selector = _selector(value)
    return not selector.requirements or selector.matches(flattened(parameters))


def _entries(options: JsonObject, key: str) -> list[tuple[str, bool]]:
    return [(str(e.get("path") or ""), e.get("exclude") is True) for e in _mappings(options.get(key))]


def _mappings(value: Any) -> Iterator[JsonObject]:
    return (entry for entry in value if isinstance(entry, dict)) if isinstance(value, list) else iter(())
