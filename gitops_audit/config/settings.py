"""The configuration as data (DESIGN 4.1). Built by config/load.py only, which checks it first."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from gitops_audit.config.engine_check import EngineConfig
from gitops_audit.config.remediation import RemediationConfig
from gitops_audit.errors import NOWHERE, Location
from gitops_audit.kube.match import Match
from gitops_audit.model.finding import Severity

DriftMode = Literal["declared", "owned", "strict"]
ObjectStatus = Literal["missing", "extra"]
FollowOrigin = Literal["git", "cluster"]
SourceType = Literal["auto", "directory", "kustomize", "helm"]

# The revision that reads the checked-out files instead of a commit.
WORKTREE = "worktree"

# The `repo` of a source without a repository: its chart comes from a chart repository, its values are in line.
NO_REPOSITORY = "none:"


@dataclass(frozen=True, slots=True)
class ClusterConfig:
    """How a cluster is reached: a kubeconfig context, the pod's own account, or a recording instead of a server."""

    name: str
    context: str = ""
    kubeconfig: str = ""
    in_cluster: bool = False
    snapshot: Path | None = None
    where: Location = NOWHERE


@dataclass(frozen=True, slots=True)
class KustomizeOptions:
    """How the deployer builds a kustomization. Without `helm_charts` none of its charts is rendered.

    `overlay` is JSON of what the deployer itself lays over the kustomization at the source's path, empty for none;
    `skips_missing`: a component of it that is not there is left out; `unforced` are maps of it whose keys may not stand
    in the kustomization already. `is_generated`: where the path has no kustomization, one of all manifests is made, as
    Flux does. `kube_version` and `api_versions` are what charts are told. `ignore`, for Flux alone: the lines of its
    source's `spec.ignore`; None where the deployer takes the repository as it is.
    """

    load_restrictor: Literal["rootOnly", "none"] = "rootOnly"
    helm_charts: bool = False
    overlay: str = field(default="", repr=False)
    is_generated: bool = False
    skips_missing: bool = False
    ignore: tuple[str, ...] | None = None
    unforced: tuple[str, ...] = ()
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()

    @property
    def is_changing(self) -> bool:
        """Whether what is built is not the kustomization as it stands in the repository."""
        return bool(self.overlay) or self.is_generated


@dataclass(frozen=True, slots=True)
class DirectoryOptions:
    """How Argo CD reads a directory of manifests: its own files alone unless it recurses; `include` and `exclude` are
    its wildcards, in which a `*` takes slashes too. `any_suffix`: files of any name may be manifests. `jsonnet` is JSON
    of what Jsonnet files are given, empty for none.
    """

    recurse: bool = False
    include: str = ""
    exclude: str = ""
    any_suffix: bool = False
    jsonnet: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Substitution:
    """The variables that Flux replaces in what was built; `unknown` are those whose value nobody knows, `secrets` the
    keys of live Secrets that these are (`namespace/name/key`). `is_open`: there may be more. `is_strict`: one that is
    not set is an error (None: it may be). `is_always`: functions are evaluated without any variable, too."""

    variables: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    unknown: tuple[str, ...] = ()
    is_open: bool = False
    is_strict: bool | None = False
    is_always: bool = False
    secrets: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PostBuild:
    """What Flux does with the objects of a source when they are built. Without a `substitution`, `${name}` is content.

    `labels` and `annotations` (`commonMetadata`) take the place of those of the objects. `given` are the options of the
    Kustomization as texts, to tell whether the one that Flux applied last has others. Without `decrypts` it applies
    nothing where a Secret is encrypted.
    """

    substitution: Substitution | None = None
    labels: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()
    given: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    decrypts: bool = True


@dataclass(frozen=True, slots=True)
class ChartRef:
    """A chart of a chart repository (`https://...`) or an OCI registry (`oci://...`).

    `version` is one version or a range (`>=1 <2`), empty for the latest; `repository` may carry a password.
    """

    repository: str = field(repr=False)
    name: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class ValuesRepository:
    """Another repository that value files come from: those that start with `$` and this name (Argo CD's `ref`)."""

    name: str
    repo: str = field(repr=False)
    revision: str = "HEAD"


@dataclass(frozen=True, slots=True)
class HelmParameter:
    """One value by its path, as helm's `--set` takes it, or (`is_string`) its `--set-string`."""

    name: str
    value: str = field(repr=False)
    is_string: bool = False


