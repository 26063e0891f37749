"""What the templates of a chart ask for that Git does not hold: capabilities, objects of the cluster, chance, time.

Templates are searched as text: a chart that calls such a function by other ways is not recognised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gitops_audit.kube.definition import KIND
from gitops_audit.manifest import file as manifest

_ACTION = re.compile(r"\{\{(?!-?\s*/\*)(.*?)\}\}", re.DOTALL)
_RANDOM = re.compile(
    r"\b(?:rand(?:AlphaNum|Alpha|Numeric|Ascii|Bytes|Int)|gen(?:CA|SelfSignedCert|SignedCert|PrivateKey)\w*|uuidv4"
    r"|shuffle|htpasswd|bcrypt|encryptAES|now|ago|date|htmlDate|dateInZone)\b"
)
_FILES = re.compile(r"\.Files\b")
_LOOKUP = re.compile(r"\blookup\b")
_DEFINED = re.compile(r'\bdefine\s+"([^"]+)"')
_HAS = re.compile(r'\.Capabilities\.APIVersions\.Has\s+"([^"]+)"')
_KUBE_VERSION = re.compile(r"\.Capabilities\.KubeVersion")
_MAX_BYTES = 4 << 20
_SUFFIXES = (".yaml", ".yml", ".tpl", ".txt", ".json")


@dataclass(slots=True)
class ChartText:
    """Paths count from the chart. `reads_files`: a template takes other files of the chart (`.Files`); `asked` are
    (template, API) pairs; `looking` are templates whose objects a `lookup` may have made; `versioned` those that ask
    for the Kubernetes version."""

    is_random: bool = False
    reads_files: bool = False
    looking: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)
    versioned: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, chart: Path) -> ChartText:
        """Searches the templates of a chart and of its unpacked dependencies."""
        found = cls()
        texts = dict(_templates(chart))
        for path, text in texts.items():
            found.is_random |= _RANDOM.search(text) is not None
            found.reads_files |= _FILES.search(text) is not None
            found.asked += [(path, api) for api in _HAS.findall(text)]
            found.versioned += [path] * bool(_KUBE_VERSION.search(text))
        found.looking = _looking(texts)
        return found


def _looking(texts: dict[str, str]) -> set[str]:
    """The templates that look something up, themselves or by what they include."""
    looking = {path for path, text in texts.items() if _LOOKUP.search(text)}
    while True:
        names = {f'"{name}"' for path in looking for name in _DEFINED.findall(texts[path])}
        more = {path for path, text in texts.items() if any(name in text for name in names)} - looking
        if not more:
            return looking
        looking |= more


def _templates(chart: Path) -> Iterator[tuple[str, str]]:
    """The actions of each template by its path; what stands beside them is no code."""
    for file in sorted(chart.rglob("*")):
        path = file.relative_to(chart)
        if "templates" in path.parts and file.name.endswith(_SUFFIXES) and file.is_file():
            text = file.read_bytes()[:_MAX_BYTES].decode("utf-8", "replace")
            yield path.as_posix(), "\n".join(_ACTION.findall(text))


def own_api_versions(chart: Path) -> list[str]:
    """The kinds that the chart's `crds/` define: an installation brings them before it renders the templates."""
    found: list[str] = []
    for file in sorted(chart.glob("crds/**/*.y*ml")):
        if file.is_file():
            documents, _ = manifest.documents(file.read_bytes()[:_MAX_BYTES], "")
            found += [api for _, value in documents for api in defined_api_versions(value)]
    return found


def defined_api_versions(body: object) -> Iterator[str]:
    """What a CustomResourceDefinition adds to the API versions of a cluster, as helm names them."""
    if not isinstance(body, dict) or body.get("kind") != KIND or not isinstance(body.get("spec"), dict):
        return
    spec = body["spec"]
    names, versions = spec.get("names"), spec.get("versions")
    kind = names.get("kind") if isinstance(names, dict) else None
    for version in versions if isinstance(versions, list) else ():
        if isinstance(version, dict) and version.get("served"):
            yield f"{spec.get('group')}/{version.get('name')}"
            yield f"{spec.get('group')}/{version.get('name')}/{kind}"
