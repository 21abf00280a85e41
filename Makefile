.DEFAULT_GOAL := help
BIN := .venv/bin
.PHONY: help setup run test lint types audit fuzz torture bench

help:  ## what each target does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: .venv/ready  ## the virtual environment and the dependencies, as tested

.venv/ready: pyproject.toml constraints.txt
	@test -x $(BIN)/python || python3 -m venv .venv
	@echo "Installing (a few minutes the first time) ..."
	@$(BIN)/pip install -qq --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

run: setup  ## load the demo on first start, train the first models, serve the console and the API
	@$(BIN)/retrace demo
	@$(BIN)/retrace serve

test: setup lint types  ## lint, types and all tests, on a real PostgreSQL
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: setup  ## ruff
	@$(BIN)/ruff check .

types: setup  ## mypy, strict
	@$(BIN)/mypy

fuzz: setup  ## 20,000 made-up requests and sequences of them; no 5xx, no answer that is not described
	@$(BIN)/python -m tests.fuzz.run

torture: setup  ## kill the server under load, again and again; nothing acknowledged may be lost
	@$(BIN)/pytest -m torture -s tests/torture

audit: setup  ## known vulnerabilities of the pinned packages; needs internet
	@$(BIN)/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict

bench: setup  ## the benchmark table, side by side in one run
	@$(BIN)/python -m benchmarks
