from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.render.mask import masked

MARKER = "s3cr3t-m4rk3r"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("s.yaml", f"kind: Secret\nstringData:\n  k: {MARKER}\n"),
        ("s.json", f'{{"kind": "Secret", "data": {{"k": "{MARKER}"}}}}'),
        ("kustomization.yaml", f"secretGenerator:\n- literals: [user=x, password={MARKER}]\n"),
        ("kustomization.yaml", f"patches:\n- target: {{kind: Secret}}\n  patch: '[{{op: add, value: {MARKER}}}]'\n"),
        ("values.yaml", f"db:\n  auth:\n    password: {MARKER}\n"),
        ("values.yaml", f"list:\n- apiKey: [{MARKER}]\n"),
    ],
)
@pytest.mark.parametrize("words", [f"cannot read `{MARKER}`", "cannot read `s3cr3t-...`"])
def test_secret_values_are_masked_wherever_a_tool_may_quote_them(
    tmp_path: Path, name: str, text: str, words: str
) -> None:
    (tmp_path / name).write_text(text)
    assert masked(words, [tmp_path]) == "cannot read `***`"


def test_files_of_a_secret_generator_are_masked_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("secretGenerator: [{files: [k=key.pem], envs: [e.env]}]\n")
    (tmp_path / "key.pem").write_text(f"BEGIN\n{MARKER}-1\n")
    (tmp_path / "e.env").write_text(f"password={MARKER}-2\n")
    assert masked(f"{MARKER}-1 and {MARKER}-2", [tmp_path]) == "*** and ***"


@pytest.mark.parametrize("text", ["a: [", "- x\n", "secretGenerator: 5\npatches: [1]\n", "kind: Secret\ndata: x\n"])
def test_files_of_any_shape_mask_nothing_else(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    assert masked("no such field in a.yaml", [tmp_path]) == "no such field in a.yaml"


def test_other_values_stay_readable(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n")
    assert masked("settings is wrong", [tmp_path]) == "settings is wrong"
