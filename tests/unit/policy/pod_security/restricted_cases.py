"""Pods on both sides of every rule of the level restricted."""

from __future__ import annotations

from tests.unit.policy.pod_security.case import (
    _ROOT,
    _SECCOMP,
    _SECCOMP_OF,
    _SECCOMP_POD,
    _UNCONFINED,
    _WINDOWS,
    REMOVED,
    C,
    Case,
    I,
    P,
    Refusal,
    _allowed_volume,
    _escalation,
    _volume,
)

RESTRICTED_CASES: tuple[Case, ...] = (
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
