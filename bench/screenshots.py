"""`python -m bench.screenshots [FOLDER]`: the pictures of HTML reports and terminals in docs/images, from real runs.

Two real API servers get the example repository as Argo CD would deploy it, kubectl lets both drift, a third cluster
does not answer. The pictures of many resources are of an audit of a made-up fleet of 10,000.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser

from bench import fleet, items, terminal
from gitops_audit.sandbox import demo
from tests.browser import chromium
from tests.e2e.apiserver import ApiServer, find_assets, missing_reason
from tests.terminal import printed

IMAGES = Path(__file__).parent.parent / "docs" / "images"
MANY = 10_000
CLUSTERS = ("prod-eu", "prod-us")
CONFIG = """\
version: 1
clusters:
  prod-eu: {kubeconfig: prod-eu}
  prod-us: {kubeconfig: prod-us}
  staging: {kubeconfig: staging}
sources:
  - {name: platform, path: platform}
  - {name: shop, path: apps/shop, namespace: shop, clusters: [prod-eu, prod-us]}
drift:
  ignore:
    - match: {kind: Deployment, group: apps, name: web}
      fields: [/spec/replicas]
      managers: [kubectl]
      reason: scaled by hand until the autoscaler is there
      owner: team-web
      expires: 2099-03-31
policies:
  - {pack: pod-security-restricted}
  - {pack: best-practices}
  - {pack: rbac}
  - {pack: network}
exceptions:
  - policy: require-owner-labels
    match: {name: "*"}
    owner: platform team
    reason: labels come with the new templates
    expires: 2099-12-31
"""
STAGING = """\
{"apiVersion": "v1", "kind": "Config", "current-context": "c", "users": [{"name": "u", "user": {"token": "t"}}],
 "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
 "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]}
"""
# What people do on a Friday evening, by cluster.
DRIFT = {
    "prod-eu": (
        ("edit", "deployment", "worker"),
        ("delete", "configmap", "worker-settings"),
        ("patch", "secret", "queue-credentials", "-p", '{"stringData": {"password": "rotated-in-a-hurry"}}'),
        ("label", "service", "web", "debug=please-keep"),
        ("edit", "configmap", "web-settings"),
    ),
    "prod-us": (
        ("edit", "configmap", "web-settings"),
        ("scale", "deployment", "web", "--replicas=5"),
        ("annotate", "ingress", "web", "nginx.ingress.kubernetes.io/proxy-body-size=64m"),
        ("delete", "networkpolicy", "default-deny"),
    ),
}
EDITOR = "sed -i -e s/1.8.2/1.8.3-debug/ -e /Escalation:/s/false/true/ -e s/checkout=v2/checkout=v3/"
Colours = Literal["light", "dark"]
Shot = tuple[str, str, int, int, Colours]
# (file, address, width, height, colours), of the report of the two servers.
SHOTS: tuple[Shot, ...] = (
    ("html-overview-light", "", 1360, 900, "light"),
    ("html-overview-dark", "", 1360, 900, "dark"),
    ("html-filtered", "#resources?status=failed&cluster=prod-eu&check=drift", 1360, 820, "light"),
    ("html-policies", "#policies", 1360, 820, "light"),
    ("html-phone", "", 390, 780, "light"),
    ("html-phone-list", "#resources", 390, 780, "dark"),
)
ONE_FINDING: Shot = ("html-finding", "#resources?q=worker+image&cluster=prod-eu", 1360, 820, "dark")
OF_MANY: tuple[Shot, ...] = (("html-many", "#resources?status=failed", 1360, 820, "light"),)

# (file, command, rows), in the repository of the two servers; of what ends with a summary, that alone.
TERMINALS = (
    ("terminal-check", "gitops-audit check", 40),
    ("terminal-pytest", "pytest gitops-audit.yaml --gitops-cluster=prod-eu", 46),
    ("terminal-diff", "gitops-audit diff worker --cluster prod-eu", 40),
    ("terminal-plan", "gitops-audit remediate plan --cluster prod-eu -o plan.json", 40),
)
COLUMNS = 100
SUMMARY = re.compile("= gitops-audit =|what to do first:")


def main(folder: Path) -> None:
    """Makes all pictures anew. Needs a kube-apiserver, etcd and kubectl in envtest's folder, git, and Chromium."""
    if reason := missing_reason() or ("" if chromium.found() else chromium.MISSING):
        sys.exit(reason)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work, chromium.launched() as browser:
        take(browser, real_report(Path(work), browser, folder), folder, (*SHOTS, ONE_FINDING))
        take(browser, large_report(Path(work)), folder, OF_MANY)


def real_report(work: Path, browser: Browser, folder: Path) -> Path:
    """The report of the example on two API servers that drifted and one cluster that does not answer; and what
    commands print of them, as pictures in `folder`."""
    root = work / "shop"
    root.mkdir()
    demo.write_repository(root)
    (root / "gitops-audit.yaml").write_text(CONFIG, encoding="utf-8")
    (root / "staging").write_text(STAGING, encoding="utf-8")
    with ExitStack() as stack:
        for cluster in CLUSTERS:
            server = stack.enter_context(ApiServer())
            _deploy(root, server.write_kubeconfig(root / cluster))
            for words in DRIFT[cluster]:
                _kubectl(root / cluster, "-n", "shop", *words)
        take_terminals(browser, root, folder)
        return _audited(root)


def large_report(work: Path) -> Path:
    """The report of an audit of a recorded fleet, a tenth of which drifted."""
    root = work / "fleet"
    root.mkdir()
    fleet.write_repository(root, MANY)
    items.record(root, MANY, is_drifted=True)
    return _audited(root)


def take(browser: Browser, report: Path, folder: Path, shots: tuple[Shot, ...]) -> None:
    for name, address, width, height, colours in shots:
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=colours)
        page.goto(f"{report.as_uri()}{address}")
        page.locator("main > section:visible").wait_for()
        page.screenshot(path=folder / f"{name}.png", animations="disabled")
        page.close()
        print(f"{name}.png: {(folder / f'{name}.png').stat().st_size // 1024} KB")


def take_terminals(browser: Browser, root: Path, folder: Path) -> None:
    for name, command, rows in TERMINALS:
        program, *words = command.split()
        argv = [sys.executable, "-m", program.replace("-", "_"), *words]
        lines = printed(argv, root, COLUMNS, rows).rstrip("\n").split("\n")
        start = next((number for number, line in enumerate(lines) if SUMMARY.search(line)), 0)
        terminal.picture(browser, "\n".join(lines[start:]), command, COLUMNS, folder / f"{name}.png")
        print(f"{name}.png: {(folder / f'{name}.png').stat().st_size // 1024} KB")


def _deploy(root: Path, kubeconfig: Path) -> None:
    for folder in ("platform", "apps/shop"):
        where = ("-n", "shop") if folder != "platform" else ()
        _kubectl(
            kubeconfig, "apply", "--server-side", "--field-manager=argocd-controller", *where, "-f", str(root / folder)
        )


def _kubectl(kubeconfig: Path, *words: str) -> None:
    program = (find_assets() or Path()) / "kubectl"
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "KUBE_EDITOR": EDITOR}
    subprocess.run([program, *words], check=True, env=environment, stdout=subprocess.DEVNULL)


def _audited(root: Path) -> Path:
    """An audit that finds something ends with another exit code than 0: what counts here is its report."""
    command = [sys.executable, "-m", "gitops_audit", "check", "-q", "--html", "report.html"]
    subprocess.run(command, cwd=root, check=False, stdout=subprocess.DEVNULL)
    return root / "report.html"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
