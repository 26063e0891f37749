"""What options of Argo CD come to, for the rows of docs/reference/argocd-options.md that no other test proves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from gitops_audit.config.settings import SourceConfig
from gitops_audit.deployer.directive import Directives, marks_of
from gitops_audit.deployer.hook import Uncompared, uncompared
from gitops_audit.model.resource import JsonObject
from tests.unit.deployer.argocd.engine import HERE, application, application_set, expanded, from_git, only, reasons

PLAIN = f"source: {{repoURL: {HERE}, path: a}}"
# By the name that docs/reference/argocd-options.md has for it: the rest of a `spec` with it.
WITHOUT_EFFECT = {
    "source.name": "source: {name: main}",
    "source.helm.version": "source: {helm: {version: v3}}",
    "source.helm.passCredentials": "source: {helm: {passCredentials: true}}",
    "source.helm.skipTests": "source: {helm: {skipTests: true}}",
    "syncPolicy.automated.prune": "syncPolicy: {automated: {prune: true}}",
    "syncPolicy.automated.selfHeal": "syncPolicy: {automated: {selfHeal: true}}",
    "syncPolicy.automated.allowEmpty": "syncPolicy: {automated: {allowEmpty: true}}",
    "syncPolicy.automated.enabled": "syncPolicy: {automated: {enabled: false}}",
    "syncPolicy.retry.limit": "syncPolicy: {retry: {limit: -1}}",
    "syncPolicy.retry.refresh": "syncPolicy: {retry: {refresh: true}}",
    "syncPolicy.retry.backoff.duration": "syncPolicy: {retry: {backoff: {duration: 5s}}}",
    "syncPolicy.retry.backoff.factor": "syncPolicy: {retry: {backoff: {factor: 2}}}",
    "syncPolicy.retry.backoff.maxDuration": "syncPolicy: {retry: {backoff: {maxDuration: 3m}}}",
    "project": "project: team",
    "revisionHistoryLimit": "revisionHistoryLimit: 3",
    "info": "info: [{name: owner, value: team}]",
    **{
        option: f"syncPolicy: {{syncOptions: ['{option}']}}"
        for option in (
            "Prune=false",
            "Prune=confirm",
            "Delete=false",
            "Delete=confirm",
            "Validate=false",
            "SkipDryRunOnMissingResource=true",
            "ApplyOutOfSyncOnly=true",
            "PrunePropagationPolicy=foreground",
            "PruneLast=true",
            "Replace=true",
            "Force=true",
            "ServerSideApply=true",
            "ClientSideApplyMigration=false",
            "FailOnSharedResource=true",
            "RespectIgnoreDifferences=true",
            "CreateNamespace=true",
        )
    },
}


def rendering(body: JsonObject) -> SourceConfig:
    """What an Application comes to; its kind and what it was given are no matter of what is rendered."""
    found = expanded(body)
    assert found.notes == ()
    return replace(only(found), type="auto", given=())


@pytest.mark.parametrize("option", WITHOUT_EFFECT)
def test_an_option_that_is_about_syncing_changes_nothing_in_what_is_declared(option: str) -> None:
    body, plain = application(PLAIN), application(PLAIN)
    more = yaml.safe_load(WITHOUT_EFFECT[option])
    body["spec"] |= more | {"source": body["spec"]["source"] | more.get("source", {})}
    assert rendering(body) == rendering(plain)


SET_WITHOUT_EFFECT = {
    "applyNestedSelectors": "applyNestedSelectors: true",
    "syncPolicy.applicationsSync": "syncPolicy: {applicationsSync: create-update}",
    "syncPolicy.preserveResourcesOnDeletion": "syncPolicy: {preserveResourcesOnDeletion: true}",
    "strategy.type": "strategy: {type: RollingSync}",
    "strategy.deletionOrder": "strategy: {deletionOrder: Reverse}",
    "strategy.rollingSync.steps": "strategy: {rollingSync: {steps: [{maxUpdate: 10%, matchExpressions: []}]}}",
    "preservedFields.labels": "preservedFields: {labels: [a]}",
    "preservedFields.annotations": "preservedFields: {annotations: [a]}",
    "ignoreApplicationDifferences": "ignoreApplicationDifferences: [{jsonPointers: [/spec/syncPolicy]}]",
    "template.metadata.finalizers": "template: {metadata: {finalizers: [a]}}",
    "template.metadata.namespace": "template: {metadata: {namespace: elsewhere}}",
    "generators.git.requeueAfterSeconds": "generators: [{git: {requeueAfterSeconds: 5}}]",
}


def a_set(more: str = "{}") -> JsonObject:
    body = application_set(f"generators: [{{git: {{repoURL: {HERE}, directories: [{{path: '*'}}]}}}}]")
    to = {"server": "https://kubernetes.default.svc"}
    spec = {"source": {"repoURL": HERE, "path": "p"}, "destination": to}
    body["spec"]["template"] = {"metadata": {"name": "x"}, "spec": spec}
    return body | {"spec": laid_over(body["spec"], yaml.safe_load(more))}


def laid_over(base: Any, over: Any) -> Any:
    if isinstance(base, list) and isinstance(over, list):
        return [laid_over(*pair) for pair in zip(base, over, strict=True)]
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return base | {key: laid_over(base.get(key), value) for key, value in over.items()}


@pytest.mark.parametrize("option", SET_WITHOUT_EFFECT)
def test_an_option_of_a_set_that_is_about_its_controller_changes_no_application(option: str) -> None:
    files = {"a/x.yaml": ""}
    found, plain = expanded(a_set(SET_WITHOUT_EFFECT[option]), files=files), expanded(a_set(), files=files)
    assert (found.sources, found.notes, reasons(found)) == (plain.sources, (), [])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("{source: {kustomize: {version: v4.5.7}}}", "kustomize.version v4.5.7 is not looked for"),
        (
            "syncPolicy: {syncOptions: [CreateNamespace=true], managedNamespaceMetadata: {labels: {a: b}}}",
            "managedNamespaceMetadata is not compared",
        ),
    ],
)
def test_an_option_that_the_audit_does_not_follow_is_told(more: str, said: str) -> None:
    body = application(PLAIN)
    body["spec"] = laid_over(body["spec"], yaml.safe_load(more))
    [note] = expanded(body).notes
    assert f"Application argocd/shop at argocd/apps.yaml:1: {said}" in note


def test_metadata_of_a_namespace_counts_only_where_argo_cd_makes_it() -> None:
    body = application(PLAIN)
    body["spec"]["syncPolicy"] = {"managedNamespaceMetadata": {"labels": {"a": "b"}}}
    assert expanded(body).notes == ()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("syncPolicy: {applicationsSync: create-only}", "its Applications are not updated"),
        ("syncPolicy: {applicationsSync: create-delete}", "its Applications are not updated"),
        (
            "ignoreApplicationDifferences: [{jsonPointers: [/spec/source/targetRevision]}]",
            "/spec/source/targetRevision may differ",
        ),
        ("ignoreApplicationDifferences: [{jqPathExpressions: ['.spec.sources[0]']}]", ".spec.sources[0] may differ"),
        ("ignoreApplicationDifferences: [{jqPathExpressions: ['.spec']}]", ".spec may differ"),
    ],
)
def test_a_set_whose_applications_may_go_their_own_way_is_told(more: str, said: str) -> None:
    [note] = expanded(a_set(more), files={"a/x.yaml": ""}).notes
    assert said in note


def test_what_a_hydrator_writes_to_its_branch_is_what_is_deployed() -> None:
    spec = f"""
