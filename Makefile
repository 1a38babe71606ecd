# Two commands do all the set-up on a fresh machine with Python 3.11, git and make: `make run` and `make test`.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: run test ui stack proof freqtrade release docs pictures check format venv clean

run: venv            ## retrain the demo universe, with a progress bar
	@$(BIN)/coin-models retrain

# By file: what a file's tests share is made once; in order, as the files of few and long tests would else come last.
# `xdist_group` is no way: xdist 3.8 writes `Item._nodeid`, which pytest 9.2 does not read. The tests of the docs are in `make check`.
test: venv           ## the tests: at most ten minutes on two cores
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore=coin_models_tests/docs

ui: venv             ## the Dagster UI (webserver and daemon) on the same home
	@$(BIN)/coin-models ui

stack: venv          ## the daily job and the UI on a real PostgreSQL and a real S3 server, from wheels
	@$(BIN)/coin-models stack run

proof: venv          ## the longer proofs: many kills, a browser, real servers under faults
	$(BIN)/python -m pytest -m proof -n 2 --ignore=coin_models_tests/proofs
	$(BIN)/python -m pytest -m proof coin_models_tests/proofs

freqtrade: venv      ## freqtrade and this project in an environment of their own: its backtester on our strategy, its writer's files
	@test -x .venv_freqtrade/bin/freqtrade || ($(PYTHON) -m venv .venv_freqtrade && .venv_freqtrade/bin/pip install --quiet --prefer-binary freqtrade --editable .)
	COIN_MODELS_TESTS_FREQTRADE_PYTHON=$(abspath .venv_freqtrade)/bin/python $(BIN)/python -m pytest -m proof \
		coin_models_tests/market/files/test_freqtrade.py coin_models_tests/docs/test_freqtrade_strategy.py

release: venv        ## sdist, wheel, bill of materials and checksums of HEAD, in dist/; nothing is published
	$(BIN)/python deploy/release.py

docs: venv           ## the documentation site, in build/site; every warning is an error
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet
	@echo "open build/site/index.html, or with search: $(BIN)/python -m http.server --bind 127.0.0.1 --directory build/site"

pictures: venv       ## the pictures of docs/images, of a demo home of a fortnight; needs Chromium and npm
	$(BIN)/python -m coin_models_tests.browser.diagrams
	$(BIN)/python -m coin_models_tests.browser.pictures

check: venv          ## formatting, lint, types, import contracts, definitions, docs
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	@mkdir -p $(VENV)/dg && echo 'telemetry: {enabled: false}' > $(VENV)/dg/dagster.yaml
	DAGSTER_HOME=$(abspath $(VENV))/dg $(BIN)/dg check defs --use-active-venv
	$(BIN)/python -m pytest -q coin_models_tests/docs

format: venv         ## fix what can be fixed
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

venv: $(STAMP)       ## .venv from the constraints file, and nothing more

$(STAMP): pyproject.toml constraints.txt
	@command -v $(PYTHON) > /dev/null || { echo "error: $(PYTHON) was not found; install Python 3.11 with its venv module, or name one: make PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) (a few minutes the first time)"
	@$(BIN)/python deploy/install.py
	@touch $(STAMP)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
