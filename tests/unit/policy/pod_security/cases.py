"""Own pods on both sides of every rule of the Pod Security Standards, with the words Kubernetes refuses them in.

Each case changes one compliant pod. The unit tests judge it in every version; tests/e2e puts the same pods before a
real API server, so an expectation that is wrong here fails there.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gitops_audit.model.resource import JsonObject

NEWEST = 99
REMOVED = object()
Side = Literal["baseline", "restricted", "both"]
C = "containers.0.securityContext."
I = "initContainers.0.securityContext."  # noqa: E741 - the first letter of each list reads best in a table of cases
P = "securityContext."


@dataclass(frozen=True, slots=True)
class Refusal:
    """The text of a violation in the versions 1.`first` to 1.`last`."""

    text: str
    side: Side = "both"
    first: int = 0
    last: int = NEWEST

    def holds(self, level: str, minor: int) -> bool:
        return self.side in (level, "both") and self.first <= minor <= self.last


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    change: Mapping[str, Any]
    refusals: tuple[Refusal, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)
    has_init: bool = False
    server: Literal["judges", "completes", "rejects"] = "judges"  # the Pod as it is, after filling it in, not at all

    def pod(self) -> JsonObject:
        body = compliant_pod(self.has_init)
        self.apply(body)
        return body

    def apply(self, body: JsonObject, place: str = "containers") -> None:
        """Changes a pod as this case does; `place` is the list whose first container gets what `containers` says."""
        body["metadata"].setdefault("annotations", {}).update(self.annotations)
        for path, value in self.change.items():
            steps = [place if step == "containers" else step for step in path.split(".")]
            _set(body["spec"], steps, copy.deepcopy(value) if value is not REMOVED else value)

    def expected(self, level: str, minor: int) -> list[str]:
        return [refusal.text for refusal in self.refusals if refusal.holds(level, minor)]

    def turning_points(self) -> set[int]:
        """The versions in which something begins or has just ended, and their neighbours."""
        edges = {edge for r in self.refusals for edge in (r.first - 1, r.first, r.last, r.last + 1)}
        return {0, *(edge for edge in edges if 0 <= edge < NEWEST)}


def compliant_pod(has_init: bool = False) -> JsonObject:
    """A pod that fulfils `restricted` in every version."""
    spec: JsonObject = {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [_container("web")],
    }
    if has_init:
        spec["initContainers"] = [_container("setup")]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}


def _container(name: str) -> JsonObject:
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    return {"name": name, "image": f"registry.example/{name}:1", "securityContext": security}


def _set(node: Any, path: list[str], value: Any) -> None:
    head, rest = path[0], path[1:]
    key: Any = int(head) if isinstance(node, list) else head
    if rest:
        if isinstance(node, dict):
            node.setdefault(key, {})
        _set(node[key], rest, value)
    elif value is REMOVED:
        node.pop(key, None)
    else:
        node[key] = value


def _escalation(names: str = 'container "web"') -> Refusal:
    text = f"allowPrivilegeEscalation != false ({names} must set securityContext.allowPrivilegeEscalation=false)"
    return Refusal(text, "restricted", 8)


def _volume(kind: str, source: JsonObject) -> Case:
    text = f'restricted volume types (volume "data" uses restricted volume type "{kind}")'
    return Case(f"{kind} volume", {"volumes": [{"name": "data", kind: source}]}, (Refusal(text, "restricted"),))


def _allowed_volume(kind: str, source: JsonObject) -> Case:
    return Case(f"{kind} volume is allowed", {"volumes": [{"name": "data", kind: source}]})


def _capabilities(name: str, add: list[str], bad_baseline: str, bad_restricted: str) -> Case:
    said = '(container "web" must not include {} in securityContext.capabilities.add)'
    refusals = []
    if bad_baseline:
        text = f"non-default capabilities {said.format(bad_baseline)}"
        refusals += [Refusal(text, "baseline"), Refusal(text, "restricted", 0, 21)]
    if bad_restricted:
        refusals += [Refusal(f"unrestricted capabilities {said.format(bad_restricted)}", "restricted", 22)]
    return Case(name, {C + "capabilities.add": add}, tuple(refusals))


def _sysctl(name: str, allowed_from: int | None) -> Case:
    last = NEWEST if allowed_from is None else allowed_from - 1
    refusals = (Refusal(f"forbidden sysctls ({name})", last=last),) if allowed_from != 0 else ()
    return Case(f"sysctl {name}", {P + "sysctls": [{"name": name, "value": "1"}]}, refusals)


def _selinux(kind: str, last: int | None) -> Case:
    text = f'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "{kind}")'
    refusals = (Refusal(text, last=last),) if last is not None else ()
    return Case(f"SELinux type {kind or 'empty'}", {P + "seLinuxOptions": {"type": kind}}, refusals)


def _host(name: str, place: str, handler: JsonObject, refused: str) -> Case:
    text = f'probe or lifecycle host (container "web" uses probe or lifecycle host "{refused}")'
    return Case(name, {f"containers.0.{place}": handler}, (Refusal(text, first=34),) if refused else ())


_ROOT = 'runAsNonRoot != true (pod or container "web" must set securityContext.runAsNonRoot=true)'
_SECCOMP = (
    "seccompProfile (pod or container {} must set securityContext.seccompProfile.type "
    'to "RuntimeDefault" or "Localhost")'
)
_UNCONFINED = 'seccompProfile ({} must not set securityContext.seccompProfile.type to "Unconfined")'
_WINDOWS = {"os": {"name": "windows"}, "securityContext": {"runAsNonRoot": True}, "containers.0.securityContext": {}}
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_OF = "container.seccomp.security.alpha.kubernetes.io/"

CASES = (
    Case("a compliant pod", {}),
    Case("a compliant pod with an init container", {}, has_init=True),
    # baseline: host namespaces, host paths, host ports
    Case("host network", {"hostNetwork": True}, (Refusal("host namespaces (hostNetwork=true)"),)),
    Case("host PID", {"hostPID": True}, (Refusal("host namespaces (hostPID=true)"),)),
    Case("host IPC", {"hostIPC": True}, (Refusal("host namespaces (hostIPC=true)"),)),
    Case(
        "all host namespaces",
        {"hostIPC": True, "hostPID": True, "hostNetwork": True},
        (Refusal("host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)"),),
    ),
    Case("host namespaces switched off", {"hostIPC": False, "hostPID": False, "hostNetwork": False}),
    Case(
        "host path",
        {"volumes": [{"name": "logs", "hostPath": {"path": "/var/log"}}]},
        (
            Refusal('hostPath volumes (volume "logs")', "baseline"),
            Refusal('restricted volume types (volume "logs" uses restricted volume type "hostPath")', "restricted"),
        ),
    ),
    Case(
        "two host paths and a plain volume",
        {
            "volumes": [
                {"name": "logs", "hostPath": {"path": "/var/log"}},
                {"name": "tmp", "emptyDir": {}},
                {"name": "etc", "hostPath": {"path": "/etc"}},
            ]
        },
        (
            Refusal('hostPath volumes (volumes "logs", "etc")', "baseline"),
            Refusal(
                'restricted volume types (volumes "logs", "etc" use restricted volume type "hostPath")', "restricted"
            ),
        ),
    ),
    Case(
        "host port",
        {"containers.0.ports": [{"containerPort": 80, "hostPort": 8080}]},
        (Refusal('hostPort (container "web" uses hostPort 8080)'),),
    ),
    Case(
        "host ports are sorted as text",
        {
            "containers.0.ports": [{"containerPort": 1, "hostPort": 9000}, {"containerPort": 2, "hostPort": 10000}],
            "initContainers.0.ports": [{"containerPort": 3, "hostPort": 9000}],
        },
        (Refusal('hostPort (containers "setup", "web" use hostPorts 10000, 9000)'),),
        has_init=True,
    ),
    Case("no host port", {"containers.0.ports": [{"containerPort": 80}, {"containerPort": 81, "hostPort": 0}]}),
    Case(
        "a host network brings host ports",
        {"hostNetwork": True, "containers.0.ports": [{"containerPort": 80}]},
        (Refusal("host namespaces (hostNetwork=true)"),),
        server="completes",
    ),
    # baseline: privileged, host process
    Case(
        "privileged",
        {C + "privileged": True, C + "allowPrivilegeEscalation": REMOVED},
        (Refusal('privileged (container "web" must not set securityContext.privileged=true)'), _escalation()),
    ),
    Case(
        "privileged init container",
        {I + "privileged": True, I + "allowPrivilegeEscalation": True, C + "privileged": False},
        (
            Refusal('privileged (container "setup" must not set securityContext.privileged=true)'),
            _escalation('container "setup"'),
        ),
        has_init=True,
    ),
    Case(
        "Windows host process of the pod",
        {
            "os": {"name": "windows"},
            "hostNetwork": True,
            "securityContext": {"runAsNonRoot": True, "windowsOptions": {"hostProcess": True}},
            "containers.0.securityContext": {},
        },
        (
            Refusal("host namespaces (hostNetwork=true)"),
            Refusal("hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)"),
            Refusal(
                'allowPrivilegeEscalation != false (container "web" must set '
                "securityContext.allowPrivilegeEscalation=false)",
                "restricted",
                8,
                24,
            ),
            Refusal(
                'unrestricted capabilities (container "web" must set securityContext.capabilities.drop=["ALL"])',
                "restricted",
                22,
                24,
            ),
            Refusal(_SECCOMP.format('"web"'), "restricted", 19, 24),
        ),
    ),
    Case(
        "Windows host process of pod and container",
        {
            "hostNetwork": True,
            P + "windowsOptions": {"hostProcess": True},
            C + "windowsOptions": {"hostProcess": True},
        },
        (
            Refusal("host namespaces (hostNetwork=true)"),
            Refusal(
                'hostProcess (pod and container "web" must not set securityContext.windowsOptions.hostProcess=true)'
            ),
        ),
    ),
    Case("no Windows host process", {C + "windowsOptions": {"hostProcess": False}}),
    # baseline and restricted: capabilities
    _capabilities("capabilities of the default set", ["CHOWN", "KILL"], "", '"CHOWN", "KILL"'),
    _capabilities(
        "other capabilities",
        ["SYS_TIME", "NET_ADMIN", "SETUID"],
        '"NET_ADMIN", "SYS_TIME"',
        '"NET_ADMIN", "SETUID", "SYS_TIME"',
    ),
    _capabilities("the capability to bind low ports", ["NET_BIND_SERVICE"], "", ""),
    _capabilities("a capability written with its prefix", ["CAP_CHOWN"], '"CAP_CHOWN"', '"CAP_CHOWN"'),
    Case(
        "capabilities not dropped",
        {C + "capabilities": {"drop": ["NET_RAW", "all"]}},
        (
            Refusal(
                'unrestricted capabilities (container "web" must set securityContext.capabilities.drop=["ALL"])',
                "restricted",
                22,
            ),
        ),
    ),
    Case(
        "capabilities neither dropped nor restricted",
        {C + "capabilities": REMOVED, I + "capabilities": {"add": ["SYS_TIME"]}},
        (
            Refusal(
                'non-default capabilities (container "setup" must not include "SYS_TIME" in '
                "securityContext.capabilities.add)",
                "baseline",
            ),
            Refusal(
                'non-default capabilities (container "setup" must not include "SYS_TIME" in '
                "securityContext.capabilities.add)",
                "restricted",
                0,
                21,
            ),
            Refusal(
                'unrestricted capabilities (containers "setup", "web" must set '
                'securityContext.capabilities.drop=["ALL"]; container "setup" must not include "SYS_TIME" in '
                "securityContext.capabilities.add)",
                "restricted",
                22,
            ),
        ),
        has_init=True,
    ),
    # baseline: AppArmor, SELinux, /proc
    Case(
        "AppArmor unconfined by field of the pod",
        {P + "appArmorProfile": {"type": "Unconfined"}},
        (Refusal('forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")'),),
    ),
    Case(
        "AppArmor unconfined by fields",
        {P + "appArmorProfile": {"type": "Unconfined"}, C + "appArmorProfile": {"type": "Unconfined"}},
        (
            Refusal(
                'forbidden AppArmor profile (pod and container "web" must not set AppArmor profile type to '
                '"Unconfined")'
            ),
        ),
    ),
    Case("AppArmor profile of the runtime", {P + "appArmorProfile": {"type": "RuntimeDefault"}}),
    Case("AppArmor profile of the node", {C + "appArmorProfile": {"type": "Localhost", "localhostProfile": "web"}}),
    Case(
        "AppArmor unconfined by annotation",
        {},
        (
            Refusal(
                "forbidden AppArmor profile (annotation must not set AppArmor profile type to "
                f'"{_APPARMOR}web="unconfined"")'
            ),
        ),
        {_APPARMOR + "web": "unconfined"},
        server="completes",
    ),
    Case("AppArmor annotation of the runtime", {}, (), {_APPARMOR + "web": "runtime/default"}),
    Case("AppArmor annotation of the node", {}, (), {_APPARMOR + "web": "localhost/web"}),
    _selinux("container_t", None),
    _selinux("container_init_t", None),
    _selinux("container_kvm_t", None),
    _selinux("", None),
    _selinux("container_engine_t", 30),
    _selinux("spc_t", NEWEST),
    Case(
        "SELinux user, role and types",
        {P + "seLinuxOptions": {"user": "system_u", "type": "b_t"}, C + "seLinuxOptions": {"role": "r", "type": "a_t"}},
        (
            Refusal(
                'seLinuxOptions (pod and container "web" set forbidden securityContext.seLinuxOptions: '
                'types "a_t", "b_t"; user may not be set; role may not be set)'
            ),
        ),
    ),
    Case("SELinux level", {C + "seLinuxOptions": {"level": "s0:c1,c2"}}),
    Case(
        "unmasked /proc in a user namespace",
        {C + "procMount": "Unmasked", "hostUsers": False},
        (
            Refusal(
                'procMount (container "web" must not set securityContext.procMount to "Unmasked")', "baseline", 0, 34
            ),
            Refusal('procMount (container "web" must not set securityContext.procMount to "Unmasked")', "restricted"),
        ),
    ),
    Case(
        "unmasked /proc without a user namespace",
        {C + "procMount": "Unmasked"},
        (Refusal('procMount (container "web" must not set securityContext.procMount to "Unmasked")'),),
        server="rejects",
    ),
    Case("masked /proc", {C + "procMount": "Default"}),
    # baseline: sysctls
    _sysctl("kernel.shm_rmid_forced", 0),
    _sysctl("net.ipv4.ip_local_port_range", 0),
    _sysctl("net.ipv4.ip_unprivileged_port_start", 0),
    _sysctl("net.ipv4.ping_group_range", 0),
    _sysctl("net.ipv4.tcp_syncookies", 0),
    _sysctl("net.ipv4.ip_local_reserved_ports", 27),
    _sysctl("net.ipv4.tcp_keepalive_time", 29),
    _sysctl("net.ipv4.tcp_fin_timeout", 29),
    _sysctl("net.ipv4.tcp_keepalive_intvl", 29),
    _sysctl("net.ipv4.tcp_keepalive_probes", 29),
    _sysctl("net.ipv4.tcp_rmem", 32),
    _sysctl("net.ipv4.tcp_wmem", 32),
    _sysctl("kernel.msgmax", None),
    Case(
        "sysctls in the order written",
        {P + "sysctls": [{"name": "net.core.b", "value": "1"}, {"name": "kernel.a", "value": "1"}]},
        (Refusal("forbidden sysctls (net.core.b, kernel.a)"),),
    ),
    # baseline: hosts in probes and lifecycle handlers
    _host("probe of another host", "livenessProbe", {"httpGet": {"port": 80, "host": "10.0.0.1"}}, "10.0.0.1"),
    _host("readiness of another host", "readinessProbe", {"tcpSocket": {"port": 80, "host": "db"}}, "db"),
    _host("startup of another host", "startupProbe", {"tcpSocket": {"port": 80, "host": "db"}}, "db"),
    _host("hook to another host", "lifecycle", {"preStop": {"httpGet": {"port": 80, "host": "peer"}}}, "peer"),
    _host("hook after start", "lifecycle", {"postStart": {"httpGet": {"port": 80, "host": "peer"}}}, "peer"),
    _host("probe of the pod", "livenessProbe", {"httpGet": {"port": 80, "host": ""}}, ""),
    _host("probe by command", "livenessProbe", {"exec": {"command": ["true"]}}, ""),
    Case(
        "probes of several hosts",
        {
            "containers.0.livenessProbe": {"httpGet": {"port": 80, "host": "b"}},
            "containers.0.startupProbe": {"httpGet": {"port": 80, "host": "a"}},
        },
        (Refusal('probe or lifecycle host (container "web" uses probe or lifecycle hosts "a", "b")', first=34),),
    ),
    # seccomp: annotations until 1.18, fields from 1.19
    Case(
        "seccomp unconfined for the pod",
        {P + "seccompProfile": {"type": "Unconfined"}},
        (Refusal(_UNCONFINED.format("pod"), first=19),),
    ),
    Case(
        "seccomp unconfined for pod and container",
        {P + "seccompProfile": {"type": "Unconfined"}, C + "seccompProfile": {"type": "Unconfined"}},
        (Refusal(_UNCONFINED.format('pod and container "web"'), first=19),),
    ),
    Case("seccomp not set", {P + "seccompProfile": REMOVED}, (Refusal(_SECCOMP.format('"web"'), "restricted", 19),)),
    Case(
        "seccomp set by the container",
        {P + "seccompProfile": REMOVED, C + "seccompProfile": {"type": "Localhost", "localhostProfile": "web.json"}},
    ),
    Case(
        "seccomp set by one container only",
        {P + "seccompProfile": REMOVED, C + "seccompProfile": {"type": "RuntimeDefault"}},
        (Refusal(_SECCOMP.format('"setup"'), "restricted", 19),),
        has_init=True,
    ),
    Case(
        "seccomp annotations",
        {},
        (
            Refusal(
                f'seccompProfile (forbidden annotations {_SECCOMP_OF}web="other", {_SECCOMP_POD}="unconfined")', last=18
            ),
        ),
        {_SECCOMP_POD: "unconfined", _SECCOMP_OF + "web": "other", _SECCOMP_OF + "absent": "unconfined"},
        server="rejects",
    ),
    Case(
        "seccomp annotation without a field",
        {P + "seccompProfile": REMOVED},
        (
            Refusal(f'seccompProfile (forbidden annotation {_SECCOMP_POD}="unconfined")', last=18),
            Refusal(_SECCOMP.format('"web"'), "restricted", 19),
        ),
        {_SECCOMP_POD: "unconfined"},
    ),
    Case(
        "seccomp annotation with odd characters",
        {},
        (Refusal(f'seccompProfile (forbidden annotation {_SECCOMP_POD}="a\\"b\\n\\x01é\\u200b")', last=18),),
        {_SECCOMP_POD: 'a"b\n\x01é\u200b'},
        server="rejects",
    ),
    Case("seccomp annotation of the runtime", {}, (), {_SECCOMP_POD: "docker/default"}),
    Case("seccomp annotation of the node", {}, (), {_SECCOMP_POD: "localhost/web.json"}, server="rejects"),
    # restricted: volume types
    _volume("nfs", {"server": "nfs.example", "path": "/"}),
    _volume("gcePersistentDisk", {"pdName": "disk"}),
    _volume("awsElasticBlockStore", {"volumeID": "vol"}),
    _volume("gitRepo", {"repository": "https://git.example/web"}),
    _volume("iscsi", {"targetPortal": "10.0.0.1:3260", "iqn": "iqn.2001-04.example:disk", "lun": 0}),
    _volume("glusterfs", {"endpoints": "gluster", "path": "vol"}),
    _volume("rbd", {"monitors": ["10.0.0.1"], "image": "img"}),
    _volume("flexVolume", {"driver": "example/lvm"}),
    _volume("cinder", {"volumeID": "vol"}),
    _volume("cephfs", {"monitors": ["10.0.0.1"]}),
    _volume("flocker", {"datasetName": "data"}),
    _volume("fc", {"targetWWNs": ["50060e801049cfd1"], "lun": 0}),
    _volume("azureFile", {"secretName": "azure", "shareName": "share"}),
    _volume("vsphereVolume", {"volumePath": "disk"}),
    _volume("quobyte", {"registry": "10.0.0.1:1", "volume": "vol"}),
    _volume("azureDisk", {"diskName": "disk", "diskURI": "https://disk.example/d"}),
    _volume("photonPersistentDisk", {"pdID": "disk"}),
    _volume("portworxVolume", {"volumeID": "vol"}),
    _volume(
        "scaleIO", {"gateway": "https://gw.example", "system": "s", "secretRef": {"name": "sio"}, "volumeName": "v"}
    ),
    _volume("storageos", {"volumeName": "vol"}),
    _allowed_volume("configMap", {"name": "web"}),
    _allowed_volume("secret", {"secretName": "web"}),
    _allowed_volume("emptyDir", {}),
    _allowed_volume("projected", {"sources": []}),
    _allowed_volume("downwardAPI", {"items": []}),
    _allowed_volume("persistentVolumeClaim", {"claimName": "web"}),
    _allowed_volume("csi", {"driver": "csi.example"}),
    _allowed_volume("image", {"reference": "registry.example/data:1"}),
    _allowed_volume(
        "ephemeral",
        {
            "volumeClaimTemplate": {
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
            }
        },
    ),
    # restricted: escalation, root
    Case("escalation allowed", {C + "allowPrivilegeEscalation": True}, (_escalation(),)),
    Case("escalation not forbidden", {C + "allowPrivilegeEscalation": REMOVED}, (_escalation(),)),
    Case("non-root not required", {P + "runAsNonRoot": REMOVED}, (Refusal(_ROOT, "restricted"),)),
    Case("non-root required by the container", {P + "runAsNonRoot": REMOVED, C + "runAsNonRoot": True}),
    Case(
        "root accepted by the pod",
        {P + "runAsNonRoot": False, C + "runAsNonRoot": True},
        (Refusal("runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)", "restricted"),),
    ),
    Case(
        "root accepted by pod and container",
        {P + "runAsNonRoot": False, C + "runAsNonRoot": False},
        (
            Refusal(
                'runAsNonRoot != true (pod and container "web" must not set securityContext.runAsNonRoot=false)',
                "restricted",
            ),
        ),
    ),
    Case(
        "root in a user namespace",
        {P + "runAsNonRoot": REMOVED, P + "runAsUser": 0, "hostUsers": False},
        (
            Refusal(_ROOT, "restricted", 0, 34),
            Refusal("runAsUser=0 (pod must not set runAsUser=0)", "restricted", 23, 34),
        ),
    ),
    Case(
        "root without a user namespace",
        {P + "runAsUser": 0, "hostUsers": True},
        (Refusal("runAsUser=0 (pod must not set runAsUser=0)", "restricted", 23),),
    ),
    Case(
        "root user of containers",
        {C + "runAsUser": 0, I + "runAsUser": 0},
        (Refusal('runAsUser=0 (containers "setup", "web" must not set runAsUser=0)', "restricted", 23),),
        has_init=True,
    ),
    Case("another user", {P + "runAsUser": 1000, C + "runAsUser": 1001}),
    # Windows pods, which cannot have what Linux pods must
    Case(
        "Windows pod",
        _WINDOWS,
        (
            Refusal(_escalation().text, "restricted", 8, 24),
            Refusal(
                'unrestricted capabilities (container "web" must set securityContext.capabilities.drop=["ALL"])',
                "restricted",
                22,
                24,
            ),
            Refusal(_SECCOMP.format('"web"'), "restricted", 19, 24),
        ),
    ),
)
