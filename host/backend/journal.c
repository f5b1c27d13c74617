/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/journal.h"

#include <errno.h>
#include <glib.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "efi/bytes.h"

#define ALIGNMENT 4096u
#define HEADER_SIZE 64u
#define MAGIC_SIZE 16u
#define LENGTH_AT 16u
#define SUM_AT 24u
#define SUM_SIZE 32u

/* Its NULs cannot stand in JSON: no text can be taken for a header. */
static const char magic[MAGIC_SIZE] = "\0uefistored\0\0\1\r\n";

static int file_write(void *file, const void *bytes, size_t size, off_t offset)
{
	const char *from = bytes;

	while (size) {
		ssize_t n = pwrite(*(const int *)file, from, size, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		from += n;
		size -= (size_t)n;
		offset += n;
	}
	return 0;
}

static int file_sync(void *file)
{
	return fsync(*(const int *)file);
}

static int file_truncate(void *file, off_t size)
{
	return ftruncate(*(const int *)file, size);
}

const struct journal_io journal_file = { file_write, file_sync, file_truncate };

static void checksum(const uint8_t length[8], const char *text, size_t size, uint8_t sum[SUM_SIZE])
{
	GChecksum *sha256 = g_checksum_new(G_CHECKSUM_SHA256);
	gsize sum_size = SUM_SIZE;

	g_checksum_update(sha256, length, 8);
	g_checksum_update(sha256, (const guchar *)text, (gssize)size);
	g_checksum_get_digest(sha256, sum, &sum_size);
	g_checksum_free(sha256);
}

static void make_header(uint8_t header[HEADER_SIZE], const char *text, size_t size)
{
	memset(header, 0, HEADER_SIZE);
	memcpy(header, magic, MAGIC_SIZE);
	put_le64(header + LENGTH_AT, size);
	checksum(header + LENGTH_AT, text, size, header + SUM_AT);
}

static int write_nuls(const struct journal_io *io, void *file, size_t from, size_t to)
{
	static const char nuls[ALIGNMENT];

	while (from < to) {
		size_t size = MIN(to - from, sizeof nuls);

		if (io->write(file, nuls, size, (off_t)from) < 0)
			return -1;
		from += size;
	}
	return 0;
}

/* Steps 1 to 2 of the header's picture, but for the header. */
static int prepare(const struct journal_io *io, void *file, size_t old_size, size_t at, const char *text, size_t size)
{
	/* Without a first byte an interrupted first write would look like a file of NULs. */
	if (old_size == 0 && (io->write(file, "\n", 1, 0) < 0 || io->sync(file) < 0))
		return -1;
	old_size = MAX(old_size, 1);
	if (write_nuls(io, file, old_size, at + HEADER_SIZE) < 0)
		return -1;
	if (io->write(file, text, size, (off_t)(at + HEADER_SIZE)) < 0)
		return -1;
	return io->sync(file);
}

/* Steps 3 and 4. */
static int copy(const struct journal_io *io, void *file, const char *text, size_t size)
{
	if (io->write(file, text, size, 0) < 0 || io->sync(file) < 0)
		return -1;
	if (io->truncate(file, (off_t)size) < 0)
		return -1;
	return io->sync(file);
}

enum write_result journal_write(const struct journal_io *io, void *file, size_t old_size, const char *text, size_t size,
				const struct write_gate *gate)
{
	/* One byte behind both texts at least: the NUL that ends the old one, and room for the new one in front. */
	size_t at = (MAX(old_size, size) + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
	uint8_t header[HEADER_SIZE];
	int error;

	errno = 0;
	if (prepare(io, file, old_size, at, text, size) < 0 || !write_gate_pass(gate)) {
		/* There is no header: it does not matter whether the cut succeeds. */
		error = errno;
		io->truncate(file, (off_t)old_size);
		errno = error;
		return WRITE_FAILED;
	}
	make_header(header, text, size);
	if (io->write(file, header, sizeof header, (off_t)at) < 0 || io->sync(file) < 0) {
		error = errno;
		if (io->truncate(file, (off_t)old_size) < 0 || io->sync(file) < 0)
			return WRITE_UNKNOWN;
		errno = error;
		return WRITE_FAILED;
	}
	errno = 0;
	if (copy(io, file, text, size) == 0)
		errno = 0;
	return WRITE_DONE;
}

/* Is there a header at this position, with the whole of its text behind it? */
static bool header_fits(const char *bytes, size_t file_size, size_t at, size_t *size)
{
	const uint8_t *header = (const uint8_t *)bytes + at;
	uint8_t sum[SUM_SIZE];
	uint64_t length;

	if (file_size - at < HEADER_SIZE || memcmp(header, magic, MAGIC_SIZE) != 0)
		return false;
	length = get_le64(header + LENGTH_AT);
	if (length > file_size - at - HEADER_SIZE)
		return false;
	checksum(header + LENGTH_AT, bytes + at + HEADER_SIZE, (size_t)length, sum);
	if (memcmp(sum, header + SUM_AT, SUM_SIZE) != 0)
		return false;
	*size = (size_t)length;
	return true;
}

bool journal_find(const char *bytes, size_t file_size, size_t *offset, size_t *size)
{
	const char *nul;

	for (size_t at = file_size / ALIGNMENT * ALIGNMENT; at > 0; at -= ALIGNMENT) {
		if (header_fits(bytes, file_size, at, size)) {
			*offset = at + HEADER_SIZE;
			return false;
		}
	}
	nul = file_size ? memchr(bytes, '\0', file_size) : NULL;
	*offset = 0;
	*size = nul ? (size_t)(nul - bytes) : file_size;
	return nul == NULL;
}
