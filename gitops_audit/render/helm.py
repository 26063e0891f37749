"""A chart, rendered by the real helm as its deployer does it: its release, its values (`helm:` of the source).

Hooks stay in the output, marked by their annotation; CustomResourceDefinitions of `crds/` are part of it, as an
installation brings them. Dependencies must be in `charts/`: nothing is fetched.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from gitops_audit.config.settings import SourceConfig
from gitops_audit.errors import SourceError
from gitops_audit.model.resource import FileProblem, Manifest, Origin, Rendered
from gitops_audit.render import stand_ins
from gitops_audit.render.chart_text import ChartText, own_api_versions
from gitops_audit.render.given import ALONE, Given, Target
from gitops_audit.render.lfs import lfs_problems
from gitops_audit.render.limits import MAX_RENDERED_BYTES
from gitops_audit.render.registry import CHART_FILE
from gitops_audit.render.tool import NO_TOOL, UNRENDERED, ToolError, Workspace, workspace
from gitops_audit.render.varying import LOOKUP, marked
from gitops_audit.render.version import version_of
from gitops_audit.source import Checkout

NO_VALUES = "GA262"
_RENDERED = ("templates/", "crds/", "charts/", "files/", "values", "Chart.", "requirements.")
_OTHER_ZONE = "Pacific/Kiritimati" if time.timezone > 0 else "Etc/GMT+12"
_SOURCE = re.compile(rb"^# Source: [^/\n]+/([^\n]+?)\s*$", re.MULTILINE)


def render(config: SourceConfig, checkout: Checkout, given: Given = ALONE) -> Rendered:
    """The objects of the chart at the source's path. What helm refuses is a problem of Chart.yaml.

    Raises SourceError where helm is missing, or there is no chart.
    """
    program = helm_program(config)
    chart = f"{checkout.path}/{CHART_FILE}" if checkout.path else CHART_FILE
    if chart not in set(checkout.files()):
        raise _no_chart(config, checkout)
    with workspace(checkout, given.exports) as place:
        files = _value_files(config, checkout, place)
        folder = place.tree / checkout.path
        text = ChartText.of(folder)
        command = [program, *_template(config, folder, files), *_capabilities(given.target, folder)]
        try:
            output = place.run(command)
            again = _again(place, command) if text.is_random else None
            version = version_of(program, place)
        except ToolError as error:
            chart_files = [p for p in checkout.files() if p.startswith(chart.removesuffix(CHART_FILE))]
            values = [os.path.relpath(file, place.tree.resolve()) for file in files]
            if unfetched := lfs_problems(place.tree, {*chart_files, *values}):
                return Rendered(problems=unfetched)
            words = error.told(place.tree, folder, (folder, *files) if given.is_verbose else ())
            return Rendered(problems=(FileProblem(chart, 1, f"helm: {words}", UNRENDERED),))
    rendered = _placed(output, chart, checkout)
    manifests = rendered.manifests
    if again is not None:
        manifests = marked(manifests, _placed(again, chart, checkout).manifests)
    directory = chart.removesuffix(CHART_FILE)
    looking = {directory + path for path in text.looking}
    return replace(
        rendered,
        manifests=tuple(_looked_up(m) if m.origin.path in looking else m for m in manifests),
        problems=(*rendered.problems, *_missing(checkout, directory)),
        notes=tuple(_notes(text, given.target, directory)),
        tools=(("helm", version),) if version else (),
    )


def _capabilities(target: Target, chart: Path) -> list[str]:
    """What the templates are told of the cluster; an installation brings the chart's own definitions first."""
    known = sorted(target.api_versions.union(own_api_versions(chart)))
    version = ["--kube-version", target.kube_version] if target.kube_version else []
    return version + (["--api-versions", ",".join(known)] if known else [])


