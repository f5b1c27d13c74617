/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * replay FILE...   Runs a target over files, and over what is in directories; stdin where there are none. It is main()
 * of each target where no fuzzer is: in the tests, and to look at an input that a fuzzer found.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

static unsigned int inputs;

static void run(const char *bytes, size_t size)
{
	uint8_t *exact = fuzz_exact((const uint8_t *)bytes, size);

	LLVMFuzzerTestOneInput(exact, size);
	g_free(exact);
	inputs++;
}

static bool run_file(const char *path)
{
	GError *error = NULL;
	char *bytes;
	gsize size;

	if (!g_file_get_contents(path, &bytes, &size, &error)) {
		fprintf(stderr, "replay: %s\n", error->message);
		g_clear_error(&error);
		return false;
	}
	/* Where the process stops, this line says at which one. */
	if (g_getenv("REPLAY_VERBOSE"))
		fprintf(stderr, "replay: %s\n", path);
	run(bytes, size);
	g_free(bytes);
	return true;
}

static bool run_path(const char *path)
{
	GDir *directory = g_dir_open(path, 0, NULL);
	const char *name;
	bool good = true;

	if (!directory)
		return run_file(path);
	while ((name = g_dir_read_name(directory))) {
		char *inside = g_build_filename(path, name, NULL);

		good = run_path(inside) && good;
		g_free(inside);
	}
	g_dir_close(directory);
	return good;
}

static bool run_stdin(void)
{
	GByteArray *all = g_byte_array_new();
	uint8_t bytes[4096];
	size_t size;

	while ((size = fread(bytes, 1, sizeof bytes, stdin)) > 0)
		g_byte_array_append(all, bytes, (guint)size);
	run((const char *)all->data, all->len);
	g_byte_array_unref(all);
	return !ferror(stdin);
}

int main(int argc, char **argv)
{
	bool good = argc > 1 || run_stdin();

	for (int i = 1; i < argc; i++)
		good = run_path(argv[i]) && good;
	printf("%u inputs\n", inputs);
	return good ? 0 : 1;
}
