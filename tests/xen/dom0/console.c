/* SPDX-License-Identifier: GPL-2.0-only */
/* console [clear]: print what Xen's console holds, the guests' lines among it; or forget it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenctrl.h>

#define RING_SIZE (1u << 20)

int main(int argc, char **argv)
{
	const int clear = argc > 1 && strcmp(argv[1], "clear") == 0;
	xc_interface *xen = xc_interface_open(NULL, NULL, 0);
	char *text = malloc(RING_SIZE);
	unsigned int size = RING_SIZE;

	if (!xen || !text || xc_readconsolering(xen, text, &size, clear, 0, NULL)) {
		fprintf(stderr, "console: %s\n", strerror(errno));
		return 1;
	}
	if (!clear)
		fwrite(text, 1, size, stdout);
	free(text);
	xc_interface_close(xen);
	return 0;
}
