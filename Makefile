# The two commands: `make demo` and `make test`. Everything is made below this folder; what is up to date
# is not made again. Python scripts run as `python -m`, since a path with a space breaks their first line.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:
.DEFAULT_GOAL := help

PYTHON ?= python3
PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
PYTEST := $(PY) -m pytest

FRONT := package.json tsconfig.json tsconfig.build.json $(shell find src style schema -type f -not -path '*/__tests__/*')
SHARED := pyproject.toml install.json $(shell find etc jupyter-config -type f -name '*.py' -o -type f -name '*.json')

help: ## say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-11s %s\n", $$1, $$2}'

demo: .venv/.installed ## install, and open JupyterLab on the examples (DEMO_PORT, DEMO_BROWSER=0)
	@$(PY) scripts/demo.py

test: lint test-py test-js test-ui ## set up and run every check
	@echo "make test: passed: lint and types, Python tests, front-end unit tests, browser tests."

lint: .venv/.installed ## style, types, generated files
	scripts/lint.sh

# Two at a time, since tests mostly wait for kernels and servers; a file stays in one process.
test-py: .venv/.installed .venv-mlflow/.installed .venv/.browser .venv/.hub ## Python tests
	$(PYTEST) --numprocesses 2 --dist loadfile

test-foreign: .venv/.installed ## notebooks of other projects, run with and without the extension
	$(PIP) install --quiet --requirement requirements/foreign.txt
	MLOPS_LONG=1 $(PYTEST) tests/foreign

test-hub: .venv/.installed .venv/.browser .venv/.hub .venv/.together ## a real JupyterHub, in its long form
	MLOPS_LONG=1 $(PYTEST) tests/hub

test-imports: .venv/.installed .venv-mlflow/.installed .venv-peers/.installed ## records of other tools, written by them and taken over
	MLOPS_LONG=1 $(PYTEST) tests/imports

test-frameworks: .venv/.installed .venv-frameworks/.installed .venv-peers/.installed ## autologging of each library, with the library itself
	MLOPS_LONG=1 $(PYTEST) tests/frameworks

bench: .venv/.installed ## what recording costs, against bare limits (PARTS="calls cell", JSON=file)
	@$(PY) benchmarks $(if $(JSON),--json $(JSON)) $(PARTS)

bench-peers: .venv/.installed .venv-peers/.installed ## the same work by us and by other trackers (JSON=file)
	@$(PY) benchmarks/peers --peers .venv-peers/bin/python $(if $(JSON),--json $(JSON))

bench-mlflow: .venv/.installed .venv-mlflow/.installed ## the same script against us and `mlflow server` (ARGS="--runs 100000", JSON=file)
	@PYTHONPATH=tests $(PY) benchmarks/mlflow --mlflow .venv-mlflow/bin/python $(if $(JSON),--json $(JSON)) $(ARGS)

bench-ui: .venv/.installed .venv/.browser ## views in a browser: times to rows, curves and cells, frames while scrolling (PARTS="table charts", STORE=folder)
	@$(PY) benchmarks/ui.py $(if $(STORE),--store $(STORE)) $(PARTS)

soak-ui: .venv/.installed .venv/.browser ## the page's memory while live updates come (MINUTES=10)
	@$(PY) benchmarks/ui.py $(if $(STORE),--store $(STORE)) --minutes $(or $(MINUTES),10) soak

torture: .venv/.installed ## faults in their long form, with a table at the end (an hour; PARTS="kernel.2 damage", JSON=file)
	@$(PY) tests/faults --json $(or $(JSON),torture.json) $(PARTS)

test-js: node_modules/.installed ## front-end unit tests
	scripts/jlpm.sh test

test-ui: .venv/.installed .venv/.browser .venv-mlflow/.installed ## browser tests
	$(PYTEST) ui-tests --output test-results --screenshot only-on-failure

build: lib/.built ## the front-end

install: .venv/.installed ## the environment, with the extension in it

wheel: lib/.built ## the wheel, in dist/
	rm -rf dist
	$(PY) -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist

audit: .venv/.installed .venv-audit/.installed ## ask for known weaknesses of what is pinned (needs a network)
	scripts/audit.sh

