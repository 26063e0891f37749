"""How much a server may answer, and for how long: every bound on what comes from outside stands here.

docs/reference/limits.md describes them.
"""

from __future__ import annotations

# A connection, and the silence between two pieces of an answer.
CONNECT_TIMEOUT_S = 10.0
SILENCE_TIMEOUT_S = 60.0

# An answer may take this long, and longer only while it comes at this rate.
ANSWER_TIMEOUT_S = 20.0
LEAST_BYTES_PER_S = 16 << 10

# One answer, unpacked. A page of a list that is larger is asked for in smaller pages.
MAX_ANSWER_BYTES = 256 << 20

# All pages of one list.
LIST_TIMEOUT_S = 900.0
MAX_PAGES = 20_000
MAX_EMPTY_PAGES = 3  # one after the other
MAX_SHORT_PAGES = 1_000  # with less than half of what was asked for, and yet not the last

# Maps and lists within each other, in one object that a server sends: what JSON is written from goes no deeper.
MAX_DEPTH = 250

# How long a credential plugin of a kubeconfig may take: longer where a person may have to log in at a terminal.
PLUGIN_TIMEOUT_S = 30.0
LOGIN_TIMEOUT_S = 300.0
MAX_PLUGIN_BYTES = 1 << 20

# Kubeconfigs hold certificates, so they may have some size.
MAX_KUBECONFIG_BYTES = 16 << 20
MAX_TOKEN_BYTES = 1 << 20
