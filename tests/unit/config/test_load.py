from __future__ import annotations

import contextlib
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tuned
from hypothesis import strategies as st

from gitops_audit.config.load import load, locate
from gitops_audit.config.problem import InvalidConfigError
from gitops_audit.config.settings import (
    ClusterConfig,
    DriftConfig,
    ExceptionRule,
    IgnoreRule,
    KubernetesConfig,
    OrphanConfig,
    PolicyRef,
    RedactRule,
    Settings,
    SourceConfig,
)
from gitops_audit.errors import ConfigError, Location
from gitops_audit.kube.match import Match
from gitops_audit.model.finding import Severity

MINIMAL = "version: 1\nsources: [{name: web}]\n"


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "gitops-audit.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def problems(folder: Path, text: str | bytes) -> list[str]:
    """The problems of a configuration as `<line>: <message> | <hint>`."""
    with pytest.raises(ConfigError) as caught:
        load(write(folder, text))
    error = caught.value
    listed = error.problems if isinstance(error, InvalidConfigError) else (error,)
    return [f"{e.where.line if e.where else '?'}: {e.message} | {e.hint}" for e in listed]


FULL = """\
version: 1
clusters:
  prod-eu: {context: prod-eu, kubeconfig: kube/config}
  pod: {inCluster: true}
  recorded: {snapshot: snapshots/prod.json.gz}
  current:
sources:
  - name: storefront
    repo: .
    revision: main
    path: ./apps//storefront/
    type: kustomize
    namespace: storefront
    clusters: [prod-eu, recorded, prod-eu]
    exclude: ["**/tests/**"]
  - name: minimal
drift:
  mode: strict
  appliers: [my-deployer]
  interactive: [my-console]
  pending: warn
  ignore:
    - match: {kind: Deployment, group: apps, namespace: "shop-*", name: "*", labels: {tier: web}}
      fields: ["/spec/replicas", "/spec/template/spec/containers/[name=istio-proxy]"]
      managers: [vpa-updater]
      reason: the autoscaler owns it
      owner: team-web
      expires: 2027-01-31
  orphans: {enabled: true, namespaces: [storefront], ignore: [{kind: Secret, name: "sh.helm.release.*"}]}
policies:
  - {pack: pod-security-restricted, version: "v1.30"}
  - path: policies/
exceptions:
  - {policy: limits, match: {kind: Deployment, name: legacy}, owner: team-web, reason: old, expires: "2026-12-31"}
redact:
  - {match: {kind: ConfigMap}, fields: ["/data/*"]}
report: {failOn: high}
kubernetesVersion: v1.30
"""


