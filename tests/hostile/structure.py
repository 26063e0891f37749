"""Every change of one node of a document: another value there, away, twice, wrapped; and changes of its bytes."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Step = str | int


def _nested(levels: int, *, is_list: bool) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value] if is_list else {"a": value}
    return value


ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1 << 31,
    10**30,
    -(10**400),
    1.5,
    float("nan"),
    float("inf"),
    "",
    " ",
    "x",
    "*",
    "**",
    "?*",
    "a/b/c",
    "v1",
    "1",
    "-",
    "\n",
    "\0",
    "\u202e\u0085\ufeff",
    "\U0001f980é",
    "\ud800",
    "x" * 3000,
    "9999-12-31T23:59:59Z",
    "{{ request.object }}",
    "${a}",
    "(",
    "[",
    "1Gi",
    [],
    [None],
    ["x"],
    ["x", "x"],
    [[]],
    [{}],
    [1, "a", None],
    {},
    {"": None},
    {"x": None},
    {"1": {"2": "3"}},
    {"name": {}},
    {"a/b~c": ["x"]},
    _nested(30, is_list=False),
    _nested(190, is_list=True),
    _nested(1500, is_list=False),
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed document, and in words what was changed."""

    told: str
    body: Any


def mutants(document: Any) -> Iterator[Mutant]:
    """Every node with every odd value in its place, and every node removed, doubled, wrapped and renamed."""
    for path in list(_paths(document)):
        yield from _with_odd_value(document, path)
        for name, change in _CHANGES.items():
            body = copy.deepcopy(document)
            if change(_at(body, path[:-1]), path[-1]):
                yield Mutant(f"{path} {name}", body)


def some(found: Iterator[Mutant], count: int) -> list[Mutant]:
    """A sample that is the same in each run."""
    every = list(found)
    return every if len(every) <= count else random.Random(20).sample(every, count)  # noqa: S311 - no secret


def text_of(body: Any) -> bytes:
    """JSON, which is YAML as well; what JSON has no word for (NaN, endless) becomes plain text of YAML."""
    return _dumped(body).encode()


def broken_texts(data: bytes, count: int) -> Iterator[bytes]:
    """The text cut off, with bytes changed, lines taken away, doubled and moved: some `count` of them."""
    chance = random.Random(len(data))  # noqa: S311 - no secret
    for _ in range(count):
        yield chance.choice(_BREAKS)(data, chance)


def _dumped(value: Any) -> str:
    """By hand: the encoder of the standard library ends at a thousand levels."""
    parts: list[str] = []
    waiting: list[Any] = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, _Token):
            parts.append(found.text)
        elif isinstance(found, dict) and found:
            waiting.append(_Token("}"))
            for number, (key, inner) in enumerate(reversed(found.items())):
                waiting += [_Token(", ")] if number else []
                waiting += [inner, _Token(f"{json.dumps(key)}: ")]
            waiting.append(_Token("{"))
        elif isinstance(found, list) and found:
            waiting.append(_Token("]"))
            for number, inner in enumerate(reversed(found)):
                waiting += [_Token(", ")] if number else []
                waiting.append(inner)
            waiting.append(_Token("["))
        else:
            parts.append(json.dumps(found))
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class _Token:
    text: str


def _paths(value: Any, path: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    if path:
        yield path
    steps: Sequence[Step] = list(value) if isinstance(value, dict) else range(len(value) if _is_list(value) else 0)
    for step in steps:
        yield from _paths(value[step], (*path, step))


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _at(value: Any, path: tuple[Step, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def _with_odd_value(document: Any, path: tuple[Step, ...]) -> Iterator[Mutant]:
    for number, odd in enumerate(ODD):
        body = copy.deepcopy(document)
        _at(body, path[:-1])[path[-1]] = odd
        yield Mutant(f"{path} odd value {number}", body)


def _removed(holder: Any, step: Any) -> bool:
    del holder[step]
    return True


def _doubled(holder: Any, step: Any) -> bool:
    if isinstance(holder, list):
        holder.append(copy.deepcopy(holder[step]))
    else:
        holder[f"{step}x"] = copy.deepcopy(holder[step])
    return True


def _listed(holder: Any, step: Any) -> bool:
    holder[step] = [holder[step], holder[step]]
    return True


def _wrapped(holder: Any, step: Any) -> bool:
    holder[step] = {str(step): holder[step]}
    return True


def _hoisted(holder: Any, step: Any) -> bool:
    inner = holder[step]
    if not isinstance(inner, dict | list) or not inner:
        return False
    holder[step] = next(iter(inner.values())) if isinstance(inner, dict) else inner[0]
    return True


def _renamed(holder: Any, step: Any) -> bool:
    if isinstance(holder, list):
        return False
    holder[str(step).swapcase()] = holder.pop(step)
    return True


_CHANGES: dict[str, Callable[[Any, Any], bool]] = {
    "removed": _removed,
    "doubled": _doubled,
    "in a list": _listed,
    "in a map": _wrapped,
    "replaced by its first part": _hoisted,
    "under another key": _renamed,
}


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        changed[chance.randrange(len(changed))] = chance.choice(b"\x00\x80\xff{}[]\"':,-#&*!|>%@`\n\t 09ax")
    return bytes(changed)


def _inserted(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    piece = chance.choice(
        (b"\xff\xfe", b"---\n", b"&a ", b"*a", b"<<: *a\n", b"!!python/none ", b"{{ x }}", b"\xe2\x80\xae")
    )
    return data[:at] + piece + data[at:]


def _shuffled(data: bytes, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    first, second = (chance.randrange(len(lines)) for _ in range(2))
    lines[first], lines[second] = lines[second], lines[first]
    return b"".join(lines)


def _repeated(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    piece = data[start : start + chance.randint(1, 60)]
    return data[:start] + piece * chance.randint(2, 5) + data[start:]


_BREAKS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _cut,
    _flipped,
    _flipped,
    _inserted,
    _shuffled,
    _repeated,
)
