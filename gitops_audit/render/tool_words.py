"""What kustomize and helm say of a failure, without a value of what they read (DESIGN section 8).

A tool quotes what it cannot use: a value, its base64, a file, half of a word. No list of secret values is ever complete
enough to take them out again. So nothing is taken out, and only this is let in: the files and lines it names, and the
kind of the failure, in words that are written here. What a kind says beside them is a name from a program (a function,
a field, a version), never a value.

    template: web/templates/a.yaml:3:4: executing ... at <fail (b64enc .Values.dsn)>: error calling fail: cG9zdGd...
    -> templates/a.yaml:3: the template itself ends the rendering (`fail`, or `required`)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

_NAME = r"([A-Za-z_][\w.-]{0,62})"
_PLACE = re.compile(r"([\w@+][\w.@+/-]{0,250})(?::(\d{1,6}))?")
_MAX_PLACES = 3
_MAX_KINDS = 2
_YAML_LINE = re.compile(r"yaml: line (\d{1,6})\b")

_ENDED = re.compile(r"execution error at|error calling (?:fail|required):")
_ENDED_WORDS = "the template itself ends the rendering (`fail`, or a value that is `required`)"
_UNKNOWN = "it failed, and its words may hold values, so they are not shown"

_KINDS: Sequence[tuple[re.Pattern[str], str]] = [
    (re.compile(pattern), words)
    for pattern, words in (
        (rf'function "{_NAME}" not defined', "there is no function `{}`"),
        (rf"nil pointer evaluating [\w{{}}.* ]{{1,40}}\.{_NAME}", "`{}` is asked of something that is not set"),
        (rf"can't evaluate field {_NAME} in type", "there is no field `{}` in what it is asked of"),
        (r'no template "', "a template that is included does not exist"),
        (rf"wrong number of args for {_NAME}", "`{}` is called with the wrong number of arguments"),
        (rf"error calling (?!include|tpl|template){_NAME}:", "the function `{}` failed"),
        (r"error calling tpl:", "a text that is rendered as a template (`tpl`) failed"),
        (r"error converting YAML to JSON|YAML parse error", "what it gives is not YAML"),
        (r"wrong type for value", "a value has the wrong type for the function it is given to"),
        (r"parse error at", "the template cannot be parsed"),
        (r"don't meet the specifications of the schema", "the values do not fit the chart's values.schema.json"),
        (r"kubeVersion: .{0,80}? which is incompatible with Kubernetes v?([\d.]{3,12})", "it is not for Kubernetes {}"),
        (
            rf"missing in charts/ directory: {_NAME}",
            "the dependency `{}` is not in charts/: run `helm dependency build` and commit it",
        ),
        (r"chart metadata is missing|validation: chart\.metadata", "its Chart.yaml lacks what a chart must say"),
        (r"cannot load values\.yaml|failed to parse values\.yaml", "its values.yaml cannot be read"),
        (r"cannot load Chart\.yaml", "its Chart.yaml cannot be read"),
        (rf'unknown field "{_NAME}"', 'unknown field "{}"'),
        (rf"into Go struct field {_NAME} of type", "the field `{}` has the wrong type"),
        (r"missing metadata\.name in object", "an object has no `metadata.name`"),
        (r"missing Resource metadata", "a file holds no Kubernetes object"),
        (r"must be a directory|must build at directory", "what it names cannot be built"),
        (r"already registered id", "two objects have the same kind, namespace and name"),
        (r"invalid literal source", "an entry of `literals` is not KEY=VALUE"),
        (r"loading KV pairs", "what a generator names cannot be read"),
        (r"no matches for Id|failed to find unique target", "a patch has no object that it fits"),
        (r"unable to parse SM or JSON patch", "a patch is neither a strategic merge nor a JSON patch"),
        (r"cycle detected: candidate root", "kustomizations take each other in: take one of them out of `resources`"),
        (r"no such file or directory", "a file that is named does not exist"),
        (r"is not in or below", "a file lies outside of the folder"),
        (r"MalformedYAMLError", "a file is not YAML"),
        (r"mapping values are not allowed", "(a `:` stands where YAML allows none)"),
        (r"did not find expected key|could not find expected", "(a key, or the `:` behind it, is missing)"),
        (r"did not find expected", "(a bracket, quote or dash is missing)"),
        (r"cannot start any token", "(a character stands where YAML allows none)"),
        (r"unknown (?:shorthand )?flag: ", "this version does not know an option"),
        (r"[Pp]ermission denied", "it may not read or write a file"),
        (r"cannot be run: ", "it cannot be run"),
        (r"^it failed and said nothing$", "it failed and said nothing"),
    )
]


def told(words: str, tree: Path, folder: Path) -> str:
    """The failure of a tool that ran in `folder` of the exported repository `tree`: where, and of what kind."""
    named = list(dict.fromkeys(_places(words, tree, folder)))
    places = [name for name in named if not any(other.startswith(f"{name}:") for other in named)][:_MAX_PLACES]
    line = _YAML_LINE.search(words)
    kinds = list(dict.fromkeys(_kinds(words)))
    kind = "; ".join(kinds).replace("; (", " (") + (f", in line {line[1]} of it" if line else "")
    return ": ".join(part for part in (", ".join(places), kind) if part)


def _kinds(words: str) -> Iterator[str]:
    if _ENDED.search(words):
        yield _ENDED_WORDS
        return
    matches = [(match, text) for pattern, text in _KINDS if (match := pattern.search(words))][:_MAX_KINDS]
    for match, text in matches:
        yield text.format(*match.groups())
    if not matches:
        yield _UNKNOWN


def _places(words: str, tree: Path, folder: Path) -> Iterator[str]:
    """The files of the repository that are named: as paths of the folder, with or without the name of a chart."""
    for match in _PLACE.finditer(words):
        path, line = match[1].rstrip("."), match[2]
        for start, name in ((folder, path), (tree, path), (folder, path.partition("/")[2])):
            if name and "." in Path(name).name and _is_file_of(tree, start / name):
                yield f"{name}:{line}" if line else name
                break


def _is_file_of(tree: Path, path: Path) -> bool:
    try:
        return path.is_file() and path.resolve().is_relative_to(tree.resolve())
    except OSError:
        return False
