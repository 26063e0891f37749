"""The table of docs/reference/pod-security.md: every control and version, what is implemented, and the own cases.

`python -m tests.unit.policy.pod_security.reference` prints it; a test compares it with the page.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator

from gitops_audit.policy.pod_security.pod import find
from gitops_audit.policy.pod_security.registry import CONTROLS, Control, Revision
from tests.unit.policy.pod_security.case import Case
from tests.unit.policy.pod_security.cases import CASES

# The words by which a case shows that it is about a control: what it changes holds one of them.
ABOUT = {
    "allowPrivilegeEscalation": "allowPrivilegeEscalation|windows",
    "appArmorProfile": "appArmorProfile|apparmor",
    "capabilities_baseline": "capabilities",
    "capabilities_restricted": "capabilities|windows",
    "hostNamespaces": "hostNetwork|hostPID|hostIPC",
    "hostPathVolumes": "volumes",
    "hostPorts": "containerPort",
    "hostProbesAndHostLifecycle": "Probe|lifecycle",
    "privileged": "privileged",
    "procMount": "procMount",
    "procMount_restricted": "procMount",
    "restrictedVolumes": "volumes",
    "runAsNonRoot": "runAsNonRoot",
    "runAsUser": "runAsUser",
    "seLinuxOptions": "seLinuxOptions",
    "seccompProfile_baseline": "seccomp",
    "seccompProfile_restricted": "seccomp|windows",
    "sysctls": "sysctls",
    "windowsHostProcess": "hostProcess",
}


def table() -> str:
    """One Markdown row for each revision of each control, from the code that judges."""
    head = [
        "| control | check | level | versions | rule | replaces | own cases: refused, let pass |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join(head + [row for control in CONTROLS for row in _rows(control)]) + "\n"


def own_cases(control: Control, revision: Revision) -> tuple[int, int]:
    """How many cases about a control this revision of it refuses, and how many it lets pass."""
    pods = [pod for case in CASES if _is_about(case, control) and (pod := find(case.pod()))]
    refused = sum(revision.judge(pod) is not None for pod in pods)
    return refused, len(pods) - refused


def _is_about(case: Case, control: Control) -> bool:
    changed = json.dumps([dict(case.change), dict(case.annotations)], default=str)
    return re.search(ABOUT[control.id], changed) is not None


def _rows(control: Control) -> Iterator[str]:
    ends = [f"1.{later.since - 1}" for later in control.revisions[1:]] + ["latest"]
    for revision, end in zip(control.revisions, ends, strict=True):
        yield _row(control, revision, end)


def _row(control: Control, revision: Revision, end: str) -> str:
    rule = (revision.judge.__doc__ or "").strip().removesuffix(".")
    replaces = f"`{revision.overrides}`" if revision.overrides else ""
    refused, passed = own_cases(control, revision)
    versions, cases = f"1.{revision.since} to {end}", f"{refused}, {passed}"
    return f"| {control.name} | `{control.id}` | {control.level} | {versions} | {rule} | {replaces} | {cases} |"


if __name__ == "__main__":
    sys.stdout.write(table())
