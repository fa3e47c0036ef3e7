node := node_modules/.bin/node
shell ?= bash

.PHONY: build release completion

$(node):
	npm ci

build: | $(node) ## the command line in dist/chaos-agents, for any Node 24 or newer
	$(node) apps/cli/build.ts

release: build ## what install.sh downloads: the folder as a tarball, and its checksum
	tar -C dist -czf dist/chaos-agents.tar.gz chaos-agents
	cd dist && sha256sum chaos-agents.tar.gz > chaos-agents.tar.gz.sha256

completion: | $(node) ## a completion script: make completion shell=zsh
	@./chaos completion $(shell)
