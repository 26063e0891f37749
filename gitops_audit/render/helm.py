"""A chart, rendered by the real helm as its deployer does it: its release, its values (`helm:` of the source).

Hooks stay in the output, marked by their annotation; CustomResourceDefinitions of `crds/` are part of it, as an
installation brings them.
"""

from __future__ import annotations

import re
import shutil
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from gitops_audit.config.settings import SourceConfig
from gitops_audit.deployer import flux
from gitops_audit.errors import SourceError
from gitops_audit.model.resource import FileProblem, Manifest, Origin, Rendered
from gitops_audit.render import stand_ins
from gitops_audit.render.chart import Chart, chart_of, own_file, put_build
from gitops_audit.render.chart_text import ChartText, own_api_versions
from gitops_audit.render.dependencies import LackingError
from gitops_audit.render.given import ALONE, Given, Target
from gitops_audit.render.lfs import lfs_problems
from gitops_audit.render.limits import MAX_RENDERED_BYTES
from gitops_audit.render.tool import NO_TOOL, UNRENDERED, ToolError, Workspace, workspace
from gitops_audit.render.unknown_values import restored, unknown_names, with_other_stand_ins
from gitops_audit.render.value_file import ValueFiles
from gitops_audit.render.varying import BUILD, CHANCE, LOOKUP, UNKNOWN, marked
from gitops_audit.render.version import version_of
from gitops_audit.source import Checkout

_RENDERED = ("templates/", "crds/", "charts/", "files/", "values", "Chart.", "requirements.")
_EAST, _WEST = "Pacific/Kiritimati", "Etc/GMT+12"
_EAST_OF_UTC = timedelta(hours=14)
_SOURCE = re.compile(rb"^# Source: [^/\n]+/([^\n]+?)\s*$", re.MULTILINE)


def render(config: SourceConfig, checkout: Checkout, given: Given = ALONE) -> Rendered:
    """The objects of the chart that the source means. What helm refuses is a problem of the chart, or of its source.

    Raises SourceError where helm is missing, or there is no chart, or a value file lacks.
    """
    program = helm_program(config)
    target = _target(config, given.target)
    with workspace(checkout, given.exports) as place:
        try:
            chart = chart_of(config, checkout, place, given)
        except LackingError as error:
            if config.helm.chart is not None:
                raise
            words = f"helm: {error.message}: {error.hint}"
            return Rendered(problems=(FileProblem(own_file(checkout), 1, words, error.code),))
        place = replace(place, tree=chart.tree) if not chart.is_fetched else place
        files = ValueFiles(config, checkout, place, chart, given)
        text = ChartText.of(chart.folder)
        command = _command(program, files, target)
        places = _Places(chart, checkout, _maker(checkout, files) if chart.is_fetched else chart.file)
        try:
            output = place.run(command)
            others = [*_others(files, command, target, is_random=text.is_random)]
            version = version_of(program, place)
        except ToolError as error:
            return _refused(error, chart, checkout, files, places, given)
        rendered = _placed(output, places, text)
        for other, why in others:
            found = marked(rendered.manifests, _placed(other, places, text).manifests, why)
            rendered = replace(rendered, manifests=found)
    return replace(
        rendered,
        problems=(*rendered.problems, *(() if chart.is_fetched else _missing(checkout, chart.directory, text))),
        notes=(*filter(None, (chart.note,)), *_notes(text, target, chart.directory)),
        tools=(("helm", version),) if version else (),
        is_timed=text.is_random,
        chart=chart.title,
    )


def _target(config: SourceConfig, target: Target) -> Target:
    """The Kubernetes that the deployer was told, where the source says so."""
    helm = config.helm
    if helm.kube_version:
        target = replace(target, kube_version=helm.kube_version, is_assumed=False)
    return replace(target, api_versions=target.api_versions.union(helm.api_versions))


def _maker(checkout: Checkout, files: ValueFiles) -> str:
    """The file of the repository that the objects of a fetched chart are made by: the source's own, or its values."""
    if checkout.path in checkout.files():
        return checkout.path
    return next(reversed([*files.own()]), "")


def _refused(
    error: ToolError, chart: Chart, checkout: Checkout, files: ValueFiles, places: _Places, given: Given
) -> Rendered:
    values = [*files.files()]
    if not chart.is_fetched:
        chart_files = [path for path in checkout.files() if path.startswith(chart.directory)]
        if unfetched := lfs_problems(chart.tree, {*chart_files, *files.own()}):
            return Rendered(problems=unfetched)
    words = error.told(chart.tree, chart.folder, (chart.folder, *values) if given.is_verbose else ())
    return Rendered(problems=(FileProblem(places.made_by or chart.file, 1, f"helm: {words}", UNRENDERED),))


def _capabilities(target: Target, chart: Path) -> list[str]:
    """What the templates are told of the cluster; an installation brings the chart's own definitions first."""
    known = sorted(target.api_versions.union(own_api_versions(chart)))
    version = ["--kube-version", target.kube_version] if target.kube_version else []
    return version + (["--api-versions", ",".join(known)] if known else [])


def _command(program: str, files: ValueFiles, target: Target) -> list[str]:
    config, chart = files.config, files.chart
    return [program, *_template(config, chart), *files.arguments(), *_capabilities(target, chart.folder)]


def _others(files: ValueFiles, command: list[str], target: Target, *, is_random: bool) -> Iterator[tuple[bytes, str]]:
    """What may come out otherwise, once more, each with the reason."""
    if is_random:
        yield _again(files.place, command), CHANCE
    if unknown_names(files.config):
        yield _with_others(files, command[0], target), UNKNOWN
    if files.chart.is_guessed:
        yield _with_other_build(files.place, command, files.chart), BUILD


