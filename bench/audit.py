"""The end-to-end audit of N in-sync resources on a real API server, against the floor and against kubectl diff."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import orjson
import urllib3
import yaml

from bench import fleet
from bench.measure import Measured, RequestCounter, command, function, python, table
from tests.e2e.apiserver import ApiServer
from tests.tools import KUBECTL

PAGE = 500
SHIPPED = Path(__file__).resolve().parents[1] / "policies"
# Twenty policies: twelve best practices, the restricted standard, four for networks and three for RBAC.
TWENTY = (
    "best-practices",
    "pod-security-restricted",
    "network/disallow-external-ips.yaml",
    "network/network-policy-selects-pods.yaml",
    "network/require-ingress-tls.yaml",
    "network/service-selects-pods.yaml",
    "rbac/disallow-anonymous.yaml",
    "rbac/disallow-cluster-admin.yaml",
    "rbac/disallow-wildcards.yaml",
)
# Plugins of the development environment that do work of their own at the end of every run.
QUIET_PLUGINS = ("-p", "no:hypothesispytest", "-p", "no:html", "-p", "no:metadata", "-p", "no:cacheprovider")


def run(count: int, *, policies: bool, has_kubectl: bool) -> str:
    """Measures one size and gives back a Markdown table."""
    with tempfile.TemporaryDirectory(prefix="gitops-audit-bench-") as folder, ApiServer() as server:
        root = Path(folder) / "repo"
        root.mkdir()
        kubeconfig = Path(folder) / "kubeconfig"
        server.write_kubeconfig(kubeconfig)
        fleet.write_repository(root, count)
        fleet.deploy(server.url, server.token(), str(server.ca_file), count)
        (root / "gitops-audit.yaml").write_text(_config(kubeconfig, policies=policies))
        rows = _measure(root, kubeconfig, server, has_kubectl=has_kubectl)
    floor_s = rows[0].wall_s + rows[1].wall_s
    return f"{count} resources; floor (LIST + YAML parse): {floor_s:.2f} s\n\n{table(rows, floor_s)}"


def _config(kubeconfig: Path, *, policies: bool) -> str:
    lines = ["version: 1", "clusters:", f"  bench: {{kubeconfig: {kubeconfig}}}"]
    lines += ["sources:", "  - {name: fleet, path: apps}"]
    if policies:
        lines += ["policies:", *(f"  - {{path: {SHIPPED / name}}}" for name in TWENTY)]
    return "\n".join(lines)


def _measure(root: Path, kubeconfig: Path, server: ApiServer, *, has_kubectl: bool) -> Sequence[Measured]:
    counter = RequestCounter(server.url, server.token(), str(server.ca_file))
    rows = [
        function("LIST + parse", lambda: _list_all(server)),
        function("YAML parse (PyYAML, C)", lambda: _parse_all(root)),
        command("gitops-audit check", [python(), "-m", "gitops_audit", "check", "-q"], counter, cwd=root),
        command("pytest -q", [python(), "-m", "pytest", "-q", *QUIET_PLUGINS, "gitops-audit.yaml"], counter, cwd=root),
        command(
            "pytest -q --junitxml",
            [python(), "-m", "pytest", "-q", *QUIET_PLUGINS, "gitops-audit.yaml", "--junitxml=../report.xml"],
            counter,
            cwd=root,
        ),
    ]
    if has_kubectl:
        argv = [str(KUBECTL), "diff", "--server-side", "--force-conflicts", "-R", "-f", "apps"]
        env = {"KUBECONFIG": str(kubeconfig)}
        rows.append(command("kubectl diff --server-side", argv, counter, cwd=root, env=env))
    return rows


def _list_all(server: ApiServer) -> None:
    pool = urllib3.PoolManager(ca_certs=str(server.ca_file))
    headers = {"Authorization": f"Bearer {server.token()}"}
    for path in fleet.LISTS:
        token = ""
        while True:
            answer = pool.request("GET", f"{server.url}{path}?limit={PAGE}&continue={token}", headers=headers)
            token = orjson.loads(answer.data)["metadata"].get("continue", "")
            if not token:
                break


def _parse_all(root: Path) -> None:
    for path in sorted((root / "apps").rglob("*.yaml")):
        for _ in yaml.load_all(path.read_bytes(), Loader=yaml.CSafeLoader):
            pass
