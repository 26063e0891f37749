"""Files that Flux decrypts for a `secretGenerator`: the Secret is as kustomize makes it of what is in clear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from gitops_audit.config.settings import KustomizeOptions, PostBuild, SourceConfig
from gitops_audit.deployer.stand_in import reason
from gitops_audit.model.resource import Rendered
from gitops_audit.render.given import Given
from gitops_audit.render.registry import render
from gitops_audit.render.sops import Sops
from gitops_audit.source.export import Exports
from tests.sops import encrypted, needs_sops, on_path
from tests.unit.render.checkouts import DictCheckout

pytestmark = needs_sops

PLAIN = {
    "app/kustomization.yaml": """\
namespace: shop
resources: [web.yaml]
components: [../part]
secretGenerator:
- {name: files, files: [config.yaml, key.json=other.txt, raw.bin]}
- {name: env, envs: [own.env]}
""",
    "app/web.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n"
    "  containers: [{name: a, image: a, envFrom: [{secretRef: {name: env}}]}]\n",
    "app/config.yaml": "password: hunter2\nnested:\n    a: 1\n",
    "app/other.txt": '{\n\t"token": "abc"\n}\n',
    "app/raw.bin": "raw: text, as it is\n",
    "app/own.env": "USER=ann\nPASSWORD=hunter2\n",
    "part/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
    "secretGenerator: [{name: part, files: [part.ini]}]\n",
    "part/part.ini": "[a]\nb = c\n",
}
KINDS = {
    "app/config.yaml": "yaml",
    "app/other.txt": "json",
    "app/raw.bin": "binary",
    "app/own.env": "dotenv",
    "part/part.ini": "ini",
}
FLUX = SourceConfig(
    "s", path="app", type="kustomize", kustomize=KustomizeOptions("none", is_generated=True), post_build=PostBuild()
)


@pytest.fixture(scope="module")
def sealed() -> dict[str, str]:
    return PLAIN | {path: encrypted(PLAIN[path], kind=kind, fields="") for path, kind in KINDS.items()}


def built(
    files: Mapping[str, str], config: SourceConfig = FLUX, sops: Sops | None = None, exports: Exports | None = None
) -> Rendered:
    return render(config, DictCheckout(dict(files), path="app"), Given(exports, sops=sops))


def test_every_form_becomes_what_kustomize_makes_of_the_file_in_clear(
    sealed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path(monkeypatch)
    found, wanted = built(sealed, sops=Sops()), built(PLAIN)
    assert [m.body for m in found.manifests] == [m.body for m in wanted.manifests]
    assert (found.problems, {s for m in found.manifests for s in m.stand_ins}) == ((), set())
    assert ("sops", "3.11.0") in found.tools


def test_nothing_in_clear_is_left_in_the_tree(sealed: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    on_path(monkeypatch)
    with Exports() as exports:
        built(sealed, sops=Sops(), exports=exports)
        tree = exports.of(DictCheckout(dict(sealed), path="app")).plain
        texts = [file.read_text() for file in tree.parents[1].rglob("*") if file.is_file()]
        assert len(texts) >= 2 * len(sealed)
        assert not [text for text in texts if "hunter2" in text]
        assert any(m.stand_ins for m in built(sealed, exports=exports).manifests)


def test_only_flux_decrypts_before_it_builds(sealed: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    on_path(monkeypatch)
    found = built(sealed, replace(FLUX, post_build=None), Sops())
    assert {reason(s) for m in found.manifests if m.body["kind"] == "Secret" for s in m.stand_ins if s.text} == {
        "encrypted by SOPS, and it is made of an encrypted file, and only Flux decrypts such a file before it builds"
    }


MORE = {
    "a ConfigMap": {
        "app/kustomization.yaml": PLAIN["app/kustomization.yaml"] + "configMapGenerator: "
        "[{name: m, files: [config.yaml]}]\n"
    },
    "a plugin": {
        "app/kustomization.yaml": PLAIN["app/kustomization.yaml"] + "generators: [plugin.yaml]\n",
        "app/plugin.yaml": "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: p}\nfiles: [config.yaml]\n",
    },
}


@pytest.mark.parametrize("case", MORE)
def test_a_file_that_something_else_reads_too_stays_encrypted(
    sealed: dict[str, str], monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    on_path(monkeypatch)
    found = built(sealed | MORE[case], sops=Sops())
    assert found.problems == ()
    (config_map,) = [m.body for m in found.manifests if m.body["kind"] == "ConfigMap"]
    assert "ENC[AES256_GCM" in config_map["data"]["config.yaml"]


def test_a_file_that_no_key_opens_says_so(sealed: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    on_path(monkeypatch)
    own = "sops_age__list_0__map_recipient=age1x\nsops_hc_vault__list_0__map_vault_address=https://evil.example.com\n"
    files = sealed | {"app/own.env": f"A=ENC[AES256_GCM,data:x]\n{own}sops_mac=ENC[AES256_GCM,data:x]\n"}
    (env,) = [m for m in built(files, sops=Sops()).manifests if m.body["metadata"]["name"].startswith("env-")]
    assert {reason(s) for s in env.stand_ins if s.text} == {
        "encrypted by SOPS, and it is made of app/own.env: keys of it are asked for over the network (`hc_vault`), "
        "and the audit asks nobody"
    }
