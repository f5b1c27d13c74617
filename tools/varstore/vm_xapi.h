/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine's variables in XAPI's database, through XAPI's own socket or the guard's. Both get the same calls: a login,
 * which is real at XAPI's, and is answered by the guard with dummies.
 */
#ifndef VARSTORE_VM_XAPI_H
#define VARSTORE_VM_XAPI_H

#include <stdbool.h>

struct vm_xapi;

/*
 * Logs in and looks up the machine. With `patient` what XAPI fails to read or write is tried again for some seconds.
 * Returns NULL, reported, where that failed. Close it with vm_xapi_close().
 */
struct vm_xapi *vm_xapi_open(const char *socket, const char *uuid, bool patient);

/* Logs out. NULL is nothing. */
void vm_xapi_close(struct vm_xapi *xapi);

/* The base64 text of the variables, "" where nothing was ever stored. NULL, reported, where XAPI did not tell. Free it
 * with g_free(). */
char *vm_xapi_read(struct vm_xapi *xapi);

/*
 * Has XAPI store the text. With `certificates` XAPI finds out anew whether KEK and db are up to date; else what it has
 * noted about them stays, so far as the other side can be told that (the guard, if it is not an old one). Returns
 * false, reported, where that failed or nobody knows whether it did.
 */
bool vm_xapi_write(struct vm_xapi *xapi, const char *text, bool certificates);

/*
 * What the machine's map `platform` has under the key, "" where it has nothing; and whether it is running. NULL and
 * false, not reported, where XAPI does not tell: the guard never does. Free the text with g_free().
 */
char *vm_xapi_platform(struct vm_xapi *xapi, const char *key);
bool vm_xapi_is_running(struct vm_xapi *xapi);

#endif
