/* SPDX-License-Identifier: GPL-2.0-only */
/* The seed corpora: made from real requests, signatures and stores. One function writes those of one kind. */
#ifndef TESTS_FUZZ_SEEDS_H
#define TESTS_FUZZ_SEEDS_H

#include <glib.h>
#include <stddef.h>

/* Writes one seed of a target, in a file of this name. */
void seeds_write(const char *target, const char *name, const void *bytes, size_t size);

/* fuzz_page and fuzz_resume, and the stores that those machines leave: fuzz_vars and fuzz_json. */
void seeds_machines(void);

/* fuzz_siglist, fuzz_auth and fuzz_authfile */
void seeds_signatures(void);

/* fuzz_json, fuzz_xmlrpc, fuzz_http and fuzz_settings */
void seeds_texts(void);

#endif
