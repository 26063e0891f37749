"""All that is wrong with one configuration, in one error: a file is corrected once, not once per mistake."""

from __future__ import annotations

from collections.abc import Sequence

from gitops_audit.errors import ConfigError


class InvalidConfigError(ConfigError):
    """A configuration with one or more `problems`, in the order of the file; the first one is the error's own."""

    def __init__(self, problems: Sequence[ConfigError]) -> None:
        first = problems[0]
        super().__init__(first.message, code=first.code, where=first.where, hint=first.hint)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.problems,)


def raise_all(problems: Sequence[ConfigError]) -> None:
    """Raises InvalidConfigError where there is a problem; sorted by line, each told once."""
    distinct = {str(p): p for p in problems}.values()
    if distinct:
        raise InvalidConfigError(sorted(distinct, key=lambda p: p.where.line if p.where else 0))
