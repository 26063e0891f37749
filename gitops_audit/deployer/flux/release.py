"""A HelmRelease as a source: the chart, its values and its name as helm-controller has them
(fluxcd.io/flux/components/helm/helmreleases).
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import Literal

from gitops_audit.config.settings import ChartRef, HelmOptions, PostBuild, SourceConfig, Substitution
from gitops_audit.deployer.expansion import Context, Placed, check_chart_repository
from gitops_audit.deployer.flux.catalog import Catalog, items, namespace_of, place_of, text, texts
from gitops_audit.deployer.flux.controller import is_tracking_digests
from gitops_audit.deployer.flux.drift_ignore import ignore_rules
from gitops_audit.deployer.flux.kustomization import cluster_of, images_of, old_patches, patches_of
from gitops_audit.deployer.flux.marks import HELM_CHART, HELM_REPOSITORY, OCI_REPOSITORY
from gitops_audit.deployer.flux.origin import Origins, UnfollowedError
from gitops_audit.deployer.flux.values import Values, values_of
from gitops_audit.errors import SourceError
from gitops_audit.model.resource import JsonObject, mapping

_LONGEST, _KEPT, _DIGEST = 53, 40, 12
_ACTIONS = ("install", "upgrade")
_NAME = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class ReleaseReader:
    """Makes sources of HelmReleases; raises UnfollowedError for what the audit cannot render."""

    catalog: Catalog
    context: Context
    origins: Origins

    def source(self, placed: Placed, name: str) -> SourceConfig:
        spec = mapping(placed.body.get("spec"))
        values = values_of(placed, self.catalog)
        config = self._charted(placed, spec, name)
        release = HelmOptions(
            release_name=release_name(placed, spec),
            values=values.inline,
            skip_crds=mapping(spec.get("install")).get("crds") == "Skip",
            parameters=values.parameters,
            post_renderers=tuple(_post_renderers(spec)),
            skip_schema_validation=any(mapping(spec.get(a)).get("disableSchemaValidation") is True for a in _ACTIONS),
        )
        chart = config.helm
        return replace(
            config,
            helm=replace(
                release,
                chart=chart.chart,
                value_files=chart.value_files,
                replaces_defaults=chart.replaces_defaults,
                ignore_missing_value_files=chart.ignore_missing_value_files,
                build=chart.build,
            ),
            namespace=text(spec.get("targetNamespace")) or namespace_of(placed),
            clusters=(cluster_of(placed, spec, self.context),),
            post_build=_post_build(placed, spec, values),
            followed_from=placed.told,
            ignore=ignore_rules(mapping(spec.get("driftDetection")).get("ignore"), name, placed.told),
            where=place_of(placed, self.context),
        )

    def _charted(self, placed: Placed, spec: JsonObject, name: str) -> SourceConfig:
        """A source of the chart alone: what is left is the release's."""
        own = self.context.source
        config = SourceConfig(name, own.repo, own.revision, type="helm")
        reference = mapping(spec.get("chartRef"))
        if not reference:
            return self._of_template(placed, mapping(mapping(spec.get("chart")).get("spec")), config)
        kind, found = text(reference.get("kind")), text(reference.get("name"))
        namespace = text(reference.get("namespace")) or namespace_of(placed)
        if kind == "OCIRepository":
            body = self.catalog.get(OCI_REPOSITORY, placed.cluster, namespace, found)
            chart = _of_registry(body, f"OCIRepository {namespace}/{found}")
            is_tracking = is_tracking_digests(self.catalog, placed.cluster)
            return replace(config, helm=HelmOptions(chart=chart, build="artifact" if is_tracking else ""))
        if kind == "HelmChart":
            body = self.catalog.get(HELM_CHART, placed.cluster, namespace, found)
            if body is not None:
                return self._of_template(placed, mapping(body.get("spec")), config)
        raise UnfollowedError(
            f"its chart is {kind or 'nothing'} {namespace}/{found}, which is not declared or not in Git"
        )

    def _of_template(self, placed: Placed, chart: JsonObject, config: SourceConfig) -> SourceConfig:
        reference = mapping(chart.get("sourceRef"))
        files = texts(chart.get("valuesFiles"))
        options = HelmOptions(
            replaces_defaults=bool(files),
            ignore_missing_value_files=chart.get("ignoreMissingValuesFiles") is True,
            build=_build(chart),
        )
        if reference.get("kind") != "HelmRepository":
            origin = self.origins.of(reference, placed, chart.get("chart"))
            named = tuple(f"/{origin.path(file)}" for file in files)
            git = replace(config, repo=origin.repo, revision=origin.revision, path=origin.path(chart.get("chart")))
            return self._at_hand(replace(git, helm=replace(options, value_files=named)))
        namespace = text(reference.get("namespace")) or namespace_of(placed)
        name = text(reference.get("name"))
        body = self.catalog.get(HELM_REPOSITORY, placed.cluster, namespace, name)
        url = text(mapping(mapping(body).get("spec")).get("url"))
        if not url:
            raise UnfollowedError(f"HelmRepository {namespace}/{name} is not declared in what is followed")
        try:
            check_chart_repository(url)
        except SourceError as error:
            raise UnfollowedError.of(error) from None
        version = text(chart.get("version"))
        found = ChartRef(url.rstrip("/"), text(chart.get("chart")), "" if version == "*" else version)
        return replace(config, helm=replace(options, chart=found, value_files=tuple(f"$/{file}" for file in files)))

    def _at_hand(self, config: SourceConfig) -> SourceConfig:
        own = self.context.source
        if (config.repo, config.revision) != (own.repo, own.revision):
            try:
                self.context.files.names(config)
            except SourceError as error:
                raise UnfollowedError.of(error) from None
        return config


