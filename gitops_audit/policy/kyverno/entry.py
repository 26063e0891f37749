"""A rule's context entries: variables, ConfigMaps, and what an audit cannot fetch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.contract import World
from gitops_audit.policy.kyverno import jmes
from gitops_audit.policy.kyverno.scope import Scope
from gitops_audit.policy.kyverno.substitute import SubstitutionError, substitute

EXTERNAL = ("apiCall", "imageRegistry", "globalReference")
"""Entries that ask a server: supported only where a test gives their values."""


def defer_all(entries: Sequence[JsonObject], scope: Scope, world: World | None, namespace: str) -> None:
    """Adds the entries to a scope. Without a world (a test) ConfigMaps are what the test's values say they are.

    `namespace` is that of the policy, for ConfigMaps that name none; empty for a ClusterPolicy.
    """
    for entry in entries:
        if "variable" in entry:
            scope.defer(entry["name"], partial(_variable, entry))
        elif "configMap" in entry and world is not None:
            scope.defer(entry["name"], partial(_config_map, entry, world, namespace))


def _variable(entry: JsonObject, scope: Scope) -> Any:
    variable = entry["variable"]
    try:
        value = _value(variable, scope, substitute(variable.get("default"), scope))
    except SubstitutionError as error:
        # a foreach takes what is not there for an empty list, also where a variable says so
        kind = jmes.NotFound if error.is_unknown else jmes.JmesError
        raise kind(f"the variable {entry['name']}: {error}") from None
    if value is None:
        raise jmes.JmesError(f"the variable {entry['name']} has no value")
    return value


def _value(variable: JsonObject, scope: Scope, default: Any) -> Any:
    """What `jmesPath` finds in `value`, or else in the scope. The default stands in for an expression that fails, and
    for nothing found in the scope."""
    path = substitute(variable.get("jmesPath") or "", scope)
    if not isinstance(path, str):
        raise jmes.JmesError("jmesPath is not a text")
    is_given = variable.get("value") is not None
    given = substitute(variable["value"], scope) if is_given else default
    if not path:
        return given
    try:
        found = jmes.search(path, given) if is_given else scope.query(path)
    except (jmes.JmesError, SubstitutionError) as error:
        if default is None or isinstance(error, jmes.Unsupported):
            raise
        return default
    return default if found is None and not is_given else found


def _config_map(entry: JsonObject, world: World, policy_namespace: str, scope: Scope) -> Any:
    reference = entry["configMap"]
    name = str(substitute(reference.get("name") or "", scope))
    namespace = str(substitute(reference.get("namespace") or "", scope)) or policy_namespace or "default"
    if policy_namespace and namespace != policy_namespace:
        raise jmes.JmesError(f"the ConfigMap {namespace}/{name} is not in the policy's own namespace")
    found = world.get("", "ConfigMap", namespace, name)
    if found is None:
        raise jmes.JmesError(f"there is no ConfigMap {namespace}/{name}")
    return {"data": found.get("data") or {}, "metadata": found.get("metadata") or {}}
