"""The checks there are, by the names that reports, markers of pytest and fingerprints give them: written here alone."""

from __future__ import annotations

from typing import Final, Literal

CheckName = Literal["drift", "schema", "policy", "health", "engine"]

DRIFT: Final = "drift"
SCHEMA: Final = "schema"
HEALTH: Final = "health"
POLICY: Final = "policy"
ENGINE: Final = "engine"
