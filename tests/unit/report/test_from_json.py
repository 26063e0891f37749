from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from gitops_audit.errors import ConfigError
from gitops_audit.model.finding import Drift, Problem
from gitops_audit.model.resource import ResourceKey
from gitops_audit.model.result import AuditResult, BaseInfo, ClusterInfo, ShardInfo
from gitops_audit.model.subject import Undeclared, Unread
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import json_report
from gitops_audit.report.from_json import read
from gitops_audit.report.merge import merged
from gitops_audit.report.registry import FORMATS
from tests.reported import INFO, finished, hostile, of_a_change, of_everything, remediated, resource, scaled


def odd_subjects() -> AuditResult:
    extra = Drift("extra", reason="declared nowhere")
    undeclared = Undeclared(ResourceKey("prod", "", "Secret", "shop", "left"), "v1", extra)
    unread = Unread(ResourceKey("prod", "", "File", "", "a.yaml"), "shop", resource("x").origin, Problem("GA210", "m"))
    skipped = Verdict.of(resource("a", source="other"), "skipped", skip_reason="no schema", unchecked="no schema")
    twin = replace(resource("hook"), twin=2)
    return finished(
        [
            Verdict.of(undeclared, "failed", extra),
            Verdict.of(unread, "error", errors=(Problem("GA210", "m"),)),
            skipped,
            Verdict.of(twin, "skipped", skip_reason="a hook"),
        ]
    )


RESULTS = {
    "empty": finished([]),
    "everything": of_everything(),
    "odd": odd_subjects(),
    "hostile": hostile(),
    "remediated": remediated(),
    "change": of_a_change(scaled("added"), stood_before=[scaled("known")]),
}


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_a_report_that_was_read_back_is_written_the_same(result: AuditResult) -> None:
    written = json_report.write(result)
    assert json_report.write(read(written, "r.json")) == written


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"junit"}))
@pytest.mark.parametrize("what", sorted(RESULTS.keys() - {"hostile"}))
def test_every_format_is_the_same_from_the_report(what: str, name: str) -> None:
    result = RESULTS[what]
    back = read(json_report.write(result), "r.json")
    assert FORMATS[name].write(back) == FORMATS[name].write(result)


@pytest.mark.parametrize("data", [b"", b"{}", b"[1", b"null", b"[" * 5_000, b"\xff"])
def test_what_is_no_report_is_an_error_that_names_the_file(data: bytes) -> None:
    with pytest.raises(ConfigError, match=r"r\.json is no JSON report") as caught:
        read(data, "r.json")
    assert caught.value.code == "GA604"


def test_a_time_without_a_zone_is_an_error() -> None:
    report = orjson.loads(json_report.write(of_everything())) | {"startedAt": "2026-01-01T00:00:00"}
    with pytest.raises(ConfigError, match="has no zone"):
        read(orjson.dumps(report), "r.json")


def test_a_time_that_is_none_is_an_error() -> None:
    report = orjson.loads(json_report.write(finished([]))) | {"startedAt": "yesterday"}
    with pytest.raises(ConfigError):
        read(orjson.dumps(report), "r.json")


def shard(index: int, count: int, *names: str, commit: str = "abc") -> AuditResult:
    sources = tuple(replace(s, commit=commit) for s in INFO.sources)
    return finished([scaled(n) for n in names], info=replace(INFO, sources=sources, shard=ShardInfo(index, count)))


def of_other(**about: Any) -> AuditResult:
    """A second shard that is not of the same audit."""
    second = shard(2, 2, "b")
    return replace(second, info=replace(second.info, **about))


def test_shards_of_a_change_are_merged_with_what_each_renders_otherwise() -> None:
    whole = of_a_change(scaled("a"), scaled("b"), diffs=2)
    assert whole.base is not None
    parts = {
        str(n): replace(
            of_a_change(scaled(name)),
            info=replace(INFO, shard=ShardInfo(n, 2)),
            base=replace(whole.base, changes=(change,)),
        )
        for n, (name, change) in enumerate(zip("ab", whole.base.changes, strict=True), 1)
    }
    assert json_report.write(merged(parts)) == json_report.write(whole)


def test_a_report_keeps_the_version_that_audited() -> None:
    old = replace(of_everything(), info=replace(INFO, version="0.0.1"))
    back = read(json_report.write(old), "r.json")
    for name in ("json", "metrics", "sarif", "html"):
        assert b"0.0.1" in FORMATS[name].write(back)


def test_shards_are_merged_to_the_report_of_the_whole() -> None:
    one = merged({"2": shard(2, 2, "b"), "1": shard(1, 2, "a")})
    whole = finished([scaled("a"), scaled("b")])
    assert json_report.write(one) == json_report.write(whole)


@pytest.mark.parametrize(
    ("shards", "reason"),
    [
        ([shard(1, 2, "a")], "1 of 2 shards is missing: 2/2"),
        ([shard(1, 2, "a"), shard(1, 2, "b")], "are both the shard 1/2"),
        ([shard(1, 2, "a"), shard(2, 3, "b")], "audits with 2, 3 shards"),
        ([shard(1, 2, "a"), shard(2, 2, "a")], "both have prod/shop/Deployment"),
        ([shard(1, 2, "a"), shard(2, 2, "b", commit="def")], "different commits"),
        ([shard(1, 2, "a"), finished([])], "is the report of a whole audit"),
        ([shard(1, 2, "a"), of_other(version="0.0.1")], r"version of gitops-audit differs: 0 has .*, 1 has 0\.0\.1"),
        ([shard(1, 2, "a"), of_other(clusters=(ClusterInfo("eu", ""),))], "list of clusters differs"),
        ([shard(1, 2, "a"), of_other(sources=())], "list of sources differs: 0 has shop, 1 has none"),
        ([shard(1, 2, "a"), replace(shard(2, 2, "b"), base=BaseInfo("main", "abc"))], "base differs"),
    ],
)
def test_what_is_not_one_audit_is_not_merged(shards: list[AuditResult], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason) as caught:
        merged({str(n): one for n, one in enumerate(shards)})
    assert caught.value.code == "GA605"
