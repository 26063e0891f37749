"""Documents for the tests of this folder, built from YAML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import dedent
from typing import Any

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.contract import RuleResult
from gitops_audit.policy.document import Document
from gitops_audit.policy.form.kyverno.load import load
from gitops_audit.policy.form.kyverno.policy import KyvernoPolicy
from gitops_audit.policy.form.kyverno.request import Request, subject_of
from gitops_audit.policy.load.documents import read
from gitops_audit.policy.loaded import policies_of
from gitops_audit.policy.testing.world import TestWorld

_POLICY = """\
apiVersion: kyverno.io/v1
kind: {kind}
metadata:
  name: sample
  annotations: {annotations}
{metadata}spec:
  rules:
  - name: rule
    match: {match}
"""


def documents(text: str) -> list[Document]:
    return read(dedent(text).encode(), "policy.yaml")


def policy(rule: str, *, match: str = "{any: [{resources: {kinds: [Pod]}}]}", annotations: str = "{}") -> KyvernoPolicy:
    """A ClusterPolicy with one rule, whose fields below `match` are given."""
    head = _POLICY.format(kind="ClusterPolicy", annotations=annotations, metadata="", match=match)
    (loaded,) = policies_of(load(read((head + _indented(rule)).encode(), "policy.yaml")))
    return loaded


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in dedent(text).strip("\n").splitlines())


def pod(*containers: JsonObject, name: str = "web", labels: Mapping[str, str] | None = None, **spec: Any) -> JsonObject:
    metadata = {"name": name, "namespace": "shop", "labels": dict(labels or {})}
    listed = [*containers] or [{"name": "a", "image": "nginx:1"}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": listed, **spec}}


def deployment(body: JsonObject) -> JsonObject:
    template = {"metadata": {"labels": body["metadata"]["labels"]}, "spec": body["spec"]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": template},
    }


def cron_job(body: JsonObject) -> JsonObject:
    job = {"spec": {"template": deployment(body)["spec"]["template"]}}
    metadata = {"name": "web", "namespace": "shop"}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata, "spec": {"jobTemplate": job}}


def results(loaded: KyvernoPolicy, body: JsonObject, *world: JsonObject) -> Sequence[RuleResult]:
    return loaded.evaluate(subject_of(body), TestWorld([body, *world]))


def verdict(loaded: KyvernoPolicy, body: JsonObject, *world: JsonObject) -> str:
    """The result of the only rule that applies, empty where none does."""
    found = results(loaded, body, *world)
    return found[0].result if found else ""


def answered(loaded: KyvernoPolicy, body: JsonObject, **request: Any) -> str:
    found = loaded.answer(Request(subject_of(body), **request), TestWorld([body]))
    return found[0].result if found else ""
