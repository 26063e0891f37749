# ruff: noqa: E501
"""A valid policy document of each form, with as many of its fields as go together: what the fuzz changes."""

from __future__ import annotations

from typing import Any

import yaml

_PODS = "[{apiGroups: [''], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods]}]"
_TEXTS = {
    "Policy": """
apiVersion: gitops-audit/v1
kind: Policy
metadata: {name: own}
spec:
  title: Pods are sound
  severity: high
  category: pods
  standards: ["CIS 5.1"]
  remediation: Give them limits
  match: {kinds: ["Pod", "Deploy*"], namespaces: ["sh*"], names: ["*"], labels: {tier: "w*"}}
  exclude: {kinds: [Job], labels: {skip: "true"}}
  rules:
  - {name: limits, message: no limits, cel: "containers.all(c, has(c.image) && object.metadata.name != '')"}
  - name: schema
    message: not of the form
    severity: low
    schema: {type: object, required: [spec], properties: {spec: {type: object, properties: {replicas: {minimum: 1}}},
      metadata: {patternProperties: {"^n": {pattern: "^[a-z]+$"}}}}}
  - {name: pss, podSecurity: {level: restricted, version: latest}}
tests:
- name: passes
  rule: limits
  expect: pass
  object: {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}, spec: {containers: [{name: a, image: b}]}}
  others: [{apiVersion: v1, kind: Namespace, metadata: {name: shop}}]
""",
    "ValidatingAdmissionPolicy": f"""
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: vap, annotations: {{a: b}}}}
spec:
  failurePolicy: Fail
  paramKind: {{apiVersion: v1, kind: ConfigMap}}
  matchConstraints:
    matchPolicy: Equivalent
    resourceRules: {_PODS}
    excludeResourceRules: [{{apiGroups: [apps], apiVersions: [v1], operations: ["*"], resources: [jobs], resourceNames: [a]}}]
    namespaceSelector: {{matchLabels: {{stage: prod}}, matchExpressions: [{{key: x, operator: NotIn, values: [z]}}]}}
    objectSelector: {{matchLabels: {{tier: web}}}}
  matchConditions: [{{name: named, expression: "object.metadata.name != 'b'"}}]
  variables: [{{name: images, expression: "object.spec.containers.map(c, c.image)"}}]
  validations:
  - {{expression: "variables.images.all(i, i.startsWith(params.data.registry))", message: bad, reason: Forbidden}}
  - {{expression: "namespaceObject.metadata.name != ''", messageExpression: "'in ' + namespaceObject.metadata.name"}}
  auditAnnotations: [{{key: k, valueExpression: "'v'"}}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: vap}}
spec:
  policyName: vap
  validationActions: [Deny, Audit]
  paramRef: {{name: limits, namespace: shop, parameterNotFoundAction: Deny}}
  matchResources: {{namespaceSelector: {{matchLabels: {{stage: prod}}}}, resourceRules: {_PODS}}}
""",
    "ValidatingPolicy": f"""
apiVersion: policies.kyverno.io/v1
kind: ValidatingPolicy
metadata: {{name: vpol, annotations: {{policies.kyverno.io/severity: high, policies.kyverno.io/title: T}}}}
spec:
  validationActions: [Audit]
  evaluation: {{background: {{enabled: true}}, admission: {{enabled: true}}, mode: Kubernetes}}
  autogen: {{podControllers: {{controllers: [deployments, cronjobs]}}}}
  matchConstraints: {{resourceRules: {_PODS}}}
  matchConditions: [{{name: c, expression: "object.metadata.name != 'b'"}}]
  variables: [{{name: cm, expression: "resource.Get('v1', 'configmaps', 'shop', 'limits')"}}]
  validations: [{{expression: "variables.cm.data.registry != ''", message: m, messageExpression: "'x'"}}]
---
apiVersion: policies.kyverno.io/v1
kind: PolicyException
metadata: {{name: waived}}
spec:
  policyRefs: [{{name: vpol, kind: ValidatingPolicy}}]
  matchConditions: [{{name: c, expression: "object.metadata.name == 'b'"}}]
""",
    "ClusterPolicy": """
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: cpol, annotations: {policies.kyverno.io/severity: high, pod-policies.kyverno.io/autogen-controllers: Deployment}}
spec:
  validationFailureAction: Enforce
  background: true
  rules:
  - name: pattern
    match: {any: [{resources: {kinds: [Pod], namespaces: ["sh*"], names: ["*"], selector: {matchLabels: {tier: "?*"}},
      annotations: {a: b}, operations: [CREATE], namespaceSelector: {matchExpressions: [{key: x, operator: Exists}]}}}]}
    exclude: {all: [{resources: {names: [skip]}}]}
    context:
    - {name: v, variable: {value: {a: 1}, jmesPath: a, default: 2}}
    - {name: c, configMap: {name: limits, namespace: shop}}
    preconditions: {all: [{key: "{{ request.operation }}", operator: NotEquals, value: DELETE, message: m}]}
    validate:
      message: "{{ request.object.metadata.name }} is wrong"
      pattern: {spec: {=(hostNetwork): false, containers: [{(name): "*", image: "!*:latest & *", ports: [{=(hostPort): ">0"}]}]}}
  - name: any
    match: {resources: {kinds: [Pod, "apps/v1/Deployment"]}}
    validate: {message: m, anyPattern: [{metadata: {labels: {tier: w*}}}, {spec: {priority: "1-3|>10"}}]}
  - name: deny
    match: {any: [{resources: {kinds: ["*/*"]}}]}
    validate: {deny: {conditions: {any: [{key: "{{ request.object.spec.containers[].image || `[]` }}", operator: AnyIn,
      value: ["*:latest"]}, {key: "{{ c.data.registry }}", operator: Equals, value: none},
      {key: "1h", operator: DurationGreaterThan, value: "{{ v }}s"}]}}}
  - name: each
    match: {any: [{resources: {kinds: [Pod]}}]}
    validate: {message: m, foreach: [{list: "request.object.spec.containers", elementScope: true,
      context: [{name: e, variable: {jmesPath: "element.name"}}],
      preconditions: {any: [{key: "{{ e }}", operator: NotIn, value: [x]}]}, pattern: {image: "*:*"}},
      {list: "request.object.spec.containers[].name", deny: {conditions: [{key: "{{ element }}", operator: In, value: [z]}]}}]}
  - name: pss
    match: {any: [{resources: {kinds: [Pod]}}]}
    validate: {podSecurity: {level: baseline, version: latest, exclude: [{controlName: Capabilities, images: ["a*"],
      restrictedField: "spec.containers[*].securityContext.capabilities.add", values: [KILL]}]}}
  - name: cel
    match: {any: [{resources: {kinds: [Pod]}}]}
    celPreconditions: [{name: p, expression: "object.metadata.name != ''"}]
    validate: {cel: {variables: [{name: v, expression: "object.metadata.name"}],
      expressions: [{expression: "variables.v != 'b'", message: m}]}}
---
apiVersion: kyverno.io/v2
kind: PolicyException
metadata: {name: waived, namespace: shop}
spec:
  background: true
  match: {any: [{resources: {kinds: [Pod], names: [b]}}]}
  conditions: {all: [{key: "{{ request.operation }}", operator: Equals, value: CREATE}]}
  exceptions: [{policyName: cpol, ruleNames: [pattern, "autogen-*"]}]
  podSecurity: [{controlName: "Host Namespaces"}]
""",
}
TEST = """
apiVersion: cli.kyverno.io/v1alpha1
kind: Test
metadata: {name: t}
policies: [policy.yaml]
resources: [resources.yaml]
exceptions: [exception.yaml]
values:
  globalValues: {request.operation: CREATE}
  policies: [{name: cpol, resources: [{name: web, values: {v: 2}}], rules: [{name: any, values: {w: 1}}]}]
  namespaceSelector: [{name: shop, labels: {x: y}}]
  subresources: [{subresource: {name: pods/eviction, kind: Eviction, group: policy, version: v1},
    parentResource: {name: pods, kind: Pod, version: v1}}]
apiCallResponses: [{url: /api/v1/x, method: GET, response: {statusCode: 200, body: {a: 1}}}]
globalContextEntries: [{name: g, data: {a: [1]}, projections: [{name: p, path: "a[0]"}]}]
results:
- {policy: cpol, rule: pattern, kind: Pod, resources: [shop/web], result: pass}
- {policy: cpol, rule: deny, kind: Deployment, resource: web, namespace: shop, result: fail}
- {policy: cpol, rule: each, kind: Pod, resourceSpecs: [{name: web, namespace: shop}], status: skip}
"""
RESOURCES: tuple[dict[str, Any], ...] = tuple(
    yaml.safe_load_all("""
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {tier: web}, annotations: {a: b}}
spec: {priority: 2, containers: [{name: main, image: "web:1", ports: [{containerPort: 80}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {tier: web}}
spec: {replicas: 1, template: {metadata: {labels: {tier: web}}, spec: {containers: [{name: main, image: "web:latest"}]}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: limits, namespace: shop}
data: {registry: web}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {stage: prod, x: y}}
""")
)
FORMS: dict[str, list[dict[str, Any]]] = {name: list(yaml.safe_load_all(text)) for name, text in _TEXTS.items()}
