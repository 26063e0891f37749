"""How much of what is declared an audit would look at."""

from __future__ import annotations

from gitops_audit.engine.coverage import Coverage, coverage
from gitops_audit.errors import SourceError
from gitops_audit.model.subject import Unread
from tests.reported import resource


def test_a_share_is_never_rounded_up_to_all() -> None:
    assert Coverage(10_000, 9_999, ()).percent == "99.9"
    assert Coverage(3, 3, ()).percent == "100"
    assert Coverage(0, 0, ()).percent == "0"


def test_what_is_left_out_is_counted_by_its_reason() -> None:
    source = Unread.of_source("prod", "shop", SourceError("the branch is gone"))
    engine = ["HelmRelease that is not rendered: its chart is not at hand"] * 2
    resources = [resource(name) for name in ("a", "b", "c")]

    found = coverage([*resources, source], engine, lambda one: "may not be read" if one.key.name != "a" else "")

    reasons = ((engine[0], 2), ("may not be read", 2), ("the branch is gone", 1))
    assert found == Coverage(6, 1, reasons)