sourceHydrator:
  drySource: {{repoURL: {HERE}, path: charts/web, targetRevision: main, helm: {{valueFiles: [eu.yaml]}}}}
  syncSource: {{targetBranch: env/eu, path: web}}
"""
    source = only(expanded(application(spec)))
    assert (source.revision, source.path, source.type, source.helm.value_files) == ("env/eu", "web", "auto", ())


def test_where_another_revision_is_audited_than_the_branch_of_a_hydrator_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.unit.deployer.argocd.engine.DictFiles.revision", lambda *_: "HEAD~1")
    spec = f"sourceHydrator: {{drySource: {{repoURL: {HERE}}}, syncSource: {{targetBranch: env/eu, path: web}}}}"
    assert reasons(expanded(application(spec))) == [
        "its hydrator writes to the branch env/eu, and HEAD~1 is audited",
    ]


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (f"source: {{repoURL: {HERE}}}", "a source of it has neither a path nor a chart"),
        ("source: {path: a}", "a source of it has no repoURL"),
        (f"source: {{repoURL: {HERE}, chart: web, ref: x}}", "a source of it has a chart and a `ref`"),
        (
            f"{{source: {{repoURL: {HERE}, path: a}}, destination: {{server: 'https://a.example', name: a}}}}",
            "it names its destination by server and by name",
        ),
    ],
)
def test_what_argo_cd_calls_an_invalid_specification_is_not_followed(spec: str, reason: str) -> None:
    found = expanded(application(spec))
    assert found.sources == ()
    assert reason in reasons(found)[0]


def test_several_sources_go_before_one() -> None:
    spec = f"{{source: {{repoURL: {HERE}, path: one}}, sources: [{{repoURL: {HERE}, path: several}}]}}"
    assert only(expanded(application(spec))).path == "several"


VARIABLES = {
    "ARGOCD_APP_NAME": "shop",
    "ARGOCD_APP_NAMESPACE": "web",
    "ARGOCD_APP_PROJECT_NAME": "default",
    "ARGOCD_APP_REVISION": "0123456789abcdef" + "0" * 24,
    "ARGOCD_APP_REVISION_SHORT": "0123456",
    "ARGOCD_APP_REVISION_SHORT_8": "01234567",
    "ARGOCD_APP_SOURCE_PATH": "apps",
    "ARGOCD_APP_SOURCE_REPO_URL": HERE,
    "ARGOCD_APP_SOURCE_TARGET_REVISION": "v1",
}


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_of_the_build_environment_has_its_value(name: str) -> None:
    body = from_git("targetRevision: v1")
    body["spec"]["source"]["helm"] = {"parameters": [{"name": "a", "value": f"${name}"}]}
    assert only(expanded(body)).helm.parameters[0].value == VARIABLES[name]


@pytest.mark.parametrize("name", ["ARGOCD_ENV_FOO", "KUBE_VERSION", "KUBE_API_VERSIONS"])
def test_a_variable_that_the_audit_does_not_know_is_an_error(name: str) -> None:
    body = from_git("")
    body["spec"]["source"]["helm"] = {"parameters": [{"name": "a", "value": f"${{{name}}}"}]}
    assert reasons(expanded(body))[0].endswith(f"it uses ${name}, which the audit does not know")


OF_OBJECTS_WITHOUT_EFFECT = [
    *[
        ("sync-options", option)
        for option in (
            "Prune=confirm",
            "Delete=false",
            "Delete=confirm",
            "Validate=false",
            "SkipDryRunOnMissingResource=true",
            "PruneLast=true",
            "Replace=true",
            "Force=true,Replace=true",
            "ServerSideApply=true",
            "ServerSideApply=false",
        )
    ],
    ("compare-options", "ServerSideDiff=true"),
    ("compare-options", "IncludeMutationWebhook=true"),
    ("hook-delete-policy", "HookSucceeded"),
    ("sync-wave", "5"),
    ("tracking-id", "shop:apps/Deployment:web/web"),
    ("installation-id", "one"),
    ("ignore-resource-updates", "true"),
    ("ignore-default-links", "true"),
    ("client-side-apply-migration-manager", "me"),
]


@pytest.mark.parametrize(("key", "value"), OF_OBJECTS_WITHOUT_EFFECT)
def test_an_annotation_of_an_object_that_is_about_syncing_hides_nothing_of_it(key: str, value: str) -> None:
    body = {"metadata": {"name": "web", "annotations": {f"argocd.argoproj.io/{key}": value}}}
    assert Directives.of(marks_of(body)) == Directives()
    assert uncompared(body["metadata"], "directory", "argocd") == Uncompared()


@pytest.mark.parametrize(
    "key",
    [
        "argocd.argoproj.io/refresh",
        "argocd.argoproj.io/hydrate",
        "argocd.argoproj.io/manifest-generate-paths",
        "argocd.argoproj.io/managed-by-url",
        "notice.argocd.argoproj.io/content",
        "pref.argocd.argoproj.io/default-view",
        "link.argocd.argoproj.io/wiki",
    ],
)
def test_an_annotation_of_an_application_changes_nothing_in_what_is_declared(key: str) -> None:
    body = application(PLAIN)
    body["metadata"]["annotations"] = {key: "normal"}
    assert rendering(body) == rendering(application(PLAIN))


@pytest.mark.parametrize("hook", ["PreSync", "Sync", "PostSync", "SyncFail", "PreDelete", "PostDelete", "Skip"])
def test_a_hook_of_argo_cd_is_no_object_that_it_keeps(hook: str) -> None:
    metadata = {"name": "migrate", "annotations": {"argocd.argoproj.io/hook": hook}}
    assert hook in uncompared(metadata, "directory", "argocd").always


def test_the_template_of_a_child_of_a_merge_is_not_processed() -> None:
    child = {"list": {"elements": [{"n": "a"}], "template": {"spec": {"source": {"path": "no"}}}}}
    body = a_set()
    body["spec"]["generators"] = [{"merge": {"mergeKeys": ["n"], "generators": [child, child]}}]
    assert [source.path for source in expanded(body).sources] == ["p"]


def test_combinations_are_nested_once() -> None:
    generators: list[Any] = [{"list": {"elements": [{"n": "a"}]}}, {"list": {"elements": [{"m": "b"}]}}]
    body = a_set()
    for depth in range(3):
        body["spec"]["generators"] = [{"matrix": {"generators": generators}}]
        assert bool(expanded(body).problems) == (depth == 2)
        generators = [{"matrix": {"generators": generators}}, {"list": {"elements": [{f"x{depth}": "c"}]}}]


def test_a_generator_inside_another_selects_by_its_own_selector() -> None:
    first = {"list": {"elements": [{"n": "a"}, {"n": "b"}]}, "selector": {"matchLabels": {"n": "b"}}}
    body = a_set("template: {metadata: {name: 'x-{{n}}'}}")
    body["spec"]["generators"] = [{"matrix": {"generators": [first, {"list": {"elements": [{"m": "c"}]}}]}}]
    assert [source.name for source in expanded(body).sources] == ["fleet.x-b"]


def test_clusters_may_be_one_list_of_parameters() -> None:
    body = a_set("{goTemplate: true, template: {metadata: {name: 'x-{{ len .clusters }}'}}}")
    body["spec"]["generators"] = [{"clusters": {"flatList": True}}]
    names = [("https://1.1.1.1", "a"), ("https://2.2.2.2", "b")]
    source = SourceConfig("fleet", clusters=("prod",), destinations=tuple(names))
    assert [s.name for s in expanded(body, source=source).sources] == ["fleet.x-3"]
