# Each target does all its set-up: a virtual environment in .venv, nothing global.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
READY := .venv/.ready
# The tools that tests use (kubectl, helm, kustomize), pinned: tests/tools.py.
TOOLS := .venv/tools/.stamp
# What only some need is installed when it is asked for.
SITE := .venv/.site
HOOKS := .venv/.hooks

.PHONY: demo test test-fast coverage browser docs lint format hooks bench clean

demo: $(READY)
	$(BIN)/gitops-audit demo

test: $(TOOLS)
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

# Leaves out what needs the real API server (e2e), what takes seconds (slow), and the tests of whole runs of pytest, of
# the commands and of the sandbox: everything in tests/ but tests/unit.
test-fast: $(TOOLS)
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not e2e and not slow" tests/unit

# How much of gitops_audit the fast tests run. The sandbox is left out: the tests of tests/sandbox hold it.
coverage: $(TOOLS)
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n auto --dist loadfile -m "not e2e and not slow" tests/unit
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# A Chromium for tests/browser, from Playwright, where the system has none.
browser: $(READY)
	$(BIN)/python -m playwright install chromium

# The site of docs/, in docs/_site. A link that leads nowhere is an error.
docs: $(SITE)
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet -b dirhtml docs docs/_site

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# `make lint` before each commit, for what the commit touches.
hooks: $(HOOKS)
	$(BIN)/pre-commit install

bench: $(TOOLS)
	$(BIN)/python -m bench

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage* dist docs/_site docs/generated

$(READY): pyproject.toml
	@test -n "$(PYTHON)" || { echo "gitops-audit needs Python 3.11 or later"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[jq,jsonnet,offline]" --group dev
	@touch $@

$(TOOLS): $(READY) tests/tools.py tests/tools.txt
	$(BIN)/python -m tests.tools
	@touch $@

$(SITE): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group docs
	@touch $@

$(HOOKS): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group hooks
	@touch $@
