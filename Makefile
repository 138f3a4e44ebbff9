# sockfault: build, test, install. `make help` lists the targets.

VERSION := 0.1.0

CC ?= gcc
VARIANT ?= release
prefix ?= /usr/local
bindir ?= $(prefix)/bin
libdir ?= $(prefix)/lib
datadir ?= $(prefix)/share
mandir ?= $(datadir)/man

# One folder of objects for each compiler and variant, so that they never mix.
compiler := $(if $(findstring clang,$(CC)),clang,gcc)
out := build/$(VARIANT)$(if $(filter clang,$(compiler)),-clang)

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
flags_asan := -O1 -fsanitize=address -fno-omit-frame-pointer
flags_ubsan := -O1 -fsanitize=undefined -fno-sanitize-recover=all
flags_tsan := -O1 -fsanitize=thread
$(if $(flags_$(VARIANT)),,$(error VARIANT=$(VARIANT): allowed are release debug asan ubsan tsan))
sanitize := $(filter -fsanitize% -fno-sanitize%,$(flags_$(VARIANT)))

# The shim: no stack protector on paths that idle calls take, no fortify (it
# would call the very functions that the shim interposes), static TLS.
shim_flags := $(common) $(filter-out -D_FORTIFY_SOURCE=2 -fstack-protector-strong,$(flags_$(VARIANT))) \
              -fPIC -ftls-model=initial-exec -Ishim -DSF_VERSION='"$(VERSION)"'
runner_flags := $(common) $(flags_$(VARIANT)) -Irunner -Ishim -DSF_VERSION='"$(VERSION)"' \
                -DSF_LIBDIR='"$(libdir)"' -DSF_DATADIR='"$(datadir)"'
runner_libs := -lyaml -ljansson

shim_src := $(sort $(wildcard shim/*/*.c))
runner_src := $(sort $(wildcard runner/*.c runner/*/*.c))
# What the runner and the unit tests share with the shim: all of it pure.
shared_src := $(wildcard shim/abi/*.c shim/engine/*.c)

shim_obj := $(shim_src:%.c=$(out)/pic/%.o)
core_obj := $(filter-out $(out)/obj/runner/main.o,$(runner_src:%.c=$(out)/obj/%.o)) \
            $(shared_src:%.c=$(out)/obj/%.o)

unit_tests := $(patsubst tests/unit/%.c,$(out)/tests/unit/%,$(wildcard tests/unit/test_*.c))
test_programs := $(patsubst tests/%.c,$(out)/tests/%,$(wildcard tests/shim/*.c tests/programs/*.c tests/bench/*.c))

.DEFAULT_GOAL := all
.PHONY: all help demo test unit e2e asan ubsan tsan fuzz bench lint install uninstall clean deps tests-built
.DELETE_ON_ERROR:

all: $(out)/sockfault $(out)/libsockfault.so ## build the command and the library

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nVariables: VARIANT=release|debug|asan|ubsan|tsan CC=gcc|clang V=1 DESTDIR= prefix= bindir= libdir=\n'

$(out)/libsockfault.so: $(shim_obj) shim/libsockfault.map
	$(call say,LINK,$@)
	$(Q)$(CC) -shared $(sanitize) -Wl,--version-script=shim/libsockfault.map -Wl,-z,now \
	    -Wl,-z,defs -Wl,-soname,libsockfault.so -o $@ $(shim_obj)

$(out)/libsockfault-core.a: $(core_obj)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $(core_obj)

$(out)/sockfault: $(out)/obj/runner/main.o $(out)/libsockfault-core.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(sanitize) -o $@ $^ $(runner_libs)

$(out)/pic/%.o: %.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(shim_flags) $(CFLAGS) -MMD -MP -c -o $@ $<

$(out)/obj/%.o: %.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(runner_flags) $(CFLAGS) -MMD -MP -c -o $@ $<

# Unit tests link what they test; programs under test are plain programs.
$(out)/tests/unit/%: tests/unit/%.c $(out)/libsockfault-core.a
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(runner_flags) $(CFLAGS) -MMD -MP -o $@ $< $(out)/libsockfault-core.a $(runner_libs) -lcmocka

$(out)/tests/%: tests/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(common) $(flags_$(VARIANT)) -Itests $(CFLAGS) -MMD -MP -o $@ $< -lpthread

tests-built: all $(unit_tests) $(test_programs)

unit: $(unit_tests) ## the unit tests alone
	@for t in $(unit_tests); do echo "# $$t"; CMOCKA_MESSAGE_OUTPUT=TAP $$t || exit 1; done

clean: ## remove what was built
	$(Q)rm -rf build

-include $(shell find $(out) -name '*.d' 2>/dev/null)
