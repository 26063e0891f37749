"""The cause of drift by the record of Argo CD or Flux, in whole runs against recordings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.config.settings import ClusterConfig, Settings, SourceConfig
from gitops_audit.engine.audit import Audit
from gitops_audit.engine.events import Finished, Judged
from gitops_audit.model.finding import Drift
from gitops_audit.model.resource import JsonObject
from tests import engines
from tests.audited import drift_of
from tests.engines import SSH_URL, argo_source, deployed_at
from tests.repository import Repo
from tests.unit.source.building import served

pytestmark = pytest.mark.slow

GONE = "e" * 40
KUBECTL_APPLY = {
    "manager": "kubectl",
    "operation": "Apply",
    "apiVersion": "v1",
    "time": "2026-03-01T10:00:00Z",
    "fieldsType": "FieldsV1",
    "fieldsV1": {"f:data": {"f:a": {}}},
}


def settings_map(data: JsonObject, name: str = "settings", **metadata: Any) -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "shop", **metadata},
        "data": data,
    }


@dataclass
class Fleet:
    """A repository with one ConfigMap under `apps`, known elsewhere by its URL, and recordings of clusters."""

    folder: Path
    repo: Repo
    clusters: dict[str, list[JsonObject]] = field(default_factory=dict)
    source: SourceConfig = field(default_factory=lambda: SourceConfig("shop", "repo", path="apps"))

    def commit(self, body: JsonObject | None, path: str = "apps/settings.yaml") -> str:
        self.repo.put(path, json.dumps(body) if body else "")
        self.repo.git("add", "--all")
        return self.repo.record("change")

    def run(self) -> tuple[dict[str, Drift], tuple[str, ...]]:
        """What drifted by cluster, and what the run says of records that it could not use."""
        clusters = []
        for name, objects in self.clusters.items():
            path = self.folder / f"{name}.json"
            path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
            clusters.append(ClusterConfig(name, snapshot=path))
        settings = Settings(
            self.folder / "gitops-audit.yaml", clusters=tuple(clusters), sources=(replace(self.source),)
        )
        audit = Audit(settings)
        try:
            audit.prepare()
            events = list(audit.run())
        finally:
            audit.close()
        verdicts = [e.verdict for e in events if isinstance(e, Judged)]
        [notes] = [e.notes for e in events if isinstance(e, Finished)]
        drifts = {v.subject.key.cluster: drift_of(v) for v in verdicts if v.drift and v.drift.status != "in-sync"}
        return drifts, tuple(note for note in notes if "causes are told" in note)

    def causes(self, *objects: JsonObject) -> list[str]:
        self.clusters = {"prod": list(objects)}
        return [change.cause for change in self.run()[0]["prod"].changes]


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    repo = Repo.init(tmp_path / "repo")
    repo.git("remote", "add", "origin", SSH_URL)
    return Fleet(tmp_path, repo)


def argo(commit: str) -> Sequence[JsonObject]:
    return [engines.application(deployed_at(commit))]


def flux(commit: str) -> Sequence[JsonObject]:
    return [engines.kustomization(f"main@sha1:{commit}"), engines.git_repository()]


ENGINES = pytest.mark.parametrize("engine", [argo, flux])


@ENGINES
@pytest.mark.parametrize(
    ("deployed", "git", "live", "expected"),
    [
        ({"a": "1"}, {"a": "2"}, {"a": "1"}, "git"),
        ({"a": "1"}, {"a": "1"}, {"a": "2"}, "cluster"),
        ({"a": "1"}, {"a": "2"}, {"a": "3"}, "both"),
        ({"a": "1", "b": "1"}, {"a": "1", "b": "1"}, {"a": "1"}, "cluster"),
        ({"a": "1"}, {"a": "1", "b": "1"}, {"a": "1"}, "git"),
    ],
)
def test_the_applied_revision_tells_who_moved(
    fleet: Fleet, engine: Any, deployed: JsonObject, git: JsonObject, live: JsonObject, expected: str
) -> None:
    applied = fleet.commit(settings_map(deployed))
    fleet.commit(settings_map(git))
    assert fleet.causes(settings_map(live)) == ["unknown"]
    assert fleet.causes(settings_map(live), *engine(applied)) == [expected]


def test_the_finding_says_what_was_applied_and_by_whom(fleet: Fleet) -> None:
    applied = fleet.commit(settings_map({"a": "1"}))
    fleet.clusters = {"prod": [settings_map({"a": "2"}), *argo(applied)]}
    drifts, notes = fleet.run()
    assert drifts["prod"].reason.endswith(f"applied last from commit {applied[:10]} by Application argocd/shop")
    assert notes == ()


def test_a_hand_that_poses_as_a_deployer_is_found_out(fleet: Fleet) -> None:
    """What `kubectl apply --server-side` wrote last is no version of Git's, and no record either."""
    applied = fleet.commit(settings_map({"a": "1"}))
    live = settings_map({"a": "2"}, managedFields=[KUBECTL_APPLY])
    assert fleet.causes(live) == ["cluster"]
    assert fleet.causes(live, *argo(applied)) == ["cluster"]


