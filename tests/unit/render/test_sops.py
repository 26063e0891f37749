"""What sops is given, how far it may go, and what is taken of what it says: by a program that only looks like it."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from gitops_audit.deployer.stand_in import reason
from gitops_audit.model.resource import JsonObject, Manifest, Rendered
from gitops_audit.render import sops as sops_module
from gitops_audit.render import stand_ins
from gitops_audit.render.sops import Sops
from tests import sops as real

CIPHER = "ENC[AES256_GCM,data:c2VjcmV0,iv:AAAA,tag:AAAA,type:str]"
MARKER = "s3cr3t-of-the-file"
AGE = {"recipient": "age1x", "enc": "x"}
SECRET: JsonObject = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "db"},
    "stringData": {"password": CIPHER},
}
METADATA: JsonObject = {"age": [AGE], "lastmodified": "2026-01-01T00:00:00Z", "mac": CIPHER, "version": "3.11.0"}
CLEAR = json.dumps(SECRET | {"stringData": {"password": MARKER}})


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program; it gives out the Secret in clear."""
    program = tmp_path / "bin" / "sops"
    program.parent.mkdir()
    real.on_path(monkeypatch, program.parent, SOPS_AGE_KEY="AGE-SECRET-KEY-1")
    monkeypatch.setenv("HOME", str(tmp_path))
    written(program, f"cat <<'END'\n{CLEAR}\nEND")
    return program


def written(program: Path, script: str) -> None:
    program.write_text(f'#!/bin/sh\ncase "$*" in *--version*) echo "sops 3.11.0"; exit;; esac\n{script}\n')
    program.chmod(0o755)


def opened(body: JsonObject, metadata: JsonObject | None = None, sops: Sops | None = None) -> Rendered:
    data = json.dumps(body | {"sops": METADATA if metadata is None else metadata}).encode()
    return stand_ins.load(data, "app/secret.yaml", sops=sops or Sops())


def only(found: Rendered) -> Manifest:
    (one,) = found.manifests
    return one


def words(found: Rendered) -> str:
    """Why the only Secret is not in clear."""
    (told,) = {reason(stand_in) for stand_in in only(found).stand_ins}
    return told


def test_a_secret_is_in_clear_and_names_the_version_that_opened_it(fake: Path) -> None:
    found = opened(SECRET)
    assert only(found).body == SECRET | {"stringData": {"password": MARKER}}
    assert only(found).stand_ins == ()
    assert found.tools == (("sops", "3.11.0"),)


def test_sops_gets_a_private_file_and_nothing_of_the_environment_but_the_keys(
    fake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("VAULT_TOKEN", "AWS_SECRET_ACCESS_KEY", "SOPS_AGE_KEY_CMD", "SOPS_KEYSERVICE", "GNUPGHOME"):
        monkeypatch.setenv(name, "of-the-user")
    shown = 'for a; do f=$a; done\n{ echo "$@"; stat -c %a "$f"; env; } | tr "\\n" ";" > "$HOME/all"\n'
    written(fake, shown + f"sed \"s^{MARKER}^$(cat $HOME/all)^\" <<'END'\n{CLEAR}\nEND")
    told = only(opened(SECRET)).body["stringData"]["password"].split(";")
    options, file = told[0].rsplit(" ", 1)
    assert options == "--config /dev/null --decrypt --input-type yaml --output-type yaml"
    assert told[1] == "600"
    assert "SOPS_AGE_KEY=AGE-SECRET-KEY-1" in told
    assert not any("of-the-user" in entry for entry in told)
    assert not Path(file).exists()


BUILT = f"""\
apiVersion: v1
kind: Secret
metadata:
  annotations:
    data: kept
  name: db
sops:
  age:
  - enc: |
      x

      y
    recipient: age1x
  mac: {CIPHER}
  version: 3.11.0
stringData:
  password: {CIPHER}
type: Opaque
"""


def test_a_built_object_goes_without_its_mac_and_without_its_other_fields(fake: Path) -> None:
    written(fake, 'for a; do f=$a; done\necho "stringData: {password: $(echo "$@" | cat - "$f" | base64 -w0)}"')
    built = Sops().built(f"{BUILT}---\n{BUILT}".encode())
    first, second = stand_ins.load(built.output, "").manifests
    assert first.body["metadata"] == second.body["metadata"]
    given = base64.b64decode(first.body["stringData"].pop("password")).decode()
    assert " --input-type json --output-type json --ignore-mac " in given
    assert sorted(json.loads(given.partition("\n")[2])) == ["sops", "stringData"]
    metadata = {"annotations": {"data": "kept"}, "name": "db"}
    assert first.body == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": "Opaque",
        "stringData": {},
    }


ODD = ("\x85", "\u2028x", "\u2029", "\x7f", "\ufeff", "𝄞", "$a\x85", "$\u2028", "\ta\n$b", "$on: 1", "\x01")


@pytest.mark.parametrize("text", ODD)
def test_every_character_of_a_built_object_comes_through(fake: Path, text: str) -> None:
    written(fake, f"cat <<'END'\n{json.dumps({'stringData': {'password': text}}, ensure_ascii=False)}\nEND")
    (one,) = stand_ins.load(Sops().built(BUILT.encode()).output, "").manifests
    assert one.body["stringData"] == {"password": text}


