from __future__ import annotations

import base64
import json

import pytest

from gitops_audit.live import problem
from gitops_audit.live.liveset import LiveSet
from gitops_audit.model.finding import Problem
from gitops_audit.model.redact import LAST_APPLIED, Redactor, is_redacted
from gitops_audit.model.resource import Declared
from tests.unit.live.api import CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, SECRETS, WIDGETS, Api, cluster_of, declared
from tests.unit.live.scripted import CUT, Answer, Script, ok, status

SHOP = [f"shop/c{i}" for i in range(8)]
FORBIDDEN = status(403, "Forbidden", 'User "a" cannot list resource "configmaps"')
RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"


def read(script: Script, wanted: list[Declared], redactor: Redactor | None = None) -> LiveSet:
    """What is told of the reading comes to exactly what there is to be read, on whatever way."""
    cluster, told = cluster_of(script, redactor=redactor), list[tuple[int, int]]()
    try:
        live = cluster.read(wanted, lambda answered, expected: told.append((answered, expected)))
    finally:
        cluster.close()
    assert sum(answered for answered, _ in told) == sum(expected for _, expected in told)
    return live


def only_problem(live: LiveSet, wanted: list[Declared]) -> Problem:
    """The one problem that all of them have."""
    found = {live.problem(resource) for resource in wanted}
    assert len(found) == 1
    (reason,) = found
    assert reason is not None
    return reason


def test_objects_are_found_and_absent_ones_are_known_to_be(script: Script, api: Api) -> None:
    api.has(CONFIG_MAPS, *SHOP, data={"a": "b"})
    wanted = declared(CONFIG_MAPS, *SHOP, "shop/gone")
    live = read(script, wanted)
    assert live.get(wanted[0]) == api.objects[0]
    assert live.get(wanted[-1]) is None
    assert [live.problem(r) for r in wanted] == [None] * 9


def test_one_list_serves_however_many_declarations(script: Script, api: Api) -> None:
    api.has(CONFIG_MAPS, *SHOP)
    read(script, declared(CONFIG_MAPS, *SHOP) + declared(CONFIG_MAPS, *SHOP))
    assert api.lists() == ["/api/v1/namespaces/shop/configmaps"]
    assert api.gets() == []


def test_pages_are_followed_to_the_end(script: Script) -> None:
    api = Api(script, page_size=3)
    api.has(CONFIG_MAPS, *SHOP)
    live = read(script, declared(CONFIG_MAPS, *SHOP))
    assert len(live) == 8
    assert [r.query.get("continue") for r in script.requests if "limit" in r.query] == [None, "3", "6"]


def test_paging_stops_when_everything_is_found(script: Script) -> None:
    api = Api(script, page_size=4)
    api.has(CONFIG_MAPS, *SHOP)
    read(script, declared(CONFIG_MAPS, *SHOP[:4]))
    assert [r.query.get("continue") for r in script.requests if "limit" in r.query] == [None]


def test_what_nobody_wants_is_not_kept(script: Script, api: Api) -> None:
    api.has(CONFIG_MAPS, *SHOP, *(f"shop/other-{i}" for i in range(50)))
    assert len(read(script, declared(CONFIG_MAPS, *SHOP))) == 8


def test_a_list_of_the_cluster_shows_where_else_an_absent_object_is(script: Script, api: Api) -> None:
    api.has(CONFIG_MAPS, "a/c", "b/c", "c/c", "d/c", "x/wrong", "y/wrong", "x/unwanted")
    wanted = declared(CONFIG_MAPS, "a/c", "b/c", "c/c", "d/c", "e/wrong", "e/gone")
    live = read(script, wanted)
    assert api.lists() == ["/api/v1/configmaps"]
    assert [live.elsewhere(r) for r in wanted] == [(), (), (), (), ("x", "y"), ()]


def test_few_objects_are_read_one_by_one(script: Script, api: Api) -> None:
    api.has(NAMESPACES, "shop", "web")
    live = read(script, declared(NAMESPACES, "shop", "gone"))
    assert (api.lists(), len(api.gets()), len(live)) == ([], 2, 1)


