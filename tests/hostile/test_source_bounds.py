"""Sources of every type that never end, print without end, declare each other, or declare ever more of themselves.

One audit of all of them, with small bounds: each is an error with its place and the bound, and the others are audited.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import yaml

from gitops_audit.config.load import load
from gitops_audit.engine.audit import run
from gitops_audit.engine.gather import follow
from gitops_audit.model.resource import JsonObject
from gitops_audit.render import tool
from gitops_audit.report import json_report
from tests.audited import git, repository
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
)
from tests.rendering import TOOLS_PATH

TIME, SIZE = "it was stopped after 1 s (limit: tool time)", "it printed more than 1 MiB (limit: tool output)"
MANY, DEEP = "comes to more than 20 sources (limit: followed sources)", "6 deep (limit: followed depth)"
CYCLE = "declare each other, so none of them is there before the others"
ENDLESS = "{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}"
LOUD = "{{ range until 300000 }}#xxxxxxxxx\n{{ end }}"
LEVELS = 12
NEVER_ENDING = ("endless", "inflated", f"level{LEVELS}")
ONE = {"list": {"elements": [{"n": "one"}]}}
VARIABLES = {"substitute": {"a": "x" * 100_000}}


def chart(folder: str, template: str) -> dict[str, str]:
    return {f"{folder}/Chart.yaml": CHART, f"{folder}/templates/a.yaml": template}


def overlays() -> Iterator[tuple[str, str]]:
    """Each level takes the one below ten times, under ten names: 10^12 objects of a few lines."""
    yield "level0/kustomization.yaml", "resources: [cm.yaml]\n"
    yield "level0/cm.yaml", CM % ("a", "a: b")
    for level in range(1, LEVELS + 1):
        names = [f"n{number}" for number in range(10)]
        yield f"level{level}/kustomization.yaml", f"resources: {json.dumps(names)}\n"
        for name in names:
            yield (
                f"level{level}/{name}/kustomization.yaml",
                f"namePrefix: {name}\nresources: [../../level{level - 1}]\n",
            )


def many(text: str) -> str:
    return "{{ range until 40 }}\n" + text.replace("NAME", "many-{{ . }}") + "---\n{{ end }}"


FILES = {
    "fine/cm.yaml": CM % ("fine", "a: b"),
    **chart("endless", CM % ("endless", "a: b") + ENDLESS),
    **chart("loud", CM % ("loud", "a: b") + LOUD),
    **dict(overlays()),
    "circle/a/kustomization.yaml": "resources: [../b]\n",
    "circle/b/kustomization.yaml": "resources: [../a]\n",
    "inflated/kustomization.yaml": "helmCharts: [{name: endless, releaseName: a}]\n",
    **chart("inflated/charts/endless", CM % ("inflated", "a: b") + ENDLESS),
    "inflated/charts/endless/values.yaml": "",
    "bomb/cm.yaml": "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}' if n else 'x'] * 9)}]\n" for n in range(9)),
    "variables/cm.yaml": CM % ("variables", f"a: '{'${a}' * 1000}'"),
    "one/b.yaml": application("b", path="two"),
    "two/c.yaml": application("c", path="one"),
    "argo-ever/a.yaml": application("ever", path="ever"),
    **chart("ever", application("NAME", path="ever").replace("NAME", "{{ .Release.Name }}x")),
    "argo-many/a.yaml": application("all", path="many"),
    **chart("many", many(application("NAME", path="fine"))),
    "first/b.yaml": kustomization("b", path="second"),
    "second/c.yaml": kustomization("c", path="first"),
    "flux-ever/a.yaml": release("ever", "releases"),
    **chart("releases", release("NAME", "releases").replace("NAME", "{{ .Release.Name }}")),
    "flux-many/a.yaml": release("all", "flux-charts"),
    **chart("flux-charts", many(release("NAME", "fine"))),
}
ARGO = {
    "time": (application("time", path="endless"), TIME),
    "size": (application("size", path="loud"), SIZE),
    "overlays": (application("overlays", path=f"level{LEVELS}"), TIME),
    "set": (application_set("set", ONE, path="endless"), TIME),
    "cycle": (application("cycle", path="one"), None),
}
FLUX = {
    "k-time": (kustomization("k-time", path=f"level{LEVELS}"), TIME),
    "k-variables": (kustomization("k-variables", path="variables", postBuild=VARIABLES), "(limit: substituted size)"),
    "h-time": (release("h-time", "endless"), TIME),
    "h-size": (release("h-size", "loud"), SIZE),
    "cycle": (kustomization("cycle", path="first"), None),
    "waits": (kustomization("waits", path="fine", dependsOn=[{"name": "waited"}]), "and that for itself: Flux never"),
    "waited": (kustomization("waited", path="fine", dependsOn=[{"name": "waits"}]), "and that for itself: Flux never"),
}
PLAIN = {
    "bomb": ("path: bomb", "(limit: aliases)"),
    "chart-time": ("path: endless", TIME),
    "chart-size": ("path: loud", SIZE),
    "overlay-circle": ("path: circle/a", "kustomizations take each other in"),
    "overlay-time": (f"path: level{LEVELS}", TIME),
    "inflated-time": ("path: inflated, kustomize: {helmCharts: true, loadRestrictor: none}", TIME),
    "argo-ever": ("argocd: {path: argo-ever, cluster: c}", DEEP),
    "argo-many": ("argocd: {path: argo-many, cluster: c}", MANY),
    "flux-ever": ("flux: {path: flux-ever, cluster: c}", DEEP),
    "flux-many": ("flux: {path: flux-many, cluster: c}", MANY),
}
ENGINES = {
    **{f"{root}.{name}": told for root in ("argo", "argo-live") for name, (_, told) in ARGO.items()},
    **{f"{root}.flux-system.{name}": told for root in ("flux", "flux-live") for name, (_, told) in FLUX.items()},
    **{f"{root}.{name}": CYCLE for root in ("argo", "argo-live") for name in ("b", "c")},
    # Each gives the other its own name as a namespace.
    **{f"{root}.{name}": CYCLE for root in ("flux", "flux-live") for name in ("b.c", "c.b")},
}
ALL = {
    **{name: told for name, told in ENGINES.items() if told and name != "argo-live.set"},
    **{name: told for name, (_, told) in PLAIN.items()},
}


def _without_patience(run: Callable[..., bytes]) -> Callable[..., bytes]:
    """What never ends gets a second, however busy the machine is; all else the time that it needs."""

    def bounded(self: tool.Workspace, command: Sequence[str], **given: Any) -> bytes:
        is_endless = any(name in part for part in command for name in NEVER_ENDING)
        return run(self, command, **given, **({"timeout_s": 1.0} if is_endless else {}))

    return bounded


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> JsonObject:
    root = tmp_path_factory.mktemp("bounds") / "repo"
    declared = {f"argocd/{name}.yaml": text for name, (text, _) in ARGO.items()}
    declared |= {f"flux/{name}.yaml": text for name, (text, _) in FLUX.items()}
    live = [body for text in declared.values() for body in yaml.safe_load_all(text)]
    declared |= {"argocd/fine.yaml": application("fine"), "flux/well.yaml": kustomization("well", path="fine")}
    own = "".join(f"- {{name: {name}, namespace: {name}, {given}}}\n" for name, (given, _) in PLAIN.items())
    config = f"""version: 1
