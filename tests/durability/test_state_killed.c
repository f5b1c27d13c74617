/* SPDX-License-Identifier: GPL-2.0-only */
/* The state file of a process that is killed at any moment. */
#include "daemon/state.c"
#include "daemon/state_file.c"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "tests/durability/state_place.h"

#define KILLS 60

/* The child's life: each number is set, kept, and then told. */
static G_GNUC_NORETURN void storm(const char *path, unsigned int from, atomic_uint *told)
{
	static const uint8_t request[STATE_REQUEST_SIZE];
	struct guest *guest = guest_new();
	struct state *state = open_state(path);
	const uint8_t *blob;
	uint8_t answer[8] = { 0 };
	size_t size;
	bool ok;

	blob = state_blob(state, &size);
	ok = blob ? guest_start_from(guest, UEFIVARS_RESUME, blob, size) && state_continue(state, VCPUS, NULL) :
		    guest_start(guest) && state_begin(state, &someone, VCPUS, NULL);
	for (unsigned int i = from + 1; ok; i++) {
		state_take(state, 0);
		guest_set(guest, "Storm", 0, NULL, 0);
		ok = set(guest, "Storm", i, size_of(i)) == EFI_SUCCESS;
		put_le32(answer, i);
		state_answer(state, 0, guest->uv, request, answer, sizeof answer);
		atomic_store(told, i);
	}
	_exit(1);
}

static unsigned int check_storm(const char *path, unsigned int told)
{
	struct state *state = open_state(path);
	const uint8_t *bytes, *blob;
	unsigned int number = told;
	size_t size;

	blob = state_blob(state, &size);
	if (blob)
		number = number_in(blob, size, "Storm");
	else
		g_assert_cmpuint(told, ==, 0);
	g_assert_true(number == told || number == told + 1);
	if (told) {
		g_assert_true(state_continue(state, VCPUS, NULL));
		/* What is answered is what the file says; what is not will be served again, on the old state. */
		if (state_left(state, 0, &bytes, &size) == STATE_RESPONSE)
			g_assert_cmpuint(get_le32(bytes), ==, number);
		else
			g_assert_cmpuint(number, ==, told);
	}
	state_free(state);
	return number;
}

static void test_killed(void)
{
	atomic_uint *told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct place place = new_place();
	unsigned int number = 0;

	for (int i = 0; i < KILLS; i++) {
		int status;
		pid_t child;

		atomic_store(told, number);
		child = fork();
		if (child == 0)
			storm(place.path, number, told);
		g_assert_cmpint(child, >, 0);
		/* Some are killed while they start, most while they write. */
		if (i % 8)
			while (atomic_load(told) < number + 3 && waitpid(child, &status, WNOHANG) == 0)
				g_usleep(100);
		g_usleep(g_random_int() % 3000);
		kill(child, SIGKILL);
		g_assert_cmpint(waitpid(child, &status, 0), ==, child);
		g_assert_true(WIFSIGNALED(status));
		number = check_storm(place.path, atomic_load(told));
	}
	g_assert_cmpuint(number, >, KILLS);
	munmap(told, sizeof *told);
	remove_place(&place);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/state/killed", test_killed);
	return g_test_run();
}
