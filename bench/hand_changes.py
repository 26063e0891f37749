"""Changes a person makes by hand with kubectl, chosen from whatever objects there are, and what an audit must say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

JsonObject = dict[str, Any]
# Stands for the digest of a Secret's value: both sides have one, and they differ.
DIGEST = "(digest)"
ROTATED = "cm90YXRlZC1ieS1oYW5k"
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
_DEFAULT_NAMESPACE = "default"


@dataclass(frozen=True, slots=True)
class Field:
    """One finding: the JSON report's type, path and both values, None where a side has none."""

    type: str
    path: str
    declared: Any = None
    live: Any = None


@dataclass(frozen=True, slots=True)
class Edit:
    """kubectl's arguments (`TARGET` stands for the object) and the fields that must be found; none: the object goes."""

    title: str
    kubectl: Sequence[str]
    fields: Sequence[Field] = ()


@dataclass(frozen=True, slots=True)
class HandChange:
    """An edit of one object."""

    edit: Edit
    body: JsonObject

    @property
    def name(self) -> str:
        return f"{self.body['kind']}/{self.body['metadata']['name']}"

    @property
    def namespace(self) -> str:
        return str(self.body["metadata"].get("namespace") or _DEFAULT_NAMESPACE)

    def command(self) -> list[str]:
        group, _, version = self.body["apiVersion"].rpartition("/")
        kind = f"{self.body['kind'].lower()}.{version}.{group}" if group else self.body["kind"].lower()
        target = f"{kind}/{self.body['metadata']['name']}"
        return [*(target if word == "TARGET" else word for word in self.edit.kubectl), "-n", self.namespace]

    def is_of(self, resource: JsonObject) -> bool:
        """Whether a resource of the JSON report is the changed object."""
        group = self.body["apiVersion"].rpartition("/")[0]
        found = resource["group"], resource["kind"], resource["name"]
        wanted = group, self.body["kind"], self.body["metadata"]["name"]
        return found == wanted and resource["namespace"] in ("", self.namespace)


Maker = Callable[[JsonObject], Edit | None]


def choose(objects: Sequence[JsonObject]) -> list[HandChange]:
    """Every kind of change that the objects allow, and again up to ten changes; each on an object of its own."""
    chosen: list[HandChange] = []
    taken: set[int] = set()
    while len(chosen) < _ENOUGH and (more := _round(objects, taken)):
        chosen += more[: _ENOUGH - len(chosen)] if chosen else more
    return chosen


def _round(objects: Sequence[JsonObject], taken: set[int]) -> list[HandChange]:
    """Each kind of change once, on objects that are not taken yet."""
    chosen = []
    for kinds, make in _CATALOGUE:
        for number, edit in _possible(objects, kinds, make):
            if number not in taken:
                taken.add(number)
                chosen.append(HandChange(edit, objects[number]))
                break
    return chosen


def _possible(objects: Sequence[JsonObject], kinds: Iterable[str], make: Maker) -> Iterator[tuple[int, Edit]]:
    for kind in kinds:
        for number, body in enumerate(objects):
            if body["kind"] == kind or (kind == "*" and _is_custom(body)):
                edit = make(body)
                if edit is not None:
                    yield number, edit


def _is_custom(body: JsonObject) -> bool:
    group = body["apiVersion"].rpartition("/")[0]
    return "." in group and not group.endswith(".k8s.io")


def _scale(body: JsonObject) -> Edit | None:
    """Declared replicas only: of others, server-side applied, the API server does not record who scaled them."""
    declared = body["spec"].get("replicas")
    if declared is None:
        return None
    return Edit("scale", ["scale", "TARGET", "--replicas=7"], [Field("changed", "spec.replicas", declared, 7)])


def _set_image(body: JsonObject) -> Edit:
    container = _containers(body)[0]
    field = Field("changed", f"{_place(container)}.image", container["image"], "example.com/other:1")
    return Edit("set image", ["set", "image", "TARGET", f"{container['name']}=example.com/other:1"], [field])


def _unset_env(body: JsonObject) -> Edit | None:
    for container in _containers(body):
        for variable in container.get("env", []):
            path = f"{_place(container)}.env[name={variable['name']}]"
            words = ["set", "env", "TARGET", "-c", container["name"], f"{variable['name']}-"]
            return Edit("remove an env var", words, [Field("removed", path, variable)])
    return None


def _set_memory(body: JsonObject) -> Edit | None:
    for container in _containers(body):
        resources = container.get("resources", {})
        if "memory" in resources.get("limits", {}) and "memory" in resources.get("requests", {}):
            field = Field(
                "changed", f"{_place(container)}.resources.limits.memory", resources["limits"]["memory"], "9Gi"
            )
            words = ["set", "resources", "TARGET", "-c", container["name"], "--limits=memory=9Gi"]
            return Edit("set resources", words, [field])
    return None


def _add_container(body: JsonObject) -> Edit:
    added = {"name": "by-hand", "image": "example.com/debug:1"}
    patch = {"spec": {"template": {"spec": {"containers": [added]}}}}
    return _patch("add a container", patch, Field("added", _place(added), None, added), form="strategic")


def _edit_key(body: JsonObject) -> Edit | None:
    for key, value in body.get("data", {}).items():
        field = Field("changed", f"data{_field(key)}", value, "edited")
        return _patch("edit a ConfigMap key", {"data": {key: "edited"}}, field)
    return None


