"""A baseline: only what is new fails, what is repaired leaves it, and what was not looked at stays."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_audit.model.resource import JsonObject
from gitops_audit.report.from_json import read
from gitops_audit.report.registry import FORMATS as ALL_FORMATS
from tests.recorded import CONFIG, config_map, make, run

FILE = "known.yaml"
CREATE = ("gitops-audit", "baseline", "create", "-q", "--baseline", FILE, "--owner", "team-web")
PRUNE = ("gitops-audit", "baseline", "prune", "-q", "--baseline", FILE)
ONLY_NEW = ("--baseline", FILE, "--only-new")
CHECK = ("gitops-audit", "check", "-q", *ONLY_NEW)


def deployed(root: Path, *drifted: str, lacks: Sequence[str] = ()) -> None:
    """What the recording holds from now on: the named objects differ, or are not there."""
    live = [config_map(name, k="w" if name in drifted else "v") for name in ("a", "b", "c") if name not in lacks]
    (root / "live.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": live}))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Three ConfigMaps of which one differs, which the baseline knows."""
    make(tmp_path, [config_map(name, k="v") for name in ("a", "b", "c")], [], {})
    deployed(tmp_path, "a")
    made = run(tmp_path, *CREATE)
    assert made.returncode == 0, made.stderr
    return tmp_path


def entries(root: Path) -> list[JsonObject]:
    found: list[JsonObject] = yaml.safe_load((root / FILE).read_text())["findings"]
    return found


def report(root: Path, *options: str) -> Any:
    run(root, *CHECK, *options, "--json", "r.json")
    return json.loads((root / "r.json").read_text())


def test_an_entry_names_the_finding_its_owner_and_the_day_it_expires(shop: Path) -> None:
    (entry,) = entries(shop)
    told = {k: v for k, v in entry.items() if k not in ("fingerprint", "since", "expires")}
    assert told == {
        "cluster": "prod",
        "resource": "ConfigMap/shop/a",
        "check": "drift",
        "rule": "changed",
        "path": "data.k",
        "source": "shop",
        "severity": "medium",
        "owner": "team-web",
    }
    assert entry["since"] < entry["expires"]


def test_what_is_known_does_not_fail_and_what_is_new_does(shop: Path) -> None:
    assert run(shop, *CHECK).returncode == 0
    deployed(shop, "a", "b")
    result = run(shop, *CHECK)
    assert result.returncode == 1
    assert b"findings: 1 new, 1 known, 0 resolved" in result.stdout
    assert b"ConfigMap/shop/b: modified" in result.stdout
    assert b"1 x known: ConfigMap data.k changed" in result.stdout
    assert b"ConfigMap/shop/a: modified" not in result.stdout


def test_without_only_new_what_is_known_fails_as_before(shop: Path) -> None:
    assert run(shop, "gitops-audit", "check", "-q", "--baseline", FILE).returncode == 1


def test_the_configuration_says_the_same(shop: Path) -> None:
    config = f"{CONFIG}baseline: {FILE}\nreport: {{failOnNew: true}}\n"
    (shop / "gitops-audit.yaml").write_text(config)
    assert run(shop, "gitops-audit", "check", "-q").returncode == 0


@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["one process", "xdist"])
def test_pytest_passes_what_is_known_and_says_so(shop: Path, workers: Sequence[str]) -> None:
    options = [f"--gitops-baseline={FILE}", "--gitops-only-new", "-p", "no:cacheprovider", *workers]
    known = run(shop, "pytest", "gitops-audit.yaml", *options)
    assert known.returncode == 0, known.stdout.decode()
    assert b"findings: 0 new, 1 known, 0 resolved" in known.stdout
    deployed(shop, "a", "b")
    assert run(shop, "pytest", "gitops-audit.yaml", *options).returncode == 1


def test_the_report_tells_state_since_and_counts(shop: Path) -> None:
    deployed(shop, "a", "b")
    told = report(shop)
    states = {r["name"]: r["drift"]["changes"][0]["state"] for r in told["resources"] if r["drift"]["changes"]}
    assert states == {"a": "persisting", "b": "new"}
    since = {r["name"]: r["drift"]["since"] for r in told["resources"]}
    assert since == {"a": entries(shop)[0]["since"], "b": since["b"], "c": None}
    assert {k: told["summary"][k] for k in ("new", "persisting", "resolved")} == {
        "new": 1,
        "persisting": 1,
        "resolved": 0,
    }


def test_what_is_repaired_is_told_and_leaves_the_baseline(shop: Path) -> None:
    deployed(shop)
    told = report(shop)
    assert told["summary"]["resolved"] == 1
    assert told["resolved"][0]["resource"] == "ConfigMap/shop/a"
    assert any("`gitops-audit baseline prune` removes them" in note for note in told["notes"])
    before = (shop / FILE).read_text()
    checked = run(shop, *PRUNE, "--check")
    assert (checked.returncode, (shop / FILE).read_text()) == (1, before)
    assert b"repaired: drift/changed on ConfigMap/shop/a data.k (cluster prod)" in checked.stdout
    pruned = run(shop, *PRUNE)
    assert b"removed: drift/changed on ConfigMap/shop/a data.k (cluster prod)" in pruned.stdout
    assert entries(shop) == []
    assert run(shop, *CHECK).returncode == 0


