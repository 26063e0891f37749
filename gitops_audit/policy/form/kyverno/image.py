"""Container image references, taken apart as Kyverno's `images` variable shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gitops_audit.kube.pod_template import CONTAINER_LISTS, CONTROLLERS, value_at
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.form.kyverno.jmes.error import JmesError

DEFAULT_REGISTRY = "docker.io"
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::\d+)?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?P<registry>{_DOMAIN})/(?P<path>{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?",
    re.ASCII,
)
_MAX_CHARS = 1000
_ALL_PODS = {"Pod": (), **CONTROLLERS}


@dataclass(frozen=True, slots=True)
class Image:
    """One reference; `tag` is `latest` where neither tag nor digest is written."""

    registry: str
    path: str
    tag: str
    digest: str

    @property
    def reference(self) -> str:
        pin = f"@{self.digest}" if self.digest else f":{self.tag}"
        return f"{self.registry}/{self.path}{pin}"

    def as_json(self, pointer: str) -> JsonObject:
        fields = {
            "registry": self.registry,
            "name": self.path.rpartition("/")[2],
            "path": self.path,
            "tag": self.tag,
            "digest": self.digest,
            "reference": self.reference,
            "referenceWithTag": f"{self.registry}/{self.path}:{self.tag}",
            "jsonPointer": pointer,
        }
        return {key: value for key, value in fields.items() if value or key in ("name", "path")}


def parse(text: str) -> Image:
    """Raises JmesError for what is no image reference."""
    found = _REFERENCE.fullmatch(_with_registry(text)) if len(text) <= _MAX_CHARS else None
    if found is None:
        raise JmesError(f"{text[:100]!r} is not an image reference")
    registry, path, tag, digest = found.group("registry", "path", "tag", "digest")
    return Image(registry, path, tag or ("" if digest else "latest"), digest or "")


def _with_registry(text: str) -> str:
    head, slash, _ = text.partition("/")
    is_registry = bool(slash) and (any(mark in head for mark in ".:") or head == "localhost" or head.lower() != head)
    return text if is_registry else f"{DEFAULT_REGISTRY}/{text}"


def images_of(body: JsonObject, extractors: JsonObject | None = None) -> JsonObject:
    """The `images` variable: container kind -> container name -> image.

    `extractors` are a rule's `imageExtractors` (kind -> list of path, key, value, name). Raises JmesError where an
    image cannot be read; without any image the variable is empty.
    """
    kind = str(body.get("kind", ""))
    if extractors and kind in extractors:
        return _extracted(body, extractors[kind])
    found: JsonObject = {}
    path = _ALL_PODS.get(kind)
    if path is None:
        return found
    for group in CONTAINER_LISTS:
        images = dict(_container_images(body, (*path, "spec", group)))
        if images:
            found[group] = images
    return found


def _container_images(body: JsonObject, fields: tuple[str, ...]) -> Iterator[tuple[str, JsonObject]]:
    listed = value_at(body, fields)
    for index, container in enumerate(listed if isinstance(listed, list) else ()):
        text = container.get("image") if isinstance(container, dict) else None
        if isinstance(text, str) and text.strip():
            pointer = f"/{'/'.join(fields)}/{index}/image"
            yield str(container.get("name", pointer)), parse(text).as_json(pointer)


def _extracted(body: JsonObject, configs: list[JsonObject]) -> JsonObject:
    found: JsonObject = {}
    for config in configs:
        fields = [part.strip() for part in str(config.get("path", "")).split("/") if part.strip()]
        value_key = config.get("value") or (fields.pop() if fields else "")
        for pointer, holder in _walk(body, fields, ""):
            text = holder.get(value_key) if isinstance(holder, dict) else None
            if isinstance(text, str) and text.strip():
                place = f"{pointer}/{value_key}"
                key = str(holder.get(config["key"], place)) if config.get("key") else place
                found.setdefault(config.get("name") or "custom", {})[key] = parse(text).as_json(place)
    return found


def _walk(value: Any, fields: list[str], pointer: str) -> Iterator[tuple[str, Any]]:
    if not fields:
        yield pointer, value
        return
    head, rest = fields[0], fields[1:]
    if head == "*":
        pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in pairs:
            yield from _walk(item, rest, f"{pointer}/{key}")
    elif isinstance(value, dict) and head in value:
        yield from _walk(value[head], rest, f"{pointer}/{head}")
