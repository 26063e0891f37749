"""Semantic versions: which text is one, and their order."""

from __future__ import annotations

import pytest

from gitops_audit.kube.semver import parse, read


@pytest.mark.parametrize(
    "text", ["1.2", "v1.2.3", "01.2.3", "1.0.0-01", "1.0.0-", "1.0.0+", "1.0.0-a..b", f"{2**64}.0.0"]
)
def test_what_is_no_version_is_refused(text: str) -> None:
    assert read(text) is None
    with pytest.raises(ValueError, match=r"version|number"):
        parse(text)


def test_versions_stand_in_the_order_of_the_specification() -> None:
    texts = ["1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta", "1.0.0", "1.0.1", "1.1.0"]
    assert sorted(texts, key=lambda text: parse(text).key) == texts


def test_a_version_is_shown_without_its_build() -> None:
    assert str(parse("1.2.3-rc.1+build.7")) == "1.2.3-rc.1"
    assert parse("1.2.3+one") == parse("1.2.3+other")
