from __future__ import annotations

import pytest

from gitops_audit.model.path import field_path

BODY = {
    "metadata": {"annotations": {"a.b/c": "x"}},
    "spec": {"containers": [{"name": "web", "ports": [80, 81]}], "x-y": 1},
}


@pytest.mark.parametrize(
    ("pointer", "shown"),
    [
        ("", ""),
        ("/spec/containers/0/ports/1", "spec.containers[name=web].ports[1]"),
        ("/metadata/annotations/a.b~1c", 'metadata.annotations["a.b/c"]'),
        ("/spec/x-y", "spec.x-y"),
        ("/spec/containers/7/image", "spec.containers[7].image"),
        ("/nowhere/at/all", "nowhere.at.all"),
    ],
)
def test_a_pointer_is_shown_as_people_write_fields(pointer: str, shown: str) -> None:
    assert field_path(pointer, BODY) == shown
