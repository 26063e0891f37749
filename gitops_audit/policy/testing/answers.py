"""What a test says that servers answer: `apiCallResponses` and `globalContextEntries`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gitops_audit.policy.document import Document
from gitops_audit.policy.form.kyverno import jmes
from gitops_audit.policy.testing import files
from gitops_audit.policy.testing.kyverno_test import KyvernoTest

_CALL = ("method", "response", "url", "urlPath")
_ENTRY = ("data", "fieldPath", "name", "projections", "resourceFiles", "resources")


@dataclass(frozen=True, slots=True)
class Answers:
    """Responses by (method or nothing, URL), and entries of the global context by name."""

    calls: Mapping[tuple[str, str], tuple[int, Any]] = field(default_factory=dict)
    entries: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_test(cls, test: KyvernoTest) -> Answers:
        """Raises PolicyError for unknown fields, files that are not there, and projections that find nothing."""
        document = test.document
        calls = [_call(document, f"/apiCallResponses/{i}") for i in range(len(document.sequence("/apiCallResponses")))]
        count = len(document.sequence("/globalContextEntries"))
        entries = [_entry(test, f"/globalContextEntries/{index}") for index in range(count)]
        return cls(dict(calls), dict(entries))

    def call(self, method: str, url: str) -> tuple[int, Any] | None:
        """Status and body."""
        return self.calls.get((method.upper(), url)) or self.calls.get(("", url))

    def entry(self, name: str, projection: str) -> Any:
        """Raises LookupError for an entry, or a projection of it, that is not given."""
        if name not in self.entries:
            raise LookupError(f"the test gives no entry {name!r} of the global context")
        found = self.entries[name]
        if not projection:
            return found
        if not isinstance(found, dict) or projection not in found:
            raise LookupError(f"the entry {name!r} of the global context has no projection {projection!r}")
        return found[projection]


def _call(document: Document, at: str) -> tuple[tuple[str, str], tuple[int, Any]]:
    document.only(at, _CALL)
    document.only(f"{at}/response", ("body", "statusCode"))
    url = document.text(f"{at}/url") or document.text(f"{at}/urlPath")
    if not url:
        raise document.fault(at, "the response is for no url")
    response = document.mapping(f"{at}/response")
    return (document.text(f"{at}/method").upper(), url), (response.get("statusCode") or 200, response.get("body"))


def _entry(test: KyvernoTest, at: str) -> tuple[str, Any]:
    document = test.document
    document.only(at, _ENTRY)
    path = document.text(f"{at}/fieldPath")
    projections = document.sequence(f"{at}/projections")
    try:
        data = jmes.search(path, _data(test, at)) if path else _data(test, at)
        if projections:
            data = {str(item["name"]): jmes.search(str(item["path"]), data) for item in projections}
    except (jmes.JmesError, KeyError, TypeError) as error:
        raise document.fault(at, f"the entry cannot be made: {error}") from None
    return document.text(f"{at}/name"), data


def _data(test: KyvernoTest, at: str) -> Any:
    document = test.document
    names = [document.text(f"{at}/resourceFiles/{i}") for i in range(len(document.sequence(f"{at}/resourceFiles")))]
    if names:
        return [found.body for found in files.objects(test.folder, names, document.at(at))]
    listed = document.value(f"{at}/resources")
    return document.value(f"{at}/data") if listed is None else document.sequence(f"{at}/resources")
