"""The tools that deploy from Git, and the field managers by which each of them writes.

A trailing `*` stands for a version or an instance in the name. `kubectl` is none of them: whoever types it uses the
same names, so that it deploys an object only where no tool does.
"""

from __future__ import annotations

from collections.abc import Mapping

TOOLS: Mapping[str, tuple[str, ...]] = {
    "Argo CD": ("argocd-controller", "argocd-application-controller", "gitops-agent"),
    "Flux": ("kustomize-controller", "gotk-*", "flux", "flux-operator", "fluxd", "flux-client-side-apply"),
    "Flux Helm": ("helm-controller",),
    # Helm and what embeds it
    "Helm": ("helm", "Helm", "helmfile", "terraform-provider-helm*", "k3s-helm-controller", "provider-helm"),
    "kapp": ("kapp", "kapp-controller"),
    "Fleet": ("fleet", "fleet-agent", "fleetagent"),
    "Config Sync": ("configsync", "configsync-*", "config-sync"),
    "kluctl": ("kluctl", "kluctl-controller"),
    "Terraform": ("Terraform", "terraform", "terraform-provider-*", "HashiCorp", "OpenTofu", "tofu"),
    "Pulumi": ("pulumi-kubernetes*", "pulumi-resource-kubernetes*"),
    "Ansible": ("ansible", "ansible-*"),
    "Crossplane": (
        "crossplane",
        "crossplane-kubernetes-provider",
        "provider-kubernetes",
        "apiextensions.crossplane.io/*",
    ),
    "gitops-audit": ("gitops-audit", "gitops-audit-*"),
    "kpt": ("kpt",),
    "Timoni": ("timoni",),
    "werf": ("werf",),
    "Skaffold": ("skaffold",),
    "Tilt": ("tilt",),
    "Open Cluster Management": ("work-agent",),
    "Karmada": ("karmada-*",),
    "Sveltos": ("projectsveltos",),
    "kustomize": ("kustomize",),
}
"""Field managers by tool, in the order in which tracking marks of several tools count: who renders a chart for
another tool writes Helm's marks as well."""

KUBECTL_APPLY = ("kubectl-client-side-apply", "kubectl-last-applied", "kubectl-applyset")
"""The names of `kubectl apply`, client-side; server-side it is `kubectl` with the operation Apply."""

APPLIERS = (*(name for names in TOOLS.values() for name in names), *KUBECTL_APPLY)
"""Every field manager that deploys from Git."""


def is_kubectl(manager: str) -> bool:
    """Whether a field manager is kubectl, whatever the command."""
    return manager == "kubectl" or manager.startswith("kubectl-")
