"""Fields as people read them and as pointers."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.kube.path import Item, Path, display, lookup, pointer
from gitops_audit.model.finding import ABSENT

WEB = Item(1, keys=(("name", "web"),))


@pytest.mark.parametrize(
    ("path", "shown", "pointed"),
    [
        ((), "", ""),
        (("spec", "containers", WEB, "image"), "spec.containers[name=web].image", "/spec/containers/1/image"),
        (("metadata", "annotations", "a.b/c"), 'metadata.annotations["a.b/c"]', "/metadata/annotations/a.b~1c"),
        (("data", 'a"~'), 'data["a\\"~"]', '/data/a"~0'),
        (("x-kubernetes-y", Item(0)), "x-kubernetes-y[0]", "/x-kubernetes-y/0"),
        (("p", Item(0, keys=(("port", 80), ("protocol", "TCP")))), "p[port=80,protocol=TCP]", "/p/0"),
        (("zones", Item(2, value="c")), "zones[2]", "/zones/2"),
        (("env", Item(3, keys=(("name", "A"),), is_ambiguous=True)), "env[3]", "/env/3"),
    ],
)
def test_a_path_is_shown_by_keys_and_kept_by_index(path: Path, shown: str, pointed: str) -> None:
    assert display(path) == shown
    assert pointer(path) == pointed


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("a", WEB, "image"), "x"),
        (("a", Item(0)), {"name": "side"}),
        (("a", Item(5)), ABSENT),
        (("b", Item(0, value="two")), "two"),
        (("b", Item(0, value="three")), ABSENT),
        (("ports", Item(0, keys=(("port", 53), ("protocol", "TCP")))), {"port": 53}),
        (("a", "name"), ABSENT),
        (("b", "c", "d"), ABSENT),
        (("env", Item(1, keys=(("name", "A"),), is_ambiguous=True)), {"name": "A", "value": "2"}),
        (("env", Item(9, keys=(("name", "A"),), is_ambiguous=True)), ABSENT),
    ],
)
def test_elements_are_found_by_identity_in_either_side(path: Path, found: Any) -> None:
    body = {
        "a": [{"name": "side"}, {"name": "web", "image": "x"}],
        "b": ["one", "two"],
        "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53}],
        "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}],
    }
    assert lookup(body, path) == found