@pytest.mark.parametrize(
    "source", [argo_source("./apps/", "ssh://git@git.example.com:7999/shop/deploy.git"), argo_source(repo=SSH_URL)]
)
def test_the_same_source_is_known_however_it_is_written(fleet: Fleet, source: JsonObject) -> None:
    applied = fleet.commit(settings_map({"a": "1"}))
    assert fleet.causes(settings_map({"a": "2"}), engines.application(deployed_at(applied, source))) == ["cluster"]


@pytest.mark.parametrize("source", [argo_source("other"), argo_source(repo="https://git.example.com/shop/other")])
def test_another_path_or_repository_is_no_evidence(fleet: Fleet, source: JsonObject) -> None:
    applied = fleet.commit(settings_map({"a": "1"}))
    assert fleet.causes(settings_map({"a": "2"}), engines.application(deployed_at(applied, source))) == ["unknown"]


@ENGINES
def test_a_commit_that_is_not_there_leaves_the_cause_and_is_told_once(fleet: Fleet, engine: Any) -> None:
    fleet.commit(settings_map({"a": "1"}))
    fleet.commit(settings_map({"a": "1"}, "other"), "apps/other.yaml")
    live = [settings_map({"a": "2"}), settings_map({"a": "2"}, "other")]
    assert fleet.causes(*live, *engine(GONE)) == ["unknown"]
    [note] = fleet.run()[1]
    assert note.startswith("cluster prod: causes are told without source shop, applied last from commit eeeeeeeeee by")
    assert "there is no revision" in note


def test_a_path_that_was_not_there_yet_is_told(fleet: Fleet) -> None:
    applied = fleet.commit(settings_map({}), "elsewhere/x.yaml")
    fleet.commit(settings_map({"a": "1"}))
    assert fleet.causes(settings_map({"a": "2"}), *argo(applied)) == ["unknown"]
    assert "there is no 'apps'" in fleet.run()[1][0]


def test_what_was_not_declared_or_twice_is_no_evidence(fleet: Fleet) -> None:
    body = settings_map({"a": "1"})
    fleet.commit(settings_map({}, "other"), "apps/other.yaml")
    absent = fleet.commit(None)
    fleet.commit(body)
    twice = fleet.commit(body, "apps/again.yaml")
    (fleet.repo.folder / "apps/again.yaml").unlink()
    fleet.commit(body)
    for applied in (absent, twice):
        assert fleet.causes(settings_map({"a": "2"}), settings_map({}, "other"), *argo(applied)) == ["unknown"]


def test_what_was_declared_at_another_version_is_no_evidence(fleet: Fleet) -> None:
    widget = settings_map({"a": "1"}) | {"kind": "Widget"}
    applied = fleet.commit(widget | {"apiVersion": "example.com/v1beta1"})
    fleet.commit(widget | {"apiVersion": "example.com/v1"})
    live = widget | {"apiVersion": "example.com/v1", "data": {"a": "2"}}
    assert fleet.causes(live, *argo(applied)) == ["unknown"]


