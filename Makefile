# sockfault: build, test, install. `make help` lists the targets.

VERSION := 0.1.0

ifeq ($(origin CC),default)
CC := gcc
endif
VARIANT ?= release
prefix ?= /usr/local
bindir ?= $(prefix)/bin
libdir ?= $(prefix)/lib
datadir ?= $(prefix)/share
docdir ?= $(datadir)/doc/sockfault
mandir ?= $(datadir)/man
bashdir ?= $(datadir)/bash-completion/completions
zshdir ?= $(datadir)/zsh/site-functions
fishdir ?= $(datadir)/fish/vendor_completions.d
pkgconfigdir ?= $(libdir)/pkgconfig
cmakedir ?= $(datadir)/cmake/sockfault

# One folder of objects for each compiler and variant, so that they never mix.
compiler := $(if $(findstring clang,$(CC)),clang,gcc)
out := build/$(VARIANT)$(if $(filter clang,$(compiler)),-clang)

MAKEFLAGS += --no-builtin-rules
ifeq ($(V),1)
Q :=
else
Q := @
MAKEFLAGS += --no-print-directory
endif
say = $(if $(Q),@printf '  %-7s %s\n' '$(1)' '$(patsubst $(out)/%,%,$(2))')

warnings := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wpointer-arith -Wwrite-strings -Wvla -Wformat=2
common := -std=gnu11 -D_GNU_SOURCE -g -fno-strict-aliasing -fvisibility=hidden $(warnings)
flags_release := -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong
flags_debug := -O0
# Sibling calls as by -O2: where the library is called from is told by its return addresses.
flags_asan := -O1 -foptimize-sibling-calls -fsanitize=address -fno-omit-frame-pointer
flags_ubsan := -O1 -foptimize-sibling-calls -fsanitize=undefined -fno-sanitize-recover=all
flags_tsan := -O1 -foptimize-sibling-calls -fsanitize=thread
$(if $(flags_$(VARIANT)),,$(error VARIANT=$(VARIANT): allowed are release debug asan ubsan tsan))
sanitize := $(filter -fsanitize% -fno-sanitize%,$(flags_$(VARIANT)))

# The shim: no stack protector on paths that idle calls take, no fortify (it
# would call the very functions that the shim interposes), static TLS. It lives
# in programs that have no sanitizer's run-time, so undefined behaviour traps
# and the other sanitizers see the runner and the unit tests alone.
shim_variant := $(filter-out -D_FORTIFY_SOURCE=2 -fstack-protector-strong $(sanitize),$(flags_$(VARIANT)))
shim_variant += $(if $(filter ubsan,$(VARIANT)),-fsanitize=undefined -fsanitize-undefined-trap-on-error)
# Stacks are followed from within it, so that it must describe its own frames.
shim_flags := $(common) $(shim_variant) -fPIC -fasynchronous-unwind-tables -ftls-model=initial-exec -Ishim -DSF_VERSION='"$(VERSION)"'
link_shim := $(CC) -shared $(filter -fsanitize%,$(shim_variant)) $(LDFLAGS) \
             -Wl,--version-script=shim/libsockfault.map -Wl,-z,now -Wl,-z,defs -Wl,-soname,libsockfault.so
runner_flags := $(common) $(flags_$(VARIANT)) -Irunner -Ishim -DSF_VERSION='"$(VERSION)"'
from_bin = $(shell realpath -ms --relative-to='$(bindir)' '$1')
paths := -DSF_LIBDIR='"$(libdir)"' -DSF_BIN_TO_LIB='"$(call from_bin,$(libdir))"' \
         -DSF_DATADIR='"$(datadir)"' -DSF_BIN_TO_DATA='"$(call from_bin,$(datadir))"' \
         -DSF_BIN_TO_MAN='"$(call from_bin,$(mandir))"'
runner_libs := -lyaml -ljansson -ldw -lelf -lpcre2-8 -lm
test_flags := $(common) $(flags_$(VARIANT)) -Ishim -Itests
test_libs := -lpthread
libs_test_capture := -lpcap

