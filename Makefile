# Slipway is built, tested and shown from here. `make help` lists the targets.
# `make check` is what CI runs, no more and no less.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL: # the Go tools use all cores by themselves

# Tools, built from source at these versions into bin/ on first use.
GOLANGCI_LINT_VERSION := v2.15.0
WORKFLOWCHECK_VERSION := v0.6.0

# Half as much garbage collection in linters, compilers and tests, for half as much more memory. What
# is run for people, such as `make demo`, has Go's own.
GOGC ?= 200
build lint workflowcheck test fuzz api-coverage test-system: export GOGC := $(GOGC)

GO ?= go
BIN := $(CURDIR)/bin
GOLANGCI_LINT := $(BIN)/golangci-lint
WORKFLOWCHECK := $(BIN)/workflowcheck

# What every binary and the image say of themselves; a tag of git, or the commit.
VERSION ?= $(shell git describe --tags --always --dirty --match 'v*' 2>/dev/null)
REVISION ?= $(shell git rev-parse HEAD 2>/dev/null)
STAMP := -ldflags '-X slipway/internal/buildinfo.version=$(VERSION) -X slipway/internal/buildinfo.revision=$(REVISION)'

# Both modules, and the Go files a developer would format.
MODULES := . devstack

# The order of `make check`: cheap before dear, so that it fails fast. The
# Temporal server is compiled once, without the race detector; the binary it
# serves in the system tests has it.
CHECKS := tidy-check generate-check lint workflowcheck licences test fuzz-short api-coverage build vulncheck test-system

# More arguments for `make demo`, `make up`, `make bench` and `make soak`: make up ARGS='--data-dir .slipway'
ARGS ?=

##@ Everyday

.PHONY: help
help: ## list these targets
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@ / {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z][a-z-]*:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/slipway, the simulators and bin/slipway-dev
	$(GO) build $(STAMP) -o $(BIN)/ ./cmd/...
	cd devstack && $(GO) build $(STAMP) -o $(BIN)/ ./cmd/...

.PHONY: image
image: ## build the image slipway:VERSION with docker; `make dist` makes one without
	docker build --build-arg VERSION='$(VERSION)' --build-arg REVISION='$(REVISION)' -t 'slipway:$(VERSION)' .

.PHONY: demo
demo: ## watch one event become a gray release, on embedded servers
	$(GO) build $(STAMP) -o $(BIN)/ ./cmd/slipway # the worker, which the demo kills
	cd devstack && $(GO) build $(STAMP) -o $(BIN)/ ./cmd/slipway-dev
	$(BIN)/slipway-dev demo $(ARGS)

.PHONY: bench
bench: ## measure how fast Slipway is and what it costs, beside a floor: make bench ARGS=--short
	$(GO) build $(STAMP) -o $(BIN)/ ./cmd/slipway # the worker, which is killed
	cd devstack && $(GO) build $(STAMP) -o $(BIN)/ ./cmd/slipway-dev
	$(BIN)/slipway-dev bench $(ARGS)

.PHONY: up
up: build ## run the whole stack until interrupted
	$(BIN)/slipway-dev up $(ARGS)

.PHONY: soak
soak: build ## watch for an hour whether what many releases cost stays flat: make soak ARGS='--parked 200 --minutes 10'
	$(BIN)/slipway-dev soak $(ARGS)

# What `make chaos` tries: make chaos SEED=7 RELEASES=1000 MINUTES=60. A seed is drawn where none is said.
SEED ?=
RELEASES ?= 200
MINUTES ?= 10

.PHONY: chaos
chaos: build ## release while processes, networks and platforms fail, and judge what came of it
	$(BIN)/slipway-dev chaos $(if $(SEED),--seed $(SEED)) --releases $(RELEASES) --minutes $(MINUTES) $(ARGS)

.PHONY: generate
generate: ## write generated code anew
	$(GO) generate ./...

# The version in whose folder golden histories are recorded.
IN ?=

