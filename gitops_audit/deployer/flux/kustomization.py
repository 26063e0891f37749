"""A Kustomization as a source: what kustomize-controller builds, with its options
(fluxcd.io/flux/components/kustomize/kustomizations).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gitops_audit.config.repository import without_user_info
from gitops_audit.config.settings import KustomizeOptions, PostBuild, SourceConfig
from gitops_audit.deployer.expansion import Context, Placed
from gitops_audit.deployer.flux.catalog import Catalog, items, namespace_of, place_of, text, texts
from gitops_audit.deployer.flux.controller import is_strict
from gitops_audit.deployer.flux.drift_ignore import ignore_rules
from gitops_audit.deployer.flux.origin import GitOrigin, Origins, UnfollowedError
from gitops_audit.deployer.flux.reference import substitution_of
from gitops_audit.deployer.inputs import of_kustomization_spec
from gitops_audit.errors import SourceError
from gitops_audit.model.resource import JsonObject, mapping

_TARGET = ("group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector")
_IMAGE = ("name", "newName", "newTag", "digest")


@dataclass(frozen=True, slots=True)
class KustomizationReader:
    """Makes sources of Kustomizations; raises UnfollowedError for what the audit cannot build."""

    catalog: Catalog
    context: Context
    origins: Origins
    strict: dict[str, bool | None] = field(default_factory=dict)

    def source(self, placed: Placed, name: str) -> SourceConfig:
        spec = mapping(placed.body.get("spec"))
        origin = self.origins.of(spec.get("sourceRef"), placed, spec.get("path"))
        config = SourceConfig(
            name,
            origin.repo,
            origin.revision,
            origin.path(spec.get("path")),
            "kustomize",
            text(spec.get("targetNamespace")),
            (cluster_of(placed, spec, self.context),),
            kustomize=options(spec, origin),
            post_build=self._post_build(placed, spec),
            followed_from=placed.told,
            ignore=ignore_rules(spec.get("ignore"), name, placed.told),
            where=place_of(placed, self.context),
        )
        return self._at_hand(config)

    def _post_build(self, placed: Placed, spec: JsonObject) -> PostBuild:
        metadata = mapping(spec.get("commonMetadata"))
        labels, annotations = (tuple(sorted(mapping(metadata.get(p)).items())) for p in ("labels", "annotations"))
        given = of_kustomization_spec(spec).given
        substitution = substitution_of(placed, self.catalog, is_strict=self._is_strict(placed.cluster, spec))
        return PostBuild(substitution, labels, annotations, given, bool(mapping(spec.get("decryption"))))

    def _is_strict(self, cluster: str, spec: JsonObject) -> bool | None:
        """Asked once for each cluster, and only where variables are replaced."""
        if spec.get("postBuild") and cluster not in self.strict:
            self.strict[cluster] = is_strict(self.catalog, cluster)
        return self.strict.get(cluster)

    def _at_hand(self, config: SourceConfig) -> SourceConfig:
        """What is not the audited revision itself may lie anywhere: it is followed where it can be read."""
        own = self.context.source
        if (config.repo, config.revision) != (own.repo, own.revision):
            try:
                self.context.files.names(config)
            except SourceError as error:
                raise UnfollowedError.of(error) from None
        return config


def cluster_of(placed: Placed, spec: JsonObject, context: Context) -> str:
    """The cluster that an object deploys to: its own, or the one that `kubeConfig` names. Raises UnfollowedError."""
    given = mapping(spec.get("kubeConfig"))
    if not given:
        return placed.cluster
    names = [text(mapping(given.get(kind)).get("name")) for kind in ("secretRef", "configMapRef")]
    name = next(filter(None, names), "")
    destinations = dict(context.source.destinations)
    cluster = destinations.get(f"{namespace_of(placed)}/{name}") or destinations.get(name)
    if cluster is None:
        raise UnfollowedError(f"it deploys to the cluster of kubeConfig {name!r}, which no `destinations` name")
    return cluster


def options(spec: JsonObject, origin: GitOrigin) -> KustomizeOptions:
    """How Flux builds: without kustomize's load restrictor, with the overlay that `spec` says."""
    overlay = dict(_overlay(spec))
    components = overlay.get("components", ())
    if remote := next((c for c in components if ":" in c or c.startswith(("/", "github.com"))), None):
        raise UnfollowedError(
            f"Flux refuses the component {without_user_info(remote)!r}: it is not a path in the same repository"
        )
    return KustomizeOptions(
        "none",
        overlay=json.dumps(overlay, sort_keys=True) if overlay else "",
        is_generated=True,
        skips_missing=spec.get("ignoreMissingComponents") is True,
        ignore=origin.ignore,
    )


def _overlay(spec: JsonObject) -> Iterator[tuple[str, Any]]:
    single = {"namespace": "targetNamespace", "namePrefix": "namePrefix", "nameSuffix": "nameSuffix"}
    yield from ((field, spec[given]) for field, given in single.items() if text(spec.get(given)))
    patches = [*patches_of(spec.get("patches")), *old_patches(spec)]
    lists = {"patches": patches, "images": images_of(spec.get("images")), "components": texts(spec.get("components"))}
    yield from ((field, found) for field, found in lists.items() if found)
    if texts(spec.get("buildMetadata")):
        yield "buildMetadata", texts(spec.get("buildMetadata"))


def patches_of(patches: Any) -> list[JsonObject]:
    """Inline patches alone, with the targets that Flux hands on: nothing in them can name a file."""
    return [
        {"patch": text(one.get("patch"))} | ({"target": _target(one["target"])} if mapping(one.get("target")) else {})
        for one in map(mapping, items(patches))
        if one
    ]


def old_patches(spec: JsonObject) -> list[JsonObject]:
    """The fields of older versions of the API: objects to merge, and operations with a target."""
    merges = [{"patch": json.dumps(one)} for one in items(spec.get("patchesStrategicMerge")) if isinstance(one, dict)]
    operations = [
        {"patch": json.dumps(one.get("patch") or []), "target": _target(one.get("target"))}
        for one in map(mapping, items(spec.get("patchesJson6902")))
    ]
    return [*merges, *operations]


def images_of(images: Any) -> list[JsonObject]:
    found = ({k: text(one[k]) for k in _IMAGE if text(one.get(k))} for one in map(mapping, items(images)))
    return [one for one in found if one.get("name")]


def _target(target: Any) -> JsonObject:
    return {key: text(value) for key, value in mapping(target).items() if key in _TARGET and text(value)}
