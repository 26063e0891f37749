"""A case for each subject: what the cluster has of it, or why that is not known."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.deployer import argocd
from gitops_audit.engine.gather.reading import LiveReading
from gitops_audit.errors import ClusterError
from gitops_audit.kube.type_schema import Schemas
from gitops_audit.model.resource import Declared, Invalid, JsonObject
from gitops_audit.model.subject import Subject
from tests.unit.engine.doubles import (
    BROKEN_FILE,
    DOWN,
    UNREADABLE,
    FakeCluster,
    config_map,
    declared,
    reached,
    undeclared,
)

HOOK = "an Argo CD hook (PreSync) is run once"
BY_ARGOCD = [{"manager": "argocd-controller", "operation": "Apply"}]
WIDGETS: JsonObject = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.example.com"},
    "spec": {"group": "example.com", "names": {"kind": "Widget"}, "scope": "Namespaced"},
}
WIDGET = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "shop"}}


def reading(cluster: FakeCluster, *inventory: Declared) -> LiveReading:
    return LiveReading(reached(cluster), inventory)


def test_each_case_has_the_live_object_in_the_order_of_the_subjects() -> None:
    one, two, gone = (declared(config_map(name)) for name in ("one", "two", "gone"))
    cluster = FakeCluster({"shop/two": config_map("two"), "shop/one": config_map("one")})
    cases = list(reading(cluster, one, two, gone).cases([two, gone, one]))
    assert [case.subject for case in cases] == [two, gone, one]
    assert [case.live for case in cases] == [config_map("two"), None, config_map("one")]
    assert all(case.is_asked for case in cases)


def test_what_could_not_be_read_is_a_problem_of_its_case_alone() -> None:
    one, two = declared(config_map("one")), declared(config_map("two"))
    cluster = FakeCluster({"shop/two": config_map("two")}, {"shop/one": UNREADABLE})
    first, second = reading(cluster, one, two).cases([one, two])
    assert (first.problem, first.is_asked) == (UNREADABLE, False)
    assert (second.problem, second.is_asked) == (None, True)


@pytest.mark.parametrize(
    ("subject", "problem", "skip_reason"),
    [
        (BROKEN_FILE, BROKEN_FILE.error, ""),
        (undeclared(), None, ""),
        (declared(skip="a Helm hook is run once"), None, "a Helm hook is run once"),
    ],
    ids=["unread", "undeclared", "hook"],
)
def test_nothing_is_asked_of(subject: Subject, problem: Any, skip_reason: str) -> None:
    cluster = FakeCluster()
    [case] = reading(cluster).cases([subject])
    assert (case.is_asked, case.problem, case.skip_reason) == (False, problem, skip_reason)
    assert cluster.asked == []


def test_what_must_not_pass_is_not_asked_for() -> None:
    twice = declared(error=("GA220", "declared twice"))
    cluster = FakeCluster({"shop/settings": config_map()})
    [case] = reading(cluster, twice).cases([twice])
    assert case.problem is not None
    assert (case.problem.code, case.is_asked, cluster.asked) == ("GA220", False, [])


def test_the_faults_of_a_file_go_along() -> None:
    fault = Invalid("metadata.name", "must be a string")
    resource = declared(faults=(fault,))
    [case] = reading(FakeCluster(), resource).cases([resource])
    assert case.invalid == (fault,)


def test_an_unreachable_cluster_is_a_problem_of_each_resource_with_what_to_do() -> None:
    cases = LiveReading(reached(error=DOWN), ()).cases([declared(), BROKEN_FILE])
    assert [case.problem.message for case in cases if case.problem] == [
        "cluster prod does not answer\nis the VPN up?",
        "no YAML",
    ]


def test_without_a_cluster_nothing_is_asked_and_nothing_is_wrong() -> None:
    [case] = LiveReading(reached(), ()).cases([declared(skip="a Helm hook is run once")])
    assert (case.is_asked, case.problem, case.skip_reason) == (False, None, "")


@pytest.mark.parametrize("is_argocd_s", [True, False])
def test_a_hook_of_argo_cd_is_one_where_argo_cd_wrote_an_object_of_its_source(is_argocd_s: bool) -> None:
    hook = declared(config_map("hook", annotations={argocd.HOOK: "PreSync"}), argocd_skip=HOOK)
    beside = declared(config_map("beside"))
    live = config_map("beside", managedFields=BY_ARGOCD if is_argocd_s else [])
    [case] = reading(FakeCluster({"shop/beside": live}), hook, beside).cases([hook])
    assert (case.skip_reason, case.is_asked) == ((HOOK, False) if is_argocd_s else ("", True))


def test_an_object_of_argo_cd_in_another_source_tells_nothing() -> None:
    hook = declared(config_map("hook"), argocd_skip=HOOK)
    other = declared(config_map("other"), source="other")
    live = config_map("other", managedFields=BY_ARGOCD)
    [case, _] = reading(FakeCluster({"shop/other": live}), hook, other).cases([hook, other])
    assert case.skip_reason == ""


@pytest.mark.parametrize(("inventory", "is_undefined"), [((declared(WIDGETS),), True), ((), False)])
def test_a_kind_is_undefined_where_its_definition_is_declared_and_not_served(
    inventory: tuple[Declared, ...], is_undefined: bool
) -> None:
    cluster, widget = FakeCluster(), declared(WIDGET)
    read = reading(cluster, widget, *inventory)
    [case] = read.cases([widget])
    assert read.is_undefined(widget) is is_undefined
    assert case.is_asked is not is_undefined
    assert ("shop/w" in cluster.asked) is not is_undefined


def test_types_that_cannot_be_read_are_an_error_of_the_objects_of_their_kind() -> None:
    def documents(group: str, version: str) -> None:
        if group == "apps":
            raise RecursionError

    deployment = declared({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}})
    cluster = FakeCluster(schemas=Schemas(documents))
    [broken, sound] = reading(cluster, deployment, declared()).cases([deployment, declared()])
    assert broken.problem is not None
    assert (broken.problem.code, sound.problem) == ("GA308", None)


def test_live_objects_of_all_calls_are_known_until_they_are_let_go() -> None:
    one, two = declared(config_map("one")), declared(config_map("two"))
    read = reading(FakeCluster({"shop/one": config_map("one"), "shop/two": config_map("two")}), one, two)
    for resource in (one, two):
        list(read.cases([resource]))
    assert read.live_object(one) == config_map("one")
    read.forget()
    assert (read.live_object(one), read.last) == (None, None)


def test_a_secret_that_is_read_again_shows_its_labels_as_git_does() -> None:
    cluster = FakeCluster()
    body: JsonObject = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "shop"}}
    token = cluster.redactor.token(b"blue")
    cluster.again["shop/s"] = body | {"metadata": {**body["metadata"], "labels": {"color": token}}}
    resource = declared(body | {"metadata": {**body["metadata"], "labels": {"color": "blue"}}})
    again = reading(cluster).again(resource)
    assert again is not None
    assert again["metadata"]["labels"] == {"color": "blue"}


def test_what_cannot_be_read_again_raises() -> None:
    cluster = FakeCluster(again={"shop/settings": DOWN})
    with pytest.raises(ClusterError, match="does not answer"):
        reading(cluster).again(declared())
