# SPDX-License-Identifier: GPL-2.0-only
# Everything is built in $(BUILD): release/ is what is installed, debug/ has ASan and UBSan and is what the tests run.
# A source file is found by where it stands; its object, its dependencies and its test need no line here.
VERSION := 1.0.0
# The day of that version, for the man pages, and the ABI of libuefivars.so.
DATE := 2026-11-30
LIBRARY_ABI := 0
BUILD ?= build
prefix ?= /usr/local
PREFIX ?= $(prefix)
SYSCONFDIR ?= /etc
LIBDIR ?= $(PREFIX)/lib
UNITDIR ?= $(PREFIX)/lib/systemd/system
CFLAGS ?= -O2 -g
WERROR ?= -Werror
PKG_CONFIG ?= pkg-config
PROVE ?= prove

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes $(WERROR)
HARDENING := -fPIE -fstack-protector-strong -fstack-clash-protection \
	$(if $(filter x86_64-% i%86-%,$(shell $(CC) -dumpmachine 2>/dev/null)),-fcf-protection)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
STANDARD := -std=gnu17 -D_GNU_SOURCE -DUEFISTORED_VERSION='"$(VERSION)"' \
	-DUEFISTORED_SYSCONFDIR='"$(SYSCONFDIR)"' -Ilib -Ihost -I.
LINK := -pie -pthread -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed

COMPILE_release := $(STANDARD) $(WARNINGS) $(HARDENING) -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
COMPILE_shared := $(COMPILE_release) -fPIC
COMPILE_debug := $(STANDARD) $(WARNINGS) $(HARDENING) $(SANITIZE) -DUEFISTORED_DEBUG
COMPILE_coverage := $(STANDARD) $(WARNINGS) -O0 --coverage -fprofile-update=atomic
COMPILE_tsan := $(STANDARD) $(WARNINGS) -Wno-unknown-warning-option -Wno-tsan -fsanitize=thread -fno-omit-frame-pointer -DUEFISTORED_DEBUG
LINK_release := $(LINK)
LINK_debug := $(LINK) $(SANITIZE)
LINK_coverage := $(LINK) --coverage
LINK_tsan := $(LINK) -fsanitize=thread

# The library may know libcrypto alone; the rest sees all packages. No call of GLib that is newer than XCP-ng 8's.
PACKAGES := glib-2.0 jansson libcrypto libseccomp
PACKAGES_OLDEST := glib-2.0 >= 2.54 jansson >= 2.10 libcrypto >= 1.1.1 libseccomp >= 2.3
PACKAGES_FOUND := $(shell $(PKG_CONFIG) --exists '$(PACKAGES_OLDEST)' 2>/dev/null && echo yes)
PACKAGE_CFLAGS_lib := $(shell $(PKG_CONFIG) --cflags libcrypto 2>/dev/null)
PACKAGE_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PACKAGES) 2>/dev/null) \
	-DGLIB_VERSION_MIN_REQUIRED=GLIB_VERSION_2_54 -DGLIB_VERSION_MAX_ALLOWED=GLIB_VERSION_2_54
LIBS := $(shell $(PKG_CONFIG) --libs $(PACKAGES) 2>/dev/null)
# Some programs need more; where that is not there, they are left out.
PACKAGES_secureboot-certs := libcurl libarchive
LIBS_secureboot-certs := $(shell $(PKG_CONFIG) --libs $(PACKAGES_secureboot-certs) 2>/dev/null)
PACKAGE_CFLAGS_secureboot-certs := $(shell $(PKG_CONFIG) --cflags $(PACKAGES_secureboot-certs) 2>/dev/null)
# The transport to Xen is part of the daemon where Xen's libraries are there.
PACKAGES_xen := xendevicemodel xenforeignmemory xenevtchn xentoolcore xenstore
LIBS_uefistored := $(shell $(PKG_CONFIG) --libs $(PACKAGES_xen) 2>/dev/null)
XEN := $(if $(LIBS_uefistored),-DUEFISTORED_XEN $(shell $(PKG_CONFIG) --cflags $(PACKAGES_xen)))
LIBS_run_soak := -lm
LIBS_uefistored-dm := $(shell $(PKG_CONFIG) --libs xenstore 2>/dev/null)
PACKAGES_uefistored-dm := xenstore
LEFT_OUT := $(foreach tool,secureboot-certs uefistored-dm,$(if $(LIBS_$(tool)),,$(tool)))

