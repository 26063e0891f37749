from __future__ import annotations

import pytest

from gitops_audit.manifest import file as manifest
from gitops_audit.model.resource import Invalid, Rendered


def load(text: str, path: str = "a.yaml") -> Rendered:
    return manifest.load(text.encode(), path)


def thing(name: str, **extra: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n"


def summary(rendered: Rendered) -> list[tuple[str, str, str, int]]:
    return [
        (m.body["apiVersion"], m.body["kind"], m.body["metadata"]["name"], m.origin.line) for m in rendered.manifests
    ]


def test_objects_keep_their_line_and_their_number() -> None:
    rendered = load(f"# head\n{thing('a')}---\n\n{thing('b')}---\n# end\n")
    assert [(m.origin.line, m.origin.index) for m in rendered.manifests] == [(2, 0), (7, 1)]
    assert (rendered.problems, rendered.ignored) == ((), ())


def test_a_list_is_taken_apart_with_the_line_of_each_item() -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: a}\n"
    text += "# then\n-\n  kind: ConfigMap\n  apiVersion: v1\n  metadata:\n    name: b\n"
    assert summary(load(text)) == [("v1", "Secret", "a", 4), ("v1", "ConfigMap", "b", 9)]


def test_items_of_a_typed_list_inherit_its_kind_unless_they_have_one() -> None:
    text = "apiVersion: apps/v1\nkind: DeploymentList\nitems:\n- metadata: {name: a}\n"
    text += "- {apiVersion: v1, kind: Service, metadata: {name: b}}\n"
    assert summary(load(text)) == [("apps/v1", "Deployment", "a", 4), ("v1", "Service", "b", 5)]


def test_a_json_list_knows_the_lines_of_its_items() -> None:
    item = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "%s"}}'
    text = f'{{"kind": "List", "apiVersion": "v1", "items": [\n{item % "a"},\n{item % "b"}]}}'
    assert summary(load(text)) == [("v1", "ConfigMap", "a", 2), ("v1", "ConfigMap", "b", 3)]


def test_duplicate_keys_of_an_item_are_faults_of_that_item() -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n"
    text += "- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: b}\n  data:\n    k: '1'\n    k: '2'\n"
    first, second = load(text).manifests
    assert (first.faults, second.body["data"]) == ((), {"k": "2"})
    assert second.faults == (Invalid("data.k", "the key stands twice here: the last one counts", 12),)


@pytest.mark.parametrize(
    ("items", "message", "line"),
    [
        ("items: {a: 1}", "items must be a list, but is a mapping", 3),
        ("items: [a]", "an element of a list must be an object, but is a string", 3),
        ("items: [null]", "an element of a list must be an object, but is null", 3),
        ("items: [{kind: Pod, metadata: {name: a}}]", "apiVersion is missing", 3),
        ("items: [{kind: List, apiVersion: v1, items: []}]", "a list within a list: kubectl takes only one level", 3),
    ],
)
def test_a_list_that_is_none_is_a_problem(items: str, message: str, line: int) -> None:
    rendered = load(f"apiVersion: v1\nkind: List\n{items}\n")
    assert [(p.message, p.line) for p in rendered.problems] == [(message, line)]