def test_objects_of_a_namespace_that_is_not_there_are_absent(script: Script, api: Api) -> None:
    wanted = declared(CONFIG_MAPS, *SHOP, "nowhere/x")
    live = read(script, wanted)
    assert live.get(wanted[-1]) is None
    assert live.problem(wanted[-1]) is None


def test_a_list_that_expires_between_pages_is_read_again_from_the_start(script: Script) -> None:
    api = Api(script)
    path = "/api/v1/namespaces/shop/configmaps"
    items = [{"metadata": {"name": f"c{i}", "namespace": "shop"}} for i in range(8)]
    half = ok({"metadata": {"continue": "x"}, "items": items[:4]})
    rest = ok({"metadata": {}, "items": items[4:7]})
    script.on(path, half, status(410, "Expired"), half, rest)
    wanted = declared(CONFIG_MAPS, *SHOP)
    live = read(script, wanted)
    assert len(live) == 7
    assert live.problem(wanted[7]) is None
    assert len(api.lists()) == 2


def test_an_object_of_a_pass_that_expired_is_not_taken_for_there(script: Script, api: Api) -> None:
    path = "/api/v1/namespaces/shop/configmaps"
    first = ok({"metadata": {"continue": "x"}, "items": [{"metadata": {"name": "c0", "namespace": "shop"}}]})
    script.on(path, first, status(410, "Expired"), ok({"metadata": {}, "items": []}))
    assert len(read(script, declared(CONFIG_MAPS, *SHOP))) == 0


def test_a_list_that_expires_again_and_again_is_a_problem(script: Script, api: Api) -> None:
    script.on("/api/v1/namespaces/shop/configmaps", status(410, "Expired"))
    wanted = declared(CONFIG_MAPS, *SHOP)
    assert only_problem(read(script, wanted), wanted).code == problem.EXPIRED_LIST


def test_a_server_that_gives_the_same_page_for_ever_is_a_problem(script: Script, api: Api) -> None:
    script.on("/api/v1/namespaces/shop/configmaps", ok({"metadata": {"continue": "x"}, "items": []}))
    wanted = declared(CONFIG_MAPS, *SHOP)
    assert "the same page" in only_problem(read(script, wanted), wanted).message


def test_a_forbidden_list_of_the_cluster_is_read_by_namespace(script: Script, api: Api) -> None:
    names = [f"ns-{n}/c{i}" for n in range(5) for i in range(5)]
    api.has(CONFIG_MAPS, *names)
    script.on("/api/v1/configmaps", FORBIDDEN)
    assert len(read(script, declared(CONFIG_MAPS, *names))) == 25
    assert len(api.lists()) == 6


def test_a_forbidden_list_of_a_namespace_is_read_one_by_one(script: Script, api: Api) -> None:
    api.has(CONFIG_MAPS, *SHOP)
    script.on("/api/v1/namespaces/shop/configmaps", FORBIDDEN)
    assert len(read(script, declared(CONFIG_MAPS, *SHOP))) == 8


def test_a_kind_that_may_not_be_read_names_the_rule_to_add(script: Script, api: Api) -> None:
    for path in ("", *(f"/c{i}" for i in range(8))):
        script.on(f"/api/v1/namespaces/shop/configmaps{path}", FORBIDDEN)
    wanted = declared(CONFIG_MAPS, *SHOP)
    found = only_problem(read(script, wanted), wanted)
    assert found.code == problem.FORBIDDEN
    assert '{apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list"]}' in found.message
    assert "namespace shop" in found.message


def test_objects_that_may_be_listed_but_not_got_are_listed(script: Script, api: Api) -> None:
    api.has(CONFIG_MAPS, "shop/a")
    script.on("/api/v1/namespaces/shop/configmaps/a", FORBIDDEN)
    script.on("/api/v1/namespaces/shop/configmaps/gone", FORBIDDEN)
    wanted = declared(CONFIG_MAPS, "shop/a", "shop/gone")
    live = read(script, wanted)
    assert live.get(wanted[0])
    assert [live.problem(r) for r in wanted] == [None, None]


