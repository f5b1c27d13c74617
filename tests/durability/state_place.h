/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of the state file share: where it is, and a variable that has a number in it. For daemon/state.c. */
#ifndef TESTS_STATE_PLACE_H
#define TESTS_STATE_PLACE_H

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "daemon/state.h"
#include "efi/attributes.h"
#include "efi/bytes.h"
#include "efi/status.h"
#include "tests/support/check.h"
#include "tests/support/guest.h"

#define VCPUS 2

static const struct state_identity someone = { 7, 1, { 1, 2, 3 } };

struct place {
	char *directory, *path;
};

static inline struct place new_place(void)
{
	char *directory = g_dir_make_tmp("uefistored-state-XXXXXX", NULL);

	return (struct place){ directory, g_build_filename(directory, "state", NULL) };
}

static inline void remove_place(struct place *place)
{
	g_unlink(place->path);
	g_rmdir(place->directory);
	g_free(place->path);
	g_free(place->directory);
}

static inline struct state *open_state(const char *path)
{
	GError *error = NULL;
	struct state *state = state_open(path, &error);

	g_assert_no_error(error);
	return state;
}

static inline struct state *begin(const char *path)
{
	struct state *state = open_state(path);
	GError *error = NULL;

	g_assert_true(state_begin(state, &someone, VCPUS, &error));
	g_assert_no_error(error);
	return state;
}

static inline uint64_t set(struct guest *guest, const char *name, unsigned int number, size_t size)
{
	g_autofree uint8_t *data = g_malloc(size);

	memset(data, 0xa0 + (int)(number % 16), size);
	put_le32(data, number);
	return guest_set(guest, name, number % 3 ? ATTR_BS | ATTR_RT : ATTR_NV | ATTR_BS | ATTR_RT, data, size);
}

/* The number that the variable holds in the state of this file; all of the state must be right. */
static inline unsigned int number_in(const uint8_t *blob, size_t size, const char *name)
{
	struct guest *guest = guest_new();
	struct client_value value;
	unsigned int number;

	g_assert_true(guest_start_from(guest, UEFIVARS_RESUME, blob, size));
	g_assert_cmpuint(guest->asides->len, <=, 1); /* what a file that grows has behind its end */
	check_status(guest_get(guest, name, &value), EFI_SUCCESS);
	number = get_le32(value.data);
	for (size_t i = 4; i < value.data_size; i++)
		g_assert_cmphex(value.data[i], ==, 0xa0 + number % 16);
	guest_free(guest);
	return number;
}

/* Sizes that make the place too small, then large enough again. */
static inline size_t size_of(unsigned int number)
{
	return 4 + (number * 977) % 5000;
}

#endif