.PHONY: histories
histories: ## record golden histories of a version that is to come: make histories IN=0.2.0
	@[[ '$(IN)' =~ ^[0-9]+\.[0-9]+\.[0-9]+$$ ]] || { echo 'say for which version: make histories IN=0.2.0' >&2; exit 1; }
	@[[ ! -e 'workflows/testdata/histories/$(IN)' ]] || { \
		echo 'workflows/testdata/histories/$(IN) is there; what a version has recorded is never recorded over' >&2; exit 1; }
	cd devstack && $(GO) run ./cmd/record-histories '../workflows/testdata/histories/$(IN)'

.PHONY: fmt
fmt: $(GOLANGCI_LINT) ## format all Go files (gofumpt, import groups)
	@for module in $(MODULES); do (cd $$module && $(GOLANGCI_LINT) fmt --config $(CURDIR)/.golangci.yml); done

# What puts versions together and checks of what they consist. It has none of the servers, so that it is built in moments.
SLIPWAY_DIST = cd devstack && $(GO) build $(STAMP) -o $(BIN)/ ./cmd/slipway-dist && cd .. && $(BIN)/slipway-dist

.PHONY: dist
dist: ## put a version together in dist/: archives, an image, digests, what they consist of
	@[[ -z "$$(git status --porcelain)" ]] || { echo 'commit first, or put away what is not committed: what is put together is a commit' >&2; exit 1; }
	rm -rf dist
	$(SLIPWAY_DIST) make --version '$(VERSION)' --revision '$(REVISION)' --time "$$(git log -1 --format=%cI)"

# The files that name images.
PINNED := Dockerfile docker-compose.yml

.PHONY: pin
pin: ## write the digests of images behind their tags, as registries tell them now
	$(SLIPWAY_DIST) pin $(PINNED)

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BIN) dist

##@ Checks

.PHONY: check
check: ## everything CI runs, cheap things first
	@for step in $(CHECKS); do \
		printf '== %s\n' $$step; started=$$SECONDS; \
		$(MAKE) --no-print-directory $$step || { printf '== %s failed after %ds\n' $$step $$((SECONDS - started)); exit 1; }; \
		printf '== %s took %ds\n' $$step $$((SECONDS - started)); \
	done; printf '== all checks passed in %ds\n' $$SECONDS

# Packages whose code starts goroutines, or guards what several goroutines share. The race detector has
# something to find in these; the others it would only make several times as slow.
CONCURRENT = grep -rlE --include='*.go' --exclude='*_test.go' --exclude-dir=devstack \
	'^[[:space:]]*(defer )?go [a-z(]|"sync"|"sync/atomic"|"golang.org/x/sync/' . | xargs -n 1 dirname | sort -u

.PHONY: test
test: ## test the root module, what is concurrent in it with the race detector
	@# -vet=off: `make lint` has vet's analyzers.
	@# -ldflags: a hundred programs are linked in three quarters of the time without what debuggers need.
	@concurrent=$$($(CONCURRENT)); others=$$($(GO) list -f '.{{slice .ImportPath (len .Module.Path)}}' ./... | grep -vxF "$$concurrent"); set -x; \
	$(GO) test -race -vet=off -ldflags="-s -w" -shuffle=on $$concurrent; \
	$(GO) test -vet=off -ldflags="-s -w" -shuffle=on -skip '_TheWorst' $$others
	GOGC=100 $(GO) test -vet=off -run '_TheWorst' ./wire # alone: it measures memory

# How long each parser of what comes from outside is fuzzed: a time, or a number of executions.
FUZZTIME ?= 100000x
# What was found interesting is kept where `go test` keeps it.
FUZZ_CORPUS ?= $(shell $(GO) env GOCACHE)/fuzz/slipway

