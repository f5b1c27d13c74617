/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One machine's variables, wherever they are: opened, looked at, changed by the same rules that a guest's writes go
 * through (signatures aside: the operator needs none), and stored again, all changes of a command together.
 */
#ifndef VARSTORE_VM_H
#define VARSTORE_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "efi/status.h"
#include "tools/support/client.h"
#include "tools/support/variable_name.h"
#include "tools/varstore/command.h"
#include "tools/varstore/image.h"
#include "tools/varstore/host_keys.h"

struct store_file;
struct vm_xapi;

enum vm_mode {
	VM_READ,   /* nothing is locked, nothing will be changed */
	VM_CHANGE, /* a file is locked, it must exist */
	VM_CREATE, /* a file that is missing is made */
};

struct vm {
	const char *source;   /* for messages: the file's path or the machine's UUID */
	struct image image;   /* started: with the firmware's own variables */
	struct vm_xapi *xapi; /* NULL: a file */
	bool must_store;      /* by vm_store(), even where nothing changed: the caller's to set */
	/* the rest is for vm_*() */
	struct store_file *file;
	bool certificates; /* KEK or db was changed */
	GString *before;   /* what would be stored if nothing changed */
	struct client client;
};

/*
 * Opens what the invocation names, gives up privileges as it wants, and reads. `allowed` as for image_read(). Returns
 * NULL, reported, where that failed. Close it with vm_close().
 */
struct vm *vm_open(const struct invocation *invocation, enum vm_mode mode, const struct variable_name *allowed);
void vm_close(struct vm *vm);

/* The variable, as stored; its pointers are valid until a change. Returns false where there is none. */
bool vm_find(const struct vm *vm, const struct variable_name *name, struct uefivars_variable *variable);

/*
 * SetVariable. Returns the EFI status; vm->image.reason tells why where it is an error. Records of this name that XAPI
 * has and that cannot be right are dropped, here and by vm_remove().
 */
uint64_t vm_set(struct vm *vm, const struct variable_name *name, uint32_t attributes, const uint8_t *data, size_t size);

/* Removes the variable whatever its attributes, by a SetVariable that does so. Returns as vm_set(). */
uint64_t vm_remove(struct vm *vm, const struct variable_name *name);

/*
 * Starts the machine anew without PK, KEK, db and dbx, as on its first boot: the keys are enrolled. Returns
 * UEFIVARS_OK, or why not with *failed naming the key; nothing was changed then.
 */
enum uefivars_reason vm_enroll(struct vm *vm, const struct keys *keys, enum uefivars_key *failed);

/* Room for variables that survive a boot. */
void vm_space(struct vm *vm, struct client_space *space);

/* Stores what was changed, in one write; nothing where nothing was. Returns false, reported, where that failed. */
bool vm_store(struct vm *vm);

/* Reports an error of vm_set() or vm_remove(): "NAME: EFI_...: reason". */
void vm_report(const struct vm *vm, const struct variable_name *name, uint64_t status);

#endif
