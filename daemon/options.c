/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "daemon/transport/transport.h"
#include "error.h"

/* What the value of an option is, and so where it goes. */
enum kind {
	KIND_TEXT,   /* char *, not empty */
	KIND_LIST,   /* GPtrArray *, may be given again */
	KIND_TRUTH,  /* bool, written true or false */
	KIND_FLAG,   /* bool, no value */
	KIND_LEVEL,  /* enum log_level */
	KIND_ID,     /* uint32_t: the number of a user or group other than root */
	KIND_MIB,    /* uint32_t: a size below 4 GiB, in MiB */
	KIND_DOMID,  /* int: the number of a domain other than the host's */
	KIND_ABSENT, /* not in this build */
};

struct option {
	const char *name;
	enum kind kind;
	size_t offset;     /* in struct options */
	const char *value; /* what --help calls its value; NULL: it has none */
	const char *help;  /* NULL: it is in the line of the one before; for KIND_ABSENT: what this build lacks */
};

/* The numbers from here on have a meaning of their own. */
#define DOMID_MAX 0x7fef
/* In MiB; the last of the 4 GiB are always the firmware's. */
#define BELOW_4G_MAX 4095

#define AT(member) offsetof(struct options, member)
/* What there is to choose from. */
#ifdef UEFISTORED_XEN
#define TRANSPORTS "--domain DOMID, --socket PATH, or --qemu-memory FILE and --doorbell PATH"
#define XEN(kind) kind
#define XEN_HELP(text) text
#else
#define TRANSPORTS "--socket PATH, or --qemu-memory FILE and --doorbell PATH"
#define XEN(kind) KIND_ABSENT
#define XEN_HELP(text) NO_XEN
#endif
#define NO_XEN "this build has no Xen transport (it has --socket)"

static const struct option table[] = {
	{ "domain", XEN(KIND_DOMID), AT(domid), "DOMID", XEN_HELP("serve this Xen domain") },
	{ "socket", KIND_TEXT, AT(socket), "PATH", "serve over a Unix socket" },
	{ "qemu-memory", KIND_TEXT, AT(qemu_memory), "FILE", "serve the QEMU machine with this memory" },
	{ "doorbell", KIND_TEXT, AT(doorbell), "PATH", "... and its port connected to this socket" },
	{ "qemu-below-4g", KIND_MIB, AT(qemu_below_4g), "MIB", "... and so much below 4 GiB (as q35)" },
	{ "backend", KIND_TEXT, AT(backend), "NAME", "where the variables are kept: file, memory, xapidb" },
	{ "arg", KIND_LIST, AT(arguments), "NAME:VALUE", "path, uuid, socket, save or resume (repeatable)" },
	{ "resume", KIND_FLAG, AT(resume), NULL, "start from the resume file, not the backend" },
	{ "nonpersistent", KIND_FLAG, AT(nonpersistent), NULL, "never write to the backend" },
	{ "keys", KIND_TEXT, AT(keys), "DIR", "has PK.auth, KEK.auth, db.auth and dbx.auth" },
	{ "secure-boot", KIND_TRUTH, AT(secure_boot), "true|false", "is Secure Boot wanted? (false)" },
	{ "auth-enforce", KIND_TRUTH, AT(auth_enforce), "true|false", "are signatures verified? (true)" },
	{ "depriv", KIND_FLAG, AT(depriv), NULL, "serve from within a sandbox" },
	{ "uid", KIND_ID, AT(uid), "N", "... as this user and group" },
	{ "gid", KIND_ID, AT(gid), "N", NULL },
	{ "chroot", KIND_TEXT, AT(chroot), "DIR", "... with this root (of --arg save, resume, socket)" },
	{ "state", KIND_TEXT, AT(state), "FILE", "for a restart under a running guest" },
	{ "pidfile", KIND_TEXT, AT(pidfile), "PATH", "written, and locked for life" },
	{ "config", KIND_TEXT, AT(config), "FILE", "default: " OPTIONS_CONFIG_DEFAULT },
	{ "log-level", KIND_LEVEL, AT(log_level), "LEVEL", "DEBUG, INFO, WARNING or ERROR" },
	{ "print-capabilities", KIND_FLAG, AT(print_capabilities), NULL, "what this build can do, as JSON" },
	{ "help", KIND_FLAG, AT(help), NULL, "this text (man uefistored tells more)" },
	{ "version", KIND_FLAG, AT(version), NULL, NULL },
};

/* What is remembered while the line is read. */
struct parse {
	struct options *options;
	bool given[G_N_ELEMENTS(table)];
};

static bool take_truth(const char *name, const char *value, bool *out, GError **error)
{
	*out = strcmp(value, "true") == 0;
	if (*out || strcmp(value, "false") == 0)
		return true;
	return error_set(error, EXIT_USAGE, "--%s: true or false was expected, not '%s'", name, value);
}

