"""Numbers with what they count."""

from __future__ import annotations

import pytest

from gitops_audit.model.how_many import how_many


@pytest.mark.parametrize(
    ("number", "thing", "told"),
    [
        (0, "resource", "0 resources"),
        (1, "resource", "1 resource"),
        (2, "more line", "2 more lines"),
        (0, "policy", "0 policies"),
        (1, "policy", "1 policy"),
        (3, "repository", "3 repositories"),
        (2, "key", "2 keys"),
    ],
)
def test_a_number_has_its_noun_in_the_right_form(number: int, thing: str, told: str) -> None:
    assert how_many(number, thing) == told
