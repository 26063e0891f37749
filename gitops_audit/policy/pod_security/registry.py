"""Which control holds at which level and version of the Pod Security Standards.

As in Kubernetes: a control has revisions, each in force from one minor version to the next; `restricted` is all of
`baseline` plus its own, and some of its own replace a baseline control of the same fields.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from gitops_audit.policy.pod_security import host, pod_settings, privilege, profile
from gitops_audit.policy.pod_security.pod import Pod
from gitops_audit.policy.pod_security.result import Breach, Level

Judge = Callable[[Pod], Breach | None]


@dataclass(frozen=True, slots=True)
class Revision:
    """A control as it is from Kubernetes 1.`since` on."""

    since: int
    judge: Judge
    overrides: str = ""


@dataclass(frozen=True, slots=True)
class Control:
    """`id` is Kubernetes' check id; `name` the title in the Pod Security Standards."""

    id: str
    name: str
    level: Level
    revisions: tuple[Revision, ...]

    def at(self, minor: int) -> Revision | None:
        """The revision in force in 1.`minor`; None before the control existed."""
        return next((revision for revision in reversed(self.revisions) if revision.since <= minor), None)


def _baseline(id: str, name: str, *revisions: Revision) -> Control:
    return Control(id, name, "baseline", revisions)


def _restricted(id: str, name: str, *revisions: Revision) -> Control:
    return Control(id, name, "restricted", revisions)


CONTROLS = (
    _baseline("appArmorProfile", "AppArmor", Revision(0, profile.apparmor)),
    _baseline("capabilities_baseline", "Capabilities", Revision(0, privilege.capabilities_baseline)),
    _baseline("hostNamespaces", "Host Namespaces", Revision(0, host.namespaces)),
    _baseline("hostPathVolumes", "HostPath Volumes", Revision(0, host.path_volumes)),
    _baseline("hostPorts", "Host Ports", Revision(0, host.ports)),
    _baseline("hostProbesAndHostLifecycle", "Host Probes / Lifecycle Hooks", Revision(34, host.probes_1_34)),
    _baseline("privileged", "Privileged Containers", Revision(0, privilege.privileged)),
    _baseline(
        "procMount", "/proc Mount Type", Revision(0, profile.proc_mount_1_0), Revision(35, profile.proc_mount_1_35)
    ),
    _baseline("seLinuxOptions", "SELinux", Revision(0, profile.selinux_1_0), Revision(31, profile.selinux_1_31)),
    _baseline(
        "seccompProfile_baseline",
        "Seccomp",
        Revision(0, profile.seccomp_baseline_1_0),
        Revision(19, profile.seccomp_baseline_1_19),
    ),
    _baseline(
        "sysctls",
        "Sysctls",
        Revision(0, pod_settings.sysctls_1_0),
        Revision(27, pod_settings.sysctls_1_27),
        Revision(29, pod_settings.sysctls_1_29),
        Revision(32, pod_settings.sysctls_1_32),
    ),
    _baseline("windowsHostProcess", "HostProcess", Revision(0, host.windows_process)),
    _restricted(
        "allowPrivilegeEscalation",
        "Privilege Escalation",
        Revision(8, privilege.escalation_1_8),
        Revision(25, privilege.escalation_1_25),
    ),
    _restricted(
        "capabilities_restricted",
        "Capabilities",
        Revision(22, privilege.capabilities_restricted_1_22, overrides="capabilities_baseline"),
        Revision(25, privilege.capabilities_restricted_1_25, overrides="capabilities_baseline"),
    ),
    _restricted(
        "procMount_restricted", "/proc Mount Type", Revision(35, profile.proc_mount_1_0, overrides="procMount")
    ),
    _restricted(
        "restrictedVolumes", "Volume Types", Revision(0, pod_settings.volume_types, overrides="hostPathVolumes")
    ),
    _restricted(
        "runAsNonRoot",
        "Running as Non-root",
        Revision(0, privilege.non_root_1_0),
        Revision(35, privilege.non_root_1_35),
    ),
    _restricted(
        "runAsUser", "Running as Non-root user", Revision(23, privilege.user_1_23), Revision(35, privilege.user_1_35)
    ),
    _restricted(
        "seccompProfile_restricted",
        "Seccomp",
        Revision(19, profile.seccomp_restricted_1_19, overrides="seccompProfile_baseline"),
        Revision(25, profile.seccomp_restricted_1_25, overrides="seccompProfile_baseline"),
    ),
)
LAST_CHANGE = max(revision.since for control in CONTROLS for revision in control.revisions)


@dataclass(frozen=True, slots=True)
class ActiveControl:
    control: Control
    judge: Judge
    is_overridden: bool

    @property
    def is_baseline(self) -> bool:
        return self.control.level == "baseline"


@lru_cache(maxsize=256)
def active(level: Level, minor: int) -> tuple[ActiveControl, ...]:
    """The controls of a level in 1.`minor`, in Kubernetes' order: baseline by id, then restricted by id."""
    if level == "privileged":
        return ()
    wanted = [c for c in CONTROLS if level == "restricted" or c.level == "baseline"]
    current = [(control, revision) for control in wanted if (revision := control.at(minor))]
    overridden = {revision.overrides for _, revision in current}
    ordered = sorted(current, key=lambda pair: (pair[0].level, pair[0].id))
    return tuple(ActiveControl(control, revision.judge, control.id in overridden) for control, revision in ordered)
