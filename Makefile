# `make run` and `make test` do all the set-up themselves; everything else is for who works on the code.

VENV := .venv
PYTHON ?= python3
BIN := $(VENV)/bin
READY := $(VENV)/.ready

export HF_HUB_OFFLINE := 1

.PHONY: run test proof pictures audit check format bench lock clean

run: $(READY)  ## index articles/ and serve them on this machine
	@$(BIN)/kb serve

test: $(READY)  ## the whole suite, a file at a time on each core: half of it is waiting for servers and pages
	@$(BIN)/pytest --numprocesses auto --dist loadfile

pictures: $(READY)  ## every state of the sidebar into build/pictures, the shown ones into docs/
	@$(BIN)/pytest -m proof tests/widget/test_states.py
	@for name in article-es-dark-400 to-acknowledge-en-light-400 past-es-dark-400; do \
		cp build/pictures/$$name.png docs/pictures/; done

proof: $(READY)  ## the slow proofs
	@$(BIN)/pytest -m proof --numprocesses auto --dist loadfile

check: $(READY)  ## style, types, and the floors
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pytest tests/test_house.py

audit: $(READY)  ## whether what is installed fits together; hashes are checked when it is installed
	@$(BIN)/pip check

format: $(READY)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(READY)  ## figures: speed of a question, of indexing, of a cold start
	@$(BIN)/python benchmarks/question_speed.py
	@$(BIN)/python benchmarks/index_speed.py
	@$(BIN)/python benchmarks/cold_start.py

# torch is pinned by version alone: its CPU builds differ from one package index to the next, and a bare `torch` drags in
# gigabytes of GPU libraries. Everything else is pinned by version and hash.
$(READY): requirements.lock pyproject.toml
	@echo "Setting up $(VENV) (once; takes two to three minutes)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps torch==2.13.0
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

lock:  ## resolve requirements.lock anew from pyproject.toml
	@$(PYTHON) -m venv $(VENV)-lock
	@$(VENV)-lock/bin/pip install --quiet uv
	@$(VENV)-lock/bin/uv pip compile pyproject.toml --extra dev --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --no-emit-package torch \
		--python-version 3.11 --quiet -o requirements.lock
	@rm -rf $(VENV)-lock

clean:
	@rm -rf $(VENV) .kb build dist *.egg-info
