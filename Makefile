# Verbs of the house. Each sets up what it needs by itself; nothing is installed outside .venv.
#   make demo    the whole product against simulated servers, no account needed
#   make serve   run it for real
#   make test    the tests                 make check   style, types, import contracts
#   make test-browser  Chromium looks at every screen; pictures of them are left in build/screenshots
#   make chaos   thousands of viewings under fire, SEED=… PLAYS=…
#   make fuzz    tens of thousands of broken frames, bodies, configurations and requests
#   make bench   figures, as ratios measured in one run
#   make wheel   the package, into dist; make addon puts the Home Assistant add-on together there
#   make words   collect the words of the pages for translators, and make their catalogues
#   make docs    draw anew what the documentation takes from the code

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=

# Bytecode is kept, whatever the environment says: to compile the tests anew takes each process longer than
# many of them take to run. It lies in __pycache__ only, which `git` does not see.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo serve check format test test-browser chaos fuzz bench words docs wheel addon lock clean

setup: $(VENV)/.dev

demo: $(VENV)/.runtime
	@$(BIN)/crosswatch demo $(ARGS)

serve: $(VENV)/.runtime
	@$(BIN)/crosswatch serve $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: $(VENV)/.dev
	$(BIN)/pytest -n auto --dist worksteal -q $(ARGS)
	@echo "Left out, for they take long: make test-browser (needs Chromium), make fuzz."

# The distribution's Chromium is installed where that is possible; without one this fails.
test-browser: $(VENV)/.dev
	@$(BIN)/python -m tools.chromium
	$(BIN)/pytest -m browser -n 2 -q tests/browser $(ARGS)

chaos: $(VENV)/.dev
	$(BIN)/python -m chaos $(if $(SEED),--seed $(SEED)) $(if $(PLAYS),--plays $(PLAYS)) $(ARGS)

fuzz: $(VENV)/.dev
	$(BIN)/pytest -m fuzz -n 2 -q $(ARGS)

bench: $(VENV)/.dev
	$(BIN)/python -m bench $(ARGS)

words: $(VENV)/.dev
	$(BIN)/python -m tools.words

docs: $(VENV)/.runtime
	$(BIN)/python -m tools.draw_docs

wheel: $(VENV)/.dev
	$(BIN)/python -m hatchling build -t wheel

addon:
	$(PYTHON) -m tools.pack_addon dist/crosswatch-addon

# Needs uv; only whoever changes a dependency runs it. The locks name no registry.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q pyproject.toml -o requirements/runtime.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q pyproject.toml --group dev -o requirements/dev.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q --group build -o requirements/build.lock

clean:
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

# -- environment -------------------------------------------------------------------------------
# The venv module is missing on some distributions (and ensurepip on others), so there is a second
# way that needs only pip. uv is used when it is there and never required. Bytecode is compiled on
# install: without it every start takes twice as long.
$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "CrossWatch needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || $(PYTHON) -m venv --without-pip --clear $(VENV)
	@touch $@

define install
	@echo "Installing $(1) into $(VENV) ..."
	@if command -v uv >/dev/null 2>&1; then \
	  UV_PYTHON_DOWNLOADS=never uv pip install -q --python $(BIN)/python --compile-bytecode --require-hashes -r $(1); \
	else \
	  $(PYTHON) -m pip --python $(BIN)/python install -q --disable-pip-version-check --compile --require-hashes --no-deps -r $(1); \
	fi
endef

# The project itself is a path, not an install: one .pth file, so that a pull needs no new set-up,
# and one launcher. `pip install .` works as well; this way needs no build tool.
define link
	@$(BIN)/python -c 'import pathlib, sysconfig; pathlib.Path(sysconfig.get_path("purelib"), "crosswatch.pth").write_text(str(pathlib.Path("src").resolve()) + "\n")'
	@printf '#!/bin/sh\nexec "%s/python" -m crosswatch "$$@"\n' "$(abspath $(BIN))" > $(BIN)/crosswatch && chmod +x $(BIN)/crosswatch
	@$(BIN)/python -m compileall -q src
endef

$(VENV)/.runtime: requirements/runtime.lock $(VENV)/.created
	$(call install,requirements/runtime.lock)
	$(call link)
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.runtime
	$(call install,requirements/dev.lock)
	@touch $@
