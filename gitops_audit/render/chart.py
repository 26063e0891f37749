"""The chart that a source means, as helm gets it: whole, in a folder, with its dependencies and value files."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from gitops_audit.config.settings import ChartRef, HelmOptions, SourceConfig
from gitops_audit.deployer import flux
from gitops_audit.errors import SourceError
from gitops_audit.kube.version_range import loose_version
from gitops_audit.manifest import file as manifest
from gitops_audit.model.printable import printable
from gitops_audit.render.dependencies import Completion, LackingError, Place, described, missing
from gitops_audit.render.given import Given
from gitops_audit.render.mirror import Mirrors
from gitops_audit.render.registry import CHART_FILE
from gitops_audit.render.tool import UNRENDERED, Workspace
from gitops_audit.source import Checkout
from gitops_audit.source.chart.charts import Charts
from gitops_audit.source.chart.reference import is_exact

_NO_DEFAULTS = "defaults.yaml"
_BUILD_LENGTH, _TITLE_LENGTH = 12, 300


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart in a folder below `tree`.

    `directory` is how the paths of its files begin in reports. `is_fetched`: it comes of no file of the source.
    `defaults` are the values that count only where they are named (HelmOptions.replaces_defaults). `artifact` is the
    digest that a registry has of it; `is_guessed`: what Flux puts behind its version is not known.
    """

    folder: Path
    tree: Path
    directory: str
    is_fetched: bool = False
    defaults: Path | None = None
    note: str = ""
    artifact: str = ""
    is_guessed: bool = False

    @property
    def file(self) -> str:
        return f"{self.directory}{CHART_FILE}"

    @property
    def title(self) -> str:
        """Its own name and version."""
        about = described(self.folder)
        return printable(" ".join(str(about.get(key) or "") for key in ("name", "version")).strip())[:_TITLE_LENGTH]

    def found(self, path: str) -> Path | None:
        """A file of the chart; None where there is none."""
        place = Path(os.path.realpath(self.folder / path))
        if self.defaults is not None and place == self.folder.resolve() / "values.yaml":
            return self.defaults
        return place if place.is_relative_to(self.folder.resolve()) and place.is_file() else None


def chart_of(config: SourceConfig, checkout: Checkout, place: Workspace, given: Given) -> Chart:
    """The chart of a repository, or the one at the source's path. Raises SourceError."""
    ref = config.helm.chart
    try:
        found = _fetched(ref, place, given) if ref else _own(config, checkout, place, given)
    except LackingError:
        raise
    except SourceError as error:
        raise SourceError(error.message, code=error.code, where=error.where or config.where, hint=error.hint) from None
    if config.helm.replaces_defaults:
        found = _without_defaults(found, place)
    return _built(found, config.helm, checkout.commit) if config.helm.build else found


def _built(chart: Chart, options: HelmOptions, commit: str) -> Chart:
    """The chart with the version that Flux gives it."""
    known = {"artifact": chart.artifact, "commit": commit}.get(options.build, "")[:_BUILD_LENGTH]
    put_build(chart.folder, known or flux.UNKNOWN_BUILDS[0])
    return replace(chart, is_guessed=not known)


def put_build(folder: Path, build: str) -> None:
    """Writes a build part behind the version of a chart. The file is replaced: it may be a link to another tree's."""
    file = folder / CHART_FILE
    documents, _ = manifest.documents(file.read_bytes(), "")
    value = documents[0][1] if documents else None
    version = loose_version(str(value.get("version"))) if isinstance(value, dict) else None
    if isinstance(value, dict) and version is not None:
        written = file.with_name(f"{file.name}.new")
        written.write_text(json.dumps(value | {"version": f"{version}+{build}"}), encoding="utf-8")
        written.replace(file)


def _fetched(ref: ChartRef, place: Workspace, given: Given) -> Chart:
    folder, version, artifact = placed(ref, place.home / "chart", given)
    complete(folder, given)
    is_known = not version or is_exact(ref.version)
    note = "" if is_known else f"the chart {ref.name} {ref.version or '(latest)'} is version {version} today"
    return Chart(folder, folder.parent, f"{ref.name}/", is_fetched=True, note=note, artifact=artifact)


def placed(ref: ChartRef, target: Path, given: Given) -> tuple[Path, str, str]:
    """The chart of a mirror's folder, else the fetched one, below `target`, with its version and the digest of its
    artifact (empty for a mirror's).

    Raises SourceError.
    """
    folder = target / "mirrored"
    if Mirrors(given.network, target).chart(ref.repository, ref.name, ref.version, folder):
        return folder, "", ""
    found = (given.charts or Charts(given.network)).place(ref, target)
    return found.folder, found.version, found.artifact


def complete(folder: Path, given: Given) -> None:
    """Puts what a chart that was fetched needs into its `charts/`. Raises SourceError."""
    Completion(folder, _placing(given)).complete(folder, folder)


def _placing(given: Given) -> Place:
    return lambda ref, target: placed(ref, target, given)


def own_file(checkout: Checkout) -> str:
    """The Chart.yaml at the source's path."""
    return f"{checkout.path}/{CHART_FILE}" if checkout.path else CHART_FILE


def _own(config: SourceConfig, checkout: Checkout, place: Workspace, given: Given) -> Chart:
    if own_file(checkout) not in set(checkout.files()):
        raise SourceError(
            f"there is no {CHART_FILE} in {checkout.path or 'the root of the repository'}",
            code=UNRENDERED,
            where=config.where,
            hint="correct the source's `path`, or its `type`",
        )
    is_lacking = bool(missing(place.tree / checkout.path))
    tree = place.tree
    if config.helm.replaces_defaults or config.helm.build:
        tree = place.export.linked(place.home / "tree")
    elif is_lacking:
        tree = place.export.changed()
    folder = tree / checkout.path
    with place.export.lock if is_lacking else nullcontext():
        Completion(tree, _placing(given)).complete(folder, folder)
    return Chart(folder, tree, own_file(checkout).removesuffix(CHART_FILE))


def _without_defaults(chart: Chart, place: Workspace) -> Chart:
    """The chart with an empty values.yaml; what stood there is kept beside it."""
    values, defaults = chart.folder / "values.yaml", place.home / _NO_DEFAULTS
    if not values.is_file():
        return chart
    defaults.write_bytes(values.read_bytes())
    values.unlink()
    values.write_text("{}\n", encoding="utf-8")
    return replace(chart, defaults=defaults)
