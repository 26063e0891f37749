"""Pods on both sides of every rule of the level baseline."""

from __future__ import annotations

from tests.unit.policy.pod_security.case import (
    _APPARMOR,
    _SECCOMP,
    NEWEST,
    REMOVED,
    C,
    Case,
    I,
    P,
    Refusal,
    _capabilities,
    _escalation,
    _host,
    _selinux,
    _sysctl,
)

BASELINE_CASES: tuple[Case, ...] = (
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
)