def test_several_records_count_only_with_the_one_that_tracks_the_object(fleet: Fleet) -> None:
    applied = fleet.commit(settings_map({"a": "1"}))
    fleet.commit(settings_map({"a": "2"}))
    both = [engines.application(deployed_at(applied)), engines.application(deployed_at(GONE), "preview")]
    live = settings_map({"a": "1"})
    tracked = settings_map({"a": "1"}, annotations={"argocd.argoproj.io/tracking-id": "shop:/ConfigMap:shop/settings"})
    assert fleet.causes(live, *both) == ["unknown"]
    [note] = fleet.run()[1]
    assert note.endswith("its objects carry no mark of one of Application argocd/preview, Application argocd/shop")
    assert fleet.causes(tracked, *both) == ["git"]
    assert fleet.run()[1] == ()


def test_two_clusters_may_have_applied_different_revisions(fleet: Fleet) -> None:
    first, second = fleet.commit(settings_map({"a": "1"})), fleet.commit(settings_map({"a": "2"}))
    fleet.commit(settings_map({"a": "3"}))
    live = settings_map({"a": "1"})
    fleet.clusters = {"east": [live, *argo(first)], "west": [live, *flux(second)]}
    drifts, _ = fleet.run()
    assert {name: [c.cause for c in drift.changes] for name, drift in drifts.items()} == {
        "east": ["git"],
        "west": ["both"],
    }


def test_secret_values_of_an_earlier_commit_stay_tokens(fleet: Fleet) -> None:
    secret = settings_map({"a": "MTIzNDU2"}) | {"kind": "Secret"}
    applied = fleet.commit(secret)
    fleet.commit(secret | {"data": {"a": "NjU0MzIx"}})
    assert fleet.causes(secret, *argo(applied)) == ["git"]
    assert fleet.causes(secret | {"data": {"a": "eHh4eHh4"}}, *argo(applied)) == ["both"]
    drifts, notes = fleet.run()
    shown = repr(drifts) + repr(notes)
    assert "redacted" in shown
    assert not any(value in shown for value in ("MTIz", "NjU0", "eHh4", "123456", "654321", "xxxxxx"))


def test_a_work_tree_is_compared_with_what_was_applied(fleet: Fleet) -> None:
    applied = fleet.commit(settings_map({"a": "1"}))
    fleet.repo.put("apps/settings.yaml", json.dumps(settings_map({"a": "2"})))
    fleet.source = replace(fleet.source, revision="worktree")
    assert fleet.causes(settings_map({"a": "1"}), *argo(applied)) == ["git"]


def test_what_was_rendered_then_is_rendered_again(fleet: Fleet) -> None:
    fleet.repo.put("apps/kustomization.yaml", "resources: [settings.yaml]\nnamePrefix: my-\n")
    applied = fleet.commit(settings_map({"a": "1"}))
    fleet.commit(settings_map({"a": "2"}))
    assert fleet.causes(settings_map({"a": "1"}, "my-settings"), *argo(applied)) == ["git"]


def test_a_remote_repository_is_neither_fetched_nor_copied_twice(
    fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    applied = fleet.commit(settings_map({"a": "1"}))
    fleet.commit(settings_map({"a": "2"}))
    with served(tmp_path) as address:
        fleet.source = SourceConfig("shop", f"http://{address}/repo/.git", path="apps")
        source = argo_source(repo=f"ssh://git@{address}/repo/.git/")
        commands = git_commands(monkeypatch)
        assert fleet.causes(settings_map({"a": "1"}), engines.application(deployed_at(applied, source))) == ["git"]
    assert [name for name in commands if name == "fetch"] == ["fetch"]


def git_commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the git commands that ask a remote, as they come."""
    from gitops_audit.source.command import GitCommand

    found: list[str] = []
    remote = GitCommand.remote

    def counted(self: GitCommand, *arguments: str, **more: Any) -> None:
        found.append(arguments[0])
        remote(self, *arguments, **more)

    monkeypatch.setattr(GitCommand, "remote", counted)
    return found
