/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state file: all that a running guest can see, for the daemon that takes over when this one was killed. It is
 * written before the guest hears of a change, and is whole at every moment, whatever instruction a SIGKILL meets.
 *
 * It is a VARS blob (docs/protocol.md) with two records of our own around those of the machine, so that it is also what
 * a toolstack takes for a save file when nobody was left to write one:
 *
 *     header | record "Journal"                          | records of the machine | record "Spare"       |
 *            | identity, answers by vCPU, an old state   |                        | the rest of the file |
 *
 * A new state is written where the old one is not, in the data of "Journal" or "Spare". Then one small write of the
 * file's first bytes (counts, and the size of Journal's data) makes it the one that counts.
 *
 * The journal of answers makes a request that is served again, since its daemon was killed between the answer and the
 * completion, come out as it did: writes are not made twice, and a request over which half a response was written is
 * not read from there.
 *
 * It is for a killed process, not for a lost machine: nothing is synced, and its place is a tmpfs.
 */
#ifndef DAEMON_STATE_H
#define DAEMON_STATE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uefivars.h"

#define STATE_NONCE_SIZE 16
/* How much of a request has to be handed to state_answer(); what a longer one asks for has a short response. */
#define STATE_REQUEST_SIZE 4608

struct state;

/* Whose state it is. */
struct state_identity {
	uint32_t domid;                  /* 0: a QEMU machine */
	uint32_t server;                 /* the id of the IOREQ server */
	uint8_t nonce[STATE_NONCE_SIZE]; /* of this life of the domain or memory file; zeros: none */
};

/*
 * Opens the file, which is made where it is missing, and locks it for life. Returns NULL and sets *error where that
 * failed, or another process has it.
 */
struct state *state_open(const char *path, GError **error);

/* NULL is nothing. The file stays. */
void state_free(struct state *state);

/* What another daemon has left in the file: whose it is. Returns false where there is nothing of the kind. */
bool state_find(const struct state *state, struct state_identity *identity);

/* Returns false and sets *error where the file has something in it that no daemon has left there, or not so. */
bool state_check(const struct state *state, GError **error);

/*
 * After state_find(): the VARS blob (of *size bytes, the state's until it is freed or written), or NULL where the one
 * that left it could not keep up: then the variables are to be had from the backend alone.
 */
const uint8_t *state_blob(const struct state *state, size_t *size);

/* After state_find(): did the one that left it serve its guest? Then what the guest began with is out of date. */
bool state_was_served(const struct state *state);

/* Goes on with what was found, for so many vCPUs. Returns false and sets *error where it cannot. */
bool state_continue(struct state *state, unsigned int vcpus, GError **error);

/* Begins anew; what was in the file is gone. Returns false and sets *error where the file cannot be written. */
bool state_begin(struct state *state, const struct state_identity *identity, unsigned int vcpus, GError **error);

/* Has the file say what uv says. Nothing is done where it says so already. A failure is logged. */
void state_keep(struct state *state, const struct uefivars *uv);

/* A request of this vCPU is about to be taken: nothing is answered yet. */
void state_take(struct state *state, unsigned int vcpu);

/*
 * It is about to be answered: remembers how, and has the file say what uv says. `request` are the first
 * STATE_REQUEST_SIZE bytes of the request.
 */
void state_answer(struct state *state, unsigned int vcpu, const struct uefivars *uv, const uint8_t *request,
		  const uint8_t *response, size_t size);

enum state_left {
	STATE_UNANSWERED, /* to be served, from the guest's memory */
	STATE_RESPONSE,   /* this is the response */
	STATE_REQUEST,    /* these are the first bytes of the request, which changes nothing: to be served from them */
};

/* After state_continue(): how far the request was that this vCPU waits for. The bytes are the state's. */
enum state_left state_left(const struct state *state, unsigned int vcpu, const uint8_t **bytes, size_t *size);

/* Is the file this daemon's: was it begun or continued, and not given to another owner since? */
bool state_is_written(const struct state *state);

/* From here on nothing is written: the file gets another owner. */
void state_stop(struct state *state);

/* The guest is no more: neither is its state. */
void state_discard(struct state *state);

#endif
