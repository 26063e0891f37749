"""The files of examples/ci and examples/repair as services read them: jobs, scripts, and the files they collect."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "examples/ci"
_SH = re.compile(r"\bsh (?:'''(.*?)'''|'([^'\n]*)')", re.DOTALL)
_STAGE = re.compile(r"^ *stage\('(\w+)'\) \{$", re.MULTILINE)
_COLLECTED = re.compile(r"(?:junit|archiveArtifacts|pattern:) '([^']*)'")
# What only works in the service itself: it installs this package from a URL, or speaks with the service.
_ELSEWHERE = ("pip install", "gh ")


@dataclass(frozen=True, slots=True)
class Job:
    """`scripts` are run one after the other, `collected` are the files (or patterns) that the service takes then."""

    name: str
    scripts: tuple[str, ...]
    collected: tuple[str, ...]


def github(folder: Path = FOLDER) -> dict[str, Job]:
    jobs = _yaml(folder / "github-workflow.yaml")["jobs"]
    return {name: _of_github(name, job["steps"]) for name, job in jobs.items()}


def _of_github(name: str, steps: list[dict[str, Any]]) -> Job:
    runs = [step["run"] for step in steps if "run" in step]
    collected = [file for step in steps for file in _taken(step.get("with", {}))]
    collected += [file for run in runs for file in re.findall(r"--body-file (\S+)", run)]
    return Job(name, _here(runs), tuple(collected))


def _taken(inputs: dict[str, str]) -> list[str]:
    return [inputs["sarif_file"]] if "sarif_file" in inputs else inputs.get("path", "").split()


def gitlab(folder: Path = FOLDER) -> dict[str, Job]:
    jobs = {name: job for name, job in _yaml(folder / "gitlab-ci.yml").items() if not name.startswith(".")}
    return {name: _of_gitlab(name, job) for name, job in jobs.items()}


def _of_gitlab(name: str, job: dict[str, Any]) -> Job:
    """The lines of a script are run in one shell."""
    artifacts = job["artifacts"]
    return Job(name, _here(["\n".join(job["script"])]), (*artifacts["paths"], *artifacts.get("reports", {}).values()))


def jenkins() -> dict[str, Job]:
    text = (FOLDER / "Jenkinsfile").read_text(encoding="utf-8")
    _, *parts = _STAGE.split(text)
    return {name: _of_jenkins(name, body) for name, body in zip(parts[::2], parts[1::2], strict=True)}


def _of_jenkins(name: str, stage: str) -> Job:
    scripts = [block or line for block, line in _SH.findall(stage)]
    collected = [file for files in _COLLECTED.findall(stage) for file in re.split(r",\s*", files)]
    return Job(name, _here(scripts), tuple(collected))


def _here(scripts: list[str]) -> tuple[str, ...]:
    return tuple(script for script in scripts if not script.lstrip().startswith(_ELSEWHERE))


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