@dataclass(frozen=True, slots=True)
class HelmOptions:
    """How the deployer renders a chart: the one at the source's path, or (`chart`) one of a chart repository.

    Value files count from the source's path, with a leading slash from the repository's root; `$NAME/path` is a file of
    `value_repositories`, `$/path` one of the chart itself. The last one wins; `values` (JSON, empty for none) win over
    files, `parameters` over all; of Argo CD they may have wildcards. `replaces_defaults`: the chart's own values.yaml
    counts only where it is named, as Flux has it. `namespace` is that of the release where it is another one than the
    source's. `kube_version` and `api_versions` (more than the cluster's) are what the deployer was told. Each of
    `post_renderers` is JSON of the `patches` and `images` of kustomize. `build` is what Flux puts behind the version of
    the chart (`1.2.0+...`): part of the digest of its artifact or of the commit, or what only the cluster knows.
    """

    release_name: str = ""
    value_files: tuple[str, ...] = ()
    values: str = field(default="", repr=False)
    skip_crds: bool = False
    chart: ChartRef | None = None
    value_repositories: tuple[ValuesRepository, ...] = ()
    parameters: tuple[HelmParameter, ...] = ()
    file_parameters: tuple[tuple[str, str], ...] = ()
    namespace: str = ""
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    ignore_missing_value_files: bool = False
    replaces_defaults: bool = False
    skip_schema_validation: bool = False
    post_renderers: tuple[str, ...] = field(default=(), repr=False)
    build: Literal["", "artifact", "commit", "unknown"] = ""


@dataclass(frozen=True, slots=True)
class Credential:
    """Where user and password of a host stand: in two environment variables, so that no file holds them."""

    host: str
    username_variable: str
    password_variable: str


@dataclass(frozen=True, slots=True)
class ArgoCDFollow:
    """The Applications and ApplicationSets that a source follows: those that it declares in Git, or those that a
    cluster has. `cluster` is the one that Argo CD runs in, `namespaces` those that it watches there (all, where empty).

    `projects`, `names` (globs) and `labels` narrow what is followed.
    """

    origin: FollowOrigin = "git"
    cluster: str = ""
    namespaces: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FluxFollow:
    """The Kustomizations and HelmReleases that a source follows: those that it declares in Git, or those that a cluster
    has. `cluster` is the one that Flux runs in, `namespaces` those that are followed (all, where empty).

    `names` (globs) and `labels` narrow what is followed.
    """

    origin: FollowOrigin = "git"
    cluster: str = ""
    namespaces: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """What renderings may come from besides the repository: nothing, where nothing is named.

    `mirrors` map a URL prefix to a folder that holds a copy, or to another URL; `allow` are the hosts (with a port
    where it is no usual one) that charts and remote bases may be fetched from. `registry_config` is a file of
    credentials as `helm registry login` and `docker login` write it.
    """

    mirrors: tuple[tuple[str, Path | str], ...] = ()
    allow: tuple[str, ...] = ()
    credentials: tuple[Credential, ...] = ()
    registry_config: Path | None = None


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """`repo` is a path or URL, empty for the repository that holds the configuration; `clusters` empty for all.

    `post_build` is that of a source that Flux deploys; None where nobody knows what becomes of `${name}`.
    With `argocd` or `flux` every deployment found becomes a source of its own, for the cluster that `destinations`
    (server or name to cluster) says. Such a source tells in `followed_from` where it was found (`Application
    argocd/shop at apps/shop.yaml:3`), and brings its own rules in `ignore`; `after` names the sources that its engine
    deploys before it; `deployer` is what is known to deploy it, `given` are the options that it has there, by its own
    names, as JSON. `images` are globs of image names, each with the repository that they are built from.

    A URL may carry a password, so `repo` and `images` are in no representation of the settings.
    """

    name: str
    repo: str = field(default="", repr=False)
    revision: str = "HEAD"
    path: str = ""
    type: SourceType = "auto"
    namespace: str = ""
    clusters: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    kustomize: KustomizeOptions = field(default_factory=KustomizeOptions)
    helm: HelmOptions = field(default_factory=HelmOptions)
    directory: DirectoryOptions | None = None
    post_build: PostBuild | None = None
    argocd: ArgoCDFollow | None = None
    flux: FluxFollow | None = None
    destinations: tuple[tuple[str, str], ...] = ()
    followed_from: str = ""
    after: tuple[str, ...] = ()
    deployer: Literal["", "argocd", "flux"] = ""
    given: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    ignore: tuple[IgnoreRule, ...] = ()
    images: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    where: Location = NOWHERE

    @property
    def follow(self) -> ArgoCDFollow | FluxFollow | None:
        """What the source follows; None where it only declares objects."""
        return self.argocd or self.flux

    @property
    def is_from_cluster(self) -> bool:
        """Whether a cluster is asked for the deployments, and nothing is read from Git for the source itself."""
        return self.follow is not None and self.follow.origin == "cluster"


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """Fields (pointers with `*` and `[key=value]`, `expressions` of jq) or managers whose differences do not count, and
    why. `statuses` accept whole objects that are missing or extra. `source`: it is for the objects of that one alone.
    """

    match: Match
    fields: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()
    statuses: tuple[ObjectStatus, ...] = ()
    reason: str = ""
    owner: str = ""
    expires: str = ""
    where: Location = NOWHERE
    source: str = ""
    expressions: tuple[str, ...] = ()

    @property
    def is_for_all(self) -> bool:
        """Whether it hides or accepts everything that it is about: whole objects of any name, or all their fields."""
        return self.match == Match() if self.statuses else not (self.fields or self.managers or self.expressions)


