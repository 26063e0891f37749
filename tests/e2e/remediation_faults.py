"""Everything that goes wrong in the middle of a repair of fifty objects, at every step of it, on a real API server.

`python -m tests.e2e.remediation_faults [FAULT...] [--every N] [--both]` prints a table of what was tried and what held,
and each problem, and exits 1 where there is one. A step is an action: its request, or one of its lines in the journal,
each in turn. After the fault the run is resumed and then undone, or (at every other step; with --both at each) undone
at once. What must hold:

- nothing is lost: what was repaired is repaired after `resume`, and as it was before after `undo`; what somebody else
  wrote meanwhile is left as they wrote it;
- nothing is done twice: the audit log has one request that moved a value of an object, of a recreated one two;
- everything is in the journal before it is sent.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gitops_audit.errors import AuditError
from gitops_audit.remediate.apply import Run, apply, resume
from gitops_audit.remediate.journal import Journal
from gitops_audit.remediate.undo import undo
from tests.e2e.apiserver import ApiServer
from tests.e2e.audit_log import Write
from tests.e2e.denying import Webhook, webhook
from tests.e2e.fifty import RBAC, SIZE, Fifty, Objects, binding
from tests.e2e.injected import Seam, Sent, die, fill_disk, lose_answer, meddle, revert
from tests.e2e.truth_server import READER, Client

VALUE_WRITES = SIZE + 2  # two are recreated
LINES_EACH = 3  # of most actions: it begins, is given back, ends


@dataclass(slots=True)
class Scene:
    """What a fault has to work with. `touched` is a file with the path of the object that somebody else wrote."""

    fifty: Fifty
    folder: Path
    webhook: Webhook

    @property
    def client(self) -> Client:
        return self.fifty.client

    @property
    def touched(self) -> Path:
        return self.folder / "touched"


Arm = Callable[[Scene, Seam, int], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """`arm` sets what happens at a step; `steps` is how many there are; `mended` brings the cluster back into order."""

    name: str
    steps: int
    arm: Arm
    mended: Callable[[Scene], None] = lambda scene: scene.webhook.relent()


@dataclass(slots=True)
class Tally:
    """Of one fault."""

    tried: int = 0
    not_begun: int = 0
    resumes: int = 0
    resumed: int = 0
    undos: int = 0
    undone: int = 0
    problems: list[str] = field(default_factory=list)


def _line(step: int) -> int:
    """The number of a line of the journal; the first is that of the run."""
    return LINES_EACH * step + step % LINES_EACH


def _killed_at_line(scene: Scene, seam: Seam, step: int) -> None:
    def after(journal: Journal, number: int) -> None:
        if number == _line(step):
            die()

    seam.after_line = after


def _killed_with_half_a_line(scene: Scene, seam: Seam, step: int) -> None:
    def before(journal: Journal, number: int) -> None:
        if number == _line(step):
            os.write(journal._descriptor, b'{"event":"be')
            die()

    seam.before_line = before


def _killed_after_write(scene: Scene, seam: Seam, step: int) -> None:
    def after(sent: Sent, number: int, status: int) -> None:
        if number == step:
            die()

    seam.after_write = after


def _server_killed_before(scene: Scene, seam: Seam, step: int) -> None:
    def before(sent: Sent, number: int) -> None:
        if number == step:
            scene.fifty.server.kill_process()

    seam.before_write = before


def _server_killed_after(scene: Scene, seam: Seam, step: int) -> None:
    def after(sent: Sent, number: int, status: int) -> None:
        if number == step:
            scene.fifty.server.kill_process()
            lose_answer()

    seam.after_write = after


def _answer_lost(scene: Scene, seam: Seam, step: int) -> None:
    def after(sent: Sent, number: int, status: int) -> None:
        if number == step:
            lose_answer()

    seam.after_write = after


def _conflict(scene: Scene, seam: Seam, step: int) -> None:
    def before(sent: Sent, number: int) -> None:
        if number == step:
            scene.touched.write_text(sent.path)
            meddle(scene.client, sent)

    seam.before_write = before


def _forbidden(scene: Scene, seam: Seam, step: int) -> None:
    def before(sent: Sent, number: int) -> None:
        if number == step:
            scene.client.request("DELETE", f"{RBAC}/clusterrolebindings/repair")
            _wait_until(lambda: not _may_write(scene.client))

    seam.before_write = before


def _denied(scene: Scene, seam: Seam, step: int) -> None:
    def before(sent: Sent, number: int) -> None:
        if number == step:
            scene.webhook.deny(sent.path.rpartition("/")[2])

    seam.before_write = before


def _hung(scene: Scene, seam: Seam, step: int) -> None:
    def before(sent: Sent, number: int) -> None:
        if number == step:
            scene.webhook.hang(sent.path.rpartition("/")[2])

    seam.before_write = before


def _reverted(scene: Scene, seam: Seam, step: int) -> None:
    before: list[Any] = []

    def keep(sent: Sent, number: int) -> None:
        if number == step:
            status, live = scene.client.request("GET", sent.path)
            before.append(live if status == 200 else None)

    def put_back(sent: Sent, number: int, status: int) -> None:
        if number == step:
            scene.touched.write_text(sent.path)
            revert(scene.client, sent, before[0])

    seam.before_write, seam.after_write = keep, put_back


def _disk_full(scene: Scene, seam: Seam, step: int) -> None:
    def before(journal: Journal, number: int) -> None:
        if number == _line(step):
            fill_disk(journal)

    seam.before_line = before


def _server_again(scene: Scene) -> None:
    scene.fifty.server.start_again()


def _rights_again(scene: Scene) -> None:
    scene.client.request("POST", f"{RBAC}/clusterrolebindings", binding("repair"))
    _wait_until(lambda: _may_write(scene.client))


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("killed after a line", SIZE, _killed_at_line),
        Fault("killed within a line", SIZE, _killed_with_half_a_line),
        Fault("killed after a write", VALUE_WRITES, _killed_after_write),
        Fault("disk full", SIZE, _disk_full),
        Fault("answer lost", VALUE_WRITES, _answer_lost),
        Fault("conflict", VALUE_WRITES, _conflict),
        Fault("forbidden", VALUE_WRITES, _forbidden, _rights_again),
        Fault("webhook denies", VALUE_WRITES, _denied),
        Fault("webhook times out", VALUE_WRITES, _hung),
        Fault("reverted", VALUE_WRITES, _reverted),
        Fault("server killed before", VALUE_WRITES, _server_killed_before, _server_again),
        Fault("server killed after", VALUE_WRITES, _server_killed_after, _server_again),
    )
}


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
        os.waitpid(pid, 0)
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
        moved = Counter((w.name, w.verb) for w in writes if not w.is_lock and w.is_done and w.moves_a_value)
        return [f"{verb} {name}" for (name, verb), count in moved.items() if count > 1]

    def _problem(self, text: str) -> None:
        self._tally.problems.append(f"{self._fault.name}, step {self._step}: {text}")


def _short(body: Any) -> str:
    return json.dumps(body, sort_keys=True)[:300]


def _may_write(client: Client) -> bool:
    attributes = {"verb": "patch", "resource": "configmaps", "namespace": "default"}
    review = {"spec": {"user": READER, "resourceAttributes": attributes}}
    _, answer = client.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
    return bool(answer["status"]["allowed"])


def _wait_until(is_true: Callable[[], bool], timeout_s: float = 10) -> None:
    end = time.monotonic() + timeout_s
    while not is_true():
        if time.monotonic() > end:
            raise RuntimeError("the API server does not heed a change of rights")
        time.sleep(0.01)


def tried(scene: Scene, fault: Fault, every: int, write: Callable[[str], Any], *, both: bool) -> Tally:
    tally = Tally()
    for step in range(0, fault.steps, every):
        told = len(tally.problems)
        Trial(scene, fault, step, tally, both=both).perform()
        for problem in tally.problems[told:]:
            write(f"  {problem}\n")
    return tally


def table(rows: Sequence[tuple[str, Tally, float]]) -> Iterator[str]:
    yield "| fault | steps | before the run | resume held | undo held | problems | s |\n|---|" + "---:|" * 6 + "\n"
    for name, t, wall_s in rows:
        held = f"{t.resumed} of {t.resumes} | {t.undone} of {t.undos}"
        yield f"| {name} | {t.tried} | {t.not_begun} | {held} | "
        yield f"{len(t.problems)} | {wall_s:.0f} |\n"


def run(names: Sequence[str], every: int, *, both: bool, write: Callable[[str], Any] = sys.stdout.write) -> int:
    """The number of problems."""
    rows = []
    with ExitStack() as stack:
        server = stack.enter_context(ApiServer())
        folder = Path(tempfile.mkdtemp(prefix="faults-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        os.environ["XDG_STATE_HOME"] = str(folder / "state")
        fifty = Fifty.made(server, folder)
        scene = Scene(fifty, folder, stack.enter_context(webhook(fifty.client, folder)))
        for name in names:
            started = time.monotonic()
            tally = tried(scene, FAULTS[name], every, write, both=both)
            rows.append((name, tally, time.monotonic() - started))
            write(f"{name}: {tally.tried} tried, {len(tally.problems)} problems\n")
    for line in table(rows):
        write(line)
    return sum(len(tally.problems) for _, tally, _ in rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.remediation_faults", description=__doc__)
    parser.add_argument("faults", nargs="*", default=list(FAULTS), metavar="FAULT", help=", ".join(FAULTS))
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each Nth step")
    parser.add_argument("--both", action="store_true", help="both ways out at each step")
    chosen = parser.parse_args()
    return 1 if run(chosen.faults, chosen.every, both=chosen.both) else 0


if __name__ == "__main__":
    sys.exit(main())
