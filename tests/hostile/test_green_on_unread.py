"""No run is green of which a source or an object came to no answer: searched for over faults and selections."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.audited import Audited, audited
from tests.recording import write_recording
from tests.repository import Repo

SOUND = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "shop"}}
FILES = {
    "sound": yaml.safe_dump(SOUND),
    "broken": "a: [\n",
    "misspelt": "ApiVersion: v1\nKind: ConfigMap\nmetadata: {name: a}\n",
    "unnamed": "apiVersion: v1\nkind: ConfigMap\n",
    "no object": "just: values\n",
    "empty": "",
    "template": "apiVersion: v1\nkind: {{ .Kind }}\n",
    "unknown kind": "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n",
    "generated": "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-, namespace: shop}\n",
    "hook": yaml.safe_dump({**SOUND, "metadata": {**SOUND["metadata"], "annotations": {"helm.sh/hook": "test"}}}),  # type: ignore[dict-item]
}
NO_ANSWER = {"broken", "misspelt", "unnamed", "template"}
NOTHING = {"no object", "empty"}


def run(contents: list[str], fail_on: str, *, is_recorded: bool, is_offline: bool) -> Audited:
    folder = Path(tempfile.mkdtemp())
    try:
        repo = Repo.init(folder / "r")
        sources = "".join(f"  - {{name: s{n}, path: p{n}}}\n" for n in range(len(contents)))
        clusters = "clusters:\n  c: {snapshot: rec.json}\n" if is_recorded else ""
        config = f"version: 1\n{clusters}sources:\n{sources}report: {{failOn: {fail_on}}}\n"
        files = {f"p{n}/a.yaml": FILES[content] for n, content in enumerate(contents)}
        repo.commit_files({"gitops-audit.yaml": config, **files})
        write_recording(repo.folder / "rec.json", SOUND)
        return audited(repo.folder, offline=is_offline)
    finally:
        shutil.rmtree(folder)


@settings(max_examples=40, deadline=None)
@given(
    contents=st.lists(st.sampled_from(sorted(FILES)), min_size=1, max_size=3),
    fail_on=st.sampled_from(["low", "critical"]),
    is_recorded=st.booleans(),
    is_offline=st.booleans(),
)
def test_green_is_only_what_came_to_an_answer(
    contents: list[str], fail_on: str, is_recorded: bool, is_offline: bool
) -> None:
    found = run(contents, fail_on, is_recorded=is_recorded, is_offline=is_offline)
    if found.exit_code == 0:
        assert not (NO_ANSWER | NOTHING).intersection(contents)
        assert {v.subject.source for v in found if v.is_evaluated} == {f"s{n}" for n in range(len(contents))}
        is_asked = is_recorded and not is_offline
        assert all(v.is_compared or v.skip_reason for v in found if is_asked)
