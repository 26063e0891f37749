"""Keeps Python's cycle collector out of bulk work."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Reading a cluster makes millions of objects that all stay. The collector would walk them again and again, and
    find nothing: it rests meanwhile, and what is there afterwards is left out of its later walks.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
