# Set everything up once, then run. The first screen of the README shows the commands.
PYTHON ?= python3
PROFILE = quick
DATA =
METHODS =
RUN =
INSTALLED := .venv/.installed

# Threads of torch that wait for each other sleep instead of spinning: on a machine that does something else as well,
# spinning made training half as fast and the metrics four times as slow.
export OMP_WAIT_POLICY = PASSIVE

.PHONY: install workbook test lint lab bench pictures data lock clean

install: $(INSTALLED)  ## everything into .venv; the other targets do it first

workbook: $(INSTALLED)  ## run all notebooks headless and build outputs/<run>/index.html
	.venv/bin/workbook run --profile $(PROFILE) $(if $(DATA),--data "$(DATA)") $(if $(METHODS),--methods "$(METHODS)")

test: $(INSTALLED)  ## units, and every notebook with tiny parameters
	.venv/bin/python -m pytest

lint: $(INSTALLED)
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

lab: $(INSTALLED)  ## JupyterLab on the notebooks
	.venv/bin/python -m lib.scripts.lab

# With the machine to itself: threads that sleep would cost a small network a third of its speed.
bench: $(INSTALLED)  ## how fast the paper's recipe is and how fast ours, side by side; writes outputs/bench/results.json
	env -u OMP_WAIT_POLICY .venv/bin/workbook bench $(if $(DATA),--data "$(DATA)")

pictures: $(INSTALLED)  ## notebooks/images, from the figures of the latest run of rendered scenes
	.venv/bin/python -m lib.scripts.pictures $(RUN)

data: $(INSTALLED)  ## download the Kaggle pairs into data/kaggle (needs the network)
	.venv/bin/uv pip install --quiet --python .venv/bin/python --editable ".[dev,kaggle]"
	.venv/bin/workbook data

lock: $(INSTALLED)  ## write requirements.lock again: the newest versions within the ranges of pyproject.toml
	UV_CUSTOM_COMPILE_COMMAND="make lock      (install from it: uv pip install -r requirements.lock)" .venv/bin/uv pip compile pyproject.toml --extra dev --universal --upgrade --quiet --no-annotate --no-emit-index-url --no-emit-find-links -o requirements.lock

clean:  ## forget caches; results in outputs/ stay
	rm -rf data/cache .pytest_cache .ruff_cache

# Everything in .venv names the folder that it was set up in: its commands call that folder's Python, and run the code
# in that folder. The stamp holds the folder's real path, so that a checkout that was moved or copied is noticed. Stamps
# of older versions are empty; then the path in the command `workbook` decides.
belongs_here = test -x .venv/bin/python && test -e .venv/.installed && { \
	test "$$(cat .venv/.installed)" = "$$(pwd -P)" || \
	{ test ! -s .venv/.installed && grep -qsF "$$(pwd -P)/.venv/bin/python" .venv/bin/workbook; }; }
ifneq ($(shell $(belongs_here) && echo yes),yes)
.PHONY: $(INSTALLED)
endif

# uv installs the same packages as pip in a fraction of the time; it lives in the environment, not on the system.
# Compiled once and for all: where PYTHONDONTWRITEBYTECODE is set, as in many containers, every kernel would otherwise
# compile torch again. Of two that are started at once the second waits and finds the work done (where there is no
# flock, as on a Mac, it does not wait). A .venv that is a link is somebody else's: only the link is removed.
$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is older. Name another with: make PYTHON=python3.12" >&2; exit 1; }
	@exec 9<pyproject.toml; flock 9 2>/dev/null; \
	if $(belongs_here); then \
		test .venv/.installed -nt pyproject.toml && exit 0; \
	else \
		if test -e .venv/.installed && ! test -x .venv/bin/python; then echo "The Python that .venv was made with is gone: setting .venv up again."; \
		elif test -e .venv/.installed; then echo ".venv belongs to another folder$$(sed 's/^/, /' .venv/.installed): setting it up for this one."; \
		elif test -e .venv -o -L .venv; then echo "The set-up of .venv was not finished: starting again."; fi; \
		if test -L .venv; then rm .venv; else rm -rf .venv; fi; \
		$(PYTHON) -m venv .venv || { echo "python3-venv is missing: apt-get install python3-venv" >&2; exit 1; }; \
	fi; \
	echo "Installing into .venv ..."; \
	.venv/bin/python -m pip install --quiet --disable-pip-version-check uv && \
	.venv/bin/uv pip install --quiet --compile-bytecode --python .venv/bin/python --editable ".[dev]" && \
	pwd -P > .venv/.installed
