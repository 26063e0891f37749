"""The fast path of items that pass is invisible: pytest's set-up state, its hooks and its markers hold as ever."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

SOUND = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: shop}}\n"
BROKEN = SOUND + "data: [wrong]\n"
# Of each source the first resource fails and the others pass: what is set up for the first must be taken down.
RESOURCES = {"a": "a1 a2 a3", "b": "b1 b2", "c": "c1 c2 c3"}
OWN = """
import pytest

@pytest.fixture(scope="session")
def whole_run():
    yield

@pytest.fixture(scope="module", autouse=True)
def whole_module(whole_run):
    yield
    print("module taken down")

def test_first(): pass
def test_second(tmp_path): pass
"""


@pytest.fixture
def shop(pytester: pytest.Pytester) -> pytest.Pytester:
    """Three sources in two configurations, three of eight resources broken, and tests of the user's own."""
    for source, names in RESOURCES.items():
        first, *others = names.split()
        _put(pytester.path / "apps" / source / f"{first}.yaml", BROKEN.format(name=first))
        for name in others:
            _put(pytester.path / "apps" / source / f"{name}.yaml", SOUND.format(name=name))
    pytester.run("git", "init", "--quiet", "--initial-branch=main")
    pytester.run("git", "add", "apps")
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")
    pytester.run("git", *identity, "commit", "--quiet", "--message=Declare")
    sources = "version: 1\nsources:\n" + "".join(f"  - {{name: {s}, path: apps/{s}}}\n" for s in "ab")
    _put(pytester.path / "gitops-audit.yaml", sources)
    _put(pytester.path / "second.yaml", "version: 1\nsources:\n  - {name: c, path: apps/c}\n")
    pytester.makepyfile(test_own=OWN)
    return pytester


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def run(shop: pytest.Pytester, *options: str, all_of_it: bool = True) -> pytest.RunResult:
    named = ("gitops-audit.yaml", "test_own.py", "second.yaml") if all_of_it else ()
    fixed = ("--gitops-offline", "-p", "no:randomly", "-p", "no:cacheprovider")
    return shop.runpytest_subprocess(*named, *fixed, *options)


DISTRIBUTED = [(f"-n{n}", f"--dist={how}") for n in (1, 2) for how in ("load", "loadfile", "loadscope", "worksteal")]


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("-v",),
        ("--durations=0", "-vv"),
        ("--setup-show",),
        ("--junitxml=report.xml",),
        ("--maxfail=9",),
        ("-k", "1 or 2 or 3 or test_"),
        ("--reruns=1",),
        ("-p", "no:terminal"),
        *DISTRIBUTED,
        ("-n2", "--reruns=1"),
    ],
    ids=" ".join,
)
def test_a_resource_that_failed_changes_no_other(shop: pytest.Pytester, options: tuple[str, ...]) -> None:
    result = run(shop, *options)
    assert "not torn down" not in result.stdout.str() + result.stderr.str()
    assert result.ret == 1
    if "no:terminal" not in options:
        outcomes = result.parseoutcomes()
        outcomes.pop("rerun", None)
        assert outcomes == {"passed": 7, "failed": 3}


def test_split_checks_and_shards_take_down_what_they_set_up(shop: pytest.Pytester) -> None:
    """A part of the run that holds nothing of a configuration is an error of that file (GA231) and of no item."""
    failed = 0
    for shard in ("1/3", "2/3", "3/3"):
        result = run(shop, "--gitops-split-checks", f"--gitops-shard={shard}", "--continue-on-collection-errors")
        result.stdout.no_fnmatch_line("*torn down properly*")
        result.stdout.no_fnmatch_line("ERROR *::*")
        failed += result.parseoutcomes().get("failed", 0)
    assert failed == 3


