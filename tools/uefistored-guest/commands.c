/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/uefistored-guest/guest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "efi/attributes.h"
#include "efi/signature_list.h"
#include "tools/support/file.h"
#include "tools/support/report.h"
#include "tools/support/show.h"
#include "tools/support/variable_name.h"

#define SET_OVERHEAD 45 /* what a SetVariable request needs besides name and data */

int guest_report_no_answer(const struct guest *guest)
{
	const char *error = guest->connection.error;

	report("%s", *error ? error : "the daemon's answer is no response of the protocol");
	return EXIT_RUNTIME;
}

/* What a command that was answered returns. */
static int answered(const struct guest *guest, uint64_t status)
{
	return status == CLIENT_NO_ANSWER ? guest_report_no_answer(guest) : 0;
}

/* Reads the variable from the operands; `rest` operands must follow it. */
static int take_name(struct variable_name *name, int argc, char *const *argv, int rest)
{
	int used;

	if (argc < 1) {
		report("the name of a variable is expected");
		return EXIT_USAGE;
	}
	used = variable_name_parse(name, argc, argv);
	if (used == 0)
		return EXIT_USAGE;
	if (argc - used == rest)
		return 0;
	report(rest ? "one FILE (or --hex) is expected after the variable" :
		      "'%s' stands after the variable, where nothing is expected",
	       argv[argc - 1]);
	return EXIT_USAGE;
}

static bool parse_hex(const char *text, struct buffer *value)
{
	for (; *text; text += 2) {
		uint8_t byte;
		unsigned int digits;

		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) ||
		    sscanf(text, "%2x", &digits) != 1)
			return false;
		byte = (uint8_t)digits;
		buffer_append(value, &byte, 1);
	}
	return true;
}

/* Reads a variable and its value (a file, or --hex) from the operands. */
static int take_name_and_value(const struct guest *guest, struct variable_name *name, struct buffer *value, int argc,
			       char *const *argv)
{
	const char *hex = guest->options.hex;
	int error = take_name(name, argc, argv, hex ? 0 : 1);

	if (error)
		return error;
	if (hex ? !parse_hex(hex, value) : !file_read(argv[argc - 1], value)) {
		if (hex)
			report("--hex: '%s': an even number of hexadecimal digits is expected", hex);
		return hex ? EXIT_USAGE : EXIT_RUNTIME;
	}
	if (name->size + value->size + SET_OVERHEAD <= UEFIVARS_PAGE_SIZE)
		return 0;
	report("%zu bytes of data: more than a request can carry", value->size);
	return EXIT_RUNTIME;
}

static uint64_t get(struct guest *guest, const struct variable_name *name, struct client_value *value)
{
	return client_get(&guest->connection.client, name->name, name->size, &name->guid, UEFIVARS_PAGE_SIZE, value);
}

static void print_variable(const struct variable_name *name, uint32_t attributes, size_t size)
{
	char guid[GUID_TEXT_SIZE], words[ATTRIBUTES_TEXT_SIZE], text[VARIABLE_NAME_TEXT_SIZE];

	guid_format(&name->guid, guid);
	attributes_format(attributes, words);
	variable_name_format(name->name, name->size, text);
	printf("%s %-11s %6zu %s\n", guid, words, size, text);
}

static int command_get(struct guest *guest, int argc, char *const *argv, uint64_t *status)
{
	struct variable_name name;
	struct client_value value;
	int error = take_name(&name, argc, argv, 0);

	if (error)
		return error;
	*status = get(guest, &name, &value);
	if (*status != EFI_SUCCESS)
		return answered(guest, *status);
	if (guest->options.raw) {
		fwrite(value.data, 1, value.data_size, stdout);
		return 0;
	}
	print_variable(&name, value.attributes, value.data_size);
	if (variable_name_is_signature_database(&name) && siglist_check(value.data, value.data_size, NULL))
		show_signature_lists(value.data, value.data_size);
	else
		show_hex(value.data, value.data_size);
	return 0;
}

static int set(struct guest *guest, int argc, char *const *argv, uint32_t more_attributes, uint64_t *status)
{
	struct variable_name name;
	struct buffer value = { 0 };
	int error = take_name_and_value(guest, &name, &value, argc, argv);
	uint32_t attributes = guest->options.attributes;

	if (!error) {
		if (!guest->options.has_attributes)
			attributes = variable_name_attributes(&name);
		*status = client_set(&guest->connection.client, name.name, name.size, &name.guid,
				     attributes | more_attributes, value.data, value.size);
		error = answered(guest, *status);
	}
	buffer_free(&value);
	return error;
}

static int command_set(struct guest *guest, int argc, char *const *argv, uint64_t *status)
{
	return set(guest, argc, argv, 0, status);
}

static int command_append(struct guest *guest, int argc, char *const *argv, uint64_t *status)
{
	return set(guest, argc, argv, ATTR_APPEND, status);
}

