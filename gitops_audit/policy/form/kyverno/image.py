"""Container image references, taken apart as Kyverno's `images` variable shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gitops_audit.kube.image import Reference, parse
from gitops_audit.kube.pod_template import CONTAINER_LISTS, CONTROLLERS, value_at
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.form.kyverno.jmes.error import JmesError

_ALL_PODS = {"Pod": (), **CONTROLLERS}


def normalised(text: str) -> str:
    """A reference with registry and tag or digest. Raises JmesError for what is none."""
    found = _parsed(text)
    return f"{_name(found)}@{found.digest}" if found.digest else f"{_name(found)}:{found.tag}"


def _parsed(text: str) -> Reference:
    try:
        return parse(text)
    except ValueError:
        raise JmesError(f"{text[:100]!r} is not an image reference") from None


def _name(image: Reference) -> str:
    return f"{image.registry}/{image.repository}"


def _as_json(text: str, pointer: str) -> JsonObject:
    image = _parsed(text)
    fields = {
        "registry": image.registry,
        "name": image.repository.rpartition("/")[2],
        "path": image.repository,
        "tag": image.tag,
        "digest": image.digest,
        "reference": normalised(text),
        "referenceWithTag": f"{_name(image)}:{image.tag}",
        "jsonPointer": pointer,
    }
    return {key: value for key, value in fields.items() if value or key in ("name", "path")}


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
            yield str(container.get("name", pointer)), _as_json(text, pointer)


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
                found.setdefault(config.get("name") or "custom", {})[key] = _as_json(text, place)
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