# Each package is built once. Only our own packages tell the fuzzer what they reach: with those of
# others an execution takes ten times as long.
.PHONY: fuzz
fuzz: ## fuzz each parser of what comes from outside for FUZZTIME
	@targets=$$(grep -ro --include='*_test.go' '^func Fuzz[A-Za-z]*' . | sed -E 's|(.*)/[^/]*:func |\1 |' | sort); \
	rm -rf $(BIN)/fuzz; \
	$(GO) test -c -vet=off -gcflags='slipway/...=-d=libfuzzer' -o $(BIN)/fuzz/ $$(cut -d' ' -f1 <<<"$$targets" | sort -u); \
	one() { \
		out=$$(cd "$$1" && $(BIN)/fuzz/"$$(basename "$$1")".test -test.run '^$$' -test.fuzz "^$$2$$" -test.parallel 1 \
			-test.fuzztime $(FUZZTIME) -test.fuzzminimizetime 10x -test.fuzzcachedir "$(FUZZ_CORPUS)/$$1" 2>&1) \
			|| { printf '%s %s: failed\n%s\n' "$$1" "$$2" "$$out"; return 255; }; \
		printf '%s %s: %s\n' "$$1" "$$2" "$$(grep -o 'execs: [0-9]*' <<<"$$out" | tail -1)"; \
	}; export -f one; \
	xargs -P "$$(nproc)" -n 2 bash -c 'one "$$@"' one <<<"$$targets"

.PHONY: fuzz-short
fuzz-short: ## fuzz each for a moment, beyond the seeds that every test run has
	@$(MAKE) --no-print-directory fuzz FUZZTIME=2000x

.PHONY: api-coverage
api-coverage: ## show how tests cover each operation of the clouds, and what is newer than the reference
	@{ $(GO) test -json ./saeclient/saetest && cd devstack && $(GO) test -json ./sdktest; } | $(GO) run ./internal/apicoverage -cloud sae
	@{ $(GO) test -json ./servicestageclient/... && cd devstack && $(GO) test -json ./servicestagesdktest; } | $(GO) run ./internal/apicoverage -cloud servicestage
	@{ $(GO) test -json ./fcclient/... && cd devstack && $(GO) test -json ./fcsdktest; } | $(GO) run ./internal/apicoverage -cloud fc

# How many packages of system tests run at once, and how many tests in each.
SYSTEM_PACKAGES ?= 2
SYSTEM_PARALLEL ?= 5

# The browser in which the pages of the console are tested. Debian has it; elsewhere it must be installed by hand.
.PHONY: browser
browser: ## install chromium for the tests of the console's pages, where there is none
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	command -v apt-get >/dev/null || { echo 'install chromium: the tests of the console drive it' >&2; exit 1; }; \
	set -x; as=; [[ $$(id -u) == 0 ]] || as=sudo; \
	$$as apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$as apt-get install -y -qq --no-install-recommends chromium

# The database below Temporal in some of the tests. Debian has it; elsewhere it must be installed by hand. Its package would start a server of its own.
.PHONY: postgresql
postgresql: ## install PostgreSQL for the tests of Temporal on it, where there is none
	@command -v postgres >/dev/null && exit 0; compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null && exit 0; \
	command -v apt-get >/dev/null || { echo 'install PostgreSQL: tests start servers of it' >&2; exit 1; }; \
	set -x; as=; [[ $$(id -u) == 0 ]] || as=sudo; \
	$$as install -d /etc/postgresql-common/createcluster.d; \
	echo 'create_main_cluster = false' | $$as tee /etc/postgresql-common/createcluster.d/none.conf >/dev/null; \
	$$as apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$as apt-get install -y -qq --no-install-recommends postgresql

# The version with which upgrades begin; the last commit whose workflows differ where none is said.
FROM ?=

.PHONY: previous
previous: ## build bin/slipway-previous, from which upgrades are tried: make previous FROM=v0.1.0
	@$(SLIPWAY_DIST) previous --out $(BIN)/slipway-previous $(if $(FROM),--from '$(FROM)')

# The programs that system tests run as processes of their own, and what says where they are.
# GORACE: each of thousands of commands would sleep for a second before it ends, to see races of what it leaves behind.
SYSTEM_ENV = GORACE=atexit_sleep_ms=10 SLIPWAY_BIN=$(BIN)/slipway-race SLIPWAY_PREVIOUS_BIN=$(BIN)/slipway-previous

