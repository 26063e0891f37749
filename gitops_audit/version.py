"""The version of this tool; the build takes it from pyproject.toml, a test holds the two together."""

__version__ = "0.1.0"
