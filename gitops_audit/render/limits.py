"""Bounds on the tools that render: each is for one source."""

from __future__ import annotations

# What kustomize or helm may print.
MAX_RENDERED_BYTES = 256 * 1024 * 1024

# Address space of kustomize or helm: a few lines of aliases or a loop in a template would take all there is.
MAX_TOOL_MEMORY_BYTES = 4 << 30

# How long kustomize or helm may take.
RENDER_TIMEOUT_S = 120.0