shim_src := $(sort $(wildcard shim/*/*.c))
runner_src := $(sort $(wildcard runner/*.c runner/*/*.c))
# What the runner and the unit tests share with the shim: all of it pure.
shared_src := $(wildcard $(foreach folder,abi engine unwind symbols,shim/$(folder)/*.c))

shim_obj := $(shim_src:%.c=$(out)/pic/%.o)
# Where things are installed: only what asks for it is made anew for another prefix.
paths_obj := $(patsubst %.c,$(out)/obj/%.o,$(shell grep -ls 'SF_LIBDIR\|SF_DATADIR\|SF_BIN_TO' $(runner_src) /dev/null))
core_obj := $(filter-out $(out)/obj/runner/main.o,$(runner_src:%.c=$(out)/obj/%.o)) \
            $(shared_src:%.c=$(out)/obj/%.o)

unit_tests := $(patsubst tests/unit/%.c,$(out)/tests/unit/%,$(wildcard tests/unit/test_*.c))
bench_src := tests/bench/worker.c tests/bench/link.c tests/bench/target.c
# Programs of several files.
folders := matrix life
test_programs := $(patsubst tests/%.c,$(out)/tests/%,$(wildcard tests/shim/*.c tests/programs/*.c)) \
                 $(folders:%=$(out)/tests/shim/%)
bench_built := $(bench_src:tests/%.c=$(out)/tests/%) $(out)/tests/bench/libempty.so

.DEFAULT_GOAL := all
.PHONY: all help demo test zoo twins twins-mutants stress suites unit e2e asan ubsan tsan fuzz bench lint install uninstall \
        deb packages clean deps tests-built FORCE
.DELETE_ON_ERROR:

# `make test` and its like build with all cores unless -j says otherwise.
parallel = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

# A file that holds what a step was made with and changes with it, so that
# other flags, or an object less, make the step run again.
keep = $(Q)mkdir -p $(@D) && printf '%s\n' '$(subst ','\'',$(1))' | cmp -s - $@ || \
       printf '%s\n' '$(subst ','\'',$(1))' > $@

# The pages need a command that runs here, which one under a sanitizer may not.
pages := $(patsubst docs/man/%.scd,$(out)/man/%,$(wildcard docs/man/*.scd))
has_scdoc := $(shell command -v scdoc 2> /dev/null)

all: $(out)/sockfault $(out)/libsockfault.so $(if $(filter release,$(VARIANT)),$(if $(has_scdoc),$(pages))) ## build the command and the library

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@printf '\nVariables: VARIANT=release|debug|asan|ubsan|tsan CC=gcc|clang V=1 SUITES="unit e2e"\n'
	@printf '           DESTDIR= prefix= bindir= libdir= datadir= mandir= docdir=\n           bashdir= zshdir= fishdir= pkgconfigdir= cmakedir=\n'

deps: ## install what is missing to build, test and lint (apt-get, as root or by sudo)
	$(Q).ci/deps build man demo test lint

# ---- build -----------------------------------------------------------------

$(out)/made/shim: FORCE
	$(call keep,$(CC) $(shim_flags) $(CFLAGS))
$(out)/made/runner: FORCE
	$(call keep,$(CC) $(runner_flags) $(CFLAGS))
$(out)/made/paths: FORCE
	$(call keep,$(paths))
$(paths_obj): private runner_flags += $(paths)
$(paths_obj): $(out)/made/paths
$(out)/made/tests: FORCE
	$(call keep,$(CC) $(test_flags) $(CFLAGS))
$(out)/made/objects: FORCE
	$(call keep,$(shim_obj) $(core_obj) $(runner_libs) $(LDFLAGS))
# Says what is missing before a compiler does. Not a file: the machine may change.
build-deps: FORCE
	$(Q).ci/deps --check build
.PHONY: build-deps

$(out)/libsockfault.so: $(shim_obj) shim/libsockfault.map $(out)/made/objects
	$(call say,LINK,$@)
	$(Q)$(link_shim) -o $@ $(shim_obj)

$(out)/libsockfault-core.a: $(core_obj) $(out)/made/objects
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $(core_obj)

$(out)/sockfault: $(out)/obj/runner/main.o $(out)/libsockfault-core.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(sanitize) $(LDFLAGS) -o $@ $^ $(runner_libs)

# The shim runs on whatever stack the program is on, perhaps a signal's of 8 KiB. What runs
# at load alone has more.
ifeq ($(VARIANT),release)
$(filter-out $(out)/pic/shim/load/%,$(shim_obj)): private shim_flags += -Wframe-larger-than=1600
endif

$(out)/pic/%.o: %.c $(out)/made/shim | build-deps
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(shim_flags) $(CFLAGS) -MMD -MP -c -o $@ $<

$(out)/obj/runner/html/assets.o: runner/html/report.css runner/html/report.js runner/html/zoom.js

$(out)/obj/%.o: %.c $(out)/made/runner | build-deps
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(runner_flags) $(CFLAGS) -MMD -MP -c -o $@ $<

# Unit tests link what they test; programs under test are plain programs. Both
# are compiled and linked in one step, so the dependencies name their target.
$(out)/tests/unit/%: tests/unit/%.c $(out)/libsockfault-core.a $(out)/made/runner
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(runner_flags) -Itests $(CFLAGS) -MMD -MP -MF $@.d -MT $@ -o $@ $< \
	    $(out)/libsockfault-core.a $(LDFLAGS) $(runner_libs) $(libs_$(@F)) -lcmocka -lpthread

$(out)/tests/bench/libempty.so: tests/bench/empty.c $(out)/made/shim | build-deps
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(shim_flags) $(CFLAGS) -MMD -MP -MF $@.d -MT $@ -shared -Wl,-z,now -o $@ $<

$(out)/tests/%: tests/%.c $(out)/made/tests | build-deps
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(test_flags) $(CFLAGS) -MMD -MP -MF $@.d -MT $@ -o $@ $< $(LDFLAGS) $(test_libs)

# What makes a session as the runner does.
$(out)/tests/shim/tracer: tests/shim/tracer.c $(out)/libsockfault-core.a $(out)/made/runner
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(runner_flags) $(CFLAGS) -MMD -MP -MF $@.d -MT $@ -o $@ $< \
	    $(out)/libsockfault-core.a $(LDFLAGS) $(runner_libs) -lpthread

define folder_rule
$(out)/tests/shim/$(1): $(wildcard tests/shim/$(1)/*.[ch]) $(out)/made/tests | build-deps
	$$(call say,CC,$$@)
	$$(Q)mkdir -p $$(@D) && $$(CC) $$(test_flags) $$(CFLAGS) -o $$@ $$(filter %.c,$$^) $$(LDFLAGS) $$(test_libs)
endef
$(foreach folder,$(folders),$(eval $(call folder_rule,$(folder))))

$(out)/tests/twins/observer: $(wildcard tests/twins/observer/*.[ch]) $(out)/made/tests | build-deps
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(test_flags) $(CFLAGS) -o $@ $(filter %.c,$^) $(LDFLAGS) $(test_libs)

# Programs under a sanitizer of their own, and the shim with its calls into the program's. What
# comes to this shim by number is its own affair: the thread sanitizer's interposers, which
# watch numbers as well as memory, do not bear that numbers are closed while they are used.
# Nor can a function under it be called before it has started, as dl_iterate_phdr() is.
stress_built := $(addprefix $(out)/tests/stress/,life-asan life-tsan threads-tsan libsockfault.so sockfault)
stress_flags := -std=gnu11 -D_GNU_SOURCE -g -O1 -fno-strict-aliasing
static_asan := -fsanitize=address $(if $(filter gcc,$(compiler)),-static-libasan)
static_tsan := -fsanitize=thread $(if $(filter gcc,$(compiler)),-static-libtsan) -rdynamic

$(out)/tests/stress/life-asan: stress_flags += $(static_asan)
$(out)/tests/stress/life-tsan $(out)/tests/stress/threads-tsan: stress_flags += $(static_tsan)
$(out)/tests/stress/life-asan $(out)/tests/stress/life-tsan: $(wildcard tests/shim/life/*.[ch])
$(out)/tests/stress/threads-tsan: tests/shim/threads.c
$(out)/tests/stress/%san: | build-deps
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(stress_flags) $(CFLAGS) -o $@ $(filter %.c,$^) $(LDFLAGS) $(test_libs)

$(out)/tests/stress/libsockfault.so: $(shim_src) $(wildcard shim/*/*.h) shim/libsockfault.map | build-deps
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(shim_flags) -O1 -fsanitize=thread $(CFLAGS) -shared -nodefaultlibs \
	    -Wl,-Bsymbolic-functions -Wl,--version-script=shim/libsockfault.map -Wl,-z,now $(LDFLAGS) -o $@ \
	    $(filter-out shim/calls/libraries.c,$(shim_src)) -lc -lgcc

$(out)/tests/stress/sockfault: $(out)/sockfault
	$(Q)mkdir -p $(@D) && cp $< $@

# What drives a browser, for the tests of the HTML report: from npm, into a folder of its own.
browser_driver := build/browser/node_modules/playwright-core/package.json
$(browser_driver): | build-deps
	$(call say,NPM,playwright-core)
	$(Q)npm install --silent --no-audit --no-fund --prefix build/browser playwright-core@1.65.1

tests-built: all $(unit_tests) $(test_programs)

# ---- show and test ---------------------------------------------------------

# Everything that sets itself up does so first, by itself: a second make then
# builds what may not have been buildable before.
demo: ## real programs meet a bad network and get a verdict
	$(Q).ci/deps build demo
	$(Q)$(MAKE) $(parallel) all $(out)/tests/programs/naive_redis
	$(Q)BUILD=$(out) tests/demo/run

test: ## all tests; installs what they need
	$(Q).ci/deps build demo test
	$(Q)$(MAKE) $(parallel) tests-built $(browser_driver)
	$(Q)BUILD=$(out) tests/run $(SUITES)

unit: tests-built ## the unit tests alone
	$(Q)BUILD=$(out) tests/run unit

e2e: tests-built ## the end-to-end tests alone
	$(Q)BUILD=$(out) tests/run scenario e2e

twins: ## each fault beside the real thing, in network namespaces; minutes
	$(Q).ci/deps build twins
	$(Q)$(MAKE) $(parallel) all $(out)/tests/twins/observer
	$(Q)BUILD=$(out) tests/twins/run $(TWINS)

zoo: ## small programs with one bug each, and their fixed twins: what explore finds; minutes
	$(Q).ci/deps build test
	$(Q)$(MAKE) $(parallel) all
	$(Q)BUILD=$(out) tests/zoo/run $(ZOO)

stress: ## descriptors under every fault and under the sanitizers; minutes
	$(Q).ci/deps build test
	$(Q)$(MAKE) $(parallel) tests-built $(stress_built)
	$(Q)BUILD=$(out) tests/run stress

twins-mutants: ## each repair of the shim taken out: a twin must notice; minutes
	$(Q).ci/deps build twins
	$(Q)$(MAKE) $(parallel) all $(out)/tests/twins/observer
	$(Q)BUILD=$(out) COMPILE='$(subst ','\'',$(CC) $(shim_flags) $(CFLAGS))' LINK='$(link_shim)' \
	    OBJECTS='$(shim_obj)' tests/twins/mutants $(MUTANTS)