@pytest.mark.parametrize("clear", ["", "kind: ConfigMap", "a: b", "- a", "stringData: {a: b}\n---\na: b", "x: ["])
def test_a_built_object_takes_its_data_alone(fake: Path, clear: str) -> None:
    written(fake, f"cat <<'END'\n{clear}\nEND")
    built = Sops().built(BUILT.encode())
    assert built.output == BUILT.encode()
    assert list(built.reasons or ()) == [("Secret", "", "db")]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (f"MAC mismatch. File has {MARKER}", "changed without `sops`"),
        (
            f"Failed to get the data key required to decrypt the SOPS file. {MARKER}",
            "none of the keys at hand opens it",
        ),
        (f"Error unmarshalling input yaml: {MARKER}", "its words may hold values, so they are not shown"),
        ("", "its words may hold values, so they are not shown"),
    ],
)
def test_a_failure_is_told_in_own_words(fake: Path, said: str, told: str) -> None:
    written(fake, f"echo '{said}' >&2; echo '{said}'; exit 128")
    found = opened(SECRET)
    assert told in words(found)
    assert only(found).body["stringData"] == {"password": CIPHER}
    assert MARKER not in repr(found)


@pytest.mark.parametrize(
    "metadata",
    [
        METADATA | {"hc_vault": [{"vault_address": "https://evil.example.com"}]},
        METADATA | {"kms": [{"arn": "arn:aws:kms:x"}]},
        METADATA | {"gcp_kms": [{"resource_id": "projects/x"}]},
        METADATA | {"azure_kv": [{"vault_url": "https://evil.example.com"}]},
        METADATA | {"azure_kv": {"vault_url": "https://evil.example.com"}},
        METADATA | {"a_kind_of_tomorrow": [{}]},
        METADATA | {"key_groups": [{"age": [AGE]}, {"hc_vault": [{}]}]},
    ],
)
def test_a_key_that_is_asked_for_elsewhere_is_never_asked_for(fake: Path, metadata: JsonObject) -> None:
    assert "asked for over the network" in words(opened(SECRET, metadata))
    assert "evil.example.com" not in words(opened(SECRET, metadata))


@pytest.mark.parametrize(
    "metadata", [{}, {"mac": CIPHER}, METADATA | {"age": []}, METADATA | {"age": "age1x"}, METADATA | {"age": None}]
)
def test_what_does_not_say_how_it_was_encrypted_is_not_decrypted(fake: Path, metadata: JsonObject) -> None:
    assert "missing or damaged" in words(opened(SECRET, metadata))


def test_the_keys_of_a_file_are_limited(fake: Path) -> None:
    assert "limit: keys of sops" in words(opened(SECRET, METADATA | {"age": [AGE] * 101}))


def test_the_size_of_a_file_is_limited(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sops_module, "MAX_SOPS_BYTES", 100)
    assert "limit: encrypted size" in words(opened(SECRET))


def test_a_sops_that_hangs_is_ended_and_told(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sops_module, "SOPS_TIMEOUT_S", 0.2)
    written(fake, "exec tail -f /dev/null")
    assert "limit: tool time" in words(opened(SECRET))


def test_all_of_a_run_has_a_limit_too(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sops_module, "MAX_SOPS_RUN_S", 0.0)
    sops = Sops()
    assert only(opened(SECRET, sops=sops)).stand_ins == ()
    assert "limit: time of sops" in words(opened(SECRET, sops=sops))


def test_without_sops_it_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "there is no `sops` on the PATH" in words(opened(SECRET))


@pytest.mark.parametrize(
    "clear",
    [
        "",
        "- a",
        CLEAR.replace('"db"', '"other"'),
        CLEAR.replace("Secret", "ConfigMap"),
        f"{CLEAR}\n---\n{CLEAR}",
        "a: &a [x]\nb: [*a, *a]",
        "{",
    ],
)
def test_other_objects_than_those_of_the_file_are_not_taken(fake: Path, clear: str) -> None:
    written(fake, f"cat <<'END'\n{clear}\nEND")
    assert "made other objects of it" in words(opened(SECRET))


@pytest.mark.parametrize("section", [CIPHER, [CIPHER], 1])
def test_what_is_no_map_of_values_stays_as_it_is(fake: Path, section: object) -> None:
    closed = SECRET | {"data": section}
    assert only(opened(closed)).body == closed


def test_only_the_data_of_a_secret_is_taken(fake: Path) -> None:
    annotated = {"name": "db", "annotations": {"note": MARKER}}
    written(fake, f"cat <<'END'\n{json.dumps(json.loads(CLEAR) | {'metadata': annotated, 'type': MARKER})}\nEND")
    closed = SECRET | {"metadata": {"name": "db", "annotations": {"note": CIPHER}}, "type": CIPHER}
    one = only(opened(closed))
    assert one.body == closed | {"stringData": {"password": MARKER}}
    assert sorted(s.pointer for s in one.stand_ins) == ["/metadata/annotations/note", "/type"]
    assert all("only `data` and `stringData` of Secrets" in reason(s) for s in one.stand_ins)


@pytest.mark.parametrize(
    "other", [{"kind": "ConfigMap"}, {"apiVersion": "example.com/v1"}, {"kind": "secret"}, {"kind": CIPHER}]
)
def test_other_kinds_stay_encrypted(fake: Path, other: JsonObject) -> None:
    found = opened({k: v for k, v in SECRET.items() if k != "stringData"} | {"data": {"a": CIPHER}} | other)
    assert only(found).body["data"] == {"a": CIPHER}
    assert "only `data` and `stringData` of Secrets" in reason(only(found).stand_ins[-1])


def test_a_file_without_a_secret_starts_nothing(fake: Path) -> None:
    fake.unlink()
    found = opened({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "${x}"}}, {})
    assert [s.kind for s in only(found).stand_ins] == ["variable"]
