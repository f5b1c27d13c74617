# SPDX-License-Identifier: GPL-2.0-only
# What the tests on Xen need, in $(BUILD)/xen: Debian's Xen and kernel, the guest, dom0's tools and file system.
# The project itself is there already (make all); run by `make test-xen`.
BUILD ?= build
HERE := tests/xen
LAB := $(BUILD)/xen
RELEASE := $(BUILD)/release

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
# 32 bits, flat, without a library, and without registers that nobody has switched on.
GUEST_FLAGS := -m32 -O2 -std=gnu17 $(WARNINGS) -ffreestanding -fno-pic -fno-stack-protector -fno-strict-aliasing \
	-fno-asynchronous-unwind-tables -fcf-protection=none -mgeneral-regs-only
GUEST_LINK := -m32 -nostdlib -static -no-pie -Wl,-T,$(HERE)/guest/guest.lds -Wl,--build-id=none \
	-Wl,--no-warn-rwx-segments
DOM0_FLAGS := -O2 -std=gnu17 -D_GNU_SOURCE $(WARNINGS)
DOM0_LIBS := -lxenguest -lxenctrl -lxentoollog -lxendevicemodel -lxenforeignmemory -lxenevtchn -lxenstore

GUEST_SOURCES := $(wildcard $(HERE)/guest/*.c $(HERE)/guest/*.S)
GUEST_OBJECTS := $(patsubst $(HERE)/guest/%,$(LAB)/guest/%.o,$(GUEST_SOURCES))
DOM0_PROGRAMS := $(patsubst $(HERE)/dom0/%.c,$(LAB)/bin/%,$(wildcard $(HERE)/dom0/*.c))
PROJECT_PROGRAMS := $(wildcard $(addprefix $(RELEASE)/,uefistored uefistored-dm varstore create-auth))

.PHONY: all
.DELETE_ON_ERROR:

# The cases of guests with a firmware are there where its image is (make firmware).
IMAGES := $(BUILD)/firmware
IMAGE := $(wildcard $(IMAGES)/uefistored-xen.fd)

all: $(LAB)/xen.elf $(LAB)/vmlinux $(LAB)/initramfs $(if $(IMAGE),$(LAB)/initramfs-firmware $(LAB)/big-lock.so)

$(LAB)/fetched: $(HERE)/fetch
	$(HERE)/fetch $(LAB)
	@touch $@

$(LAB)/xen.elf: $(LAB)/fetched
	gunzip -c $(LAB)/root/boot/xen-*-amd64.gz > $@

$(LAB)/vmlinux: $(LAB)/fetched $(HERE)/vmlinux
	$(HERE)/vmlinux $(LAB)/root/boot/vmlinuz-* > $@

$(LAB)/guest/%.o: $(HERE)/guest/% $(wildcard $(HERE)/guest/*.h) $(HERE)/lab.mk
	@mkdir -p $(@D)
	$(CC) $(GUEST_FLAGS) -c -o $@ $<

$(LAB)/guest.elf: $(GUEST_OBJECTS) $(HERE)/guest/guest.lds
	$(CC) $(GUEST_LINK) -o $@ $(GUEST_OBJECTS)

$(LAB)/bin/%: $(HERE)/dom0/%.c $(HERE)/lab.mk
	@mkdir -p $(@D)
	$(CC) $(DOM0_FLAGS) -o $@ $< -Wl,--as-needed $(DOM0_LIBS)

$(LAB)/big-lock.so: $(HERE)/big-lock.c $(HERE)/lab.mk
	$(CC) $(DOM0_FLAGS) -fPIC -shared -o $@ $<

$(LAB)/firmware: $(IMAGE) $(IMAGES)/TestApp.efi $(HERE)/firmware $(PROJECT_PROGRAMS)
	$(HERE)/firmware $(IMAGES) $(RELEASE) $@

INITRAMFS := $(LAB)/fetched $(LAB)/guest.elf $(DOM0_PROGRAMS) $(PROJECT_PROGRAMS) $(HERE)/initramfs \
	$(HERE)/dom0/init $(wildcard $(HERE)/dom0/*.sh) $(wildcard $(HERE)/cases/*/*.sh)

$(LAB)/initramfs: $(INITRAMFS)
	$(HERE)/initramfs $(LAB) $(RELEASE) $@

$(LAB)/initramfs-firmware: $(INITRAMFS) $(LAB)/firmware
	$(HERE)/initramfs $(LAB) $(RELEASE) $@ $(LAB)/firmware
