"""A first gitops-audit.yaml, from what is in the repository and the kubeconfig."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

from gitops_audit.config.environment import called, environment_of
from gitops_audit.config.rules import RESERVED_CLUSTER
from gitops_audit.config.survey import LIBRARY, Found, survey

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_MEANS_SOMETHING = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))

_GENERAL = frozenset(
    ("apps", "applications", "clusters", "overlays", "charts", "environments", "envs", "kustomize", "services")
)

_HEAD = """\
# yaml-language-server: $schema=gitops-audit.schema.json
# What gitops-audit compares. Next: gitops-audit doctor, then: pytest gitops-audit.yaml
# Editors complete this file after `gitops-audit config schema > gitops-audit.schema.json`.
version: 1
"""

_REST = """
drift:
  # declared: only what Git declares. owned: also what people added in the cluster. strict: also what anything added.
  mode: owned
  # Differences that are accepted:
  # ignore:
  #   - match: {kind: Deployment, namespace: "shop-*"}
  #     fields: ["/spec/replicas"]
  #     reason: the autoscaler owns it
  #     owner: team-web
  #     expires: 2027-01-31

# policies:
#   - pack: pod-security-restricted
#   - path: policies/

report:
  failOn: low      # info | low | medium | high | critical
"""


_MAX_TRIALS = 10

Settle = Callable[[Sequence[Found], Sequence[Sequence[str]], Path, Mapping[str, str]], list[Found]]
"""Says of sources and the clusters each is for which ones can be audited beside each other, in a folder, and in which
namespace; the last are the contexts of the clusters that are audited."""


def _as_found(found: Sequence[Found], _: Sequence[Sequence[str]], __: Path, ___: Mapping[str, str]) -> list[Found]:
    return list(found)


def starter(folder: Path, kubeconfig_contexts: Sequence[str], settle: Settle = _as_found) -> str:
    """The text of a commented configuration that can be loaded as it is, to be written into `folder`.

    One source for each place that Argo CD or Flux is told from; else for each kustomization that no other one uses,
    chart, and directory of manifests. A cluster for each context that a source's path names, else for the first
    context. The others are there as comments.
    """
    folder = folder.absolute()
    root = next((f for f in (folder, *folder.parents) if (f / ".git").exists()), folder)
    clusters = _cluster_names(kubeconfig_contexts)
    surveyed, trials = survey(root, folder)
    found = list(_on_one_cluster(_of_known_environment(surveyed, clusters), clusters))
    chosen = [f for f in found if not f.left_out]
    active = {name: clusters[name] for name in _active(chosen, clusters)}
    kept = iter(settle(chosen, [_named_by(f, clusters) for f in chosen], folder, active))
    found = [f if f.left_out else next(kept) for f in found]
    return _HEAD + _clusters(clusters, found) + _sources(found, clusters, folder.name) + _passed_over(trials) + _REST


def _cluster_names(contexts: Iterable[str]) -> dict[str, str]:
    """A name for each context: `prod` for `arn:aws:eks:eu-west-1:1:cluster/prod`, `kind-dev` for `kind-dev`."""
    names: dict[str, str] = {}
    for context in dict.fromkeys(contexts):
        if context and context.isprintable():
            names[_unique(_name(re.split(r"[/:@]", context)[-1]), {*names, RESERVED_CLUSTER})] = context
    return names


def _clusters(clusters: dict[str, str], found: list[Found]) -> str:
    if not clusters:
        return "\n# Without clusters only the declared state is audited.\n# clusters:\n#   prod: {context: prod}\n"
    active = _active(found, clusters)
    lines = [f"{'' if n in active else '# '}  {_text(n)}: {{context: {_text(c)}}}" for n, c in clusters.items()]
    return "\n# Contexts of the kubeconfig; `snapshot: FILE` reads a recording instead.\nclusters:\n" + _block(lines)


def _active(found: Iterable[Found], clusters: dict[str, str]) -> list[str]:
    """Those that a source's path names, else the first."""
    named = {name for f in found if not f.left_out for name in _named_by(f, clusters)}
    return [name for name in clusters if name in named] or list(clusters)[:1]


def _passed_over(trials: Sequence[str]) -> str:
    if not trials:
        return ""
    more = f" and {len(trials) - _MAX_TRIALS} more" if len(trials) > _MAX_TRIALS else ""
    paths = ", ".join(path for path in trials[:_MAX_TRIALS] if path.isprintable())
    return f"  # Left out, as tests, examples or templates: {paths}{more}\n"


def _sources(found: list[Found], clusters: dict[str, str], fallback: str) -> str:
    """Where all would be left out, the first one that could be rendered stays: its audit says what is wrong with it."""
    names = source_names(found, fallback)
    tried = None if any(not f.left_out for f in found) else next((f for f in found if f.left_out != LIBRARY), None)
    lines: list[str] = []
    for source, name in zip(found, names, strict=True):
        block = [f"  - name: {_text(name)}", *(f"    {line}" for line in _source(source, clusters))]
        if source.left_out:
            told = " ".join(source.left_out.split())
            why = "It cannot be audited as it is" if source is tried else "Left out"
            commented = block if source is tried else (f"  # {line[2:]}" for line in block)
            block = [f"  # {why}: {told if told.isprintable() else 'it cannot be read'}", *commented]
        lines += block
    if tried is None and all(source.left_out for source in found):
        name = _unique(_name(fallback), names)
        lines += [f"  - name: {_text(name)}", "    # No manifests were found: where are they?", "    # path: apps"]
    comment = "\n# What Git declares. Each source is read from the commit of `revision` (default: HEAD).\nsources:\n"
    return comment + _block(lines)