def test_an_object_that_may_neither_be_got_nor_listed_is_a_problem(script: Script, api: Api) -> None:
    script.on("/api/v1/namespaces/shop/configmaps", FORBIDDEN)
    script.on("/api/v1/namespaces/shop/configmaps/a", FORBIDDEN)
    wanted = declared(CONFIG_MAPS, "shop/a")
    assert only_problem(read(script, wanted), wanted).code == problem.FORBIDDEN
    assert len(script.requests) == 3 + 3


def rules(*names: str, **more: object) -> Answer:
    rule = {"verbs": ["get"], "apiGroups": [""], "resources": ["configmaps"], "resourceNames": list(names)}
    return ok({"status": {"incomplete": False, "resourceRules": [rule]} | more})


def test_the_rules_save_the_requests_that_would_be_refused(script: Script, api: Api) -> None:
    names = [f"shop/c{i}" for i in range(40)]
    api.has(CONFIG_MAPS, *names)
    script.on("/api/v1/namespaces/shop/configmaps", FORBIDDEN)
    script.on(RULES, rules("c7"))
    wanted = declared(CONFIG_MAPS, *names)
    live = read(script, wanted)
    assert (len(live), len(api.gets())) == (1, 2)
    assert live.get(wanted[7])
    assert only_problem(live, wanted[8:]).code == problem.FORBIDDEN


@pytest.mark.parametrize("answer", [rules(incomplete=True), status(404), ok({})], ids=["incomplete", "none", "empty"])
def test_rules_that_are_not_all_forbid_nothing(script: Script, api: Api, answer: Answer) -> None:
    names = [f"shop/c{i}" for i in range(20)]
    api.has(CONFIG_MAPS, *names)
    script.on("/api/v1/namespaces/shop/configmaps", FORBIDDEN)
    script.on(RULES, answer)
    assert len(read(script, declared(CONFIG_MAPS, *names))) == 20


def test_one_forbidden_kind_leaves_the_others(script: Script, api: Api) -> None:
    api.has(DEPLOYMENTS, "shop/web")
    for suffix in ("", "/s"):
        script.on(f"/api/v1/namespaces/shop/secrets{suffix}", FORBIDDEN)
    wanted = declared(DEPLOYMENTS, "shop/web") + declared(SECRETS, "shop/s")
    live = read(script, wanted)
    assert live.get(wanted[0])
    assert live.problem(wanted[1])


def test_a_long_list_is_left_when_few_objects_are_missing(script: Script) -> None:
    api = Api(script, page_size=2)
    names = [f"ns-{n}/c" for n in range(6)]
    api.has(CONFIG_MAPS, *(f"aaa/other-{i}" for i in range(5000)), *names)
    assert len(read(script, declared(CONFIG_MAPS, *names))) == 6
    assert (len(api.lists()), len(api.gets())) == (1, 6)


@pytest.mark.parametrize("names", [["shop/w"], [f"shop/w{i}" for i in range(8)]])
def test_a_kind_whose_definition_went_away_meanwhile_is_a_problem(script: Script, api: Api, names: list[str]) -> None:
    api.kinds = tuple(k for k in api.kinds if k is not WIDGETS)
    wanted = declared(WIDGETS, *names)
    assert only_problem(read(script, wanted), wanted).code == problem.NOT_SERVED


def test_a_version_that_is_not_served_names_those_that_are(script: Script, api: Api) -> None:
    wanted = declared(DEPLOYMENTS, "shop/web", version="v1beta2")
    found = only_problem(read(script, wanted), wanted)
    assert found.code == problem.NOT_SERVED
    assert "it serves Deployment at apps/v1" in found.message


def test_a_kind_of_an_api_that_is_down_is_not_called_unknown(script: Script, api: Api) -> None:
    stale = {"metadata": {"name": "example.org"}, "versions": [{"version": "v1", "freshness": "Stale"}]}
    script.on("/apis", ok({"kind": "APIGroupDiscoveryList", "items": [stale]}))
    wanted = declared(WIDGETS, "shop/w")
    assert only_problem(read(script, wanted), wanted).code == problem.API_DOWN


