"""The Applications of an ApplicationSet, generator by generator, as the documentation tells them."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import pytest
import yaml

from gitops_audit.deployer.argocd.git_paths import GitPaths
from gitops_audit.deployer.argocd.parameters import MAX_APPLICATIONS
from gitops_audit.model.resource import JsonObject
from tests.unit.deployer.argocd.engine import (
    HERE,
    SOURCE,
    application,
    application_set,
    expanded,
    parameters,
    reasons,
)

FILES = {
    "addons/a/x.yaml": "",
    "addons/b_b/x.yaml": "",
    "addons/.hidden/x.yaml": "",
    "addons/a/deep/x.yaml": "",
    "clusters/eu/dev/config.json": '{"cluster": {"name": "eu-dev", "address": "https://1.2.3.4"}, "n": 7, "ok": true}',
    "clusters/us/prod/config.json": '{"cluster": {"name": "us-prod", "address": "https://2.2.2.2"}}',
    "lists/all.yaml": "- {name: one}\n- {name: two}\n",
    "apps/x.json": '{"appName": "x"}',
    "targets/x/t.json": '{"region": "eu"}',
}


def made(generators: str, name: str, path: str, more: str = "", *, is_go: bool = False) -> JsonObject:
    """A set with a template whose Applications differ by name and path."""
    body = application_set(f"{{goTemplate: {str(is_go).lower()}, generators: {generators}}}")
    body["spec"]["template"] = {
        "metadata": {"name": name},
        "spec": {
            "source": {"repoURL": HERE, "path": path},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "web"},
        },
    }
    body["spec"] |= yaml.safe_load(more or "{}")
    return body


CASES = {
    "list": ("[{list: {elements: [{n: a, p: x}, {n: b, p: y}]}}]", "{{n}}", "{{ p }}", {"a": "x", "b": "y"}),
    "list with values": ("[{list: {elements: [{n: a, values: {p: x}}]}}]", "{{n}}", "{{values.p}}", {"a": "x"}),
    "list of a text": (
        '[{list: {elementsYaml: "[{app: a}, {app: b}]"}}]',
        "{{app}}",
        "p",
        {"a": "p", "b": "p"},
    ),
    "two generators": (
        "[{list: {elements: [{n: a}]}}, {list: {elements: [{n: b}]}}]",
        "{{n}}",
        "p",
        {"a": "p", "b": "p"},
    ),
    "git directories": (
        f"[{{git: {{repoURL: {HERE}, directories: [{{path: addons/*}}]}}}}]",
        "{{path.basenameNormalized}}",
        "{{path}}",
        {"a": "addons/a", "b-b": "addons/b_b"},
    ),
    "git directories but one": (
        f"[{{git: {{repoURL: {HERE}, directories: [{{path: addons/*}}, {{path: addons/b*, exclude: true}}]}}}}]",
        "{{path.basename}}",
        "{{path[0]}}",
        {"a": "addons"},
    ),
    "git directories with values": (
        f"[{{git: {{repoURL: {HERE}, directories: [{{path: addons/a}}], values: {{x: '{{{{path.basename}}}}-v'}}}}}}]",
        "{{values.x}}",
        "p",
        {"a-v": "p"},
    ),
    "git files": (
        f"[{{git: {{repoURL: {HERE}, files: [{{path: 'clusters/**/config.json'}}]}}}}]",
        "{{cluster.name}}",
        "{{path}}/{{path.filename}}",
        {"eu-dev": "clusters/eu/dev/config.json", "us-prod": "clusters/us/prod/config.json"},
    ),
    "git files but some": (
        f"[{{git: {{repoURL: {HERE}, files: [{{path: 'clusters/*.json'}}, {{path: clusters/us, exclude: true}}]}}}}]",
        "{{cluster.name}}",
        "{{n}}-{{ok}}",
        {"eu-dev": "7-true"},
    ),
    "git file of a list": (
        f"[{{git: {{repoURL: {HERE}, files: [{{path: lists/all.yaml}}]}}}}]",
        "{{name}}",
        "p",
        {"one": "p", "two": "p"},
    ),
    "a tag that nobody gives stays": ("[{list: {elements: [{n: a}]}}]", "{{n}}", "{{other}}", {"a": "{{other}}"}),
    "matrix": (
        "[{matrix: {generators: [{list: {elements: [{a: x}, {a: y}]}}, {list: {elements: [{b: '1'}, {b: '2'}]}}]}}]",
        "{{a}}{{b}}",
        "p",
        {"x1": "p", "x2": "p", "y1": "p", "y2": "p"},
    ),
    "matrix whose second generator uses the first": (
        f"[{{matrix: {{generators: [{{git: {{repoURL: {HERE}, files: [{{path: apps/x.json}}], pathParamPrefix: app}}}},"
        f" {{git: {{repoURL: {HERE}, files: [{{path: 'targets/{{{{appName}}}}/*.json'}}], pathParamPrefix: t}}}}]}}}}]",
        "{{appName}}-{{region}}",
        "{{app.path}}/{{t.path}}",
        {"x-eu": "apps/targets/x"},
    ),
    "merge": (
        "[{merge: {mergeKeys: [n], generators: [{list: {elements: [{n: a, p: x}, {n: b, p: y}]}},"
        " {list: {elements: [{n: b, p: z}, {n: c, p: no}]}}]}}]",
        "{{n}}",
        "{{p}}",
        {"a": "x", "b": "z"},
    ),
    "selected": (
        "[{list: {elements: [{n: a, env: dev}, {n: b, env: prod}]}, selector: {matchLabels: {env: prod}}}]",
        "{{n}}",
        "p",
        {"b": "p"},
    ),
    "a generator with a template of its own": (
        "[{list: {elements: [{n: a}], template: {metadata: {}, spec: {source: {path: other}}}}}]",
        "{{n}}",
        "p",
        {"a": "other"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_applications_of_a_set(case: str) -> None:
    generators, name, path, expected = CASES[case]
    found = expanded(made(generators, name, path), files=FILES)
    assert (parameters(found), reasons(found)) == (expected, [])


GO_CASES = {
    "list": ("[{list: {elements: [{n: a, p: {q: x}}]}}]", "{{.n}}", "{{ .p.q }}", {"a": "x"}),
    "functions of Sprig": (
        "[{list: {elements: [{n: A}]}}]",
        "{{ .n | lower }}",
        '{{ dig "p" "none" . }}',
        {"a": "none"},
    ),
    "normalize": ("[{list: {elements: [{n: A_b}]}}]", "{{ .n | normalize }}", "{{ normalize .n }}", {"a-b": "a-b"}),
    "git directories": (
        f"[{{git: {{repoURL: {HERE}, directories: [{{path: addons/*}}]}}}}]",
        "{{.path.basenameNormalized}}",
        "{{.path.path}}-{{index .path.segments 0}}",
        {"a": "addons/a-addons", "b-b": "addons/b_b-addons"},
    ),
    "git files": (
        f"[{{git: {{repoURL: {HERE}, files: [{{path: 'clusters/eu/*'}}]}}}}]",
        "{{.cluster.name}}",
        "{{.path.filename}}",
        {"eu-dev": "config.json"},
    ),
    "matrix: the first generator wins": (
        "[{matrix: {generators: [{list: {elements: [{n: a, v: {x: first}}]}},"
        " {list: {elements: [{v: {x: second, y: z}}]}}]}}]",
        "{{.n}}",
        "{{.v.x}}{{.v.y}}",
        {"a": "firstz"},
    ),
    "merge by a nested key": (
        "[{merge: {mergeKeys: [values.k], generators: [{list: {elements: [{n: a, values: {k: '1'}}]}},"
        " {list: {elements: [{p: q, values: {k: '1'}}]}}]}}]",
        "{{.n}}",
        "{{.p}}",
        {"a": "q"},
    ),
}


@pytest.mark.parametrize("case", GO_CASES)
def test_applications_of_a_set_with_go_templates(case: str) -> None:
    generators, name, path, expected = GO_CASES[case]
    found = expanded(made(generators, name, path, is_go=True), files=FILES)
    assert (parameters(found), reasons(found)) == (expected, [])


def test_a_patch_of_the_template_is_a_template_too() -> None:
    body = made("[{list: {elements: [{n: a, p: x, r: v1}, {n: b, p: z}]}}]", "{{.n}}", "p", is_go=True)
    body["spec"]["templatePatch"] = (
        "spec:\n  source:\n    path: {{ .p }}\n{{- if .r }}\n    targetRevision: {{ .r }}\n{{- end }}\n"
    )
    found = expanded(body)
    assert [(s.name, s.path, s.revision) for s in found.sources] == [("fleet.a", "x", "v1"), ("fleet.b", "z", "HEAD")]


def test_a_patch_may_be_a_list_of_operations() -> None:
    operations = [
        {"op": "replace", "path": "/spec/source/path", "value": "x"},
        {"op": "add", "path": "/spec/source/helm", "value": {"valueFiles": ["a"]}},
        {"op": "add", "path": "/spec/source/helm/valueFiles/-", "value": "b"},
        {"op": "remove", "path": "/spec/source/helm/valueFiles/0"},
    ]
    body = made("[{list: {elements: [{n: a}]}}]", "{{.n}}", "p", is_go=True)
    body["spec"]["templatePatch"] = json.dumps(operations)
    [source] = expanded(body).sources
    assert (source.path, source.helm.value_files) == ("x", ("b",))


@pytest.mark.parametrize(
    "patch",
    ["spec: {project: admin}", '[{"op": "add", "path": "/spec/project", "value": "admin"}]', "spec: {project: null}"],
)
def test_a_patch_of_the_template_does_not_change_the_project(patch: str) -> None:
    body = made("[{list: {elements: [{n: a}]}}]", "{{.n}}", "p", is_go=True)
    body["spec"]["template"]["spec"]["project"] = "team"
    body["spec"]["templatePatch"] = patch
    [followed] = expanded(body).followed
    assert followed.body["spec"]["project"] == "team"


@pytest.mark.parametrize("patch", ["- {}", "- {op: add, path: 5}", "- {op: add}", "- x"])
def test_an_operation_of_a_patch_without_a_path_is_an_error(patch: str) -> None:
    body = made("[{list: {elements: [{n: a}]}}]", "{{.n}}", "p", is_go=True)
    body["spec"]["templatePatch"] = patch
    assert "without a path" in reasons(expanded(body))[0]


CLUSTERS = "[{clusters: {}}]"


def secret(name: str, server: str, **labels: str) -> JsonObject:
    metadata = {"name": name, "labels": {"argocd.argoproj.io/secret-type": "cluster"} | labels}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"name": name, "server": server}}


def test_clusters_are_those_of_secrets_in_git_and_the_one_that_argo_cd_runs_in() -> None:
    found = expanded(made(CLUSTERS, "{{name}}", "{{nameNormalized}}"), secret("eu_1", "https://1.2.3.4"))
    assert (parameters(found), len(reasons(found))) == ({"in-cluster": "in-cluster"}, 1)
    assert reasons(expanded(made(CLUSTERS, "{{nameNormalized}}", "p"), secret("eu_1", "https://1.2.3.4"))) == []


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("{matchLabels: {env: prod}}", ["b"]),
        ("{matchExpressions: [{key: env, operator: In, values: [dev, prod]}]}", ["a", "b"]),
        ("{matchLabels: {argocd.argoproj.io/secret-type: cluster}}", ["a", "b"]),
        ("{matchLabels: {env: none}}", []),
    ],
)
def test_clusters_are_selected_by_the_labels_of_their_secrets(selector: str, names: list[str]) -> None:
    body = made(
        f"[{{clusters: {{selector: {selector}, values: {{v: '{{{{metadata.labels.env}}}}'}}}}}}]",
        "{{name}}",
        "{{values.v}}",
    )
    secrets = (secret("a", "https://1.1.1.1", env="dev"), secret("b", "https://2.2.2.2", env="prod"))
    assert list(parameters(expanded(body, *secrets))) == names


def test_clusters_without_secrets_in_git_are_the_destinations_of_the_configuration() -> None:
    source = replace(SOURCE, destinations=(("https://1.2.3.4", "eu"), ("europe", "eu")))
    found = expanded(made(CLUSTERS, "{{name}}", "{{server}}"), source=source, clusters=("prod", "eu"))
    assert parameters(found) == {"in-cluster": "https:/kubernetes.default.svc", "europe": "https:/1.2.3.4"}


UNKNOWN = {
    "scmProvider": "[{scmProvider: {}}]",
    "pullRequest": "[{pullRequest: {}}]",
    "plugin": "[{plugin: {}}]",
    "clusterDecisionResource": "[{clusterDecisionResource: {}}]",
    "clusters": CLUSTERS,
    "a matrix of one": "[{matrix: {generators: [{list: {elements: [{a: x}]}}, {pullRequest: {}}]}}]",
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_only_others_know_is_taken_from_the_live_applications(case: str) -> None:
    live = application(f"source: {{repoURL: {HERE}, path: live}}", name="made")
    live["metadata"]["ownerReferences"] = [{"kind": "ApplicationSet", "name": "set"}]
    other = application(f"source: {{repoURL: {HERE}, path: live}}", name="other")
    found = expanded(made(UNKNOWN[case], "x", "p"), live=[live, other])
    assert (parameters(found), reasons(found)) == ({"made": "live"}, [])


@pytest.mark.parametrize("case", UNKNOWN)
def test_without_a_cluster_such_a_set_is_an_error_and_not_an_empty_one(case: str) -> None:
    found = expanded(made(UNKNOWN[case], "x", "p"))
    assert found.sources == ()
    assert [p.source.name for p in found.problems] == ["fleet.set"]
    assert "no cluster is asked for the Applications it made" in reasons(found)[0]


@pytest.mark.parametrize(
    ("generators", "reason"),
    [
        ("[{git: {repoURL: 'https://forbidden.example.com/a', directories: [{path: '*'}]}}]", "git generator"),
        ("[{nothing: {}}]", "must be one of"),
        ("[{matrix: {generators: [{list: {elements: []}}]}}]", "needs two generators"),
        ("[{merge: {generators: [{list: {}}, {list: {}}]}}]", "needs mergeKeys"),
        ("[{git: {repoURL: 'https://git.example.com/team/fleet.git'}}]", "neither directories nor files"),
        ("[{list: {elements: [{n: {a: b}}]}}]", "is no text"),
        ("[{list: {elements: [{n: a}, {n: a}]}}]", "two Applications called"),
    ],
)
def test_a_set_that_cannot_be_resolved_is_an_error(generators: str, reason: str) -> None:
    found = expanded(made(generators, "{{n}}", "p"), files=FILES)
    assert (found.sources, reason in reasons(found)[0]) == ((), True)


@pytest.mark.parametrize("count", [1001, 1_000_000])
def test_a_set_of_a_million_is_refused_before_it_is_made(count: int) -> None:
    side = [{"a": str(n)} for n in range(1001)]
    other = [{"b": str(n)} for n in range(1000 if count > 1001 else 1)]
    body = made("[]", "{{a}}-{{b}}", "p")
    matrix = {"generators": [{"list": {"elements": side}}, {"list": {"elements": other}}]}
    body["spec"]["generators"] = [{"matrix": matrix}]
    found = expanded(body)
    assert (len(found.sources), len(found.problems)) == ((1001, 0) if count == 1001 else (0, 1))
    assert count == 1001 or f"more than {MAX_APPLICATIONS} Applications" in reasons(found)[0]


def test_a_set_of_too_many_patterns_is_refused_before_it_takes_all_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gitops_audit.deployer.argocd.sets.GitPaths", partial(GitPaths, left=50))
    body = made("[]", "x", "p")
    body["spec"]["generators"] = [{"git": {"repoURL": HERE, "files": [{"path": f"**/x{n}*"} for n in range(20)]}}]
    assert "limit: patterns of a set" in reasons(expanded(body, files=FILES))[0]


def test_a_name_that_a_generator_does_not_give_is_an_error_where_the_set_says_so() -> None:
    body = made(
        "[{list: {elements: [{n: a}]}}]", "{{.n}}", "{{.p.q}}", "goTemplateOptions: ['missingkey=error']", is_go=True
    )
    assert "uses .p.q, which a generator does not give" in reasons(expanded(body))[0]


def test_a_name_that_a_generator_does_not_give_is_no_value_where_the_set_says_nothing() -> None:
    found = expanded(made("[{list: {elements: [{n: a}]}}]", "{{.n}}", "p/{{.q}}{{ if .r }}x{{ end }}", is_go=True))
    assert parameters(found) == {"a": "p/<no value>"}


def test_a_lacking_name_in_a_block_is_an_error_where_the_set_says_so() -> None:
    body = made("[{list: {elements: [{n: a}]}}]", "{{.n}}", "{{ if .n }}{{ .q }}{{ end }}", is_go=True)
    body["spec"]["goTemplateOptions"] = ["missingkey=error"]
    assert "which a generator does not give" in reasons(expanded(body))[0]


@pytest.mark.parametrize(
    "template", ['{{ .Files.Get "/etc/passwd" }}', "{{ .Values }}", '{{ env "HOME" }}', '{{ getHostByName "x" }}']
)
def test_a_template_sees_neither_files_nor_the_environment(template: str) -> None:
    found = expanded(made("[{list: {elements: [{n: a}]}}]", "{{.n}}", template, is_go=True))
    assert parameters(found) in ({}, {"a": ""}, {"a": "<no value>"})
    assert len(reasons(found)) == (not found.sources)


def test_a_name_that_is_none_is_an_error() -> None:
    found = expanded(made("[{list: {elements: [{n: '../x y::z[0]'}]}}]", "{{n}}", "p"))
    assert [p.source.name for p in found.problems] == ["fleet...-x-y-z-0-"]
