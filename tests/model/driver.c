/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * driver   Plays machines for the model test. Stdin and stdout carry batches: a u32 size (little-endian) and as many
 * bytes. A batch is commands, one letter each with its arguments, answered in their order by one batch:
 *
 *   K u32 size, bytes (four times)   the host's key files from now on; size 0: there is no such file
 *   N u8 policy                      a new machine, first boot: bits as in enum policy_bits
 *   Q u32 size, bytes                a request; answered by u32 size, bytes
 *   R                                save and resume
 *   B                                reboot
 *   W u8 at_runtime                  GetNextVariableName to its end: for each name u16 size, name, GUID; then 0xffff,
 * u64 status D                                everything that is saved: u32 size, a VARS blob
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "efi/bytes.h"
#include "uefivars.h"

enum policy_bits { SECURE_BOOT = 1, DEPLOYED = 2, SIGNED_PK = 4, WITH_KEYS = 8 };

struct buffer {
	uint8_t *bytes;
	size_t size, room;
};

static struct buffer in, out;
static size_t at; /* in `in` */
static struct uefivars *uv;
static struct uefivars_policy policy;
static bool with_keys;
static struct buffer key_bytes[UEFIVARS_KEYS];
static uint8_t page[UEFIVARS_PAGE_SIZE];

static void stop(const char *what)
{
	fprintf(stderr, "driver: %s\n", what);
	exit(1);
}

static void grow(struct buffer *buffer, size_t size)
{
	if (size <= buffer->room)
		return;
	buffer->room = size * 2;
	buffer->bytes = realloc(buffer->bytes, buffer->room);
	if (!buffer->bytes)
		stop("out of memory");
}

static void put(const void *bytes, size_t size)
{
	grow(&out, out.size + size);
	if (size)
		memcpy(out.bytes + out.size, bytes, size);
	out.size += size;
}

static void put_counted(const void *bytes, size_t size)
{
	uint8_t head[4];

	put_le32(head, (uint32_t)size);
	put(head, sizeof head);
	put(bytes, size);
}

static const uint8_t *take(size_t size)
{
	const uint8_t *bytes = in.bytes + at;

	if (size > in.size - at)
		stop("a command is cut");
	at += size;
	return bytes;
}

static const uint8_t *take_counted(size_t *size)
{
	*size = get_le32(take(4));
	return take(*size);
}

static void create(void)
{
	uefivars_free(uv);
	uv = uefivars_create(&policy, NULL);
	if (!uv)
		stop("out of memory");
}

static void start(enum uefivars_boot boot)
{
	struct uefivars_auth_file files[UEFIVARS_KEYS];
	enum uefivars_key failed;

	for (size_t i = 0; i < UEFIVARS_KEYS; i++)
		files[i] =
			(struct uefivars_auth_file){ key_bytes[i].size ? key_bytes[i].bytes : NULL, key_bytes[i].size };
	if (uefivars_start(uv, boot, with_keys ? files : NULL, &failed) != UEFIVARS_OK)
		stop("a machine does not start");
}

static void set_aside(void *context, const struct uefivars_variable *variable, const uint8_t *record,
		      size_t record_size, enum uefivars_reason reason)
{
	(void)context;
	(void)variable;
	(void)record;
	(void)record_size;
	stop(uefivars_reason_text(reason));
}

static uint8_t *save(enum uefivars_scope scope, size_t *size)
{
	uint8_t *blob;

	*size = uefivars_save(uv, UEFIVARS_COMMITTED, scope, NULL, 0);
	blob = malloc(*size);
	if (!blob)
		stop("out of memory");
	uefivars_save(uv, UEFIVARS_COMMITTED, scope, blob, *size);
	return blob;
}

static void start_again(enum uefivars_boot boot)
{
	size_t size;
	uint8_t *blob = save(boot == UEFIVARS_RESUME ? UEFIVARS_SCOPE_ALL : UEFIVARS_SCOPE_STORED, &size);

	create();
	if (uefivars_load_blob(uv, blob, size, boot == UEFIVARS_RESUME, set_aside, NULL) != UEFIVARS_OK)
		stop("what was saved does not load");
	start(boot);
	free(blob);
}

static size_t serve(void)
{
	size_t size;

	if (uefivars_serve(uv, page, &size) != UEFIVARS_ANSWERED)
		stop("no answer");
	return size;
}

static void serve_request(void)
{
	size_t size;
	const uint8_t *request = take_counted(&size);

	if (size > sizeof page)
		stop("a request larger than the pages");
	memcpy(page, request, size);
	put_counted(page, serve());
}

static void walk(void)
{
	uint8_t at_runtime = *take(1), head[2];
	size_t name_size = 0;

	memset(page, 0, 64);
	for (;;) {
		/* The name and GUID of the last answer are in their places for the next request, 8 bytes further on. */
		memmove(page + 24, page + 16, name_size + 16);
		put_le32(page, 1);
		put_le32(page + 4, 2);
		put_le64(page + 8, UEFIVARS_PAGE_SIZE);
		put_le64(page + 16, name_size);
		page[24 + name_size + 16] = at_runtime;
		serve();
		if (get_le64(page))
			break;
		name_size = (size_t)get_le64(page + 8);
		put_le16(head, (uint16_t)name_size);
		put(head, sizeof head);
		put(page + 16, name_size + 16);
	}
	put_le16(head, 0xffff);
	put(head, sizeof head);
	put(page, 8);
}

static void dump(void)
{
	size_t size;
	uint8_t *blob = save(UEFIVARS_SCOPE_ALL, &size);

	put_counted(blob, size);
	free(blob);
}

static void new_machine(void)
{
	uint8_t bits = *take(1);

	uefivars_policy_default(&policy);
	policy.secure_boot = bits & SECURE_BOOT;
	policy.deployed = bits & DEPLOYED;
	policy.require_signed_pk = bits & SIGNED_PK;
	with_keys = bits & WITH_KEYS;
	create();
	start(UEFIVARS_FIRST_BOOT);
}

static void take_keys(void)
{
	for (size_t i = 0; i < UEFIVARS_KEYS; i++) {
		const uint8_t *bytes = take_counted(&key_bytes[i].size);

		grow(&key_bytes[i], key_bytes[i].size + 1);
		memcpy(key_bytes[i].bytes, bytes, key_bytes[i].size);
	}
}

static void command(uint8_t letter)
{
	if (letter == 'K')
		take_keys();
	else if (letter == 'N')
		new_machine();
	else if (letter == 'Q')
		serve_request();
	else if (letter == 'R')
		start_again(UEFIVARS_RESUME);
	else if (letter == 'B')
		start_again(UEFIVARS_BOOT);
	else if (letter == 'W')
		walk();
	else if (letter == 'D')
		dump();
	else
		stop("an unknown command");
}

int main(void)
{
	uint8_t head[4];

	while (fread(head, 1, sizeof head, stdin) == sizeof head) {
		in.size = get_le32(head);
		grow(&in, in.size + 1);
		if (fread(in.bytes, 1, in.size, stdin) != in.size)
			stop("a batch is cut");
		out.size = 0;
		for (at = 0; at < in.size;)
			command(*take(1));
		put_le32(head, (uint32_t)out.size);
		if (fwrite(head, 1, sizeof head, stdout) != sizeof head ||
		    (out.size && fwrite(out.bytes, 1, out.size, stdout) != out.size) || fflush(stdout) != 0)
			stop("the answer cannot be written");
	}
	uefivars_free(uv);
	for (size_t i = 0; i < UEFIVARS_KEYS; i++)
		free(key_bytes[i].bytes);
	free(in.bytes);
	free(out.bytes);
	return 0;
}
