node := node_modules/.bin/node
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
shell ?= bash
CRASH_POINTS ?= all
# What the tests' real servers and compilers come from, where we may install it.
debian := mariadb-server-core mariadb-client gcc libc6-dev openssl \
	openssh-server openssh-client sudo \
	mmdebstrap e2fsprogs busybox-static lz4 qemu-system-x86 qemu-utils iproute2 util-linux socat \
	nftables procps fish tcsh zsh prometheus chromium

.PHONY: setup web demo test crash bench lint build release completion

setup:
	@scripts/setup.sh

web: setup ## the control room's pages, three seconds
	@npm run --silent build -w apps/web >/dev/null

demo: setup web ## break a real PostgreSQL under live traffic, put it back, prove it
	@$(node) apps/demo/src/main.ts

test: ## everything that has to be green: types, lint, unit, services, a sample of the crash matrix
	@scripts/setup.sh $(debian)
	@npm run --silent build -w apps/web >/dev/null
	@scripts/build-beside.sh # ten minutes the first time: the tests that need it come last, and wait
	npm run --silent types
	npm run --silent lint
	npm run --silent test

crash: ## the long crash matrix: every point takes hours; CRASH_POINTS=100 is that many for each skill
	@scripts/setup.sh $(debian)
	CRASH_POINTS=$(CRASH_POINTS) npm run --silent crash

bench: ## every benchmark beside its rival, in one table
	@scripts/setup.sh $(debian)
	npm run --silent bench

lint: setup
	npm run --silent lint

build: setup ## the command line in dist/chaos-agents, for any Node 24 or newer
	$(node) apps/cli/build.ts

release: build ## what install.sh downloads: the folder as a tarball, and its checksum
	tar -C dist -czf dist/chaos-agents.tar.gz chaos-agents
	cd dist && sha256sum chaos-agents.tar.gz > chaos-agents.tar.gz.sha256

completion: setup ## a completion script: make completion shell=zsh
	@./chaos completion $(shell)
