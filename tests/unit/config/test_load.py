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
        "  did you mean 'sources'? valid keys: version, clusters, sources, kubernetesVersion, tools, network, drift, "
        "policies, exceptions, redact, remediation, report",
    ]
    assert (caught.value.exit_code, caught.value.code) == (2, "GA105")


def test_the_error_survives_a_process_border(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        load(write(tmp_path, "version: 2\nsources: 3\n"))
    copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own
    assert (str(copy), len(copy.problems)) == (str(caught.value), 2)


CASES: dict[str, tuple[str, str]] = {
    # The file as a whole
    "wrong version": ("version: 2\nsources: [{name: a}]", "1: version must be 1, not the number 2 | "),
    "version as text": ('version: "1"\nsources: [{name: a}]', "1: version must be 1, not '1' | "),
    "no version": ("sources: [{name: a}]", "1: the file lacks version | "),
    "no sources": ("version: 1\nsources: []", "2: sources must not be empty | "),
    "a list": ("- a", "1: the file must be a mapping, not a list | "),
    "a scalar": ("a", "1: the file must be a mapping, not 'a' | "),
    "an unknown section": (
        MINIMAL + "notify: {outcome: pass}",
        "3: unknown key 'notify' | "
        "valid keys: version, clusters, sources, kubernetesVersion, tools, network, drift, policies, exceptions, "
        "redact, remediation, report",
    ),
    # What YAML makes of text
    "a float for a version": (
        MINIMAL + "policies: [{pack: p, version: 1.30}]",
        '3: policies[0].version must be text, not the number 1.3 | quote it: "1.30"',
    ),
    "a truth value for a name": (
        "version: 1\nsources: [{name: on}]",
        '2: sources[0].name must be text, not the truth value true | quote it: "on"',
    ),
    "a number for a revision": (
        "version: 1\nsources: [{name: a, revision: 1234567}]",
        '2: sources[0].revision must be text, not the number 1234567 | quote it: "1234567"',
    ),
    "a truth value for a label": (
        MINIMAL + "redact: [{match: {labels: {a: yes}}, fields: [/a]}]",
        '3: redact[0].match.labels.a must be text, not the truth value true | quote it: "yes"',
    ),
    "nothing for a text": (
        "version: 1\nsources:\n  - name:",
        "3: sources[0].name must be text, not empty | ",
    ),
    "a truth value for a key": (
        MINIMAL + "clusters:\n  no: {context: x}",
        '4: YAML does not read the key `no` as text | quote it: "no"',
    ),
    "a number for a key": (
        MINIMAL + "clusters:\n  1: {context: x}",
        '4: YAML does not read the key `1` as text | quote it: "1"',
    ),
    "a mapping for a key": (MINIMAL + "? {a: b}\n: c", "3: a key must be text | "),
    "a duplicate key": (
        "version: 1\nsources: [{name: a}]\nversion: 1",
        "3: the key 'version' is here twice | the first one is in line 1",
    ),
    "a tag": ("version: 1\nsources: [{name: !secret a}]", "2: the tag '!secret' means nothing here | "),
    "a tag of a language": (
        "version: 1\nsources: [{name: !!python/object:os.system a}]",
        "2: the tag 'python/object:os.system' means nothing here | ",
    ),
    "a number that is none": ("version: 1\nsources: [{name: !!int x}]", "2: 'x' is no number | "),
    "a merge of a text": (
        "version: 1\nsources:\n  - {<<: x, name: a}",
        "3: `<<` merges mappings only | ",
    ),
    # Types
    "a text for a list": (
        "version: 1\nsources: [{name: a, exclude: tests}]",
        "2: sources[0].exclude must be a list, not 'tests' | a list of one: [tests]",
    ),
    "a list for a text": ("version: 1\nsources: [{name: [a]}]", "2: sources[0].name must be text, not a list | "),
    "a text for a truth value": (
        MINIMAL + 'drift: {orphans: {enabled: "yes"}}',
        "3: drift.orphans.enabled must be true or false, not 'yes' | ",
    ),
    "an empty list": (
        "version: 1\nsources: [{name: a, clusters: []}]",
        "2: sources[0].clusters must not be empty | ",
    ),
    "an empty text": ('version: 1\nsources: [{name: a, revision: ""}]', "2: sources[0].revision must not be empty | "),
    # Clusters
    "the reserved name": (
        MINIMAL + "clusters: {git: {context: x}}",
        "3: a cluster must not be called 'git' | it is the name for an audit without a cluster; choose another one",
    ),
    "context and snapshot": (
        MINIMAL + "clusters: {a: {context: x, snapshot: .}}",
        "3: clusters.a has snapshot and context | "
        "a cluster is a snapshot, or the pod's own, or a context of a kubeconfig",
    ),
    "in a pod and by kubeconfig": (
        MINIMAL + "clusters: {a: {kubeconfig: x, inCluster: true}}",
        "3: clusters.a has inCluster and kubeconfig | "
        "a cluster is a snapshot, or the pod's own, or a context of a kubeconfig",
    ),
    "a cluster with a slash": (
        MINIMAL + "clusters: {a/b: {}}",
        "3: 'a/b' is not a name without blanks, `/`, `::` or brackets, because it is part of the tests' names | ",
    ),
    # Sources
    "a source without a name": ("version: 1\nsources: [{path: a}]", "2: sources[0] lacks name | "),
    "two sources of one name": (
        "version: 1\nsources:\n  - name: a\n  - name: a",
        "4: two sources are called 'a' | the first one is in line 3",
    ),
    "a cluster that is not there": (
        "version: 1\nsources: [{name: a, clusters: [prod]}]",
        "2: there is no cluster 'prod' | clusters: none",
    ),
    "an option for a revision": (
        "version: 1\nsources: [{name: a, revision: --upload-pack=x}]",
        "2: the revision '--upload-pack=x' starts with `-`, which git takes for an option | ",
    ),
    "a range for a revision": (
        "version: 1\nsources: [{name: a, revision: a..b}]",
        "2: the revision 'a..b' is a range, not one commit | ",
    ),
    "an absolute path": (
        "version: 1\nsources: [{name: a, path: /etc}]",
        "2: the path '/etc' leaves the repository | write it relative to the repository's root, without `..`",
    ),
    "a path upwards": (
        "version: 1\nsources: [{name: a, path: a/../../b}]",
        "2: the path 'a/../../b' leaves the repository | write it relative to the repository's root, without `..`",
    ),
    "a path that cannot be printed": (
        'version: 1\nsources: [{name: a, path: "a\\eb"}]',
        "2: the path 'a\\x1bb' holds characters that cannot be printed | ",
    ),
    "a namespace that is none": (
        "version: 1\nsources: [{name: a, namespace: Web_1}]",
        "2: sources[0].namespace must be a namespace: at most 63 lower case letters, digits and `-`, not 'Web_1' | ",
    ),
    "the work tree of a URL": (
        "version: 1\nsources: [{name: a, repo: https://h/x, revision: worktree}]",
        "2: a URL has no work tree | name a branch, tag or commit",
    ),
    "a transport that runs programs": (
        'version: 1\nsources: [{name: a, repo: "ext::sh -c id"}]',
        "2: the repository 'ext::sh -c id' uses the transport helper `ext::`, which may run any program | "
        "give a path, or a URL with https, ssh, git, http",
    ),
    # Drift
    "a rule that ignores nothing": (
        MINIMAL + "drift: {ignore: [{reason: x}]}",
        "3: drift.ignore[0] ignores nothing | name the fields, the managers whose fields do not count, or the "
        "statuses of whole objects",
    ),
    "an empty match": (
        MINIMAL + "drift: {ignore: [{match: {}, fields: [/a]}]}",
        "3: drift.ignore[0].match must not be empty | ",
    ),
    "a field as reports show it": (
        MINIMAL + 'drift: {ignore: [{fields: ["spec.containers[name=web].image"]}]}',
        "3: the field 'spec.containers[name=web].image' is no pointer: it must start with `/` | "
        "did you mean '/spec/containers/[name=web]/image'?",
    ),
    "no date": (
        MINIMAL + "drift: {ignore: [{fields: [/a], expires: soon}]}",
        "3: 'soon' is no date | write YYYY-MM-DD",
    ),
    "a time": (
        MINIMAL + "drift: {ignore: [{fields: [/a], expires: 2027-01-31T00:00:00Z}]}",
        "3: '2027-01-31T00:00:00Z' is no date | write YYYY-MM-DD",
    ),
    "a day that is not there": (
        MINIMAL + "drift: {ignore: [{fields: [/a], expires: 2027-02-29}]}",
        "3: '2027-02-29' is no date | write YYYY-MM-DD",
    ),
    # Policies and exceptions
    "neither pack nor path": (
        MINIMAL + "policies: [{}]",
        "3: policies[0] needs either `pack` or `path` | one entry for each pack, file or directory",
    ),
    "pack and path": (
        MINIMAL + "policies: [{pack: a, path: .}]",
        "3: policies[0] needs either `pack` or `path` | one entry for each pack, file or directory",
    ),
    "a version of files": (
        MINIMAL + 'policies: [{path: ., version: "1.30"}]',
        "3: policies[0] has a version, which only packs have | ",
    ),
    "a version that is none": (
        MINIMAL + "policies: [{pack: p, version: newest}]",
        "3: policies[0].version must be `latest` or a Kubernetes minor version such as \"1.30\", not 'newest' | ",
    ),
    "an exception without a reason": (
        MINIMAL + "exceptions:\n  - {policy: p, match: {kind: A}}",
        "4: exceptions[0] lacks owner and reason and expires | ",
    ),
    "an exception that never ends": (
        MINIMAL + "exceptions: [{policy: p, match: {kind: A}, owner: o, reason: r, expires: never}]",
        "3: 'never' is no date | write YYYY-MM-DD",
    ),
    "a redaction of nothing": (MINIMAL + "redact: [{match: {kind: A}}]", "3: redact[0] lacks fields | "),
    "a redaction that would select nothing": (
        MINIMAL + "redact: [{match: {kind: A}, fields: [/data/key*]}]",
        "3: the field '/data/key*' has the segment 'key*' | `*` stands for a whole segment only",
    ),
    "a redaction of a mistyped field": (
        MINIMAL + "redact: [{match: {kind: A}, fields: [data]}]",
        "3: the field 'data' is no pointer: it must start with `/` | did you mean '/data'?",
    ),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_a_mistake_is_told_with_its_line_and_a_remedy(tmp_path: Path, text: str, expected: str) -> None:
    assert problems(tmp_path, text) == [expected]


@pytest.mark.parametrize("name", ["a/b", "a::b", "a b", "a[b]", ":a", "a:", "a\tb", "\x1b[31m", " "])
def test_names_that_cannot_be_part_of_a_test_s_name_are_refused(tmp_path: Path, name: str) -> None:
    text = f"version: 1\nsources: [{{name: {name.encode('unicode_escape').decode()!r}}}]".replace("'", '"')
    assert [p for p in problems(tmp_path, text.replace("\\\\", "\\")) if "must be a name without" in p]


@pytest.mark.parametrize("name", ["a", "prod-eu", "team:web", "größe", "a.b_c", "-"])
def test_other_names_are_fine(tmp_path: Path, name: str) -> None:
    assert load(write(tmp_path, f'version: 1\nsources: [{{name: "{name}"}}]')).sources[0].name == name


@pytest.mark.parametrize("key", ["clusters: {a: {snapshot: gone.json}}", "policies: [{path: gone.json}]"])
def test_files_that_are_not_there_are_named_with_where_they_were_looked_for(tmp_path: Path, key: str) -> None:
    assert problems(tmp_path, MINIMAL + key) == [
        f"3: 'gone.json' does not exist | "
        f"looked for {tmp_path / 'gone.json'}: relative paths count from the folder of this file"
    ]


def test_a_password_in_a_url_is_in_no_message_and_no_representation(tmp_path: Path) -> None:
    bad = write(tmp_path, "version: 1\nsources: [{name: a, repo: 'ftp://ada:s3cret@h/x', revision: -x}]")
    with pytest.raises(ConfigError) as caught:
        load(bad)
    good = load(write(tmp_path, "version: 1\nsources: [{name: a, repo: 'https://ada:s3cret@h/x'}]"))
    assert good.sources[0].repo == "https://ada:s3cret@h/x"
    assert "s3cret" not in str(caught.value) + repr(caught.value) + repr(good)


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
