"""No fault of a server, a recording or a selection leads to a green run: searched for over faults and stages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_audit.cli.main import cli
from gitops_audit.engine.options import Shard
from gitops_audit.model.resource import JsonObject
from gitops_audit.sandbox import Rule, Sandbox
from gitops_audit.sandbox.client import ApiClient
from tests.audited import Audited, audited
from tests.command import run_pytest
from tests.recording import write_recording
from tests.repository import Repo


def _object(api_version: str, kind: str, name: str, namespace: str = "shop", **fields: object) -> JsonObject:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


DEFINITION = _object(
    "apiextensions.k8s.io/v1",
    "CustomResourceDefinition",
    "widgets.example.com",
    "",
    spec={
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
)
ROLE_RULES = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
POOL: dict[str, JsonObject] = {
    "configmaps": _object("v1", "ConfigMap", "a", data={"k": "v"}),
    "secrets": _object("v1", "Secret", "s", type="Opaque", data={"k": "dg=="}),
    "roles": _object("rbac.authorization.k8s.io/v1", "Role", "r", rules=ROLE_RULES),
    "clusterroles": _object("rbac.authorization.k8s.io/v1", "ClusterRole", "c", "", rules=ROLE_RULES),
    "widgets": _object("example.com/v1", "Widget", "w", spec={"size": 1}),
}
KINDS = sorted(POOL)


@dataclass(frozen=True)
class Fault:
    """What keeps a run from reading: `hidden` are the kinds it hides, all where None."""

    key: str
    hidden: frozenset[str] | None = None
    matches: tuple[tuple[str, int], ...] = ()
    rules: Sequence[Rule] | None = None
    is_dead: bool = False

    def hides(self, kinds: Sequence[str]) -> bool:
        return self.hidden is None or bool(self.hidden.intersection(kinds))


def _without(kind: str) -> Fault:
    others = [k for k in (*KINDS, "customresourcedefinitions", "namespaces") if k != kind]
    rules = [Rule(verbs=["*"], resources=others, groups=["*"])]
    return Fault(f"forbidden {kind}", frozenset({kind}), rules=rules)


def _answered(kind: str, status: int) -> Fault:
    return Fault(f"{status} for {kind}", frozenset({kind}), ((rf"GET /.*/{kind}(/|\?|$)", status),))


SOUND = Fault("none", frozenset())
FAULTS = [
    *(_without(kind) for kind in KINDS),
    *(_answered(kind, status) for kind in KINDS for status in (401, 403, 404, 405, 406, 410)),
    Fault("nothing allowed", rules=[]),
    Fault("lists only", rules=[Rule(verbs=["list"], resources=["configmaps"], groups=[""], namespaces=["none"])]),
    Fault("dead", is_dead=True),
    Fault("no discovery", matches=((r"GET /apis?(\?|$)", 403),)),
    Fault("no core", frozenset({"configmaps", "secrets"}), ((r"GET /api(\?|/v1(\?|$)|$)", 403),)),
    Fault("no version", matches=((r"GET /version", 401), (r"GET /api", 401))),
]
UNTYPED = Fault("no schemas", None, ((r"GET /openapi", 403),))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        client = ApiClient(running.url, running.token)
        for body in (_object("v1", "Namespace", "shop", ""), DEFINITION, *POOL.values()):
            client.apply(body)
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("green")


@contextmanager
def _hurt(sandbox: Sandbox, fault: Fault, root: Path) -> Iterator[None]:
    sandbox.user("few", fault.rules)
    for match, status in fault.matches:
        sandbox.faults.add(match, status=status)
    try:
        path = sandbox.write_kubeconfig(root / "kubeconfig", user="few")
        if fault.is_dead:
            path.write_text(path.read_text().replace(f":{sandbox.port}", ":9"))
        yield
    finally:
        sandbox.faults.clear()


def _declare(root: Path, sources: Sequence[Sequence[str]], more: str = "") -> None:
    """One source for each list of kinds."""
    shutil.rmtree(root, ignore_errors=True)
    names = "".join(f"  - {{name: s{n}, path: p{n}}}\n" for n in range(len(sources)))
    config = f"version: 1\nclusters:\n  c: {{kubeconfig: kubeconfig}}\nsources:\n{names}{more}"
    files = {f"p{n}/{kind}.yaml": yaml.safe_dump(POOL[kind]) for n, kinds in enumerate(sources) for kind in kinds}
    Repo.init(root).commit_files({"gitops-audit.yaml": config, **files})


def _is_answered(run: Audited) -> bool:
    return all(v.is_compared and v.is_evaluated and v.outcome == "passed" for v in run)


def _codes(root: Path) -> tuple[Audited, int]:
    run = audited(root)
    shown = CliRunner().invoke(cli, ["diff", "-q", "-c", str(root / "gitops-audit.yaml")])
    return run, shown.exit_code


@st.composite
def _declared(draw: st.DrawFn) -> list[list[str]]:
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4, unique=True))
    cut = draw(st.integers(min_value=1, max_value=len(kinds)))
    return [part for part in (kinds[:cut], kinds[cut:]) if part]


@settings(max_examples=25, deadline=None)
@given(sources=_declared(), fault=st.sampled_from([SOUND, UNTYPED, *FAULTS]))
def test_what_a_server_hides_is_never_green(
    sandbox: Sandbox, folder: Path, sources: list[list[str]], fault: Fault
) -> None:
    root = folder / "server"
    _declare(root, sources)
    kinds = [kind for part in sources for kind in part]
    with _hurt(sandbox, fault, root):
        run, shown = _codes(root)
    assert {v.subject.source for v in run} >= {f"s{n}" for n in range(len(sources))}
    assert len(run.verdicts) == len(kinds)
    if fault is SOUND:
        assert (run.exit_code, shown) == (0, 0)
    if fault is not SOUND and fault is not UNTYPED and fault.hides(kinds):
        assert run.exit_code != 0
        assert shown != 0
    if run.exit_code == 0:
        assert _is_answered(run)


def _recorded(root: Path, name: str, kinds: Sequence[str]) -> None:
    write_recording(root / name, *(POOL[kind] for kind in kinds))


WAIVER = """\
drift:
  ignore:
    - {{match: {{kind: "{kind}"}}, statuses: [missing], owner: a, reason: accepted, expires: "{expires}"}}
