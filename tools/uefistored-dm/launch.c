/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/uefistored-dm/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xenstore.h>

#include "tools/support/report.h"

#define STEP_MS 20
#define UNIT_STEPS 25 /* between two looks at systemd's unit */

/* What says to the daemon's own start that the guest goes on. */
static char *mark_path(uint32_t domid)
{
	return g_strdup_printf(MACHINE_RUN "/%u.resume", domid);
}

bool launch_is_resume(uint32_t domid)
{
	char *path = mark_path(domid);
	bool is = access(path, F_OK) == 0;

	g_free(path);
	return is;
}

static bool mark(uint32_t domid, bool resume)
{
	char *path = mark_path(domid);
	int fd = -1;
	bool ok;

	if (mkdir(MACHINE_RUN, 0700) < 0 && errno != EEXIST)
		ok = false;
	else if (!resume)
		ok = unlink(path) == 0 || errno == ENOENT;
	else
		ok = (fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) >= 0;
	if (!ok)
		report("%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	g_free(path);
	return ok;
}

/* A state file of an earlier domain of this number means nothing to the new one. */
static void forget_state(uint32_t domid)
{
	char *path = g_strdup_printf(MACHINE_RUN "/%u.state", domid);

	unlink(path);
	g_free(path);
}

static bool has_systemd(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

/* Runs systemctl; its words go where ours go. Returns whether it exited with 0. */
static bool systemctl(const char *verb, const char *option, const char *unit)
{
	char *argv[] = { (char *)"systemctl", (char *)verb, (char *)option, (char *)unit, NULL };
	GError *error = NULL;
	int status = -1;

	if (!g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL,
			  &status, &error)) {
		report("systemctl: %s", error->message);
		g_error_free(error);
	}
	return status == 0;
}

/* The daemon, in a session of its own. Its log goes where ours goes: to the device model's. */
static pid_t start_alone(const struct machine *machine, bool resume)
{
	pid_t pid = fork();

	if (pid < 0)
		report("no process can be made: %s", strerror(errno));
	if (pid != 0)
		return pid;
	setsid();
	machine_serve(machine, resume);
	_exit(EXIT_RUNTIME);
}

static bool is_ready(struct xs_handle *xenstore, uint32_t domid)
{
	char *path = g_strdup_printf("/local/domain/%u/varstored-pid", domid);
	unsigned int size;
	char *value = xs_read(xenstore, XBT_NULL, path, &size);
	bool ready = value != NULL;

	free(value);
	g_free(path);
	return ready;
}

/* unit NULL: it is our child. */
static bool has_ended(const char *unit, pid_t child, int step)
{
	int status;

	if (unit)
		return step % UNIT_STEPS == UNIT_STEPS - 1 && systemctl("is-failed", "--quiet", unit);
	return waitpid(child, &status, WNOHANG) == child;
}

static bool wait_until_ready(const struct machine *machine, struct xs_handle *xenstore, const char *unit, pid_t child)
{
	const int steps = (int)machine->settings.wait * 1000 / STEP_MS;

	for (int step = 0; step < steps; step++) {
		if (is_ready(xenstore, machine->domid))
			return true;
		if (has_ended(unit, child, step)) {
			report("%s: its daemon has ended before it was ready%s%s", machine->name,
			       unit ? ": journalctl -u " : "", unit ? unit : "");
			return false;
		}
		g_usleep(STEP_MS * 1000);
	}
	report("%s: its daemon is not ready after %u s", machine->name, machine->settings.wait);
	return false;
}

bool launch(const struct machine *machine, struct xs_handle *xenstore, bool resume)
{
	char *unit = has_systemd() ? g_strdup_printf("uefistored@%u.service", machine->domid) : NULL;
	pid_t child = 0;
	bool ok = mark(machine->domid, resume);

	forget_state(machine->domid);
	if (ok && unit)
		ok = systemctl("start", "--quiet", unit);
	else if (ok)
		ok = (child = start_alone(machine, resume)) > 0;
	ok = ok && wait_until_ready(machine, xenstore, unit, child);
	/* The domain is refused: nobody will need it. */
	if (!ok && unit)
		systemctl("stop", "--quiet", unit);
	else if (!ok && child > 0)
		kill(child, SIGTERM);
	g_free(unit);
	return ok;
}
