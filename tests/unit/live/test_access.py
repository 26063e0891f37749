from __future__ import annotations

import json

import pytest

from gitops_audit.errors import ClusterError
from gitops_audit.live.access import Permission, permissions, user
from tests.unit.live.api import CONFIG_MAPS, NAMESPACES, Api, Kind, cluster_of
from tests.unit.live.scripted import Answer, Request, Script, ok, status

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


def allowed(script: Script, *rules: str) -> None:
    """Rules are `verb resource namespace`, the last part empty for the whole cluster."""

    def review(request: Request) -> Answer:
        asked = json.loads(request.body)["spec"]["resourceAttributes"]
        rule = f"{asked['verb']} {asked['resource']} {asked.get('namespace', '')}"
        return ok({"status": {"allowed": rule in rules}})

    script.routes[REVIEWS] = review


def rows(script: Script, kind: Kind, *namespaces: str) -> list[tuple[str, bool, bool, bool]]:
    cluster = cluster_of(script)
    api = cluster.discovery.resource(kind.group, kind.version, kind.kind)
    assert api is not None
    found: tuple[Permission, ...] = permissions(cluster, [api], namespaces)
    cluster.close()
    return [(p.namespace, p.can_list, p.can_get, p.can_patch) for p in found]


def test_what_may_be_listed_everywhere_is_one_row(script: Script, api: Api) -> None:
    allowed(script, "list configmaps ", "get configmaps ")
    assert rows(script, CONFIG_MAPS, "shop", "web") == [("", True, True, False)]


def test_what_may_not_is_told_by_namespace(script: Script, api: Api) -> None:
    allowed(script, "list configmaps shop", "get configmaps shop", "patch configmaps shop")
    assert rows(script, CONFIG_MAPS, "shop", "web") == [("shop", True, True, True), ("web", False, False, False)]


def test_a_cluster_scoped_kind_has_no_rows_by_namespace(script: Script, api: Api) -> None:
    allowed(script)
    assert rows(script, NAMESPACES, "shop") == [("", False, False, False)]


def test_a_server_that_reviews_nothing_is_an_error_not_a_no(script: Script, api: Api) -> None:
    script.on(REVIEWS, status(403, "Forbidden", "no reviews"))
    with pytest.raises(ClusterError, match="no reviews"):
        rows(script, CONFIG_MAPS)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(ok({"status": {"userInfo": {"username": "alice"}}}), "alice"), (status(404), ""), (ok({"status": 5}), "")],
)
def test_the_user_is_whom_the_server_takes_us_for(script: Script, api: Api, answer: Answer, expected: str) -> None:
    script.on(WHO, answer)
    cluster = cluster_of(script)
    assert user(cluster) == expected
    cluster.close()
