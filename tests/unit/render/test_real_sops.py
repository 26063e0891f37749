"""Secrets that the real sops encrypted, from files and from what is built: in clear as `kubectl` would get them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from gitops_audit.config.settings import KustomizeOptions, PostBuild, SourceConfig, Substitution
from gitops_audit.deployer.stand_in import reason
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Rendered
from gitops_audit.render.cache import RenderCache
from gitops_audit.render.given import Given
from gitops_audit.render.registry import render
from gitops_audit.render.sops import Sops
from tests.sops import encrypted, needs_sops, on_path
from tests.unit.render.checkouts import DictCheckout

pytestmark = needs_sops

# Texts that YAML may read as something else, or that have a form of their own.
TEXTS = {
    **{f"w{n}": word for n, word in enumerate(("on", "y", "null", "~", "true", "=", "<<", "!", "", " ", "-", "? a"))},
    **{f"n{n}": word for n, word in enumerate(("017", "0o17", "1_000", "1e3", "1:30", "0x1F", ".inf", "2026-01-01"))},
    "lines": "one\n- two\n\n  three: 'x'\n",
    "no end": "a\nb",
    "markers": "---\na: b\n---\n...",
    "quotes": "\"'`$(x) ${y} {{ z }} \\n",
    "unicode": "ünï ☃ 𝄞",
    "tabs": "a\t\n\tb",
    "long": "lorem ipsum " * 40,
}
HEAD = {"apiVersion": "v1", "kind": "Secret"}
TWO = "\n---\n".join(
    json.dumps(body, ensure_ascii=False)
    for body in (
        HEAD | {"metadata": {"name": "texts"}, "stringData": TEXTS},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "map"}, "data": {"a": "open-to-sops"}},
        HEAD | {"metadata": {"name": "coded"}, "data": {"x": "AAE="}},
    )
)
ONE = "apiVersion: v1\nkind: Secret\nmetadata: {name: one}\nstringData: {password: 'a: ${user}-${pass}'}\n"
DIRECTORY = SourceConfig("s", path="app", type="directory")
TREE = {"app/kustomization.yaml": "namespace: shop\nlabels: [{pairs: {team: a}}]\nresources: [one.yaml, two.yaml]\n"}


@pytest.fixture(scope="module")
def files() -> dict[str, str | bytes]:
    return {**TREE, "app/two.yaml": encrypted(TWO), "app/one.yaml": encrypted(ONE)}


def source(
    files: Mapping[str, str | bytes], patch: pytest.MonkeyPatch, kind: str = "kustomize", **more: object
) -> Rendered:
    on_path(patch)
    config = replace(SourceConfig("s", path="app"), type=kind, **more)  # type: ignore[arg-type]
    return read(files, config)


def read(files: Mapping[str, str | bytes], config: SourceConfig = DIRECTORY) -> Rendered:
    return render(config, DictCheckout(dict(files), path="app"), Given(sops=Sops()))


@pytest.mark.parametrize("kind", ["directory", "kustomize"])
def test_every_text_comes_back_as_it_was(
    files: dict[str, str | bytes], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    found = source(files, monkeypatch, kind)
    bodies = {m.body["metadata"]["name"]: m.body for m in found.manifests}
    assert found.problems == ()
    assert bodies["texts"]["stringData"] == TEXTS
    assert bodies["coded"]["data"] == {"x": "AAE="}
    assert bodies["map"]["data"]["a"].startswith("ENC[AES256_GCM,")
    assert not any("sops" in body for body in bodies.values())
    assert ("sops", "3.11.0") in found.tools
    assert {m.body["metadata"]["name"]: m.origin.path for m in found.manifests}["one"] == "app/one.yaml"


def test_what_kustomize_sets_stays(files: dict[str, str | bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = {m.body["metadata"]["name"]: m.body["metadata"] for m in source(files, monkeypatch).manifests}
    assert metadata["coded"] == {"name": "coded", "namespace": "shop", "labels": {"team": "a"}}


def test_flux_replaces_variables_in_what_was_decrypted(
    files: dict[str, str | bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    post_build = PostBuild(Substitution((("user", "ann"),), ("pass",)))
    options = KustomizeOptions("none", is_generated=True, ignore=())
    found = source(files | {"app/two.yaml": "{}"}, monkeypatch, post_build=post_build, kustomize=options)
    (one,) = [m for m in found.manifests if m.body["kind"] == "Secret"]
    assert one.body["stringData"] == {"password": "a: ann-${pass}"}
    assert {(s.kind, s.text) for s in one.stand_ins} == {("variable", "${pass}")}


def test_flux_decrypts_where_the_kustomization_says_so(
    files: dict[str, str | bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    marked = "commonAnnotations: {kustomize.toolkit.fluxcd.io/decrypt: Disabled}\nresources: [one.yaml]\n"
    for post_build, kustomization, is_told in (
        (PostBuild(), "resources: [one.yaml]\n", False),
        (PostBuild(decrypts=False), "resources: [one.yaml]\n", True),
        (PostBuild(), marked, False),
    ):
        tree = files | {"app/kustomization.yaml": kustomization}
        found = source(tree, monkeypatch, post_build=post_build)
        (one,) = found.manifests
        is_open = not one.body["stringData"]["password"].startswith("ENC[")
        assert (is_open, bool(found.problems)) == (post_build.decrypts and kustomization != marked, is_told)


TAMPERED = {
    "a name": ("name: one", "name: won"),
    "a field that is not encrypted": ("kind: Secret\n", "kind: Secret\ntype: Opaque\n"),
    "a value that was moved": ("    password: ENC", "    username: ENC"),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_a_file_that_was_changed_without_sops_stays_closed(
    files: dict[str, str | bytes], monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    text = str(files["app/one.yaml"]).replace(*TAMPERED[case])
    (one,) = source({"app/one.yaml": text}, monkeypatch, "directory").manifests
    assert {reason(s) for s in one.stand_ins} & {
        "encrypted by SOPS, and its `mac` does not fit, so it was changed without `sops`: edit it with `sops edit`",
        "encrypted by SOPS, and `sops` fails on it, and its words may hold values, so they are not shown: "
        "run `sops decrypt` to see them",
    }


def test_a_built_value_that_stands_at_another_field_stays_closed(
    files: dict[str, str | bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = str(files["app/one.yaml"]).replace(*TAMPERED["a value that was moved"])
    found = source(TREE | {"app/one.yaml": text, "app/two.yaml": "{}"}, monkeypatch)
    (one,) = [m for m in found.manifests if m.body["kind"] == "Secret"]
    assert one.stand_ins


def test_json_and_lists_are_decrypted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = "apiVersion: v1\nkind: List\nitems:\n- " + ONE.replace("\n", "\n  ")
    texts = {
        "app/a.json": encrypted(
            '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "j"}, "stringData": {"a": "on", "n": "1.0"}}',
            kind="json",
        )
    }
    found = source(texts | {"app/list.yaml": encrypted(listed)}, monkeypatch, "directory")
    held = {m.body["metadata"]["name"]: m.body["stringData"] for m in found.manifests}
    assert held == {"j": {"a": "on", "n": "1.0"}, "one": {"password": "a: ${user}-${pass}"}}


JOINED = {
    "a plain object before it": ("kind: Namespace\napiVersion: v1\nmetadata: {name: x}\n---\n{}", 1),
    "a plain object behind it": ("{}---\nkind: Namespace\napiVersion: v1\nmetadata: {{name: x}}\n", 1),
    "another one, with a key of its own": ("{}---\n{}---\n{}", 3),
    "nothing but a comment and a separator": ("# a comment\n---\n{}---\n", 1),
}


@pytest.mark.parametrize("case", JOINED)
def test_documents_that_were_encrypted_each_for_itself_are_opened_in_one_file(
    files: dict[str, str | bytes], monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    text, count = JOINED[case]
    one, other = str(files["app/one.yaml"]), encrypted(ONE)
    joined = text.replace("{{", "{").replace("}}", "}").replace("{}", one, 1).replace("{}", other, 1).replace("{}", one)
    found = source({"app/one.yaml": joined}, monkeypatch, "directory")
    held = [m.body["stringData"]["password"] for m in found.manifests if m.body["kind"] == "Secret"]
    assert held == ["a: ${user}-${pass}"] * count
    assert found.problems == ()


def test_no_key_at_hand_is_told(files: dict[str, str | bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    on_path(monkeypatch, XDG_CONFIG_HOME=str(tmp_path))
    found = read({"app/one.yaml": files["app/one.yaml"]})
    assert {reason(s) for m in found.manifests for s in m.stand_ins if s.kind == "sops"} == {
        "encrypted by SOPS, and none of the keys at hand opens it: give the audit SOPS_AGE_KEY_FILE, SOPS_AGE_KEY or "
        "GNUPGHOME"
    }


def test_what_was_decrypted_is_never_kept(
    files: dict[str, str | bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = source(files, monkeypatch)
    RenderCache(tmp_path, Redactor()).put("key", found)
    assert RenderCache(tmp_path, Redactor()).get("key") is None


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The fingerprint of a PGP key in a keyring of its own, in a short path: its agent listens in there."""
    gpg = shutil.which("gpg")
    if gpg is None:
        pytest.skip("gpg is not installed")
    with tempfile.TemporaryDirectory(prefix="gpg-", dir="/tmp") as folder:
        environment = {"GNUPGHOME": folder, "PATH": os.environ["PATH"], "HOME": folder}
        make = ["--batch", "--passphrase", "", "--quick-gen-key", "Ann <ann@example.com>", "default", "default"]
        subprocess.run([gpg, *make, "never"], env=environment, check=True, capture_output=True)
        listed = subprocess.run([gpg, "--list-keys", "--with-colons"], env=environment, check=True, capture_output=True)
        monkeypatch.setenv("GNUPGHOME", folder)
        yield next(line.split(":")[9] for line in listed.stdout.decode().splitlines() if line.startswith("fpr"))
        subprocess.run(["gpgconf", "--kill", "all"], env=environment, check=False, capture_output=True)


def test_pgp_opens_too(keyring: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = encrypted(ONE, "--pgp", keyring)
    on_path(monkeypatch, GNUPGHOME=os.environ["GNUPGHOME"])
    (one,) = read({"app/one.yaml": text}).manifests
    assert one.body["stringData"] == {"password": "a: ${user}-${pass}"}