def _build(chart: JsonObject) -> Literal["", "commit", "unknown"]:
    """What source-controller puts behind the version: the generation of the HelmChart where it has files of values."""
    if texts(chart.get("valuesFiles")):
        return "unknown"
    is_of_commit = mapping(chart.get("sourceRef")).get("kind") != "HelmRepository"
    return "commit" if is_of_commit and chart.get("reconcileStrategy") == "Revision" else ""


def release_name(placed: Placed, spec: JsonObject) -> str:
    """The name of the release; a long one is cut, with a digest of the whole at its end."""
    target = text(spec.get("targetNamespace"))
    name = text(spec.get("releaseName")) or (f"{target}-{placed.name}" if target else placed.name)
    data = name.encode("utf-8", "surrogatepass")
    if len(data) <= _LONGEST:
        return name
    return f"{name[:_KEPT]}-{hashlib.sha256(data).hexdigest()[:_DIGEST]}"


def _of_registry(body: JsonObject | None, shown: str) -> ChartRef:
    """The chart that an OCIRepository is: the last part of its URL, at the version that its tag names."""
    if body is None:
        raise UnfollowedError(f"{shown} is not declared in what is followed")
    spec = mapping(body.get("spec"))
    repository, _, name = text(spec.get("url")).rstrip("/").rpartition("/")
    reference = mapping(spec.get("ref"))
    version = text(reference.get("semver")) or text(reference.get("tag"))
    if reference.get("digest") and not version:
        raise UnfollowedError(f"{shown} names its chart by a digest alone, and the audit looks for a version")
    if reference.get("semverFilter") and not reference.get("digest"):
        raise UnfollowedError(f"{shown} takes the highest of tags that fit a pattern (`semverFilter`)")
    if not version or version == "latest":
        raise UnfollowedError(f"{shown} takes the tag `latest`, which says no version of a chart")
    if not repository.startswith("oci://") or not name:
        raise UnfollowedError(f"{shown} has no `oci://` URL of a chart")
    return ChartRef(repository, name, version)


def _post_renderers(spec: JsonObject) -> list[str]:
    found = []
    for one in map(mapping, items(spec.get("postRenderers"))):
        kustomize = mapping(one.get("kustomize"))
        patches = [*patches_of(kustomize.get("patches")), *old_patches(kustomize)]
        renderer = {"patches": patches, "images": images_of(kustomize.get("images"))}
        if any(renderer.values()):
            found.append(json.dumps(renderer, sort_keys=True))
    return found


def _post_build(placed: Placed, spec: JsonObject, values: Values) -> PostBuild:
    """`${name}` in the values is a variable that the Kustomization of the release has left: nobody knows it."""
    metadata = mapping(spec.get("commonMetadata"))
    labels, annotations = (tuple(sorted(mapping(metadata.get(p)).items())) for p in ("labels", "annotations"))
    rendered_from = [values.inline, *(p.value for p in values.parameters), json.dumps(spec.get("postRenderers") or [])]
    left = dict.fromkeys(name for one in rendered_from for name in _NAME.findall(one))
    above = placed.source.post_build.substitution if placed.source.post_build else None
    known = dict((*(above.secrets if above else ()), *values.secrets))
    secrets = () if spec.get("kubeConfig") else tuple((name, known[name]) for name in left if name in known)
    return PostBuild(Substitution(unknown=tuple(left), secrets=secrets), labels, annotations)
