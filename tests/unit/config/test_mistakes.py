"""Mistakes in a configuration, each told with its line and a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_audit.config.load import load
from gitops_audit.errors import ConfigError
from tests.unit.config.test_load import MINIMAL, problems, write

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
        "valid keys: version, clusters, sources, kubernetesVersion, tools, secrets, network, drift, policies, "
        "exceptions, redact, remediation, baseline, health, engine, report",
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