clusters: {{c: {{snapshot: live.json}}}}
sources:
- {{name: argo, argocd: {{path: argocd}}}}
- {{name: argo-live, argocd: {{from: cluster, cluster: c}}}}
- {{name: flux, flux: {{path: flux}}}}
- {{name: flux-live, flux: {{from: cluster, cluster: c}}}}
{own}"""
    repository(root, {"gitops-audit.yaml": config, **FILES, **declared})
    git(root, "remote", "add", "origin", URL)
    (root / "live.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": live}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", TOOLS_PATH)
        patch.setattr(tool.Workspace, "run", _without_patience(tool.Workspace.run))
        patch.setattr(tool, "MAX_RENDERED_BYTES", 1 << 20)
        patch.setattr(follow, "MAX_SOURCES", 20)
        patch.setattr(follow, "MAX_ROUNDS", 6)
        found: JsonObject = json.loads(json_report.write(run(load(root / "gitops-audit.yaml"))))
    return found


@pytest.mark.parametrize("source", ALL)
def test_it_ends_and_is_told_with_its_place_and_bound(report: JsonObject, source: str) -> None:
    told = said_about(report, source)
    assert told
    assert any(ALL[source] in sentence for sentence in told), told
    assert all(map(PLACED.search, told)), told


def test_the_others_are_audited(report: JsonObject) -> None:
    fine = {r["source"] for r in report["resources"] if r["name"] == "fine" and r["kind"] == "ConfigMap"}
    assert {"argo.fine", "flux.flux-system.well"} <= fine
    assert "GA001" not in json.dumps(report)
