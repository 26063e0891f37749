"""How much a chart repository or a registry may send, and for how long; docs/reference/limits.md describes it."""

from __future__ import annotations

CONNECT_TIMEOUT_S = 10.0
SILENCE_TIMEOUT_S = 30.0

# An answer may take this long, and longer only while it comes at this rate.
ANSWER_TIMEOUT_S = 30.0
LEAST_BYTES_PER_S = 16 << 10

MAX_REDIRECTS = 5

# The index of a chart repository. The largest public ones have about 20 MiB.
MAX_INDEX_BYTES = 32 << 20

# What a registry says of an artefact, and its tags.
MAX_MANIFEST_BYTES = 4 << 20
MAX_TAG_PAGES = 100

# A packaged chart, and what it unpacks to: helm takes 100 MiB too.
MAX_PACKAGE_BYTES = 64 << 20
MAX_UNPACKED_BYTES = 100 << 20
MAX_MEMBERS = 20_000
