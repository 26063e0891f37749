"""Enables the plugin in this repository, and pytest's own plugin tester for tests/plugin."""

pytest_plugins = ["pytester"]
