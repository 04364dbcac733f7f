# Two commands do everything: `make demo` and `make test`. `make help` lists the rest.
# All of them work from any folder: make -C path/to/sokuho test

SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo run check test lint types eval bench torture picture looks messages manifest foreign inputs hostile image lock clean

help: ## this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /  make \1	/' | expand -t 18

# Made anew when the lock or the project file is younger than the environment.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Sokuho needs Python 3.11 or newer; this is %d.%d. Try: make PYTHON=python3.12 <target>" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@echo "Making the environment in .venv (once; a minute or two)…"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

demo: $(READY) ## a recorded day in a minute: no account, no network (ARGS=--fast for a quarter of one)
	@$(BIN)/sokuho demo $(ARGS)

run: $(READY) ## the real feeds, in this terminal
	@$(BIN)/sokuho run $(ARGS)

check: $(READY) ## validate the configuration and try every feed
	@$(BIN)/sokuho check $(ARGS)

test: $(READY) ## all tests, on every core (ARGS="-n0 -k digest" for some, in one process)
	@$(BIN)/python -m pytest --numprocesses=auto --dist=worksteal --cov --cov-report=term $(ARGS)

lint: $(READY) ## style and layering
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports

types: $(READY) ## mypy --strict
	@$(BIN)/mypy

eval: $(READY) ## matching quality on ../shared/data, beside a keyword rule; a page of bulletins
	@$(BIN)/python -m benchmarks.evaluate $(ARGS)

bench: $(READY) ## what reading, matching and commands cost, by the number of topics (ARGS="--only path")
	@$(BIN)/python -m benchmarks.bench $(ARGS)

torture: $(READY) ## break delivery in every way, and see what is lost; a quarter of an hour (ARGS="--only kills --seed 7")
	@$(BIN)/python -m tests.torture $(ARGS)

picture: $(READY) ## draw docs/bulletin.svg anew
	@$(BIN)/python -m benchmarks.picture

looks: $(READY) ## draw every kind of message as Telegram and Slack show it, in each language, into out/looks
	@$(BIN)/python -m benchmarks.looks $(ARGS)

messages: $(READY) ## take up what the code says into bot/locales, and list what is to be translated
	@$(BIN)/python -m benchmarks.messages

manifest: $(READY) ## write manifest.json, from which the Slack app is made (ARGS=https://… prints one that is posted to)
	@$(BIN)/python -m bot.chat.slack.manifest $(ARGS)

foreign: $(READY) ## our double of Slack beside a stranger's (needs npm; once 200 MB)
	@$(BIN)/python -m tests.foreign.check_slack $(ARGS)

inputs: $(READY) ## two hundred bad inputs at a running newsroom, and what becomes of each
	@$(BIN)/python -m tests.e2e.bad_inputs

hostile: $(READY) ## every attack of a feed, how it is held, and what other feeds notice; ten minutes (ARGS=--fast for five)
	@$(BIN)/python -m tests.hostile $(ARGS)

image: ## build the container image without Docker, and try it (root on Debian)
	@.ci/image

lock: $(READY) ## resolve the dependencies anew, with hashes
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header --upgrade --group dev pyproject.toml -o requirements.lock

clean: ## remove the environment and the caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .coverage
