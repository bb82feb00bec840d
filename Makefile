# make help lists what this file can do. Everything it fetches or builds goes to .cache, which git ignores.
SHELL         := bash
.SHELLFLAGS   := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS     += --no-builtin-rules

GO        ?= go
DATABASE  ?= sqlite:data/promshard.db
LISTEN    ?= :9780
FUZZTIME  ?= 20s
DURATION  ?= 300
BENCH     ?= .
BENCHTIME ?= 1s
FLEET     ?= million

cache         := $(CURDIR)/.cache
gofumpt       := $(cache)/gofumpt-v0.12.0/gofumpt
golangci-lint := $(cache)/golangci-lint-v2.15.0/golangci-lint

# What "promshard version" and the build_info metric say.
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
REVISION ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
BRANCH   ?= $(shell git rev-parse --abbrev-ref HEAD 2>/dev/null || echo unknown)
DATE     ?= $(shell git log -1 --format=%cd --date=format:%Y%m%d-%H:%M:%S 2>/dev/null || echo unknown)
info     := github.com/prometheus/common/version
ldflags   = -X $(info).Version=$(VERSION) -X $(info).Revision=$(REVISION) -X $(info).Branch=$(BRANCH) -X $(info).BuildDate=$(DATE)

.PHONY: help
help: ## list the targets
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r target text; do \
		printf '  %-16s %s\n' "$$target" "$$text"; done

.PHONY: run
run: build ## build and serve the inventory (DATABASE, LISTEN), by default SQLite in data/ on :9780
	./promshard serve --database '$(DATABASE)' --web.listen-address '$(LISTEN)'

.PHONY: build
build: ## build ./promshard
	$(GO) build -ldflags '$(ldflags)' -o promshard ./cmd/promshard

.PHONY: check
check: $(gofumpt) ## the inner loop: formatting, vet and the short tests, no servers
	@bad=$$($(gofumpt) -l .); [[ -z $$bad ]] || { echo "not formatted, see make fmt:"; echo "$$bad"; exit 1; }
	$(GO) vet -tags e2e,bench ./... ./.ci/gotest
	$(GO) test -short ./... ./.ci/gotest

# The packages whose tests take longest begin first, so that none of them is waited for at the end.
longest := ./store ./cmd/promshard ./httpsd ./cmd/promshard/promgen

# SQLite is C, translated to Go. Its memory is none that the race detector knows, so watching these packages finds nothing, and
# makes SQLite many times slower. Whatever calls them is watched. A program with the race detector sleeps for a second before it
# ends, also when a test has started it.
unwatched := modernc.org/sqlite/lib modernc.org/libc modernc.org/memory
race      := -race $(foreach package,$(unwatched),-gcflags=$(package)=-race=false)

.PHONY: test
test: ## every test, with the race detector and end to end; first sets up what they need (make lint and check run vet)
	.ci/setup test
	GORACE='atexit_sleep_ms=10' $(GO) run ./.ci/gotest $(race) -vet=off -timeout 20m $(longest) ./... ./.ci/gotest
	$(MAKE) --no-print-directory e2e

.PHONY: e2e
e2e: ## the end-to-end tests alone: promshard beside real Prometheus servers
	.ci/setup test
	CGO_ENABLED=0 $(GO) run ./.ci/gotest -tags e2e -vet=off -count 1 -parallel 6 -timeout 15m ./cmd/promshard/e2e

.PHONY: lint
lint: $(golangci-lint) ## golangci-lint with .golangci.yml
	$(golangci-lint) run --allow-serial-runners --timeout 20m ./... ./.ci/gotest

.PHONY: fmt
fmt: $(gofumpt) ## format every Go file
	$(gofumpt) -l -w .

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (20s) each
	FUZZTIME='$(FUZZTIME)' .ci/fuzz

.PHONY: schemathesis
schemathesis: ## send what Schemathesis makes of the OpenAPI document to a server, for DURATION (300) seconds
	DURATION='$(DURATION)' .ci/schemathesis

.PHONY: bench
bench: ## the Go benchmarks (BENCH, BENCHTIME), then what docs/performance.md shows (FLEET, line or million)
	.ci/setup bench
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchtime '$(BENCHTIME)' -benchmem -timeout 60m ./...
	PROMSHARD_BENCH_FLEET='$(FLEET)' $(GO) test -tags bench -count 1 -timeout 2h -v ./cmd/promshard/bench
	@cat '$(cache)/bench/report.md'

.PHONY: prometheus
prometheus: ## build prometheus and promtool 3.15 with promshard's Discoverer added, into .cache/promshard-prometheus
	.ci/build-prometheus full
	@echo "built: $(cache)/promshard-prometheus/prometheus and promtool"

.PHONY: prometheus-slim
prometheus-slim: ## the same with file, http and static discovery alone beside it
	.ci/build-prometheus slim
	@echo "built: $(cache)/promshard-prometheus-slim/prometheus and promtool"

.PHONY: prometheus-stock
prometheus-stock: ## build the stock Prometheus 3.15 that the tests run, into .cache/prometheus-3.15
	.ci/build-prometheus stock

.PHONY: clean
clean: ## remove what was built and fetched, but no database
	rm -rf promshard '$(cache)'

$(gofumpt):
	GOBIN='$(@D)' $(GO) install mvdan.cc/gofumpt@$(patsubst gofumpt-%,%,$(notdir $(@D)))

$(golangci-lint):
	GOBIN='$(@D)' $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(patsubst golangci-lint-%,%,$(notdir $(@D)))
