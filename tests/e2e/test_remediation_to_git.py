"""Live values taken over into Git, from a real API server: planned, written, committed, and nothing left to plan."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.apiserver import ApiServer
from tests.e2e.repairing import Shop

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
