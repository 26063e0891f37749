"""Findings as an annotations report of GitLab: links from the page of a job to the lines that declare what was found.

GitLab knows links alone, so what no URL can be made for is left out. The URL is that of the project that runs the job
(`CI_PROJECT_URL`, which GitLab sets), else that of the source's repository.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from gitops_audit.model.how_many import how_many
from gitops_audit.model.result import AuditResult, SourceInfo
from gitops_audit.report.diff import shortened
from gitops_audit.report.issue import Issue, annotated, url_quoted
from gitops_audit.report.json_report import dumps

MAX_LINKS = 49
MAX_LABEL_CHARS = 255


def write(result: AuditResult, environment: Mapping[str, str] = os.environ) -> bytes:
    """The report as UTF-8; `environment`: the variables of the job."""
    sources = {source.name: source for source in result.info.sources}
    found = annotated(result)
    pairs = [(issue, url) for issue in found if (url := _url(issue, sources.get(issue.source), environment))]
    kept = pairs if len(pairs) <= MAX_LINKS else pairs[: MAX_LINKS - 1]
    links = [_link(f"{issue.severity}: {issue.text}", url) for issue, url in kept]
    if len(kept) < len(pairs):
        links.append(
            _link(f"{how_many(len(pairs) - len(kept), 'more finding')}: the JSON report has all", pairs[len(kept)][1])
        )
    return dumps({"gitops-audit": links})


def _link(label: str, url: str) -> dict[str, Any]:
    return {"external_link": {"label": shortened(label, MAX_LABEL_CHARS), "url": url}}


def _url(issue: Issue, source: SourceInfo | None, environment: Mapping[str, str]) -> str:
    """Of the line in the web view of GitLab; empty where it is not known."""
    base = environment.get("CI_PROJECT_URL") or (source.repo if source else "")
    commit = (source.commit if source else "") or environment.get("CI_COMMIT_SHA", "")
    is_web = base.startswith(("http://", "https://")) and base.isascii() and base.isprintable() and " " not in base
    if not is_web or not commit:
        return ""
    place = f"{url_quoted(commit, '')}/{url_quoted(issue.path)}#L{issue.line}"
    return f"{base.removesuffix('/').removesuffix('.git')}/-/blob/{place}"
