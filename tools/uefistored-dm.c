/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * uefistored-dm: what libxl starts in place of a domain's device model (device_model_override). It has the domain's
 * variables served, and becomes the device model. Without them the domain does not start: its firmware would hang.
 */
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenstore.h>

#include "tools/support/options.h"
#include "tools/support/report.h"
#include "tools/uefistored-dm/launch.h"
#include "tools/uefistored-dm/machine.h"

#define DOMID_MAX 0x7fef

static const char help[] = "Usage: device_model_override = \"/path/to/uefistored-dm\"    (a line of xl.cfg)\n"
			   "       uefistored-dm --serve DOMID           (what uefistored@.service runs)\n"
			   "Starts the domain's uefistored, waits until it serves, and becomes the device\n"
			   "model. Configuration: " DM_CONFIG "\n"
			   "\n"
			   "  --serve DOMID  become the daemon of this domain\n"
			   "  --help         this text (man uefistored-dm tells more)\n"
			   "  --version      the version\n";

/* Returns false where the text is no number of a domain. */
static bool parse_domid(const char *text, uint32_t *domid)
{
	guint64 number;

	if (!g_ascii_string_to_unsigned(text, 10, 1, DOMID_MAX, &number, NULL)) {
		report("'%s': the number of a domain, from 1 to %d, was expected", text, DOMID_MAX);
		return false;
	}
	*domid = (uint32_t)number;
	return true;
}

static struct xs_handle *open_xenstore(void)
{
	struct xs_handle *xenstore = xs_open(0);

	if (!xenstore)
		report("Xenstore cannot be reached: %s", strerror(errno));
	return xenstore;
}

static int serve(const char *text)
{
	struct machine machine = { 0 };
	struct xs_handle *xenstore;
	uint32_t domid;

	if (!parse_domid(text, &domid))
		return EXIT_USAGE;
	xenstore = open_xenstore();
	if (!xenstore)
		return EXIT_RUNTIME;
	if (machine_find(&machine, xenstore, domid)) {
		xs_close(xenstore);
		machine_serve(&machine, launch_is_resume(domid));
	} else {
		xs_close(xenstore);
	}
	machine_clear(&machine);
	return EXIT_RUNTIME;
}

/* What libxl gives to a device model. */
struct call {
	const char *domid; /* NULL: it is not for a domain (a question for its version, say) */
	bool resume;
	bool pv; /* only the backends of a PV guest, which has no firmware */
};

static struct call read_call(int argc, char *const *argv)
{
	struct call call = { 0 };

	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (strcmp(argv[i], "-xen-domid") == 0)
			call.domid = value;
		else if (strcmp(argv[i], "-incoming") == 0)
			call.resume = true;
		else if (strcmp(argv[i], "-M") == 0 || strcmp(argv[i], "-machine") == 0)
			call.pv = g_str_has_prefix(value, "xenpv");
	}
	return call;
}

static int become(char *const *argv, const struct dm_settings *settings)
{
	execv(settings->device_model, argv);
	report("%s: cannot be started: %s", settings->device_model, strerror(errno));
	return EXIT_RUNTIME;
}

static int become_device_model(char *const *argv)
{
	struct dm_settings settings;
	int status = EXIT_RUNTIME;

	if (dm_settings_read(&settings, NULL))
		status = become(argv, &settings);
	dm_settings_clear(&settings);
	return status;
}

static int wrap(char *const *argv, const struct call *call)
{
	struct machine machine = { 0 };
	struct xs_handle *xenstore;
	uint32_t domid;
	bool ok;

	if (!parse_domid(call->domid, &domid))
		return EXIT_USAGE;
	xenstore = open_xenstore();
	ok = xenstore && machine_find(&machine, xenstore, domid) && machine_take_over(&machine, xenstore) &&
	     launch(&machine, xenstore, call->resume);
	if (xenstore)
		xs_close(xenstore);
	if (ok)
		become(argv, &machine.settings);
	else
		report("the domain is not started without its UEFI variables");
	machine_clear(&machine);
	return EXIT_RUNTIME;
}

int main(int argc, char **argv)
{
	struct call call;

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		options_print_version();
		return EXIT_SUCCESS;
	}
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(help, stdout) < 0;
	if (argc == 1) {
		report("the arguments that libxl gives to a device model were expected (see --help)");
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--serve") == 0) {
		if (argc == 3)
			return serve(argv[2]);
		report("--serve: DOMID, and nothing more, was expected");
		return EXIT_USAGE;
	}
	call = read_call(argc, argv);
	return call.domid && !call.pv ? wrap(argv, &call) : become_device_model(argv);
}
