from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from gitops_audit.config.settings import ClusterConfig
from gitops_audit.errors import ClusterError, Location
from gitops_audit.live import problem
from gitops_audit.live.client import Headers, Session, displayed, kubeconfig_contexts
from gitops_audit.live.http import HttpClient
from tests.unit.live.scripted import Script, ok, status

TOKEN = "s3cr3t-t0ken"


def kubeconfig(
    path: Path, *, server: str = "http://127.0.0.1:1", user: Any = None, name: str = "k", **cluster: Any
) -> Path:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server, **cluster}}],
        "users": [{"name": name, "user": {"token": TOKEN} if user is None else user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    path.write_text(json.dumps(content))
    return path


def open_session(path: object, context: str = "") -> Session:
    return Session(ClusterConfig("prod", context=context, kubeconfig=str(path)), concurrency=2)


def asked_with(script: Script, session: Session) -> str:
    """The credentials the server saw."""
    script.on("/x", ok({}))
    HttpClient("prod", session).get("/x")
    session.close()
    return {k.lower(): v for k, v in script.requests[-1].headers.items()}.get("authorization", "")


def plugin(path: Path, script_body: str) -> dict[str, Any]:
    path.write_text(script_body)
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": sys.executable,
            "args": [str(path)],
            "interactiveMode": "Never",
        }
    }


CREDENTIAL = """
import json, pathlib
count = pathlib.Path(__file__).with_suffix(".count")
runs = int(count.read_text()) + 1 if count.exists() else 1
count.write_text(str(runs))
status = {"token": f"from-plugin-%d" % runs}
print(json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}))
"""


def test_a_token_is_sent_as_the_kubeconfig_has_it(script: Script, tmp_path: Path) -> None:
    assert asked_with(script, open_session(kubeconfig(tmp_path / "c", server=script.url))) == f"Bearer {TOKEN}"


def test_a_token_file_is_read(script: Script, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file")
    path = kubeconfig(tmp_path / "c", server=script.url, user={"tokenFile": "token"})
    assert asked_with(script, open_session(path)) == "Bearer from-file"


def test_a_name_and_password_are_sent_as_basic(script: Script, tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "c", server=script.url, user={"username": "a", "password": "b"})
    assert asked_with(script, open_session(path)) == "Basic YTpi"


def test_an_exec_plugin_gives_the_token(script: Script, tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "c", server=script.url, user=plugin(tmp_path / "p.py", CREDENTIAL))
    assert asked_with(script, open_session(path)) == "Bearer from-plugin-1"


def test_a_token_that_is_refused_is_asked_for_again(script: Script, tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "c", server=script.url, user=plugin(tmp_path / "p.py", CREDENTIAL))
    script.on("/x", status(401), ok({"a": 1}))
    session = open_session(path)
    assert HttpClient("prod", session).get("/x") == {"a": 1}
    session.close()
    assert [r.headers["authorization"] for r in script.requests] == ["Bearer from-plugin-1", "Bearer from-plugin-2"]


def test_credentials_are_renewed_once_for_all_threads(script: Script, tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "c", server=script.url, user=plugin(tmp_path / "p.py", CREDENTIAL))
    session = open_session(path)
    for _ in range(3):
        session.renew(0)
    assert asked_with(script, session) == "Bearer from-plugin-2"


@pytest.mark.parametrize(
    "body", ["import sys; sys.exit('please log in first')", "print('no json')", "print('{}')", "print(", ""]
)
def test_a_plugin_that_gives_no_credentials_is_an_error_not_an_anonymous_user(tmp_path: Path, body: str) -> None:
    path = kubeconfig(tmp_path / "c", user=plugin(tmp_path / "p.py", body))
    with pytest.raises(ClusterError) as caught:
        open_session(path)
    assert caught.value.code == problem.CREDENTIALS
    assert "exec" in caught.value.message


def test_a_plugin_that_is_not_installed_is_named(tmp_path: Path) -> None:
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-plugin"}}
    with pytest.raises(ClusterError, match="no-such-plugin"):
        open_session(kubeconfig(tmp_path / "c", user=user))


def test_several_kubeconfigs_are_one(script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = kubeconfig(tmp_path / "a", name="one")
    second = kubeconfig(tmp_path / "b", server=script.url, name="two", user={"token": "of-two"})
    monkeypatch.setenv("KUBECONFIG", f"{first}:{second}:{tmp_path / 'absent'}")
    assert kubeconfig_contexts() == ("one", "two")
    assert asked_with(script, open_session("", "two")) == "Bearer of-two"


def test_no_kubeconfig_means_no_contexts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "absent"))
    assert kubeconfig_contexts() == ()


