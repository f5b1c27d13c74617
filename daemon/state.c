/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/state_file.h"
#include "error.h"
#include "file_io.h"
#include "log.h"

/* No state comes near: what is larger is some other file. */
#define FILE_MAX (16u << 20)
/* No machine has counted so far. */
#define NO_CHANGES UINT64_MAX

struct state {
	char *path;
	int fd;
	/* What was found when it was opened. */
	uint8_t *found;
	size_t found_size;
	bool is_state;
	/* As in the file. */
	struct state_file_identity identity;
	uint64_t sequence;
	struct state_file_place place;

	uint8_t *map;     /* the first state_file_base() bytes; NULL: nothing is written (yet, or any more) */
	uint64_t changes; /* of the machine, as far as the file has them */
	struct log_limit failed;
};

static bool fail(const struct state *state, GError **error)
{
	return error_set(error, EXIT_FAILED, "%s: the state file cannot be written: %s", state->path, strerror(errno));
}

static bool lock_and_read(struct state *state, GError **error)
{
	char *bytes;

	if (flock(state->fd, LOCK_EX | LOCK_NB) < 0)
		return error_set(error, EXIT_FAILED, "%s: %s", state->path,
				 errno == EWOULDBLOCK ? "another process has this state file: it serves the machine" :
							strerror(errno));
	bytes = file_io_read_all(state->fd, FILE_MAX, &state->found_size);
	if (!bytes)
		return error_set(error, EXIT_FAILED, "%s: the state file cannot be read: %s", state->path,
				 strerror(errno));
	state->found = (uint8_t *)bytes;
	state->is_state =
		state_file_parse(state->found, state->found_size, &state->identity, &state->sequence, &state->place);
	return true;
}

struct state *state_open(const char *path, GError **error)
{
	struct state *state = g_new0(struct state, 1);
	bool ok;

	state->path = g_strdup(path);
	state->failed.what = "states that could not be written";
	state->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0600);
	ok = state->fd >= 0 ?
		     lock_and_read(state, error) :
		     error_set(error, EXIT_FAILED, "%s: the state file cannot be opened: %s", path, strerror(errno));
	if (ok)
		return state;
	state_free(state);
	return NULL;
}

void state_free(struct state *state)
{
	if (!state)
		return;
	state_stop(state);
	log_limit_end(&state->failed);
	if (state->fd >= 0)
		close(state->fd);
	g_free(state->found);
	g_free(state->path);
	g_free(state);
}

bool state_find(const struct state *state, struct state_identity *identity)
{
	*identity = state->identity.identity;
	return state->is_state;
}

bool state_check(const struct state *state, GError **error)
{
	return state->found_size == 0 || state->is_state ||
	       error_set(error, EXIT_FAILED,
			 "%s: not a state file, or a damaged one: one of uefistored was expected, or an empty one",
			 state->path);
}

const uint8_t *state_blob(const struct state *state, size_t *size)
{
	*size = state->found_size;
	return state->is_state && state->identity.valid == STATE_WHOLE ? state->found : NULL;
}

bool state_was_served(const struct state *state)
{
	return state->is_state && state->identity.valid != STATE_NEW;
}

