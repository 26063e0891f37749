"""Sources of every type, from Git and from a cluster, by somebody who means harm: one audit of all of them.

Nothing outside of the repository is read, nothing runs, no credential is shown, each of them is an error (or told as
not followed) with its place and what to do, and the harmless sources beside them are audited.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import yaml

from gitops_audit.model.resource import JsonObject
from gitops_audit.report.registry import FORMATS
from tests.audited import command, git, repository
from tests.hostile.engine_objects import (
    CHART,
    CM,
    PLACED,
    URL,
    application,
    application_set,
    kustomization,
    release,
    said_about,
    source_of,
)
from tests.rendering import TOOLS_PATH

HUNTER, HUNTED = "hunter2hunter2", "hunter3hunter3"
OWNED = "/tmp/gitops-audit-was-owned"
EXEC = """apiVersion: example.com/v1
kind: Bad
metadata: {name: bad, annotations: {config.kubernetes.io/function: "exec: {path: ./run.sh}"}}
"""
FILE_GET = 'v: {{ .Files.Get "../../secret/values.yaml" | quote }}, w: {{ .Files.Get "out/values.yaml" | quote }}'

Case = tuple[str, str]
"""The manifest, and what is said of it."""

URLS: dict[str, Case] = {
    "ext": (f"ext::sh -c 'touch {OWNED}'", "is refused: it uses the transport helper `ext::`"),
    "option": (f"--upload-pack=touch {OWNED}", "is refused: it starts with `-`"),
    "file": ("file:///etc", "is refused: it uses the transport 'file'"),
    "password": (f"https://user:{HUNTER}@evil.example.com/x", "add its host to `network.allow`"),
    "token": (f"https://{HUNTER}@evil.example.com/x", "add its host to `network.allow`"),
}


def chart_urls() -> Iterator[tuple[str, str, str]]:
    for name, (url, _) in URLS.items():
        is_refused = name in ("ext", "option", "file")
        yield name, url, "correct its URL" if is_refused else "unless `network: {allow: ...}` names it"


ONE = {"list": {"elements": [{"n": "one"}]}}
OUT, NO_PROGRAM, LINK = "leaves the repository", "the audit runs none", "the symbolic link there leads out"
ARGO: dict[str, Case] = {
    "up": (application("up", path="../secret"), OUT),
    "link": (application("link", path="link"), LINK),
    "file-link": (application("file-link", path="filelink"), "put its content there"),
    "values": (
        application("values", path="chart", helm={"valueFiles": ["../../secret/values.yaml"]}),
        "paths count from",
    ),
    "exec": (application("exec", path="exec"), NO_PROGRAM),
    "plugin": (application("plugin", plugin={"name": "x"}), "a config management plugin renders it, and none is run"),
    **{f"git-{n}": (application(f"git-{n}", repoURL=url), told) for n, (url, told) in URLS.items()},
    **{
        f"chart-{n}": (application(f"chart-{n}", repoURL=url, chart="x", targetRevision="1.0.0"), told)
        for n, url, told in chart_urls()
    },
}
SETS: dict[str, Case] = {
    "set-up": (application_set("set-up", ONE, path="../secret"), OUT),
    "set-link": (application_set("set-link", ONE, path="link"), LINK),
    "set-exec": (application_set("set-exec", ONE, path="exec"), NO_PROGRAM),
    "set-folders": (
        application_set("set-folders", {"git": {"repoURL": URL, "directories": [{"path": "link/*"}]}}, path="{{path}}"),
        "it comes to no Application",
    ),
    "set-files": (
        application_set("set-files", {"git": {"repoURL": URL, "files": [{"path": "filelink/*"}]}}, path="{{data}}"),
        "it comes to no Application",
    ),
    "set-plugin": (
        application_set("set-plugin", {"plugin": {"configMapRef": {"name": "x"}}}, path="fine"),
        "it comes to no Application",
    ),
    **{
        f"set-git-{n}": (
            application_set(f"set-git-{n}", {"git": {"repoURL": url, "files": [{"path": "x"}]}}, path="fine"),
            told,
        )
        for n, (url, told) in URLS.items()
    },
}
FLUX: dict[str, Case] = {
    "k-up": (kustomization("k-up", path="../secret"), "there is no 'secret'"),
    "k-link": (kustomization("k-link", path="link"), LINK),
    "k-file-link": (kustomization("k-file-link", path="filelink"), "correct the source's `path`"),
    "k-exec": (kustomization("k-exec", path="exec"), NO_PROGRAM),
    "k-component": (kustomization("k-component", path="fine", components=["../../secret"]), "leads out"),
    "k-remote": (
        kustomization("k-remote", path="fine", components=[f"https://user:{HUNTER}@evil.example.com/x"]),
        "Flux refuses the component 'https://evil.example.com/x': it is not a path in the same repository",
    ),
    **{
        f"k-git-{n}": (
            source_of("GitRepository", f"git-{n}", url)
            + kustomization(f"k-git-{n}", path="fine", sourceRef={"kind": "GitRepository", "name": f"git-{n}"}),
            told,
        )
        for n, (url, told) in URLS.items()
    },
    **{
        f"k-oci-{n}": (
            source_of("OCIRepository", f"oci-{n}", url)
            + kustomization(f"k-oci-{n}", path="fine", sourceRef={"kind": "OCIRepository", "name": f"oci-{n}"}),
            "is not at hand: the audit reads Git",
        )
        for n, (url, _) in URLS.items()
    },
}
RELEASES: dict[str, Case] = {
    "h-up": (release("h-up", "../secret"), "there is no 'secret'"),
    "h-link": (release("h-link", "link"), LINK),
    "h-values": (release("h-values", "chart", valuesFiles=["../secret/values.yaml"]), "paths count from"),
    "h-files": (release("h-files", "files"), "put its content there"),
    "h-dependency": (release("h-dependency", "dependency"), "correct `repository` in Chart.yaml"),
    **{f"h-git-{n}": (release(f"h-git-{n}", "x", source=f"git-{n}"), told) for n, (_, told) in URLS.items()},
    **{
        f"h-chart-{n}": (
            source_of("HelmRepository", f"charts-{n}", url)
            + release(f"h-chart-{n}", "x", "HelmRepository", f"charts-{n}", version="1.0.0"),
            told,
        )
        for n, url, told in chart_urls()
    },
}
PLAIN: dict[str, Case] = {
    "p-link": ("path: link", LINK),
    "p-file-link": ("path: filelink", "put its content there"),
    "p-exec": ("path: exec, type: directory", "give it a source of its own"),
    "kust-up": ("path: kust-up", "put what it names into it"),
    "kust-link": ("path: kust-link", "does not exist in the repository"),
    "kust-exec": ("path: exec", NO_PROGRAM),
    **{f"kust-{n}": (f"path: kust-{n}", "") for n in URLS},
    "chart-link": ("path: chart-link", "put its content there"),
    "chart-files": ("path: files", "put its content there"),
    "chart-dependency": ("path: dependency", "correct `repository` in Chart.yaml"),
    "chart-values": ("path: chart, helm: {valueFiles: [../../secret/values.yaml]}", "paths count from"),
    **{f"chart-{n}": (f"path: chart-{n}", "run `helm dependency build`") for n in URLS},
}
FILES = {
    "fine/cm.yaml": CM % ("fine", "a: b"),
    "chart/Chart.yaml": CHART,
    "chart/templates/cm.yaml": CM % ("values", "v: {{ .Values | toJson | quote }}"),
    "exec/kustomization.yaml": "generators: [bad.yaml]\n",
    "exec/bad.yaml": EXEC,
    "exec/run.sh": f"#!/bin/sh\ntouch {OWNED}\n",
    "kust-up/kustomization.yaml": "resources: [../../secret/values.yaml]\n",
    "kust-link/kustomization.yaml": "resources: [../link/values.yaml]\n",
    **{f"kust-{n}/kustomization.yaml": f"resources: [{json.dumps(url)}]\n" for n, (url, _) in URLS.items()},
    "chart-link/Chart.yaml": CHART,
    "files/Chart.yaml": CHART,
    "files/templates/cm.yaml": CM % ("files", FILE_GET),
    "dependency/Chart.yaml": f"{CHART}dependencies: [{{name: x, version: 1.0.0, repository: 'file://../../secret'}}]\n",
    **{
        f"chart-{n}/Chart.yaml": f"{CHART}dependencies: [{{name: x, version: 1.0.0, repository: {json.dumps(url)}}}]\n"
        for n, (url, _) in URLS.items()
    },
}
LINKS = {
    "link": "../secret",
    "filelink/cm.yaml": "../../secret/values.yaml",
    "chart-link/templates/cm.yaml": "../../../secret/values.yaml",
    "files/out": "../../secret",
}
ENGINES = (
    *((f"argo.{name}", case) for name, case in (ARGO | SETS).items()),
    *((f"argo-live.{name}", case) for name, case in ARGO.items()),
    *((f"flux.flux-system.{name}", case) for name, case in (FLUX | RELEASES).items()),
    *((f"flux-live.flux-system.{name}", case) for name, case in (FLUX | RELEASES).items()),
)
ALL = {**dict(ENGINES), **PLAIN}


_HARMLESS = ("argocd/fine.yaml", "flux/well.yaml")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One audit of all of them: its JSON report, and the bytes of every report and of the terminal."""

    report: JsonObject
    written: dict[str, bytes]
    code: int


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    folder = tmp_path_factory.mktemp("escapes")
    (folder / "secret").mkdir()
    (folder / "secret/values.yaml").write_text(CM % (HUNTER, f"password: {HUNTER}"))
    root = folder / "repo"
    for name, target in LINKS.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(target)
    argo = {name: text for name, (text, _) in (ARGO | SETS).items()} | {"fine": application("fine")}
    flux = {name: text for name, (text, _) in (FLUX | RELEASES).items()} | {"well": kustomization("well", path="fine")}
    declared = {f"argocd/{name}.yaml": text for name, text in argo.items()}
    declared |= {f"flux/{name}.yaml": text for name, text in flux.items()}
    own = "".join(f"- {{name: {name}, namespace: {name}, {given}}}\n" for name, (given, _) in PLAIN.items())
    config = f"""version: 1
kubernetesVersion: '1.30'
clusters: {{c: {{snapshot: live.json}}}}
sources:
- {{name: argo, argocd: {{path: argocd}}}}
- {{name: argo-live, argocd: {{from: cluster, cluster: c}}}}
- {{name: flux, flux: {{path: flux}}}}
- {{name: flux-live, flux: {{from: cluster, cluster: c}}}}
{own}"""
    repository(root, {"gitops-audit.yaml": config, **FILES, **declared})
    git(root, "remote", "add", "origin", URL)
    live = [
        body
        for file, text in declared.items()
        if file not in _HARMLESS
        for body in yaml.safe_load_all(text.replace(f":{HUNTER}@", f":{HUNTED}@"))
    ]
    live += [yaml.safe_load(CM % (f"fine, namespace: {name}", "a: b")) for name in ("fine", "well")]
    (root / "live.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": live}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", TOOLS_PATH)
        done = command(root, "check", "-v", *(part for name in FORMATS for part in (f"--{name}", str(folder / name))))
    texts = {name: (folder / name).read_bytes() for name in FORMATS}
    texts["terminal"] = (done.stdout + done.stderr).encode()
    yield Outcome(json.loads(texts["json"]), texts, done.returncode)
    assert not os.path.exists(OWNED)


@pytest.mark.parametrize("source", ALL)
def test_it_is_told_with_its_place_and_what_to_do(outcome: Outcome, source: str) -> None:
    told = said_about(outcome.report, source)
    assert told, outcome.report["notes"]
    assert any(ALL[source][1] in sentence for sentence in told), told
    assert all(map(PLACED.search, told)), told


@pytest.mark.parametrize("name", [*FORMATS, "terminal"])
def test_no_report_shows_what_lies_outside_or_a_credential_of_a_url(outcome: Outcome, name: str) -> None:
    assert HUNTER.encode() not in outcome.written[name]
    assert HUNTED.encode() not in outcome.written[name]


def test_the_others_are_audited_and_the_run_is_not_green(outcome: Outcome) -> None:
    sound = {r["source"] for r in outcome.report["resources"] if r["name"] == "fine" and not r["errors"]}
    assert {"argo.fine", "flux.flux-system.well"} <= sound
    assert outcome.code == 3
    assert b"GA001" not in outcome.written["json"]
