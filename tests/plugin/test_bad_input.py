"""Broken and hostile input, through the console script: what a user reads, and the exit code; never a traceback.

docs/explanation/evidence.md shows these messages in a table.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

import pytest

from gitops_audit.cli.main import main
from gitops_audit.sandbox.access import Rule
from tests.fleet import NAMESPACE, Deployed, manifest

IN_SYNC = 4
SIZE = 3_000_000
# A value of 3 MB is shortened: this is what a person can read.
MOST_CHARACTERS = 5_000

CONFIG_MAP = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad}\n"
CUSTOM = b"apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: bad}\n"
REMOVED = b"apiVersion: apps/v1beta1\nkind: Deployment\nmetadata: {name: bad}\n"
BIG = CONFIG_MAP + b"data: {a: " + b"x" * SIZE + b"}\n"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run of `gitops-audit` ended."""

    code: object
    output: str

    def shows(self, *patterns: str) -> None:
        lines = self.output.splitlines()
        missing = [p for p in patterns if not any(fnmatchcase(line, p) for line in lines)]
        assert not missing, f"{missing} not in:\n{self.output[:MOST_CHARACTERS]}"


Run = Callable[..., Ended]


@pytest.fixture
def run(shop: Deployed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The console script in the folder of the shop; an exception that leaves it fails the test."""

    def started(*options: str) -> Ended:
        monkeypatch.chdir(shop.root)
        monkeypatch.setattr(sys, "argv", ["gitops-audit", "check", "--quiet", *options])
        with pytest.raises(SystemExit) as end:
            main()
        return Ended(end.value.code, "".join(capsys.readouterr()))

    return started


def commit(shop: Deployed, data: bytes) -> None:
    """Adds one more file of these bytes to Git."""
    (shop.root / "apps" / "bad.yaml").write_bytes(data)
    git = ["git", "-C", str(shop.root), "-c", "user.name=Ann", "-c", "user.email=ann@example.com"]
    subprocess.run([*git, "add", "apps"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "Break it"], check=True)


def configure(shop: Deployed, old: str, new: str) -> None:
    text = shop.config.read_text(encoding="utf-8")
    assert old in text
    shop.config.write_text(text.replace(old, new), encoding="utf-8")


def alias_bomb() -> bytes:
    """Ten billion values in half a kilobyte."""
    levels = [b"  a: &a [x,x,x,x,x,x,x,x,x,x]"]
    for before, after in zip(b"abcdefghi", b"bcdefghij", strict=True):
        levels.append(b"  %c: &%c [%s]" % (after, after, b",".join([b"*%c" % before] * 10)))
    return CONFIG_MAP + b"data:\n" + b"\n".join(levels) + b"\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(
            alias_bomb(),
            "apps/bad.yaml:*: the aliases of this document make it too large (limit: aliases)",
            id="alias bomb",
        ),
        pytest.param(
            b"a: " + b"[" * 100_000 + b"]" * 100_000,
            "apps/bad.yaml:1: more than 200 mappings and lists within each other (limit: manifest depth)",
            id="deep brackets",
        ),
        pytest.param(
            b"\n".join(b" " * depth + b"a:" for depth in range(1000)),
            "apps/bad.yaml:201: more than 200 mappings and lists within each other (limit: manifest depth)",
            id="deep indentation",
        ),
        pytest.param(
            CONFIG_MAP + b"data: {a: 'b\0c'}\n", "apps/bad.yaml:4: control characters are not allowed", id="NUL"
        ),
        pytest.param(
            CONFIG_MAP + b"data: {a: caf\xe9}\n",
            "apps/bad.yaml:4: the file is not UTF-8: save it as UTF-8",
            id="Latin-1",
        ),
        pytest.param(
            CONFIG_MAP[:-2],
            "apps/bad.yaml:*: while parsing a flow mapping: did not find expected ',' or '}'",
            id="a bracket is missing",
        ),
        pytest.param(
            b"kind: ConfigMap\nmetadata:\n\tname: bad\n",
            "apps/bad.yaml:3: *a tab is used as indentation, YAML takes only spaces",
            id="tab",
        ),
    ],
)
def test_a_broken_file_is_a_finding_and_the_rest_is_audited(
    shop: Deployed, run: Run, data: bytes, message: str
) -> None:
    commit(shop, data)
    ended = run()
    ended.shows("File/apps/bad.yaml *", f"  invalid {message}", f"5 resources: {IN_SYNC} passed, 1 failed, 0 error, *")
    assert ended.code == 1
    assert len(ended.output) < MOST_CHARACTERS


def test_a_link_out_of_the_repository_is_a_finding_where_it_may_hide_a_manifest(shop: Deployed, run: Run) -> None:
    (shop.root / "apps" / "link.txt").symlink_to("/etc/passwd")
    (shop.root / "apps" / "link.yaml").symlink_to("/etc/passwd")
    commit(shop, CONFIG_MAP)
    ended = run("--offline")
    told = [line for line in ended.output.splitlines() if "symbolic link" in line]
    assert told == [
        "  invalid apps/link.yaml:1: not read: the symbolic link leads out of the repository; "
        "put its content there, or name it in `exclude`"
    ]
    assert "root:" not in ended.output
    assert ended.code == 1


@pytest.mark.parametrize(
    ("old", "new", "messages"),
    [
        pytest.param(
            "sources:",
            "souces:",
            ["*gitops-audit.yaml:4: unknown key 'souces' [[]GA103]", "  did you mean 'sources'[?] valid keys: *"],
            id="a key",
        ),
        pytest.param(
            "namespace:",
            "namepsace:",
            [
                "*gitops-audit.yaml:5: unknown key 'namepsace' in sources[[]0] [[]GA103]",
                "  did you mean 'namespace'[?] *",
            ],
            id="a key of a source",
        ),
        pytest.param(
            "namespace: shop",
            "clusters: [tset]",
            ["*gitops-audit.yaml:5: there is no cluster 'tset' [[]GA106]", "  did you mean 'test'[?] clusters: test"],
            id="the name of a cluster",
        ),
        pytest.param("version: 1", "version: [1", ["error: *gitops-audit.yaml:*GA10*"], id="broken YAML"),
    ],
)
def test_a_typo_in_the_configuration_is_a_usage_error_with_its_line(
    shop: Deployed, run: Run, old: str, new: str, messages: list[str]
) -> None:
    configure(shop, old, new)
    ended = run()
    ended.shows(*messages)
    assert ended.code == 2


def test_without_a_configuration_the_user_is_told_how_to_get_one(shop: Deployed, run: Run) -> None:
    shop.config.unlink()
    ended = run()
    ended.shows("error: there is no gitops-audit.yaml in *GA102*", "  `gitops-audit config init` writes a start; *")
    assert ended.code == 2


def test_a_revision_that_is_not_there_is_an_error(shop: Deployed, run: Run) -> None:
    ended = run("--revision", "no-such")
    ended.shows(
        "  could not be evaluated: there is no revision 'no-such' in *. branches and tags: main [[]GA204]",
        "source shop: not read",
        "1 resource: 0 passed, 0 failed, 1 error, 0 skipped",
    )
    assert ended.code == 3


@pytest.mark.parametrize(
    ("new", "message"),
    [
        pytest.param("path: aps", "there is no 'aps' in *. did you mean 'apps'[?] *GA206*", id="path"),
        pytest.param("path: apps, repo: ../nowhere", "there is no directory *nowhere. *GA202*", id="directory"),
        pytest.param(
            'path: apps, repo: "http://ann:hidden@127.0.0.1:1/x.git"',
            "http://127.0.0.1:1/x.git cannot be fetched: *GA251*",
            id="URL",
        ),
    ],
)
def test_a_repository_that_cannot_be_read_is_an_error(shop: Deployed, run: Run, new: str, message: str) -> None:
    configure(shop, "path: apps", new)
    ended = run()
    ended.shows(f"  could not be evaluated: {message}", "source shop: not read")
    assert "hidden" not in ended.output
    assert ended.code == 3


def test_a_cluster_that_is_down_makes_errors(shop: Deployed, run: Run) -> None:
    shop.sandbox.stop()
    ended = run()
    ended.shows(
        f"*{IN_SYNC} resources could not be evaluated: cluster test: http://127.0.0.1:* cannot be reached: *[[]GA302]",
        "cluster test: not read",
        f"{IN_SYNC} resources: 0 passed, 0 failed, {IN_SYNC} error, 0 skipped",
    )
    assert ended.code == 3


@pytest.mark.parametrize(
    ("context", "message"),
    [
        pytest.param("", "*kubeconfig cannot be used: *GA301*", id="no kubeconfig"),
        pytest.param(", context: prd", "*, context prd cannot be used: *GA301*", id="no such context"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_makes_errors(shop: Deployed, run: Run, context: str, message: str) -> None:
    configure(shop, "kubeconfig: kubeconfig", f"kubeconfig: kubeconfig{context}")
    if not context:
        (shop.root / "kubeconfig").unlink()
    ended = run()
    ended.shows(f"*{IN_SYNC} resources could not be evaluated: cluster test: {message}")
    assert ended.code == 3


def test_a_kind_that_may_not_be_listed_makes_errors_that_name_the_missing_rule(shop: Deployed, run: Run) -> None:
    rule = Rule(verbs=["get", "list"], groups=["", "apps"], resources=["configmaps", "deployments", "services"])
    shop.sandbox.user("limited", rules=[rule])
    shop.sandbox.write_kubeconfig(shop.root / "kubeconfig", user="limited")
    ended = run()
    ended.shows(
        "Secret/shop/credentials *",
        "  could not be evaluated: the credentials may neither list nor get secrets in namespace shop; add to a Role *"
        '{apiGroups: [[]""], resources: [[]"secrets"], verbs: [[]"get", "list"]} [[]GA305]',
        "4 resources: 3 passed, 0 failed, 1 error, 0 skipped",
    )
    assert ended.code == 3


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(
            CUSTOM,
            "the cluster does not serve Widget at example.com/v1: is its CustomResourceDefinition installed[?] *GA320*",
            id="no definition",
        ),
        pytest.param(
            REMOVED,
            "the cluster does not serve Deployment at apps/v1beta1: it serves Deployment at apps/v1 [[]GA320]",
            id="removed version",
        ),
    ],
)
def test_a_kind_that_is_not_served_is_an_error(shop: Deployed, run: Run, data: bytes, message: str) -> None:
    commit(shop, data)
    ended = run()
    ended.shows(f"  could not be evaluated: {message}", f"5 resources: {IN_SYNC} passed, 0 failed, 1 error, 0 skipped")
    assert ended.code == 3


def test_a_config_map_of_3_mb_is_missing_since_no_server_takes_it(shop: Deployed, run: Run) -> None:
    commit(shop, BIG)
    ended = run()
    ended.shows("ConfigMap/shop/bad: missing *", f"5 resources: {IN_SYNC} passed, 1 failed, 0 error, 0 skipped")
    assert ended.code == 1
    assert len(ended.output) < MOST_CHARACTERS


def test_of_a_value_of_3_mb_the_difference_is_shown_shortened(shop: Deployed, run: Run) -> None:
    commit(shop, BIG)
    shop.client.apply(manifest("ConfigMap", "bad", data={"a": "y" * 900_000}), namespace=NAMESPACE)
    ended = run()
    ended.shows("ConfigMap/shop/bad: modified *", "*data.a: xxx*characters*yyy*characters*")
    assert ended.code == 1
    assert len(ended.output) < MOST_CHARACTERS