def source_names(found: Sequence[Found], fallback: str) -> Sequence[str]:
    """A name for each that no other has; `fallback` is for the root of the repository."""
    names: dict[str, None] = {}
    for source in found:
        names[_unique(_engine_name(source, found) or _source_name(source.path, fallback), names)] = None
    return list(names)


def _source(source: Found, clusters: dict[str, str]) -> Iterator[str]:
    if source.path:
        yield f"path: {_text(source.path)}"
    if source.engine is None:
        yield f"type: {source.type}"
    else:
        yield from _engine(source, clusters)
    if source.exclude:
        yield "exclude:"
        for glob, why in zip_longest(source.exclude, source.reasons[: len(source.exclude)], fillvalue=""):
            yield f"  - {_text(glob)}{f'  # {why}' if why and why.isprintable() else ''}"
    if source.values:
        yield f"# helm: {{valueFiles: [{', '.join(map(_text, source.values))}]}}  # choose of these"
    if source.engine is None:
        yield from _place(source, clusters)


def _place(source: Found, clusters: dict[str, str]) -> Iterator[str]:
    """Where its objects belong, as far as that is known; a question as a comment where it is not."""
    if source.home:
        yield f"{f'namespace: {_text(source.namespace)}' if source.namespace else '# namespace: NAME'}  # {source.home}"
    if on := _named_by(source, clusters):
        yield f"clusters: [{', '.join(map(_text, on))}]"
    elif clusters and not source.left_out and (environment := environment_of(source.path)):
        told = f"which one is {environment}?" if environment.isprintable() else "which one?"
        yield f"# clusters: [{_text(next(iter(clusters)))}]  # {told} All that are audited, where this is left out"


def _engine(source: Found, clusters: dict[str, str]) -> Iterator[str]:
    """What it deploys are sources of their own; where it runs is the cluster that its path names, else the first."""
    runs_on = [*_named_by(source, clusters), *clusters][:1]
    yield f"{source.engine}: {{{f'cluster: {_text(runs_on[0])}' if runs_on else ''}}}"
    if source.engine == "argocd":
        yield "# destinations: {https://HOST:6443: CLUSTER}  # servers that Applications name, other than their own"


def _engine_name(source: Found, found: Sequence[Found]) -> str:
    if source.engine is None:
        return ""
    alike = [f for f in found if f.engine == source.engine]
    return source.engine if len(alike) == 1 else _name(f"{source.engine}-{source.path.rpartition('/')[2]}")


def _on_one_cluster(found: Sequence[Found], clusters: dict[str, str]) -> Iterator[Found]:
    """Of several places that an engine is told from, each is for another cluster: which, only its path may say."""
    unnamed = sorted((f for f in found if f.engine and not _named_by(f, clusters)), key=_environment)
    for source in found:
        alike = [f for f in unnamed if f.engine == source.engine]
        if source in alike[1:]:
            yield replace(source, left_out=f"it is for another cluster than {alike[0].path}: say for which")
        else:
            yield source


def _of_known_environment(found: Sequence[Found], clusters: dict[str, str]) -> list[Found]:
    """Where contexts are named after environments, what is for another one is for none of them."""
    is_named = any(_named_by(f, clusters) for f in found)
    return [_left_out(f, clusters) if is_named else f for f in found]


def _left_out(found: Found, clusters: dict[str, str]) -> Found:
    environment = environment_of(found.path)
    if not environment or _named_by(found, clusters):
        return found
    key = "clusters" if found.engine is None else "cluster"
    return replace(found, left_out=f"no context is named after {environment}: say by `{key}` which cluster it is for")


def _environment(found: Found) -> tuple[bool, str]:
    """Production comes first."""
    return not any(part.startswith(("prod", "live", "main")) for part in found.path.split("/")), found.path


def _named_by(source: Found, clusters: dict[str, str]) -> list[str]:
    """The clusters whose name or context is a folder of the source's path (`clusters/prod`, `overlays/prod`); else the
    one with the environment among the words of its name (`gke_acme_europe-west1_prod` for `overlays/production`)."""
    folders = source.path.split("/")
    if exactly := [name for name, context in clusters.items() if name in folders or context in folders]:
        return exactly
    environment = called(environment_of(source.path))
    alike = [name for name in clusters if environment in map(called, re.split(r"[^a-z0-9]+", name.lower()))]
    return alike if environment and len(alike) == 1 else []


def _source_name(path: str, fallback: str) -> str:
    """`web-prod` for `apps/web/overlays/prod`: the folders that tell something."""
    telling = [part for part in path.split("/") if part not in _GENERAL] or path.split("/")
    return _name("-".join(telling[-2:]) or fallback)


def _name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.") or "main"


def _unique(name: str, taken: Iterable[str]) -> str:
    count, candidate = 1, name
    while candidate in taken:
        count += 1
        candidate = f"{name}-{count}"
    return candidate


def _text(value: str) -> str:
    """As YAML, quoted where YAML would read it as something else."""
    if _PLAIN.fullmatch(value) and value.lower() not in _MEANS_SOMETHING:
        return value
    return json.dumps(value, ensure_ascii=False)


def _block(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
