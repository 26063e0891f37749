"""Checks a `kind: Policy` document of this project against its JSON Schema (policy.schema.json, shipped)."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any

from gitops_audit.errors import PolicyError
from gitops_audit.model.path import escaped
from gitops_audit.policy.document import Document, suggestion


@lru_cache(maxsize=1)
def schema() -> dict[str, Any]:
    """The schema, for editors and for `check`."""
    text = (files("gitops_audit.policy.form.own") / "policy.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@lru_cache(maxsize=1)
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema())


def check(document: Document) -> None:
    """Raises PolicyError (GA401) for the first fault, at its line, with the valid words and a suggestion."""
    faults = sorted(_validator().iter_errors(document.body), key=_rank)
    if not faults:
        return
    fault = _deepest(faults[0])
    pointer = "".join(f"/{escaped(str(step))}" for step in fault.absolute_path)
    raise _explained(document, pointer, fault)


def _rank(fault: Any) -> tuple[int, bool]:
    # a misspelt key explains the one that is missing
    return len(fault.absolute_path), fault.validator == "required"


def _deepest(fault: Any) -> Any:
    """Of alternatives, the one that came furthest says most."""
    while fault.validator in ("oneOf", "anyOf") and fault.context:
        nested = [e for e in fault.context if e.validator not in ("required", "const")]
        if not nested:
            return fault
        fault = max(nested, key=lambda e: len(e.absolute_path))
    return fault


def _explained(document: Document, pointer: str, fault: Any) -> PolicyError:
    if fault.validator == "additionalProperties":
        known = list(fault.schema["properties"])
        unknown = next(key for key in fault.instance if key not in known)
        hint = f"{suggestion(str(unknown), known)}known here: {', '.join(known)}"
        return document.fault(f"{pointer}/{escaped(str(unknown))}", f"{unknown!r} is not known", hint=hint)
    if fault.validator == "enum":
        words = [str(word) for word in fault.validator_value]
        hint = f"{suggestion(str(fault.instance), words)}use one of {', '.join(words)}"
        return document.fault(pointer, f"{_shown(pointer)} is {fault.instance!r}", hint=hint)
    if fault.validator == "oneOf":
        names = [a["required"][0] for a in fault.validator_value]
        return document.fault(pointer, f"{_shown(pointer)} needs exactly one of {', '.join(names)}")
    return document.fault(pointer, f"{_shown(pointer)}: {fault.message}")


def _shown(pointer: str) -> str:
    return pointer.lstrip("/").replace("/", ".") or "the document"
