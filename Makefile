# `make help` lists the targets.
PREFIX ?= /usr/local
DESTDIR ?=
DOTNET := dotnet
QUIET := -nodeReuse:false -v q --nologo --tl:off
# The solution's build runs the analyzers on all of it; once is enough.
UNCHECKED := -p:RunAnalyzers=false

export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1

SOURCES := $(shell find src firmware \( -name bin -o -name obj \) -prune -o \( -name '*.cs' -o -name '*.csproj' -o -name '*.xml' -o -name 'exits.c' -o -name '*.order' \) -print) \
           Directory.Build.props Directory.Packages.props global.json .editorconfig docs/openapi.yaml

.DEFAULT_GOAL := help
.PHONY: help build demo shell test lab fuzz soak bench order format lint install uninstall clean tools

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

build: out/vmm ## Build out/vmm, the NativeAOT executable

out/vmm: $(SOURCES)
	$(DOTNET) publish src/Vmm -c Release $(QUIET) $(UNCHECKED) -o out/publish
	@cp out/publish/libMonoPosixHelper.so out/
	@cp out/publish/vmm out/vmm.new && mv out/vmm.new out/vmm
	@ls -l out/vmm

tools: ## Install what the lab and the tests need and this machine lacks (apt)
	@tests/Lab/install.sh

demo: tools out/vmm ## A tiny guest here, then stock Debian Linux, shown from the inside
	@tests/demo.sh

shell: tools out/vmm ## A shell in stock Debian Linux under vmm
	@tests/demo.sh shell

test: tools out/vmm ## Everything: formatting, all tests, both lanes
	$(DOTNET) build Vmm.sln $(QUIET)
	$(DOTNET) format whitespace Vmm.sln --verify-no-changes --no-restore
	$(DOTNET) build bench -c Release $(QUIET) $(UNCHECKED)
	@$(DOTNET) bench/bin/Release/net10.0/Bench.dll budgets
	@tests/run.sh

lab: tools ## A shell where stock kernels can run as guests
	@tests/Lab/lab shell

fuzz: ## The fuzzers, for longer than in `make test` (FUZZ_SECONDS=600)
	$(DOTNET) build tests/Fuzz $(QUIET)
	@VMM_FUZZ_SECONDS=$(or $(FUZZ_SECONDS),600) tests/run.sh Fuzz

soak: tools out/vmm ## A stock guest under stress-ng, fio --verify and iperf3 (SOAK_SECONDS=600)
	@tests/soak.sh $(or $(SOAK_SECONDS),600)

bench: tools out/vmm ## Benchmarks, side by side with QEMU and a bare C loop
	$(DOTNET) run -c Release $(UNCHECKED) --project bench -- $(ARGS)

order: tools out/vmm ## Find anew what a start of vmm calls, for the program's layout (src/Vmm/startup.order)
	@bench/Scripts/order.sh

format: ## Format the sources
	$(DOTNET) format whitespace Vmm.sln

lint: ## Build with every analyzer, and check formatting
	$(DOTNET) build Vmm.sln $(QUIET)
	$(DOTNET) format whitespace Vmm.sln --verify-no-changes --no-restore

install: out/vmm ## Install under PREFIX, with completions and man page
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/vmm $(DESTDIR)$(PREFIX)/share/man/man1 \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions \
	    $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -m 755 out/vmm out/libMonoPosixHelper.so $(DESTDIR)$(PREFIX)/lib/vmm
	ln -sf ../lib/vmm/vmm $(DESTDIR)$(PREFIX)/bin/vmm
	install -m 644 docs/vmm.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 completions/vmm.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/vmm
	install -m 644 completions/_vmm $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -m 644 completions/vmm.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d

uninstall: ## Take it away again
	rm -rf $(DESTDIR)$(PREFIX)/lib/vmm
	rm -f $(DESTDIR)$(PREFIX)/bin/vmm $(DESTDIR)$(PREFIX)/share/man/man1/vmm.1 \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/vmm $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_vmm \
	    $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/vmm.fish

clean: ## Remove what was built
	rm -rf out BenchmarkDotNet.Artifacts
	find src firmware tests bench \( -name bin -o -name obj \) -type d -prune -exec rm -rf {} +