def _rotate(body: JsonObject) -> Edit | None:
    for key in {**body.get("data", {}), **body.get("stringData", {})}:
        field = Field("changed", f"data{_field(key)}", DIGEST, DIGEST)
        return _patch("rotate a Secret", {"data": {key: ROTATED}}, field)
    return None


def _change_port(body: JsonObject) -> Edit | None:
    port = next(iter(body["spec"].get("ports", [])), None)
    if port is None:
        return None
    keys = f"port={{}},protocol={port.get('protocol', 'TCP')}"
    free = next(n for n in range(9999, 0, -1) if all(n != other.get("port") for other in body["spec"]["ports"]))
    operation = {"op": "replace", "path": "/spec/ports/0/port", "value": free}
    gone = Field("removed", f"spec.ports[{keys.format(port['port'])}]", port)
    new = Field("added", f"spec.ports[{keys.format(free)}]", None, {"port": free})
    return _patch("change a Service port", [operation], gone, new, form="json")


def _change_rules(body: JsonObject) -> Edit | None:
    if not body.get("rules") or "aggregationRule" in body:
        return None
    declared = body["rules"][0]["verbs"]
    field = Field("changed", "rules[0].verbs", declared, [*declared, "escalate"])
    operation = {"op": "add", "path": "/rules/0/verbs/-", "value": "escalate"}
    return _patch("change RBAC rules", [operation], field, form="json")


def _change_subject(body: JsonObject) -> Edit:
    operation = {"op": "replace", "path": "/subjects/0/name", "value": "somebody-else"}
    field = Field("changed", "subjects[0].name", body["subjects"][0]["name"], "somebody-else")
    return _patch("change who is bound", [operation], field, form="json")


def _change_spec(body: JsonObject) -> Edit | None:
    """The first number, boolean or text of the spec."""
    for key, value in body.get("spec", {}).items():
        if isinstance(value, int | str):
            new = not value if isinstance(value, bool) else value + 1 if isinstance(value, int) else f"{value}-by-hand"
            return _patch("patch a custom resource", {"spec": {key: new}}, Field("changed", f"spec.{key}", value, new))
    return None


def _disrupt(body: JsonObject) -> Edit | None:
    for key in ("minAvailable", "maxUnavailable", "maxReplicas"):
        if key in body["spec"]:
            return _patch("patch a budget", {"spec": {key: 9}}, Field("changed", f"spec.{key}", body["spec"][key], 9))
    return None


def _drop_ingress(body: JsonObject) -> Edit | None:
    if not body["spec"].get("ingress"):
        return None
    opened = Field("removed", "spec.ingress", body["spec"]["ingress"])
    return _patch("empty a NetworkPolicy", [{"op": "remove", "path": "/spec/ingress"}], opened, form="json")


def _label(body: JsonObject) -> Edit | None:
    for key, value in body["metadata"].get("labels", {}).items():
        field = Field("changed", f"metadata.labels{_field(key)}", value, "relabelled")
        return Edit("label", ["label", "--overwrite", "TARGET", f"{key}=relabelled"], [field])
    return None


def _annotate(body: JsonObject) -> Edit:
    field = Field("added", "metadata.annotations.by-hand", None, "yes")
    return Edit("annotate", ["annotate", "TARGET", "by-hand=yes"], [field])


def _mount(body: JsonObject) -> Edit | None:
    """Not where only a name is declared: of an object applied without a field the API server keeps no ownership."""
    if not body.keys() & {"automountServiceAccountToken", "secrets"} and "labels" not in body["metadata"]:
        return None
    declared = body.get("automountServiceAccountToken")
    field = Field("added" if declared is None else "changed", "automountServiceAccountToken", declared, not declared)
    return _patch("patch a ServiceAccount", {"automountServiceAccountToken": not declared}, field)


def _delete(body: JsonObject) -> Edit:
    return Edit("delete", ["delete", "TARGET", "--wait=false"])


_ENOUGH = 10
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
_CATALOGUE: tuple[tuple[Sequence[str], Maker], ...] = (
    (("Deployment", "StatefulSet", "ReplicationController"), _scale),
    (_WORKLOADS, _unset_env),
    (_WORKLOADS, _set_memory),
    (_WORKLOADS, _set_image),
    (_WORKLOADS, _add_container),
    (("ConfigMap",), _edit_key),
    (("Secret",), _rotate),
    (("Service",), _change_port),
    (("ClusterRole", "Role"), _change_rules),
    (("RoleBinding", "ClusterRoleBinding"), _change_subject),
    (("NetworkPolicy",), _drop_ingress),
    (("PodDisruptionBudget", "HorizontalPodAutoscaler"), _disrupt),
    (("*",), _change_spec),
    (("ServiceAccount",), _mount),
    (("Service", "Deployment", "PersistentVolumeClaim"), _label),
    (("Service", "ServiceAccount", "Pod", "*", "Namespace"), _annotate),
    (("ServiceAccount", "ConfigMap", "Service"), _delete),
)


def _patch(title: str, patch: Any, *fields: Field, form: str = "merge") -> Edit:
    return Edit(title, ["patch", "TARGET", f"--type={form}", "-p", json.dumps(patch)], fields)


def _containers(body: JsonObject) -> list[JsonObject]:
    return list(body["spec"]["template"]["spec"]["containers"])


def _place(container: JsonObject) -> str:
    return f"spec.template.spec.containers[name={container['name']}]"


def _field(key: str) -> str:
    return f".{key}" if _PLAIN.fullmatch(key) else f"[{json.dumps(key)}]"