suites: ## test suites of other projects, bare and wrapped: which cases change; hours, needs git
	$(Q).ci/deps build suites
	$(Q)$(MAKE) $(parallel) all
	$(Q)BUILD=$(out) tests/suites/run $(WITH)

# The sanitizers watch the runner and, in the unit tests, the engine. Threads
# there are only in the unit tests.
asan: ## unit and end-to-end tests under the address sanitizer
	$(Q).ci/deps build demo test
	$(Q)$(MAKE) $(parallel) VARIANT=asan tests-built
	$(Q)BUILD=build/asan$(if $(filter clang,$(compiler)),-clang) tests/run $(or $(SUITES),unit scenario e2e)

ubsan: ## unit, shim and end-to-end tests under the undefined-behaviour sanitizer
	$(Q).ci/deps build demo test
	$(Q)$(MAKE) $(parallel) VARIANT=ubsan tests-built
	$(Q)BUILD=build/ubsan$(if $(filter clang,$(compiler)),-clang) tests/run $(or $(SUITES),unit shim scenario e2e)

# The thread sanitizer of older compilers cannot bear much randomness of addresses.
plain_addresses = $(shell setarch "$$(uname -m)" -R true 2>/dev/null && echo setarch $$(uname -m) -R)

tsan: ## unit tests under the thread sanitizer
	$(Q).ci/deps build test
	$(Q)$(MAKE) $(parallel) VARIANT=tsan tests-built
	$(Q)BUILD=build/tsan$(if $(filter clang,$(compiler)),-clang) $(plain_addresses) tests/run unit

