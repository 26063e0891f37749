"""`python -m bench.same_answers OTHER_CHECKOUT [gitops-audit.yaml...]`: whether two versions of the code say the same.

Both audit the demo, a recorded fleet with a tenth of it changed, without a cluster and with every policy pack, and the
configurations that are named. Their JSON reports are compared line by line, apart from times, tokens, the keys that a
newer report adds, and the order of a resource's rules. Prints the differences; the exit code is 1 where there are any.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench import fleet, items

_NEW_KEYS = frozenset(
    {"fingerprint", "state", "since", "health", "remediation", "new", "persisting", "resolved", "from"}
)
_MOVING_KEYS = frozenset({"startedAt", "finishedAt", "tool"})
_TOKEN = re.compile(r"<redacted:[0-9a-f]+>")
_FLEET = 500
_SHOWN = 40
_POLICIES = """
policies:
  - {pack: best-practices}
  - {pack: pod-security-restricted}
  - {pack: network}
  - {pack: rbac}
  - {pack: supply-chain}
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.same_answers", description=__doc__)
    parser.add_argument("other", type=Path, metavar="OTHER_CHECKOUT")
    parser.add_argument("configurations", type=Path, nargs="*")
    chosen = parser.parse_args()
    differences = 0
    with tempfile.TemporaryDirectory(prefix="gitops-audit-same-") as folder:
        for name, configuration, options in _runs(Path(folder), chosen.configurations):
            one, other = (_report(code, configuration, options) for code in (chosen.other.resolve(), Path.cwd()))
            lines = list(difflib.unified_diff(one, other, "before", "after", n=1, lineterm=""))
            print(f"{name}: {len(other)} lines, {len(lines)} differ")
            print("\n".join(lines[:_SHOWN]))
            differences += len(lines)
    return int(bool(differences))


def _runs(folder: Path, configurations: Sequence[Path]) -> Iterator[tuple[str, Path, Sequence[str]]]:
    demo = folder / "demo"
    subprocess.run([sys.executable, "-m", "gitops_audit", "demo", "--keep", demo], capture_output=True, check=False)
    yield "demo", demo / "gitops-audit.yaml", ()
    yield "demo, offline", demo / "gitops-audit.yaml", ("--offline",)
    recorded = folder / "fleet"
    recorded.mkdir()
    fleet.write_repository(recorded, _FLEET)
    items.record(recorded, _FLEET, is_drifted=True)
    yield "fleet", recorded / "gitops-audit.yaml", ("--mode", "strict")
    with (recorded / "gitops-audit.yaml").open("a", encoding="utf-8") as file:
        file.write(_POLICIES)
    yield "fleet, with policies", recorded / "gitops-audit.yaml", ()
    yield from ((str(path), path.resolve(), ()) for path in configurations)


def _report(code: Path, configuration: Path, options: Sequence[str]) -> list[str]:
    """The report of one version of the code, line by line, without what may differ."""
    program = [sys.executable, "-m", "gitops_audit", "check", "-q", "-c", configuration, "--json", "-", *options]
    environment = {**os.environ, "PYTHONPATH": str(code)}
    done = subprocess.run(program, cwd=configuration.parent, env=environment, capture_output=True, check=False)
    if not done.stdout:
        raise SystemExit(done.stderr.decode())
    report = json.loads(done.stdout)
    report.pop("policies", None)  # what policies say of themselves; the results of their rules stay
    return _TOKEN.sub("<redacted>", json.dumps(_compared(report), indent=1)).splitlines()


def _compared(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _compared(v) for k, v in value.items() if k not in _NEW_KEYS | _MOVING_KEYS}
    if not isinstance(value, list):
        return value
    found = [_compared(v) for v in value]
    are_rules = bool(found) and isinstance(found[0], dict) and {"policy", "rule"} <= found[0].keys()
    return sorted(found, key=lambda r: (r["policy"], r["rule"])) if are_rules else found


if __name__ == "__main__":
    sys.exit(main())