sbom: .venv/.installed .venv-audit/.installed ## what the wheel needs and holds, as CycloneDX, in dist/
	$(PY) scripts/sbom.py

openapi: .venv/.installed ## generate openapi.json and schema.ts from types.py and the table of routes
	scripts/openapi.sh

translations: node_modules/.installed ## take new texts into each language, and say what is not translated (BEGIN=fr_FR)
	scripts/translations.sh --write $(BEGIN)

screenshots: .venv/.installed .venv/.browser ## pictures of the docs, from the running product, light and dark
	$(PY) scripts/screenshots.py

clean: ## remove all that was made
	rm -rf .venv .venv-mlflow .venv-peers .venv-frameworks .venv-audit .demo dist lib node_modules jupyterlab_mlops/labextension test-results *.tsbuildinfo
	rm -rf .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help audit sbom demo torture bench bench-mlflow bench-peers bench-ui soak-ui test lint test-py test-hub test-foreign test-imports test-frameworks test-js test-ui build install wheel openapi translations screenshots clean

.venv/.packages: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make PYTHON=/path/to/python3")'
	test -x $(PY) || $(PYTHON) -m venv .venv
	$(PIP) install --quiet --requirement requirements/dev.txt
	$(PY) -m bash_kernel.install --sys-prefix
	touch $@

node_modules/.installed: .venv/.packages package.json yarn.lock .yarnrc.yml
	scripts/jlpm.sh install --immutable
	touch $@

lib/.built: node_modules/.installed $(FRONT)
	scripts/jlpm.sh build:prod
	touch $@

# The environment looks at the built front-end through a link, so building it again is enough. The link of
# an installation before goes first: pip would write through it into what the wheel is made of.
.venv/.installed: lib/.built $(SHARED)
	rm -f .venv/share/jupyter/labextensions/jupyterlab-mlops jupyterlab_mlops/labextension/install.json
	SKIP_JUPYTER_BUILDER=1 $(PIP) install --quiet --no-deps --no-build-isolation --editable .
	$(PY) -m jupyter_builder.main develop --overwrite .
	touch $@

# What another team has: mlflow, and nothing of ours. Tests push to its server and load models in it.
.venv-mlflow/.installed: requirements/mlflow.txt requirements/dev.txt
	test -x .venv-mlflow/bin/python || $(PYTHON) -m venv .venv-mlflow
	.venv-mlflow/bin/python -m pip --disable-pip-version-check install --quiet --requirement requirements/mlflow.txt
	touch $@

# Other trackers, and nothing of ours.
.venv-peers/.installed: requirements/peers.txt
	test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip --disable-pip-version-check install --quiet --requirement requirements/peers.txt
	touch $@

# Tools that look at what we depend on.
.venv-audit/.installed: requirements/audit.txt
	test -x .venv-audit/bin/python || $(PYTHON) -m venv .venv-audit
	.venv-audit/bin/python -m pip --disable-pip-version-check install --quiet --requirement requirements/audit.txt
	touch $@

# What users train with, for CPUs, and nothing of ours.
.venv-frameworks/.installed: requirements/frameworks.txt requirements/frameworks-alone.txt
	test -x .venv-frameworks/bin/python || $(PYTHON) -m venv .venv-frameworks
	.venv-frameworks/bin/python -m pip --disable-pip-version-check install --quiet --requirement requirements/frameworks.txt
	.venv-frameworks/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --requirement requirements/frameworks-alone.txt
	touch $@

.venv/.hub: requirements/hub.txt .venv/.packages
	$(PIP) install --quiet --requirement requirements/hub.txt
	touch $@

# On the path of some servers only, since an installed extension is in all of them.
.venv/.together: requirements/together.txt requirements/server-side.txt .venv/.packages
	rm -rf .venv/together
	$(PIP) install --quiet --no-deps --target .venv/together/shared --requirement requirements/together.txt
	$(PIP) install --quiet --no-deps --target .venv/together/server-side --requirement requirements/server-side.txt
	touch $@

.venv/.browser: .venv/.packages
	scripts/browser.sh
	touch $@
