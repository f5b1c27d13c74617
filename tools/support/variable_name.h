/* SPDX-License-Identifier: GPL-2.0-only */
/* How people write variables and their attributes. */
#ifndef TOOLS_VARIABLE_NAME_H
#define TOOLS_VARIABLE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "efi/guid.h"
#include "uefivars.h"

struct variable_name {
	struct efi_guid guid;
	uint8_t name[UEFIVARS_NAME_LOAD_MAX]; /* UTF-16LE, no NUL */
	size_t size;
};

/*
 * Reads a variable from the first of `count` arguments: a well-known name alone (PK, BootOrder, Boot0001, ...), "guid
 * name", Name-guid, or a GUID whose name is the next argument. Returns how many arguments that took, or 0 with the
 * mistake reported.
 */
int variable_name_parse(struct variable_name *name, int count, char *const *arguments);

/* The attributes that the specification gives the variable, or NV, BS and RT where it does not know it. */
uint32_t variable_name_attributes(const struct variable_name *name);

/* Is it PK, KEK, db, dbx, dbt or dbr, whose data are EFI_SIGNATURE_LISTs? */
bool variable_name_is_signature_database(const struct variable_name *name);

/* Writes the name as UTF-8 for a terminal: control characters become "?". */
#define VARIABLE_NAME_TEXT_SIZE (UEFIVARS_NAME_LOAD_MAX / 2 * 3 + 1)
void variable_name_format(const uint8_t *name, size_t size, char text[VARIABLE_NAME_TEXT_SIZE]);

/* Reads attributes: a number (0x27) or words (NV,BS,RT,AT,APPEND). Returns false, nothing reported, for neither. */
bool attributes_parse(const char *text, uint32_t *attributes);

/* Writes the words, and bits without one as a number. */
#define ATTRIBUTES_TEXT_SIZE 64
void attributes_format(uint32_t attributes, char text[ATTRIBUTES_TEXT_SIZE]);

#endif
