"""`python -m bench.render [KUSTOMIZATIONS] [CHARTS]`: rendering a repository, against the tools' own sequential time.

The repository is made up: each kustomization has a base, a patch and a generator, each chart ten templates; beside them
stand files that no source reads. The floor is one process of the tool for each source, one after the other, on files
that lie there already. Printed are wall time and the processor time of this process and of the tools together: on a
machine that does other work, only the latter is of use.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

from gitops_audit.config.load import load
from gitops_audit.engine.gather.all_sources import read_all
from gitops_audit.engine.options import RunOptions
from tests.tools import FOLDER, HELM, KUSTOMIZE

_TEMPLATES, _OTHER_FILES = 10, 2000
_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec:
  replicas: REPLICAS
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec: {containers: [{name: web, image: "registry.example.com/NAME:1.0", ports: [{containerPort: 8080}]}]}
"""


def run(kustomizations: int, charts: int) -> str:
    """A table of the two ways, and their ratio."""
    os.environ["PATH"] = os.pathsep.join((str(FOLDER), os.environ["PATH"]))
    with tempfile.TemporaryDirectory(prefix="bench-render-") as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder, "cache"))
        root = Path(folder, "repo")
        files = dict(_files(kustomizations, charts))
        _write(root, files)
        ways: dict[str, Callable[[], int]] = {
            "the tools, one by one": lambda: _sequential(root, kustomizations, charts),
            "gitops-audit, cold": lambda: _read(root),
            "gitops-audit, warm": lambda: _read(root),
        }
        rows = {name: _timed(way) for name, way in ways.items()}
    floor = rows["the tools, one by one"]
    lines = [
        f"{kustomizations} kustomizations and {charts} charts of one repository ({len(files)} files)\n",
        "| | objects | wall | ratio | processor time | ratio |",
        "|---|---|---|---|---|---|",
    ]
    for name, (count, wall_s, cpu_s) in rows.items():
        ratios = wall_s / floor[1], cpu_s / floor[2]
        lines.append(f"| {name} | {count} | {wall_s:.1f} s | {ratios[0]:.2f} | {cpu_s:.1f} s | {ratios[1]:.2f} |")
    return "\n".join(lines)


def _write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    git = ["git", "-C", str(root), "-c", "user.name=Bench", "-c", "user.email=bench@example.com"]
    for command in (["init", "--quiet", "--initial-branch=main"], ["add", "."], ["commit", "--quiet", "-m", "All"]):
        subprocess.run([*git, *command], check=True)


def _timed(way: Callable[[], int]) -> tuple[int, float, float]:
    started, before = time.perf_counter(), sum(os.times()[:4])
    count = way()
    return count, time.perf_counter() - started, sum(os.times()[:4]) - before


def _sequential(root: Path, kustomizations: int, charts: int) -> int:
    commands = [[str(KUSTOMIZE), "build", f"apps/k{number}"] for number in range(kustomizations)]
    commands += [[str(HELM), "template", f"c{number}", f"charts/c{number}"] for number in range(charts)]
    outputs = (subprocess.run(command, cwd=root, check=True, capture_output=True).stdout for command in commands)
    return sum(output.count(b"\nkind: ") + output.startswith(b"kind: ") for output in outputs)


def _read(root: Path) -> int:
    sources = read_all(load(root / "gitops-audit.yaml"), RunOptions(offline=True))
    assert not [s for s in sources if s.error or s.rendered.problems]
    return sum(len(s.rendered.manifests) for s in sources)


def _files(kustomizations: int, charts: int) -> Iterator[tuple[str, str]]:
    names = [(f"k{n}", f"apps/k{n}") for n in range(kustomizations)] + [
        (f"c{n}", f"charts/c{n}") for n in range(charts)
    ]
    sources = [{"name": name, "path": path, "namespace": "shop"} for name, path in names]
    yield "gitops-audit.yaml", yaml.safe_dump({"version": 1, "sources": sources})
    for name, path in names:
        yield from _kustomization(name, path) if path.startswith("apps/") else _chart(name, path)
    for number in range(_OTHER_FILES):
        yield f"docs/{number % 40}/{number}.md", f"# {number}\n" * 50


def _kustomization(name: str, path: str) -> Iterator[tuple[str, str]]:
    yield f"{path}/base/kustomization.yaml", "resources: [web.yaml]\n"
    yield f"{path}/base/web.yaml", _DEPLOYMENT.replace("NAME", name).replace("REPLICAS", "1")
    yield f"{path}/settings.env", "LEVEL=info\n"
    patch = f"{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {name}}}, spec: {{replicas: 2}}}}"
    generator = "configMapGenerator: [{name: settings, envs: [settings.env]}]"
    yield f"{path}/kustomization.yaml", f"resources: [base]\n{generator}\npatches: [{{patch: '{patch}'}}]\n"


def _chart(name: str, path: str) -> Iterator[tuple[str, str]]:
    yield f"{path}/Chart.yaml", f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n"
    yield f"{path}/values.yaml", "replicas: 2\n"
    for number in range(_TEMPLATES):
        text = _DEPLOYMENT.replace("NAME", f"{name}-{number}").replace("REPLICAS", "{{ .Values.replicas }}")
        yield f"{path}/templates/{number}.yaml", text


def main() -> None:
    numbers = [int(word) for word in sys.argv[1:3]] or [90, 70]
    print(run(numbers[0], numbers[1] if len(numbers) > 1 else 0))


if __name__ == "__main__":
    main()
