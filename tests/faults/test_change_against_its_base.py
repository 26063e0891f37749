"""`--base`, `--gitops-base`: what a change adds fails, what it repairs or removes is told and a diff shows the rest."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.faults.test_result_table import _admission
from tests.recorded import CONFIG as PLAIN
from tests.recorded import config_map, make, run

CONFIG = f"{PLAIN}policies: [{{path: policies}}]\n"
POLICY = _admission("no-bad", "", "object.data.?k.orValue('') != 'bad'", "k is bad", "Deny").replace(
    "object.metadata.?name.orValue('') == ''", "true"
)
SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "s", "namespace": "shop"},
    "stringData": {"password": "hunter2-hunter2"},
}


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(root), "-c", "user.name=A", "-c", "user.email=a@b", *arguments], check=True)


def declare(root: Path, name: str, **data: str) -> None:
    (root / f"apps/{name}.json").write_text(json.dumps(config_map(name, **data), indent=1))


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", "Change")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """On main: `old` and `broken` violate the policy, `fine` does not; the cluster has all as declared."""
    files = {"gitops-audit.yaml": CONFIG, "policies/bad.yaml": POLICY}
    objects = [config_map("old", k="bad"), config_map("broken", k="bad"), config_map("fine", k="v")]
    make(tmp_path, [], objects, files | {f"apps/{o['metadata']['name']}.json": json.dumps(o) for o in objects})
    git(tmp_path, "switch", "-q", "-c", "change")
    return tmp_path


def check(root: Path, *options: str) -> tuple[int, str, Any]:
    result = run(root, "gitops-audit", "check", "-q", "--base", "main", "--json", "r.json", *options)
    report = json.loads((root / "r.json").read_text()) if result.returncode != 2 else None
    return result.returncode, (result.stdout + result.stderr).decode(), report


@pytest.fixture(scope="module")
def deployed_later(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every format of a change that adds an object and changes another, beside what stood before."""
    root = tmp_path_factory.mktemp("later")
    make(root, [], [config_map("old", k="v"), config_map("fine", k="v")], {})
    (root / "apps").mkdir()
    declare(root, "old", k="other")
    declare(root, "fine", k="v")
    commit(root)
    git(root, "switch", "-q", "-c", "change")
    declare(root, "fine", k="w")
    declare(root, "more", k="v")
    commit(root)
    formats = ("markdown", "sarif", "codequality", "csv", "html", "metrics")
    assert check(root, *(f"--{name}=r.{name}" for name in formats))[0] == 0
    return root


def test_what_a_change_adds_fails_and_what_stood_before_does_not(shop: Path) -> None:
    declare(shop, "fine", k="w")
    commit(shop)
    code, told, report = check(shop)
    assert code == 0, told
    assert (report["summary"]["new"], report["summary"]["persisting"]) == (0, 2)
    declare(shop, "fine", k="bad")
    commit(shop)
    code, told, _ = check(shop)
    assert code == 1
    assert "ConfigMap/shop/fine" in told
    assert "ConfigMap/shop/old" not in told


def test_what_the_change_will_deploy_is_shown_as_a_diff_and_is_no_drift(shop: Path) -> None:
    declare(shop, "fine", k="w")
    declare(shop, "more", k="v")
    commit(shop)
    code, told, report = check(shop, "--metrics", "m.prom")
    assert code == 0
    assert "objects: 1 added, 1 changed, 0 removed" in told
    assert "-  k: v" in told
    assert "+  k: w" in told
    assert "drift: 2 in-sync, 2 to be deployed by this change\n" in told
    assert {line[-1] for line in (shop / "m.prom").read_text().splitlines() if 'check="drift"' in line} == {"0"}
    changes = {c["resource"]: c["change"] for c in report["base"]["changes"]}
    assert changes == {"ConfigMap/shop/fine": "changed", "ConfigMap/shop/more": "added"}


@pytest.mark.parametrize("name", ["json", "markdown", "sarif", "codequality", "csv", "html", "metrics"])
def test_every_format_is_the_same_afterwards(deployed_later: Path, name: str) -> None:
    done = run(deployed_later, "gitops-audit", "report", name, "r.json")
    assert done.stdout == (deployed_later / f"r.{name}").read_bytes()


def test_what_a_change_repairs_and_removes_is_told_apart(shop: Path) -> None:
    declare(shop, "broken", k="good")
    git(shop, "rm", "-q", "apps/old.json")
    commit(shop)
    code, told, report = check(shop)
    assert code == 0
    assert "repairs policy/no-bad/validations[0] on ConfigMap/shop/broken" in told
    assert "removes policy/no-bad/validations[0] on ConfigMap/shop/old" in told
    assert report["summary"]["resolved"] == 2


def test_what_main_got_meanwhile_is_not_of_the_change(shop: Path) -> None:
    git(shop, "switch", "-q", "main")
    declare(shop, "later", k="bad")
    commit(shop)
    git(shop, "switch", "-q", "change")
    declare(shop, "more", k="v")
    commit(shop)
    _, _, report = check(shop)
    assert [c["resource"] for c in report["base"]["changes"]] == ["ConfigMap/shop/more"]


