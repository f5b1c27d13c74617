/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Log lines for the operator, on stderr: one line and one write each, with the kernel's <N> priority in front where
 * stderr is the journal. Never variable data. Control characters never leave the program: what stands in a line's
 * arguments cannot forge another line.
 */
#ifndef HOST_LOG_H
#define HOST_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARNING, LEVEL_ERROR };

/*
 * Names the program in front of each line and finds out whether stderr is the journal. The level is INFO until it is
 * set.
 */
void log_start(const char *program);
void log_set_level(enum log_level lowest);

/* Reads DEBUG, INFO, WARNING or ERROR. Returns false, *level untouched, for any other text. */
bool log_level_parse(const char *text, enum log_level *level);

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Limits one kind of line to LOG_BURST at once and one a second after that. What is left out is counted and told in a
 * line of its own, in front of the next one that passes or by log_limit_end(). Zeroed memory with `what` set is ready
 * for use.
 */
#define LOG_BURST 10u

struct log_limit {
	const char *what; /* "refused writes": for the line that tells how many more there were */
	uint32_t used;    /* of LOG_BURST, refilled with time */
	uint64_t suppressed;
	int64_t refilled; /* milliseconds of the monotonic clock */
};

void log_limited(struct log_limit *limit, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void log_limit_end(struct log_limit *limit);

/* Room for a name in a line: LOG_NAME_CHARACTERS of it, each at most 10 bytes when escaped, an ellipsis, a NUL. */
#define LOG_NAME_CHARACTERS 64u
#define LOG_NAME_SIZE (LOG_NAME_CHARACTERS * 10 + 4)

/*
 * Writes the name of a variable (UTF-16LE, `size` bytes) as UTF-8 that can be printed: what cannot becomes \xNN, \uNNNN
 * or \UNNNNNNNN, what is too long ends in an ellipsis. Returns `out`.
 */
const char *log_name(const uint8_t *name, size_t size, char out[LOG_NAME_SIZE]);

/* The same for a text that should be UTF-8. */
const char *log_text(const char *text, char out[LOG_NAME_SIZE]);

#endif
