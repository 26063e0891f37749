"""The options of an Application's source as those of a source of the audit.

Source: argo-cd.readthedocs.io/en/stable/user-guide: directory, helm, kustomize, multiple_sources, build-environment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gitops_audit.config.repository import without_user_info
from gitops_audit.config.settings import (
    DirectoryOptions,
    HelmOptions,
    HelmParameter,
    KustomizeOptions,
    SourceType,
    ValuesRepository,
)
from gitops_audit.errors import SourceError
from gitops_audit.manifest import file as manifest
from gitops_audit.model.resource import JsonObject, mapping

KINDS: dict[str, SourceType] = {"helm": "helm", "kustomize": "kustomize", "directory": "directory"}
_COPIED = ("namePrefix", "nameSuffix", "namespace", "patches", "components", "commonAnnotations")
_VARIABLE = re.compile(r"\$(?:\{([^}]*)(?:\}|\Z)|([*#$@!?\-0-9]|[A-Za-z_]\w*))", re.ASCII)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://.*")
_NAME = re.compile(r"ARGOCD_\w+|KUBE_VERSION|KUBE_API_VERSIONS", re.ASCII)


class OptionError(Exception):
    """An option that cannot be taken; the message says which, and why."""


def source_type(source: JsonObject) -> SourceType:
    """`auto` where the source names none: the files decide. Raises OptionError for two of them."""
    named = [key for key in (*KINDS, "plugin") if source.get(key) is not None]
    if len(named) > 1:
        raise OptionError(f"it has options of {' and '.join(named)}, and Argo CD takes only one of them")
    return KINDS[named[0]] if named and named[0] in KINDS else "auto"


def directory_options(source: JsonObject, variables: Mapping[str, str]) -> DirectoryOptions:
    options = mapping(source.get("directory"))
    jsonnet = mapping(options.get("jsonnet"))
    for kind in ("extVars", "tlas"):
        if entries := list(_mappings(jsonnet.get(kind))):
            filled = [{**e, "value": substituted(str(e.get("value") or ""), variables)} for e in entries]
            jsonnet = {**jsonnet, kind: filled}
    return DirectoryOptions(
        recurse=options.get("recurse") is True,
        include=str(options.get("include") or ""),
        exclude=str(options.get("exclude") or ""),
        any_suffix=options.get("disableExtensionFilter") is True,
        jsonnet=json.dumps(jsonnet) if jsonnet else "",
    )


def kustomize_options(source: JsonObject, base: KustomizeOptions, variables: Mapping[str, str]) -> KustomizeOptions:
    """`base` is how Argo CD is told to build (`kustomize.buildOptions`), as the configuration says it."""
    options = mapping(source.get("kustomize"))
    overlay: JsonObject = {key: options[key] for key in _COPIED if options.get(key)}
    if options.get("commonAnnotationsEnvsubst") and "commonAnnotations" in overlay:
        annotations = mapping(overlay["commonAnnotations"]).items()
        overlay["commonAnnotations"] = {k: substituted(str(v), variables) for k, v in annotations}
    if images := [image(substituted(text, variables)) for text in _texts(options.get("images"))]:
        overlay["images"] = images
    if replicas := [_replicas(mapping(entry)) for entry in options.get("replicas") or ()]:
        overlay["replicas"] = replicas
    overlay |= _labels(options, variables)
    forced = {"labels": "forceCommonLabels", "commonLabels": "forceCommonLabels"}
    forced["commonAnnotations"] = "forceCommonAnnotations"
    return KustomizeOptions(
        load_restrictor=base.load_restrictor,
        helm_charts=base.helm_charts,
        overlay=json.dumps(overlay) if overlay else "",
        skips_missing=options.get("ignoreMissingComponents") is True,
        unforced=tuple(key for key, force in forced.items() if key in overlay and options.get(force) is not True),
        kube_version=str(options.get("kubeVersion") or ""),
        api_versions=tuple(_texts(options.get("apiVersions"))),
    )


def image(text: str) -> JsonObject:
    """What `kustomize edit set image` makes of `name=new:tag@digest`, of which only one part need be there."""
    name, equals, rest = text.partition("=")
    new = rest if equals else name
    new, _, digest = new.partition("@")
    head, slash, last = new.rpartition("/")
    last, _, tag = last.partition(":")
    new = f"{head}{slash}{last}"
    found: JsonObject = {"name": name if equals else new}
    if equals and new not in ("*", ""):
        found["newName"] = new
    return found | ({"newTag": tag} if tag else {}) | ({"digest": digest} if digest else {})


def _replicas(entry: JsonObject) -> JsonObject:
    count = entry.get("count")
    if isinstance(count, str) and not (count.isascii() and count.isdecimal()):
        raise OptionError(f"its replicas of {entry.get('name')} are no number")
    return {"name": str(entry.get("name") or ""), "count": int(count or 0)}


def _labels(options: JsonObject, variables: Mapping[str, str]) -> JsonObject:
    labels = {k: substituted(str(v), variables) for k, v in mapping(options.get("commonLabels")).items()}
    if not labels:
        return {}
    if options.get("labelWithoutSelector") is not True:
        return {"commonLabels": labels}
    templates = options.get("labelIncludeTemplates") is True
    return {"labels": [{"pairs": labels, "includeSelectors": False, "includeTemplates": templates}]}


def helm_options(
    source: JsonObject, application: str, refs: Mapping[str, ValuesRepository], variables: Mapping[str, str]
) -> HelmOptions:
    """`refs` are the sources that value files may come from, by their `ref`. Raises OptionError, SourceError."""
    options = mapping(source.get("helm"))
    files = tuple(_value_file(text, variables) for text in _texts(options.get("valueFiles")))
    return HelmOptions(
        release_name=str(options.get("releaseName") or application),
        value_files=files,
        values=_values(options),
        skip_crds=options.get("skipCrds") is True,
        value_repositories=tuple(_repositories(files, refs)),
        parameters=tuple(_parameters(options.get("parameters"), variables)),
        file_parameters=tuple(
            (str(p.get("name") or ""), _value_file(str(p.get("path") or ""), variables))
            for p in _mappings(options.get("fileParameters"))
        ),
        namespace=str(options.get("namespace") or ""),
        kube_version=str(options.get("kubeVersion") or ""),
        api_versions=tuple(_texts(options.get("apiVersions"))),
        ignore_missing_value_files=options.get("ignoreMissingValueFiles") is True,
        skip_schema_validation=options.get("skipSchemaValidation") is True,
    )


def substituted(text: str, variables: Mapping[str, str]) -> str:
    """A text with the variables of the build environment that are known before anything is rendered.

    All that looks like a variable of a shell is taken for one, and is empty; `$$` stands for a `$`.
    """

    def value(found: re.Match[str]) -> str:
        name = found[2] or found[1] or ""
        if name not in variables and _NAME.fullmatch(name):
            raise OptionError(f"it uses ${name}, which the audit does not know")
        return "$" if name == "$" else variables.get(name, "")

    return _VARIABLE.sub(value, text)


def _value_file(text: str, variables: Mapping[str, str]) -> str:
    """The `$name` of another source at its beginning stays. Raises SourceError for a URL."""
    if url := _URL.search(text):
        shown = without_user_info(url[0]).partition("?")[0]
        raise SourceError(f"its value file {shown} is fetched from elsewhere, which the audit does not do")
    first, slash, rest = text.partition("/")
    if first.startswith("$") and not first.startswith(("$ARGOCD_", "${ARGOCD_")):
        return f"{first}{slash}{substituted(rest, variables)}"
    return substituted(text, variables)


def _values(options: JsonObject) -> str:
    """`valuesObject` wins over `values`, which is the text of a values file."""
    known = options.get("valuesObject")
    if known is not None:
        return json.dumps(known)
    text = options.get("values")
    if not isinstance(text, str) or not text.strip():
        return ""
    documents, problems = manifest.documents(text.encode(errors="replace"), "values")
    if problems or len(documents) > 1 or not isinstance(documents[0][1] if documents else {}, dict):
        raise OptionError("its `helm.values` are no YAML mapping")
    return json.dumps(documents[0][1]) if documents else ""


def _repositories(files: Iterable[str], refs: Mapping[str, ValuesRepository]) -> Iterator[ValuesRepository]:
    names = dict.fromkeys(file[1:].partition("/")[0] for file in files if file.startswith("$"))
    for name in names:
        if name not in refs:
            raise OptionError(f"its value files name ${name}, and no source of it has that `ref`")
        yield refs[name]


def _parameters(entries: Any, variables: Mapping[str, str]) -> Iterator[HelmParameter]:
    for entry in _mappings(entries):
        value = substituted(str(entry.get("value", "")), variables)
        is_list = value.startswith("{") and value.endswith("}")
        escaped = value if is_list else re.sub(r"(?<!\\),", r"\\,", value)
        yield HelmParameter(str(entry.get("name") or ""), escaped, is_string=entry.get("forceString") is True)


def _texts(value: Any) -> Iterator[str]:
    return (text for text in value if isinstance(text, str)) if isinstance(value, list) else iter(())


def _mappings(value: Any) -> Iterator[JsonObject]:
    return (entry for entry in value if isinstance(entry, dict)) if isinstance(value, list) else iter(())