LIB_SOURCES := $(wildcard lib/*.c lib/*/*.c)
HOST_SOURCES := $(wildcard host/*.c host/*/*.c)
DAEMON_SOURCES := $(filter-out $(if $(XEN),,daemon/transport/xen%.c),$(wildcard daemon/*.c daemon/*/*.c))
TOOL_SUPPORT_SOURCES := $(wildcard tools/support/*.c)
TEST_SUPPORT_SOURCES := $(wildcard tests/support/*.c)
TEST_SOURCES := $(wildcard tests/*/test_*.c)
# What test scripts use: programs that are built as tests are, and libraries for LD_PRELOAD.
HELPER_SOURCES := $(wildcard tests/*/run_*.c)
PRELOAD_SOURCES := $(wildcard tests/*/preload_*.c)
# Those in packages/ are for root, and fetch from the distribution's mirror.
TEST_SCRIPTS := $(filter-out tests/packages/% $(if $(filter secureboot-certs,$(LEFT_OUT)),%/secureboot_certs.t),$(wildcard tests/*/*.t))
BENCH_SOURCES := $(wildcard tests/bench/*.c)
# A program is tools/NAME.c and what is in tools/NAME/.
TOOLS := $(filter-out $(LEFT_OUT),$(patsubst tools/%.c,%,$(wildcard tools/*.c)))
tool_sources = $(wildcard tools/$(1).c tools/$(1)/*.c)
SOURCES := $(LIB_SOURCES) $(HOST_SOURCES) $(DAEMON_SOURCES) $(TOOL_SUPPORT_SOURCES) $(TEST_SUPPORT_SOURCES) \
	$(TEST_SOURCES) $(HELPER_SOURCES) $(BENCH_SOURCES) $(foreach tool,$(TOOLS),$(call tool_sources,$(tool)))
MANUALS := $(wildcard docs/man/*.[1-8])
LIBRARY := $(BUILD)/release/libuefivars.so.$(LIBRARY_ABI)
# What `make install` installs, of packaging/manifest.
PARTS ?= daemon tools lib dev firmware

objects = $(patsubst %.c,$(BUILD)/$(1)/%.o,$(2))
tests_of = $(patsubst %.c,$(BUILD)/$(1)/%,$(TEST_SOURCES))
helpers_of = $(patsubst %.c,$(BUILD)/$(1)/%,$(HELPER_SOURCES))
preloads_of = $(patsubst %.c,$(BUILD)/$(1)/%.so,$(PRELOAD_SOURCES))
programs_of = $(BUILD)/$(1)/uefistored $(TOOLS:%=$(BUILD)/$(1)/%)
# One short line for what is made (V=1: the command itself, -s: none).
define newline


endef
silent := $(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS))))
say = $(if $(V),,@$(if $(silent),,echo '  $(1) $@' &&))
# make test and make demo begin on a machine that has no compiler: they use what it has once that is there.
parallel = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 2))

.PHONY: all uefistored uefistored-debug tools man demo demo-picture test check bench faults tsan soak coverage compilers lint \
	scan-build valgrind format deps deps-lint deps-package install uninstall list dist deb srpm rpm check-release \
	test-packages docker-shell deploy clean help everything everything-release everything-debug FORCE
.SUFFIXES:
.SECONDARY:
.DELETE_ON_ERROR:

all: uefistored tools man $(BUILD)/release/libuefivars.a $(LIBRARY) ## The daemon, the programs and the library (the default)
uefistored: $(BUILD)/release/uefistored ## The daemon
uefistored-debug: $(BUILD)/debug/uefistored ## The daemon with ASan and UBSan, in $(BUILD)/debug
tools: $(TOOLS:%=$(BUILD)/release/%) ## The programs beside it
	$(foreach tool,$(LEFT_OUT),@echo 'left out: $(tool): it needs $(PACKAGES_$(tool)) (make deps)' >&2$(newline))

man: $(MANUALS:docs/man/%=$(BUILD)/man/%) ## The man pages, in $(BUILD)/man

demo: ## Watch a guest use a protected store; installs what is missing first
	@scripts/deps build demo
	@$(MAKE) --no-print-directory -s $(parallel) all
	@BUILD=$(BUILD)/release scripts/demo.sh

demo-picture: all ## docs/demo.svg, from what the demo prints now
	@BUILD=$(BUILD)/release scripts/demo.sh >$(BUILD)/demo.txt
	@scripts/picture 'make demo' <$(BUILD)/demo.txt >docs/demo.svg

test: ## Everything is built and tested; installs what is missing first
	@scripts/deps build test
	@$(MAKE) --no-print-directory $(parallel) check

VALGRIND_TESTS := $(filter $(BUILD)/release/tests/unit/% $(BUILD)/release/tests/conformance/%,$(call tests_of,release))

# What the programs of the tests are told: BUILD where they stand themselves, RELEASE where the installed ones do.
check: everything-debug all ## The tests alone, without the set-up
	BUILD=$(BUILD)/debug RELEASE=$(BUILD)/release CC='$(CC)' $(PROVE) $(PROVEFLAGS) -e tests/run.sh \
		$(call tests_of,debug) $(TEST_SCRIPTS)

fuzz: ## Fuzz all targets for FUZZ_SECONDS each (60; FUZZ_TARGETS='page http': only those)
fuzz-afl: ## The same targets under AFL++
model: ## The library against its model: MODEL_SEQUENCES random ones (100000; MODEL_SEED, MODEL_JOBS)

FIRMWARE := $(BUILD)/firmware
# The cases with a firmware run where its image is, or where they are named.
XEN_FIRMWARE = $(if $(filter firmware/%,$(CASES))$(wildcard $(FIRMWARE)/uefistored-xen.fd),xen-firmware)

# What is on the machine afterwards decides what is built: each step is a make of its own.
.PHONY: test-xen
test-xen: ## The cases of tests/xen on a real Xen, emulated; installs what is missing first (CASES='xl/dm libxc/pvh')
	@scripts/deps build xen $(XEN_FIRMWARE)
	@$(MAKE) --no-print-directory -s $(parallel) all
	@$(if $(filter firmware/%,$(CASES)),$(MAKE) --no-print-directory -s $(FIRMWARE)/uefistored-xen.fd)
	@$(MAKE) --no-print-directory -s -f tests/xen/lab.mk BUILD=$(BUILD)
	@BUILD=$(BUILD) tests/xen/run $(CASES)

check-release: $(VALGRIND_TESTS) ## The unit and conformance tests in C on the build that is installed
	BUILD=$(BUILD)/release RELEASE=$(BUILD)/release $(PROVE) $(PROVEFLAGS) -e tests/run.sh $(VALGRIND_TESTS)

test-packages: deb srpm ## Install the packages in a fresh Debian, use and purge them (as root; fetches Debian)
	@scripts/deps package
	BUILD=$(BUILD) $(PROVE) $(PROVEFLAGS) -e tests/run.sh tests/packages/*.t

.PHONY: test-docs
test-docs: everything-debug all ## Run what README and docs tell to type, and follow their links (part of check, too)
	BUILD=$(BUILD)/debug RELEASE=$(BUILD)/release $(PROVE) $(PROVEFLAGS) -e tests/run.sh \
		tests/docs/docs.t tests/interop/secure_boot_document.t

bench: $(BUILD)/release/bench $(BUILD)/release/uefistored ## Time the services in-process (BENCH_ARGS=--json: as JSON)
	@$(BUILD)/release/bench $(BENCH_ARGS)

compilers: ## Build everything by gcc and by clang, no warning tolerated
	@scripts/deps --check build lint
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/gcc CC=gcc everything
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/clang CC=clang everything

.PHONY: firmware firmware-driver test-guest bench-guest
firmware: ## The guest's firmware for Xen and for QEMU, in $(BUILD)/firmware (minutes)
	@scripts/deps build firmware
	@firmware/build.sh $(FIRMWARE)

firmware-driver: ## Compile the guest's drivers alone
	@scripts/deps build firmware
	@firmware/build.sh $(FIRMWARE) driver

# Not rebuilt where it is there: make firmware does that.
$(FIRMWARE)/uefistored-qemu.fd: IMAGE := qemu
$(FIRMWARE)/uefistored-xen.fd: IMAGE := xen
$(FIRMWARE)/stock-qemu.fd: IMAGE := stock
$(FIRMWARE)/uefistored-qemu.fd $(FIRMWARE)/uefistored-xen.fd $(FIRMWARE)/stock-qemu.fd:
	@scripts/deps build firmware
	@firmware/build.sh $(FIRMWARE) $(IMAGE)

test-guest: all $(FIRMWARE)/uefistored-qemu.fd ## Firmware, boot manager, Linux and Secure Boot in QEMU, on the daemon
	@scripts/deps build guest
	@tests/guest/fetch.sh $(BUILD)/guest
	@RELEASE=$(BUILD)/release tests/guest/run.py $(FIRMWARE) $(BUILD)/guest

bench-guest: all $(FIRMWARE)/uefistored-qemu.fd $(FIRMWARE)/stock-qemu.fd ## Time the QEMU firmware to its shell beside stock OVMF
	@scripts/deps build guest
	@RELEASE=$(BUILD)/release tests/guest/times.py $(FIRMWARE) $(ROUNDS)

lint: ## Layout, rules of the house, cppcheck, shellcheck
	@scripts/deps --check lint
	@scripts/lint

# Only what is compiled is looked at, so all of it is.
scan-build: ## Clang's analyzer over the programs; fails on a finding
	@scripts/deps --check build lint
	@rm -rf $(BUILD)/analyzed
	scan-build --status-bugs -o $(BUILD)/analyzed $(MAKE) --no-print-directory BUILD=$(BUILD)/analyzed all

VALGRIND := valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect,possible

valgrind: $(VALGRIND_TESTS) ## The unit and conformance tests in C under valgrind
	@scripts/deps --check lint
	BUILD=$(BUILD)/release G_SLICE=always-malloc UNDER='$(VALGRIND)' $(PROVE) $(or $(PROVEFLAGS),-j2) -e tests/run.sh \
		$(VALGRIND_TESTS)

faults: everything-debug all ## Every fault of the file store and of memory, a guest that cheats for a minute
	BUILD=$(BUILD)/debug RELEASE=$(BUILD)/release FAULTS_ALL=1 FLIP_SECONDS=60 ROUNDS=60 \
		$(PROVE) -v -e tests/run.sh $(filter tests/faults/%,$(TEST_SCRIPTS)) $(BUILD)/debug/tests/unit/test_memory

# The threads, in many an order.
TSAN_TESTS := $(addprefix $(BUILD)/tsan/tests/unit/test_,writer file_store serve save)
tsan: $(TSAN_TESTS) $(call helpers_of,tsan) $(call preloads_of,tsan) $(call programs_of,tsan) ## What has threads, under TSan
	BUILD=$(BUILD)/tsan RELEASE=$(BUILD)/release TSAN_OPTIONS=exitcode=66 $(PROVE) -e tests/run.sh $(TSAN_TESTS) \
		tests/faults/schedule.t tests/faults/flip.t

SOAK_SECONDS ?= 60
soak: $(BUILD)/release/uefistored $(BUILD)/release/tests/soak/run_soak ## Guests at full speed for SOAK_SECONDS, with restarts
	BUILD=$(BUILD)/release tests/soak/soak.py $(SOAK_SECONDS)

coverage: $(call tests_of,coverage) ## Lines and branches by room that the tests in C reach
	@scripts/deps --check lint test
	@scripts/coverage $(BUILD)/coverage $(call tests_of,coverage)

format: ## Lay out all C files as .clang-format says
	@scripts/lint --format

deps: ## Install what building and testing need (apt; elsewhere: name it)
	@scripts/deps build demo test

deps-lint: ## Install what lint, compilers, scan-build and valgrind need
	@scripts/deps build lint

deps-fuzz: ## Install what fuzz and fuzz-afl need
	@scripts/deps build fuzz fuzz-afl

deps-package: ## Install what building and testing the packages needs
	@scripts/deps build package

# Where things go; scripts/install knows where PREFIX has what is not named here.
places = BUILD='$(BUILD)' DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' SYSCONFDIR='$(SYSCONFDIR)' LIBDIR='$(LIBDIR)' \
	UNITDIR='$(UNITDIR)' VERSION='$(VERSION)' DATE='$(DATE)' ABI='$(LIBRARY_ABI)'

install: $(if $(filter-out firmware,$(PARTS)),all) ## Install below $(DESTDIR)$(PREFIX); an existing configuration is kept (PARTS='daemon tools')
	@$(places) scripts/install $(PARTS)
	$(if $(DESTDIR),,-@ldconfig)

uninstall: ## Remove what `make install` has installed, but for the configuration
	@$(places) scripts/install --remove $(PARTS)

list: ## What the parts are, and where they go (PARTS='daemon tools')
	@$(places) scripts/install --list $(PARTS)

dist: ## The sources as $(BUILD)/uefistored-$(VERSION).tar.gz
	@scripts/dist $(BUILD)/uefistored-$(VERSION).tar.gz uefistored-$(VERSION)

deb: ## Packages for Debian, in $(BUILD)/deb (PROFILES=pkg.uefistored.firmware: that of `make firmware`, too)
	@scripts/deps build package
	@$(places) scripts/package deb

srpm: ## The source package for XCP-ng, in $(BUILD)/rpm
	@scripts/deps rpm
	@$(places) scripts/package srpm

rpm: ## Packages for XCP-ng, in $(BUILD)/rpm (RPMFLAGS=--nodeps: with what is there)
	@scripts/deps rpm
	@$(places) scripts/package rpm

docker-shell: ## A shell in a container that has all that is needed (IMAGE=debian or xcp-ng)
	@scripts/docker shell

docker-%: ## make TARGET in such a container: docker-all, docker-check, docker-deb, docker-rpm, ...
	@scripts/docker make $*

deploy: $(if $(HOST),all) ## Copy the programs to a test host by ssh (HOST=[user@]name)
	@scripts/deploy '$(HOST)' '$(PREFIX)' $(BUILD)/release/uefistored $(TOOLS:%=$(BUILD)/release/%)

clean: ## Remove $(BUILD)
	rm -rf $(BUILD)

help: ## This list
	@echo "Targets (variables: BUILD=$(BUILD) CC=$(CC) CFLAGS='$(CFLAGS)' PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)):"
	@sed -n 's/^\([a-z][a-z%-]*\):.* ## \(.*\)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | \
		awk -F '\t' '{ printf "  %-18s %s\n", $$1, $$2 }'

# Programs, tests and benchmark, nothing run.
everything: everything-release everything-debug

# A change of the flags rebuilds, a change of the set of sources relinks; the files' times tell it.
flags = $(CC) $(CFLAGS) $(CPPFLAGS) $(LDFLAGS) $(VERSION) $(COMPILE_release) $(COMPILE_debug) $(COMPILE_coverage) \
	$(COMPILE_tsan) $(COMPILE_shared) $(PACKAGE_CFLAGS) $(LIBS) \
	$(PACKAGE_CFLAGS_secureboot-certs) $(LIBS_secureboot-certs) $(XEN) $(LIBS_uefistored)
remember = @printf '%s\n' '$(subst ','\'',$(1))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(1))' > $@

$(BUILD)/flags: FORCE
	@$(if $(PACKAGES_FOUND),,echo 'missing, or too old, of $(PACKAGES_OLDEST): run `make deps`' >&2; exit 1)
	@mkdir -p $(@D)
	$(call remember,$(flags))
$(BUILD)/man/%: docs/man/% Makefile
	@mkdir -p $(@D)
	$(call say,MAN) $(places) scripts/install --fill <$< >$@

$(BUILD)/sources: FORCE
	@mkdir -p $(@D)
	$(call remember,$(SOURCES))

define variant
$(BUILD)/$(1)/lib/%.o: lib/%.c $(BUILD)/flags
	@mkdir -p $$(@D)
	$$(call say,CC) $$(CC) $$(CFLAGS) $$(CPPFLAGS) $$(COMPILE_$(1)) $$(PACKAGE_CFLAGS_lib) -MMD -MP -c -o $$@ $$<
$(BUILD)/$(1)/%.o: %.c $(BUILD)/flags
	@mkdir -p $$(@D)
	$$(call say,CC) $$(CC) $$(CFLAGS) $$(CPPFLAGS) $$(COMPILE_$(1)) $$(PACKAGE_CFLAGS) -MMD -MP -c -o $$@ $$<

$(BUILD)/$(1)/daemon/%.o: CPPFLAGS += $$(XEN)
$(BUILD)/$(1)/tools/secureboot-certs%.o: PACKAGE_CFLAGS += $$(PACKAGE_CFLAGS_secureboot-certs)

$(BUILD)/$(1)/libuefivars.a: $(call objects,$(1),$(LIB_SOURCES))
$(BUILD)/$(1)/libhost.a: $(call objects,$(1),$(HOST_SOURCES))
$(BUILD)/$(1)/libtools.a: $(call objects,$(1),$(TOOL_SUPPORT_SOURCES))
$(BUILD)/$(1)/libtestsupport.a: $(call objects,$(1),$(TEST_SUPPORT_SOURCES))
$(BUILD)/$(1)/lib%.a: $(BUILD)/sources
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(call say,AR) $$(AR) rcs $$@ $$(filter %.o,$$^)

$(BUILD)/$(1)/uefistored: $(call objects,$(1),$(DAEMON_SOURCES)) $(BUILD)/$(1)/libhost.a $(BUILD)/$(1)/libuefivars.a
$(foreach tool,$(TOOLS),$(eval $(BUILD)/$(1)/$(tool): $(call objects,$(1),$(call tool_sources,$(tool)))))
$(TOOLS:%=$(BUILD)/$(1)/%): $(BUILD)/$(1)/libtools.a $(BUILD)/$(1)/libhost.a $(BUILD)/$(1)/libuefivars.a
$(call tests_of,$(1)) $(call helpers_of,$(1)): $(BUILD)/$(1)/%: $(BUILD)/$(1)/%.o
$(call preloads_of,$(1)): $(BUILD)/$(1)/%.so: %.c $(BUILD)/flags
	@mkdir -p $$(@D)
	$$(call say,LD) $$(CC) $$(CFLAGS) $$(CPPFLAGS) $$(STANDARD) $$(WARNINGS) -fPIC -shared -o $$@ $$<
$(BUILD)/$(1)/bench: $(call objects,$(1),$(BENCH_SOURCES))
$(call tests_of,$(1)) $(call helpers_of,$(1)) $(BUILD)/$(1)/bench: $(BUILD)/$(1)/libtestsupport.a $(BUILD)/$(1)/libtools.a \
		$(BUILD)/$(1)/libhost.a $(BUILD)/$(1)/libuefivars.a
$(call programs_of,$(1)) $(call tests_of,$(1)) $(call helpers_of,$(1)) $(BUILD)/$(1)/bench: $(BUILD)/sources
	$$(call say,LD) $$(CC) $$(CFLAGS) $$(LDFLAGS) $$(LINK_$(1)) -o $$@ $$(filter %.o,$$^) $$(filter %.a,$$^) \
		$$(LIBS) $$(LIBS_$$(@F))

everything-$(1): $(call programs_of,$(1)) $(call tests_of,$(1)) $(call helpers_of,$(1)) $(call preloads_of,$(1)) $(if $(BENCH_SOURCES),$(BUILD)/$(1)/bench)

-include $(patsubst %.c,$(BUILD)/$(1)/%.d,$(SOURCES))
endef
$(eval $(call variant,release))

# The library for other programs; those of the project have the archive in them.
$(BUILD)/shared/lib/%.o: lib/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(CFLAGS) $(CPPFLAGS) $(COMPILE_shared) $(PACKAGE_CFLAGS_lib) -MMD -MP -c -o $@ $<
$(LIBRARY): $(call objects,shared,$(LIB_SOURCES)) lib/uefivars.map $(BUILD)/sources
	$(call say,LD) $(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(@F) -Wl,--version-script,lib/uefivars.map \
		-Wl,-z,defs,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed -o $@ $(filter %.o,$^) \
		$(shell $(PKG_CONFIG) --libs libcrypto 2>/dev/null)
-include $(patsubst %.c,$(BUILD)/shared/%.d,$(LIB_SOURCES))

$(eval $(call variant,debug))
$(eval $(call variant,coverage))
$(eval $(call variant,tsan))
include tests/fuzz/fuzz.mk
