"""The stable name of a finding: the same in every run in which the same thing is wrong at the same place.

It is made of the cluster, the resource, the check, the rule and the place, and of nothing that moves without the
finding: no value, no line, no commit, no time, and no position in a list whose elements have keys. So a baseline or a
dashboard knows a finding again after the file was reformatted, the value changed once more, or its file was moved.
"""

from __future__ import annotations

import hashlib

_SEPARATOR = b"\0"
_SIZE_BYTES = 16


def fingerprint(resource: str, check: str, rule: str, place: str = "") -> str:
    """32 hexadecimal digits.

    `resource` is the identity with the cluster and without the source (`prod/Deployment.apps/shop/web`), `rule` as in
    `Finding.rule`, `place` the field as it is shown to people (`spec.containers[name=web].image`), which goes by the
    keys of lists and not by their order; empty for the object as a whole.
    """
    parts = (part.encode("utf-8", "backslashreplace") for part in (resource, check, rule, place))
    return hashlib.blake2b(_SEPARATOR.join(parts), digest_size=_SIZE_BYTES).hexdigest()
