from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.config.settings import PolicyRef
from gitops_audit.errors import PolicyError
from gitops_audit.policy.form.own.policy_test import GivenWorld, subject_of
from gitops_audit.policy.load import policies as registry
from gitops_audit.policy.load.documents import read

NATIVE = """apiVersion: gitops-audit/v1
kind: Policy
metadata: {name: NAME}
spec: {match: {kinds: [Pod]}, rules: [{name: r, cel: 'true'}]}
"""
ADMISSION = """apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: admission}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  validations: [{expression: EXPRESSION}]
"""
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "b"}}


def refs(*paths: Path) -> list[PolicyRef]:
    return [PolicyRef(path=path) for path in paths]


def test_a_directory_is_searched_for_policies_of_every_form(tmp_path: Path) -> None:
    (tmp_path / "native.yaml").write_text(NATIVE.replace("NAME", "one") + "---\n" + NATIVE.replace("NAME", "two"))
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "vap.yml").write_text(ADMISSION.replace("EXPRESSION", "'true'"))
    (tmp_path / "resource.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n")
    (tmp_path / "notes.txt").write_text("{{")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "broken.yaml").write_text("{{")

    found = registry.load_all(refs(tmp_path))

    assert sorted((p.metadata.form, p.metadata.name) for p in found) == [
        ("Policy", "one"),
        ("Policy", "two"),
        ("ValidatingAdmissionPolicy", "admission"),
    ]


def test_a_shipped_pack_is_loaded_by_name() -> None:
    with pytest.raises(PolicyError, match="no policy pack 'pod-securty"):
        registry.load_all([PolicyRef(pack="pod-securty-restricted")])


@pytest.mark.parametrize(
    ("text", "code", "message", "line"),
    [
        ("kind: Polic\napiVersion: gitops-audit/v1\n", "GA405", "did you mean 'Policy'", 1),
        ("kind: Pod\napiVersion: v1\n", "GA405", "is no form of policy", 1),
        ("a: [", "GA403", "not readable", 2),
        ("kind: Policy\nkind: Policy\n", "GA403", "stands twice", 2),
        ("# nothing\n", "GA404", "no policy", 0),
    ],
)
def test_a_file_without_a_usable_policy_is_told(tmp_path: Path, text: str, code: str, message: str, line: int) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(text)

    with pytest.raises(PolicyError) as raised:
        registry.load_all(refs(file))

    assert raised.value.code == code
    assert message in str(raised.value)
    if line:
        assert str(raised.value.where) == f"{file}:{line}"


def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="there is no policy file or directory"):
        registry.load_all(refs(tmp_path / "none"))


def test_two_policies_of_one_name_are_told_with_both_places(tmp_path: Path) -> None:
    text = NATIVE.replace("NAME", "one")
    documents = [*read(text.encode(), "a.yaml"), *read(text.encode(), "b.yaml")]

    with pytest.raises(PolicyError, match=r"b\.yaml:1: .* is there twice, also at a\.yaml:1"):
        registry.load(documents)


def test_an_unsupported_policy_is_an_error_or_a_visible_skip() -> None:
    text = ADMISSION.replace("EXPRESSION", "authorizer.path('/').check('get').allowed()")
    documents = read(f"{NATIVE.replace('NAME', 'one')}---\n{text}".encode(), "p.yaml")

    with pytest.raises(PolicyError, match="not supported"):
        registry.load(documents)

    loaded = {p.metadata.name: p for p in registry.load(documents, allow_unsupported=True)}
    (result,) = loaded["admission"].evaluate(subject_of(POD), GivenWorld())
    assert result.result == "skip"
    assert "authorizer" in result.message
    assert set(loaded) == {"one", "admission"}


def test_the_binding_of_an_unsupported_policy_still_finds_it() -> None:
    binding = """apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: binding}
spec: {policyName: admission, validationActions: [Deny]}
"""
    text = ADMISSION.replace("EXPRESSION", "authorizer.path('/').check('get').allowed()")
    documents = read(f"{binding}---\n{text}".encode(), "p.yaml")

    (loaded,) = registry.load(documents, allow_unsupported=True)

    assert loaded.metadata.name == "admission"


def test_of_two_unsupported_policies_on_one_line_each_is_a_skip_of_its_own() -> None:
    text = ADMISSION.replace("EXPRESSION", "authorizer.path('/').check('get').allowed()")
    first, second = (read(text.replace("name: admission", f"name: {n}").encode(), "p.yaml")[0] for n in ("a", "b"))

    loaded = registry.load([first, second], allow_unsupported=True)

    assert [policy.metadata.name for policy in loaded] == ["a", "b"]


def test_an_unsupported_condition_of_a_kyverno_policy_skips_all_of_it() -> None:
    text = """apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: conditional}
spec:
  webhookConfiguration:
    matchConditions: [{name: m, expression: "authorizer.path('/').check('get').allowed()"}]
  rules:
  - {name: r, match: {resources: {kinds: [Pod]}}, validate: {pattern: {spec: {hostNetwork: true}}}}
"""
    documents = read(text.encode(), "p.yaml")

    with pytest.raises(PolicyError, match="GA410"):
        registry.load(documents)

    (loaded,) = registry.load(documents, allow_unsupported=True)
    (result,) = loaded.evaluate(subject_of(POD), GivenWorld())
    assert result.result == "skip"


def test_a_mistake_is_no_skip_even_where_the_unsupported_is_allowed() -> None:
    with pytest.raises(PolicyError, match="Syntax error"):
        registry.load(read(ADMISSION.replace("EXPRESSION", "'1 +'").encode(), "p.yaml"), allow_unsupported=True)


def test_the_elements_of_a_list_are_policies_with_their_own_lines() -> None:
    item = "  - apiVersion: gitops-audit/v1\n    kind: Policy\n    metadata: {name: x}\n"
    text = f"apiVersion: v1\nkind: List\nitems:\n{item}"

    (document,) = read(text.encode(), "list.yaml")

    assert (document.name, document.line, document.at("/metadata/name").line) == ("x", 4, 6)
