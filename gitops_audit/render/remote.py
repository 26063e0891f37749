"""What a kustomization names elsewhere, brought into the exported tree: mirrors' copies, else what may be fetched."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from gitops_audit.config.repository import transport_fault, without_user_info
from gitops_audit.config.settings import ChartRef, SourceConfig
from gitops_audit.errors import SourceError
from gitops_audit.model.printable import printable
from gitops_audit.render.chart import complete, placed
from gitops_audit.render.given import Given
from gitops_audit.render.mirror import PLACE, Mirrors
from gitops_audit.render.repo_url import RemoteFolder, is_file_url, remote_folder
from gitops_audit.source.chart.web import NOT_ALLOWED
from gitops_audit.source.url_prefix import UrlPrefix

_MAX_PLACES = 200


@dataclass(frozen=True, slots=True)
class Remote:
    """Puts what is remote below one exported tree, where a tool may read it."""

    given: Given
    tree: Path

    def base(self, directory: Path, text: str) -> Path | str | None:
        """The copy of a remote folder, or of a remote file beside the kustomization that names it; why it cannot be
        had; None where nobody said how it might be. Raises SourceError for a mirror that cannot be read.
        """
        mirrored = Mirrors(self.given.network, self.tree).base(directory, text)
        if mirrored is not None:
            return mirrored
        try:
            return self._fetched(directory, text)
        except SourceError as error:
            return f"{error.message}{f': {error.hint}' if error.hint else ''}"

    def chart(self, ref: ChartRef, target: Path) -> str:
        """Puts a chart with all it needs at `target`; gives why it cannot be had, empty where it was."""
        try:
            (self.tree / PLACE).mkdir(exist_ok=True)
            with TemporaryDirectory(dir=self.tree / PLACE) as folder:
                found, *_ = placed(ref, Path(folder), self.given)
                complete(found, self.given)
                target.parent.mkdir(parents=True, exist_ok=True)
                found.rename(target)
        except SourceError as error:
            return f"{error.message}{f': {error.hint}' if error.hint else ''}"
        return ""

    def _fetched(self, directory: Path, text: str) -> Path | None:
        if not self.given.network.allow:
            return None
        if is_file_url(text) and self.given.charts is not None:
            digest = hashlib.sha256(text.encode()).hexdigest()[:16]
            file = directory / PLACE / digest / text.partition("?")[0].rpartition("/")[2]
            if not file.is_file():
                data = self.given.charts.file(text)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
            return file
        found = remote_folder(text)
        return self._cloned(found) if found is not None and self.given.open is not None else None

    def _cloned(self, found: RemoteFolder) -> Path:
        shown = printable(without_user_info(found.repo))
        if fault := transport_fault(found.repo):
            raise SourceError(f"the base {shown} is refused: it {fault}", code=NOT_ALLOWED)
        host = UrlPrefix.parse(found.repo).path.partition("/")[0]
        if host not in {name.lower() for name in self.given.network.allow}:
            message = f"the base {shown} is not fetched: `network` does not allow the host {printable(host)}"
            hint = f"add it (`network: {{allow: [{printable(host)}]}}`), or name a copy in `network.mirrors`"
            raise SourceError(message, code=NOT_ALLOWED, hint=hint)
        digest = hashlib.sha256(f"{found.repo}\n{found.revision}".encode()).hexdigest()[:16]
        folder = self.tree / PLACE / digest
        if not folder.is_dir():
            self._write(found, folder)
        place = Path(os.path.realpath(folder / found.path))
        if not place.is_relative_to(folder.resolve()) or not place.exists():
            at = f" at {found.revision}" if found.revision else ""
            raise SourceError(f"there is no {printable(found.path)!r} in {shown}{printable(at)}")
        return place

    def _write(self, found: RemoteFolder, folder: Path) -> None:
        if folder.parent.is_dir() and sum(1 for _ in folder.parent.iterdir()) >= _MAX_PLACES:
            raise SourceError(f"there are more than {_MAX_PLACES} remote bases and charts (limit: remote bases)")
        assert self.given.open is not None  # noqa: S101 - asked before
        config = SourceConfig("base", repo=found.repo, revision=found.revision or "HEAD")
        with self.given.open(config) as checkout:
            written = folder.with_name(f"{folder.name}.new")
            written.mkdir(parents=True)
            checkout.materialise(written)
            written.rename(folder)