@pytest.mark.parametrize("items", ["items: []", "items:"])
def test_an_empty_list_is_ignored_with_the_reason(items: str) -> None:
    assert load(f"apiVersion: v1\nkind: List\n{items}\n").ignored == (("a.yaml", "an empty list"),)


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("kind: ConfigMap\nmetadata: {name: a}\n", "apiVersion is missing", 1),
        ("apiVersion: 1\nkind: ConfigMap\nmetadata: {name: a}\n", "apiVersion must be a string, but is a number", 1),
        ("apiVersion: v1\nmetadata: {name: a}\n", "kind is missing", 1),
        ("apiVersion: v1\nkind: yes\nmetadata: {name: a}\n", "kind must be a string, but is a boolean", 2),
        ("apiVersion: v1\nkind: ConfigMap\n", "metadata is missing", 1),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: [a]\n", "metadata must be a mapping, but is a list", 3),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels: {}\n", "metadata.name is missing", 3),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ''\n", "metadata.name is missing", 3),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: 123\n",
            "metadata.name must be a string, but is a number",
            4,
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: on\n",
            "metadata.name must be a string, but is a boolean",
            4,
        ),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: 1\n",
            "metadata.namespace must be a string, but is a number",
            5,
        ),
        ("- apiVersion: v1\n  kind: Pod\n", "it holds a list, not a Kubernetes object, but it names an apiVersion", 1),
        (
            '// JSON\n{"apiVersion":"v1"}\n',
            "it holds a string, not a Kubernetes object, but it names an apiVersion",
            1,
        ),
    ],
)
def test_an_object_that_no_cluster_can_take_is_a_problem(text: str, message: str, line: int) -> None:
    rendered = load(text)
    assert rendered.manifests == ()
    assert [(p.message.removesuffix(": put it in quotes"), p.line) for p in rendered.problems] == [(message, line)]


def test_a_generated_name_is_a_name() -> None:
    text = "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: migrate-}\n"
    assert len(load(text).manifests) == 1


@pytest.mark.parametrize(
    ("labels", "path", "message", "line"),
    [
        (
            "labels: {on-call: yes}",
            "metadata.labels.on-call",
            "must be a string, but is a boolean: put it in quotes",
            5,
        ),
        (
            "annotations:\n    example.com/port: 80",
            'metadata.annotations["example.com/port"]',
            "must be a string, but is a number: put it in quotes",
            6,
        ),
        ("labels: [a]", "metadata.labels", "metadata.labels must be a mapping, but is a list", 5),
    ],
)
def test_labels_that_are_no_strings_are_faults(labels: str, path: str, message: str, line: int) -> None:
    (found,) = load(f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  {labels}\n").manifests
    assert found.faults == (Invalid(path, message, line),)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty, or has only comments"),
        ("# nothing\n---\n---\n", "it is empty, or has only comments"),
        ("replicas: 3\n", "it has no apiVersion and kind, so it is not a Kubernetes object"),
        ("apiVersion: v2\nname: chart\n", "it has no apiVersion and kind, so it is not a Kubernetes object"),
        ("kind: pipeline\nname: default\n", "it has no apiVersion and kind, so it is not a Kubernetes object"),
        ("- op: add\n  path: /a\n", "it holds a list, not a Kubernetes object"),
        ("words\n", "it holds a string, not a Kubernetes object"),
        ("kind: Kustomization\nresources: [a.yaml]\n", "kustomize's own configuration, not an object of a cluster"),
        (
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: {name: a}\n",
            "kustomize's own configuration, not an object of a cluster",
        ),
        (
            "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: a}\n",
            "an entry of a Backstage catalog, not an object of a cluster",
        ),
    ],
)
def test_a_file_without_objects_is_ignored_with_the_reason(text: str, reason: str) -> None:
    assert load(text) == Rendered(ignored=(("a.yaml", reason),))


def test_the_kustomization_of_flux_is_an_object() -> None:
    text = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\n"
    assert summary(load(text)) == [("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "apps", 1)]


def test_what_is_no_object_among_objects_is_a_problem() -> None:
    rendered = load(f"replicas: 3\n---\n{thing('a')}---\n- x\n")
    assert len(rendered.manifests) == 1
    assert [(p.line, p.message) for p in rendered.problems] == [
        (1, "it has no apiVersion and kind, so it is not a Kubernetes object, among others that are"),
        (7, "it holds a list, not a Kubernetes object, among others that are"),
    ]


def test_text_after_the_end_of_a_document_is_a_fault() -> None:
    (found,) = load(f"{thing('a')}...\n{thing('b')}").manifests
    assert [f.line for f in found.faults] == [5]