def test_every_key_of_the_contract_reaches_the_settings(tmp_path: Path) -> None:
    for name in ("snapshots/prod.json.gz", "policies/x.yaml"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    path = write(tmp_path, FULL)

    def at(line: int) -> Location:
        return Location(str(path), line)

    assert load(path) == Settings(
        path=path,
        clusters=(
            ClusterConfig("prod-eu", "prod-eu", str(tmp_path / "kube/config"), where=at(3)),
            ClusterConfig("pod", in_cluster=True, where=at(4)),
            ClusterConfig("recorded", snapshot=tmp_path / "snapshots/prod.json.gz", where=at(5)),
            ClusterConfig("current", where=at(6)),
        ),
        sources=(
            SourceConfig(
                "storefront",
                ".",
                "main",
                "apps/storefront",
                "kustomize",
                "storefront",
                ("prod-eu", "recorded"),
                ("**/tests/**",),
                where=at(8),
            ),
            SourceConfig("minimal", where=at(16)),
        ),
        kubernetes=KubernetesConfig("1.30", at(38)),
        drift=DriftConfig(
            "strict",
            ("my-deployer",),
            ("my-console",),
            "warn",
            (
                IgnoreRule(
                    Match("Deployment", "apps", "shop-*", "*", (("tier", "web"),)),
                    ("/spec/replicas", "/spec/template/spec/containers/[name=istio-proxy]"),
                    ("vpa-updater",),
                    (),
                    "the autoscaler owns it",
                    "team-web",
                    "2027-01-31",
                    at(23),
                ),
            ),
            OrphanConfig(True, ("storefront",), (Match("Secret", name="sh.helm.release.*"),)),
        ),
        policies=(
            PolicyRef("pod-security-restricted", "1.30", where=at(31)),
            PolicyRef(path=tmp_path / "policies", where=at(32)),
        ),
        exceptions=(
            ExceptionRule("limits", Match("Deployment", name="legacy"), "old", "team-web", "2026-12-31", at(34)),
        ),
        redact=(RedactRule(Match("ConfigMap"), ("/data/*",)),),
        fail_on=Severity.high,
    )


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    path = write(tmp_path, MINIMAL)
    assert load(path) == Settings(path, sources=(SourceConfig("web", where=Location(str(path), 2)),))


@pytest.mark.parametrize("expires", ["2027-01-31", '"2027-01-31"', "'2027-01-31'"])
def test_a_date_means_the_same_with_and_without_quotes(tmp_path: Path, expires: str) -> None:
    rule = f"{{policy: p, match: {{kind: A}}, owner: o, reason: r, expires: {expires}}}"
    settings = load(write(tmp_path, MINIMAL + f"exceptions: [{rule}]"))
    assert settings.exceptions[0].expires == "2027-01-31"


def test_anchors_and_merges_save_repetition_and_own_keys_win(tmp_path: Path) -> None:
    text = """\
version: 1
sources:
  - &base {name: one, revision: main, exclude: [a]}
  - {<<: *base, name: two}
  - {<<: [{path: x}, *base], name: three}
"""
    sources = load(write(tmp_path, text)).sources
    assert [(s.name, s.revision, s.path, s.exclude) for s in sources] == [
        ("one", "main", "", ("a",)),
        ("two", "main", "", ("a",)),
        ("three", "main", "x", ("a",)),
    ]


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    text = MINIMAL.replace("\n", "\r\n")
    assert load(write(tmp_path, b"\xef\xbb\xbf" + text.encode())).sources[0].name == "web"


def test_a_home_directory_may_be_written_as_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    settings = load(write(tmp_path, MINIMAL + "clusters: {a: {kubeconfig: ~/.kube/other}}"))
    assert settings.clusters[0].kubeconfig == str(tmp_path / "home/.kube/other")


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = """\
version: 1
clusters:
  prod: {contxt: x}
sources:
  - name: web
    type: kustomise
    clusters: [prd]
report: {failOn: hihg}
"""
    assert problems(tmp_path, text) == [
        "3: unknown key 'contxt' in clusters.prod | "
        "did you mean 'context'? valid keys: context, kubeconfig, inCluster, snapshot",
        "6: sources[0].type must be one of auto, directory, kustomize, helm, not 'kustomise' | "
        "did you mean 'kustomize'?",
        "7: there is no cluster 'prd' | did you mean 'prod'? clusters: prod",
        "8: report.failOn must be one of info, low, medium, high, critical, not 'hihg' | did you mean 'high'?",
    ]


def test_the_error_reads_as_a_list_with_file_line_code_and_hint(tmp_path: Path) -> None:
    path = write(tmp_path, "version: 1\nsorces: []\n")
    with pytest.raises(InvalidConfigError) as caught:
        load(path)
    assert str(caught.value).splitlines() == [
        f"{path}:1: the file lacks sources [GA105]",
        f"{path}:2: unknown key 'sorces' [GA103]",
        "  did you mean 'sources'? valid keys: version, clusters, sources, kubernetesVersion, tools, secrets, network, "
        "drift, policies, exceptions, redact, remediation, baseline, health, engine, report",
    ]
    assert (caught.value.exit_code, caught.value.code) == (2, "GA105")


def test_the_error_survives_a_process_border(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        load(write(tmp_path, "version: 2\nsources: 3\n"))
    copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own
    assert (str(copy), len(copy.problems)) == (str(caught.value), 2)


SYNTAX: dict[str, tuple[str | bytes, str]] = {
    "a missing bracket": (
        "version: 1\nsources: [{name: a}\n",
        "3: no YAML: while parsing a flow sequence: did not find expected ',' or ']' | ",
    ),
    "a tab": (
        "version: 1\nsources:\n\t- name: a\n",
        "3: no YAML: while scanning for the next token: found character that cannot start any token | "
        "indent with spaces, not with tabs",
    ),
    "an unquoted wildcard": (
        "version: 1\nsources: [{name: a, exclude: [*.md]}]\n",
        "2: no YAML: while scanning an alias: did not find expected alphabetic or numeric character | "
        "a wildcard at the start of a value needs quotes",
    ),
    "an unquoted selector": (
        "a: [/spec/containers/[name=web]/image]",
        "1: no YAML: while parsing a flow sequence: did not find expected ',' or ']' | "
        'a value with brackets needs quotes: ["/spec/containers/[name=web]/image"]',
    ),
    "a control character": ("version: 1\nx: \x01\n", "2: no YAML: control characters are not allowed | "),
    "two documents": ("version: 1\n---\na: b\n", "2: the file holds several YAML documents | keep one, without `---`"),
    "an alias without an anchor": ("a: *x", "1: no YAML: found undefined alias | "),
    "nothing": ("", "0: the file is empty | `gitops-audit config init` writes a start"),
    "only comments": ("# x\n", "0: the file is empty | `gitops-audit config init` writes a start"),
    "another encoding": (b"version: 1\nx: \xe4\n", "2: the file is not UTF-8 | save it as UTF-8"),
    "UTF-16": ("version: 1".encode("utf-16"), "1: the file is not UTF-8 | save it as UTF-8"),
    "deep nesting": ("[" * 100_000, "1: nested deeper than 32 levels (limit: configuration depth) | "),
    "a line of brackets that is no YAML": (
        "x: }" + "[" * 100_000,
        "1: no YAML: while parsing a block node: did not find expected node content | ",
    ),
    "deep blocks": (
        "".join(f"{' ' * n}a:\n" for n in range(1000)),
        "33: nested deeper than 32 levels (limit: configuration depth) | ",
    ),
    "a file of 100 MB": (
        b"#" * (100 << 20),
        "0: the file is larger than 1 MiB (limit: configuration size) | is it the right file?",
    ),
    "an alias that holds itself": (
        "version: 1\nsources: &a [*a]",
        "2: aliases expand to more than a configuration can hold (limit: configuration values) | ",
    ),
    "aliases of aliases": (
        "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)),
        "1: aliases expand to more than a configuration can hold (limit: configuration values) | ",
    ),
    "merges of merges": (
        "a0: &a0 {x: y}\n" + "".join(f"a{n}: &a{n} {{<<: [{','.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 12)),
        "aliases expand to more than a configuration can hold (limit: configuration values) | ",
    ),
}


@pytest.mark.parametrize(("text", "expected"), SYNTAX.values(), ids=SYNTAX)
def test_a_file_that_cannot_be_read_is_told_with_the_line(tmp_path: Path, text: str | bytes, expected: str) -> None:
    [problem] = problems(tmp_path, text)
    assert problem.endswith(expected)


def test_a_missing_file_says_how_to_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file") as caught:
        load(tmp_path / "gitops-audit.yaml")
    assert "config init" in caught.value.hint


def test_a_directory_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="it is a directory"):
        load(tmp_path)


@pytest.mark.slow
@tuned(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200) | st.text("{}[]&*!|>:-,#?'\"% \nab01<", max_size=80).map(str.encode))
def test_no_text_brings_anything_but_settings_or_a_configuration_error(tmp_path: Path, data: bytes) -> None:
    with contextlib.suppress(ConfigError):
        load(write(tmp_path, data))


_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["", "a", "/", "-", "*"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "match", "a"]), inner),
    max_leaves=6,
)
_SECTIONS = ("clusters", "sources", "drift", "policies", "exceptions", "redact", "report")
_DRIFT = ("mode", "appliers", "ignore", "orphans", "pending")