static bool write_at(const struct state *state, const void *bytes, size_t size, size_t offset)
{
	const uint8_t *at = bytes;

	while (size) {
		ssize_t n = pwrite(state->fd, at, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		offset += (size_t)n;
		size -= (size_t)n;
	}
	return true;
}

static bool map(struct state *state, GError **error)
{
	void *at = mmap(NULL, state_file_base(state->identity.vcpus), PROT_READ | PROT_WRITE, MAP_SHARED, state->fd, 0);

	if (at == MAP_FAILED)
		return fail(state, error);
	state->map = at;
	return true;
}

static struct state_file_entry *entry(const struct state *state, unsigned int vcpu)
{
	return (struct state_file_entry *)(void *)(state->map + STATE_ENTRIES_AT) + vcpu;
}

/* In the file at once, as it is mapped. */
static void set_valid(struct state *state, enum state_file_valid valid)
{
	state->identity.valid = valid;
	memcpy(state->map + STATE_IDENTITY_AT, &state->identity, sizeof state->identity);
}

bool state_continue(struct state *state, unsigned int vcpus, GError **error)
{
	if (!state->is_state || vcpus > state->identity.vcpus)
		return error_set(error, EXIT_FAILED, "%s: it has room for %u vCPUs, and the machine has %u",
				 state->path, state->identity.vcpus, vcpus);
	/* One that was killed while the file grew has left something behind its end. */
	if (ftruncate(state->fd, (off_t)state->place.file_end) < 0)
		return fail(state, error);
	if (!map(state, error))
		return false;
	/* What was to be answered together with a change that was not made will be served anew. */
	for (unsigned int i = 0; i < state->identity.vcpus; i++) {
		if (entry(state, i)->sequence > state->sequence)
			entry(state, i)->kind = STATE_UNANSWERED;
	}
	state->changes = NO_CHANGES;
	return true;
}

/* A whole file, all of its blocks there, with nothing that counts in it. */
static bool write_empty(struct state *state)
{
	const size_t base = state_file_base(state->identity.vcpus);
	g_autofree uint8_t *bytes = g_malloc0(base + STATE_RECORD_TAIL_SIZE);
	const size_t size = base + STATE_RECORD_TAIL_SIZE;
	static const uint8_t blob[STATE_BLOB_HEADER_SIZE] = { 'V', 'A', 'R', 'S', 2 };

	state->place = (struct state_file_place){ base, size, size };
	state->sequence = 0;
	state_file_head(bytes, blob, 0, base, size, false);
	memcpy(bytes + STATE_IDENTITY_AT, &state->identity, sizeof state->identity);
	state_file_tail(bytes + base);
	return ftruncate(state->fd, 0) == 0 && write_at(state, bytes, size, 0);
}

bool state_begin(struct state *state, const struct state_identity *identity, unsigned int vcpus, GError **error)
{
	state->is_state = false;
	state->identity = (struct state_file_identity){
		.magic = STATE_FILE_MAGIC,
		.vcpus = vcpus,
		.identity = *identity,
	};
	state->changes = NO_CHANGES;
	return (write_empty(state) || fail(state, error)) && map(state, error);
}

/*
 * Where a state of so many bytes (with the head of Spare) goes: before or behind the one that counts, or behind the end
 * of the file, which grows then. *end is the file's size with it.
 */
static size_t find_place(const struct state *state, size_t size, size_t *end)
{
	const size_t base = state_file_base(state->identity.vcpus);

	*end = state->place.file_end;
	if (base + size < state->place.start)
		return base;
	if (state->place.end + size + 1 + STATE_RECORD_TAIL_SIZE < state->place.file_end)
		return state->place.end;
	/* Half as much again, for a store that grows. */
	*end = state->place.file_end + size + size / 2 + 1 + STATE_RECORD_TAIL_SIZE;
	return state->place.file_end;
}

static bool write_state(struct state *state, const struct uefivars *uv)
{
	size_t blob_size = uefivars_save(uv, UEFIVARS_COMMITTED, UEFIVARS_SCOPE_ALL, NULL, 0);
	/* The header's place takes what ends the record Journal, so that all is one piece. */
	g_autofree uint8_t *bytes = g_malloc(blob_size + STATE_SPARE_HEAD_SIZE);
	const size_t size = blob_size - STATE_BLOB_HEADER_SIZE + STATE_RECORD_TAIL_SIZE + STATE_SPARE_HEAD_SIZE;
	uint8_t *from = bytes + STATE_BLOB_HEADER_SIZE - STATE_RECORD_TAIL_SIZE, head[STATE_HEAD_SIZE];
	uint8_t tail[STATE_RECORD_TAIL_SIZE];
	size_t end, start = find_place(state, size, &end);

	uefivars_save(uv, UEFIVARS_COMMITTED, UEFIVARS_SCOPE_ALL, bytes, blob_size);
	state_file_head(head, bytes, state->sequence + 1, start, end, true);
	state_file_tail(tail);
	memcpy(from, tail, sizeof tail);
	state_file_spare(bytes + blob_size, end - STATE_RECORD_TAIL_SIZE - (start + size));
	if (!write_at(state, from, size, start) ||
	    (end != state->place.file_end && !write_at(state, tail, sizeof tail, end - sizeof tail)) ||
	    !write_at(state, head, sizeof head, 0))
		return false;
	state->sequence++;
	state->place = (struct state_file_place){ start, start + size, end };
	return true;
}

static bool is_behind(const struct state *state, const struct uefivars *uv)
{
	return state->identity.valid != STATE_WHOLE || state->changes != uefivars_changes(uv);
}

void state_keep(struct state *state, const struct uefivars *uv)
{
	enum state_file_valid valid;
	bool ok;

	if (!state->map || !is_behind(state, uv))
		return;
	ok = write_state(state, uv);
	if (ok)
		state->changes = uefivars_changes(uv);
	else
		log_limited(
			&state->failed, LEVEL_ERROR,
			"%s: the state file cannot be written: %s; if the daemon is killed now, the guest loses its "
			"volatile variables",
			state->path, strerror(errno));
	valid = ok ? STATE_WHOLE : STATE_BEHIND;
	if (state->identity.valid != valid)
		set_valid(state, valid);
}

void state_take(struct state *state, unsigned int vcpu)
{
	if (!state->map)
		return;
	entry(state, vcpu)->kind = STATE_UNANSWERED;
	atomic_signal_fence(memory_order_seq_cst);
}

void state_answer(struct state *state, unsigned int vcpu, const struct uefivars *uv, const uint8_t *request,
		  const uint8_t *response, size_t size)
{
	struct state_file_entry *at;
	bool fits = size <= STATE_REQUEST_SIZE;

	if (!state->map)
		return;
	at = entry(state, vcpu);
	at->kind = STATE_UNANSWERED;
	atomic_signal_fence(memory_order_seq_cst);
	at->sequence = state->sequence + is_behind(state, uv);
	at->size = (uint32_t)(fits ? size : STATE_REQUEST_SIZE);
	memcpy(at->bytes, fits ? response : request, at->size);
	/* Only the order counts in which this process writes: who reads it comes when it is gone. */
	atomic_signal_fence(memory_order_seq_cst);
	at->kind = fits ? STATE_RESPONSE : STATE_REQUEST;
	atomic_signal_fence(memory_order_seq_cst);
	state_keep(state, uv);
}

enum state_left state_left(const struct state *state, unsigned int vcpu, const uint8_t **bytes, size_t *size)
{
	const struct state_file_entry *at;

	if (!state->map)
		return STATE_UNANSWERED;
	at = entry(state, vcpu);
	if (at->size > STATE_REQUEST_SIZE || (at->kind != STATE_RESPONSE && at->kind != STATE_REQUEST))
		return STATE_UNANSWERED;
	*bytes = at->bytes;
	*size = at->size;
	return at->kind;
}

bool state_is_written(const struct state *state)
{
	return state->map != NULL;
}

void state_stop(struct state *state)
{
	if (state->map)
		munmap(state->map, state_file_base(state->identity.vcpus));
	state->map = NULL;
}

void state_discard(struct state *state)
{
	state_stop(state);
	if (ftruncate(state->fd, 0) < 0)
		log_write(LEVEL_WARNING, "%s: cannot be emptied: %s", state->path, strerror(errno));
}
