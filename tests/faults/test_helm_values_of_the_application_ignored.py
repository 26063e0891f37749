"""A chart is rendered with the release and the values that its deployer gives it."""

from __future__ import annotations

import pytest

from gitops_audit.config.settings import HelmOptions, SourceConfig
from gitops_audit.errors import SourceError
from tests.rendering import rendered, values

FILES: dict[str, str | bytes] = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "web/values.yaml": "level: info\n",
    "web/prod.yaml": "level: warn\n",
    "common/all.yaml": "level: debug\n",
    "web/templates/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\n"
    "data: {level: {{ .Values.level }}, namespace: {{ .Release.Namespace }}}\n",
    "web/crds/crd.yaml": "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.b}\n",
}


@pytest.mark.parametrize(
    ("options", "level"),
    [
        (HelmOptions(), "info"),
        (HelmOptions(value_files=("prod.yaml",)), "warn"),
        (HelmOptions(value_files=("../common/all.yaml",)), "debug"),
        (HelmOptions(value_files=("/common/all.yaml",)), "debug"),
        (HelmOptions(value_files=("/common/all.yaml", "prod.yaml")), "warn"),
        (HelmOptions(value_files=("prod.yaml",), values='{"level": "error"}'), "error"),
    ],
)
def test_values_win_in_the_order_they_are_given(
    options: HelmOptions, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = rendered(FILES, SourceConfig("web", path="web", namespace="shop", helm=options), monkeypatch)
    assert values(found)["web"] == {"level": level, "namespace": "shop"}


def test_the_release_has_its_own_name_and_definitions_can_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    options = HelmOptions(release_name="shop-web", skip_crds=True)
    found = rendered(FILES, SourceConfig("web", path="web", helm=options), monkeypatch)
    assert list(values(found)) == ["shop-web"]


@pytest.mark.parametrize("name", ["none.yaml", "../../x.yaml", "/../x.yaml", "https://h.example/v.yaml", "templates"])
def test_a_value_file_that_is_not_in_the_repository_is_an_error_of_the_source(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SourceError, match="is not in the repository") as caught:
        rendered(FILES, SourceConfig("web", path="web", helm=HelmOptions(value_files=(name,))), monkeypatch)
    assert caught.value.code == "GA262"
