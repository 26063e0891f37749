"""Label selectors in policy documents."""

from __future__ import annotations

import pytest

from gitops_audit.errors import PolicyError
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.document import Document
from gitops_audit.policy.selector import check_expression


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ({"key": "a", "operator": "in", "values": ["b"]}, "operator is 'in'"),
        ({"key": "a", "operator": "Equals", "values": ["b"]}, "operator is 'Equals'"),
        ({"key": "a"}, "operator is ''"),
        ({"operator": "Exists"}, "has no key"),
        ({"key": "a", "operator": "In"}, "In needs values"),
        ({"key": "a", "operator": "NotIn", "values": []}, "NotIn needs values"),
        ({"key": "a", "operator": "Exists", "values": ["b"]}, "Exists takes no values"),
    ],
)
def test_an_expression_that_could_match_nothing_is_refused(expression: JsonObject, told: str) -> None:
    with pytest.raises(PolicyError, match=told) as caught:
        check_expression(Document(expression, "p.yaml"), "")
    assert caught.value.code == "GA401"
