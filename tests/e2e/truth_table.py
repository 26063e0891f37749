"""The truth table of the drift engine: every row deployed, changed and judged on a real API server.

`python -m tests.e2e.truth_table` starts a server, prints expected against found, and exits 1 where they disagree.
Each row is deployed by client-side and by server-side apply, and judged as an administrator (who may confirm by dry
run) and as a user who may only read. Before its change every row must be in sync.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from gitops_audit.config.settings import DriftConfig
from gitops_audit.drift import Comparer
from gitops_audit.drift.confirm import DryRun, confirmed, is_suspect
from gitops_audit.kube.type_schema import Schemas
from gitops_audit.model.finding import Drift
from gitops_audit.model.redact import Redactor
from gitops_audit.model.resource import Declared, JsonObject, Origin, ResourceKey, split_api_version
from tests.e2e.apiserver import ApiServer
from tests.e2e.deployers import DEPLOYERS, Place
from tests.e2e.jsonpatch import patched
from tests.e2e.truth_server import READER, Client

TABLE = Path(__file__).parent / "truth"
CA_BUNDLE = Path(__file__).parent / "truth" / "ca.b64"
METHODS = ("csa", "ssa")
READ_ONLY = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "truth-reader"},
    "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]}],
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table, deployed by one method."""

    number: int
    method: str
    spec: JsonObject
    body: JsonObject
    is_namespaced: bool
    plural: str

    @property
    def name(self) -> str:
        return f"{self.spec['object']}: {self.spec['row']}"

    @property
    def declared_body(self) -> JsonObject:
        """What Git says when the audit runs."""
        changed: JsonObject = patched(self.body, self.spec.get("git", []))
        return changed

    @property
    def expected(self) -> Any:
        found = self.spec["expect"]
        return self.spec.get("ssa", found) if self.method == "ssa" else found

    @property
    def path(self) -> str:
        group, version = split_api_version(self.body["apiVersion"])
        root = f"/apis/{group}/{version}" if group else f"/api/{version}"
        space = f"/namespaces/{self.namespace}" if self.is_namespaced else ""
        return f"{root}{space}/{self.plural}"

    @property
    def namespace(self) -> str:
        return f"truth-{self.method}" if self.is_namespaced else ""

    def declared(self, body: JsonObject, redactor: Redactor) -> Declared:
        group, version = split_api_version(body["apiVersion"])
        key = ResourceKey("truth", group, body["kind"], self.namespace, body["metadata"]["name"])
        return Declared(key, "truth", version, redactor.redact(body), Origin("truth.yaml", 1))


@dataclass(frozen=True, slots=True)
class Line:
    """One verdict: what was expected and what was found."""

    row: str
    kind: str
    method: str
    user: str
    expected: str
    found: str
    is_right: bool
    is_confirmed: bool
    is_fresh: bool


