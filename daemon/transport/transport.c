/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/transport/transport.h"

#include <string.h>

static const struct {
	const char *name;
	struct transport *(*make)(struct options *options, GError **error);
} kinds[] = {
#ifdef UEFISTORED_XEN
	{ "xen", transport_xen_new },
#endif
	{ "qemu", transport_qemu_new },
	{ "socket", transport_socket_new },
};

const char *const *transport_names(void)
{
	static const char *names[G_N_ELEMENTS(kinds) + 1];

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		names[i] = kinds[i].name;
	return names;
}

struct transport *transport_new(struct options *options, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (strcmp(kinds[i].name, options->transport) == 0)
			return kinds[i].make(options, error);
	}
	/* The options name one that is there. */
	g_assert_not_reached();
}