def _with_others(files: ValueFiles, program: str, target: Target) -> bytes:
    """A rendering with other stand-ins for the values that nobody knows."""
    others = replace(files, config=with_other_stand_ins(files.config))
    return restored(files.config, files.place.run(_command(program, others, target)))


def _with_other_build(place: Workspace, command: Sequence[str], chart: Chart) -> bytes:
    """A rendering of the chart with another version."""
    put_build(chart.folder, flux.UNKNOWN_BUILDS[1])
    return place.run(command)


def _again(place: Workspace, command: Sequence[str]) -> bytes:
    """A second rendering, in another second and in a time zone where it is another day."""
    time.sleep(1 - time.time() % 1)
    return place.run(command, environment={"TZ": other_zone(datetime.now(UTC), datetime.now().astimezone().date())})


def other_zone(now: datetime, today: date) -> str:
    """A time zone in which it is another day than here (`today`) and in UTC, as far as one of the two ends of the world
    has it: they are 26 hours apart."""
    in_east = (now + _EAST_OF_UTC).date()
    return _EAST if in_east not in (today, now.date()) else _WEST


def _notes(text: ChartText, target: Target, directory: str) -> Iterator[str]:
    """What the templates asked for and could not be told: objects behind it are not seen."""
    for path in sorted(text.looking):
        yield f"{directory}{path} looks objects up in the cluster, and finds none when it is rendered"
    if target.is_served:
        return
    for path, api in dict.fromkeys(text.asked):
        if api not in target.api_versions:
            known = f"what is known is {target.known_from}"
            yield f"{directory}{path} asks whether the cluster has {api}, and was told no: {known}"
    for path in dict.fromkeys(text.versioned if target.is_assumed else ()):
        version = target.kube_version or "the one that helm was built for"
        yield f"{directory}{path} asks for the version of Kubernetes, and was told {version}: set `kubernetesVersion`"


def _template(config: SourceConfig, chart: Chart) -> list[str]:
    options = config.helm
    release = options.release_name or config.name
    namespace = options.namespace or config.namespace or "default"
    crds = "--skip-crds" if options.skip_crds else "--include-crds"
    unchecked = ["--skip-schema-validation"] if options.skip_schema_validation else []
    return ["template", release, str(chart.folder), "--namespace", namespace, crds, *unchecked]


def _missing(checkout: Checkout, directory: str, text: ChartText) -> Iterator[FileProblem]:
    """What helm did not get to see and does not miss: objects, or parts of them, may be lacking."""
    for problem in checkout.problems:
        is_of_chart = text.reads_files and problem.path.startswith(directory)
        if is_of_chart or problem.path.removeprefix(directory).startswith(_RENDERED):
            yield problem


def _placed(output: bytes, places: _Places, text: ChartText) -> Rendered:
    templates = _Templates(output)
    found = stand_ins.load(output, places.made_by or places.chart.file, max_bytes=MAX_RENDERED_BYTES)
    problems = (_rendered_problem(p, places.origin(templates.at(p.line))) for p in found.problems)
    manifests = (_at(m, templates.at(m.origin.line), places, text) for m in found.manifests)
    return Rendered(tuple(manifests), tuple(problems), found.ignored)


def _at(built: Manifest, template: str, places: _Places, text: ChartText) -> Manifest:
    origin = places.origin(template)
    looked_up = (("", LOOKUP),) if template in text.looking else ()
    faults = tuple(replace(fault, line=origin.line) for fault in built.faults)
    return replace(built, origin=origin, faults=faults, varying=(*built.varying, *looked_up))


def _rendered_problem(problem: FileProblem, origin: Origin) -> FileProblem:
    return replace(problem, path=origin.path, line=origin.line, message=f"in what helm rendered: {problem.message}")


class _Templates:
    """Which template each line of helm's output comes from, by the comments it writes; paths count from the chart."""

    def __init__(self, output: bytes) -> None:
        found = list(_SOURCE.finditer(output))
        lines, at, line = [], 0, 1
        for match in found:
            line += output.count(b"\n", at, match.start())
            at = match.start()
            lines.append(line)
        self._lines = lines
        self._paths = [match[1].decode("utf-8", "replace") for match in found]

    def at(self, line: int) -> str:
        index = bisect_right(self._lines, line) - 1
        return self._paths[index] if index >= 0 else ""


class _Places:
    """Where an object of a template stands. A line of a template says nothing about a line of what it rendered: the
    file is all there is. What a fetched chart gives is `made_by` a file of the source, if there is one."""

    def __init__(self, chart: Chart, checkout: Checkout, made_by: str) -> None:
        self.chart, self.made_by = chart, made_by
        self._files = set(checkout.files())

    def origin(self, template: str) -> Origin:
        path = f"{self.chart.directory}{template}"
        if self.chart.is_fetched:
            return Origin(self.made_by or path, 0, -1)
        return Origin(path if path in self._files else self.chart.file, 0, -1)


def helm_program(config: SourceConfig) -> str:
    """Where helm is. Raises SourceError."""
    program = shutil.which("helm")
    if program is not None:
        return program
    raise SourceError(
        f"the source {config.name!r} has a Helm chart, and helm is not on the PATH",
        code=NO_TOOL,
        where=config.where,
        hint="install helm 3 or later (helm.sh/docs/intro/install)",
    )
