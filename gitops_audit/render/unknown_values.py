"""What a chart computes of values that stand in for others (`${name}`): Base64, digests, lengths.

Rendering once more with other stand-ins tells it. A text that holds the stand-in itself comes out the same.
"""

from __future__ import annotations

import re
from dataclasses import replace

from gitops_audit.config.settings import SourceConfig

_OTHER = "_other"


def unknown_names(config: SourceConfig) -> tuple[str, ...]:
    """The names of the stand-ins that the chart is given."""
    post_build = config.post_build
    return post_build.substitution.unknown if post_build and post_build.substitution else ()


def with_other_stand_ins(config: SourceConfig) -> SourceConfig:
    """The same values, with another name in each stand-in."""
    helm, stand_in = config.helm, _pattern(config, "")
    parameters = tuple(replace(p, value=stand_in.sub(rf"\g<0>{_OTHER}", p.value)) for p in helm.parameters)
    values = stand_in.sub(rf"\g<0>{_OTHER}", helm.values)
    return replace(config, helm=replace(helm, values=values, parameters=parameters))


def restored(config: SourceConfig, output: bytes) -> bytes:
    """What was rendered of the others, with the first stand-ins where they still stand."""
    text = output.decode("utf-8", "surrogateescape")
    return _pattern(config, _OTHER).sub(r"${\1", text).encode("utf-8", "surrogateescape")


def _pattern(config: SourceConfig, suffix: str) -> re.Pattern[str]:
    names = "|".join(map(re.escape, sorted(unknown_names(config), key=len, reverse=True)))
    return re.compile(rf"\$\{{({names}){suffix}\b")
