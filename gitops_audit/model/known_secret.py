"""Remembers the values that are known to be secret in a run, so that copies of them in other objects can be hidden.

Redaction takes a value out of its own object at once; a DSN in a ConfigMap or an argument of a container may repeat it.
Not every value of a Secret is one to hide wherever it stands: `admin`, `5432` and `db.shop.svc` are in Secrets too.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator

from gitops_audit.model.redact_secret import decoded
from gitops_audit.model.secret_value import SecretValues

MIN_LENGTH = 8
_MAX_DIGITS = 15
_MAX_TAKEN_APART = 1 << 16
_MIN_LINE = 16

_NUMBER = re.compile(r"[+-]?\d[\d_]*(?:[.,]\d+)?[A-Za-z%]{0,2}")
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5}|/\d{1,2})?")
_HOST = re.compile(
    r"(?:https?://)?(?:[a-z0-9](?:[a-z0-9-]{0,30})\.)+"
    r"(?:svc|local|internal|localhost|test|example|com|org|net|io|dev|cloud|app)(?::\d{1,5})?/?"
)
_PATH = re.compile(r"(?:\.{0,2}/[a-z]{1,20}(?:[._-][a-z0-9]{1,12}){0,4}){1,12}/?")
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:\d\d)?)?")
_STAND_IN = re.compile(
    r"\$\{[^}]*\}|\$\([^)]*\)|\{\{.*\}\}|<[A-Za-z][\w -]*>|ENC\[.*\]|<redacted:[0-9a-f]{12}>", re.DOTALL
)
_USER_INFO = re.compile(r"://[^/\s:@]*:([^/\s@]+)@")
_ASSIGNED = re.compile(r"([\w.-]+)[\"']?\s*[=:]\s*[\"']?([^\s\"',;}]+)")
_SECRET_NAME = re.compile(r"pass|pwd|secret|token|key|cred|auth|private|signature|dsn", re.IGNORECASE)
_NO_WORD = re.compile(r"[\W_]+")

# Words of eight letters and more that stand in Secrets as users, databases and settings, and everywhere else as well:
# in the sentences of this tool too.
_COMMON_WORDS = """\
accesskey administrator alertmanager anonymous application applications basicauth cloudflare clusterissuer clusterrole
clusterrolebinding collector compared conditions configmap configmaps configuration connection consumer container
containers controller credential credentials critical customer customers daemonset dashboard database databases
declared defaultdb deployment deployments development disabled dockerhub elasticsearch endpoint endpoints environment
essential evaluated external externalname externalsecret failover frontend guestbook hostname identity
identityprovider imagepullsecrets information ingressclass integration internal kubernetes letsencrypt localhost
management manifests metadata microservice migration monitoring mysqladmin namespace namespaces networkpolicy
notifications observability openldap opensearch operator optional password passwords persistentvolume
persistentvolumeclaim placeholder platform policies postgres postgresql privatekey producer production prometheus
providers publickey rabbitmq readonly readwrite receiver registry replicas replication repository required resource
resources rolebinding scheduler secretkey secretname security selector serviceaccount serviceaccounts servicemonitor
services severity standard statefulset statefulsets storageclass strategy superuser template templates tlscertificate
undeclared unlimited username usernames validation violation violations volumemount volumemounts webhooks wordpress
"""
_WORDS = frozenset(_COMMON_WORDS.split())


class KnownSecrets:
    """The values, held so that no traceback, log or pickled message can show them."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: set[bytes] = set()

    def __repr__(self) -> str:
        return "KnownSecrets(...)"

    def __reduce__(self) -> tuple[type[KnownSecrets], tuple[()]]:
        """Another process gets none of them."""
        return KnownSecrets, ()

    def __len__(self) -> int:
        return len(self._values)

    def add(self, values: Iterable[bytes]) -> None:
        self._values.update(values)

    def lines(self, token: Callable[[bytes], str]) -> dict[str, str]:
        """The values by their tokens, each without its line breaks."""
        return {token(v): v.decode("utf-8", "surrogateescape").replace("\n", "") for v in self._values}

    def finder(self, public: Collection[str] = ()) -> SecretValues | None:
        """Finds these values in texts; None where there is nothing to look for.

        `public` are texts that are shown anyway, such as the names of objects: they are no secret.
        """
        values = [value for value in self._values if not self._is_encoding(value)]
        shown = frozenset(map(_squashed, public)) if values else frozenset[str]()
        parts = {part for value in values for part in _parts(value) if _squashed(part) not in shown}
        found = {part.encode("utf-8", "surrogatepass") for part in parts}
        return SecretValues(found, longest=sys.maxsize, is_taken_apart=True) if found else None

    def _is_encoding(self, value: bytes) -> bool:
        """Whether it is the base64 of another value, as `data` holds it: that one is looked for in all encodings."""
        data = decoded(value.decode("utf-8", "replace"))
        return bool(data) and data in self._values


def is_telling(text: str) -> bool:
    """Whether a value is one to hide wherever it stands: neither short, nor a word, a number or an address."""
    text = text.strip()
    if len(text) < MIN_LENGTH or _squashed(text) in _WORDS:
        return False
    if _NUMBER.fullmatch(text):
        return sum(map(str.isdigit, text)) > _MAX_DIGITS
    return not any(known.fullmatch(text) for known in (_ADDRESS, _HOST, _PATH, _TIME, _STAND_IN))


def _parts(value: bytes) -> Iterator[str]:
    """The value, and what stands in it as JSON, in a line, as KEY=VALUE or as the password of a URL."""
    text = value.decode("utf-8", "replace").strip()
    if is_telling(text):
        yield text
        if len(text) <= _MAX_TAKEN_APART:
            yield from filter(is_telling, _inner(text))


def _inner(text: str) -> Iterator[str]:
    yield from _USER_INFO.findall(text)
    is_document = "\n" in text or text.startswith(("{", "["))
    if is_document or "=" in text or ":" in text:
        yield from (word for name, word in _ASSIGNED.findall(text) if _SECRET_NAME.search(name))
    if is_document:
        yield from _secret_leaves(_parsed(text))
        lines = (line.strip() for line in text.splitlines())
        yield from (line for line in lines if len(line) >= _MIN_LINE and _looks_generated(line))


def _secret_leaves(value: object, name: str = "") -> Iterator[str]:
    """The texts of a document under names that sound secret."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _secret_leaves(child, f"{name} {key}")
    elif isinstance(value, list):
        for child in value:
            yield from _secret_leaves(child, name)
    elif isinstance(value, str) and _SECRET_NAME.search(name):
        yield value


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _looks_generated(line: str) -> bool:
    """A line of a key or a token: one word, of letters in both cases and digits."""
    kinds = (str.isupper, str.islower, str.isdigit)
    return " " not in line and "-----" not in line and all(any(map(kind, line)) for kind in kinds)


def _squashed(text: str) -> str:
    return _NO_WORD.sub("", text).casefold()
