/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guest can be told to do. Each prints its verdicts and returns; main() then ends the domain. */
#ifndef XEN_GUEST_MODES_H
#define XEN_GUEST_MODES_H

/* Does the domain start anew at its own wish? It reboots itself once, and ends at its second boot. */
void mode_boots(void);
/* All five commands, and the TPM's ports. */
void mode_services(void);
/* What mode_services() left, seen by the next boot of the same store. */
void mode_second_boot(void);
/* Every kind of access to the ports, frames that are none, requests that are none. */
void mode_shapes(void);
/* Two vCPUs at once. */
void mode_two(void);
/* The second vCPU rewrites the requests of the first while they are served. */
void mode_flip(void);
/* The pages of a request are given back, got anew and exchanged. */
void mode_memory(void);
/* A minute of random accesses; then the daemon must still serve. */
void mode_garbage(void);
/* A fixed sequence of operations, a line each. */
void mode_transcript(void);
/* Makes state of every kind and waits to be destroyed; what is left of it after a resume. */
void mode_leave(void);
void mode_resumed(void);
/* How long an exchange takes. */
void mode_speed(void);
/* One exchange, then sleep. */
void mode_idle(void);

#endif
