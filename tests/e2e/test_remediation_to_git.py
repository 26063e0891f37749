"""Live values taken over into Git, from a real API server: planned, written, committed, and nothing left to plan."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.apiserver import ApiServer
from tests.e2e.repairing import Shop
from tests.tools import HELM

pytestmark = [pytest.mark.e2e]

DEPLOYMENT = """\
# the shop
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}   # never change
spec:
  replicas: 2  # two are enough
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        # the shop itself
        - name: web
          image: 'shop:1'   # pinned
          env:
            - {name: A, value: "1"}
            - name: B
              value: two
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  colour: "blue"
  text: |
    one
    two
"""


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def shop(apiserver: ApiServer, tmp_path: Path) -> Iterator[Shop]:
    with apiserver.left_as_found():
        made = Shop.declared(apiserver, tmp_path, [])
        made.commit({"shop/all.yaml": DEPLOYMENT})
        made.deploy()
        yield made


def change(shop: Shop) -> None:
    shop.kubectl("set", "image", "deployment/web", "web=shop:2")
    shop.kubectl("scale", "deployment/web", "--replicas=5")
    shop.kubectl("set", "env", "deployment/web", "B-")
    shop.kubectl("label", "deployment/web", "tier=front")
    shop.edit("settings", colour="red", text="one\n2\n")


def test_only_the_changed_lines_are_in_the_patch(shop: Shop) -> None:
    change(shop)

    done = shop.run("plan", "--to", "git", "--quiet", "--patch", "live.patch", "--branch", "live")

    assert done.returncode == 0, done.stdout + done.stderr
    changed = [line for line in done.stdout.splitlines() if re.match(r"[+-](?!\+\+|--)", line)]
    assert changed == [
        "-  labels: {app: web}   # never change",
        "+  labels: {app: web, tier: front}   # never change",
        "-  replicas: 2  # two are enough",
        "+  replicas: 5  # two are enough",
        "-          image: 'shop:1'   # pinned",
        "+          image: 'shop:2'   # pinned",
        "-            - name: B",
        "-              value: two",
        '-  colour: "blue"',
        '+  colour: "red"',
        "-    two",
        "+    2",
    ]
    assert git(shop.root, "status", "--porcelain", "--untracked-files=no") == ""
    git(shop.root, "apply", "--check", "live.patch")
    git(shop.root, "merge", "--quiet", "--ff-only", "live")
    again = json.loads(shop.run("plan", "--to", "git", "--quiet", "--json").stdout)
    assert (again["actions"], again["refused"]) == ([], [])


def test_a_plan_is_written_into_the_work_tree_once(shop: Shop) -> None:
    shop.kubectl("scale", "deployment/web", "--replicas=5")
    planned = shop.plan("--to", "git")

    assert [a["action"] for a in planned["actions"]] == ["patch-file"]
    done = shop.apply()
    assert done.returncode == 0, done.stdout + done.stderr
    assert git(shop.root, "diff", "--stat").strip().endswith("1 file changed, 1 insertion(+), 1 deletion(-)")
    again = shop.apply()
    assert again.returncode == 1
    assert "GA520" in again.stderr


def configured(shop: Shop, *sources: dict[str, Any]) -> None:
    document = yaml.safe_load((shop.root / "gitops-audit.yaml").read_text())
    shop.commit({"gitops-audit.yaml": yaml.safe_dump({**document, "sources": list(sources)})})


def planned(shop: Shop, *options: str) -> tuple[list[str], str]:
    """The changed lines of the difference with their files, and all that was told."""
    done = shop.run("plan", "--to", "git", "--quiet", *options)
    lines = [line for line in done.stdout.splitlines() if re.match(r"[+-](?!--)(?!\+\+ /dev)", line)]
    return [line for line in lines if line != "+++ /dev/null"], done.stdout + done.stderr


def is_taken_over(shop: Shop) -> bool:
    """After the commit there is nothing to plan."""
    git(shop.root, "merge", "--quiet", "--ff-only", "live")
    again = json.loads(shop.run("plan", "--to", "git", "--quiet", "--json").stdout)
    return (again["actions"], again["refused"]) == ([], [])


def overlay(namespace: str, text: str) -> str:
    return f"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: {namespace}\n{text}"


WEB = DEPLOYMENT.partition("---\n")[0]


@pytest.fixture
def overlays(shop: Shop) -> Shop:
    """A base that two overlays share; one of them sets the image and patches an environment variable."""
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  minReadySeconds: 5 # calm\n"
    base = "resources:\n- web.yaml\n# end\n"
    images = "images:\n- name: shop # ours\n  newTag: '7'\n"
    prod = f"namePrefix: prod-\nresources:\n- ../base\n{images}patches:\n- path: calm.yaml\n"
    shop.commit(
        {
            "shop/all.yaml": None,
            "k/base/web.yaml": WEB,
            "k/base/kustomization.yaml": base,
            "k/prod/kustomization.yaml": overlay("default", prod),
            "k/prod/calm.yaml": patch,
            "k/test/kustomization.yaml": overlay("default", "namePrefix: test-\nresources:\n- ../base\n"),
        }
    )
    configured(shop, *({"name": n, "path": f"k/{n}", "type": "kustomize"} for n in ("prod", "test")))
    for name in ("prod", "test"):
        shop.kubectl(
            "apply", "--server-side", "--field-manager=kustomize-controller", "-k", str(shop.root / "k" / name)
        )
    return shop


def test_kustomize_changes_what_is_of_the_overlay_alone(overlays: Shop) -> None:
    overlays.kubectl("set", "image", "deployment/prod-web", "web=shop:8")
    overlays.kubectl("scale", "deployment/prod-web", "--replicas=5")
    overlays.kubectl("patch", "deployment/prod-web", "-p", '{"spec": {"minReadySeconds": 6}}')
    overlays.kubectl("set", "env", "deployment/prod-web", "A=9")

    lines, told = planned(overlays, "--branch", "live")

    assert "0 refused" in told, told
    assert lines == [
        "+++ b/k/prod/calm.yaml",
        "-  minReadySeconds: 5 # calm",
        "+  minReadySeconds: 6 # calm",
        "+++ b/k/prod/deployment-prod-web-live.yaml",
        "+apiVersion: apps/v1",
        "+kind: Deployment",
        "+metadata:",
        "+  name: web",
        "+spec:",
        "+  replicas: 5",
        "+  template:",
        "+    spec:",
        "+      containers:",
        "+      - name: web",
        "+        env:",
        "+        - name: A",
        '+          value: "9"',
        "+++ b/k/prod/kustomization.yaml",
        "-  newTag: '7'",
        "+  newTag: '8'",
        "+- path: deployment-prod-web-live.yaml",
    ]
    assert is_taken_over(overlays)


CHART = {
    "c/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "c/values.yaml": """\
