"""What is audited: objects, where they were declared, and how they are named."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

JsonObject = dict[str, Any]
StandInKind = Literal["sops", "variable", "lfs"]


def mapping(value: Any) -> JsonObject:
    """The value where it is a mapping, else an empty one: in a manifest anything may stand anywhere."""
    return value if isinstance(value, dict) else {}


class ResourceKey(NamedTuple):
    """Identity of an object across versions of its API; `namespace` is empty for cluster-scoped objects."""

    cluster: str
    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """As shown to people: `Deployment.apps/shop/web`, `Service/shop/web`, `Namespace/shop`."""
        return "/".join(filter(None, (self.qualified_kind, self.namespace, self.name)))

    @property
    def qualified_kind(self) -> str:
        return f"{self.kind}.{self.group}" if self.group else self.kind


@dataclass(frozen=True, slots=True)
class Commit:
    """A Git commit; `date` is the committer's, RFC 3339."""

    sha: str
    author: str
    date: str
    subject: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an object stands in Git: file (relative to the repository), line (from 1), n-th object there (from 0;
    -1: it stands nowhere, the file is only what it was made from, and the line is 0)."""

    path: str
    line: int
    index: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


NOWHERE = Origin("", 0)


@dataclass(frozen=True, slots=True)
class Invalid:
    """A fault of a manifest: `path` is the field (display form, may be empty), `line` counts from 1.

    `pointer` (RFC 6901) is the field where its line is still to be looked up.
    """

    path: str
    message: str
    line: int = 0
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class StandIn:
    """A value that Git does not hold: `pointer` says where something stands for it (empty: the object's name follows
    from it), `text` is a variable as it is written, or why a value stays encrypted.

    `secrets`: the variables of a text by name, where each is a key of a Secret in the cluster (`namespace/name/key`);
    `is_whole`: one of them is all of the text."""

    pointer: str
    kind: StandInKind
    text: str = ""
    secrets: tuple[tuple[str, str], ...] = ()
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object as it stands in (or was rendered from) Git, before it is known what cluster takes it.

    `varying`: (pointer, reason) of fields whose value no rendering can tell; an empty pointer means all of it.
    """

    body: JsonObject
    origin: Origin
    faults: tuple[Invalid, ...] = ()
    varying: tuple[tuple[str, str], ...] = ()
    stand_ins: tuple[StandIn, ...] = ()


@dataclass(frozen=True, slots=True)
class FileProblem:
    """A file that could not be read as manifests, in whole or from `line` on. Always a finding: never lost."""

    path: str
    line: int
    message: str
    code: str = "GA210"


@dataclass(frozen=True, slots=True)
class Rendered:
    """All that came of one source: objects, broken files, and files that hold no Kubernetes objects (path, reason).

    `notes` say what the rendering could not know; `type` is what rendered it: `directory`, `kustomize` or `helm`;
    `tools` are the (name, version) of the programs for that. `is_timed`: another day may bring something else. `chart`
    is the name and version of the one that was rendered.
    """

    manifests: tuple[Manifest, ...] = ()
    problems: tuple[FileProblem, ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    type: str = "directory"
    tools: tuple[tuple[str, str], ...] = ()
    is_timed: bool = False
    chart: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """One managed resource: a manifest bound to a cluster, with its namespace settled and its Secrets redacted.

    `skip` is the reason why it is not compared (a hook, `generateName`), empty otherwise; `argocd_skip` is one that
    holds where Argo CD deploys the source. `error` is the reason why it must not pass (declared twice, a kind the
    cluster does not serve), as (code, message). `twin` numbers hooks that share a key, from 2.
    """

    key: ResourceKey
    source: str
    version: str
    body: JsonObject
    origin: Origin
    faults: tuple[Invalid, ...] = ()
    skip: str = ""
    error: tuple[str, str] | None = None
    varying: tuple[tuple[str, str], ...] = ()
    argocd_skip: str = ""
    twin: int = 0
    stand_ins: tuple[StandIn, ...] = ()
    id: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Asked for a dozen times a resource: made once.
        object.__setattr__(self, "id", subject_id(self.key, self.source, self.title))

    @property
    def title(self) -> str:
        """The key as shown to people; hooks that share one are told apart by their number."""
        return f"{self.key}#{self.twin}" if self.twin else str(self.key)

    @property
    def api_version(self) -> str:
        return f"{self.key.group}/{self.version}" if self.key.group else self.version


def subject_id(key: ResourceKey, source: str, title: str) -> str:
    """The id of whatever is judged: `prod/storefront/Deployment.apps/shop/web`."""
    return f"{key.cluster}/{source}/{title}"


def split_api_version(api_version: str) -> tuple[str, str]:
    """`apps/v1` -> ("apps", "v1"); `v1` -> ("", "v1")."""
    group, _, version = api_version.rpartition("/")
    return group, version


def group_of(body: JsonObject) -> str:
    """The API group that an object says it is of, empty for the core group."""
    return split_api_version(str(body.get("apiVersion", "")))[0]
