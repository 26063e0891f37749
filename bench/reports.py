"""`python -m bench.reports [RESOURCES]`: what each report format costs, with a tenth of the resources failing.

Each format is written in a process of its own, forked with the finished audit in memory: seconds of CPU, bytes, and how
far the memory grew.
"""

from __future__ import annotations

import argparse
import multiprocessing
import platform
import resource
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Any

from gitops_audit.live.workers import without_garbage_collection
from gitops_audit.model.finding import Change, Drift, FieldOwner, PolicyResult
from gitops_audit.model.resource import Commit, Declared, Origin, ResourceKey
from gitops_audit.model.result import AuditResult, ClusterInfo, RunInfo, SourceInfo, Summary
from gitops_audit.model.verdict import Verdict
from gitops_audit.report.registry import FORMATS

CLUSTERS, SOURCES, FAILING = 5, 20, 10


def finished(count: int) -> AuditResult:
    """An audit of Deployments of the usual size; every tenth is scaled by hand and violates a policy."""
    verdicts = list(_verdicts(count))
    summary = Summary()
    for verdict in verdicts:
        summary.add(verdict)
    info = RunInfo(
        "2026-01-01T00:00:00Z",
        tuple(ClusterInfo(f"prod-{n}", "v1.36.2") for n in range(CLUSTERS)),
        tuple(
            SourceInfo(f"source-{n}", "https://git.example.com/fleet.git", "main", "c" * 40, "") for n in range(SOURCES)
        ),
    )
    return AuditResult(info, "2026-01-01T00:01:40Z", summary, verdicts)


def _verdicts(count: int) -> Iterator[Verdict]:
    by = FieldOwner("kubectl-edit", "Update", "", "2026-01-01T00:00:00Z", "interactive", user="ann@example.com")
    commit = Commit("c" * 40, "Ann", "2025-12-01T00:00:00Z", "Declare the shop")
    for number in range(count):
        key = ResourceKey(f"prod-{number % CLUSTERS}", "apps", "Deployment", f"team-{number % 500}", f"web-{number}")
        origin = Origin(f"apps/team-{number % 500}/web-{number}.yaml", 1)
        subject = Declared(key, f"source-{number % SOURCES}", "v1", _deployment(key), origin)
        if number % FAILING:
            yield Verdict.of(subject, "passed", Drift("in-sync", confirmed=True))
            continue
        changes = (
            Change("changed", "/spec/replicas", "spec.replicas", 3, 5, "cluster", by=by),
            Change("added", "/metadata/labels/debug", "metadata.labels.debug", live="yes", cause="cluster", by=by),
        )
        policies = (PolicyResult("require-limits", "cpu", "fail", message="set a limit", path="spec.template.spec"),)
        yield Verdict.of(subject, "failed", Drift("modified", changes, confirmed=True), policies, commit=commit)


def _deployment(key: ResourceKey) -> dict[str, Any]:
    labels = {"app": key.name, "team": key.namespace}
    container = {
        "name": "web",
        "image": f"registry.example.com/{key.name}:1.2.3",
        "ports": [{"containerPort": 8080}],
        "env": [{"name": f"SETTING_{n}", "value": f"value {n}"} for n in range(8)],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": key.name, "namespace": key.namespace, "labels": labels},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": key.name}},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def run(count: int) -> str:
    """A Markdown table."""
    result = finished(count)
    rows = [f"| `--{name}` | {_measured(result, name)} |" for name in FORMATS]
    head = ["| format | CPU s | MB | files | memory MB |", "|---|---:|---:|---:|---:|"]
    return "\n".join([f"{count} resources, one in {FAILING} failing\n", *head, *rows])


def _measured(result: AuditResult, name: str) -> str:
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    child = context.Process(target=_write, args=(result, name, there))
    child.start()
    told: str = here.recv()
    child.join()
    return told


def _write(result: AuditResult, name: str, told: Connection) -> None:
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start_s = time.process_time()
    with without_garbage_collection():  # as the report files of a run are written
        files = FORMATS[name].parts(result)
    spent_s = time.process_time() - start_s
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) / 1024
    told.send(f"{spent_s:.2f} | {sum(map(len, files)) / 1e6:.1f} | {len(files)} | {grown_mb:.0f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.reports", description=__doc__)
    parser.add_argument("resources", nargs="?", type=int, default=100_000)
    print(f"Python {platform.python_version()}\n\n{run(parser.parse_args().resources)}")
