from __future__ import annotations

import json
from typing import Any

import pytest

from gitops_audit.config.settings import KustomizeOptions, SourceConfig
from gitops_audit.errors import SourceError
from gitops_audit.model.resource import JsonObject, Rendered
from gitops_audit.render import kustomize
from gitops_audit.render.given import Given
from gitops_audit.render.overlay import merged
from gitops_audit.source.export import Exports
from tests.unit.render.checkouts import DictCheckout

pytestmark = pytest.mark.slow

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  template: {spec: {containers: [{name: web, image: "nginx:1.0"}]}}
"""
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cfg}\ndata: {a: b}\n"
BASE: dict[str, str | bytes] = {
    "app/kustomization.yaml": "namePrefix: old-\nresources: [web.yaml]\nimages: [{name: nginx, newTag: '1.1'}]\n",
    "app/web.yaml": WEB,
    "extra/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
    "resources: [cfg.yaml]\n",
    "extra/cfg.yaml": CONFIG,
}
PLAIN: dict[str, str | bytes] = {
    "app/b.yaml": WEB,
    "app/a/cfg.yml": CONFIG,
    "app/c/kustomization.yaml": "resources: [d.yaml]\nnameSuffix: -c\n",
    "app/c/d.yaml": CONFIG,
    "app/e.json": CONFIG,
    "app/readme.md": "no manifest",
}


def render(files: dict[str, str | bytes], *, given: Given | None = None, **options: Any) -> Rendered:
    overlay = json.dumps(options.pop("overlay", {}))
    config = SourceConfig("s", path="app", kustomize=KustomizeOptions("none", overlay=overlay, **options))
    return kustomize.render(config, DictCheckout(files, path="app"), given or Given())


def bodies(rendered: Rendered) -> dict[str, JsonObject]:
    assert not rendered.problems
    return {m.body["metadata"]["name"]: m.body for m in rendered.manifests}


PATCH = {"patch": "- {op: replace, path: /spec/replicas, value: 3}", "target": {"kind": "Deployment"}}


@pytest.mark.parametrize(
    ("overlay", "name", "pointer", "value"),
    [
        ({"namePrefix": "new-"}, "new-web", ("metadata", "name"), "new-web"),
        ({"nameSuffix": "-x"}, "old-web-x", ("metadata", "name"), "old-web-x"),
        ({"namespace": "shop"}, "old-web", ("metadata", "namespace"), "shop"),
        ({"patches": [PATCH]}, "old-web", ("spec", "replicas"), 3),
        ({"replicas": [{"name": "web", "count": 4}]}, "old-web", ("spec", "replicas"), 4),
        ({"commonAnnotations": {"a": "b"}}, "old-web", ("metadata", "annotations", "a"), "b"),
        ({"components": ["../extra"]}, "old-cfg", ("data", "a"), "b"),
    ],
)
def test_what_the_deployer_sets_counts_over_the_kustomization(
    overlay: JsonObject, name: str, pointer: tuple[str, ...], value: Any
) -> None:
    found: Any = bodies(render(BASE, overlay=overlay))[name]
    for key in pointer:
        found = found[key]
    assert found == value


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ({"name": "nginx", "newTag": "2.0"}, "nginx:2.0"),
        ({"name": "nginx", "newName": "mirror/nginx"}, "mirror/nginx:1.1"),
        ({"name": "nginx", "digest": "sha256:0"}, "nginx@sha256:0"),
    ],
)
def test_an_image_is_merged_by_its_name(image: JsonObject, expected: str) -> None:
    body = bodies(render(BASE, overlay={"images": [image]}))["old-web"]
    assert body["spec"]["template"]["spec"]["containers"][0]["image"] == expected


def test_a_field_is_found_in_the_case_in_which_it_is_written() -> None:
    assert merged({"NamePrefix": "a-"}, {"namePrefix": "b-"}) == {"NamePrefix": "b-"}


def test_objects_still_stand_where_they_are_declared() -> None:
    (found,) = render(BASE, overlay={"namespace": "shop"}).manifests
    assert (found.origin.path, found.origin.line) == ("app/web.yaml", 1)
    assert "annotations" not in found.body["metadata"]


def test_two_sources_of_one_path_do_not_see_each_other_s_overlay() -> None:
    with Exports() as exports:
        given = Given(exports)
        assert "a-web" in bodies(render(BASE, given=given, overlay={"namePrefix": "a-"}))
        assert "b-web" in bodies(render(BASE, given=given, overlay={"namePrefix": "b-"}))
        assert "old-web" in bodies(render(BASE, given=given))
        assert "a-cfg" not in bodies(render(PLAIN, given=Given(), is_generated=True))


def test_a_kustomization_of_all_manifests_is_made_where_there_is_none() -> None:
    found = render(PLAIN, is_generated=True)
    assert sorted(bodies(found)) == ["cfg", "cfg-c", "web"]
    assert {m.origin.path for m in found.manifests} == {"app/a/cfg.yml", "app/b.yaml", "app/c/d.yaml"}


def test_what_only_a_made_kustomization_tells_is_told_at_its_folder() -> None:
    found = render(PLAIN, is_generated=True, overlay={"namePrefix": "x-"})
    assert {m.origin.path for m in found.manifests} <= {"app", "app/a/cfg.yml", "app/b.yaml", "app/c/d.yaml"}


def test_a_made_kustomization_is_gone_afterwards() -> None:
    with Exports() as exports:
        given = Given(exports)
        bodies(render(PLAIN, given=given, is_generated=True))
        with pytest.raises(SourceError, match=r"no kustomization\.yaml"):
            render(PLAIN, given=given, overlay={"namespace": "x"})


@pytest.mark.parametrize(
    ("ignore", "sourceignore", "expected"),
    [
        ((), "", ["cfg", "cfg-c", "web"]),
        (("/app/a/",), "", ["cfg-c", "web"]),
        (("*.yml",), "", ["cfg-c", "web"]),
        (("/*", "!/app/a"), "", ["cfg"]),
        ((), "b.yaml\n# a comment\nc/\n", ["cfg"]),
        (("!b.yaml",), "b.yaml\n", ["cfg", "cfg-c", "web"]),
    ],
)
def test_what_flux_ignores_is_not_listed(ignore: tuple[str, ...], sourceignore: str, expected: list[str]) -> None:
    files = PLAIN | ({"app/.sourceignore": sourceignore} if sourceignore else {})
    assert sorted(bodies(render(files, is_generated=True, ignore=ignore))) == expected


def test_a_kustomization_that_names_an_ignored_file_fails_as_in_flux() -> None:
    (problem,) = render(BASE, overlay={"namespace": "a"}, ignore=("web.yaml",)).problems
    assert problem.path == "app/web.yaml"
    assert "Flux leaves it out" in problem.message


EMPTY: dict[str, str] = {
    "app/kustomization.yaml": "resources: []\n",
    "app/kustomization.yml": "",
    "app/readme.md": "no manifest",
    "app/.sourceignore": "*.yaml\n",
}


@pytest.mark.parametrize("name", EMPTY)
def test_flux_builds_nothing_where_there_is_nothing(name: str) -> None:
    found = render({name: EMPTY[name]}, is_generated=True, ignore=(), overlay={"namePrefix": "x-"})
    assert (found.manifests, found.problems) == ((), ())


def test_flux_marks_the_objects_of_a_kustomization_without_resources_with_their_origins() -> None:
    files = BASE | {"app/kustomization.yaml": "components: [../extra]\n"}
    (cfg,) = render(files, is_generated=True).manifests
    assert cfg.body["metadata"]["annotations"] == {"config.kubernetes.io/origin": "path: ../extra/cfg.yaml\n"}
    assert cfg.origin.path == "extra/cfg.yaml"
    (cfg,) = render(files).manifests
    assert "annotations" not in cfg.body["metadata"]


def test_what_a_kustomization_of_flux_asks_to_be_built_in_replaces_what_stands_there() -> None:
    assert merged({"buildMetadata": ["managedByLabel"]}, {"buildMetadata": ["originAnnotations"]}) == {
        "buildMetadata": ["originAnnotations"]
    }


def test_a_missing_component_is_left_out_where_flux_is_told_so() -> None:
    overlay = {"components": ["../gone", "../extra"]}
    assert "old-cfg" in bodies(render(BASE, overlay=overlay, skips_missing=True))
    assert render(BASE, overlay=overlay).problems


@pytest.mark.parametrize(
    "overlay",
    [
        {"components": ["../../../etc"]},
        {"components": ["https://example.com/x"]},
        {"resources": ["/etc/passwd"]},
        {"patches": [{"path": "../../secret.yaml"}]},
        {"generators": ["plugin.yaml"]},
        {"transformers": ["{apiVersion: x/v1, kind: Y, metadata: {name: z}}"]},
    ],
)
def test_an_overlay_leads_no_further_than_a_kustomization(overlay: JsonObject) -> None:
    found = render(BASE, overlay=overlay)
    assert found.problems
    assert not found.manifests


TAKEN: dict[str, str | bytes] = {
    "app/kustomization.yaml": "resources: [cfg.yaml]\ncommonAnnotations: {note: here}\n"
    "labels: [{pairs: {team: web}}]\n",
    "app/cfg.yaml": CONFIG,
}


@pytest.mark.parametrize(
    ("field", "value", "is_taken"),
    [
        ("commonLabels", {"team": "x"}, True),
        ("labels", [{"pairs": {"team": "x"}}], True),
        ("commonLabels", {"other": "x"}, False),
        ("commonAnnotations", {"note": "x"}, True),
        ("commonAnnotations", {"team": "x"}, False),
    ],
)
def test_a_label_or_annotation_that_stands_already_fails_without_force(field: str, value: Any, is_taken: bool) -> None:
    if is_taken:
        with pytest.raises(SourceError, match="which the kustomization has already") as raised:
            render(TAKEN, overlay={field: value}, unforced=(field,))
        assert "without `forceCommon" in str(raised.value.hint)
    else:
        assert list(bodies(render(TAKEN, overlay={field: value}, unforced=(field,)))) == ["cfg"]
