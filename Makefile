# `make serve` and `make test` are all a newcomer needs. See README.md.
# The first one that really runs and is new enough; a name in PATH may be a shim of a version that is not there.
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,$(shell $(p) -c "import sys; sys.version_info >= (3, 11) and print('$(p)')" 2>/dev/null)))
PY := .venv/bin/python

.PHONY: serve test check bench gallery soak lock verifier wire setup setup-test

serve: setup
	@exec $(PY) -m server serve

setup:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is missing: install it with 'apt-get install python3 python3-venv'"; exit 1; }
	@$(PYTHON) tools/bootstrap.py run

setup-test:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is missing: install it with 'apt-get install python3 python3-venv'"; exit 1; }
	@$(PYTHON) tools/bootstrap.py test

# Under a minute: format, lint, types, import contracts, pure tests, the web client's types and lint.
check: setup-test
	@$(PY) tools/check.py quick

# Everything: fast tests first, then services, then browsers.
test: setup-test
	@$(PY) tools/check.py all

bench: setup-test
	@$(PY) -m tests.bench

# Every stage as every role has it, two sizes and two languages: pictures to look at in build/gallery.
gallery: setup-test
	@$(PY) -m tests.browser.gallery
	@$(PY) -m tests.browser.gallery --procedure mediation

# Long runs that CI does not wait for.
soak: setup-test
	@$(PY) -m tests.soak

# build/yunting-verify.pyz: checks sealed packages anywhere, with nothing installed but Python.
verifier: setup
	@$(PY) tools/verifier.py

# After a change of requirements*.in or web/package.json.
lock: setup-test
	@$(PY) tools/lock.py

# After a change of server/gateway/wire.py.
wire: setup-test
	@$(PY) -m server.gateway.schema
	@$(PY) tools/bootstrap.py npm run wire
