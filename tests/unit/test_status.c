/* SPDX-License-Identifier: GPL-2.0-only */
#include <glib.h>

#include "efi/status.h"

static void test_names(void)
{
	static const struct {
		uint64_t status;
		const char *name;
	} names[] = {
		{ 0, "EFI_SUCCESS" },
		{ EFI_ERROR_BIT | 2, "EFI_INVALID_PARAMETER" },
		{ EFI_ERROR_BIT | 3, "EFI_UNSUPPORTED" },
		{ EFI_ERROR_BIT | 5, "EFI_BUFFER_TOO_SMALL" },
		{ EFI_ERROR_BIT | 7, "EFI_DEVICE_ERROR" },
		{ EFI_ERROR_BIT | 8, "EFI_WRITE_PROTECTED" },
		{ EFI_ERROR_BIT | 9, "EFI_OUT_OF_RESOURCES" },
		{ EFI_ERROR_BIT | 14, "EFI_NOT_FOUND" },
		{ EFI_ERROR_BIT | 15, "EFI_ACCESS_DENIED" },
		{ EFI_ERROR_BIT | 26, "EFI_SECURITY_VIOLATION" },
		{ EFI_ERROR_BIT | 1, "EFI_STATUS(?)" },
		{ 2, "EFI_STATUS(?)" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		g_assert_cmpstr(efi_status_name(names[i].status), ==, names[i].name);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/status/names", test_names);
	return g_test_run();
}