def _again(place: Workspace, command: Sequence[str]) -> bytes:
    """A second rendering, in another second and in a time zone where it is another day."""
    time.sleep(1 - time.time() % 1)
    return place.run(command, environment={"TZ": _OTHER_ZONE})


def _looked_up(built: Manifest) -> Manifest:
    return replace(built, varying=(*built.varying, ("", LOOKUP)))


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


def _template(config: SourceConfig, chart: Path, value_files: Sequence[Path]) -> list[str]:
    release = config.helm.release_name or config.name
    crds = "--skip-crds" if config.helm.skip_crds else "--include-crds"
    values = [word for file in value_files for word in ("--values", str(file))]
    return ["template", release, str(chart), "--namespace", config.namespace or "default", crds, *values]


def _value_files(config: SourceConfig, checkout: Checkout, place: Workspace) -> list[Path]:
    """The files of values, the last one with what the configuration itself says. Raises SourceError."""
    found = [_value_file(config, checkout, place.tree, name) for name in config.helm.value_files]
    if config.helm.values:
        inline = place.home / "values.json"
        inline.write_text(config.helm.values, encoding="utf-8")
        found.append(inline)
    return found


def _value_file(config: SourceConfig, checkout: Checkout, tree: Path, name: str) -> Path:
    start = tree if name.startswith("/") else tree / checkout.path
    file = Path(os.path.realpath(start / name.lstrip("/")))
    if file.is_relative_to(tree.resolve()) and file.is_file():
        return file
    raise SourceError(
        f"the value file {name!r} of the source {config.name!r} is not in the repository",
        code=NO_VALUES,
        where=config.where,
        hint="paths count from the source's path, with a leading `/` from the root of the repository",
    )


def _missing(checkout: Checkout, directory: str) -> Iterator[FileProblem]:
    """What helm did not get to see and does not miss: objects may be lacking."""
    for problem in checkout.problems:
        if problem.path.removeprefix(directory).startswith(_RENDERED):
            yield problem


def _placed(output: bytes, chart: str, checkout: Checkout) -> Rendered:
    places = _Places(output, chart, checkout)
    found = stand_ins.load(output, chart, max_bytes=MAX_RENDERED_BYTES)
    problems = (_rendered_problem(p, places.origin(p.line)) for p in found.problems)
    return Rendered(
        tuple(_at(m, places.origin(m.origin.line)) for m in found.manifests), tuple(problems), found.ignored
    )


def _at(built: Manifest, origin: Origin) -> Manifest:
    return replace(built, origin=origin, faults=tuple(replace(fault, line=origin.line) for fault in built.faults))


def _rendered_problem(problem: FileProblem, origin: Origin) -> FileProblem:
    return replace(problem, path=origin.path, line=origin.line, message=f"in what helm rendered: {problem.message}")


class _Places:
    """Which template each line of helm's output comes from, by the comments it writes.

    A line of a template says nothing about a line of what it rendered: the file is all there is.
    """

    def __init__(self, output: bytes, chart: str, checkout: Checkout) -> None:
        self._chart = chart
        self._directory = chart.removesuffix(CHART_FILE)
        self._files = set(checkout.files())
        found = list(_SOURCE.finditer(output))
        lines, at, line = [], 0, 1
        for match in found:
            line += output.count(b"\n", at, match.start())
            at = match.start()
            lines.append(line)
        self._lines = lines
        self._paths = [match[1].decode("utf-8", "replace") for match in found]

    def origin(self, line: int) -> Origin:
        index = bisect_right(self._lines, line) - 1
        path = self._directory + self._paths[index] if index >= 0 else ""
        return Origin(path if path in self._files else self._chart, 0, -1)


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


def _no_chart(config: SourceConfig, checkout: Checkout) -> SourceError:
    return SourceError(
        f"there is no {CHART_FILE} in {checkout.path or 'the root of the repository'}",
        code=UNRENDERED,
        where=config.where,
        hint="correct the source's `path`, or its `type`",
    )