.PHONY: system-programs
system-programs: previous ## build the programs that system tests run as processes of their own
	$(GO) build -race -o $(BIN)/slipway-race ./cmd/slipway
	$(GO) build $(STAMP) -o $(BIN)/ ./cmd/saesim ./cmd/fcsim ./cmd/servicestagesim # beside it

.PHONY: drills
drills: postgresql system-programs ## upgrade, and restore backups, under parked releases: make drills FROM=v0.1.0
	cd devstack && $(SYSTEM_ENV) $(GO) test -count=1 -vet=off -v -run '^Test(Upgrade|Restore)_' ./systemtest

.PHONY: test-system
test-system: browser postgresql system-programs ## test the whole system on embedded Temporal and NATS, and its pages in a browser
	@# -count=1: these tests depend on files that Go's test cache does not watch.
	@# -vet=off: `make lint` has vet's analyzers.
	@# -p, -parallel: many of them wait for timers of servers and of releases; more at once than keep two processors busy only make each other late.
	@# -toolexec: what is linked meanwhile waits for what is tested, not the other way round.
	@# systemtest first: it takes as long as half of the others, and would be alone in the end.
	@# -ldflags: thirty programs with a Temporal server in each are linked in three quarters of the time without what debuggers need.
	cd devstack && $(SYSTEM_ENV) $(GO) test -count=1 -vet=off -ldflags="-s -w" -toolexec='nice -n 15' -p $(SYSTEM_PACKAGES) -parallel $(SYSTEM_PARALLEL) -timeout 25m ./systemtest ./...

.PHONY: lint
lint: $(GOLANGCI_LINT) ## run the linters and format checks on both modules
	$(GOLANGCI_LINT) config verify
	@for module in $(MODULES); do \
		(set -x; cd $$module && $(GOLANGCI_LINT) run --config $(CURDIR)/.golangci.yml ./...); done

.PHONY: licences
licences: ## hold the licences of all that programs consist of against those that are allowed
	$(SLIPWAY_DIST) licences

.PHONY: vulncheck
vulncheck: ## look for known vulnerabilities in bin/slipway, where the database of Go is reached
	test -x $(BIN)/slipway || $(MAKE) --no-print-directory build
	$(SLIPWAY_DIST) vulncheck $(BIN)/slipway

.PHONY: workflowcheck
workflowcheck: $(WORKFLOWCHECK) ## prove workflows deterministic, nothing excused
	$(WORKFLOWCHECK) ./workflows/...

.PHONY: compat
compat: ## keep what is new for others in api/compat (docs/compatibility.md)
	@UPDATE_GOLDEN=$${UPDATE_GOLDEN:-1} $(GO) test ./api/compat ./setup ./cmd/slipway/internal/cli -run TestCompat

.PHONY: generate-check
generate-check: ## fail when generated code is not up to date
	@state() { git status --porcelain --untracked-files=all && git diff --no-ext-diff; }; \
	before=$$(state); $(GO) generate ./...; \
	if [[ "$$before" != "$$(state)" ]]; then \
		git status --short; echo 'generated code was not up to date; it is now: review and commit it'; exit 1; fi

.PHONY: tidy-check
tidy-check: ## fail when go.mod or go.sum of a module is not tidy
	@for module in $(MODULES); do (set -x; cd $$module && $(GO) mod tidy -diff); done

# A tool is built again when its version changes: the stamp carries it.

$(GOLANGCI_LINT): $(BIN)/.golangci-lint-$(GOLANGCI_LINT_VERSION)
$(BIN)/.golangci-lint-$(GOLANGCI_LINT_VERSION):
	GOBIN=$(BIN) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	@touch $@

$(WORKFLOWCHECK): $(BIN)/.workflowcheck-$(WORKFLOWCHECK_VERSION)
$(BIN)/.workflowcheck-$(WORKFLOWCHECK_VERSION):
	GOBIN=$(BIN) $(GO) install go.temporal.io/sdk/contrib/tools/workflowcheck@$(WORKFLOWCHECK_VERSION)
	@touch $@
