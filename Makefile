# heard: `make run` and `make test` do everything on a fresh machine with Go.

SHELL := /bin/bash
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT := $(shell git rev-parse HEAD 2>/dev/null)
LDFLAGS := -X main.version=$(VERSION) -X main.commit=$(COMMIT)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
HEARD_SHARED ?= ../shared
export HEARD_SHARED

.PHONY: help run build deps test race lint vuln bench bench-compare bench-limits ci clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: build ## start the engine with the demo on the embedded store
	./bin/heard serve --demo

build: ## ./bin/heard
	go build -ldflags '$(LDFLAGS)' -o bin/heard ./cmd/heard

BROWSERTEST := transport/dashboard/browsertest
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

deps: $(BROWSERTEST)/node_modules/.package-lock.json ## what the tests need beside Go: chromium, redis-server, strace, iptables, ip, npm packages by lock file
	@missing=; for tool in chromium redis-server strace iptables; do command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
	command -v ip >/dev/null || missing="$$missing iproute2"; \
	if [ -n "$$missing" ]; then $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends $$missing; fi

$(BROWSERTEST)/node_modules/.package-lock.json: $(BROWSERTEST)/package-lock.json
	@command -v node >/dev/null || { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends nodejs; }
	@command -v npm >/dev/null || $(SUDO) apt-get install -y -qq --no-install-recommends npm
	npm ci --prefix $(BROWSERTEST) --no-audit --no-fund
	@touch $@

test: deps ## all tests
	HEARD_BROWSER_TESTS=1 go test -timeout 20m ./...

race: ## all tests under the race detector
	HEARD_BROWSER_TESTS=0 go test -race -timeout 20m ./...

lint: ## gofmt, vet, also for macOS, staticcheck
	@unformatted=$$(gofmt -l $$(git ls-files -c -o --exclude-standard '*.go')); \
	if [ -n "$$unformatted" ]; then echo "not gofmt'ed: $$unformatted"; exit 1; fi
	go vet ./...
	GOOS=darwin GOARCH=arm64 go vet ./...
	go run $(STATICCHECK) ./...

vuln: ## known vulnerabilities in what we build on, by the offline database
	@if [ -f $(HEARD_SHARED)/security/vulndb.tgz ]; then \
		dir=$$(mktemp -d) && tar -xzf $(HEARD_SHARED)/security/vulndb.tgz -C $$dir && \
		db=$$(dirname $$(find $$dir -type d -name index | head -1)) && \
		go run $(GOVULNCHECK) -db file://$$db ./... ; status=$$?; rm -rf $$dir; exit $$status; \
	else echo "SKIP vuln: no $(HEARD_SHARED)/security/vulndb.tgz"; fi

bench: build ## the table of the README, a few minutes: goals, figures, commands
	@go run ./bench/table ./bin/heard

bench-compare: ## this tree against a commit: make bench-compare REF=main
	@go run ./bench/compare '$(REF)'

bench-limits: ## the other figures of docs/PERFORMANCE.md, half an hour
	go test -run '^$$' -bench . -benchtime 1x -timeout 60m ./bench/limits
	go test -run '^$$' -bench LiveOrder -benchtime 1x ./actors
	go test -run '^$$' -bench 'ComputeTenLines$$' -benchmem ./domain/billing

ci: lint test race vuln ## everything CI runs

clean: ## remove what was built
	rm -rf bin
