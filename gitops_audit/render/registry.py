"""Which renderer takes a source; each is imported only when a source needs it."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

from gitops_audit.config.settings import SourceConfig
from gitops_audit.model.resource import Rendered
from gitops_audit.render.cache import key_of
from gitops_audit.render.given import ALONE, Given
from gitops_audit.render.post_build import settled, with_metadata
from gitops_audit.source import Checkout

_RENDERERS = {
    "directory": "gitops_audit.render.directory:render",
    "kustomize": "gitops_audit.render.kustomize:render",
    "helm": "gitops_audit.render.helm:render",
}
_POST_RENDER = "gitops_audit.render.post_render"
KUSTOMIZATION_FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
CHART_FILE = "Chart.yaml"


def render(config: SourceConfig, checkout: Checkout, given: Given = ALONE) -> Rendered:
    """All that a source declares. Raises SourceError where nothing can be read, or a tool it needs is missing."""
    kind = detected_type(checkout) if config.type == "auto" else config.type
    key = key_of(config, checkout, given) if kind != "directory" and given.kept is not None else ""
    if not key or given.kept is None:
        return _made(kind, config, checkout, given)
    known = given.kept.get(key)
    if known is None:
        known = _made(kind, config, checkout, given)
        given.kept.put(key, known)
    return known


def _made(kind: str, config: SourceConfig, checkout: Checkout, given: Given) -> Rendered:
    module, _, function = _RENDERERS[kind].partition(":")
    rendered: Rendered = getattr(import_module(module), function)(config, checkout, given)
    if kind == "helm":
        rendered = settled(rendered, config.post_build)
    if kind == "helm" and config.helm.post_renderers:
        rendered = import_module(_POST_RENDER).post_rendered(rendered, config, checkout, given)
    return replace(with_metadata(rendered, config.post_build), type=kind)


def detected_type(checkout: Checkout) -> str:
    """What `type: auto` means: decided by the files right in the source's path, as Argo CD does."""
    prefix = f"{checkout.path}/" if checkout.path else ""
    present = set(checkout.files())
    if any(prefix + name in present for name in KUSTOMIZATION_FILES):
        return "kustomize"
    return "helm" if prefix + CHART_FILE in present else "directory"
