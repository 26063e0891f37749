"""Which places a run wrote: only they say whether it can be undone, and only they are put back."""

from __future__ import annotations

from typing import Any

from gitops_audit.remediate.place import moved_places, places, places_digest, put_back


def body(spec: dict[str, Any], **annotations: str) -> dict[str, Any]:
    metadata = {"name": "web", "uid": "u", "resourceVersion": "1", "annotations": annotations}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec, "status": {"x": 1}}


BEFORE = body({"replicas": 3, "template": {"image": "b"}})
AFTER = body({"replicas": 3, "template": {"image": "a", "new": 1}})


def test_the_places_are_those_that_differ() -> None:
    assert set(places(BEFORE, AFTER)) == {"/spec/template/image", "/spec/template/new"}


def test_what_others_write_elsewhere_does_not_move_them() -> None:
    found = places(BEFORE, AFTER)
    live = body({"replicas": 9, "template": {"image": "a", "new": 1}}, revision="2")

    assert moved_places(AFTER, live, found) == []
    assert places_digest(live, found) == places_digest(AFTER, found)


def test_what_others_write_there_does() -> None:
    found = places(BEFORE, AFTER)
    live = body({"replicas": 3, "template": {"image": "c", "new": 1}})

    assert moved_places(AFTER, live, found) == ["/spec/template/image"]
    assert places_digest(live, found) != places_digest(AFTER, found)


def test_only_they_are_put_back() -> None:
    live = body({"replicas": 9, "template": {"image": "a", "new": 1}}, revision="2")

    assert put_back(live, BEFORE, places(BEFORE, AFTER)) == body(
        {"replicas": 9, "template": {"image": "b"}}, revision="2"
    )


def test_a_map_that_is_gone_by_now_comes_back_with_its_place() -> None:
    before, after = body({"template": {"image": "b"}}), body({"template": {}})

    assert put_back(body({}), before, places(before, after)) == before


def test_of_a_new_object_everything_counts_but_later_annotations() -> None:
    created = body({"replicas": 3}, mark="x")
    found = places(None, created)

    assert moved_places(created, body({"replicas": 3}, mark="x", revision="1"), found) == []
    assert moved_places(created, body({"replicas": 9}, mark="x"), found) == ["/spec"]
