/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replacing a text in place, so that a crash at any byte leaves the old or the new text whole.
 *
 * It is for a file whose directory cannot be written, where the usual way (a new file, renamed) is closed. Nothing can
 * be kept outside of the file, and other programs want to find plain JSON in it when it is at rest. So the new text is
 * first written behind the old one, and only then over it:
 *
 *     at rest      | old text |
 *     1 prepared   | old text | NULs ... | (64 NULs) new text |      synced
 *     2 committed  | old text | NULs ... | header    new text |      synced
 *     3 copied     | new text | (rest of old) ... | header new text | synced
 *     4 at rest    | new text |                                      truncated, synced
 *
 * The header stands at a multiple of 4,096 bytes and has a magic number, the length and a SHA-256 of length and text.
 * A reader (journal_find) looks for the last position with a header whose checksum fits: it holds the text. Without
 * one the text is what stands before the first NUL: JSON has none, and at least one NUL follows the old text before
 * anything else does. Why each moment is safe:
 *
 *   - until the header is written (1) there is none, whatever part of the new text reached the disk in whatever order,
 * and nothing of the old text was touched: the old text counts;
 *   - a header that is torn, or whose text is not whole, does not fit its checksum: the old text counts. (The sync
 *     before the header has errors of the disk show while the write can still be taken back.)
 *   - while the old text is overwritten (3) the header stands and fits: the new text counts;
 *   - the file is cut (4) only when the copy was synced. A cut changes the length alone, at once: before it the header
 *     counts, after it the copy, and both are the new text.
 *
 * An empty file gets a newline before anything else, so that what an interrupted first write leaves (a blank, or one
 * NUL) can be told from a file whose contents were lost.
 *
 * A write that was interrupted and is followed by another needs no cleaning first: the next header goes behind all that
 * is there, and the last one that fits wins. The space of 2 and 3 is allocated in 1, so a full disk shows there, where
 * the write can still be taken back.
 */
#ifndef BACKEND_JOURNAL_H
#define BACKEND_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "backend/result.h"

/*
 * What the writing needs of a file; each returns 0, or -1 with errno set. journal_file is the one for file descriptors.
 */
struct journal_io {
	int (*write)(void *file, const void *bytes, size_t size, off_t offset); /* all of them */
	int (*sync)(void *file);
	int (*truncate)(void *file, off_t size);
};

extern const struct journal_io journal_file; /* file: an int *, the descriptor */

/*
 * Replaces the text in a file that is old_size bytes long. `gate` is asked before the header is written: false takes
 * everything back. On WRITE_FAILED the old text counts; WRITE_UNKNOWN: that could not be made sure; WRITE_DONE: the new
 * text counts, and where errno is not 0 then the copying could not be finished (a reader that does not know the header
 * finds no JSON).
 */
enum write_result journal_write(const struct journal_io *io, void *file, size_t old_size, const char *text, size_t size,
				const struct write_gate *gate);

/*
 * Finds the text in the bytes of a file: *offset and *size. Returns true where the file is at rest, that is where the
 * text is all of it.
 */
bool journal_find(const char *bytes, size_t file_size, size_t *offset, size_t *size);

#endif