def test_it_works_without_a_cluster(shop: Path) -> None:
    declare(shop, "fine", k="bad")
    commit(shop)
    code, _, report = check(shop, "--offline")
    assert code == 1
    assert (report["summary"]["new"], report["summary"]["persisting"]) == (1, 2)


def test_a_comment_has_what_is_added_then_the_diffs_and_nothing_that_stood_before(shop: Path) -> None:
    declare(shop, "fine", k="bad")
    declare(shop, "broken", k="good")
    commit(shop)
    check(shop, "--markdown", "c.md", "--github-annotations", "a.txt")
    comment = (shop / "c.md").read_text()
    assert comment.index("no-bad/validations[0]: k is bad") < comment.index("```diff")
    assert "**repairs** `ConfigMap/shop/broken (cluster prod)`: `policy/no-bad/validations[0]`" in comment
    assert "ConfigMap/shop/old" not in comment
    assert len((shop / "a.txt").read_text().splitlines()) == 1


def test_a_secret_is_in_no_diff_and_one_that_did_not_change_is_no_change(shop: Path) -> None:
    git(shop, "switch", "-q", "main")
    (shop / "apps/s.json").write_text(json.dumps(SECRET))
    commit(shop)
    git(shop, "switch", "-q", "change")
    git(shop, "reset", "-q", "--hard", "main")
    declare(shop, "fine", k="hunter2-hunter2")
    commit(shop)
    _, told, report = check(shop)
    assert [c["resource"] for c in report["base"]["changes"]] == ["ConfigMap/shop/fine"]
    git(shop, "rm", "-q", "apps/s.json")
    commit(shop)
    _, more, report = check(shop)
    assert {c["change"] for c in report["base"]["changes"]} == {"removed", "changed"}
    assert "hunter2" not in told + more + json.dumps(report)


def test_a_source_that_is_new_is_new_as_a_whole(shop: Path) -> None:
    (shop / "gitops-audit.yaml").write_text(
        CONFIG.replace("sources: [", "sources: [{name: more, path: more, namespace: shop}, ")
    )
    (shop / "more").mkdir()
    (shop / "more/one.json").write_text(json.dumps(config_map("one", k="bad")))
    commit(shop)
    code, told, report = check(shop)
    assert code == 1
    assert report["summary"]["new"] >= 1
    assert "source more cannot be read at the base main" in told


def test_a_source_that_the_change_takes_out_of_the_configuration_is_told(shop: Path) -> None:
    (shop / "gitops-audit.yaml").write_text(CONFIG.replace("{name: shop, ", "{name: other, "))
    commit(shop)
    _, told, report = check(shop)
    assert "source shop was in the configuration of the base and is no more: what the change removes" in told
    assert any(note.startswith("source shop was in the configuration of the base") for note in report["notes"])


def test_a_base_that_is_not_there_is_told(shop: Path) -> None:
    result = run(shop, "gitops-audit", "check", "-q", "--base", "mian")
    assert result.returncode == 3
    assert b"there is no revision 'mian'" in result.stderr
    assert b"did you mean 'main'?" in result.stderr


def audit(root: Path, *options: str) -> tuple[int, str, Any]:
    """As `check`, by pytest."""
    words = ("--gitops-base", "main", "--gitops-json", "p.json", "-p", "no:cacheprovider", *options)
    result = run(root, "pytest", "gitops-audit.yaml", *words)
    return result.returncode, result.stdout.decode(), json.loads((root / "p.json").read_text())


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["one process", "xdist"])
def test_pytest_fails_for_what_a_change_adds_and_says_the_same_as_check(shop: Path, options: tuple[str, ...]) -> None:
    declare(shop, "broken", k="good")
    declare(shop, "fine", k="bad")
    commit(shop)
    code, told, report = audit(shop, "--junitxml", "j.xml", *options)
    assert code == 1
    assert "1 failed, 2 passed" in told
    assert "against main" in told
    assert "repairs policy/no-bad/validations[0] on ConfigMap/shop/broken" in told
    _, _, by_check = check(shop)
    assert report["base"] == by_check["base"]
    assert report["summary"] == by_check["summary"]
    states = re.findall(r'name="state" value="(\w+)"', (shop / "j.xml").read_text())
    assert set(states) == {"new", "persisting"}


def test_pytest_tells_a_base_that_is_not_there(shop: Path) -> None:
    result = run(shop, "pytest", "gitops-audit.yaml", "--gitops-base", "mian", "-p", "no:cacheprovider")
    assert result.returncode == 2
    assert b"there is no revision 'mian'" in result.stdout


def test_a_repair_is_of_one_state_and_has_no_base(shop: Path) -> None:
    result = run(shop, "pytest", "gitops-audit.yaml", "--gitops-base", "main", "--gitops-remediate", "plan")
    assert result.returncode == 4
    assert b"leave out --gitops-base" in result.stderr
