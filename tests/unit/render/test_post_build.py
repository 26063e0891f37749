from __future__ import annotations

from typing import Any

import pytest

from gitops_audit.config.settings import KustomizeOptions, PostBuild, SourceConfig, Substitution
from gitops_audit.model.resource import Rendered
from gitops_audit.render.registry import render
from tests.unit.render.checkouts import DictCheckout

FILES: dict[str, str | bytes] = {
    "kustomization.yaml": "resources: [web.yaml, cfg.yaml]\n",
    "web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-${env}\n"
    "spec:\n  replicas: ${replicas:=2}\n  paused: ${paused:-false}\n",
    "cfg.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cfg}\n"
    'data:\n  run.sh: |\n    echo "$${HOME}" ${region}\n',
}


def built(post_build: PostBuild | None, files: dict[str, str | bytes] | None = None) -> Rendered:
    config = SourceConfig("s", kustomize=KustomizeOptions("none", is_generated=True), post_build=post_build)
    return render(config, DictCheckout(files or FILES))


def with_variables(*known: tuple[str, str], **options: Any) -> PostBuild:
    return PostBuild(Substitution(known, **options))


def test_variables_are_replaced_in_what_was_built_and_take_the_type_they_look_like() -> None:
    cfg, web = built(with_variables(("env", "prod"), ("region", "eu"))).manifests
    assert web.body["metadata"]["name"] == "web-prod"
    assert web.body["spec"] == {"replicas": 2, "paused": False}
    assert cfg.body["data"]["run.sh"] == 'echo "${HOME}" eu\n'
    assert not web.stand_ins
    assert not cfg.stand_ins
    assert (web.origin.path, web.origin.line) == ("web.yaml", 0)


def test_what_is_not_set_is_empty_as_in_flux() -> None:
    _, web = built(with_variables(("other", "x"))).manifests
    assert web.body["metadata"]["name"] == "web-"


def test_without_variables_flux_leaves_the_text_alone() -> None:
    cfg, web = built(PostBuild()).manifests
    assert web.body["metadata"]["name"] == "web-${env}"
    assert cfg.body["data"]["run.sh"] == 'echo "$${HOME}" ${region}\n'
    assert not web.stand_ins


def test_functions_are_evaluated_without_variables_where_flux_is_told_so() -> None:
    _, web = built(with_variables(is_always=True)).manifests
    assert web.body["spec"]["replicas"] == 2


def test_a_value_that_nobody_knows_stays_a_stand_in() -> None:
    cfg, web = built(with_variables(("region", "eu"), unknown=("env",))).manifests
    assert [(s.pointer, s.text) for s in web.stand_ins] == [("/metadata/name", "${env}")]
    assert not cfg.stand_ins


def test_where_a_whole_object_of_variables_is_not_known_none_is_empty() -> None:
    cfg, web = built(with_variables(is_open=True)).manifests
    assert {s.text for s in (*web.stand_ins, *cfg.stand_ins)} == {"${env}", "${replicas}", "${paused}", "${region}"}


@pytest.mark.parametrize("place", ["labels", "annotations"])
def test_an_object_may_keep_its_variables(place: str) -> None:
    mark = f"metadata:\n  name: cfg\n  {place}: {{kustomize.toolkit.fluxcd.io/substitute: disabled}}\n"
    files = FILES | {"cfg.yaml": str(FILES["cfg.yaml"]).replace("metadata: {name: cfg}\n", mark)}
    cfg, _ = built(with_variables(("env", "prod")), files).manifests
    assert cfg.body["data"]["run.sh"] == 'echo "$${HOME}" ${region}\n'


def test_a_value_that_makes_yaml_makes_it_here_too() -> None:
    _, cfg = built(
        with_variables(("v", '{"injected": "yes"}')),
        {
            "kustomization.yaml": "resources: [a.yaml, b.yaml]\n",
            "a.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n",
            "b.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cfg}\ndata: ${v}\n",
        },
    ).manifests
    assert cfg.body["data"] == {"injected": "yes"}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        (with_variables(("a-b", "x")), "'a-b' is no name of a variable"),
        (with_variables(("env", "x"), is_strict=True), "region is not set"),
    ],
)
def test_what_flux_refuses_is_a_problem(variables: PostBuild, words: str) -> None:
    problems = built(variables).problems
    assert any(words in problem.message for problem in problems)


def test_a_faulty_function_is_told_with_its_object_and_no_value() -> None:
    files = FILES | {"cfg.yaml": str(FILES["cfg.yaml"]).replace("${region}", "${region[@]}")}
    found = built(with_variables(("region", "hidden-value")), files)
    assert [m.body["kind"] for m in found.manifests] == ["Deployment"]
    assert [p.message for p in found.problems] == [
        "Flux refuses to build: the variables of ConfigMap cfg cannot be replaced: missing closing brace"
    ]


def test_common_metadata_takes_the_place_of_what_is_there_and_leaves_templates_alone() -> None:
    post_build = PostBuild(labels=(("team", "a"), ("v", "${env}")), annotations=(("note", "b"),))
    files: dict[str, str | bytes] = {
        "kustomization.yaml": "resources: [web.yaml]\n",
        "web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {team: z, kept: x}}\n"
        "spec: {template: {metadata: {labels: {team: z}}}}\n",
    }
    (web,) = built(post_build, files).manifests
    assert web.body["metadata"]["labels"] == {"team": "a", "kept": "x", "v": "${env}"}
    assert web.body["metadata"]["annotations"] == {"note": "b"}
    assert web.body["spec"]["template"]["metadata"]["labels"] == {"team": "z"}


def test_where_it_is_not_known_how_strict_flux_is_what_is_not_set_is_told() -> None:
    (note,) = built(with_variables(("other", "x"), is_strict=None)).notes
    assert "no value is set for the variable env, region, which is empty then up to kustomize-controller 1.8" in note
    assert not built(with_variables(("env", "x"), ("region", "y"), is_strict=None)).notes
    assert not built(with_variables(("other", "x"))).notes


ENCRYPTED: dict[str, str | bytes] = {
    "kustomization.yaml": "resources: [secret.yaml]\n",
    "secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\n"
    "stringData: {a: 'ENC[AES256_GCM,data:x]'}\nsops: {mac: x, version: 3.9.0}\n",
}


def test_an_encrypted_secret_that_flux_is_not_told_to_decrypt_is_a_problem() -> None:
    (problem,) = built(PostBuild(decrypts=False), ENCRYPTED).problems
    assert "Secret keys is encrypted by SOPS, and the Kustomization has no `decryption`" in problem.message
    assert not built(PostBuild(), ENCRYPTED).problems


def test_an_encrypted_secret_that_others_decrypt_is_none() -> None:
    mark = "{name: keys, annotations: {kustomize.toolkit.fluxcd.io/decrypt: disabled}}"
    files = ENCRYPTED | {"secret.yaml": str(ENCRYPTED["secret.yaml"]).replace("{name: keys}", mark)}
    assert not built(PostBuild(decrypts=False), files).problems
