"""Kyverno's functions of time (RFC 3339 texts and Go's durations)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gitops_audit.kube import duration
from gitops_audit.policy.form.kyverno.jmes import layout
from gitops_audit.policy.form.kyverno.jmes.error import JmesError
from gitops_audit.policy.form.kyverno.jmes.signature import STRING, takes

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GO_ZERO = datetime(1, 1, 1, tzinfo=UTC)


class TimeFunctions:
    @takes(STRING, STRING, STRING)
    def _func_time_since(self, form: str, start: str, end: str) -> str:
        begun = layout.parse(form or layout.RFC3339, start)
        ended = layout.parse(form or layout.RFC3339, end) if end else datetime.now(UTC)
        return duration.show(_ns(ended - begun))

    @takes()
    def _func_time_now(self) -> str:
        return _show(datetime.now().astimezone())

    @takes()
    def _func_time_now_utc(self) -> str:
        return _show(datetime.now(UTC))

    @takes(STRING)
    def _func_time_to_cron(self, moment: str) -> str:
        at = _moment(moment)
        return f"{at.minute} {at.hour} {at.day} {at.month} {at.isoweekday() % 7}"

    @takes(STRING, STRING)
    def _func_time_add(self, moment: str, length: str) -> str:
        return _show(_shifted(_moment(moment), _length(length)))

    @takes(STRING, STRING)
    def _func_time_parse(self, form: str, text: str) -> str:
        if form.lstrip("+-").isdigit():
            return _show(_shifted(_EPOCH, _seconds(text) * duration.SECOND_NS))
        return _show(layout.parse(form, text))

    @takes(STRING)
    def _func_time_utc(self, moment: str) -> str:
        return _show(_moment(moment).astimezone(UTC))

    @takes(STRING, STRING)
    def _func_time_diff(self, start: str, end: str) -> str:
        return duration.show(_ns(_moment(end) - _moment(start)))

    @takes(STRING, STRING)
    def _func_time_before(self, left: str, right: str) -> bool:
        return _moment(left) < _moment(right)

    @takes(STRING, STRING)
    def _func_time_after(self, left: str, right: str) -> bool:
        return _moment(left) > _moment(right)

    @takes(STRING, STRING, STRING)
    def _func_time_between(self, moment: str, start: str, end: str) -> bool:
        return _moment(start) < _moment(moment) < _moment(end)

    @takes(STRING, STRING)
    def _func_time_truncate(self, moment: str, length: str) -> str:
        at, step = _moment(moment), _length(length)
        return _show(_shifted(at, -(_ns(at - _GO_ZERO) % step)) if step > 0 else at)


def _moment(text: str) -> datetime:
    return layout.parse(layout.RFC3339, text)


def _length(text: str) -> int:
    found = duration.parse(text)
    if found is None:
        raise JmesError(f"{text!r} is not a duration (as 1h30m)")
    return found


def _seconds(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise JmesError(f"{text!r} is not a number of seconds") from None


def _shifted(moment: datetime, ns: int) -> datetime:
    try:
        return moment + timedelta(microseconds=ns // 1000)
    except OverflowError:
        raise JmesError("the time is out of range") from None


def _ns(span: timedelta) -> int:
    return (span.days * 86_400 + span.seconds) * duration.SECOND_NS + span.microseconds * 1000


def _show(moment: datetime) -> str:
    shown = moment.replace(microsecond=0).isoformat()
    return shown.removesuffix("+00:00") + "Z" if shown.endswith("+00:00") else shown
