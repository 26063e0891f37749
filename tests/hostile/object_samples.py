# ruff: noqa: E501
"""Valid objects of the kinds that an audit looks into, what they look like in a cluster, and a configuration."""

from __future__ import annotations

from typing import Any

import yaml

OBJECTS: tuple[dict[str, Any], ...] = tuple(
    yaml.safe_load_all("""
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web}, annotations: {argocd.argoproj.io/sync-wave: "1"}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      volumes: [{name: v, configMap: {name: c}}]
      containers: [{name: web, image: "web:1", ports: [{containerPort: 80}], env: [{name: A, value: b}],
        resources: {limits: {cpu: 1}}, livenessProbe: {httpGet: {path: /, port: 80}}, volumeMounts: [{name: v, mountPath: /v}]}]
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec:
    {type: object, properties: {size: {type: integer, minimum: 1}, l: {type: array, items: {type: string}}}}}}}}]
---
apiVersion: example.com/v1
kind: Widget
metadata: {name: w, namespace: shop}
spec: {size: 1, l: [a]}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: baseline}}
---
apiVersion: v1
kind: List
items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: shop}, data: {k: v}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: shop}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, name: s, namespace: shop}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 1, maxReplicas: 3,
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]}
---
apiVersion: v1
kind: Secret
metadata: {name: s, namespace: shop}
type: Opaque
data: {k: dg==}
stringData: {l: w}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: j, namespace: shop}
spec: {schedule: "* * * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: i, namespace: shop}
spec: {rules: [{host: a.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
""")
)
CONFIG: dict[str, Any] = yaml.safe_load("""
version: 1
clusters: {prod: {snapshot: live.json}}
sources:
- {name: shop, path: app, revision: worktree, namespace: shop, type: directory, clusters: [prod], exclude: ["*.txt"]}
kubernetesVersion: "1.30"
network: {mirrors: {"https://example.com/a": vendor}}
drift:
  mode: owned
  appliers: [a]
  interactive: [b]
  pending: fail
  ignore: [{match: {kind: Deployment, group: apps, namespace: "sh*", name: "*", labels: {app: w}}, fields: ["/spec/replicas"],
    managers: [m], reason: r, owner: o, expires: 2036-01-31}]
  orphans: {enabled: true, namespaces: [shop], ignore: [{kind: ConfigMap}]}
policies: [{pack: best-practices}, {path: policies/}]
exceptions: [{policy: require-replicas, match: {kind: Deployment}, owner: o, reason: r, expires: 2036-01-31}]
redact: [{match: {kind: ConfigMap}, fields: ["/data/k"]}]
report: {failOn: low}
""")
CONFIG["drift"]["ignore"][0]["expires"] = CONFIG["exceptions"][0]["expires"] = "2036-01-31"
