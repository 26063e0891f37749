"""What a chart asks of the cluster and nobody could tell it is said, for its objects may be behind that."""

from __future__ import annotations

import pytest

from gitops_audit.config.settings import SourceConfig
from gitops_audit.render.given import Given, Target
from tests.rendering import rendered

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\n"
FILES: dict[str, str | bytes] = {
    "app/Chart.yaml": "apiVersion: v2\nname: app\nversion: 1.0.0\n",
    "app/templates/a.yaml": OBJECT.replace("NAME", "a"),
}


def notes(condition: str, target: Target, patch: pytest.MonkeyPatch, **others: str) -> tuple[str, ...]:
    guarded = f"{{{{- if {condition} }}}}\n{OBJECT.replace('NAME', 'b')}{{{{- end }}}}\n"
    files = FILES | {"app/templates/b.yaml": guarded} | {f"app/templates/{n}.tpl": t for n, t in others.items()}
    return rendered(files, SourceConfig("app", path="app"), patch, Given(target=target)).notes


OFFLINE = Target("1.36.0", frozenset({"apps/v1"}), known_from="Kubernetes 1.36 and the declared definitions")


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (
            '.Capabilities.APIVersions.Has "monitoring.coreos.com/v1"',
            "the cluster has monitoring.coreos.com/v1",
        ),
        ('$.Capabilities.APIVersions.Has "a.example/v1/Kind"', "whether the cluster has a.example/v1/Kind"),
        ('lookup "v1" "Namespace" "" "default"', "looks objects up in the cluster"),
        ('semverCompare "<1.30" .Capabilities.KubeVersion.Version', "was told 1.36.0: set `kubernetesVersion`"),
    ],
)
def test_what_is_not_known_is_told_with_the_template(
    condition: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (note,) = notes(condition, OFFLINE, monkeypatch)
    assert note.startswith("app/templates/b.yaml ")
    assert words in note


def test_a_lookup_in_a_helper_is_told_of_the_templates_that_include_it(monkeypatch: pytest.MonkeyPatch) -> None:
    helper = '{{ define "app.found" }}{{ lookup "v1" "Namespace" "" "x" }}{{ end }}'
    found = notes('include "app.found" .', OFFLINE, monkeypatch, helper=helper)
    assert [note.split(" ")[0] for note in found] == ["app/templates/b.yaml", "app/templates/helper.tpl"]


@pytest.mark.parametrize(
    ("condition", "target"),
    [
        ('.Capabilities.APIVersions.Has "apps/v1"', OFFLINE),
        ('.Capabilities.APIVersions.Has "none.example/v1"', Target("1.36.0", frozenset(), is_served=True)),
        ('semverCompare "<1.30" .Capabilities.KubeVersion.Version', Target("1.36.0", is_assumed=False)),
    ],
)
def test_what_is_known_is_not_told(condition: str, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    assert notes(condition, target, monkeypatch) == ()


def test_a_comment_asks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    comment = '{{/* lookup .Capabilities.APIVersions.Has "x/v1" */}}'
    assert notes("true", OFFLINE, monkeypatch, comment=comment) == ()
