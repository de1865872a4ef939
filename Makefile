# `make demo` and `make test` need Python 3.11 or newer, git and make, and set up the rest themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

.PHONY: demo test check format bench clean

demo: $(READY)  ## the registration app: open http://127.0.0.1:5000, stop with Ctrl-C
	@if [ -t 0 ]; then set -m; else exec=exec; fi; PATH="$(CURDIR)/$(BIN):$$PATH"; \
	$$exec procman start -d examples/registration

test: $(READY)
	@$(BIN)/python -m pytest

check: $(READY)  ## format, lint, types
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy

format: $(READY)
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

bench: $(READY)  ## twenty minutes; peers that are on the PATH take part
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	@$(BIN)/python -m bench

clean:
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis bench/build

$(READY): pyproject.toml
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,examples]'
	@touch $@
