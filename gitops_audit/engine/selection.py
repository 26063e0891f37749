"""Resources as people type them: `web`, `deploy/web`, `shop/web`, `deploy/shop/web`, a full id, a node id of pytest."""

from __future__ import annotations

from collections.abc import Sequence

from gitops_audit.config.suggest import closest
from gitops_audit.errors import ConfigError
from gitops_audit.kube.glob import is_like
from gitops_audit.kube.kind_name import is_kind
from gitops_audit.model.resource import ResourceKey
from gitops_audit.model.subject import Subject


def select(resources: Sequence[Subject], typed: Sequence[str]) -> list[Subject]:
    """The resources that one of the words names, in their order; all where there is no word.

    Raises ConfigError (GA123) for a word that names none: nothing that was asked for drops out unseen.
    """
    for word in typed:
        if not any(_is_named(r, word) for r in resources):
            raise ConfigError(f"no resource matches {word!r}", code="GA123", hint=_nearest(word, resources))
    return [r for r in resources if not typed or any(_is_named(r, word) for word in typed)]


def _is_named(resource: Subject, word: str) -> bool:
    if word == resource.id:
        return True
    if "::" in word:
        word = "/".join(word.split("::")[1:])
    key = resource.key
    if is_like(word, resource.id) or is_like(word, str(key)):
        return True
    match word.split("/"):
        case [name]:
            return is_like(name, key.name)
        case [first, name]:
            return is_like(name, key.name) and (_is_kind(first, key) or _is_in(first, key))
        case [kind, namespace, name]:
            return is_like(name, key.name) and _is_in(namespace, key) and _is_kind(kind, key)
    return False


def _is_kind(typed: str, key: ResourceKey) -> bool:
    return is_kind(typed, key.kind, key.group)


def _is_in(namespace: str, key: ResourceKey) -> bool:
    return bool(key.namespace) and is_like(namespace, key.namespace)


def _nearest(word: str, resources: Sequence[Subject]) -> str:
    """The names that look like it, each as short as it was typed."""
    depth = word.count("/")
    shown: dict[str, None] = {}
    for resource in resources:
        key = resource.key
        names = [key.name, f"{key.kind.lower()}/{key.name}", str(key), resource.id]
        shown[names[min(depth, 3)]] = None
        if depth == 1 and key.namespace:
            shown[f"{key.namespace}/{key.name}"] = None
    found = closest(word, shown)
    return (
        f"did you mean {' or '.join(found)}?" if found else "`gitops-audit list` prints what there is; quote wildcards"
    )