static bool take_level(struct options *options, const char *name, const char *value, GError **error)
{
	options->log_level_given = true;
	if (log_level_parse(value, &options->log_level))
		return true;
	return error_set(error, EXIT_USAGE, "--%s: DEBUG, INFO, WARNING or ERROR was expected, not '%s'", name, value);
}

static bool take_id(const char *name, const char *value, uint32_t *out, GError **error)
{
	guint64 number;

	/* The largest number stands for no user at all. */
	if (!g_ascii_string_to_unsigned(value, 10, 1, UINT32_MAX - 1, &number, NULL))
		return error_set(error, EXIT_USAGE, "--%s: a number from 1 to %u was expected, not '%s'%s", name,
				 UINT32_MAX - 1, value, strcmp(value, "0") == 0 ? " (root)" : "");
	*out = (uint32_t)number;
	return true;
}

static bool take_mib(const char *name, const char *value, uint32_t *out, GError **error)
{
	guint64 number;

	if (!g_ascii_string_to_unsigned(value, 10, 1, BELOW_4G_MAX, &number, NULL))
		return error_set(error, EXIT_USAGE, "--%s: a number of MiB, from 1 to %d, was expected, not '%s'", name,
				 BELOW_4G_MAX, value);
	*out = (uint32_t)number;
	return true;
}

static bool take_domid(const char *name, const char *value, int *out, GError **error)
{
	guint64 number;

	if (!g_ascii_string_to_unsigned(value, 10, 1, DOMID_MAX, &number, NULL))
		return error_set(error, EXIT_USAGE,
				 "--%s: the number of a domain, from 1 to %d, was expected, not '%s'", name, DOMID_MAX,
				 value);
	*out = (int)number;
	return true;
}

static bool take(struct parse *parse, size_t index, const char *value, GError **error)
{
	const struct option *option = &table[index];
	void *at = (char *)parse->options + option->offset;

	if (parse->given[index] && option->kind != KIND_LIST && option->kind != KIND_ABSENT)
		return error_set(error, EXIT_USAGE, "--%s is given twice", option->name);
	parse->given[index] = true;
	if (option->value && *value == '\0')
		return error_set(error, EXIT_USAGE, "--%s: a value was expected (%s)", option->name, option->value);
	switch (option->kind) {
	case KIND_TEXT:
		*(char **)at = g_strdup(value);
		return true;
	case KIND_LIST:
		g_ptr_array_add(*(GPtrArray **)at, g_strdup(value));
		return true;
	case KIND_TRUTH:
		return take_truth(option->name, value, at, error);
	case KIND_FLAG:
		*(bool *)at = true;
		return true;
	case KIND_LEVEL:
		return take_level(parse->options, option->name, value, error);
	case KIND_ID:
		return take_id(option->name, value, at, error);
	case KIND_MIB:
		return take_mib(option->name, value, at, error);
	case KIND_DOMID:
		return take_domid(option->name, value, at, error);
	case KIND_ABSENT:
		break;
	}
	return error_set(error, EXIT_USAGE, "--%s: %s", option->name, option->help);
}

static gboolean on_option(const gchar *name, const gchar *value, gpointer pointer, GError **error)
{
	/* GOption calls an option by the dashes that stand in front of it, too. */
	while (*name == '-')
		name++;
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		if (strcmp(table[i].name, name) == 0 || (strcmp(name, "h") == 0 && strcmp(table[i].name, "help") == 0))
			return take(pointer, i, value, error);
	}
	return FALSE;
}

static GOptionContext *make_context(struct parse *parse)
{
	GOptionContext *context = g_option_context_new(NULL);
	GOptionGroup *group = g_option_group_new("uefistored", NULL, NULL, parse, NULL);
	GOptionEntry entries[G_N_ELEMENTS(table) + 1] = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		entries[count++] = (GOptionEntry){
			.long_name = table[i].name,
			.short_name = strcmp(table[i].name, "help") == 0 ? 'h' : '\0',
			.flags = table[i].value ? G_OPTION_FLAG_FILENAME : G_OPTION_FLAG_NO_ARG,
			.arg = G_OPTION_ARG_CALLBACK,
			.arg_data = (gpointer)on_option,
		};
	}
	g_option_group_add_entries(group, entries);
	g_option_context_set_main_group(context, group);
	g_option_context_set_help_enabled(context, FALSE);
	return context;
}

static bool check_sandbox(const struct options *options, GError **error)
{
	if (!options->depriv && (options->uid || options->gid || options->chroot))
		return error_set(error, EXIT_USAGE, "--%s is a part of the sandbox: --depriv was expected, too",
				 options->chroot ? "chroot" :
				 options->uid    ? "uid" :
						   "gid");
	if (!options->uid != !options->gid)
		return error_set(error, EXIT_USAGE, "--%s: --%s was expected, too", options->uid ? "uid" : "gid",
				 options->uid ? "gid" : "uid");
	return true;
}