@dataclass(slots=True)
class TruthTable:
    """Deploys all rows at once (or each Nth), then judges them in sync, changes them, and judges them again."""

    server: Client
    methods: Sequence[str] = METHODS
    every: int = 1
    redactor: Redactor = field(default_factory=Redactor)
    schemas: Schemas = field(init=False)
    rows: list[Row] = field(init=False)

    def __post_init__(self) -> None:
        self.schemas = Schemas(self._openapi)
        self.rows = []

    def run(self) -> list[Line]:
        self.deploy()
        lines = [line for user in ("admin", READER) for line in self._judge_fresh(user)]
        self.change()
        return lines + [line for user in ("admin", READER) for line in self._judge_changed(user)]

    def deploy(self) -> None:
        """Deploys all rows, each method for itself. Raises RuntimeError where kubectl fails."""
        self._prepare()
        self.rows = list(self._rows())
        for method in self.methods:
            bodies = [in_namespace(r.body, r.namespace) for r in self.rows if r.method == method]
            DEPLOYERS[method].deploy(bodies, self.place(method))

    def place(self, method: str) -> Place:
        """Where a method deploys to."""
        kubeconfig = self.server.kubeconfig
        return Place(kubeconfig, f"truth-{method}", kubeconfig.parent)

    def change(self) -> None:
        """Makes the change of every row. Raises RuntimeError where one cannot be made."""
        with ThreadPoolExecutor(4) as pool:
            failed = [problem for problem in pool.map(self._changed, self.rows) if problem]
        if failed:
            raise RuntimeError("\n".join(failed))

    def _prepare(self) -> None:
        binding = {
            "apiVersion": READ_ONLY["apiVersion"],
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "truth-reader"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "truth-reader"},
            "subjects": [{"kind": "User", "name": READER, "apiGroup": "rbac.authorization.k8s.io"}],
        }
        spaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"truth-{m}"}} for m in self.methods]
        self._apply([READ_ONLY, binding, *spaces, _load("definitions.yaml")])
        self._kubectl("wait", "--for=condition=Established", "crd/widgets.truth.example.com", "--timeout=20s")

    def _rows(self) -> Iterator[Row]:
        objects = _load("objects.yaml")
        plurals = self.plurals(objects.values())
        for number, spec in list(enumerate(_load("rows.yaml")))[:: self.every]:
            template = objects[spec["object"]]
            is_namespaced, plural = plurals[template["apiVersion"], template["kind"]]
            for method in self.methods:
                name = f"r{number:03d}" if is_namespaced else f"r{number:03d}{method}"
                body = filled(template, {"KNAME": f"K{name}", "NAME": name, "NS": f"truth-{method}"})
                yield Row(number, method, spec, body, is_namespaced, plural)

    def plurals(self, objects: Iterable[JsonObject]) -> dict[tuple[str, str], tuple[bool, str]]:
        """Whether the kinds of some objects are namespaced, and their plurals, by apiVersion and kind."""
        found = {}
        for version in {body["apiVersion"] for body in objects}:
            path = f"/apis/{version}" if "/" in version else f"/api/{version}"
            for resource in self.server.request("GET", path)[1]["resources"]:
                if "/" not in resource["name"]:
                    found[version, resource["kind"]] = resource["namespaced"], resource["name"]
        return found

    def _apply(self, bodies: Iterable[Any], *options: str) -> None:
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(bodies)})
        self._kubectl("apply", "--validate=ignore", *options, "-f", "-", stdin=text)

    def _kubectl(self, *arguments: str, stdin: str = "") -> None:
        command = [self.server.kubectl, "--kubeconfig", str(self.server.kubeconfig), *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command[3:])}: {done.stderr}")

    def _changed(self, row: Row) -> str:
        """Performs the row's change; why it could not be performed, else empty."""
        try:
            self._change(row)
        except RuntimeError as error:
            return f"{row.name}: {error}"
        return ""

    def _change(self, row: Row) -> None:
        if "kubectl" in row.spec:
            target = f"{row.plural}.{row.body['apiVersion'].rpartition('/')[0]}".rstrip(".")
            target = f"{target}/{row.body['metadata']['name']}"
            space = ["-n", row.namespace] if row.is_namespaced else []
            self._kubectl(*(target if a == "TARGET" else a for a in row.spec["kubectl"]), *space)
        if "patch" in row.spec:
            self._patch(row, row.spec["patch"])

    def _patch(self, row: Row, patch: JsonObject) -> None:
        name = row.body["metadata"]["name"]
        subresource = f"/{patch['subresource']}" if "subresource" in patch else ""
        form = "json-patch+json" if "ops" in patch else "merge-patch+json"
        sent = patch.get("ops") or patch["merge"]
        sent = filled(sent, {"CA_BUNDLE": CA_BUNDLE.read_text().strip(), "NAME": name})
        path = f"{row.path}/{name}{subresource}?fieldManager={patch['manager']}"
        status, answer = self.server.request("PATCH", path, sent, content_type=f"application/{form}")
        if status != 200:
            raise RuntimeError(str(answer))

    def _judge_fresh(self, user: str) -> Iterator[Line]:
        for row, drift in self.judge(user, lambda row: row.body):
            yield _line(row, user, [], drift, is_fresh=True)

    def _judge_changed(self, user: str) -> Iterator[Line]:
        for row, drift in self.judge(user, lambda row: row.declared_body):
            yield _line(row, user, row.expected, drift)

    def judge(self, user: str, body_of: Callable[[Row], JsonObject]) -> Iterator[tuple[Row, Drift]]:
        """The drift of every row, as a user sees it, confirmed where that user may."""
        comparer = Comparer(DriftConfig(), today=date(2026, 1, 1))
        live = self._live(user)
        for row in self.rows:
            body = body_of(row)
            declared = row.declared(body, self.redactor)
            schema = self.schemas.type_for(declared.key.group, declared.version, declared.key.kind)
            found = self.redactor.redact(
                live[row.path][declared.key.name] | {k: body[k] for k in ("apiVersion", "kind")}
            )
            drift = comparer.compare(declared, found, schema)
            if is_suspect(drift):
                drift = confirmed(drift, declared, found, self._dry_run(row, body, user), schema).drift
            yield row, drift

    def _live(self, user: str) -> dict[str, dict[str, JsonObject]]:
        found = {}
        for path in sorted({r.path for r in self.rows}):
            status, answer = self.server.request("GET", path, user=user)
            if status != 200:
                raise RuntimeError(f"{path}: {answer}")
            found[path] = {item["metadata"]["name"]: item for item in answer["items"]}
        return found

    def _dry_run(self, row: Row, body: JsonObject, user: str) -> DryRun:
        name = body["metadata"]["name"]
        path = f"{row.path}/{name}?dryRun=All&force=true&fieldManager={DEPLOYERS[row.method].manager}"
        sent = in_namespace(body, row.namespace)
        status, answer = self.server.request(
            "PATCH", path, sent, content_type="application/apply-patch+yaml", user=user
        )
        return DryRun(self.redactor.redact(answer)) if status == 200 else DryRun(problem=str(answer.get("message")))

    def _openapi(self, group: str, version: str) -> JsonObject | None:
        path = f"/openapi/v3/apis/{group}/{version}" if group else f"/openapi/v3/api/{version}"
        status, answer = self.server.request("GET", path)
        return answer if status == 200 else None


