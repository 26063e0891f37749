"""Resources as people type them."""

from __future__ import annotations

import pytest

from gitops_audit.engine.selection import select
from gitops_audit.errors import ConfigError
from gitops_audit.model.resource import Declared, Origin, ResourceKey

KEYS = (
    ("apps", "Deployment", "shop", "web"),
    ("", "Service", "shop", "web"),
    ("", "ConfigMap", "shop", "settings"),
    ("networking.k8s.io", "NetworkPolicy", "payments", "deny"),
    ("", "Namespace", "", "shop"),
    ("rbac.authorization.k8s.io", "ClusterRole", "", "system:viewer"),
)
RESOURCES = [Declared(ResourceKey("prod", *key), "store", "v1", {}, Origin("a.yaml", 1)) for key in KEYS]
DEPLOYMENT, SERVICE, SETTINGS, POLICY, NAMESPACE, ROLE = (str(r.key) for r in RESOURCES)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("web", [DEPLOYMENT, SERVICE]),
        ("deployment/web", [DEPLOYMENT]),
        ("deploy/web", [DEPLOYMENT]),
        ("Deployments/web", [DEPLOYMENT]),
        ("deployment.apps/web", [DEPLOYMENT]),
        ("deployments.apps/web", [DEPLOYMENT]),
        ("svc/web", [SERVICE]),
        ("shop/web", [DEPLOYMENT, SERVICE]),
        ("svc/shop/web", [SERVICE]),
        ("Deployment.apps/shop/web", [DEPLOYMENT]),
        ("prod/store/Deployment.apps/shop/web", [DEPLOYMENT]),
        ("gitops-audit.yaml::prod::store::Deployment.apps/shop/web", [DEPLOYMENT]),
        ("netpol/*", [POLICY]),
        ("networkpolicies/deny", [POLICY]),
        ("shop/*", [DEPLOYMENT, SERVICE, SETTINGS, NAMESPACE]),
        ("*/shop/*", [DEPLOYMENT, SERVICE, SETTINGS]),
        ("w*", [DEPLOYMENT, SERVICE]),
        ("ns/shop", [NAMESPACE]),
        ("clusterrole/system:viewer", [ROLE]),
    ],
)
def test_what_is_typed_names_what_is_meant(typed: str, expected: list[str]) -> None:
    found = [str(r.key) for r in select(RESOURCES, [typed])]
    if typed == "shop/*":
        assert set(expected) - {NAMESPACE} <= set(found)
    elif typed == "*/shop/*":
        assert set(expected) <= set(found)
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("wbe", "did you mean web?"),
        ("deploymnt/web", "deployment/web"),
        ("shp/web", "shop/web"),
        ("nothing-like-it", "gitops-audit list"),
    ],
)
def test_what_names_nothing_suggests_the_nearest(typed: str, hint: str) -> None:
    with pytest.raises(ConfigError, match="no resource matches") as raised:
        select(RESOURCES, ["web", typed])
    assert hint in raised.value.hint


def test_no_word_selects_all() -> None:
    assert select(RESOURCES, []) == RESOURCES
