"""The files of values that a chart is given: of the source's repository, of another one, or of the chart itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gitops_audit.config.settings import SourceConfig
from gitops_audit.errors import SourceError
from gitops_audit.model.printable import printable
from gitops_audit.render.chart import Chart
from gitops_audit.render.given import Given
from gitops_audit.render.tool import Workspace
from gitops_audit.source import Checkout

NO_VALUES = "GA262"


@dataclass(frozen=True, slots=True)
class ValueFiles:
    """Finds the files that a source names (HelmOptions.value_files says how), where helm may read them."""

    config: SourceConfig
    checkout: Checkout
    place: Workspace
    chart: Chart
    given: Given

    def arguments(self) -> list[str]:
        """The words of helm's command line for all values of the source. Raises SourceError."""
        helm = self.config.helm
        words = [word for file in self.files() for word in ("--values", str(file))]
        if helm.values:
            inline = self.place.home / "values.json"
            inline.write_text(helm.values, encoding="utf-8")
            words += ["--values", str(inline)]
        for parameter in helm.parameters:
            option = "--set-string" if parameter.is_string else "--set"
            words += [option, f"{parameter.name}={parameter.value}"]
        for name, path in helm.file_parameters:
            if (file := self._file(path)) is not None:
                words += ["--set-file", f"{name}={file}"]
        return words

    def files(self) -> Iterator[Path]:
        for name in self.config.helm.value_files:
            if (file := self._file(name)) is not None:
                yield file

    def own(self) -> Iterator[str]:
        """The paths of the files that lie in the source's repository."""
        for name in self.config.helm.value_files:
            file = None if name.startswith("$") else self._of_tree(name)
            if file is not None:
                yield file.relative_to(self.place.tree.resolve()).as_posix()

    def _file(self, name: str) -> Path | None:
        """Where a file lies; None for one that may be missing, and is. Raises SourceError."""
        reference, _, path = name.partition("/")
        if name.startswith("$/"):
            file, place = self.chart.found(path), "the chart"
        elif reference.startswith("$"):
            file, place = self._of_repository(reference[1:], path), f"the repository {reference!r}"
        else:
            file, place = self._of_tree(name), "the repository"
        if file is None and not self.config.helm.ignore_missing_value_files:
            raise self._missing(f"the value file {name!r} of the source {self.config.name!r} is not in {place}")
        return file

    def _of_tree(self, name: str) -> Path | None:
        tree = self.place.tree
        start = tree if name.startswith("/") else tree / self.checkout.path
        start = start.parent if start.is_file() else start
        file = Path(os.path.realpath(start / name.lstrip("/")))
        return file if file.is_relative_to(tree.resolve()) and file.is_file() else None

    def _of_repository(self, name: str, path: str) -> Path | None:
        named = next((r for r in self.config.helm.value_repositories if r.name == name), None)
        if named is None or self.given.open is None:
            known = "a `$` stands before the name of one of `valueRepositories`"
            raise self._missing(f"the source {self.config.name!r} has no value repository {name!r}: {known}")
        path = os.path.normpath(path)
        with self.given.open(SourceConfig(self.config.name, named.repo, named.revision, where=self.config.where)) as at:
            if path not in set(at.files()):
                return None
            data = at.read(path)
        target = self.place.home / f"values-{name}" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        return target

    def _missing(self, message: str) -> SourceError:
        hint = (
            "paths count from the source's path, with a leading `/` from the root of the repository, with `$NAME/` "
            "from that of a value repository, with `$/` from the chart"
        )
        return SourceError(printable(message), code=NO_VALUES, where=self.config.where, hint=hint)
