# Needs python3 (3.11 to 3.13) and make. Everything else is installed into .venv, from the lock, by hash.

SHELL := /bin/sh
.DEFAULT_GOAL := help

VENV ?= .venv
BIN := $(VENV)/bin
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c '$(FITS)' 2>/dev/null && echo $$p && break; done)

RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
PIP := $(BIN)/python -m pip --disable-pip-version-check
AUDIT := $(VENV)/audit
LOCKS := requirements.txt requirements-dev.txt requirements-audit.txt
LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --no-header --generate-hashes --quiet

.PHONY: help
help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

.PHONY: install
install: $(DEV) ## Set up .venv with the package and the tools of its developers

.PHONY: demo
demo: $(RUNTIME) ## Read the sample notes and show what was found
	@$(BIN)/opnote extract corpora/samples -o demo-out --force --dates corpora/samples/dates.csv

.PHONY: lint
lint: $(DEV) ## Check style, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: test
test: lint ## Run every check, the tests last
	$(BIN)/python -m pytest

.PHONY: model
model: $(DEV) ## Train the shipped model on the corpus
	$(BIN)/opnote train corpora -o models/families --baselines models/baselines.json

.PHONY: baselines
baselines: $(DEV) ## Compare with simpler ways to find families; GOLD=more.jsonl adds labelled notes of your own
	@$(BIN)/python -m extractor.training.baselines corpora models/baselines.json $(GOLD)

.PHONY: measure
measure: $(DEV) ## Compare the reader with the labels of the corpus
	@$(BIN)/python -m extractor.training.measure corpora

.PHONY: bench
bench: $(DEV) ## Measure speed and memory against spaCy and stock medSpaCy: about 15 minutes, BENCH=--quick one or two
	@$(BIN)/python -m tests.benchmarks $(BENCH)

.PHONY: fuzz
fuzz: $(DEV) ## Fuzz readers and extraction with atheris (pip install atheris, Linux alone); FUZZ=-runs=100000
	$(BIN)/python -m tests.fuzz.fuzz_notes -max_len=96 -len_control=0 -timeout=30 $(FUZZ)

.PHONY: docs
docs: $(DEV) ## Build the pages into dist/docs; a warning is an error
	$(BIN)/python -m mkdocs build --strict --quiet

.PHONY: build
build: $(DEV) ## Build the sdist and the wheel into dist/
	$(BIN)/python -m build --no-isolation

# Strict: a pin that the advisory database does not answer for fails, it is not passed over.
.PHONY: audit
audit: $(DEV) $(AUDIT)/.installed ## Write dist/sbom.json, check licences, ask for known weaknesses (needs the network)
	@mkdir -p dist
	$(AUDIT)/bin/cyclonedx-py requirements requirements.txt --pyproject pyproject.toml --output-reproducible --of JSON \
		-o dist/sbom.json
	$(BIN)/python -m tests.licences $(LOCKS) $(AUDIT)/lib/python*/site-packages > dist/licences.csv
	$(AUDIT)/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off $(LOCKS:%=-r %)

.PHONY: lock
lock: $(DEV) ## Write requirements*.txt anew from pyproject.toml, newest versions
	$(LOCK) --upgrade pyproject.toml --group backend -o requirements.txt
	$(LOCK) --upgrade pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
	$(LOCK) --upgrade --group audit -o requirements-audit.txt

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "opnote needs Python 3.11, 3.12 or 3.13: none was found on this machine" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

# A stamp is newer than the lock it was installed from, so a second run installs nothing.
$(RUNTIME): requirements.txt pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r requirements.txt
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements-dev.txt pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r requirements-dev.txt
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@ $(RUNTIME)

# The tools of the audit need other versions than those audited, so they live apart.
$(AUDIT)/.installed: requirements-audit.txt | $(BIN)/python
	$(BIN)/python -m venv $(AUDIT)
	$(AUDIT)/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r $<
	@touch $@
