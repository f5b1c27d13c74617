/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>

#include "efi/attributes.h"
#include "tests/bench/cases.h"
#include "tests/support/lists.h"
#include "tests/support/sign.h"

#define AUTHENTICATED (ATTR_NV | ATTR_BS | ATTR_RT | ATTR_AT)
#define HASH_SIZE 32
#define KEKS_MAX 8
#define DBX_FULL 430 /* hashes, as in the revocation lists of today */

/* Sends an update signed by `signer`; anything but success ends the program. */
static void update(struct machine *machine, const char *text, const struct efi_guid *guid, uint32_t attributes,
		   enum identity signer, const GByteArray *payload)
{
	uint8_t name[2 * FILL_NAME_ROOM];
	struct update what = {
		.name = name,
		.name_size = bench_name(text, name),
		.guid = *guid,
		.attributes = attributes,
		.time = time_make(2025, 1, 1, 0, 0, attributes & ATTR_APPEND ? 1 : 0),
		.payload = payload->data,
		.payload_size = payload->len,
	};
	GByteArray *data = sign_update(&(struct signing){ .signer = signer }, &what);
	uint64_t status = client_set(&machine->client, name, what.name_size, guid, attributes, data->data, data->len);

	if (status != EFI_SUCCESS)
		die("%s cannot be written: %s", text, efi_status_name(status));
	g_byte_array_unref(data);
}

/* Lists of one certificate each. */
static GByteArray *certificates(const enum identity *people, size_t count)
{
	GByteArray *lists = g_byte_array_new();

	for (size_t i = 0; i < count; i++)
		list_add_certificate(lists, people[i]);
	return lists;
}

/* A list of hashes, from number `first` on; no two numbers have the same. */
static GByteArray *hashes(size_t first, size_t count)
{
	const uint32_t entry_size = LIST_OWNER_SIZE + HASH_SIZE;
	GByteArray *list = g_byte_array_new();

	list_add_header(list, &list_sha256, (uint32_t)(LIST_HEADER_SIZE + entry_size * count), 0, entry_size);
	for (size_t i = first; i < first + count; i++) {
		uint8_t hash[HASH_SIZE];

		for (size_t j = 0; j < sizeof hash; j++)
			hash[j] = (uint8_t)((i + 1) * (2 * j + 1) * 2654435761u >> 16);
		hash[0] = (uint8_t)i;
		hash[1] = (uint8_t)(i >> 8);
		list_add_entry(list, LIST_OWNER, hash, sizeof hash);
	}
	return list;
}

/* Writes a variable and frees the payload. */
static void enroll(struct machine *machine, const char *name, const struct efi_guid *guid, enum identity signer,
		   GByteArray *payload)
{
	update(machine, name, guid, AUTHENTICATED, signer, payload);
	g_byte_array_unref(payload);
}

/* A machine in user mode: two certificates in db, `revoked` hashes in dbx; KEK1 is the last of `keks` in KEK. */
static void provision(struct machine *machine, size_t revoked, size_t keks)
{
	static const enum identity people[] = { PK2, KEK3, OWNER, OWNER_TWIN, DBR1, ROOT, KEK2, KEK1 };
	const struct efi_guid *global = &guid_global_variable, *security = &guid_image_security_database;

	machine_start(machine, NULL, 0);
	enroll(machine, "dbx", security, NOBODY, hashes(0, revoked));
	enroll(machine, "db", security, NOBODY, certificates((enum identity[]){ DB1, OTHER }, 2));
	enroll(machine, "KEK", global, NOBODY, certificates(people + KEKS_MAX - keks, keks));
	enroll(machine, "PK", global, PK1, certificates((enum identity[]){ PK1 }, 1));
}

/* One append: a certificate where `count` is 0, else hashes. */
struct append {
	const char *name, *text, *variable;
	size_t revoked;      /* hashes that dbx has already */
	size_t keks;         /* certificates in KEK */
	size_t first, count; /* those that are appended */
};

/* Times a signed append to a variable of a provisioned machine; each sample starts from the same store. */
static void bench_append(struct report *report, const struct append *append)
{
	GByteArray *payload = append->count ? hashes(append->first, append->count) :
					      certificates((enum identity[]){ KEK3 }, 1);
	struct row row = { .name = append->name, .text = append->text };
	struct machine *machine = machine_new();
	struct script script = { .count = 0 };
	struct replay replay = { .machine = machine, .script = &script, .step = 1, .operations = 1 };
	uint8_t *blob;

	provision(machine, append->revoked, append->keks);
	replay.blob = blob = machine_stored(machine, &replay.blob_size);
	machine->recording = &script;
	update(machine, append->variable, &guid_image_security_database, AUTHENTICATED | ATTR_APPEND, KEK1, payload);
	machine->recording = NULL;
	row.timing = replay_measure(&replay, row.name);
	report_add(report, &row);
	free(blob);
	script_clear(&script);
	machine_free(machine);
	g_byte_array_unref(payload);
}

void bench_signed(struct report *report)
{
	static const struct append appends[] = {
		{ "append-db", "append a certificate to db, signed by KEK", "db", 8, 2, 0, 0 },
		{ "append-db-keks", "  the same, the last of 8 certificates in KEK", "db", 8, KEKS_MAX, 0, 0 },
		{ "append-dbx", "append a hash to dbx, signed by KEK", "dbx", 8, 2, 1000, 1 },
		{ "append-dbx-full", "  the same, 430 hashes in dbx", "dbx", DBX_FULL, 2, 1000, 1 },
		{ "append-dbx-again", "  430 hashes that are there already", "dbx", DBX_FULL, 2, 0, DBX_FULL },
	};

	for (size_t i = 0; i < sizeof appends / sizeof appends[0]; i++) {
		if (report_wants(report, appends[i].name))
			bench_append(report, &appends[i]);
	}
}
