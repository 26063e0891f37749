"""What may go wrong in the middle of a repair: each fault knows how to strike at a step, and how the cluster mends."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitops_audit.remediate.journal import Journal
from tests.e2e.denying import Webhook
from tests.e2e.fifty import RBAC, SIZE, Fifty, binding
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
    """`arm` sets what happens at a step; `steps` is how many there are; `mended` brings the cluster back into order
    after the run, `meanwhile` while it lasts."""

    name: str
    steps: int
    arm: Arm
    mended: Callable[[Scene], None] = lambda scene: scene.webhook.relent()
    meanwhile: Callable[[Scene], None] = lambda scene: None


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
            with journal._disk:  # lines of other threads do not come behind it
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
        Fault("server restarted", VALUE_WRITES, _server_killed_before, meanwhile=_server_again),
    )
}


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
