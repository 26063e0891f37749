"""Bounds on the tools that render: each is for one source, or (sops) as it says."""

from __future__ import annotations

# What kustomize or helm may print.
MAX_RENDERED_BYTES = 256 * 1024 * 1024

# Address space of kustomize or helm: a few lines of aliases or a loop in a template would take all there is.
MAX_TOOL_MEMORY_BYTES = 4 << 30

# How long kustomize or helm may take.
RENDER_TIMEOUT_S = 120.0

# What sops is given to decrypt: a file, or an object that kustomize built. Flux takes as much.
MAX_SOPS_BYTES = 5 << 20

# Keys that one file names: gpg is started for each of PGP.
MAX_SOPS_KEYS = 100

# How long sops may take for one file, and for all of a run together.
SOPS_TIMEOUT_S = 20.0
MAX_SOPS_RUN_S = 300.0
