"""One fault at one step of a repair of fifty objects: the run, then both ways out of it, and what must hold.

- nothing is lost: what was repaired is repaired after `resume`, and as it was before after `undo`; what somebody else
  wrote meanwhile is left as they wrote it;
- nothing is done twice: the audit log has one request that moved a value of an object, of a recreated one two;
- everything is in the journal before it is sent.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from gitops_audit.errors import AuditError
from gitops_audit.remediate.apply import Run, apply, resume
from gitops_audit.remediate.undo import undo
from tests.e2e.audit_log import Write
from tests.e2e.fault import Fault, Scene
from tests.e2e.fifty import Objects
from tests.e2e.injected import Seam


@dataclass(slots=True)
class Tally:
    """What was tried of one fault, and what held."""

    tried: int = 0
    not_begun: int = 0
    resumes: int = 0
    resumed: int = 0
    undos: int = 0
    undone: int = 0
    wall_s: float = 0
    problems: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        for each in fields(Tally):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


class Trial:
    """One fault at one step: the run, then both ways out of it."""

    def __init__(self, scene: Scene, fault: Fault, step: int, tally: Tally, *, both: bool = True) -> None:
        self._scene, self._fault, self._step, self._tally = scene, fault, step, tally
        self._is_resumed, self._is_undone = both or step % 2 == 0, both or step % 2 == 1
        self._fifty = scene.fifty
        self._tell = scene.folder / "problems"

    def perform(self) -> None:
        self._tally.tried += 1
        for path in (self._tell, self._scene.touched):
            path.unlink(missing_ok=True)
        run = self._fifty.reset()
        with self._fifty.server.audit_log.watched() as writes:
            self._begin(run)
        for problem in self._tell.read_text().splitlines() if self._tell.exists() else ():
            self._problem(problem)
        journals = sorted(run.journals.glob("*.jsonl"))
        name = journals[0].stem if journals else ""
        stored, kept = self._fifty.server.etcd.state(), {path: path.read_bytes() for path in journals}
        if not name or not kept[journals[0]].count(b"\n"):
            self._tally.not_begun += 1
            self._expect("nothing begun", self._fifty.objects(), self._fifty.broken)
            return
        if self._is_resumed and self._resumed(name, run, writes):
            self._undone("undo after resume", name, run)
        if self._is_resumed and self._is_undone:
            self._fifty.restore(stored)
            for path, text in kept.items():
                path.write_bytes(text)
        if self._is_undone:
            self._undone("undo at once", name, run)

    def _begin(self, run: Run) -> None:
        """The run, in a process of its own."""
        pid = os.fork()
        if pid == 0:
            self._carry_out(run)
        while os.waitpid(pid, os.WNOHANG) == (0, 0):
            self._fault.meanwhile(self._scene)
            time.sleep(0.005)
        self._fault.mended(self._scene)

    def _carry_out(self, run: Run) -> None:
        seam = Seam(self._tell)
        self._fault.arm(self._scene, seam, self._step)
        try:
            with seam.installed():
                apply(self._fifty.plan, run)
        except AuditError as error:
            if error.code not in ("GA506", "GA508", "GA302", "GA301"):
                seam.tell(f"{error.code}: {error.message}")
        except BaseException as error:
            seam.tell(f"{type(error).__name__}: {error}")
        os._exit(0)

    def _resumed(self, name: str, run: Run, writes: list[Write]) -> bool:
        self._tally.resumes += 1
        with self._fifty.server.audit_log.watched() as later:
            try:
                results = resume(name, run).results
            except AuditError as error:
                self._problem(f"resume: {error.code} {error.message}")
                return False
        bad = [f"{r.result} {r.message}" for r in results if r.result not in ("done", "skipped")]
        touched = self._touched()
        is_good = self._expect("resume", self._fifty.objects(), self._fifty.good)
        if bad and not touched:
            self._problem(f"resume: {bad[0]}")
        twice = self._twice([*writes, *later])
        if twice:
            self._problem(f"done twice: {twice}")
        for path, managers in self._fifty.owners().items():
            if path != touched and any(manager == "gitops-audit" for manager, _ in managers):
                self._problem(f"resume: {path} is still owned by the repair")
        self._tally.resumed += is_good and not twice
        return True

    def _undone(self, way: str, name: str, run: Run) -> None:
        self._tally.undos += 1
        try:
            undo(name, run)
        except AuditError as error:
            self._problem(f"{way}: {error.code} {error.message}")
            return
        self._tally.undone += self._expect(way, self._fifty.objects(), self._fifty.broken)

    def _expect(self, way: str, found: Objects, wanted: Objects) -> bool:
        touched = self._touched()
        other = sorted(p for p in found.keys() | wanted.keys() if found.get(p) != wanted.get(p) and p != touched)
        for path in other[:3]:
            self._problem(f"{way}: {path} is {_short(found.get(path))}, not {_short(wanted.get(path))}")
        return not other

    def _touched(self) -> str:
        return self._scene.touched.read_text() if self._scene.touched.exists() else ""

    def _twice(self, writes: Sequence[Write]) -> list[str]:
        moving = (w for w in writes if not w.is_lock and w.is_done and w.moves_a_value)
        moved = Counter((w.name, w.verb) for w in {(w.name, w.verb, w.version or id(w)): w for w in moving}.values())
        return [f"{verb} {name}" for (name, verb), count in moved.items() if count > 1]

    def _problem(self, text: str) -> None:
        self._tally.problems.append(f"{self._fault.name}, step {self._step}: {text}")


def _short(body: Any) -> str:
    return json.dumps(body, sort_keys=True)[:300]
