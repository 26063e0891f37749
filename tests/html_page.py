"""What an HTML report holds, read as a program reads it."""

from __future__ import annotations

import re
from typing import Any

import orjson

_DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


def page_data(page: str) -> Any:
    """The data that the page shows."""
    (block,) = _DATA.findall(page)
    return orjson.loads(block)
