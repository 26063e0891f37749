"""Below a directory source, what a kustomization or a chart makes is never green: nothing of it is evaluated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitops_audit.config.settings import SourceConfig
from gitops_audit.render import directory
from tests.audited import repository
from tests.command import run_cli
from tests.unit.render.checkouts import DictCheckout

PLAIN = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain, namespace: shop}\n"
MORE = PLAIN.replace("plain", "more")
LISTED = PLAIN.replace("plain", "listed")
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
DEPENDENCY = CHART + "dependencies: [{name: redis, version: 1.0.0, repository: 'https://charts.example.com'}]\n"

MAKES = {
    "a ConfigMap": "configMapGenerator: [{name: a, literals: [k=v]}]",
    "a Secret": "secretGenerator: [{name: a, literals: [k=v]}]",
    "in another case": "ConfigMapGenerator: [{name: a, literals: [k=v]}]",
    "a remote resource": "resources: ['https://example.com/all.yaml']",
    "a remote base": "resources: ['github.com/example/app//deploy?ref=v1']",
    "what lies outside": "resources: [../../other]",
    "what is not there": "resources: [gone.yaml]",
    "a file of another name": "resources: [listed.txt]",
    "charts": "helmCharts: [{name: redis, repo: 'https://charts.example.com'}]",
    "generators": "generators: ['{apiVersion: builtin, kind: ConfigMapGenerator, metadata: {name: g}}']",
    "an inline patch": "resources: [listed.yaml]\npatches: [{patch: 'kind: ConfigMap'}]",
    "images": "resources: [listed.yaml]\nimages: [{name: web, newTag: latest}]",
    "replicas": "resources: [listed.yaml]\nreplicas: [{name: web, count: 9}]",
    "components": "resources: [listed.yaml]\ncomponents: [sub]",
    "an unknown field": "resources: [listed.yaml]\nsomethingNew: [a]",
}
HARMLESS = {
    "plain files": "resources: [listed.yaml, ./sub/more.yaml, sub]",
    "of the old form": "bases: [sub]\nkind: Kustomization",
    "options alone": "resources: [listed.yaml]\ngeneratorOptions: {disableNameSuffixHash: true}\npatches: []",
    "nothing": "# later\n",
    "a component that nobody uses": "kind: Component\nimages: [{name: web, newTag: latest}]",
    "of Flux": "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a, namespace: b}\n"
    "spec: {path: ./x, interval: 1m, prune: true, images: [{name: a}]}",
}
MARKING = ["namespace: shop", "namePrefix: a-", "commonLabels: {a: b}", "labels: [{pairs: {a: b}}]"]


def kustomization(text: str, name: str = "kustomization.yaml") -> dict[str, str]:
    sub = {"app/prod/sub/kustomization.yaml": "resources: [more.yaml]", "app/prod/sub/more.yaml": MORE}
    return {"app/plain.yaml": PLAIN, "app/prod/listed.yaml": LISTED, f"app/prod/{name}": text} | sub


def problems(files: dict[str, str], *exclude: str) -> dict[str, str]:
    rendered = directory.render(SourceConfig("s", exclude=exclude), DictCheckout({**files}))
    assert rendered.manifests
    return {p.path: p.message for p in rendered.problems}


@pytest.mark.parametrize("name", ["kustomization.yaml", "kustomization.yml", "Kustomization"])
@pytest.mark.parametrize("text", MAKES.values(), ids=MAKES)
def test_a_kustomization_that_makes_something_is_a_problem_with_its_next_step(text: str, name: str) -> None:
    found = problems(kustomization(text, name))
    assert list(found) == [f"app/prod/{name}"]
    assert "`type: kustomize`" in found[f"app/prod/{name}"]
    assert "`exclude`" in found[f"app/prod/{name}"]


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_a_kustomization_that_lists_what_the_directory_reads_is_no_matter(text: str) -> None:
    assert problems(kustomization(text)) == {}


@pytest.mark.parametrize("text", MARKING)
def test_a_kustomization_that_names_and_labels_is_told_in_a_note(text: str) -> None:
    files = kustomization(f"resources: [listed.yaml]\n{text}\n")
    rendered = directory.render(SourceConfig("s"), DictCheckout({**files}))
    assert rendered.problems == ()
    (note,) = rendered.notes
    assert note.startswith("the kustomization app/prod/kustomization.yaml sets names")


@pytest.mark.parametrize("exclude", ["app/prod/", "kustomization.yaml", "app/prod/kustomization.yaml"])
def test_what_is_left_out_on_purpose_is_not_told(exclude: str) -> None:
    assert problems(kustomization(MAKES["a ConfigMap"]), exclude) == {}


def test_what_cannot_be_read_as_a_kustomization_is_a_problem_whatever_its_name() -> None:
    assert list(problems(kustomization("a: [\n", "Kustomization"))) == ["app/prod/Kustomization"]


CHARTS: dict[str, dict[str, str]] = {
    "dependencies": {"Chart.yaml": DEPENDENCY},
    "of the old form": {"Chart.yaml": CHART, "requirements.yaml": "dependencies: []\n"},
    "an unpacked chart": {"Chart.yaml": CHART, "charts/sub/Chart.yaml": CHART},
    "a packed chart": {"Chart.yaml": CHART, "charts/sub-1.0.0.tgz": ""},
    "templates of another name": {"Chart.yaml": CHART, "templates/web.tpl": "{{ .Values.a }}"},
    "templates that a directory takes for nothing": {"Chart.yaml": CHART, "templates/web.yaml": "# {{ .Values.a }}\n"},
}


@pytest.mark.parametrize("files", CHARTS.values(), ids=CHARTS)
@pytest.mark.parametrize("folder", ["app/chart/", ""])
def test_a_chart_that_makes_something_is_told_once_with_its_next_step(files: dict[str, str], folder: str) -> None:
    found = problems({"plain.yaml": PLAIN} | {f"{folder}{name}": text for name, text in files.items()})
    assert list(found) == [f"{folder}Chart.yaml"]
    assert "`type: helm`" in found[f"{folder}Chart.yaml"]


@pytest.mark.parametrize(
    ("files", "exclude"),
    [
        ({"Chart.yaml": CHART, "crds/a.yaml": LISTED}, ()),
        ({"Chart.yaml": CHART + "type: library\n", "templates/_a.tpl": ""}, ()),
        ({"Chart.yaml": CHART, "templates/_a.tpl": "", "templates/NOTES.txt": "Hello"}, ()),
        ({"Chart.yaml": DEPENDENCY, "templates/a.yaml": LISTED}, ("**/templates/**",)),
        ({"Chart.yaml": DEPENDENCY}, ("chart/",)),
        ({"Chart.yaml": DEPENDENCY}, ("Chart.yaml",)),
    ],
    ids=["definitions", "library", "partials", "templates left out", "folder left out", "file left out"],
)
def test_a_chart_that_makes_nothing_or_is_left_out_is_no_matter(
    files: dict[str, str], exclude: tuple[str, ...]
) -> None:
    assert problems({"plain.yaml": PLAIN} | {f"app/chart/{k}": v for k, v in files.items()}, *exclude) == {}


def test_the_run_fails_and_every_report_has_the_reason(tmp_path: Path) -> None:
    config = "version: 1\nsources: [{name: s, path: app}]\n"
    root = repository(tmp_path / "r", {"gitops-audit.yaml": config} | kustomization(MAKES["a ConfigMap"]))
    ran = run_cli("check", "-q", "--json", "r.json", "--junit", "r.xml", cwd=root)
    words = "makes or changes objects (`configMapGenerator`)"
    assert ran.code == 1
    assert words in ran.out
    assert words in json.dumps(json.loads((root / "r.json").read_text())["resources"])
    assert words in (root / "r.xml").read_text()
