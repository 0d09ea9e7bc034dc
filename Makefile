# make demo: set up, build the graph of examples/ and say where the page is.   make test: set up, check and run every test.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
JOBS ?= auto

.PHONY: help setup demo test lint browser lock clean

help:
	@sed -n '1p' Makefile

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml tools/setup.sh
	@bash tools/setup.sh "$(PYTHON)" "$(VENV)"
	@touch $(STAMP)

demo: setup
	@mkdir -p demo
	@$(BIN)/kg build examples --store demo/graph.kgl --view demo/graph.html
	@echo "Open in a browser: file://$(CURDIR)/demo/graph.html"
	@echo "Ask it something:  $(BIN)/kg query --name partners-of --store demo/graph.kgl"

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

browser:
	@bash tools/browser.sh

test: lint browser
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup

# After a change of pyproject.toml's dependencies: one lock for every Python from 3.11 on.
lock:
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --group dev pyproject.toml --no-header --no-annotate -o requirements.lock

clean:
	rm -rf $(VENV) build dist demo
