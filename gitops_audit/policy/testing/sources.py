"""What the files that a Kyverno test names hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gitops_audit.errors import PolicyError
from gitops_audit.model.resource import JsonObject
from gitops_audit.policy.contract import Subject
from gitops_audit.policy.document import Document
from gitops_audit.policy.form.kyverno.request import NOBODY, UserInfo
from gitops_audit.policy.testing import files
from gitops_audit.policy.testing.kyverno_test import KyvernoTest
from gitops_audit.policy.testing.values import Values


@dataclass(slots=True)
class Sources:
    """Reads the objects that a test names; files that cannot be read are noted under their key."""

    test: KyvernoTest
    missing: dict[str, list[PolicyError]] = field(default_factory=dict)

    def objects(self, key: str) -> list[Document]:
        where = self.test.document.at(f"/{key}")
        found, errors = files.readable_objects(self.test.folder, self.test.names(key), where)
        if errors:
            self.missing[key] = errors
        return found

    def payloads(self) -> Iterator[Subject]:
        """JSON that is no object of Kubernetes, by the name of its file."""
        for key in ("jsonPayload", "jsonPayloads"):
            for name in self.test.names(key):
                try:
                    (document,) = files.documents(self.test.folder / name)
                except (PolicyError, ValueError) as error:
                    fault = error if isinstance(error, PolicyError) else _no_payload(self.test, key, name)
                    self.missing.setdefault("resources", []).append(fault)
                else:
                    yield Subject(document.body, "", "", "", "", name)


def _no_payload(test: KyvernoTest, key: str, name: str) -> PolicyError:
    return test.document.fault(f"/{key}", f"{name} is not one document", code="GA403")


def values_of(test: KyvernoTest) -> Values:
    if test.document.value("/values") is not None:
        return Values.from_document(test.document, "/values")
    name = test.document.text("/variables")
    if not name:
        return Values()
    found = files.documents(test.folder / name)
    if len(found) != 1:
        raise test.document.fault("/variables", f"{name} is not one document of values")
    return Values.from_document(found[0])


def user_of(test: KyvernoTest) -> UserInfo:
    name = test.document.text("/userinfo")
    if not name:
        return NOBODY
    found = files.documents(test.folder / name)
    if not found:
        return NOBODY
    for key in ("/roles", "/clusterRoles", "/userInfo/groups"):
        found[0].sequence(key)
    found[0].mapping("/userInfo")
    return UserInfo.from_json(found[0].body)


def context_of(test: KyvernoTest) -> list[JsonObject]:
    """What context files and simulated clusters say: objects and image metadata."""
    names = [test.document.text("/context")] if test.document.value("/context") else []
    found = [d for name in (*names, *test.names("clusterResources")) for d in files.documents(test.folder / name)]
    for document in found:
        for key in ("/spec/resources", "/spec/images"):
            for index in range(len(document.sequence(key))):
                document.mapping(f"{key}/{index}")
    return [document.mapping("/spec") for document in found]
