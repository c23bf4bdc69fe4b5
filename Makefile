# The commands of this repository. Everything runs in .venv, which is built anew when the project file, the pinned
# versions or the interpreter change. PYTHON=python3.12 names another interpreter.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# The interpreter is part of the stamp's name, so that another one does not silently use what the first built.
BUILT := .venv/.built-by-$(subst /,-,$(PYTHON))
DEVELOP := $(BUILT)-for-development

.PHONY: serve test check docs bench prove mutants contract audit help
.DELETE_ON_ERROR:

help: ## List these commands.
	@sed -n 's/^\([a-z]*\):.*## /make \1: /p' Makefile

serve: $(BUILT) ## Serve the HTTP API on SQLite; prints credentials on the first start. ARGS="--port 8081" adds options.
	@$(BIN)/vectis serve $(ARGS)

test: $(DEVELOP) ## Run every test.
	$(BIN)/pytest -n 2 $(ARGS)

check: $(DEVELOP) ## Lint, formatting, types, import rules, limits of size.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q -p no:cacheprovider tests/architecture/test_limits.py

docs: $(DEVELOP) ## Build the site of the documentation in build/docs, without a network; warnings are errors.
	@echo "Building the site ..." >&2
	@$(BIN)/sphinx-build -q -W --keep-going -b html docs build/docs
	@echo "Open build/docs/index.html"

bench: $(DEVELOP) ## Measure beside the comparators. ARGS=--quick takes less time.
	$(BIN)/python -m benchmarks $(ARGS)

prove: $(DEVELOP) ## Prove that nothing is lost and nothing is sold twice, in under an hour. ARGS="--only NAME" takes one.
	$(BIN)/python -m proof $(ARGS)

contract: $(DEVELOP) ## Try each face by its description, 20,000 requests each. ARGS=1000 takes so many.
	$(BIN)/python tests/contract/run.py ASGI $(ARGS)
	$(BIN)/python tests/contract/run.py WSGI $(ARGS)
	$(BIN)/python tests/contract/run.py Flask $(ARGS)

mutants: $(DEVELOP) ## Put known faults into the product, one by one, and see that tests find each.
	$(BIN)/python -m proof.mutants $(ARGS)

audit: $(DEVELOP) ## Ask whether advisories are known for what is installed; says so where nobody can be asked.
	@$(BIN)/python -m tools.audit $(ARGS)

$(BUILT): pyproject.toml constraints.txt
	@$(PYTHON) -c '' 2>/dev/null || { echo "No '$(PYTHON)' here: install Python 3.11 or newer, or name one with PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "'$(PYTHON)' is $$($(PYTHON) -V 2>&1): install Python 3.11 or newer and name it with PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "'$(PYTHON)' cannot make virtual environments: install its venv package, on Debian and Ubuntu 'apt-get install python3-venv'" >&2; exit 1; }
	@echo "Building .venv with $$($(PYTHON) -V) ..." >&2
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@$(PIP) pip hatchling
	@$(PIP) --no-build-isolation --editable '.[server]'
	@touch $@

$(DEVELOP): $(BUILT)
	@echo "Installing what development needs ..." >&2
	@$(PIP) --no-build-isolation --editable . --group dev
	@touch $@
