/* SPDX-License-Identifier: GPL-2.0-only */
/* A tool's calls, to a fake XAPI and to fake guards, old and new (tests/support/fake_xapi.py). */
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/xapi_session.h"
#include "tests/support/check.h"

#define PROGRAM "tests/support/fake_xapi.py"
#define MACHINE "11111111-2222-3333-4444-555555555555"
#define OTHER "11111111-2222-3333-4444-555555555556"

struct fake {
	const char *mode, *guard, *xapi;
	char *directory, *path;
	GPid pid;
};

static void fake_start(struct fake *fake)
{
	const char *arguments[] = { PROGRAM,          "--socket",  NULL,       "--mode",   fake->mode,
				    "--guard",        fake->guard, "--xapi",   fake->xapi, "--state",
				    "update_on_boot", "--value",   " Vk\nFS ", NULL };
	g_autoptr(GError) error = NULL;

	fake->directory = g_dir_make_tmp("xapi-session-XXXXXX", NULL);
	g_assert_nonnull(fake->directory);
	fake->path = g_build_filename(fake->directory, "socket", NULL);
	arguments[2] = fake->path;
	g_spawn_async(NULL, (char **)arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &fake->pid, &error);
	g_assert_no_error(error);
	for (unsigned int i = 0; i < 2000 && g_access(fake->path, W_OK) != 0; i++)
		g_usleep(5000);
}

static void fake_end(struct fake *fake)
{
	kill(fake->pid, SIGKILL);
	waitpid(fake->pid, NULL, 0);
	g_spawn_close_pid(fake->pid);
	g_unlink(fake->path);
	g_rmdir(fake->directory);
	g_free(fake->path);
	g_free(fake->directory);
}

static struct xapi_session *log_in(const struct fake *fake)
{
	g_autoptr(GError) error = NULL;
	struct xapi_session *session = NULL;

	/* The file is there a moment before anybody listens. */
	for (unsigned int i = 0; i < 100 && !session; i++) {
		g_clear_error(&error);
		session = xapi_session_open(fake->path, "test", &error);
		if (!session)
			g_usleep(10000);
	}
	g_assert_no_error(error);
	return session;
}

/* With every kind of other side: a machine is found, and a text and a map are read. */
static void test_session(gconstpointer data)
{
	struct fake fake = *(const struct fake *)data;
	const char *parameters[] = { MACHINE, NULL };
	g_autoptr(GError) error = NULL;
	g_autofree char *machine = NULL, *value = NULL;
	struct xapi_session *session;
	struct xapi_answer answer;

	fake_start(&fake);
	session = log_in(&fake);
	g_assert_true(xapi_session_is_guard(session) == g_str_equal(fake.mode, "guard"));
	machine = xapi_session_text(session, "VM.get_by_uuid", parameters, &error);
	g_assert_no_error(error);
	parameters[0] = machine;
	xapi_session_ask(session, "VM.get_NVRAM", parameters, &answer);
	g_assert_true(xapi_answer_variables(&answer, &value));
	g_assert_cmpstr(value, ==, "VkFS");
	xapi_answer_clear(&answer);
	g_assert_null(xapi_session_text(session, "VM.get_NVRAM", parameters, &error));
	g_assert_nonnull(strstr(error->message, "of another kind"));
	xapi_session_close(session);
	fake_end(&fake);
}

static void expect_error(GError **error, const struct fake *fake, const char *method, const char *text)
{
	g_assert_nonnull(*error);
	g_assert_cmpint((*error)->code, ==, 1);
	g_assert_true(g_str_has_prefix((*error)->message, fake->path));
	g_assert_nonnull(strstr((*error)->message, method));
	if (!strstr((*error)->message, text))
		g_error("'%s' was expected in '%s'", text, (*error)->message);
	g_clear_error(error);
}

static void test_errors(void)
{
	static const char *const none[] = { NULL }, *const control[] = { "a\001b", NULL };
	static const char *const other[] = { OTHER, NULL }, *const no_machine[] = { "OpaqueRef:x", NULL };
	struct fake fake = { .mode = "xapi", .guard = "new", .xapi = "new" };
	struct xapi_session *session;
	GError *error = NULL;

	fake_start(&fake);
	session = log_in(&fake);
	g_assert_null(xapi_session_text(session, "VM.get_by_uuid", other, &error));
	expect_error(&error, &fake, "VM.get_by_uuid", "UUID_INVALID: VM: " OTHER);
	g_assert_null(xapi_session_call(session, "VM.get_NVRAM", no_machine, &error));
	expect_error(&error, &fake, "VM.get_NVRAM", "HANDLE_INVALID");
	g_assert_null(xapi_session_call(session, "VM.nonsense", none, &error));
	expect_error(&error, &fake, "VM.nonsense", "MESSAGE_METHOD_UNKNOWN");
	g_assert_null(xapi_session_call(session, "VM.get_by_uuid", control, &error));
	expect_error(&error, &fake, "VM.get_by_uuid", "cannot be sent");
	xapi_session_close(session);
	kill(fake.pid, SIGKILL);
	waitpid(fake.pid, NULL, 0);
	g_assert_null(xapi_session_open(fake.path, "test", &error));
	expect_error(&error, &fake, "session.login_with_password", "password: Connection refused");
	fake.pid = 0;
	g_unlink(fake.path);
	g_rmdir(fake.directory);
	g_free(fake.path);
	g_free(fake.directory);
}

/* What stands beside the variables, and values that are no texts. */
static void test_values(void)
{
	static const char *const none[] = { NULL };
	struct fake fake = { .mode = "xapi", .guard = "new", .xapi = "new" };
	struct xapi_session *session;
	struct xmlrpc_value *value;

	fake_start(&fake);
	session = log_in(&fake);
	value = xapi_session_call(session, "pool.get_all", none, NULL);
	g_assert_nonnull(value);
	g_assert_cmpint(value->kind, ==, XMLRPC_ARRAY);
	g_assert_cmpuint(value->items->len, ==, 1);
	g_assert_nonnull(xmlrpc_text(g_ptr_array_index(value->items, 0)));
	xmlrpc_free(value);
	xapi_session_close(session);
	xapi_session_close(NULL);
	fake_end(&fake);
}

int main(int argc, char **argv)
{
	static const struct fake fakes[] = {
		{ .mode = "guard", .guard = "new", .xapi = "new" }, { .mode = "guard", .guard = "old", .xapi = "old" },
		{ .mode = "guard", .guard = "new", .xapi = "old" }, { .mode = "xapi", .guard = "new", .xapi = "new" },
		{ .mode = "xapi", .guard = "new", .xapi = "old" },
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(fakes); i++) {
		g_autofree char *path = g_strdup_printf("/xapi-session/session/%s-%s-guard-%s-xapi", fakes[i].mode,
							fakes[i].guard, fakes[i].xapi);

		g_test_add_data_func(path, &fakes[i], test_session);
	}
	g_test_add_func("/xapi-session/errors", test_errors);
	g_test_add_func("/xapi-session/values", test_values);
	return g_test_run();
}