/* Exactly one is asked for, and by all of its options. */
static bool check_transport(struct options *options, GError **error)
{
	const struct {
		const char *name, *option;
		bool given;
	} transports[] = {
		{ "xen", "--domain DOMID", options->domid >= 0 },
		{ "socket", "--socket PATH", options->socket != NULL },
		{ "qemu", "--qemu-memory FILE", options->qemu_memory != NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(transports); i++) {
		if (!transports[i].given)
			continue;
		if (options->transport)
			return error_set(error, EXIT_USAGE, "%s: one transport was expected, and %s is given, too",
					 transports[i].option, options->transport);
		options->transport = transports[i].name;
	}
	return options->transport || error_set(error, EXIT_USAGE, "a transport was expected: %s", TRANSPORTS);
}

/* The path of a Unix socket, or NULL. */
static bool check_path(const char *option, const char *path, GError **error)
{
	if (!path || strlen(path) <= TRANSPORT_SOCKET_PATH_MAX)
		return true;
	return error_set(error, EXIT_USAGE, "--%s: a path of at most %zu bytes was expected, not one of %zu", option,
			 (size_t)TRANSPORT_SOCKET_PATH_MAX, strlen(path));
}

static bool check_qemu(const struct options *options, GError **error)
{
	const bool qemu = options->qemu_memory != NULL;

	if (qemu && !options->doorbell)
		return error_set(error, EXIT_USAGE, "--qemu-memory: --doorbell was expected, too");
	if (!qemu && (options->doorbell || options->qemu_below_4g))
		return error_set(error, EXIT_USAGE, "--%s: --qemu-memory was expected, too",
				 options->doorbell ? "doorbell" : "qemu-below-4g");
	return true;
}

static bool check(struct options *options, GError **error)
{
	if (options->help || options->version || options->print_capabilities)
		return true;
	if (!check_sandbox(options, error))
		return false;
	if (!check_transport(options, error) || !check_path("socket", options->socket, error))
		return false;
	if (!check_path("doorbell", options->doorbell, error) || !check_qemu(options, error))
		return false;
	if (options->state && options->socket)
		return error_set(error, EXIT_USAGE, "--state belongs to --domain or --qemu-memory, not to --socket");
	if (!options->backend)
		options->backend = g_strdup(options->domid >= 0 ? "xapidb" : "file");
	return true;
}

bool options_parse(struct options *options, int argc, char **argv, GError **error)
{
	struct parse parse = { .options = options };
	GOptionContext *context;
	char **rest = g_new0(char *, (size_t)argc + 1), **copy = rest;
	GError *wrong = NULL;
	bool ok;

	*options = (struct options){ .domid = -1,
				     .auth_enforce = true,
				     .arguments = g_ptr_array_new_with_free_func(g_free) };
	/* GOption takes what it knows out of the vector that it is given. */
	memcpy(rest, argv, (size_t)argc * sizeof *argv);
	context = make_context(&parse);
	ok = g_option_context_parse(context, &argc, &rest, &wrong);
	g_option_context_free(context);
	if (wrong) {
		ok = error_set(error, EXIT_USAGE, "%s", wrong->message);
		g_error_free(wrong);
	} else if (argc > 1) {
		ok = error_set(error, EXIT_USAGE, "'%s': an option was expected (see --help)", rest[1]);
	}
	g_free(copy);
	g_ptr_array_add(options->arguments, NULL);
	return ok && check(options, error);
}

#define HELP_COLUMN 28

bool options_print_help(void)
{
	GString *line = g_string_new(NULL);
	bool ok = puts("Usage: uefistored [OPTION...]\nKeeps the UEFI variables of one virtual machine.\n") >= 0;

	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		const char *help = table[i].help;

		if (table[i].kind == KIND_ABSENT)
			continue;
		g_string_printf(line, "  --%s%s%s", table[i].name, table[i].value ? " " : "",
				table[i].value ? table[i].value : "");
		for (; i + 1 < G_N_ELEMENTS(table) && !table[i + 1].help; i++)
			g_string_append_printf(line, " --%s%s%s", table[i + 1].name, table[i + 1].value ? " " : "",
					       table[i + 1].value ? table[i + 1].value : "");
		ok = printf("%-*s %s\n", HELP_COLUMN, line->str, help) > 0 && ok;
	}
	g_string_free(line, TRUE);
	return fflush(stdout) == 0 && ok;
}

void options_clear(struct options *options)
{
	g_free(options->socket);
	g_free(options->qemu_memory);
	g_free(options->doorbell);
	g_free(options->state);
	g_free(options->backend);
	if (options->arguments)
		g_ptr_array_free(options->arguments, TRUE);
	g_free(options->keys);
	g_free(options->chroot);
	g_free(options->pidfile);
	g_free(options->config);
}
