/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fuzz/rules.h"

#include <string.h>

#include "efi/attributes.h"
#include "efi/bytes.h"
#include "efi/guid.h"
#include "efi/status.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/protection.h"
#include "tests/support/blob.h"
#include "tests/support/names.h"
#include "tests/support/request.h"

static struct uefivars_variable *at(const struct picture *picture, guint i)
{
	return &g_array_index(picture->variables, struct uefivars_variable, i);
}

static bool same_name(const struct uefivars_variable *a, const struct uefivars_variable *b)
{
	return a->name_size == b->name_size && memcmp(a->name, b->name, a->name_size) == 0 &&
	       memcmp(a->guid, b->guid, sizeof a->guid) == 0;
}

static bool same_contents(const struct uefivars_variable *a, const struct uefivars_variable *b)
{
	return a->attributes == b->attributes && a->data_size == b->data_size &&
	       memcmp(a->data, b->data, a->data_size) == 0 && memcmp(a->timestamp, b->timestamp, 16) == 0 &&
	       memcmp(a->digest, b->digest, 32) == 0;
}

static const struct uefivars_variable *find(const struct picture *picture, const struct uefivars_variable *name)
{
	for (guint i = 0; i < picture->variables->len; i++) {
		if (same_name(at(picture, i), name))
			return at(picture, i);
	}
	return NULL;
}

void picture_take(struct picture *picture, const struct machine *machine)
{
	struct uefivars_variable variable;
	size_t position = 0;

	picture->blob = machine_save(machine, UEFIVARS_SCOPE_ALL);
	picture->variables = g_array_new(FALSE, FALSE, sizeof variable);
	while (blob_next(picture->blob->data, picture->blob->len, &position, &variable)) {
		if (memcmp(variable.guid, guid_store_state.bytes, 16) != 0)
			g_array_append_val(picture->variables, variable);
	}
	if (position != picture->blob->len)
		fuzz_broken("a save that cannot be read");
	uefivars_get_state(machine->uv, &picture->state);
	picture->changes = uefivars_changes(machine->uv);
}

void picture_clear(struct picture *picture)
{
	g_byte_array_unref(picture->blob);
	g_array_unref(picture->variables);
}

/* ---- At any time ---- */

static char *key_of(const struct uefivars_variable *variable)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < sizeof variable->guid; i++)
		g_string_append_printf(text, "%02x", variable->guid[i]);
	for (size_t i = 0; i < variable->name_size; i++)
		g_string_append_printf(text, "%02x", variable->name[i]);
	return g_string_free(text, FALSE);
}

void rules_begin(GPtrArray *made, const struct picture *first)
{
	for (guint i = 0; i < first->variables->len; i++) {
		if (!protection_is_key(at(first, i)))
			g_ptr_array_add(made, key_of(at(first, i)));
	}
}

static bool is_made(const GPtrArray *made, const struct uefivars_variable *variable)
{
	char *key = key_of(variable);
	bool found = g_ptr_array_find_with_equal_func((GPtrArray *)made, key, g_str_equal, NULL);

	g_free(key);
	return found;
}

/* What a pool holds, counted as 8.2.3 and the reference charge it: name, data and 128 bytes. */
static uint64_t used(const GPtrArray *made, const struct picture *picture, bool nonvolatile)
{
	uint64_t sum = 0;

	for (guint i = 0; i < picture->variables->len; i++) {
		const struct uefivars_variable *variable = at(picture, i);

		if (!(variable->attributes & ATTR_NV) == nonvolatile || is_made(made, variable))
			continue;
		sum += variable->name_size + variable->data_size + UEFIVARS_OVERHEAD;
	}
	return sum;
}

static void check_query(const struct machine *machine, uint32_t attributes, uint64_t total, uint64_t in_use)
{
	static uint8_t page[UEFIVARS_PAGE_SIZE];
	size_t size;

	put_le32(page, 1);
	put_le32(page + 4, REQUEST_QUERY);
	put_le32(page + 8, attributes);
	if (uefivars_serve(machine->uv, page, &size) != UEFIVARS_ANSWERED || size != 32 || get_le64(page))
		fuzz_broken("QueryVariableInfo is refused");
	if (in_use > total)
		fuzz_broken("a pool of %u bytes holds %u", (unsigned int)total, (unsigned int)in_use);
	if (get_le64(page + 8) != total || get_le64(page + 16) != total - in_use ||
	    get_le64(page + 24) != MIN(total - in_use, UEFIVARS_DATA_MAX))
		fuzz_broken("QueryVariableInfo says %u of %u, %u are used", (unsigned int)get_le64(page + 16),
			    (unsigned int)get_le64(page + 8), (unsigned int)in_use);
}

static void check_durable(const struct machine *machine)
{
	GByteArray *now = machine_save(machine, UEFIVARS_SCOPE_STORED);

	/* The registers in the header are of this boot alone. */
	if (now->len != machine->durable->len || now->len < BLOB_HEADER_2 ||
	    memcmp(now->data + BLOB_HEADER_2, machine->durable->data + BLOB_HEADER_2, now->len - BLOB_HEADER_2) != 0)
		fuzz_broken("storage has something else than the guest was told");
	g_byte_array_unref(now);
}

