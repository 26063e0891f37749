"""A search for undeclared objects says where nobody knows which kinds there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.audited import audited
from tests.recorded import config_map, make

CONFIG = "version: 1\nclusters: {c: {snapshot: live.json}}\nsources: [{name: s, path: apps}]\n"
SEARCH = "drift: {orphans: {enabled: true, namespaces: [shop]}}\n"


@pytest.mark.parametrize(("more", "is_told"), [(SEARCH, True), ("", False)], ids=["searched", "not searched"])
def test_a_search_in_the_output_of_kubectl_names_the_kinds_it_searched(
    tmp_path: Path, more: str, is_told: bool
) -> None:
    root = make(tmp_path, [config_map("a")], [config_map("a")], {"gitops-audit.yaml": CONFIG + more})
    found = audited(root)
    told = [
        note for note in found.finished.notes if "only among the kinds that its recording holds (ConfigMap)" in note
    ]
    assert (bool(told), found.exit_code) == (is_told, 0)
