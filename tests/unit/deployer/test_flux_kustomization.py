"""Each option of a Kustomization, as fluxcd.io/flux/components/kustomize/kustomizations documents it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from gitops_audit.config.settings import FluxFollow, SourceConfig, Substitution
from gitops_audit.deployer.inputs import of_kustomization_spec, of_source
from tests.unit.deployer.flux_objects import (
    OWN_URL,
    SOURCE,
    FakeFiles,
    expanded,
    held,
    kustomization,
    only,
    origin,
    reason,
    release,
)

PATCH = {"patch": "- {op: remove, path: /spec}", "target": {"kind": "Deployment", "name": "web.*"}}


def test_a_kustomization_is_a_source_of_its_own_with_its_place() -> None:
    found = only(expanded(kustomization()))
    assert (found.name, found.repo, found.revision, found.path) == ("flux.flux-system.apps", "fleet", "HEAD", "apps")
    assert (found.type, found.clusters) == ("kustomize", ("prod",))
    assert found.followed_from == "Kustomization flux-system/apps at fleet.yaml:1"
    assert found.kustomize.load_restrictor == "none"
    assert found.kustomize.is_generated


@pytest.mark.parametrize(
    ("spec", "overlay"),
    [
        ({}, {}),
        ({"targetNamespace": "shop"}, {"namespace": "shop"}),
        ({"namePrefix": "a-", "nameSuffix": "-b"}, {"namePrefix": "a-", "nameSuffix": "-b"}),
        ({"patches": [PATCH]}, {"patches": [PATCH]}),
        ({"patches": [PATCH | {"path": "/etc/passwd"}]}, {"patches": [PATCH]}),
        ({"patchesStrategicMerge": [{"kind": "X"}]}, {"patches": [{"patch": '{"kind": "X"}'}]}),
        (
            {"patchesJson6902": [{"patch": [{"op": "remove"}], "target": {"kind": "X"}}]},
            {"patches": [{"patch": '[{"op": "remove"}]', "target": {"kind": "X"}}]},
        ),
        ({"images": [{"name": "a", "newTag": "1", "x": "y"}]}, {"images": [{"name": "a", "newTag": "1"}]}),
        ({"components": ["../c"]}, {"components": ["../c"]}),
        ({"buildMetadata": ["originAnnotations"]}, {"buildMetadata": ["originAnnotations"]}),
        ({"prune": True, "force": True, "wait": True, "suspend": True, "interval": "1h"}, {}),
    ],
)
def test_what_kustomize_is_told_is_laid_over(spec: dict[str, Any], overlay: dict[str, Any]) -> None:
    found = only(expanded(kustomization(**spec))).kustomize.overlay
    assert (json.loads(found) if found else {}) == overlay


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("./clusters/prod/", "clusters/prod"),
        ("", ""),
        ("./", ""),
        ("../../etc", "etc"),
        ("/apps/../..", ""),
        ("apps/../../x", "x"),
    ],
)
def test_no_path_leads_out_of_the_repository(path: str, expected: str) -> None:
    assert only(expanded(kustomization(path=path))).path == expected


def test_a_missing_component_may_be_left_out() -> None:
    assert only(expanded(kustomization(ignoreMissingComponents=True))).kustomize.skips_missing
    assert not only(expanded(kustomization())).kustomize.skips_missing


@pytest.mark.parametrize("component", ["https://example.com/c", "github.com/a/b", "/etc", "ssh://x/y"])
def test_a_remote_component_is_refused_as_flux_does(component: str) -> None:
    assert "Flux refuses the component" in reason(expanded(kustomization(components=[component])))


def test_common_metadata_is_for_all_objects() -> None:
    given = {"labels": {"a": "b"}, "annotations": {"c": "d"}}
    post_build = only(expanded(kustomization(commonMetadata=given))).post_build
    assert post_build is not None
    assert (post_build.labels, post_build.annotations) == ((("a", "b"),), (("c", "d"),))


def _substitution(*more: Any, live: Any = None, **post_build: Any) -> Substitution | None:
    found = expanded(kustomization(postBuild=post_build), *more, live=live)
    given = only(found).post_build
    assert given is not None
    return given.substitution


VARS = held("ConfigMap", "vars", {"env": "prod", "zone": "eu\n"})
KEYS = held("Secret", "keys", {"token": "hidden-value", "env": "hidden-env"})
FROM_VARS = {"kind": "ConfigMap", "name": "vars"}
FROM_KEYS = {"kind": "Secret", "name": "keys"}


@pytest.mark.parametrize(
    ("more", "live", "post_build", "expected"),
    [
        ([], None, {"substitute": {"env": "a\nb"}}, Substitution((("env", "ab"),))),
        ([VARS], None, {"substituteFrom": [FROM_VARS]}, Substitution((("env", "prod"), ("zone", "eu")))),
        ([], [VARS], {"substituteFrom": [FROM_VARS]}, Substitution((("env", "prod"), ("zone", "eu")))),
        (
            [VARS],
            None,
            {"substituteFrom": [FROM_VARS], "substitute": {"env": "x"}},
            Substitution((("env", "x"), ("zone", "eu"))),
        ),
        (
            [VARS, KEYS],
            None,
            {"substituteFrom": [FROM_VARS, FROM_KEYS]},
            Substitution((("zone", "eu"),), ("token", "env")),
        ),
        (
            [VARS, KEYS],
            None,
            {"substituteFrom": [FROM_KEYS, FROM_VARS]},
            Substitution((("env", "prod"), ("zone", "eu")), ("token",)),
        ),
        ([], None, {"substituteFrom": [FROM_VARS]}, Substitution(is_open=True)),
        ([], [], {"substituteFrom": [FROM_VARS]}, Substitution(is_open=True)),
        ([], None, {"substituteFrom": [FROM_VARS | {"optional": True}]}, Substitution(is_open=True)),
        ([], [], {"substituteFrom": [FROM_VARS | {"optional": True}]}, Substitution()),
        ([], None, {"substituteStrategy": "Always"}, Substitution(is_always=True)),
    ],
)
def test_variables_come_from_what_is_declared_or_live(
    more: list[Any], live: Any, post_build: dict[str, Any], expected: Substitution
) -> None:
    found = _substitution(*more, live=live, **post_build)
    assert found is not None
    assert (found.variables, set(found.unknown)) == (expected.variables, set(expected.unknown))
    assert (found.is_open, found.is_always) == (expected.is_open, expected.is_always)


def _maker(group: str, kind: str, **spec: Any) -> Any:
    return held("ConfigMap", "keys", {}) | {"apiVersion": f"{group}/v1", "kind": kind, "spec": spec}


def _external(**spec: Any) -> Any:
    return _maker("external-secrets.io", "ExternalSecret", **spec)


@pytest.mark.parametrize(
    ("maker", "unknown"),
    [
        (
            _maker("bitnami.com", "SealedSecret", encryptedData={"token": "x"}, template={"data": {"host": "y"}}),
            "host token",
        ),
        (_external(data=[{"secretKey": "token"}, {"secretKey": "host"}]), "host token"),
        (_external(data=[{"secretKey": "token"}], target={"name": "keys"}), "token"),
        (_external(data=[{"secretKey": "token"}], target={"name": "other"}), None),
        (_external(data=[{"secretKey": "token"}], target={"template": {"data": {"a": "b"}}}), None),
        (_external(dataFrom=[{"extract": {"key": "all"}}]), None),
    ],
)
def test_a_secret_that_a_controller_makes_has_the_keys_that_its_maker_names(maker: Any, unknown: str | None) -> None:
    found = _substitution(VARS, maker, substituteFrom=[FROM_VARS, FROM_KEYS])
    assert found is not None
    assert found.is_open == (unknown is None)
    assert " ".join(sorted(found.unknown)) == (unknown or "")
    assert dict(found.variables) == ({} if unknown is None else {"env": "prod", "zone": "eu"})


def test_no_variable_is_replaced_where_none_is_asked_for() -> None:
    assert _substitution() is None


def test_a_value_of_a_secret_is_nowhere_in_a_source() -> None:
    found = only(expanded(kustomization(postBuild={"substituteFrom": [FROM_KEYS]}), KEYS))
    assert "hidden" not in repr(found)
    assert found.post_build is not None
    keys = (("token", "flux-system/keys/token"), ("env", "flux-system/keys/env"))
    assert found.post_build.substitution == Substitution(unknown=("token", "env"), is_strict=None, secrets=keys)


@pytest.mark.parametrize(
    ("ref", "revision"),
    [
        ({}, "HEAD"),
        ({"branch": "main"}, "HEAD"),
        ({"name": "refs/heads/main"}, "HEAD"),
        ({"tag": "v1"}, "v1"),
        ({"commit": "a" * 40, "branch": "main"}, "a" * 40),
        ({"name": "refs/tags/v1"}, "refs/tags/v1"),
    ],
)
def test_the_bootstrap_repository_is_the_audited_one_at_the_audited_revision(
    ref: dict[str, str], revision: str
) -> None:
    found = expanded(kustomization(), origin("GitRepository", "flux-system", url=OWN_URL, ref=ref))
    expected = "HEAD" if ref.get("branch") and not ref.get("commit") else revision
    assert (only(found).repo, only(found).revision) == ("fleet", expected)


def test_another_branch_of_the_same_repository_is_that_branch() -> None:
    tenant = kustomization("tenant", "apps", sourceRef={"kind": "GitRepository", "name": "tenant"})
    bodies = [kustomization(), tenant, origin("GitRepository", "tenant", "apps", url=OWN_URL, ref={"branch": "tenant"})]
    found = {s.name: s.revision for s in expanded(*bodies).sources}
    assert found == {"flux.flux-system.apps": "HEAD", "flux.apps.tenant": "tenant"}
    missing = expanded(*bodies, files=FakeFiles(missing=["tenant"]))
    assert [one.name for one in missing.unfollowed] == ["apps/tenant"]


def test_another_repository_is_opened_at_its_revision() -> None:
    other = origin(
        "GitRepository", "other", url="https://other.example.com/x", ref={"tag": "v2"}, ignore="/*\n!/apps\n"
    )
    found = only(expanded(kustomization(sourceRef={"kind": "GitRepository", "name": "other"}), other))
    assert (found.repo, found.revision) == ("https://other.example.com/x", "v2")
    assert found.kustomize.ignore == ("/*", "!/apps")


@pytest.mark.parametrize(
    ("reference", "body", "words"),
    [
        ({"kind": "OCIRepository", "name": "o"}, None, "OCI artefact of OCIRepository flux-system/o is not at hand"),
        ({"kind": "Bucket", "name": "b"}, None, "files of Bucket flux-system/b are not at hand"),
        ({"kind": "GitRepository", "name": "g"}, None, "GitRepository flux-system/g is not declared"),
        ({"kind": "ExternalArtifact", "name": "e"}, None, "is made by nothing that is declared"),
        ({"kind": "Odd", "name": "x"}, None, "no source that the audit knows"),
        ({}, None, "no source that the audit knows"),
        (
            {"kind": "GitRepository", "name": "g"},
            {"url": "https://u:p@evil.example/x"},
            "evil.example/x is another one",
        ),
        ({"kind": "GitRepository", "name": "g"}, {"url": OWN_URL, "ref": {"semver": ">=1"}}, "highest tag of '>=1'"),
        ({"kind": "GitRepository", "name": "g"}, {"url": OWN_URL, "include": [{}]}, "(`include`)"),
        ({"kind": "GitRepository", "name": "g"}, {"url": OWN_URL, "sparseCheckout": ["a"]}, "(`sparseCheckout`)"),
    ],
)
def test_what_git_does_not_hold_is_named_with_the_reason(reference: Any, body: Any, words: str) -> None:
    more = [origin("GitRepository", "g", **body)] if body else []
    told = reason(expanded(kustomization(sourceRef=reference), *more))
    assert words in told
    assert "u:p" not in told


def test_a_reference_may_name_another_namespace() -> None:
    found = kustomization(sourceRef={"kind": "GitRepository", "name": "g", "namespace": "shared"})
    assert only(expanded(found, origin("GitRepository", "g", "shared", url=OWN_URL))).repo == "fleet"


def _generator(*copies: dict[str, str]) -> Any:
    spec: dict[str, Any] = {
        "sources": [{"alias": "mono", "kind": "GitRepository", "name": "flux-system"}],
        "artifacts": [{"name": "apps", "copy": list(copies)}],
    }
    body = origin("ArtifactGenerator", "gen", **spec)
    return body | {"apiVersion": "source.extensions.fluxcd.io/v1beta1"}


@pytest.mark.parametrize(
    ("copies", "path"),
    [
        ([("@mono/apps/**", "@artifact/")], "apps/production"),
        (
            [("@mono/apps/base/**", "@artifact/base/"), ("@mono/apps/production/**", "@artifact/production/")],
            "apps/production",
        ),
        ([("@mono/**", "@artifact/")], "production"),
        ([("@mono/apps/a.yaml", "@artifact/a.yaml")], None),
        ([("@mono/apps/**", "@artifact/other/")], None),
        ([("@mono/a/**", "@artifact/"), ("@mono/b/**", "@artifact/")], None),
    ],
)
def test_an_artifact_of_one_repository_is_read_there(copies: list[tuple[str, str]], path: str | None) -> None:
    entries = [{"from": source, "to": target} for source, target in copies]
    wanted = kustomization(path="./production", sourceRef={"kind": "ExternalArtifact", "name": "apps"})
    found = expanded(wanted, _generator(*entries))
    if path is None:
        assert "in other places than the repository" in reason(found)
    else:
        assert only(found).path == path


@pytest.mark.parametrize("given", [{"secretRef": {"name": "edge-kc"}}, {"configMapRef": {"name": "edge-kc"}}])
def test_a_remote_cluster_is_one_of_the_destinations(given: dict[str, Any]) -> None:
    remote = kustomization(kubeConfig=given)
    source = replace(SOURCE, destinations=(("edge-kc", "edge"),))
    assert only(expanded(remote, source=source)).clusters == ("edge",)
    assert "which no `destinations` name" in reason(expanded(remote))


def test_objects_that_wait_for_themselves_are_errors() -> None:
    found = expanded(
        kustomization("a", dependsOn=[{"name": "b"}]),
        kustomization("b", dependsOn=[{"name": "a", "namespace": "flux-system"}]),
        kustomization("c", dependsOn=[{"name": "b"}]),
        kustomization("d", dependsOn=[{"name": "elsewhere"}]),
        kustomization("e", dependsOn=[{"name": "d"}]),
    )
    assert [s.name for s in found.sources] == ["flux.flux-system.d", "flux.flux-system.e"]
    assert [b.source.name for b in found.problems] == [f"flux.flux-system.{n}" for n in "abc"]
    assert "Flux never applies it" in found.problems[0].error.message


def test_a_source_comes_after_those_that_its_object_depends_on() -> None:
    found = expanded(
        kustomization("base"),
        kustomization("apps", dependsOn=[{"name": "base"}, {"name": "gone"}]),
        release("web", dependsOn=[{"name": "db"}]),
        release("db", dependsOn=[{"name": "apps", "namespace": "flux-system"}]),
    )
    after = {s.name: s.after for s in found.sources}
    assert after == {
        "flux.flux-system.base": (),
        "flux.flux-system.apps": ("flux.flux-system.base",),
        "flux.shop.web": ("flux.shop.db",),
        "flux.shop.db": (),
    }


def test_a_long_row_of_dependencies_is_no_cycle() -> None:
    row = [kustomization(f"k{i}", dependsOn=[{"name": f"k{i + 1}"}]) for i in range(5000)]
    assert len(expanded(*row).sources) == 5000


def test_fields_that_flux_ignores_are_ignored_in_its_objects_alone() -> None:
    ignore = [
        {"paths": ["/spec/replicas"], "target": {"kind": "Deployment", "name": "web-.*|api"}},
        {"paths": ["/data"]},
        {"paths": ["/x"], "target": {"name": "a[0-9]+"}},
        {"paths": ["/y"], "target": {"labelSelector": "tier=web"}},
        {"paths": ["/z"], "target": {"labelSelector": "tier in (a)"}},
    ]
    expansion = expanded(kustomization(ignore=ignore))
    rules = only(expansion).ignore
    assert [note.partition(" for ")[0].rpartition(" ")[2] for note in expansion.notes] == ["/x", "/z"]
    told = [(r.match.kind, r.match.name, r.match.labels, r.fields) for r in rules]
    assert told == [
        ("Deployment", "web-*", (), ("/spec/replicas",)),
        ("Deployment", "api", (), ("/spec/replicas",)),
        ("*", "*", (), ("/data",)),
        ("*", "*", (("tier", "web"),), ("/y",)),
    ]
    assert {r.source for r in rules} == {"flux.flux-system.apps"}


def test_one_name_of_two_kinds_is_two_sources() -> None:
    found = expanded(kustomization("web", "shop"), release("web", "shop"))
    assert sorted(s.name for s in found.sources) == ["flux.shop.web", "flux.shop.web.helm"]


@pytest.mark.parametrize(
    ("follow", "names"),
    [
        (FluxFollow(names=("a*",)), ["flux.flux-system.apps"]),
        (FluxFollow(namespaces=("shop",)), ["flux.shop.web"]),
        (FluxFollow(labels=(("tier", "w*"),)), []),
    ],
)
def test_what_is_followed_can_be_narrowed(follow: FluxFollow, names: list[str]) -> None:
    source: SourceConfig = replace(SOURCE, flux=follow)
    assert [s.name for s in expanded(kustomization(), release(), source=source).sources] == names


def test_a_record_of_the_same_kustomization_is_of_nothing_that_the_audit_does_not_build_with() -> None:
    body = kustomization(patches=[PATCH], images=[{"name": "a", "newTag": "1"}], postBuild={"substitute": {"a": "b"}})
    own = of_source(only(expanded(body)))
    assert of_kustomization_spec(body["spec"]).foreign("kustomize", own) == ()
    assert of_kustomization_spec({"images": [{"name": "a", "newTag": "2"}]}).foreign("kustomize", own)
