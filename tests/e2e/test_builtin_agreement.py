"""What is known of built-in kinds without a cluster is what a real API server's discovery says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gitops_audit.kube.builtin import GROUPS, is_namespaced, kind_of, short_names
from gitops_audit.kube.plural import plural
from gitops_audit.model.resource import JsonObject
from tests.e2e.apiserver import ApiServer
from tests.e2e.direct import Direct

pytestmark = pytest.mark.e2e
# kinds of other kinds' subresources, and one that is only ever posted
_UNKNOWN = {"Binding"}


@pytest.fixture
def served(apiserver: ApiServer) -> Iterator[list[tuple[str, JsonObject]]]:
    direct = Direct(apiserver)
    groups = {("", "v1"): "/api/v1"}
    for group in direct.call("GET", "/apis").body["groups"]:
        for version in group["versions"]:
            groups[group["name"], version["version"]] = f"/apis/{version['groupVersion']}"
    yield [
        (group, resource)
        for (group, _), path in groups.items()
        if group in GROUPS
        for resource in direct.call("GET", path).body["resources"]
        if "/" not in resource["name"] and resource["kind"] not in _UNKNOWN
    ]
    direct.close()


def test_groups_scopes_plurals_and_short_names_are_the_servers(served: list[tuple[str, JsonObject]]) -> None:
    assert {group for group, _ in served} == GROUPS
    wrong = [f"{resource['kind']}.{group}: {resource}" for group, resource in served if not _is_known(group, resource)]
    assert not wrong, "\n".join(wrong)


def _is_known(group: str, resource: JsonObject) -> bool:
    name, kind = resource["name"], resource["kind"]
    is_found = (plural(kind), kind_of(group, name), is_namespaced(group, kind)) == (name, kind, resource["namespaced"])
    return is_found and set(short_names(kind)) == set(resource.get("shortNames", ()))
