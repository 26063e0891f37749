"""The suggested ignore rule: small, valid, and true to the keys of lists."""

from __future__ import annotations

from datetime import date

import pytest
import yaml

from gitops_audit.config.pointer import pointer_fault
from gitops_audit.model.finding import Change, Drift, Waiver
from gitops_audit.model.resource import Declared, Origin, ResourceKey
from gitops_audit.model.verdict import Verdict
from gitops_audit.report.suggest import suggested, suggested_rules

KEY = ResourceKey("c", "apps", "Deployment", "shop", "web")
TODAY = date(2026, 3, 1)


def verdict(drift: Drift) -> Verdict:
    return Verdict.of(Declared(KEY, "s", "v1", {}, Origin("a.yaml", 1)), "failed", drift=drift)


FIELDS = [
    ("/spec/replicas", "spec.replicas", "/spec/replicas"),
    (
        "/spec/template/spec/containers/1/image",
        "spec.template.spec.containers[name=web].image",
        "/spec/template/spec/containers/[name=web]/image",
    ),
    ("/metadata/annotations/a.b~1c", 'metadata.annotations["a.b/c"]', "/metadata/annotations/a.b~1c"),
    ("/spec/ports/0/nodePort", "spec.ports[port=80,protocol=TCP].nodePort", "/spec/ports/[port=80]/nodePort"),
    ("/spec/args/1", "spec.args[1]", "/spec/args/1"),
    ("/data/odd[key", 'data["odd[key"]', "/data/*"),
]


@pytest.mark.parametrize(("pointer", "path", "field"), FIELDS)
def test_a_field_is_named_as_rules_name_it(pointer: str, path: str, field: str) -> None:
    found = suggested(verdict(Drift("modified", (Change("changed", pointer, path),))), TODAY)

    assert found is not None
    assert found["fields"] == [field]
    assert pointer_fault(field) == ("", "")


def test_what_is_ignored_already_needs_no_rule() -> None:
    drift = Drift(
        "modified",
        (Change("changed", "/spec/a", "spec.a", ignored=Waiver("x")), Change("changed", "/spec/b", "spec.b")),
    )

    found = suggested(verdict(drift), TODAY)

    assert found is not None
    assert found["fields"] == ["/spec/b"]
    assert suggested(verdict(Drift("in-sync")), TODAY) is None


def test_a_missing_object_is_accepted_as_a_whole() -> None:
    text = suggested_rules([verdict(Drift("missing"))], TODAY)

    assert yaml.safe_load(text)["drift"]["ignore"] == [
        {
            "match": {"kind": "Deployment", "group": "apps", "namespace": "shop", "name": "web"},
            "statuses": ["missing"],
            "reason": "FILL IN",
            "owner": "FILL IN",
            "expires": "2026-05-30",
        }
    ]
