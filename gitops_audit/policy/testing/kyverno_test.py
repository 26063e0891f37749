"""Kyverno's test files: `kind: Test` of cli.kyverno.io/v1alpha1, and the older form without kind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitops_audit.policy.document import Document

OUTCOMES = ("pass", "fail", "skip", "warn", "error")
_KEYS = (
    "apiCallResponses",
    "apiVersion",
    "clusterResources",
    "context",
    "envoyPayloads",
    "exceptions",
    "globalContextEntries",
    "httpPayloads",
    "jsonPayload",
    "jsonPayloads",
    "kind",
    "metadata",
    "name",
    "paramResources",
    "policies",
    "resources",
    "results",
    "targetResources",
    "userinfo",
    "values",
    "variables",
)
_RESULT_KEYS = (
    "cloneSourceResource",
    "failOnMissingResources",
    "generatedResource",
    "generatedResources",
    "isDeletingPolicy",
    "isGeneratingPolicy",
    "isImageValidatingPolicy",
    "isMutatingAdmissionPolicy",
    "isMutatingPolicy",
    "isValidatingAdmissionPolicy",
    "isValidatingPolicy",
    "kind",
    "namespace",
    "operation",
    "patchedResource",
    "patchedResources",
    "policy",
    "resource",
    "resourceSpecs",
    "resources",
    "result",
    "rule",
    "status",
)
_NOT_VALIDATION = (
    "cloneSourceResource",
    "generatedResource",
    "generatedResources",
    "isDeletingPolicy",
    "isGeneratingPolicy",
    "isImageValidatingPolicy",
    "isMutatingAdmissionPolicy",
    "isMutatingPolicy",
    "patchedResource",
    "patchedResources",
)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One entry of `results`. `unsupported` names the field that asks for more than validation."""

    policy: str
    rule: str
    kind: str
    resources: tuple[str, ...]
    expected: str
    operation: str = ""
    unsupported: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class KyvernoTest:
    """One test; `document` is kept for the places of its fields."""

    document: Document
    expectations: tuple[Expectation, ...]

    @classmethod
    def from_document(cls, document: Document) -> KyvernoTest:
        """Raises PolicyError for unknown fields and unknown results."""
        document.only("", _KEYS)
        count = len(document.sequence("/results"))
        if not count:
            raise document.fault("", "the test expects nothing: results is empty")
        return cls(document, tuple(_expectation(document, f"/results/{index}") for index in range(count)))

    @property
    def folder(self) -> Path:
        return Path(self.document.path).parent

    def names(self, key: str) -> list[str]:
        """The files under a key of the test."""
        if isinstance(self.document.value(f"/{key}"), str):
            return [self.document.text(f"/{key}")]
        count = len(self.document.sequence(f"/{key}"))
        return [self.document.text(f"/{key}/{index}") for index in range(count)]


def is_kyverno_test(body: Any) -> bool:
    """Whether a document is a test of Kyverno's, in its present or older form."""
    if not isinstance(body, dict):
        return False
    if body.get("kind") == "Test":
        return str(body.get("apiVersion", "")).startswith("cli.kyverno.io/")
    return "kind" not in body and {"policies", "results"} <= body.keys()


def _expectation(document: Document, at: str) -> Expectation:
    document.only(at, _RESULT_KEYS)
    body = document.mapping(at)
    key = "status" if "result" not in body and "status" in body else "result"
    expected = document.choice(f"{at}/{key}", OUTCOMES, "")
    return Expectation(
        policy=document.text(f"{at}/policy"),
        rule=document.text(f"{at}/rule"),
        kind=document.text(f"{at}/kind"),
        resources=tuple(_resources(document, at)),
        expected=expected,
        operation=document.choice(f"{at}/operation", ("", "CREATE", "UPDATE", "DELETE"), ""),
        unsupported=next((name for name in _NOT_VALIDATION if body.get(name)), ""),
        line=document.at(at).line,
    )


def _resources(document: Document, at: str) -> list[str]:
    listed = [document.text(f"{at}/resources/{i}") for i in range(len(document.sequence(f"{at}/resources")))]
    single, namespace = document.text(f"{at}/resource"), document.text(f"{at}/namespace")
    if single and not listed:
        listed = [f"{namespace}/{single}" if namespace and "/" not in single else single]
    for index in range(len(document.sequence(f"{at}/resourceSpecs"))):
        spec = document.mapping(f"{at}/resourceSpecs/{index}")
        listed.append("/".join(str(spec[key]) for key in ("namespace", "name") if spec.get(key)))
    return listed
