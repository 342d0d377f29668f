# `make` formats and checks everything; `make help` lists the rest. Only Python 3.11 or newer is needed.
PYTHON ?= python3
VENV ?= .venv
ENGINE ?= docker
IMAGE ?= localhost/krm-fn:latest
PYTEST_ARGS ?=
PARALLEL := -n auto --dist loadgroup
FUZZ_SECONDS ?= 120
MUTANTS ?=

BIN := $(VENV)/bin
OTHER := $(VENV)/other
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --upgrade
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := all
.NOTPARALLEL:
.PHONY: all help setup format lint types unit test oldest newest lock dist sbom audit docs fuzz coverage mutants golden bench demo image clean

all: format test ## format, then lint, types and tests

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|'

setup: $(STAMP) ## make the virtual environment .venv, with the package and its tools

$(STAMP): pyproject.toml requirements/dev.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps --editable .
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

unit: setup ## run the tests alone, one process for each core; choose some with PYTEST_ARGS='-k words'
	$(BIN)/python -m pytest $(PARALLEL) $(PYTEST_ARGS)

test: lint types unit ## check everything on a fresh clone, as CI does

oldest: $(OTHER)/oldest/.installed ## run the tests with the oldest packages that pyproject.toml allows
	$(OTHER)/oldest/bin/python -m pytest $(PARALLEL) --ignore tests/e2e $(PYTEST_ARGS)

$(OTHER)/oldest/.installed: requirements/oldest.txt requirements/dev.txt
	$(PYTHON) -m venv $(OTHER)/oldest
	$(OTHER)/oldest/bin/python -m pip install --quiet --require-hashes --requirement requirements/dev.txt
	$(OTHER)/oldest/bin/python -m pip install --quiet --require-hashes --no-deps --requirement requirements/oldest.txt
	$(OTHER)/oldest/bin/python -m pip install --quiet --no-build-isolation --no-deps --editable .
	@touch $@

newest: ## run the tests with the newest packages that pyproject.toml allows
	$(PYTHON) -m venv $(OTHER)/newest
	$(OTHER)/newest/bin/python -m pip install --quiet --upgrade --editable '.[dev]'
	$(OTHER)/newest/bin/python -m pytest $(PARALLEL) --ignore tests/e2e $(PYTEST_ARGS)

lock: $(BIN)/python ## choose the versions in requirements/ anew, with the hashes of their files
	$(BIN)/python -m pip install --quiet 'uv>=0.5'
	$(COMPILE) pyproject.toml --output-file requirements/runtime.txt
	$(COMPILE) pyproject.toml --extra dev --constraint requirements/runtime.txt --output-file requirements/dev.txt
	$(COMPILE) pyproject.toml --resolution lowest-direct --output-file requirements/oldest.txt
	printf 'hatchling\npip\n' | $(COMPILE) - --constraint requirements/dev.txt --output-file requirements/build.txt

dist: setup ## build wheel and sdist into dist/, the same bytes each time
	rm -rf dist
	$(BIN)/python -m hatchling build

sbom: dist $(OTHER)/sbom ## write dist/krm-fn.cdx.json: what an installation consists of (CycloneDX)
	$(PYTHON) -m venv --clear --without-pip $(OTHER)/runtime
	$(BIN)/pip --python $(OTHER)/runtime/bin/python install --quiet --require-hashes --requirement requirements/runtime.txt
	$(BIN)/pip --python $(OTHER)/runtime/bin/python install --quiet --no-deps dist/*.whl
	$(OTHER)/sbom/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
	  --output-file dist/krm-fn.cdx.json $(OTHER)/runtime/bin/python

$(OTHER)/sbom:
	$(PYTHON) -m venv $@
	$@/bin/python -m pip install --quiet 'cyclonedx-bom>=7'

audit: $(OTHER)/audit ## ask for known vulnerabilities of the locked packages (needs the network)
	$(OTHER)/audit/bin/pip-audit --require-hashes --requirement requirements/runtime.txt

$(OTHER)/audit:
	$(PYTHON) -m venv $@
	$@/bin/python -m pip install --quiet pip-audit

golden: setup ## write the expected files of fixtures/ anew; look at the diff afterwards
	$(BIN)/python -m pytest tests/test_golden.py --update-golden

docs: setup ## write the pages that follow from code, and build the site into site/
	@set -e; for program in docs/generate*.py; do $(BIN)/python "$$program"; done
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

fuzz: $(OTHER)/fuzz/.installed ## attack the function for FUZZ_SECONDS, and with hostile input in full size
	FUZZ_SECONDS=$(FUZZ_SECONDS) $(OTHER)/fuzz/bin/python -m tests.fuzz.run
	KRM_FN_HOSTILE=full $(OTHER)/fuzz/bin/python -m pytest tests/hostile

# Without atheris, which has no files for some platforms, inputs are mutated blindly.
$(OTHER)/fuzz/.installed: requirements/dev.txt
	$(PYTHON) -m venv $(OTHER)/fuzz
	$(OTHER)/fuzz/bin/python -m pip install --quiet --require-hashes --requirement requirements/dev.txt
	$(OTHER)/fuzz/bin/python -m pip install --quiet --no-build-isolation --no-deps --editable .
	-$(OTHER)/fuzz/bin/python -m pip install --quiet 'atheris>=3'
	@touch $@

coverage: setup ## run the tests; list lines and branches that none of them reaches
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --ignore=tests/hostile --ignore=tests/e2e --ignore=tests/docs --ignore=tests/fuzz \
	  --ignore=tests/test_cold_start.py --ignore=tests/test_supply_chain.py $(PARALLEL) $(PYTEST_ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

mutants: $(OTHER)/mutants ## change what decides in thousands of ways; list what no test notices (hours; MUTANTS='krm_fn.rules.manual.*' for less)
	$(OTHER)/mutants/bin/mutmut run $(MUTANTS)
	$(OTHER)/mutants/bin/mutmut results | grep -v "not checked" || echo "every one was noticed"

$(OTHER)/mutants:
	$(PYTHON) -m venv $@
	$@/bin/python -m pip install --quiet --require-hashes --requirement requirements/dev.txt
	$@/bin/python -m pip install --quiet 'mutmut>=3.8,<4'

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
	rm -rf $(VENV) build dist site demo-out mutants .coverage* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find . -name '*.egg-info' -type d -prune -exec rm -rf {} +
