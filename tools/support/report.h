/* SPDX-License-Identifier: GPL-2.0-only */
/* One line on stderr for what went wrong, and the exit statuses of the tools. */
#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

#define EXIT_RUNTIME 1 /* something could not be done */
#define EXIT_USAGE 2   /* it was asked for wrongly */

/* Prints "PROGRAM: message" and a newline. */
void report(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, with the reason that OpenSSL has for its last failure; its queue of errors is empty afterwards. */
void report_openssl(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* All later lines say first that they come from this line of the file; NULL: no longer. `path` must stay valid. */
void report_place(const char *path, unsigned int line);

#endif
