/* SPDX-License-Identifier: GPL-2.0-only */
/* How a process starts OpenSSL, which the library uses and must not configure for its host. */
#ifndef HOST_CRYPTO_H
#define HOST_CRYPTO_H

/*
 * Keeps OpenSSL from reading openssl.cnf: what verifies signatures does not depend on a file of the host, and starts
 * sooner.
 */
void crypto_start(void);

#endif
