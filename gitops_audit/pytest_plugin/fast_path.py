"""When an item that passed may do without pytest's own machinery: only where nobody could see the difference."""

from __future__ import annotations

import pytest

from gitops_audit.errors import AuditError
from gitops_audit.pytest_plugin.item import AuditItem

_HOOKS = ("pytest_runtest_setup", "pytest_runtest_call", "pytest_runtest_teardown", "pytest_runtest_makereport")
# Modules whose hooks do nothing for an item that passes and uses no fixture.
_INDIFFERENT = ("_pytest.", "gitops_audit.", "pytest_html.", "pytest_rerunfailures", "_hypothesis_pytestplugin")
# The markers that pytest itself acts on.
_EVALUATED = frozenset({"skip", "skipif", "xfail"})

_IS_WATCHED: pytest.StashKey[bool] = pytest.StashKey()


def is_open(item: AuditItem, nextitem: pytest.Item | None) -> bool:
    """Whether `item` passed, and only its reports can tell that it ran.

    pytest keeps a stack of what is set up, and after each item takes down what the next one does not need. Where both
    have one parent, the stack stays as it is; so the last item of a source always takes pytest's own way.
    """
    if nextitem is None or nextitem.parent is not item.parent or _is_watched(item):
        return False
    if any(mark.name in _EVALUATED for mark in item.own_markers):
        return False
    try:
        return item.judge().outcome == "passed"
    except AuditError:
        return False  # The stock way meets it again, and reports it.


def _is_watched(item: AuditItem) -> bool:
    """Whether a plugin, a `conftest.py`, a marker or an option looks at the phases of items; asked once a source."""
    parent = item.parent
    if parent is None:
        return True
    if _IS_WATCHED not in parent.stash:
        parent.stash[_IS_WATCHED] = (
            bool(item.config.getoption("setupshow", False))
            or any(node.own_markers for node in parent.listchain())
            or any(_has_watcher(item, name) for name in _HOOKS)
        )
    return parent.stash[_IS_WATCHED]


def _has_watcher(item: AuditItem, name: str) -> bool:
    implementations = getattr(item.ihook, name).get_hookimpls()
    return any(not i.function.__module__.startswith(_INDIFFERENT) for i in implementations)
