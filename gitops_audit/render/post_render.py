"""What Flux does with a chart's objects before they are installed (`spec.postRenderers` of a HelmRelease): kustomize
patches them and sets their images.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from gitops_audit.config.settings import SourceConfig
from gitops_audit.deployer import helm
from gitops_audit.model.resource import FileProblem, JsonObject, Manifest, Origin, Rendered, mapping
from gitops_audit.render import stand_ins
from gitops_audit.render.given import Given
from gitops_audit.render.kustomize import kustomize_command
from gitops_audit.render.limits import MAX_RENDERED_BYTES
from gitops_audit.render.registry import KUSTOMIZATION_FILES
from gitops_audit.render.tool import UNRENDERED, ToolError, Workspace, workspace
from gitops_audit.source import Checkout

_INPUT = "helm-output.yaml"


def post_rendered(rendered: Rendered, config: SourceConfig, checkout: Checkout, given: Given) -> Rendered:
    """The objects as the post-renderers leave them, in their order. What kustomize refuses is a problem of the chart.

    Hooks stay as they are: whether Helm hands them over has changed with its versions, and they are not compared.
    """
    hooks = tuple(m for m in rendered.manifests if _is_hook(m.body))
    manifests = tuple(m for m in rendered.manifests if not _is_hook(m.body))
    if not manifests:
        return rendered
    command = kustomize_command(config)
    with workspace(checkout, given.exports) as place:
        for number, text in enumerate(config.helm.post_renderers):
            try:
                output = _run(command, place, number, json.loads(text), manifests)
            except ToolError as error:
                return replace(rendered, problems=(*rendered.problems, _refused(checkout, error, place)))
            manifests = tuple(_placed(stand_ins.load(output, "", max_bytes=MAX_RENDERED_BYTES).manifests, manifests))
    return replace(rendered, manifests=(*manifests, *hooks))


def _is_hook(body: JsonObject) -> bool:
    return helm.HOOK in mapping(mapping(body.get("metadata")).get("annotations"))


def _run(
    command: Sequence[str], place: Workspace, number: int, renderer: JsonObject, manifests: Sequence[Manifest]
) -> bytes:
    folder = place.home / f"post-render-{number}"
    folder.mkdir()
    documents = (json.dumps(m.body, ensure_ascii=False) for m in manifests)
    (folder / _INPUT).write_text("\n---\n".join(documents), encoding="utf-8", errors="surrogatepass")
    # Patches are texts here, never files: nothing of the repository can be named.
    patches = [{k: p[k] for k in ("patch", "target") if k in p} for p in renderer.get("patches") or ()]
    built = {"resources": [_INPUT], "patches": patches, "images": renderer.get("images") or []}
    (folder / KUSTOMIZATION_FILES[0]).write_text(json.dumps(built), encoding="utf-8")
    return place.run([*command, str(folder)])


def _refused(checkout: Checkout, error: ToolError, place: Workspace) -> FileProblem:
    told = error.told(place.tree, Path(place.home))
    return FileProblem(checkout.path or ".", 0, f"kustomize, as post-renderer: {told}", UNRENDERED)


def _placed(built: Sequence[Manifest], before: Sequence[Manifest]) -> Iterator[Manifest]:
    """The objects with what is known of those they were made from."""
    known = {_identity(m.body): m for m in before}
    for one in built:
        old = known.get(_identity(one.body))
        origin = old.origin if old else Origin(before[0].origin.path, 0, -1)
        yield replace(one, origin=origin, varying=old.varying if old else ())


def _identity(body: JsonObject) -> tuple[str, ...]:
    metadata = mapping(body.get("metadata"))
    return tuple(str(v) for v in (body["apiVersion"], body["kind"], metadata.get("namespace"), metadata.get("name")))
