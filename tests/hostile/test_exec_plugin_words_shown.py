"""What an exec plugin of a kubeconfig writes is not shown: it may be the token."""

from __future__ import annotations

import sys

import pytest
import yaml

from tests.audited import audited
from tests.repository import Repo

TOKEN = "MRK7f3a9token"
CREDENTIAL = f'{{"apiVersion": "{TOKEN}", "kind": "ExecCredential", "status": {{"token": "x"}}}}'
PROGRAMS = [
    f"import sys; sys.exit('token={TOKEN}')",
    f"import sys; sys.exit('{TOKEN}')",
    f"import sys; sys.exit('first line\\n{TOKEN}')",
    f"print('{TOKEN}')",
    f"print({CREDENTIAL!r})",
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_word_of_an_exec_plugin_is_told(repository: Repo, program: str) -> None:
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable, "args": ["-c", program]}
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:9"}}],
        "users": [{"name": "u", "user": {"exec": {**plugin, "interactiveMode": "Never"}}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    config = "version: 1\nclusters:\n  c: {kubeconfig: kc}\nsources:\n  - {name: s, path: p}\n"
    declared = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    repository.commit_files({"gitops-audit.yaml": config, "kc": yaml.safe_dump(kubeconfig), "p/a.yaml": declared})
    (verdict,) = audited(repository.folder)
    (error,) = verdict.unevaluated
    assert error.rule == "GA301"
    assert TOKEN not in error.message
