"""Secrets that controllers make of a declared object: they are expected in the cluster, and their values stay unknown.

External Secrets (external-secrets.io/latest/api), Sealed Secrets (github.com/bitnami-labs/sealed-secrets), the Secrets
Store CSI driver (secrets-store-csi-driver.sigs.k8s.io), cert-manager, Vault Secrets Operator, 1Password, Infisical,
Doppler, Azure Key Vault to Kubernetes, SOPS Secrets Operator, Strimzi: the field of each that names the Secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gitops_audit.model.resource import Declared

# (group, kind): the fields that may name the Secret; `*` stands for every element of a list. The first field with a
# value counts.
_NAMED_BY: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("external-secrets.io", "ExternalSecret"): ("spec/target/name", "metadata/name"),
    ("external-secrets.io", "ClusterExternalSecret"): (
        "spec/externalSecretSpec/target/name",
        "spec/externalSecretName",
        "metadata/name",
    ),
    ("bitnami.com", "SealedSecret"): ("spec/template/metadata/name", "metadata/name"),
    ("secrets-store.csi.x-k8s.io", "SecretProviderClass"): ("spec/secretObjects/*/secretName",),
    ("cert-manager.io", "Certificate"): ("spec/secretName",),
    ("secrets.hashicorp.com", "VaultStaticSecret"): ("spec/destination/name",),
    ("secrets.hashicorp.com", "VaultDynamicSecret"): ("spec/destination/name",),
    ("secrets.hashicorp.com", "VaultPKISecret"): ("spec/destination/name",),
    ("onepassword.com", "OnePasswordItem"): ("metadata/name",),
    ("secrets.infisical.com", "InfisicalSecret"): ("spec/managedSecretReference/secretName",),
    ("secrets.doppler.com", "DopplerSecret"): ("spec/managedSecret/name",),
    ("spv.no", "AzureKeyVaultSecret"): ("spec/output/secret/name", "metadata/name"),
    ("isindir.github.com", "SopsSecret"): ("spec/secretTemplates/*/name",),
    ("kafka.strimzi.io", "KafkaUser"): ("spec/template/secret/metadata/name", "metadata/name"),
}
_ANYWHERE = frozenset({"ClusterExternalSecret"})


def made_secrets(declared: Declared) -> Iterator[tuple[str, str]]:
    """(namespace, name) of the Secrets that come of an object; an empty namespace means any."""
    for path in _NAMED_BY.get((declared.key.group, declared.key.kind), ()):
        names = [name for name in _values(declared.body, path.split("/")) if isinstance(name, str) and name]
        for name in names:
            yield "" if declared.key.kind in _ANYWHERE else declared.key.namespace, name
        if names:
            return


def _values(value: Any, path: list[str]) -> Iterator[Any]:
    if not path:
        yield value
    elif path[0] == "*":
        for child in value if isinstance(value, list) else ():
            yield from _values(child, path[1:])
    elif isinstance(value, dict):
        yield from _values(value.get(path[0]), path[1:])
