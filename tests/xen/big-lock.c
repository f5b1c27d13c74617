/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For LD_PRELOAD under QEMU 7.2. A guest of the emulated Xen that writes CR8 while an interrupt is pending, as OVMF
 * does at the end of each, makes QEMU raise an interrupt without its big lock, and QEMU then ends itself by an
 * assertion. The function that asserts is replaced by one that takes the lock first.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* Where Debian's package has QEMU's emulation. */
#define ACCELERATOR "/usr/lib/x86_64-linux-gnu/qemu/accel-tcg-x86_64.so"

void tcg_handle_interrupt(void *cpu, int mask);

/* QEMU's own; not there in the programs that it starts. */
bool qemu_mutex_iothread_locked(void) __attribute__((weak));
void qemu_mutex_lock_iothread_impl(const char *file, int line) __attribute__((weak));
void qemu_mutex_unlock_iothread(void) __attribute__((weak));

typedef void handle_interrupt(void *cpu, int mask);

/* It is in the emulation's module, which is not among the libraries that RTLD_NEXT would search. */
static handle_interrupt *find_original(void)
{
	void *module = dlopen(ACCELERATOR, RTLD_NOW | RTLD_NOLOAD);
	void *symbol = module ? dlsym(module, "tcg_handle_interrupt") : NULL;
	handle_interrupt *function;

	if (!symbol) {
		fprintf(stderr, "big-lock: %s: tcg_handle_interrupt is not there\n", ACCELERATOR);
		abort();
	}
	*(void **)&function = symbol;
	return function;
}

void tcg_handle_interrupt(void *cpu, int mask)
{
	static handle_interrupt *original;
	const bool locked = qemu_mutex_iothread_locked();

	if (!original)
		original = find_original();
	if (!locked)
		qemu_mutex_lock_iothread_impl(__FILE__, __LINE__);
	original(cpu, mask);
	if (!locked)
		qemu_mutex_unlock_iothread();
}