def test_what_was_not_read_when_the_connection_broke_is_a_problem_never_absent(script: Script, api: Api) -> None:
    api.has(DEPLOYMENTS, "shop/web")
    script.on("/api/v1/namespaces/shop/configmaps", CUT)
    wanted = declared(CONFIG_MAPS, *SHOP)
    assert only_problem(read(script, wanted), wanted).code == problem.UNREACHABLE


def test_an_error_page_instead_of_an_object_is_not_an_absent_object(script: Script, api: Api) -> None:
    script.on("/api/v1/namespaces/shop", Answer(404, b"<html>no such site</html>"))
    wanted = declared(NAMESPACES, "shop")
    assert only_problem(read(script, wanted), wanted).code == problem.NOT_SERVED


@pytest.mark.parametrize("document", [{"items": 5, "metadata": {}}, {"kind": "Status"}, {"items": []}])
def test_an_answer_that_is_no_list_is_a_problem(script: Script, api: Api, document: object) -> None:
    script.on("/api/v1/namespaces/shop/configmaps", ok(document))
    wanted = declared(CONFIG_MAPS, *SHOP)
    assert only_problem(read(script, wanted), wanted).code == problem.UNEXPECTED


def test_malformed_items_hide_nothing(script: Script, api: Api) -> None:
    good = {"metadata": {"name": "c0", "namespace": "shop"}}
    items: list[object] = [1, None, {}, {"metadata": 5}, {"metadata": {"name": {}, "namespace": []}}, good]
    script.on("/api/v1/namespaces/shop/configmaps", ok({"items": items, "metadata": {}}))
    assert len(read(script, declared(CONFIG_MAPS, *SHOP))) == 1


def test_an_empty_list_of_go_is_an_empty_list(script: Script, api: Api) -> None:
    script.on("/api/v1/namespaces/shop/configmaps", ok({"kind": "ConfigMapList", "items": None, "metadata": {}}))
    wanted = declared(CONFIG_MAPS, *SHOP)
    live = read(script, wanted)
    assert [live.problem(r) for r in wanted] == [None] * 8


@pytest.mark.parametrize("name", ["../secrets/s", "a/b", "..", ".", "shop/", "a%2e"])
def test_a_name_that_leaves_its_path_is_never_sent(script: Script, api: Api, name: str) -> None:
    wanted = declared(NAMESPACES, "x")[0]
    key = wanted.key._replace(name=name)
    hostile = Declared(key, wanted.source, wanted.version, wanted.body, wanted.origin)
    live = read(script, [hostile])
    assert (live.problem(hostile), live.get(hostile)) == (None, None)
    assert api.gets() == []


@pytest.mark.parametrize("count", [1, 8], ids=["get", "list"])
def test_secrets_are_tokens_when_they_are_kept(script: Script, api: Api, count: int) -> None:
    value = base64.b64encode(b"s3cr3t-marker").decode()
    names = [f"shop/s{i}" for i in range(count)]
    api.has(SECRETS, *names, data={"k": value})
    for body in api.objects:
        body["metadata"]["annotations"] = {LAST_APPLIED: json.dumps({"kind": "Secret", "data": {"k": value}})}
    wanted = declared(SECRETS, *names)
    live = read(script, wanted)
    found = live.get(wanted[0])
    assert found is not None
    assert is_redacted(found["data"]["k"])
    assert value not in json.dumps(found)


def test_a_live_set_that_read_nothing_knows_nothing() -> None:
    (resource,) = declared(NAMESPACES, "x")
    found = LiveSet().problem(resource)
    assert found is not None
    assert found.code == problem.NOT_READ


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"kind": "Status", "apiVersion": "v1", "status": "Failure"},
        {"kind": "NamespaceList", "metadata": {}, "items": []},
        {"kind": "Namespace", "metadata": {"name": "other"}},
        {"kind": "ConfigMap", "metadata": {"name": "shop"}},
    ],
    ids=str,
)
def test_another_answer_than_the_object_that_was_asked_for_is_a_problem(
    script: Script, api: Api, document: object
) -> None:
    script.on("/api/v1/namespaces/shop", ok(document))
    wanted = declared(NAMESPACES, "shop")
    assert only_problem(read(script, wanted), wanted).code == problem.UNEXPECTED
