"""Everything that goes wrong in the middle of a repair of fifty objects, at every step of it, on real API servers.

`python -m tests.e2e.remediation_faults [FAULT...] [--every N] [--both] [--jobs N]` prints a table of what was tried
and what held, and each problem, and exits 1 where there is one. A step is an action: its request, or one of its lines
in the journal, each in turn. After the fault the run is resumed and then undone, or (at every other step; with --both
at each) undone at once. `tests.e2e.trial` says what must hold.

Cases run side by side: each job is a process with an API server and fifty objects of its own. The process that a fault
kills is a fork of it, so that none pays for starting Python; between two cases etcd is brought back to what it held.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from tests.e2e.apiserver import ApiServer
from tests.e2e.denying import webhook
from tests.e2e.fault import FAULTS, Scene
from tests.e2e.fifty import Fifty
from tests.e2e.trial import Tally, Trial

JOBS = 2 * (os.cpu_count() or 1)  # a case waits for its server half of the time

_scenes: list[Scene] = []  # of this process: one, once it is set


@contextmanager
def scene(server: ApiServer, folder: Path) -> Iterator[Scene]:
    """Fifty broken objects, their plan, and a webhook. Only one at a time: the state folder is the process's."""
    os.environ["XDG_STATE_HOME"] = str(folder / "state")
    fifty = Fifty.made(server, folder)
    with webhook(fifty.client, folder) as hook:
        yield Scene(fifty, folder, hook)


def _set_scene() -> None:
    """For all cases of this process; taken down when it ends."""
    stack = ExitStack()
    Finalize(None, stack.close, exitpriority=1)
    server = stack.enter_context(ApiServer())
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    _scenes.append(stack.enter_context(scene(server, folder)))
    gc.freeze()  # what is there by now outlives all cases; to look through it again in each fork would copy it


def _tried(both: bool, case: tuple[str, int]) -> Tally:
    name, step = case
    tally, started = Tally(), time.monotonic()
    Trial(_scenes[0], FAULTS[name], step, tally, both=both).perform()
    tally.wall_s = time.monotonic() - started
    return tally


def table(rows: Mapping[str, Tally]) -> Iterator[str]:
    yield "| fault | steps | before the run | resume held | undo held | problems | s |\n|---|" + "---:|" * 6 + "\n"
    for name, t in rows.items():
        held = f"{t.resumed} of {t.resumes} | {t.undone} of {t.undos}"
        yield f"| {name} | {t.tried} | {t.not_begun} | {held} | {len(t.problems)} | {t.wall_s:.0f} |\n"


def run(
    names: Sequence[str], every: int, jobs: int, *, both: bool, write: Callable[[str], Any] = sys.stdout.write
) -> int:
    """The number of problems."""
    cases = [(name, step) for name in names for step in range(0, FAULTS[name].steps, every)]
    rows = {name: Tally() for name in names}
    started = time.monotonic()
    with ProcessPoolExecutor(min(jobs, len(cases)), get_context("fork"), _set_scene) as pool:
        for (name, step), tally in zip(cases, pool.map(partial(_tried, both), cases), strict=True):
            rows[name].add(tally)
            for problem in tally.problems:
                write(f"  {problem}\n")
            if step + every >= FAULTS[name].steps:
                write(f"{name}: {rows[name].tried} tried, {len(rows[name].problems)} problems\n")
    for line in table(rows):
        write(line)
    times = os.times()
    cpu_s = times.user + times.system + times.children_user + times.children_system
    write(f"{len(cases)} cases in {time.monotonic() - started:.0f} s ({cpu_s:.0f} s of CPU), {jobs} at a time\n")
    return sum(len(tally.problems) for tally in rows.values())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.remediation_faults", description=__doc__)
    parser.add_argument("faults", nargs="*", default=list(FAULTS), metavar="FAULT", help=", ".join(FAULTS))
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each Nth step")
    parser.add_argument("--both", action="store_true", help="both ways out at each step")
    parser.add_argument("--jobs", type=int, default=JOBS, metavar="N", help="cases at a time (%(default)s)")
    chosen = parser.parse_args()
    return 1 if run(chosen.faults, chosen.every, chosen.jobs, both=chosen.both) else 0


if __name__ == "__main__":
    sys.exit(main())