@pytest.mark.parametrize(
    ("option", "failed", "passed"), [("-x", 1, 0), ("--maxfail=1", 1, 0), ("--maxfail=2", 2, 2), ("--maxfail=3", 3, 5)]
)
def test_a_run_that_stops_early_stops_where_pytest_does(
    shop: pytest.Pytester, option: str, failed: int, passed: int
) -> None:
    outcomes = run(shop, option).parseoutcomes()
    assert "errors" not in outcomes
    assert (outcomes["failed"], outcomes.get("passed", 0)) == (failed, passed)


@pytest.mark.parametrize(
    ("option", "expected"),
    [("--lf", {"failed": 3}), ("--ff", {"failed": 3, "passed": 7}), ("--sw", {"failed": 1, "passed": 0})],
)
def test_what_failed_last_time_runs_again(shop: pytest.Pytester, option: str, expected: dict[str, int]) -> None:
    named = ("gitops-audit.yaml", "test_own.py", "second.yaml", "--gitops-offline")
    shop.runpytest_subprocess(*named)
    outcomes = shop.runpytest_subprocess(*named, option).parseoutcomes()
    assert {name: outcomes.get(name, 0) for name in expected} == expected
    assert "errors" not in outcomes


ORDERS = {
    "turned round": "items.reverse()",
    "one of each in turn": "items.sort(key=lambda item: item.name[-1])",
    "own tests between": "items.sort(key=lambda item: hash(item.name[-1]) % 3)",
    "the sources mixed": "items[:] = items[::2] + items[1::2]",
}


@pytest.mark.parametrize("order", ORDERS.values(), ids=list(ORDERS))
def test_in_any_order(shop: pytest.Pytester, order: str) -> None:
    shop.makeconftest(f"def pytest_collection_modifyitems(items):\n    {order}\n")
    outcomes = run(shop, "-rA").parseoutcomes()
    assert outcomes == {"passed": 7, "failed": 3}


def test_fixtures_of_stock_tests_live_as_long_as_pytest_promises(shop: pytest.Pytester) -> None:
    result = run(shop, "-s")
    assert result.stdout.str().count("module taken down") == 1


def test_an_interrupted_run_ends_as_an_interrupted_one(shop: pytest.Pytester) -> None:
    shop.makeconftest(
        "def pytest_runtest_logreport(report):\n"
        "    if report.nodeid.endswith('a2') and report.when == 'call':\n        raise KeyboardInterrupt\n"
    )
    result = run(shop)
    assert result.ret == 2
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize("hook", ["setup(item)", "call(item)", "teardown(item, nextitem)", "makereport(item, call)"])
def test_a_conftest_sees_every_phase_of_every_item(shop: pytest.Pytester, hook: str) -> None:
    name = hook.partition("(")[0]
    shop.makeconftest(f"def pytest_runtest_{hook}:\n    print('saw', item.name, '{name}')\n")
    output = run(shop, "-s").stdout.str()
    assert all(f"saw ConfigMap/shop/{name}" in output for names in RESOURCES.values() for name in names.split())


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ("skip(reason='later')", {"passed": 2, "skipped": 8}),
        ("skipif(True, reason='later')", {"passed": 2, "skipped": 8}),
        ("xfail(reason='known')", {"passed": 2, "xfailed": 3, "xpassed": 5}),
        ("xfail(reason='known', strict=True)", {"passed": 2, "xfailed": 3, "failed": 5}),
    ],
)
def test_markers_that_a_conftest_adds_count(shop: pytest.Pytester, marker: str, expected: dict[str, int]) -> None:
    shop.makeconftest(
        "import pytest\n\ndef pytest_collection_modifyitems(items):\n    for item in items:\n"
        f"        if 'ConfigMap' in item.name:\n            item.add_marker(pytest.mark.{marker})\n"
    )
    assert run(shop).parseoutcomes() == expected


def test_every_item_is_one_test_case_of_pytests_junit(shop: pytest.Pytester) -> None:
    run(shop, "--junitxml=report.xml")
    suite = next(ET.parse(shop.path / "report.xml").iter("testsuite"))  # noqa: S314 - our own file
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("10", "3", "0")
