"""Which class of hostile input each module of this folder is about."""

from __future__ import annotations

CLASSES = {
    "leaks": ("leak", "secret", "token", "helm_error", "exec_plugin_words", "sops", "redact"),
    "execution and escapes": ("escape", "kustomize", "terminal", "sandboxed", "network", "misspelt_terminal"),
    "exhaustion": (
        "2gb",
        "devzero",
        "bomb",
        "loop",
        "slow",
        "bound",
        "limit",
        "hang",
        "deep",
        "endless",
        "signals",
        "special",
    ),
    "robustness": (
        "fuzz",
        "dying",
        "disk",
        "overflow",
        "ffff",
        "fffe",
        "latin1",
        "robust",
        "odd",
        "junit",
        "environment",
    ),
    "green on unread": (
        *("green", "unseen", "skipped", "exits_0", "without_schema", "sparse", "misspelt", "not_checked"),
        *("custom_resource", "unread", "unsearched", "nested"),
    ),
}


def class_of(module: str) -> str:
    """The class of a module by the words in its name, the first that fits; empty where none does."""
    name = module.removeprefix("test_").lower()
    return next((known for known, words in CLASSES.items() if any(word in name for word in words)), "")
