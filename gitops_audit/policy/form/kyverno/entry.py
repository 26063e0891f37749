"""A rule's context entries: variables, ConfigMaps, and what an audit cannot fetch but a test may answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.form.kyverno import jmes
from gitops_audit.policy.form.kyverno.scope import Scope
from gitops_audit.policy.form.kyverno.substitute import SubstitutionError, substitute

EXTERNAL = ("apiCall", "imageRegistry", "globalReference")
"""Entries that ask a server: supported only where a test gives their values, or answers."""


@dataclass(frozen=True, slots=True)
class Lookups:
    """Who is asked for what entries name; where nobody is, an entry has the value that a test gives it, or none.

    `call` takes a method and a URL, `global_entry` a name and a projection; both raise LookupError.
    """

    config_map: Callable[[str, str], JsonObject | None] | None = None
    call: Callable[[str, str], Any] | None = None
    global_entry: Callable[[str, str], Any] | None = None


def defer_all(entries: Sequence[JsonObject], scope: Scope, lookups: Lookups, namespace: str) -> None:
    """Adds the entries to a scope. `namespace` is that of the policy, empty for a ClusterPolicy."""
    for entry in entries:
        load = _loader(entry, lookups, namespace)
        if load is not None:
            scope.defer(entry["name"], partial(_loaded, entry["name"], load))


def _loader(entry: JsonObject, lookups: Lookups, namespace: str) -> Callable[[Scope], Any] | None:
    if "variable" in entry:
        return partial(_variable, entry)
    if "configMap" in entry and lookups.config_map is not None:
        return partial(_config_map, entry, lookups.config_map, namespace)
    if "apiCall" in entry and lookups.call is not None:
        return partial(_api_call, entry, lookups.call)
    if "globalReference" in entry and lookups.global_entry is not None:
        return partial(_global_reference, entry, lookups.global_entry)
    return None


def _loaded(name: str, load: Callable[[Scope], Any], scope: Scope) -> Any:
    try:
        return load(scope)
    except SubstitutionError as error:
        # a foreach takes what is not there for an empty list, also where an entry says so
        kind = jmes.NotFound if error.is_unknown else jmes.JmesError
        raise kind(f"{name}: {error}") from None


def _variable(entry: JsonObject, scope: Scope) -> Any:
    variable = entry["variable"]
    value = _value(variable, scope, substitute(variable.get("default"), scope))
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
        found = jmes.search(path, given, scope.budget) if is_given else scope.query(path)
    except (jmes.JmesError, SubstitutionError) as error:
        if default is None or isinstance(error, jmes.Unsupported):
            raise
        return default
    return default if found is None and not is_given else found


def _config_map(
    entry: JsonObject, find: Callable[[str, str], JsonObject | None], policy_namespace: str, scope: Scope
) -> Any:
    reference = entry["configMap"]
    name = str(substitute(reference.get("name") or "", scope))
    namespace = str(substitute(reference.get("namespace") or "", scope)) or policy_namespace or "default"
    if policy_namespace and namespace != policy_namespace:
        raise jmes.JmesError(f"the ConfigMap {namespace}/{name} is not in the policy's own namespace")
    found = find(namespace, name)
    if found is None:
        raise jmes.JmesError(f"there is no ConfigMap {namespace}/{name}")
    return {"data": found.get("data") or {}, "metadata": found.get("metadata") or {}}


def _api_call(entry: JsonObject, ask: Callable[[str, str], Any], scope: Scope) -> Any:
    call = entry["apiCall"]
    url = str(substitute((call.get("service") or {}).get("url") or call.get("urlPath") or "", scope))
    try:
        answer = ask(str(call.get("method") or "GET"), url)
    except LookupError as error:
        if call.get("default") is not None:
            return call["default"]
        if entry["name"] in scope.data:
            return scope.data[entry["name"]]
        raise jmes.JmesError(f"{entry['name']}: {error}") from None
    return _found(call, answer, scope)


def _global_reference(entry: JsonObject, ask: Callable[[str, str], Any], scope: Scope) -> Any:
    reference = entry["globalReference"]
    name, _, projection = str(substitute(reference.get("name") or "", scope)).partition(".")
    try:
        return _found(reference, ask(name, projection), scope)
    except LookupError as error:
        raise jmes.JmesError(f"{entry['name']}: {error}") from None


def _found(reference: JsonObject, answer: Any, scope: Scope) -> Any:
    path = str(substitute(reference.get("jmesPath") or "", scope))
    return jmes.search(path, answer, scope.budget) if path else answer