replicaCount: 1
image: {repository: shop, tag: '1'}
podLabels: {}
resources:
  limits:
    cpu: 1
""",
    "c/values-prod.yaml": "# prod\nreplicaCount: 2 # two\nport: 80\nother: 2\n",
    "c/templates/web.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: {{ .Values.replicaCount }}
  minReadySeconds: {{ mul .Values.port 2 }}
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels:
        app: web
        {{- with .Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      containers:
      - name: web
        image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
        resources:
          {{- toYaml .Values.resources | nindent 10 }}
""",
}


def test_the_keys_of_a_chart_are_found_by_rendering(shop: Shop) -> None:
    shop.commit({"shop/all.yaml": None, **CHART})
    configured(shop, {"name": "c", "path": "c", "type": "helm", "helm": {"valueFiles": ["values-prod.yaml"]}})
    rendered = subprocess.run(
        [str(HELM), "template", "c", str(shop.root / "c"), "-f", str(shop.root / "c/values-prod.yaml")],
        capture_output=True,
        text=True,
        check=True,
    )
    (shop.root.parent / "out.yaml").write_text(rendered.stdout)
    shop.kubectl("apply", "--server-side", "--field-manager=helm", "-f", str(shop.root.parent / "out.yaml"))
    shop.kubectl("set", "image", "deployment/web", "web=shop:2")
    shop.kubectl("scale", "deployment/web", "--replicas=5")
    shop.kubectl("patch", "deployment/web", "-p", '{"spec": {"minReadySeconds": 6}}')
    shop.kubectl("set", "resources", "deployment/web", "--limits=cpu=2")

    lines, told = planned(shop, "--branch", "live")

    assert lines == [
        "+++ b/c/values-prod.yaml",
        "-replicaCount: 2 # two",
        "+replicaCount: 5 # two",
        "+++ b/c/values.yaml",
        "-image: {repository: shop, tag: '1'}",
        "+image: {repository: shop, tag: '2'}",
        "-    cpu: 1",
        '+    cpu: "2"',
    ]
    assert "refused: prod/c/Deployment.apps/default/web: spec.minReadySeconds: no key of its value files" in told


def test_what_git_is_ahead_by_is_not_taken_back_unasked(shop: Shop) -> None:
    shop.commit({"shop/all.yaml": DEPLOYMENT.replace('colour: "blue"', "colour: green")})

    lines, told = planned(shop)
    asked, _ = planned(shop, "--include-pending")

    assert lines == []
    assert "Git is ahead here" in told
    assert asked == ["+++ b/shop/all.yaml", "-  colour: green", "+  colour: blue"]