def test_the_current_context_is_the_default(tmp_path: Path) -> None:
    assert (
        open_session(kubeconfig(tmp_path / "c", server="http://10.0.0.1:6443/base/")).server
        == "http://10.0.0.1:6443/base"
    )


def test_an_unknown_context_is_told_with_those_there_are(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "c", name="prod-eu")
    where = Location("gitops-audit.yaml", 3)
    with pytest.raises(ClusterError) as caught:
        Session(ClusterConfig("prod", context="prod-ue", kubeconfig=str(path), where=where), concurrency=1)
    assert "did you mean prod-eu?" in caught.value.hint
    assert caught.value.where == where


def test_a_kubeconfig_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(ClusterError) as caught:
        open_session(tmp_path / "absent")
    assert "there is no such file" in caught.value.hint


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "x",
        "a: [",
        "clusters: 5",
        "{}",
        "{current-context: a, contexts: [{name: a}], clusters: [], users: []}",
        "{current-context: a, contexts: [{name: a, context: {cluster: b, user: c}}], clusters: [{}], users: [5]}",
        "\x00\x01",
    ],
)
def test_a_malformed_kubeconfig_is_an_error_of_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "c").write_text(content)
    with pytest.raises(ClusterError) as caught:
        open_session(tmp_path / "c")
    assert caught.value.code == problem.CREDENTIALS
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("server", ["ftp://10.0.0.1", "10.0.0.1:6443", "unix:///x"])
def test_a_server_that_is_no_url_is_told(tmp_path: Path, server: str) -> None:
    with pytest.raises(ClusterError) as caught:
        open_session(kubeconfig(tmp_path / "c", server=server))
    assert caught.value.code == problem.CREDENTIALS


def test_a_missing_certificate_is_told(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "c", server="https://10.0.0.1", **{"certificate-authority": "absent.pem"})
    with pytest.raises(ClusterError, match=r"absent\.pem"):
        open_session(path)


def test_outside_of_a_pod_there_is_no_account_of_it() -> None:
    with pytest.raises(ClusterError) as caught:
        Session(ClusterConfig("prod", in_cluster=True), concurrency=1)
    assert "only in a pod" in caught.value.hint


def test_requests_go_through_the_proxy_of_the_kubeconfig(script: Script, tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "c", server="http://cluster.invalid", **{"proxy-url": script.url})
    script.on("/x", ok({"a": 1}))
    session = open_session(path)
    assert HttpClient("prod", session).get("/x") == {"a": 1}
    session.close()
    assert script.requests[0].target == "http://cluster.invalid/x"


def test_a_proxy_that_does_not_answer_is_told_as_such(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "c", server="http://cluster.invalid", **{"proxy-url": "http://127.0.0.1:1"})
    session = open_session(path)
    with pytest.raises(ClusterError) as caught:
        HttpClient("prod", session).get("/x")
    session.close()
    assert caught.value.code == problem.PROXY


def test_no_error_and_no_representation_holds_a_credential(script: Script, tmp_path: Path) -> None:
    url = script.url.replace("://", f"://user:{TOKEN}@")
    session = open_session(kubeconfig(tmp_path / "c", server=url))
    client = HttpClient("prod", session)
    script.on("/x", status(401, "Unauthorized", "Unauthorized"))
    with pytest.raises(ClusterError) as caught:
        client.get("/x")
    session.close()
    shown = [str(caught.value), repr(caught.value), repr(session), repr(client), session.server]
    shown += [repr(Headers(authorization=f"Bearer {TOKEN}"))]
    assert not [text for text in shown if TOKEN in text]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a:b@host:1/p?token=x#y", "https://host:1/p"),
        ("https://[::1]:6443", "https://[::1]:6443"),
        ("https://[", "an invalid URL"),
    ],
)
def test_urls_are_shown_without_what_may_be_secret(url: str, expected: str) -> None:
    assert displayed(url) == expected
