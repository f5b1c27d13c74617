# SPDX-License-Identifier: GPL-2.0-only
# Part of the Makefile: the fuzz targets and the model test. A target is fuzz_NAME.c; the seeds' maker is seeds*.c;
# replay.c is main() where there is no fuzzer.
FUZZ_SOURCES := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_SEED_SOURCES := $(wildcard tests/fuzz/seeds*.c)
FUZZ_SUPPORT_SOURCES := $(filter-out $(FUZZ_SOURCES) $(FUZZ_SEED_SOURCES) %/replay.c,$(wildcard tests/fuzz/*.c))
fuzzers_of = $(patsubst %.c,$(BUILD)/$(1)/%,$(FUZZ_SOURCES))

# Instrumented for a fuzzer: its own main() and its own compiler.
COMPILE_fuzz := $(COMPILE_debug) -fsanitize=fuzzer-no-link
LINK_fuzz := $(LINK_debug)
FUZZER_fuzz := -fsanitize=fuzzer

define fuzzing
$(BUILD)/$(1)/libfuzz.a: $(call objects,$(1),$(FUZZ_SUPPORT_SOURCES))
$(call fuzzers_of,$(1)): $(BUILD)/$(1)/%: $(BUILD)/$(1)/%.o $(if $(FUZZER_$(1)),,$(BUILD)/$(1)/tests/fuzz/replay.o)
$(call fuzzers_of,$(1)): FUZZER := $(FUZZER_$(1))
$(BUILD)/$(1)/tests/fuzz/seeds: $(call objects,$(1),$(FUZZ_SEED_SOURCES))
$(BUILD)/$(1)/tests/model/driver: $(BUILD)/$(1)/tests/model/driver.o
$(call fuzzers_of,$(1)) $(BUILD)/$(1)/tests/fuzz/seeds: $(BUILD)/$(1)/libfuzz.a $(BUILD)/$(1)/libtestsupport.a \
		$(BUILD)/$(1)/libtools.a $(BUILD)/$(1)/libhost.a
$(call fuzzers_of,$(1)) $(BUILD)/$(1)/tests/fuzz/seeds $(BUILD)/$(1)/tests/model/driver: $(BUILD)/$(1)/libuefivars.a
# The recipe's own prerequisites come first: they are no archives, whose order matters.
$(call fuzzers_of,$(1)) $(BUILD)/$(1)/tests/fuzz/seeds $(BUILD)/$(1)/tests/model/driver: $(BUILD)/sources
	$$(call say,LD) $$(CC) $$(CFLAGS) $$(LDFLAGS) $$(LINK_$(1)) $$(FUZZER) -o $$@ $$(filter %.o,$$^) \
		$$(filter %.a,$$^) $$(LIBS)

fuzzing-$(1): $(call fuzzers_of,$(1)) $(BUILD)/$(1)/tests/fuzz/seeds $(BUILD)/$(1)/tests/model/driver

-include $(patsubst %.c,$(BUILD)/$(1)/%.d,$(wildcard tests/fuzz/*.c tests/model/*.c))
endef
$(eval $(call variant,fuzz))
$(eval $(call fuzzing,fuzz))
$(eval $(call fuzzing,debug))
$(eval $(call fuzzing,release))
everything-debug: fuzzing-debug
everything-release: fuzzing-release
.PHONY: deps-fuzz fuzz fuzz-afl model fuzzing-fuzz fuzzing-debug fuzzing-release

FUZZ_SECONDS ?= 60
MODEL_SEQUENCES ?= 100000
MODEL_JOBS ?= 2

# Built beside the rest: another compiler made them.
fuzz:
	@scripts/deps --check build fuzz
	@$(MAKE) --no-print-directory -s $(parallel) BUILD=$(BUILD)/fuzz CC=clang fuzzing-fuzz
	@scripts/fuzz libfuzzer $(BUILD)/fuzz $(FUZZ_SECONDS) $(FUZZ_TARGETS)

fuzz-afl:
	@scripts/deps --check build fuzz fuzz-afl
	@$(MAKE) --no-print-directory -s $(parallel) BUILD=$(BUILD)/afl CC=afl-clang-fast fuzzing-fuzz
	@scripts/fuzz afl $(BUILD)/afl $(FUZZ_SECONDS) $(FUZZ_TARGETS)

model: $(BUILD)/release/tests/model/driver
	@scripts/deps --check build test
	tests/model/model.py $< --sequences $(MODEL_SEQUENCES) --jobs $(MODEL_JOBS) $(if $(MODEL_SEED),--seed $(MODEL_SEED))