static int command_delete(struct guest *guest, int argc, char *const *argv, uint64_t *status)
{
	struct variable_name name;
	int error = take_name(&name, argc, argv, 0);

	if (error)
		return error;
	*status = client_set(&guest->connection.client, name.name, name.size, &name.guid,
			     guest->options.has_attributes ? guest->options.attributes : 0, NULL, 0);
	return answered(guest, *status);
}

/* Reads the variable and compares it with the value that is expected. */
static int command_check(struct guest *guest, int argc, char *const *argv, uint64_t *status)
{
	struct variable_name name;
	struct buffer expected = { 0 };
	struct client_value value;
	int error = take_name_and_value(guest, &name, &expected, argc, argv);

	if (!error) {
		*status = get(guest, &name, &value);
		error = answered(guest, *status);
	}
	if (!error && *status == EFI_SUCCESS &&
	    (value.data_size != expected.size || (expected.size && memcmp(value.data, expected.data, expected.size)))) {
		report("the variable has another value than expected");
		error = EXIT_RUNTIME;
	}
	buffer_free(&expected);
	return error;
}

/* Prints the variable on which a walk stands. One that vanished meanwhile is passed over. */
static int list_one(struct guest *guest, const struct variable_name *name)
{
	struct client_value value;
	uint64_t status = get(guest, name, &value);

	if (status == EFI_SUCCESS)
		print_variable(name, value.attributes, value.data_size);
	return answered(guest, status);
}

static int command_list(struct guest *guest, int argc, char *const *argv, uint64_t *status)
{
	struct variable_name name = { .size = 0 };
	int error = 0;

	if (argc) {
		report("'%s': list takes no operands", argv[0]);
		return EXIT_USAGE;
	}
	while (!error) {
		*status = client_next(&guest->connection.client, name.name, &name.size, sizeof name.name, &name.guid,
				      NULL);
		if (*status != EFI_SUCCESS)
			break;
		error = list_one(guest, &name);
	}
	if (*status == EFI_NOT_FOUND) /* the end of every enumeration */
		*status = EFI_SUCCESS;
	return error ? error : answered(guest, *status);
}

static uint64_t print_space(struct guest *guest, const char *pool, uint32_t attributes)
{
	struct client_space space;
	uint64_t status = client_query(&guest->connection.client, attributes, &space);

	if (status == EFI_SUCCESS)
		printf("%s: %llu of %llu bytes free, a variable has at most %llu\n", pool,
		       (unsigned long long)space.remaining, (unsigned long long)space.maximum,
		       (unsigned long long)space.maximum_variable);
	return status;
}

static uint64_t print_mode(struct guest *guest, const char *name_text)
{
	struct variable_name name;
	struct client_value value;
	char *operand = (char *)name_text;
	uint64_t status;

	variable_name_parse(&name, 1, &operand);
	status = get(guest, &name, &value);
	if (status == EFI_SUCCESS && value.data_size == 1)
		printf("%s: %u\n", name_text, value.data[0]);
	else if (status != CLIENT_NO_ANSWER)
		printf("%s: %s\n", name_text, status == EFI_SUCCESS ? "not one byte" : efi_status_name(status));
	return status == CLIENT_NO_ANSWER ? status : EFI_SUCCESS;
}

static int command_info(struct guest *guest, int argc, char *const *argv, uint64_t *status)
{
	static const char *const modes[] = { "SecureBoot", "SetupMode", "AuditMode", "DeployedMode", "VendorKeys" };

	if (argc) {
		report("'%s': info takes no operands", argv[0]);
		return EXIT_USAGE;
	}
	*status = print_space(guest, "non-volatile", ATTR_NV | ATTR_BS | ATTR_RT);
	if (*status == EFI_SUCCESS)
		*status = print_space(guest, "volatile", ATTR_BS | ATTR_RT);
	for (size_t i = 0; *status == EFI_SUCCESS && i < sizeof modes / sizeof modes[0]; i++)
		*status = print_mode(guest, modes[i]);
	return answered(guest, *status);
}

static int command_notify(struct guest *guest, int argc, char *const *argv, uint64_t *status)
{
	if (argc) {
		report("'%s': notify takes no operands", argv[0]);
		return EXIT_USAGE;
	}
	*status = client_notify(&guest->connection.client);
	return answered(guest, *status);
}

static const struct {
	const char *name;
	int (*run)(struct guest *guest, int argc, char *const *argv, uint64_t *status);
} commands[] = {
	{ "get", command_get },       { "set", command_set },       { "append", command_append },
	{ "delete", command_delete }, { "check", command_check },   { "list", command_list },
	{ "info", command_info },     { "notify", command_notify },
};

int guest_command(struct guest *guest, int argc, char *const *argv, uint64_t *status)
{
	guest->connection.client.at_runtime = guest->options.runtime;
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		if (strcmp(argv[0], commands[i].name) == 0)
			return commands[i].run(guest, argc - 1, argv + 1, status);
	}
	report("'%s' is no command (see --help)", argv[0]);
	return EXIT_USAGE;
}
