# make run    set up and start the app on the sample company, http://localhost:8501
# make test   set up and run every test
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python

.PHONY: run test sail test-long test-live test-duckdb2 bench docs screenshots lint chromium clean
.DEFAULT_GOAL := run

$(VENV)/run.done: requirements.lock
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.lock
	touch $@

$(VENV)/test.done: $(VENV)/run.done requirements-dev.lock
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	touch $@

run: $(VENV)/run.done
	$(PY) -m streamlit run app.py

test: $(VENV)/test.done chromium sail
	$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/live tests

# what takes too long for every run: 280 disturbed pulls, more drawn laws, two hundred kills
test-long: $(VENV)/test.done
	EVENKEEL_LONG=1 EVENKEEL_LAWS=60 EVENKEEL_KILLS=200 $(PY) -m pytest -q tests/test_pull_chaos.py tests/test_laws.py tests/test_crash.py

# pulls from a real Request Tracker on loopback, installed from Debian's packages where this user may; skipped with a reason elsewhere
test-live: $(VENV)/test.done
	@if command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ] && ! command -v rt-setup-database-5 >/dev/null 2>&1; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
			msmtp-mta request-tracker5 rt5-standalone rt5-db-sqlite sqlite3 faketime >/dev/null || true; \
	fi
	$(PY) -m pytest -q -rs tests/live

# the same tests under DuckDB 2.0.0, in an environment of its own
test-duckdb2: requirements-dev.lock chromium
	test -x .venv-duckdb2/bin/python || $(PYTHON) -m venv .venv-duckdb2
	.venv-duckdb2/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	.venv-duckdb2/bin/python -m pip install --quiet --disable-pip-version-check --no-deps duckdb==2.0.0
	.venv-duckdb2/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/live tests

# a second engine for the conformance tests, where it can be installed
sail: $(VENV)/test.done
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-sail.txt 2>/dev/null || echo "No second engine: its packages cannot be installed here, the conformance tests will be skipped."

# the browser tests need an installed Chromium; where this user may install packages, Debian's is taken
chromium:
	@command -v chromium chromium-browser google-chrome >/dev/null 2>&1 || ls "/Applications/Google Chrome.app" >/dev/null 2>&1 || \
	if command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; \
	else \
		echo "No Chromium found: the browser tests will be skipped. Debian: sudo apt-get install chromium; macOS: brew install --cask chromium"; \
	fi

bench: $(VENV)/test.done
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt 2>/dev/null || echo "What is set beside ours cannot be installed here; the rest is measured."
	$(PY) -m bench

docs: $(VENV)/run.done
	$(PY) -m metrics docs

# every page on the sample company, light, dark and on a phone: docs/screenshots
screenshots: $(VENV)/test.done chromium
	$(PY) tests/screenshots.py

lint: $(VENV)/test.done
	$(PY) -m ruff check .

clean:
	rm -rf $(VENV) .venv-duckdb2 .pytest_cache
