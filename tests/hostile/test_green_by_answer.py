"""No answer of a server makes a run green that was not compared: what comes back is damaged in every stage."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import yaml

from gitops_audit.model.resource import JsonObject
from gitops_audit.sandbox import Sandbox
from gitops_audit.sandbox.client import ApiClient
from tests.audited import Audited, audited
from tests.hostile.test_green_by_fault import DEFINITION, POOL, _object
from tests.repository import Repo
from tests.unit.live.scripted import CUT, Answer, Request, Script, ok, serving, status

Hurt = Callable[[Request, Answer], Answer]
HTML = Answer(200, b"<html>log in</html>", {"Content-Type": "text/html"})
METRICS = "metrics.k8s.io"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        client = ApiClient(running.url, running.token)
        for body in (_object("v1", "Namespace", "shop", ""), DEFINITION, *POOL.values()):
            client.apply(body)
        yield running


def _forwarded(sandbox: Sandbox, request: Request) -> Answer:
    names = ("authorization", "accept", "content-type")
    headers = {key: value for key, value in request.headers.items() if key.lower() in names}
    asked = urllib.request.Request(  # noqa: S310 - our own server on loopback
        sandbox.url + request.target, data=request.body or None, headers=headers, method=request.method
    )
    try:
        with urllib.request.urlopen(asked) as found:  # noqa: S310
            return Answer(found.status, found.read(), {"Content-Type": found.headers.get("Content-Type", "")})
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read(), {"Content-Type": error.headers.get("Content-Type", "")})


def _declare(root: Path, script: Script, sandbox: Sandbox, objects: Sequence[JsonObject], more: str) -> None:
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": script.url}}],
        "users": [{"name": "u", "user": {"token": sandbox.token}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    config = f"version: 1\nclusters: {{c: {{kubeconfig: kubeconfig}}}}\nsources: [{{name: s, path: app}}]\n{more}"
    files = {f"app/{number}.yaml": yaml.safe_dump(body) for number, body in enumerate(objects)}
    Repo.init(root).commit_files({"gitops-audit.yaml": config, **files})
    (root / "kubeconfig").write_text(yaml.safe_dump(kubeconfig))


def run(tmp_path: Path, sandbox: Sandbox, hurt: Hurt, objects: Sequence[JsonObject], more: str = "") -> Audited:
    with serving() as script:
        script.fallback = lambda request: hurt(request, _forwarded(sandbox, request))
        _declare(tmp_path / "r", script, sandbox, objects, more)
        return audited(tmp_path / "r")


def at(prefix: str, answer: Answer) -> Hurt:
    return lambda request, found: answer if request.path.startswith(prefix) else found


def of(part: str, answer: Answer) -> Hurt:
    return lambda request, found: answer if part in request.path else found


def _listed(kind: str, *items: JsonObject, **metadata: object) -> Answer:
    return ok({"kind": kind, "apiVersion": "v1", "metadata": metadata, "items": items})


ELSEWHERE = {**POOL["configmaps"], "metadata": {"name": "a", "namespace": "other"}}
UNREAD: dict[str, Hurt] = {
    **{f"schemas: {name}": at("/openapi", answer) for name, answer in {
        "404": status(404), "403": status(403), "text": Answer(200, b"\x00\xff"), "html": HTML, "empty": ok({}),
    }.items()},
    **{f"one schema: {name}": at("/openapi/v3/", answer) for name, answer in {
        "404": status(404), "html": HTML, "empty": ok({}), "cut": CUT,
    }.items()},
    **{f"object: {name}": of("configmaps", answer) for name, answer in {
        "empty": ok({}), "html": HTML, "204": Answer(204, b""), "401": status(401), "cut": CUT,
        "a Status": ok({"kind": "Status", "apiVersion": "v1", "status": "Failure"}),
        "a list of another kind": _listed("SecretList", resourceVersion="1"),
        "a redirect": Answer(302, b"", {"Location": "/login"}),
        "another object": ok(ELSEWHERE),
    }.items()},
    "no groups": lambda request, found: ok({}) if request.path == "/apis" else found,
    "no core": lambda request, found: ok({}) if request.path == "/api" else found,
}  # fmt: skip


@pytest.mark.parametrize("name", UNREAD)
def test_what_came_back_damaged_is_an_error_with_its_reason(tmp_path: Path, sandbox: Sandbox, name: str) -> None:
    found = run(tmp_path, sandbox, UNREAD[name], [POOL["configmaps"], POOL["roles"]])
    assert found.exit_code == 3
    broken = [v for v in found if v.outcome == "error"]
    assert broken
    assert all(error.rule and error.message for v in broken for error in v.unevaluated)
    assert all(v.is_compared for v in found if v.outcome == "passed")
    assert not any(v.outcome == "failed" for v in found)


def test_a_list_without_a_resource_version_is_a_list(tmp_path: Path, sandbox: Sandbox) -> None:
    def hurt(request: Request, found: Answer) -> Answer:
        return Answer(
            found.status, found.body.replace(b'"resourceVersion":"', b'"resourceVersion":"","x":"'), found.headers
        )

    found = run(tmp_path, sandbox, hurt, [POOL["configmaps"], POOL["roles"]])
    assert (found.exit_code, [v.is_compared for v in found]) == (0, [True, True])


def _with_metrics(request: Request, found: Answer) -> Answer:
    """An aggregated API that is registered and down."""
    if request.path.startswith(f"/apis/{METRICS}"):
        return status(503)
    if request.path != "/apis" or found.status != 200:
        return found
    document = json.loads(found.body)
    version = {"groupVersion": f"{METRICS}/v1beta1", "version": "v1beta1"}
    if document.get("kind") == "APIGroupList":
        document["groups"].append({"name": METRICS, "versions": [version], "preferredVersion": version})
    else:
        stale = {"version": "v1beta1", "freshness": "Stale", "resources": []}
        document["items"].append({"metadata": {"name": METRICS}, "versions": [stale]})
    return Answer(200, json.dumps(document).encode(), found.headers)


METRIC = _object(f"{METRICS}/v1beta1", "PodMetrics", "m")
SEARCH = "drift: {orphans: {enabled: true, namespaces: [shop]}}\n"


@pytest.mark.parametrize(
    ("objects", "more", "code"),
    [([], "", 0), ([METRIC], "", 3), ([], SEARCH, 3)],
    ids=["of no concern", "declared", "searched"],
)
def test_an_api_that_is_down_is_an_error_where_it_is_needed(
    tmp_path: Path, sandbox: Sandbox, objects: list[JsonObject], more: str, code: int
) -> None:
    found = run(tmp_path, sandbox, _with_metrics, [POOL["configmaps"], *objects], more)
    told = [e.message for v in found for e in v.unevaluated if METRICS in e.message]
    assert (found.exit_code, bool(told)) == (code, code != 0)