def _line(row: Row, user: str, expected: Any, drift: Drift, *, is_fresh: bool = False) -> Line:
    found = [(c.type, c.path, c.cause, c.by.manager_class if c.by else "-") for c in drift.changes]
    shown = "any" if expected == "*" else _shown(expected)
    is_right = _agrees(expected, found)
    return Line(row.name, row.body["kind"], row.method, user, shown, _shown(found), is_right, drift.confirmed, is_fresh)


def _agrees(expected: Any, found: Sequence[tuple[str, ...]]) -> bool:
    if expected == "*":
        return bool(found)
    matches = [all(w in ("*", f) for w, f in zip(want, got, strict=True)) for want, got in _paired(expected, found)]
    return len(expected) == len(found) and all(matches)


def _paired(expected: Sequence[Sequence[str]], found: Sequence[tuple[str, ...]]) -> Iterator[tuple[Any, Any]]:
    yield from zip(sorted(expected, key=_place), sorted(found, key=_place), strict=False)


def _place(finding: Sequence[str]) -> tuple[str, str]:
    return finding[1], finding[0]


def _shown(findings: Iterable[Iterable[str]]) -> str:
    return "; ".join(" ".join(finding) for finding in findings) or "in sync"


def _load(name: str) -> Any:
    return yaml.safe_load((TABLE / name).read_text())


def filled(value: Any, words: Mapping[str, str]) -> Any:
    text = json.dumps(value)
    for word, filling in words.items():
        text = text.replace(word, filling)
    return json.loads(text)


def in_namespace(body: JsonObject, namespace: str) -> JsonObject:
    return body | {"metadata": body["metadata"] | {"namespace": namespace}} if namespace else body


def print_table(lines: Iterable[Line], write: Callable[[str], Any] = sys.stdout.write) -> int:
    """Writes the table, wrong lines marked, and how many lines there are; the number of wrong ones."""
    wrong = total = 0
    for line in lines:
        total, wrong = total + 1, wrong + (not line.is_right)
        mark = "ok   " if line.is_right else "WRONG"
        write(f"{mark} {line.method} {line.user:6} {line.row}{', right after deployment' * line.is_fresh}\n")
        write(f"        expected  {line.expected}\n" * (line.expected != "in sync" or not line.is_right))
        write(f"        found     {line.found}\n" * (line.found != "in sync" or not line.is_right))
    write(f"{total} verdicts, {wrong} wrong\n")
    return wrong


def main() -> int:
    """Starts a server, fills the table, prints it."""
    with ApiServer() as server, tempfile.TemporaryDirectory() as folder:
        return 1 if print_table(TruthTable(Client(server, Path(folder))).run()) else 0


if __name__ == "__main__":
    sys.exit(main())