# libFuzzer, with the address and undefined-behaviour sanitizers. The corpus is
# what the tests know of good and bad scenarios, and plans compiled from them.
FUZZ_SECONDS ?= 60
fuzz_out := build/fuzz
fuzz_built := $(addprefix $(fuzz_out)/,scenario plan trace unwind symbols)
fuzz_src := $(filter runner/base/% runner/scenario/% runner/plan/% runner/hygiene/names.c,$(runner_src)) $(shared_src)
$(fuzz_out)/trace: fuzz_src := $(filter-out runner/main.c,$(runner_src)) $(shared_src)

$(fuzz_built): $(fuzz_out)/%: tests/fuzz/%.c $(runner_src) $(shared_src) $(wildcard runner/*/*.h shim/*/*.h)
	$(call say,FUZZ,$@)
	$(Q)mkdir -p $(@D) && clang -std=gnu11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=all -Irunner -Ishim -DSF_VERSION='"$(VERSION)"' $(paths) -o $@ $< $(fuzz_src) \
	    $(runner_libs)

fuzz: ## fuzz the readers of scenarios, plans, traces, frames and symbols, FUZZ_SECONDS each (60)
	$(Q).ci/deps build fuzz
	$(Q)$(MAKE) $(parallel) all $(fuzz_built)
	$(Q)tests/fuzz/run $(FUZZ_SECONDS) $(fuzz_out) $(out)/sockfault

