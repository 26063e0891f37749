"""The files of values that a chart is given: of the source's repository, of another one, or of the chart itself."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from gitops_audit.config.settings import SourceConfig
from gitops_audit.errors import SourceError
from gitops_audit.kube.glob import has_wildcards
from gitops_audit.model.printable import printable
from gitops_audit.render.chart import Chart
from gitops_audit.render.given import Given
from gitops_audit.render.tool import Workspace
from gitops_audit.render.value_globs import fixed_part, matching, paths_below
from gitops_audit.source import Checkout

NO_VALUES = "GA262"
MAX_VALUE_FILES = 500


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
        """Each file once, where it is named first; where a pattern takes it too, where it is named alone."""
        named = {name: self._taken(name) for name in dict.fromkeys(self.config.helm.value_files)}
        alone = {file for name, files in named.items() if not self._is_pattern(name) for file in files}
        if not any(map(self._is_pattern, named)):
            yield from (file for name in self.config.helm.value_files for file in named[name])
            return
        taken = ((file, self._is_pattern(name)) for name, files in named.items() for file in files)
        yield from dict.fromkeys(file for file, is_of_pattern in taken if not (is_of_pattern and file in alone))

    def own(self) -> Iterator[str]:
        """The paths of the files that lie in the source's repository."""
        tree = self.place.tree.resolve()
        for name in self.config.helm.value_files:
            files = () if name.startswith("$") else map(self._of_tree, self._expanded(name))
            yield from (file.relative_to(tree).as_posix() for file in files if file is not None)

    def _taken(self, name: str) -> list[Path]:
        """The files that a name stands for. Raises SourceError where it is none that may be missing."""
        names = self._expanded(name)
        if not names and not self.config.helm.ignore_missing_value_files:
            raise self._missing(f"the value files {name!r} of the source {self.config.name!r}: no file is like that")
        return [file for one in names if (file := self._file(one)) is not None]

    def _is_pattern(self, name: str) -> bool:
        """Only Argo CD takes wildcards in value files."""
        return self.config.deployer == "argocd" and has_wildcards(name) and not name.startswith("$/")

    def _expanded(self, name: str) -> list[str]:
        if not self._is_pattern(name):
            return [name]
        reference, _, pattern = name.partition("/")
        if not reference.startswith("$"):
            start = self.place.tree if name.startswith("/") else self._start
            folder, tree = start / fixed_part(name.lstrip("/")), self.place.tree
            if not Path(os.path.realpath(folder)).is_relative_to(tree.resolve()):
                return []
            found = matching(paths_below(folder, tree), os.path.normpath(start.relative_to(tree) / name.lstrip("/")))
            return [f"/{path}" for path in self._few(found, name)]
        if (repository := self._repository(reference[1:])) is None or self.given.open is None:
            return [name]
        with self.given.open(repository) as at:
            found = matching(at.files(), os.path.normpath(pattern))
        return [f"{reference}/{path}" for path in self._few(found, name)]

    def _few(self, found: Iterable[str], name: str) -> list[str]:
        names = list(islice(found, MAX_VALUE_FILES + 1))
        if len(names) > MAX_VALUE_FILES:
            raise self._missing(
                f"the value files {name!r} of the source {self.config.name!r} are more than "
                f"{MAX_VALUE_FILES} (limit: value files)"
            )
        return names

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
        file = Path(os.path.realpath((tree if name.startswith("/") else self._start) / name.lstrip("/")))
        return file if file.is_relative_to(tree.resolve()) and file.is_file() else None

    @property
    def _start(self) -> Path:
        start = self.place.tree / self.checkout.path
        return start.parent if start.is_file() else start

    def _repository(self, name: str) -> SourceConfig | None:
        named = next((r for r in self.config.helm.value_repositories if r.name == name), None)
        where = self.config.where
        return SourceConfig(self.config.name, named.repo, named.revision, where=where) if named else None

    def _of_repository(self, name: str, path: str) -> Path | None:
        repository = self._repository(name)
        if repository is None or self.given.open is None:
            known = "a `$` stands before the name of one of `valueRepositories`"
            raise self._missing(f"the source {self.config.name!r} has no value repository {name!r}: {known}")
        path = os.path.normpath(path)
        with self.given.open(repository) as at:
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