void rules_always(const struct machine *machine, const GPtrArray *made, const struct picture *picture)
{
	for (guint i = 0; i < picture->variables->len; i++) {
		if (find(picture, at(picture, i)) != at(picture, i))
			fuzz_broken("two variables of one name");
		if (at(picture, i)->data_size == 0 || at(picture, i)->data_size > UEFIVARS_DATA_MAX)
			fuzz_broken("a variable of %zu bytes", at(picture, i)->data_size);
	}
	check_query(machine, ATTR_NV | ATTR_BS, UEFIVARS_NONVOLATILE_TOTAL, used(made, picture, true));
	check_query(machine, ATTR_BS, UEFIVARS_VOLATILE_TOTAL, used(made, picture, false));
	check_durable(machine);
}

/* ---- After a request ---- */

/* What was there keeps its order, and what is new stands behind it. */
static void check_order(const struct picture *before, const struct picture *after)
{
	guint old = 0;
	bool tail = false;

	for (guint i = 0; i < after->variables->len; i++) {
		const struct uefivars_variable *variable = at(after, i);

		if (!find(before, variable)) {
			tail = true;
			continue;
		}
		while (old < before->variables->len && !same_name(at(before, old), variable))
			old++;
		if (tail || old == before->variables->len)
			fuzz_broken("the order of the variables has changed");
	}
}

static void check_changes(const struct picture *before, const struct picture *after)
{
	bool same = before->blob->len == after->blob->len &&
		    memcmp(before->blob->data, after->blob->data, after->blob->len) == 0;

	if (same != (before->changes == after->changes) || after->changes < before->changes)
		fuzz_broken("uefivars_changes() went from %u to %u, the state is %s", (unsigned int)before->changes,
			    (unsigned int)after->changes, same ? "the same" : "another");
}

/* One variable as it was and is; either may be missing. */
static void check_variable(const struct machine *machine, const struct protection_write *write,
			   const struct uefivars_variable *was, const struct uefivars_variable *is,
			   const struct picture *before, const struct picture *after)
{
	const struct uefivars_variable *any = was ? was : is;
	struct protection_case subject = {
		.write = write,
		.was = was,
		.is = is,
		.setup_mode = before->state.setup_mode,
		.policy = &machine->policy,
	};

	if (was && is && same_contents(was, is))
		return;
	for (size_t i = 0; i < PROTECTION_KEYS; i++) {
		subject.keys_before[i] = protection_find(before->variables, i);
		subject.keys_after[i] = protection_find(after->variables, i);
	}
	if (!write->is_set)
		fuzz_broken("a request that writes nothing has changed a variable");
	if (any->name_size == write->name_size && memcmp(any->name, write->name, any->name_size) == 0 &&
	    memcmp(any->guid, write->guid, 16) == 0)
		protection_check(&subject);
	else
		protection_check_follower(&subject, any);
}

static void check_set(const struct machine *machine, const struct protection_write *write, const struct picture *before,
		      const struct picture *after)
{
	for (guint i = 0; i < before->variables->len; i++)
		check_variable(machine, write, at(before, i), find(after, at(before, i)), before, after);
	for (guint i = 0; i < after->variables->len; i++) {
		if (!find(before, at(after, i)))
			check_variable(machine, write, NULL, at(after, i), before, after);
	}
	if (before->state.secure_boot != after->state.secure_boot)
		fuzz_broken("SecureBoot has changed in a running machine");
	if (before->state.runtime && !after->state.runtime)
		fuzz_broken("the guest went back before ExitBootServices");
}

/* The form that each command's response has. */
static void check_response(const struct machine *machine, const uint8_t *request, const struct picture *after)
{
	uint64_t status = get_le64(machine->page);
	size_t size = machine->response_size;
	uint32_t command = get_le32(request) == 1 ? get_le32(request + 4) : UINT32_MAX;

	if (status && !(status >> 63))
		fuzz_broken("a status that is neither success nor an error");
	if (status == EFI_SUCCESS && command == REQUEST_GET) {
		if (size < 20 || get_le64(machine->page + 12) != size - 20 ||
		    !protection_holds(after->variables, request, machine->page))
			fuzz_broken("GetVariable's answer is not the variable");
	} else if (status == EFI_SUCCESS && command == REQUEST_NEXT) {
		if (size < 32 || get_le64(machine->page + 8) != size - 32)
			fuzz_broken("GetNextVariableName's answer has a wrong size");
	} else if (status == EFI_BUFFER_TOO_SMALL) {
		if (size != (command == REQUEST_GET ? 20u : 16u) || command == REQUEST_SET)
			fuzz_broken("a too small buffer is answered with %zu bytes", size);
	} else if (size != (status == EFI_SUCCESS && command == REQUEST_QUERY ? 32u : 8u)) {
		fuzz_broken("command %u is answered with %zu bytes", command, size);
	}
}

void rules_request(const struct machine *machine, const GPtrArray *made, const uint8_t *request,
		   const struct picture *before, const struct picture *after)
{
	struct protection_write write;

	protection_read(request, &write);
	write.status = get_le64(machine->page);
	check_response(machine, request, after);
	check_changes(before, after);
	check_order(before, after);
	check_set(machine, &write, before, after);
	rules_always(machine, made, after);
}