def test_a_resource_that_is_declared_no_more_leaves_the_baseline(shop: Path) -> None:
    subprocess.run(["git", "-C", str(shop), "rm", "-q", "apps/000.yaml"], check=True)
    run(shop, *PRUNE, "--revision", "worktree")
    assert entries(shop) == []


NOT_LOOKED_AT = {
    "offline": ("--offline",),
    "another source": ("--source", "other"),
    "another mode": ("--mode", "declared"),
}


@pytest.mark.parametrize("options", NOT_LOOKED_AT.values(), ids=NOT_LOOKED_AT)
def test_what_was_not_looked_at_stays(shop: Path, options: Sequence[str]) -> None:
    more = CONFIG.replace("sources: [", "sources: [{name: other, path: apps/001.yaml, namespace: shop}, ")
    (shop / "gitops-audit.yaml").write_text(more.replace("path: apps,", "path: apps/000.yaml,"))
    deployed(shop)
    run(shop, *PRUNE, *options)
    assert len(entries(shop)) == 1


def test_what_could_not_be_read_stays(shop: Path) -> None:
    (shop / "live.json").write_text("{")
    assert run(shop, *PRUNE).returncode == 3
    assert len(entries(shop)) == 1


def test_what_a_broken_file_may_declare_stays(shop: Path) -> None:
    (shop / "apps/000.yaml").write_text("a: [1\n")
    run(shop, *PRUNE, "--revision", "worktree")
    assert len(entries(shop)) == 1


def test_what_has_expired_fails_again_and_is_told(shop: Path) -> None:
    text = (shop / FILE).read_text().replace(entries(shop)[0]["expires"], "2020-01-01")
    (shop / FILE).write_text(text)
    result = run(shop, *CHECK)
    assert result.returncode == 1
    assert b"expired entries of the baseline known.yaml, which count as new: 1," in result.stdout


def test_what_cannot_be_evaluated_is_in_no_baseline_and_fails(tmp_path: Path) -> None:
    make(tmp_path, [config_map("a", k="v"), config_map("a", k="v")], [], {})
    deployed(tmp_path)
    assert run(tmp_path, *CREATE).returncode == 3
    assert entries(tmp_path) == []
    assert run(tmp_path, *CHECK).returncode == 3


def test_create_replaces_nothing_and_update_keeps_what_is_known(shop: Path) -> None:
    (shop / FILE).write_text((shop / FILE).read_text().replace("team-web", "team-old"))
    refused = run(shop, *CREATE)
    assert refused.returncode == 2
    assert b"is there already [GA609]" in refused.stderr
    deployed(shop, "a", "b")
    run(shop, *CREATE, "--update")
    assert [(e["resource"], e["owner"]) for e in entries(shop)] == [
        ("ConfigMap/shop/a", "team-old"),
        ("ConfigMap/shop/b", "team-web"),
    ]


def test_only_new_without_a_baseline_is_a_usage_error(shop: Path) -> None:
    result = run(shop, "gitops-audit", "check", "-q", "--only-new")
    assert result.returncode == 2
    assert b"[GA610]" in result.stderr


def test_shards_tell_what_is_resolved_once(shop: Path) -> None:
    deployed(shop)
    for index in ("1", "2"):
        run(shop, *CHECK, "--shard", f"{index}/2", "--json", f"{index}.json")
    merged = run(shop, "gitops-audit", "report", "merge", "1.json", "2.json")
    assert json.loads(merged.stdout)["summary"]["resolved"] == 1
    run(shop, "gitops-audit", "check", "-q", "--shard", "2/2", "--json", "2.json")
    refused = run(shop, "gitops-audit", "report", "merge", "1.json", "2.json")
    assert refused.returncode == 2
    assert b"2.json was written without the baseline" in refused.stderr


FORMATS = {
    "json": '"state": "persisting"',
    "html": '"known":"persisting"',
    "gitlab-annotations": "; known since ",
    "junit": 'value="persisting"',
    "sarif": '"baselineState": "unchanged"',
    "codequality": "; known since ",
    "csv": ",persisting,",
    "markdown": "known since ",
    "metrics": 'state="persisting"',
    "github-annotations": "; known since ",
}


def test_every_format_tells_the_state_also_afterwards_from_the_report(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert FORMATS.keys() == ALL_FORMATS.keys()
    monkeypatch.setenv("CI_PROJECT_URL", "https://gitlab.example/shop")
    report(shop, *(word for name in FORMATS for word in (f"--{name}", f"out.{name}")))
    told = read((shop / "r.json").read_bytes(), "r.json")
    (shop / "r.json").rename(shop / "out.json")
    for name, words in FORMATS.items():
        assert words in (shop / f"out.{name}").read_text(), name
        assert words in ALL_FORMATS[name].write(told).decode(), name
