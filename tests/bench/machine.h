/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A store in this process whose backend has nothing to do, and scripts: requests that were sent to it once and are then
 * sent again and again, as bytes laid at the start of the page. Whatever cannot be set up ends the program.
 */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stddef.h>
#include <stdint.h>

#include "tools/support/client.h"
#include "uefivars.h"

struct request {
	uint8_t *bytes;
	size_t size;
	uint64_t status; /* how it was answered when it was recorded */
};

struct script {
	struct request *requests;
	size_t count, room;
};

struct machine {
	struct client client; /* its requests are served, and recorded while `recording` is set */
	struct uefivars *uv;
	struct script *recording;
	size_t surprises; /* replayed requests that were not answered as when they were recorded */
};

/* Ends the program: one line on stderr, exit status 1. */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* A machine at its first boot, or with the variables of a VARS blob. Free it with machine_free(). */
struct machine *machine_new(void);
void machine_free(struct machine *machine);

/* Starts it anew: at its first boot (size 0), or from the blob. */
void machine_start(struct machine *machine, const uint8_t *blob, size_t size);

/* The blob that a backend would have now. Free it with free(). */
uint8_t *machine_stored(const struct machine *machine, size_t *size);

/* Sets a variable of the bench's own vendor; any answer but success ends the program. */
void machine_set(struct machine *machine, const char *text, uint32_t attributes, const void *data, size_t size);

/* Creates `count` non-volatile variables of 64 bytes; the name of one of them, for scripts. */
void machine_fill(struct machine *machine, size_t count);
#define FILL_NAME_ROOM 32
void fill_name(char name[FILL_NAME_ROOM], size_t index);

/* The name as UTF-16LE; returns its size. */
size_t bench_name(const char *text, uint8_t name[2 * FILL_NAME_ROOM]);

extern const struct efi_guid guid_bench;

/* Sends the script's requests from `first` on. */
void machine_play(struct machine *machine, const struct script *script, size_t first, size_t count);

/* Adds a request that was recorded elsewhere. */
void script_add(struct script *script, const uint8_t *bytes, size_t size, uint64_t status);
void script_clear(struct script *script);

#endif
