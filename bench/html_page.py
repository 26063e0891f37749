"""What the HTML report costs: writing it, its size, and what a person waits for in a real Chromium."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from gitops_audit.model.finding import Change, Drift, FieldOwner, PolicyResult, Severity
from gitops_audit.model.resource import Commit, Declared, Origin, ResourceKey
from gitops_audit.model.result import AuditResult, ClusterInfo, PolicyInfo, RunInfo, SourceInfo, Summary
from gitops_audit.model.verdict import Verdict
from gitops_audit.report import html_report
from tests.browser import chromium

_KINDS = (
    ("apps", "Deployment"),
    ("", "ConfigMap"),
    ("", "Service"),
    ("batch", "CronJob"),
    ("networking.k8s.io", "Ingress"),
)
_FAILING_OF, _POLICIES, _CLUSTERS, _SOURCES = 10, 20, 7, 41
_COMMIT = Commit("a" * 40, "Ann", "2026-01-01T00:00:00Z", "Declare the fleet")
# Each is a filter by another address; the first use of words makes what is searched.
_STEPS = {
    "a cluster": "#resources?cluster=cluster-3",
    "three filters": "#resources?cluster=cluster-3&status=failed&severity=high",
    "first words": "#resources?q=app-777",
    "words": "#resources?q=debug+kubectl-scale",
    "no filter": "#resources",
}
_TIMED = """address => { const start = performance.now(); history.replaceState(null, '', address);
  dispatchEvent(new HashChangeEvent('hashchange')); document.getElementById('list').getBoundingClientRect();
  return performance.now() - start }"""


def run(count: int) -> str:
    """A page of `count` resources, a tenth of which fail with three findings each; a Markdown table."""
    result = fleet(count)
    start, worked = time.perf_counter(), time.process_time()
    page = html_report.write(result)
    rows = [
        ("written, s", f"{time.perf_counter() - start:.1f}"),
        ("processor time of it, s", f"{time.process_time() - worked:.1f}"),
        ("size, MB", f"{len(page) / 1e6:.1f}"),
    ]
    if chromium.found():
        rows += _in_browser(page)
    head = f"{count} resources, {count // _FAILING_OF} failing\n\n| what | figure |\n|---|---:|\n"
    return head + "\n".join(f"| {name} | {figure} |" for name, figure in rows)


def _in_browser(content: bytes) -> list[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as folder, chromium.launched("--enable-precise-memory-info") as browser:
        path = Path(folder) / "report.html"
        path.write_bytes(content)
        page = browser.new_page()
        start = time.perf_counter()
        page.goto(path.as_uri())
        page.locator("h1").first.wait_for()
        rows = [("opened, s", f"{time.perf_counter() - start:.1f}")]
        timed = {name: page.evaluate(_TIMED, address) for name, address in {"the list": "#resources", **_STEPS}.items()}
        rows += [(f"{name}, ms", f"{figure:.0f}") for name, figure in timed.items()]
        return [*rows, ("memory of the page, MB", f"{_heap(page):.0f}")]


def _heap(page: Any) -> float:
    return float(page.evaluate("performance.memory.usedJSHeapSize")) / 1e6


def fleet(count: int) -> AuditResult:
    """A finished audit of so many resources, with twenty policies on each."""
    passes = tuple(PolicyResult(f"policy-{n}", "rule", "pass") for n in range(_POLICIES))
    summary, verdicts = Summary(), [_verdict(number, passes) for number in range(count)]
    for verdict in verdicts:
        summary.add(verdict)
    info = RunInfo(
        "2026-01-01T00:00:00Z",
        tuple(ClusterInfo(f"cluster-{n}", "v1.36") for n in range(_CLUSTERS)),
        tuple(SourceInfo(f"team-{n}", ".", "main", "a" * 40, f"apps/team-{n}") for n in range(_SOURCES)),
        policies=tuple(PolicyInfo(f"policy-{n}", f"Policy {n}", standards=("CIS: 5.2",)) for n in range(_POLICIES)),
    )
    return AuditResult(info, "2026-01-01T00:01:00Z", summary, verdicts)


def _verdict(number: int, passes: tuple[PolicyResult, ...]) -> Verdict:
    group, kind = _KINDS[number % len(_KINDS)]
    source = f"team-{number % _SOURCES}"
    key = ResourceKey(f"cluster-{number % _CLUSTERS}", group, kind, f"ns-{number % 300}", f"app-{number}")
    subject = Declared(key, source, "v1", {}, Origin(f"apps/{source}/app-{number // 5}.yaml", number % 90 + 1))
    if number % _FAILING_OF:
        return Verdict.of(subject, "passed", Drift("in-sync", confirmed=True), passes)
    tenth = number // _FAILING_OF
    by = FieldOwner(("kubectl-edit", "kubectl-scale", "operator")[tenth % 3], "Update", "", "2026-01-01T00:00:00Z")
    image = "registry.example.com/shop/web:1."
    path = "spec.template.spec.containers[name=web]"
    changes = (
        Change("changed", "/spec/replicas", "spec.replicas", 3, tenth % 9 + 4, "cluster", Severity(tenth % 5), by),
        Change("changed", "/spec/image", f"{path}.image", f"{image}{tenth % 50}", f"{image}{tenth % 50}-debug", by=by),
    )
    broken = PolicyResult("policy-1", "rule", "fail", Severity.high, "container web has no limits", f"{path}.resources")
    return Verdict.of(subject, "failed", Drift("modified", changes, confirmed=True), (*passes, broken), commit=_COMMIT)