bench: ## what an idle call costs, and an idle wire, and how fast faults are explored; minutes
	$(Q).ci/deps build demo
	$(Q)$(MAKE) $(parallel) all $(bench_built)
	$(Q)BUILD=$(out) tests/bench/run $(BENCH)
	$(Q)BUILD=$(out) tests/bench/wire
	$(Q)BUILD=$(out) tests/bench/explore

# Compiler flags that clang knows, for all that is linted.
lint_src = $(shim_src) $(runner_src) $(wildcard tests/programs/*.c docs/*/*.c scenarios/examples/*/*.c) $(bench_src)
lint_flags := -std=gnu11 -D_GNU_SOURCE -Irunner -Ishim -Itests -DSF_VERSION='"$(VERSION)"' $(paths)

lint: ## clang-tidy and cppcheck; fails on findings
	$(Q).ci/deps build lint
	$(Q)printf '%s\n' $(lint_src) | xargs -P $$(nproc) -n 4 sh -c \
	    'clang-tidy --quiet "$$@" -- $(subst ','\'',$(lint_flags)) 2> /dev/null' clang-tidy
	$(Q)cppcheck --quiet --std=c11 --language=c --error-exitcode=1 -j $$(nproc) --inline-suppr \
	    --enable=warning,performance,portability --suppressions-list=.cppcheck \
	    -D__$$(uname -m)__=1 $(filter -D% -I%,$(lint_flags)) $(lint_src)

# ---- install ---------------------------------------------------------------

scenarios := $(wildcard scenarios/*.yaml)
topics := $(notdir $(wildcard scenarios/examples/*))
docs := $(wildcard docs/*.md)
reference := $(wildcard docs/reference/*)
installed_paths := version prefix bindir libdir datadir docdir bashdir zshdir fishdir
version := $(VERSION)
fill_in := sed $(foreach name,$(installed_paths),-e 's|@$(name)@|$($(name))|g')

# What a text is made with: the places of installation.
$(out)/made/texts: FORCE
	$(call keep,$(fill_in))

# One date for one source, so that the same source gives the same page.
$(out)/man/%: docs/man/%.scd docs/man/fill $(out)/sockfault $(out)/made/texts
	$(call say,MAN,$@)
	$(Q)mkdir -p $(@D) && docs/man/fill $(out)/sockfault < $< > $@.filled && $(fill_in) $@.filled > $@.scd && \
	    SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(stat -c %Y $<)} scdoc < $@.scd > $@

pages: $(pages)
.PHONY: pages install-pages

# What shells, editors and the build systems of others look for. No folder here is named as a command is: who
# has $(out) on PATH would find it instead.
completions := $(patsubst %,$(out)/share/completion.%,bash zsh fish)
templates := $(patsubst runner/install/%.in,$(out)/share/%,$(wildcard runner/install/*.in))
glue := $(completions) $(templates) $(out)/share/scenario.schema.json

$(out)/share/completion.%: $(out)/sockfault
	$(Q)mkdir -p $(@D) && $< completion $* > $@
$(out)/share/scenario.schema.json: $(out)/sockfault
	$(Q)mkdir -p $(@D) && $< list schema > $@
$(templates): $(out)/share/%: runner/install/%.in $(out)/made/texts
	$(Q)mkdir -p $(@D) && $(fill_in) $< > $@

# A build goes without scdoc, and so may an installation, but not without a word.
install: all $(glue) ## install into DESTDIR, prefix
	$(Q)install -d '$(DESTDIR)$(bindir)' '$(DESTDIR)$(libdir)/sockfault' \
	    '$(DESTDIR)$(datadir)/sockfault/scenarios' '$(DESTDIR)$(docdir)/docs/reference' \
	    $(topics:%='$(DESTDIR)$(docdir)/examples/%') '$(DESTDIR)$(bashdir)' '$(DESTDIR)$(zshdir)' \
	    '$(DESTDIR)$(fishdir)' '$(DESTDIR)$(pkgconfigdir)' '$(DESTDIR)$(cmakedir)'
	$(Q)install -m 755 $(out)/sockfault '$(DESTDIR)$(bindir)/sockfault'
	$(Q)install -m 644 $(out)/libsockfault.so '$(DESTDIR)$(libdir)/sockfault/libsockfault.so'
	$(Q)install -m 644 $(scenarios) '$(DESTDIR)$(datadir)/sockfault/scenarios'
	$(Q)set -e; for topic in $(topics); do \
	    install -m 644 scenarios/examples/$$topic/* '$(DESTDIR)$(docdir)/examples'/$$topic; done
	$(Q)install -m 644 README.md LICENSE '$(DESTDIR)$(docdir)'
	$(Q)install -m 644 $(docs) '$(DESTDIR)$(docdir)/docs'
	$(Q)install -m 644 $(reference) '$(DESTDIR)$(docdir)/docs/reference'
	$(Q)install -m 644 $(out)/share/scenario.schema.json '$(DESTDIR)$(datadir)/sockfault'
	$(Q)install -m 644 $(out)/share/completion.bash '$(DESTDIR)$(bashdir)/sockfault'
	$(Q)install -m 644 $(out)/share/completion.zsh '$(DESTDIR)$(zshdir)/_sockfault'
	$(Q)install -m 644 $(out)/share/completion.fish '$(DESTDIR)$(fishdir)/sockfault.fish'
	$(Q)install -m 644 $(out)/share/sockfault.pc '$(DESTDIR)$(pkgconfigdir)'
	$(Q)install -m 644 $(filter %.cmake,$(templates)) '$(DESTDIR)$(cmakedir)'
	$(Q)if .ci/deps man; then $(MAKE) install-pages; else \
	    echo 'make install: without scdoc no manual pages are installed; all else is' >&2; fi
	@echo 'sockfault $(VERSION) is installed: $(DESTDIR)$(bindir)/sockfault, documents and examples in $(DESTDIR)$(docdir)'
	@case '$(DESTDIR)'":$$PATH:" in *:'$(bindir)':* | [!:]*) ;; *) \
	    echo '$(bindir) is not on PATH, and has to be: PATH=$(bindir):$$PATH' ;; esac

install-pages: $(pages)
	$(Q)set -e; for page in $(pages); do section='$(DESTDIR)$(mandir)'/man$${page##*.}; \
	    install -d "$$section" && install -m 644 $$page "$$section"; done

uninstall: ## remove what install put there
	$(Q)rm -f '$(DESTDIR)$(bindir)/sockfault' '$(DESTDIR)$(bashdir)/sockfault' '$(DESTDIR)$(zshdir)/_sockfault' \
	    '$(DESTDIR)$(fishdir)/sockfault.fish' '$(DESTDIR)$(pkgconfigdir)/sockfault.pc'
	$(Q)for page in $(notdir $(pages)); do rm -f '$(DESTDIR)$(mandir)'/man$${page##*.}/$$page; done
	$(Q)rm -rf '$(DESTDIR)$(libdir)/sockfault' '$(DESTDIR)$(datadir)/sockfault' '$(DESTDIR)$(docdir)' \
	    '$(DESTDIR)$(cmakedir)'

# The source as it lies here, with what Debian wants of it beside it: nothing but this folder is written to.
deb_folder := build/deb/sockfault-$(VERSION)
deb_sources := .ci LICENSE Makefile README.md docs runner scenarios shim
deb_clean := env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u VARIANT -u CC -u CFLAGS -u LDFLAGS
DEBFULLNAME ?= sockfault maintainers
DEBEMAIL ?= maintainers@sockfault.example

deb: ## build a Debian package into build/ (DEBFULLNAME, DEBEMAIL: who maintains it)
	$(Q).ci/deps build deb
	$(Q)rm -rf build/deb && mkdir -p $(deb_folder) && cp -a $(deb_sources) $(deb_folder) && \
	    cp -r .ci/debian $(deb_folder)/debian
	$(Q)date=$$(date -R -u -d "@$${SOURCE_DATE_EPOCH:-$$(stat -c %Y docs/changes.md)}") && cd $(deb_folder)/debian && \
	    sed -i -e 's|@version@|$(VERSION)|' -e 's|@maintainer@|$(DEBFULLNAME) <$(DEBEMAIL)>|' \
	    -e "s|@date@|$$date|" control changelog
	$(call say,DEB,$(deb_folder))
	$(Q)cd $(deb_folder) && DEB_BUILD_OPTIONS="noautodbgsym parallel=$$(nproc) $$DEB_BUILD_OPTIONS" \
	    $(deb_clean) dpkg-buildpackage -us -uc -b > ../log 2>&1 || { tail -n 40 ../log >&2; exit 1; }
	$(Q)mv build/deb/sockfault_*.deb build && rm -rf $(deb_folder) && ls build/sockfault_$(VERSION)_*.deb

packages: deb ## build the Debian package, install and use it, remove it again; a minute
	$(Q).ci/deps build demo deb
	$(Q)$(MAKE) $(parallel) all
	$(Q)BUILD=$(out) tests/run packages

clean: ## remove what was built
	$(Q)rm -rf build

FORCE:

-include $(shell find $(out) -name '*.d' 2>/dev/null)
