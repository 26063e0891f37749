"""Reading policy documents strictly: what is not what it should be is told with its place."""

from __future__ import annotations

import pytest

from gitops_audit.errors import PolicyError
from gitops_audit.policy.document import Document


def test_a_null_in_a_list_is_told_instead_of_matching_who_knows_what() -> None:
    document = Document({"spec": {"resourceRules": [{"apiGroups": [""]}, None]}}, "policy.yaml", 3)
    with pytest.raises(PolicyError) as caught:
        document.sequence("/spec/resourceRules")
    assert "spec.resourceRules" in caught.value.message
    assert "is null: fill it or remove it" in caught.value.message