@dataclass(frozen=True, slots=True)
class OrphanConfig:
    """Whether live objects that no source declares are findings, in which namespaces, and which are not."""

    enabled: bool = False
    namespaces: tuple[str, ...] = ()
    ignore: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class DriftConfig:
    mode: DriftMode = "owned"
    appliers: tuple[str, ...] = ()
    interactive: tuple[str, ...] = ()
    pending: Literal["fail", "warn"] = "fail"
    ignore: tuple[IgnoreRule, ...] = ()
    orphans: OrphanConfig = field(default_factory=OrphanConfig)


@dataclass(frozen=True, slots=True)
class PolicyRef:
    """A shipped pack (with the Kubernetes minor version it is for) or a file or directory of policies."""

    pack: str = ""
    version: str = "latest"
    path: Path | None = None
    where: Location = NOWHERE


@dataclass(frozen=True, slots=True)
class ExceptionRule:
    policy: str
    match: Match
    reason: str
    owner: str
    expires: str
    where: Location = NOWHERE


@dataclass(frozen=True, slots=True)
class RedactRule:
    """Further fields (pointers, as in ignore rules) whose values become tokens when they are loaded."""

    match: Match
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WantedTool:
    """The versions of helm, kustomize or sops that sources are to be rendered with, as a range."""

    name: str
    range: str
    where: Location = NOWHERE


@dataclass(frozen=True, slots=True)
class KubernetesConfig:
    """The Kubernetes version that an audit without a cluster is for: `latest`, or a minor version such as `1.30`."""

    version: str = "latest"
    where: Location = NOWHERE


@dataclass(frozen=True, slots=True)
class Settings:
    """One `gitops-audit.yaml`. `path` is that file; relative paths in it count from its folder.

    `elsewhere` are the clusters that a run leaves out: one of them may be where an engine runs.
    """

    path: Path
    clusters: tuple[ClusterConfig, ...] = ()
    sources: tuple[SourceConfig, ...] = ()
    elsewhere: tuple[ClusterConfig, ...] = ()
    kubernetes: KubernetesConfig = field(default_factory=KubernetesConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    tools: tuple[WantedTool, ...] = ()
    drift: DriftConfig = field(default_factory=DriftConfig)
    policies: tuple[PolicyRef, ...] = ()
    exceptions: tuple[ExceptionRule, ...] = ()
    redact: tuple[RedactRule, ...] = ()
    fail_on: Severity = Severity.low
    fail_on_unfollowed: bool = False
    checks_health: bool = False
    decrypts_sops: bool = False
    engine: EngineConfig = field(default_factory=EngineConfig)
    fail_on_new: bool = False
    baseline: Path | None = None
    remediation: RemediationConfig = field(default_factory=RemediationConfig)

    @property
    def checks_engine(self) -> bool:
        """Whether the engines are checked: as the file says, else where a source follows one."""
        is_said = self.engine.enabled
        return any(source.follow for source in self.sources) if is_said is None else is_said


def with_orphans(settings: Settings) -> Settings:
    """The same, and undeclared objects are searched for."""
    orphans = replace(settings.drift.orphans, enabled=True)
    return replace(settings, drift=replace(settings.drift, orphans=orphans))
