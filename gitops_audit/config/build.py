"""A checked document as settings: no decision is left here, only names and types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gitops_audit.config.document import Document, folder_of
from gitops_audit.config.engine_check import DAY_S, EngineConfig
from gitops_audit.config.remediation import Freeze, JournalKeyConfig, RemediationConfig
from gitops_audit.config.repository import is_url
from gitops_audit.config.rules import resolved_path
from gitops_audit.config.settings import (
    ArgoCDFollow,
    ChartRef,
    ClusterConfig,
    Credential,
    DriftConfig,
    ExceptionRule,
    FluxFollow,
    HelmOptions,
    HelmParameter,
    IgnoreRule,
    KubernetesConfig,
    KustomizeOptions,
    NetworkConfig,
    OrphanConfig,
    PolicyRef,
    RedactRule,
    Settings,
    SourceConfig,
    ValuesRepository,
    WantedTool,
)
from gitops_audit.kube.match import Match
from gitops_audit.model.finding import Severity


def settings(document: Document) -> Settings:
    """The settings of a document without problems."""
    value: dict[str, Any] = document.value
    clusters, report = value.get("clusters", {}), value.get("report", {})
    return Settings(
        path=document.path,
        clusters=tuple(_cluster(document, name, config or {}) for name, config in clusters.items()),
        sources=tuple(_source(document, i, s) for i, s in enumerate(value["sources"])),
        kubernetes=_kubernetes(document, value.get("kubernetesVersion")),
        tools=tuple(
            WantedTool(name, text, document.where(("tools", name))) for name, text in value.get("tools", {}).items()
        ),
        network=_network(document, value.get("network", {})),
        drift=_drift(document, value.get("drift", {})),
        policies=tuple(_policy(document, i, p) for i, p in enumerate(value.get("policies", []))),
        exceptions=tuple(_exception(document, i, e) for i, e in enumerate(value.get("exceptions", []))),
        redact=tuple(RedactRule(_match(r["match"]), tuple(r["fields"])) for r in value.get("redact", [])),
        fail_on=Severity[report.get("failOn", "low")],
        fail_on_new=report.get("failOnNew", False),
        baseline=_path(document, value.get("baseline")),
        fail_on_unfollowed=report.get("failOnUnfollowed", False),
        checks_health=value.get("health", {}).get("enabled", False),
        decrypts_sops=value.get("secrets", {}).get("sops", False),
        engine=_engine(value.get("engine", {})),
        remediation=_remediation(document, value.get("remediation", {})),
    )


def _engine(value: dict[str, Any]) -> EngineConfig:
    return EngineConfig(
        enabled=value.get("enabled"),
        exclude=tuple(value.get("exclude", ())),
        severity=tuple((rule, Severity[name]) for rule, name in value.get("severity", {}).items()),
        status_age_s=_seconds(value.get("statusAge", "24h")),
        sync_age_s=_seconds(value["syncAge"]) if "syncAge" in value else None,
    )


def _seconds(text: str) -> int:
    return int(text[:-1]) * {"m": 60, "h": 3600, "d": DAY_S}[text[-1]]


def _kubernetes(document: Document, version: str | None) -> KubernetesConfig:
    if version is None:
        return KubernetesConfig()
    return KubernetesConfig(version.removeprefix("v"), document.where(("kubernetesVersion",)))


def _cluster(document: Document, name: str, config: dict[str, Any]) -> ClusterConfig:
    return ClusterConfig(
        name=name,
        context=config.get("context", ""),
        kubeconfig=str(_path(document, config.get("kubeconfig")) or ""),
        in_cluster=config.get("inCluster", False),
        snapshot=_path(document, config.get("snapshot")),
        where=document.where_key(("clusters", name)),
    )


def _source(document: Document, index: int, source: dict[str, Any]) -> SourceConfig:
    followed = source.get("argocd") or source.get("flux") or {}
    path = source.get("path") or followed.get("path", "")
    return SourceConfig(
        name=source["name"],
        repo=source.get("repo", ""),
        revision=source.get("revision", "HEAD"),
        path="/".join(part for part in path.split("/") if part not in ("", ".")),
        type="helm" if "chart" in source.get("helm", {}) else source.get("type", "auto"),
        namespace=source.get("namespace", ""),
        clusters=tuple(dict.fromkeys(source.get("clusters", ()))),
        exclude=tuple(source.get("exclude", ())),
        images=tuple(source.get("images", {}).items()),
        kustomize=_kustomize(source.get("kustomize", {})),
        helm=_helm(source.get("helm", {})),
        argocd=_argocd(source.get("argocd")),
        flux=_flux(source.get("flux")),
        destinations=tuple(source.get("destinations", {}).items()),
        where=document.where(("sources", index)),
    )


def _kustomize(options: dict[str, Any]) -> KustomizeOptions:
    return KustomizeOptions(options.get("loadRestrictor", "rootOnly"), options.get("helmCharts", False))


def _helm(options: dict[str, Any]) -> HelmOptions:
    values, repositories = options.get("values"), options.get("valueRepositories", {})
    chart = (
        ChartRef(options["repository"], options["chart"], options.get("version", "")) if "chart" in options else None
    )
    return HelmOptions(
        release_name=options.get("releaseName", ""),
        value_files=tuple(options.get("valueFiles", ())),
        values=json.dumps(values) if values else "",
        skip_crds=options.get("skipCrds", False),
        chart=chart,
        value_repositories=tuple(
            ValuesRepository(name, found["repo"], found.get("revision", "HEAD")) for name, found in repositories.items()
        ),
        parameters=tuple(
            HelmParameter(p["name"], p["value"], p.get("forceString", False)) for p in options.get("parameters", ())
        ),
        file_parameters=tuple((p["name"], p["path"]) for p in options.get("fileParameters", ())),
        namespace=options.get("namespace", ""),
        kube_version=options.get("kubeVersion", ""),
        api_versions=tuple(options.get("apiVersions", ())),
        ignore_missing_value_files=options.get("ignoreMissingValueFiles", False),
        skip_schema_validation=options.get("skipSchemaValidation", False),
    )


def _argocd(follow: dict[str, Any] | None) -> ArgoCDFollow | None:
    return None if follow is None else ArgoCDFollow(projects=tuple(follow.get("projects", ())), **_narrowing(follow))


def _flux(follow: dict[str, Any] | None) -> FluxFollow | None:
    return None if follow is None else FluxFollow(**_narrowing(follow))


def _narrowing(follow: dict[str, Any]) -> dict[str, Any]:
    return {
        "origin": follow.get("from", "git"),
        "cluster": follow.get("cluster", ""),
        "namespaces": tuple(follow.get("namespaces", ())),
        "names": tuple(follow.get("names", ())),
        "labels": tuple(follow.get("labels", {}).items()),
    }


def _network(document: Document, network: dict[str, Any]) -> NetworkConfig:
    folder = folder_of(document.path)
    mirrors = network.get("mirrors", {}).items()
    return NetworkConfig(
        mirrors=tuple((url, to if is_url(to) else resolved_path(folder, to)) for url, to in mirrors),
        allow=tuple(network.get("allow", ())),
        credentials=tuple(
            Credential(host, names.get("usernameVariable", ""), names["passwordVariable"])
            for host, names in network.get("credentials", {}).items()
        ),
        registry_config=_path(document, network.get("registryConfig")),
    )


def _drift(document: Document, drift: dict[str, Any]) -> DriftConfig:
    return DriftConfig(
        mode=drift.get("mode", "owned"),
        appliers=tuple(drift.get("appliers", ())),
        interactive=tuple(drift.get("interactive", ())),
        pending=drift.get("pending", "fail"),
        ignore=tuple(_ignore(document, i, rule) for i, rule in enumerate(drift.get("ignore", []))),
        orphans=_orphans(drift.get("orphans", {})),
    )


def _ignore(document: Document, index: int, rule: dict[str, Any]) -> IgnoreRule:
    return IgnoreRule(
        match=_match(rule.get("match", {})),
        fields=tuple(rule.get("fields", ())),
        managers=tuple(rule.get("managers", ())),
        statuses=tuple(rule.get("statuses", ())),
        reason=rule.get("reason", ""),
        owner=rule.get("owner", ""),
        expires=rule.get("expires", ""),
        where=document.where(("drift", "ignore", index)),
    )


def _orphans(orphans: dict[str, Any]) -> OrphanConfig:
    return OrphanConfig(
        enabled=orphans.get("enabled", False),
        namespaces=tuple(orphans.get("namespaces", ())),
        ignore=tuple(_match(m) for m in orphans.get("ignore", [])),
    )


def _policy(document: Document, index: int, policy: dict[str, Any]) -> PolicyRef:
    return PolicyRef(
        pack=policy.get("pack", ""),
        version=policy.get("version", "latest").removeprefix("v"),
        path=_path(document, policy.get("path")),
        where=document.where(("policies", index)),
    )


def _exception(document: Document, index: int, rule: dict[str, Any]) -> ExceptionRule:
    return ExceptionRule(
        policy=rule["policy"],
        match=_match(rule["match"]),
        reason=rule["reason"],
        owner=rule["owner"],
        expires=rule["expires"],
        where=document.where(("exceptions", index)),
    )


def _remediation(document: Document, value: dict[str, Any]) -> RemediationConfig:
    protected, default = value.get("protected", {}), RemediationConfig()
    return RemediationConfig(
        field_manager=value.get("fieldManager", default.field_manager),
        prune=value.get("prune", default.prune),
        recreate=value.get("recreate", default.recreate),
        max_changes=value.get("maxChanges", default.max_changes),
        max_deletions=value.get("maxDeletions", default.max_deletions),
        max_deletion_share=value.get("maxDeletionShare", default.max_deletion_share),
        max_shrink=value.get("maxShrink", default.max_shrink),
        protected_kinds=tuple(protected.get("kinds", default.protected_kinds)),
        protected_namespaces=tuple(protected.get("namespaces", default.protected_namespaces)),
        freeze=tuple(_freeze(document, i, f) for i, f in enumerate(value.get("freeze", []))),
        wait_s=value.get("wait", {}).get("timeout", default.wait_s),
        auto_approve=value.get("autoApprove", default.auto_approve),
        is_repair_enough=value.get("outcome") == "pass",
        journal_key=_journal_key(document, value.get("journalKey")),
    )


def _journal_key(document: Document, value: dict[str, str] | None) -> JournalKeyConfig | None:
    return JournalKeyConfig(_path(document, value.get("file")), value.get("env", "")) if value else None


def _freeze(document: Document, index: int, value: dict[str, Any]) -> Freeze:
    return Freeze(
        days=tuple(value.get("days", ())),
        start=value.get("from", "00:00"),
        end=value.get("to", "24:00"),
        timezone=value.get("timezone", "UTC"),
        where=document.where(("remediation", "freeze", index)),
    )


def _match(match: dict[str, Any]) -> Match:
    names = {key: match[key] for key in ("kind", "group", "namespace", "name") if key in match}
    return Match(**names, labels=tuple(match.get("labels", {}).items()))


def _path(document: Document, path: str | None) -> Path | None:
    return resolved_path(folder_of(document.path), path) if path else None
