"""Go templates with the functions of Sprig, evaluated by the real helm: each is a value of a throwaway chart.

The chart's one template gives every text to `tpl`, with its own parameters as `.`: so a text sees neither files nor the
chart. helm runs as it does for any chart: confined, without network, with limits. It takes `<no value>` out of what it
renders, which Argo CD leaves in: so a text is a named template of its own, whose result is encoded before helm sees it.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gitops_audit.deployer.expansion import GoTemplate
from gitops_audit.errors import SourceError
from gitops_audit.lifetime import temporary_tree
from gitops_audit.model.resource import JsonObject
from gitops_audit.render.tool import NO_TOOL, ToolError, Workspace
from gitops_audit.source.export import Export

UNEVALUATED = "GA289"

_CHART = "apiVersion: v2\nname: templates\nversion: 0.0.0\n"
_TEMPLATE = (
    "texts:\n{{- range .Values.templates }}\n"
    "- {{ tpl .text (index $.Values.parameters (int .number)) | quote }}\n{{- end }}\n"
)
_NAMED = '{{ define "argocd.text" }}%s{{ end }}{{ include "argocd.text" . | b64enc }}'
_MAX_CHARS = 64 << 20
# What ApplicationSets have besides Sprig, under names that no text uses by chance.
_FUNCTIONS = (
    '{{- define "argocd.normalize" -}}'
    '{{ regexReplaceAll "[^-a-z0-9.]" (lower (toString .)) "-" | trunc 253 | trimAll "-." }}{{- end -}}'
)
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*(?:\"|\Z)|`[^`]*(?:`|\Z)|\bnormalize\b(?!\s*:?=)|\bslugify\b")
_RESULT = re.compile(r'^- "([A-Za-z0-9+/=]*)"$', re.MULTILINE)


@dataclass(slots=True)
class Evaluations:
    """Remembers what templates came to, a failure too: a source that is followed asks again in every round."""

    _known: dict[tuple[str, str], str] = field(default_factory=dict)
    _failed: dict[tuple[tuple[str, str], ...], SourceError] = field(default_factory=dict)

    def __call__(self, templates: Sequence[GoTemplate]) -> list[str]:
        """Raises SourceError."""
        given: dict[int, str] = {}
        for template in templates:
            if id(template.parameters) not in given:
                given[id(template.parameters)] = json.dumps(template.parameters, sort_keys=True)
        keys = [(t.text, given[id(t.parameters)]) for t in templates]
        fresh = {key: template for key, template in zip(keys, templates, strict=True) if key not in self._known}
        if fresh:
            self._known |= zip(fresh, self._evaluated(fresh), strict=True)
        return [self._known[key] for key in keys]

    def _evaluated(self, fresh: Mapping[tuple[str, str], GoTemplate]) -> Sequence[str]:
        asked = tuple(fresh)
        if asked not in self._failed:
            try:
                return evaluate(list(fresh.values()))
            except SourceError as error:
                self._failed[asked] = error
        raise self._failed[asked]


def evaluate(templates: Sequence[GoTemplate]) -> list[str]:
    """What each template comes to. Raises SourceError where one of them cannot be evaluated, or there is no helm."""
    program = shutil.which("helm")
    if program is None:
        hint = "install helm 3 or later (helm.sh/docs/intro/install)"
        raise SourceError("Go templates are evaluated by helm, which is not on the PATH", code=NO_TOOL, hint=hint)
    with temporary_tree() as tree, temporary_tree() as home:
        (tree / "templates").mkdir()
        (tree / "Chart.yaml").write_text(_CHART, encoding="utf-8")
        (tree / "templates" / "_functions.tpl").write_text(_FUNCTIONS, encoding="utf-8")
        (tree / "templates" / "texts.yaml").write_text(_TEMPLATE, encoding="utf-8")
        (tree / "values.yaml").write_text(_values(templates), encoding="utf-8")
        try:
            output = Workspace(tree, home, Export()).run([program, "template", "templates", str(tree)])
        except ToolError as error:
            raise SourceError(f"a Go template cannot be evaluated: {_told(error)}", code=UNEVALUATED) from None
    texts = [base64.b64decode(found[1]).decode("utf-8", "replace") for found in _RESULT.finditer(output.decode())]
    if len(texts) != len(templates):
        raise SourceError("helm did not evaluate every Go template", code=UNEVALUATED)
    return texts


def _values(templates: Sequence[GoTemplate]) -> str:
    """The texts, each with the number of its parameters: many texts have the same ones."""
    numbers: dict[int, int] = {}
    parameters: list[str] = []
    texts: list[JsonObject] = []
    size = 0
    for template in templates:
        number = numbers.setdefault(id(template.parameters), len(numbers))
        if number == len(parameters):
            parameters.append(json.dumps(template.parameters))
            size += len(parameters[-1])
        texts.append({"text": _NAMED % _with_own_functions(template.text), "number": number})
        size += len(template.text)
        if size > _MAX_CHARS:
            message = f"Go templates and their parameters are larger than {_MAX_CHARS >> 20} MiB (limit: size of a set)"
            raise SourceError(message, code=UNEVALUATED)
    return f'{{"parameters": [{", ".join(parameters)}], "templates": {json.dumps(texts)}}}'


def _told(error: ToolError) -> str:
    """What kind of error it is; helm quotes the text, which may hold values."""
    words = str(error)
    if error.is_excessive:
        return words
    if found := re.search(r'function "(\w+)" not defined', words):
        return f"there is no function {found[1]}"
    return "it is no template" if "parse error" in words or "bad character" in words else "it ends with an error"


def _with_own_functions(text: str) -> str:
    """`x | normalize` as the named template that stands for it."""
    parts, at = list[str](), 0
    while (start := text.find("{{", at)) >= 0 and (end := text.find("}}", start)) >= 0:
        parts += (text[at:start], _QUOTED.sub(_renamed, text[start:end]))
        at = end
    return "".join((*parts, text[at:]))


def _renamed(found: re.Match[str]) -> str:
    if found[0] == "slugify":
        raise SourceError("a Go template uses slugify, which is not evaluated here", code=UNEVALUATED)
    return 'include "argocd.normalize"' if found[0] == "normalize" else found[0]