"""


@settings(max_examples=25, deadline=None)
@given(
    sources=_declared(),
    held=st.lists(st.sampled_from(KINDS), min_size=1, unique=True),
    waived=st.sampled_from(["", "ConfigMap", "Role", "*"]),
    expires=st.sampled_from(["2020-01-01", "2999-01-01"]),
    chosen=st.sampled_from([(), ("s0",)]),
    shards=st.sampled_from([1, 2, 3]),
    other=st.booleans(),
)
def test_what_a_recording_or_a_selection_leaves_out_is_never_green(
    folder: Path,
    sources: list[list[str]],
    held: list[str],
    waived: str,
    expires: str,
    chosen: tuple[str, ...],
    shards: int,
    other: bool,
) -> None:
    root = folder / "recorded"
    _declare(root, sources, WAIVER.format(kind=waived, expires=expires) if waived else "")
    config = root / "gitops-audit.yaml"
    config.write_text(config.read_text().replace("kubeconfig: kubeconfig", "snapshot: rec.json"))
    _recorded(root, "rec.json", held)
    _recorded(root, "other.json", ["configmaps"])
    snapshot = {"snapshot": root / "other.json"} if other else {}
    parts = [Shard(part, shards) for part in range(1, shards + 1)] if shards > 1 else [None]
    runs = [audited(root, sources=chosen, shard=part, **snapshot) for part in parts]
    wanted = [kind for part in sources[: len(chosen) or None] for kind in part]
    assert sum(len(run.verdicts) for run in runs) == len(wanted)
    recorded = {"configmaps"} if other else set(held)
    if all(run.exit_code == 0 for run in runs):
        assert recorded.issuperset(wanted)
        assert all(v.is_compared for run in runs for v in run)


BROKEN = {"broken": "a: [\n", "misspelt": "ApiVersion: v1\nKind: ConfigMap\nmetadata: {name: a}\n"}
GENERATED = "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-, namespace: shop}\n"


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_comparison_says_what_it_could_not_read(folder: Path, text: str) -> None:
    root = folder / "unread"
    _declare(root, [["configmaps"]])
    (root / "gitops-audit.yaml").write_text(
        "version: 1\nclusters:\n  c: {snapshot: rec.json}\nsources:\n  - {name: s0, path: p0}\n"
    )
    _recorded(root, "rec.json", ["configmaps"])
    Repo(root, day=2).commit_files({"p0/broken.yaml": text})
    shown = CliRunner().invoke(cli, ["diff", "-q", "-c", str(root / "gitops-audit.yaml")])
    assert "p0/broken.yaml" in shown.output
    assert shown.exit_code == 1


def test_a_comparison_needs_an_object_of_every_source(folder: Path) -> None:
    root = folder / "uncompared"
    _declare(root, [["configmaps"], ["secrets"]])
    config = root / "gitops-audit.yaml"
    config.write_text(config.read_text().replace("kubeconfig: kubeconfig", "snapshot: rec.json"))
    _recorded(root, "rec.json", ["configmaps"])
    Repo(root, day=2).commit_files({"p1/secrets.yaml": GENERATED})
    shown = CliRunner().invoke(cli, ["diff", "-q", "-c", str(config)])
    assert "nothing of source s1 was compared with cluster c" in shown.output
    assert shown.exit_code == 3


TWO = "clusters:\n  c: {snapshot: rec.json}\n  e: {snapshot: rec.json}\n"


@pytest.mark.parametrize(
    ("more", "options", "code"),
    [
        ("", {}, 3),
        ("", {"sources": ("s",)}, 0),
        ("", {"clusters": ("c",)}, 0),
        ("", {"offline": True}, 0),
        ("drift: {orphans: {enabled: true, namespaces: [shop]}}\n", {}, 1),
        ("drift: {orphans: {enabled: true, namespaces: [unrecorded]}}\n", {}, 3),
    ],
    ids=str,
)
def test_a_cluster_of_which_nothing_was_audited_is_not_green(
    repository: Repo, more: str, options: JsonObject, code: int
) -> None:
    config = f"version: 1\n{TWO}sources:\n  - {{name: s, path: p, clusters: [c]}}\n{more}"
    files = {"gitops-audit.yaml": config, "p/a.yaml": yaml.safe_dump(POOL["configmaps"])}
    repository.commit_files(files)
    _recorded(repository.folder, "rec.json", ["configmaps"])
    assert audited(repository.folder, **options).exit_code == code


@pytest.mark.parametrize("options", [[], ["--gitops-split-checks"]], ids=["", "split"])
def test_pytest_tells_a_cluster_of_which_nothing_was_audited(repository: Repo, options: list[str]) -> None:
    config = f"version: 1\n{TWO}sources:\n  - {{name: s, path: p, clusters: [c]}}\n"
    repository.commit_files({"gitops-audit.yaml": config, "p/a.yaml": yaml.safe_dump(POOL["configmaps"])})
    _recorded(repository.folder, "rec.json", ["configmaps"])
    ran = run_pytest("gitops-audit.yaml", *options, cwd=repository.folder)
    assert "nothing is declared for cluster e" in ran.out
    assert ran.code == 1
