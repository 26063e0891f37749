from __future__ import annotations

from gitops_audit.config.settings import HelmOptions, HelmParameter, PostBuild, SourceConfig, Substitution
from gitops_audit.render.unknown_values import restored, unknown_names, with_other_stand_ins


def _config(*unknown: str) -> SourceConfig:
    helm = HelmOptions(values='{"a": "${x} ${x_y:=z} ${known}"}', parameters=(HelmParameter("p", "${x_y}", True),))
    return SourceConfig("web", ".", helm=helm, post_build=PostBuild(Substitution(unknown=unknown)))


def test_stand_ins_get_other_names_and_back() -> None:
    config = _config("x", "x_y")
    other = with_other_stand_ins(config).helm
    assert other.values == '{"a": "${x_other} ${x_y_other:=z} ${known}"}'
    assert other.parameters[0].value == "${x_y_other}"
    assert restored(config, other.values.encode()) == config.helm.values.encode()


def test_what_is_no_text_comes_back_as_it_is() -> None:
    assert restored(_config("x"), b"\xff ${x_other}") == b"\xff ${x}"


def test_a_source_of_known_values_has_none() -> None:
    assert unknown_names(_config()) == ()
    assert unknown_names(SourceConfig("web", ".")) == ()
