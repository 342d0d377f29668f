# `make` formats and checks everything; `make help` lists the rest. Only Python 3.11 or newer is needed.
PYTHON ?= python3
VENV ?= .venv
ENGINE ?= docker
IMAGE ?= localhost/krm-fn:latest
PYTEST_ARGS ?=

BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := all
.NOTPARALLEL:
.PHONY: all help setup format lint types unit test golden bench demo image clean

all: format test ## format, then lint, types and tests

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|'

setup: $(STAMP) ## make the virtual environment .venv, with the package and its tools

$(STAMP): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3, 11) else \
	  "Python 3.11 or newer is needed; $(PYTHON) is %d.%d. Name another: make PYTHON=python3.11" % v[:2])'
	$(PYTHON) -m venv $(VENV)

format: setup ## put the code into its form
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

lint: setup ## look for bad form, bad habits and imports that point up
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports

types: setup ## check types, strictly
	$(BIN)/mypy

unit: setup ## run the tests alone; choose some with PYTEST_ARGS='-k words'
	$(BIN)/python -m pytest $(PYTEST_ARGS)

test: lint types unit ## check everything on a fresh clone, as CI does

golden: setup ## write the expected files of fixtures/ anew; look at the diff afterwards
	$(BIN)/python -m pytest tests/test_golden.py --update-golden

bench: setup ## measure speed with every program under bench/
	@set -e; for program in bench/*.py; do echo "== $$program"; $(BIN)/python "$$program"; done

demo: $(BIN)/krm-fn ## run the function on fixtures/demo/package; print what it changes and says
	@$(BIN)/python fixtures/demo/run

# A user's installation is enough for the demo.
$(BIN)/krm-fn: | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .

image: ## build the container image IMAGE with ENGINE (docker or podman)
	$(ENGINE) build --build-arg VERSION="$$(sed -n 's/^__version__ = "\(.*\)"/\1/p' krm_fn/__init__.py)" \
	  --build-arg REVISION="$$(git rev-parse HEAD 2>/dev/null || echo unknown)" \
	  $(if $(BASE),--build-arg BASE=$(BASE)) --tag $(IMAGE) .

clean: ## remove everything that is made, the virtual environment too
	rm -rf $(VENV) build dist demo-out .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find . -name '*.egg-info' -type d -prune -exec rm -rf {} +
