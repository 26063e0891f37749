"""No output, no cache and no temporary tree holds a value that sops decrypted, or that it quotes where it fails."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gitops_audit.model.resource import JsonObject
from tests import tools
from tests.hostile.leaking import MARKER, b64, traces
from tests.recorded import make, run

CIPHER = "ENC[AES256_GCM,data:c2VjcmV0,iv:AAAA,tag:AAAA,type:str]"
METADATA = {"age": [{"recipient": "age1x"}], "lastmodified": "2026-01-01T00:00:00Z", "mac": CIPHER, "version": "3.11.0"}
CONFIG = """\
version: 1
clusters: {prod: {snapshot: live.json}}
secrets: {sops: true}
tools: {sops: ">=4"}
sources: [{name: files, path: apps, namespace: shop}, {name: built, path: built}]
"""
# In clear where the name says so; else it fails, and quotes the value in both of its outputs.
SOPS = f"""#!/bin/sh
case "$*" in *--version*) echo "sops 3.11.0"; exit;; esac
for a; do f=$a; done
if grep -q fails "$f"; then echo "Error: {MARKER}" | tee /dev/stderr; exit 1; fi
sed 's/ENC.AES256_GCM[^"]*/{MARKER}/' "$f"
"""
FORMATS = ("json", "junit", "html", "sarif", "markdown", "codequality", "csv", "metrics")
COMMANDS = {
    "check": ("check", "-v", *(part for name in FORMATS for part in (f"--{name}", f"../reports/{name}"))),
    "render": ("render", "-c", "gitops-audit.yaml", "-o", "yaml"),
    "diff": ("diff", "--suggest-ignore"),
    "plan": ("remediate", "plan", "--json", "-o", "../reports/plan.json"),
    "plan to Git": ("remediate", "plan", "--to", "git"),
}


def secret(name: str, value: str, **more: object) -> JsonObject:
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {name: value}, **more}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sops")
    for name in ("bin", "reports", "tmp", "cache"):
        (folder / name).mkdir()
    (folder / "bin" / "sops").write_text(SOPS)
    (folder / "bin" / "sops").chmod(0o755)
    names = ("opened", "fails")
    built = "\n---\n".join(json.dumps(secret(f"built-{name}", CIPHER, sops=METADATA), indent=1) for name in names)
    files = {
        "gitops-audit.yaml": CONFIG,
        "built/kustomization.yaml": "commonLabels: {a: b}\nresources: [secrets.yaml]\n",
        "built/secrets.yaml": built,
    }
    live = [secret(name, b64("other")) for name in (*names, *(f"built-{name}" for name in names))]
    return make(folder / "repo", [secret(name, CIPHER, sops=METADATA) for name in names], live, files)


@pytest.mark.parametrize("case", COMMANDS)
def test_no_command_shows_what_sops_decrypted_or_says(root: Path, case: str) -> None:
    folder = root.parent
    path = os.pathsep.join([str(folder / "bin"), str(tools.FOLDER), os.environ["PATH"]])
    places = {"XDG_CACHE_HOME": str(folder / "cache"), "TMPDIR": str(folder / "tmp"), "HOME": str(folder)}
    done = run(root, "gitops-audit", *COMMANDS[case], PATH=path, **places)
    texts = {"stdout": done.stdout, "stderr": done.stderr}
    texts |= {str(f): f.read_bytes() for f in folder.rglob("*") if f.is_file() and f.parent.name not in ("bin", "repo")}
    if case == "check":
        assert b"data.opened" in done.stdout, done
        assert b"its words may hold values" in done.stdout
        assert b"sops 3.11.0" in done.stdout + done.stderr
    for place, text in texts.items():
        assert not [trace for trace in traces(MARKER) if trace.encode() in text.lower()], place
