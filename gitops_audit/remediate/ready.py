"""Between the waves: what later actions need has to be done and ready before they begin (as Argo CD's waves have it).

Whatever does not come in time holds back those that need it, and nothing else. An object that was not ready before the
repair either is waited for and holds back nothing: what makes it ready may be what the later actions repair.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gitops_audit.errors import ClusterError, RemediationError
from gitops_audit.health import health_of
from gitops_audit.model.resource import JsonObject
from gitops_audit.remediate.document import Action, Plan
from gitops_audit.remediate.journal import Record
from gitops_audit.remediate.lock import Clock
from gitops_audit.remediate.order import Order, is_definition, names_of_definitions
from gitops_audit.remediate.result import Result
from gitops_audit.remediate.rights import target_of
from gitops_audit.remediate.wave import read_again
from gitops_audit.remediate.write import Step, Tools

_POLL_S = 0.5
_NOT_SERVED = "in-progress: the server does not serve it yet"
_NEW_PLAN = "make a new plan: `gitops-audit remediate plan`"
_NOT_DONE = frozenset({"failed", "refused", "fight", "skipped"})


class Readiness:
    """What became of the actions of a run so far, and whether what they wrote is ready."""

    def __init__(self, plan: Plan, tools: Tools, earlier: Record | None = None, clock: Clock | None = None) -> None:
        """`earlier` is a run that is resumed: what it did may have become ready since."""
        self._order = Order(plan)
        self._tools = tools
        self._clock = clock or Clock()
        self._outcomes: dict[str, str] = {}
        self._was_ready: dict[str, bool] = {}
        self._settled: set[str] = set()  # ready, or waited for as long as it is worth
        for step in earlier.steps if earlier else ():
            self._outcomes[step.id] = step.result or "failed"
            self._was_ready[step.id] = _is_ready(step.before)

    def note(self, step: Step | None, result: Result) -> None:
        self._outcomes[result.id] = "done" if result.is_settled else result.result
        if step is not None:
            self._was_ready.setdefault(result.id, _is_ready(step.before))

    def held(self, actions: Sequence[Action]) -> Mapping[str, str]:
        """Which of the actions of one wave must not begin, and why, by their ids. Waits, within
        `remediation.wait.timeout`, until what they need is ready."""
        needed = self._order.needed(actions)
        wanted = {one.id: one for ones in needed.values() for one in ones}
        reasons = {key: reason for key, one in wanted.items() if (reason := self._undone(one))}
        done = [one for key, one in wanted.items() if key not in reasons and key not in self._settled]
        reasons |= self._waited(done)
        held = {key: next((reasons[one.id] for one in ones if one.id in reasons), "") for key, ones in needed.items()}
        return {key: f"not started: {reason}" for key, reason in held.items() if reason}

    def _undone(self, action: Action) -> str:
        """Why an action that is needed was not carried out, and what to do then; empty where it was, or is none of this
        run."""
        outcome = self._outcomes.get(action.id, "")
        if outcome not in _NOT_DONE:
            return ""
        again = f"`gitops-audit remediate resume {self._tools.journal.run}` tries again"
        step = _NEW_PLAN if outcome in ("refused", "fight") else again
        return f"{action.resource}, which it needs, was not repaired ({outcome}); when that is settled, {step}"

    def _waited(self, actions: Sequence[Action]) -> Mapping[str, str]:
        """The actions whose objects did not become ready in time, and what those say."""
        timeout_s = self._tools.settings.remediation.wait_s
        waiting = {a.id: a for a in actions if timeout_s or is_definition(a)}
        end = self._clock.monotonic_s() + timeout_s
        said: dict[str, str] = {}
        while waiting:
            said = self._unready(list(waiting.values()))
            self._settled |= waiting.keys() - said.keys()
            waiting = {key: waiting[key] for key in said}
            is_hopeless = all(text.startswith("failed") for text in said.values())
            if not waiting or is_hopeless or self._clock.monotonic_s() >= end or not self._is_locked(waiting.values()):
                break
            self._clock.sleep(_POLL_S)
        return {key: reason for key, text in said.items() if (reason := self._given_up(waiting[key], text))}

    def _given_up(self, action: Action, said: str) -> str:
        """Why what needs this object is held back; empty where the object was not ready before the repair either."""
        is_kept_back = self._was_ready.get(action.id, True) and self._tools.settings.remediation.wait_s > 0
        self._tools.journal.write("not-ready", id=action.id, message=said, holds=is_kept_back)
        if is_kept_back:
            return f"{action.resource}, which it needs, is not ready: {said}"
        self._settled.add(action.id)
        return ""

    def _is_locked(self, actions: Iterable[Action]) -> bool:
        """Keeps the locks; a lock that is lost, and a run that was stopped, are told by the next action."""
        try:
            for cluster in {action.cluster for action in actions}:
                self._tools.renew(cluster)
        except (ClusterError, RemediationError):
            return False
        return True

    def _unready(self, actions: Sequence[Action]) -> dict[str, str]:
        """What the objects that are not ready say, by the ids of their actions."""
        read = read_again([target_of(action) for action in actions], self._tools.writers)
        said = {}
        for action in actions:
            try:
                text = self._said(action, read(target_of(action)))
            except ClusterError as error:
                text = f"it cannot be read: {error.message}"
            if text:
                said[action.id] = text
        return said | self._unserved([a for a in actions if a.id not in said and is_definition(a)])

    def _said(self, action: Action, live: JsonObject | None) -> str:
        if live is None:
            return "failed: it is not there any more"
        if health_of(live).status == "current":
            return ""
        shown = health_of(self._tools.survey.audit.masked(action.cluster, live))
        return f"{shown.status}: {shown.message}"

    def _unserved(self, definitions: Sequence[Action]) -> dict[str, str]:
        """A server may take a moment to serve what is established."""
        said: dict[str, str] = {}
        for cluster in {action.cluster for action in definitions}:
            writer = self._tools.writers.of(cluster)
            writer.reconnect()
            served = {name for api in writer.cluster.discovery for name in names_of_definitions(api)}
            own = (a for a in definitions if a.cluster == cluster)
            said |= {a.id: _NOT_SERVED for a in own if a.key.name not in served}
        return said


def _is_ready(before: JsonObject | None) -> bool:
    """Whether an object was ready before it was written; one that was not there stood in nobody's way."""
    return before is None or health_of(before).status == "current"