@pytest.mark.slow
@tuned(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sections=st.dictionaries(st.sampled_from(_SECTIONS), _VALUES),
    drift=st.dictionaries(st.sampled_from(_DRIFT), _VALUES, min_size=1),
    source=st.dictionaries(st.sampled_from(["name", "repo", "path", "clusters", "revision"]), _VALUES, min_size=1),
)
def test_wrong_types_anywhere_are_errors_and_never_a_traceback(
    tmp_path: Path, sections: dict[str, Any], drift: dict[str, Any], source: dict[str, Any]
) -> None:
    for document in (sections, {"drift": drift}, {"sources": [source]}, {"clusters": {"a": source}}):
        with contextlib.suppress(ConfigError):
            load(write(tmp_path, json.dumps({"version": 1, "sources": [{"name": "x"}], **document})))


def test_the_configuration_is_found_from_any_folder_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    path = write(tmp_path, MINIMAL)
    (tmp_path / "apps/web").mkdir(parents=True)
    assert locate(tmp_path / "apps/web") == path
    assert locate(tmp_path) == path


def test_the_closest_configuration_wins_and_yml_is_fine(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path, MINIMAL)
    (tmp_path / "apps").mkdir()
    (tmp_path / "apps/gitops-audit.yml").write_text(MINIMAL)
    assert locate(tmp_path / "apps") == tmp_path / "apps/gitops-audit.yml"


def test_the_search_ends_at_the_repository_s_root(tmp_path: Path) -> None:
    write(tmp_path, MINIMAL)
    (tmp_path / "repo/apps").mkdir(parents=True)
    (tmp_path / "repo/.git").touch()
    with pytest.raises(ConfigError, match=f"and its parents up to {tmp_path / 'repo'}"):
        locate(tmp_path / "repo/apps")


def test_outside_a_repository_parents_do_not_count(tmp_path: Path) -> None:
    write(tmp_path, MINIMAL)
    (tmp_path / "below").mkdir()
    with pytest.raises(ConfigError, match="there is no") as caught:
        locate(tmp_path / "below")
    assert caught.value.exit_code == 2
