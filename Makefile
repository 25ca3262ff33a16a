# The two a newcomer needs are `run` and `test`; `check` is what the gate runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check format lint types floors templates translations proofs bench screenshots clean

run: $(VENV)/.installed
	@$(BIN)/trama run

test: $(VENV)/.installed-dev
	@$(BIN)/trama compile_catalogues
	@$(BIN)/python -m pytest -n 2 -m "not slow"

check: format lint types floors templates translations test

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Trama needs Python 3.11 or newer; name one with PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing Trama (the first time takes a minute or two) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@$(BIN)/trama compile_catalogues
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

format: $(VENV)/.installed-dev
	@$(BIN)/ruff format --check .

lint: $(VENV)/.installed-dev
	@$(BIN)/ruff check .

types: $(VENV)/.installed-dev
	@$(BIN)/mypy

floors: $(VENV)/.installed-dev
	@$(BIN)/lint-imports

templates: $(VENV)/.installed-dev
	@git ls-files -co --exclude-standard '*.html' | xargs -r $(BIN)/djade --target-version 5.2 --check

translations: $(VENV)/.installed-dev
	@$(BIN)/trama compile_catalogues --check

proofs: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest -m slow

# Each prints ratios against a peer or a limit of the same run; nothing else should run meanwhile.
bench: $(VENV)/.installed-dev
	@for subject in pricing ledger close_day intake network; do $(BIN)/python -m bench.$$subject; done

# The pages as people see them: three languages, phone and desktop. Needs `make run` beside it.
screenshots: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.screenshots --out var/screenshots --themes light \
		/ /guadalajara/ /toluca/ /guadalajara/days/2026-10-14/ /guadalajara/tariff/ /style/

clean:
	rm -rf $(VENV) build *.egg-info
