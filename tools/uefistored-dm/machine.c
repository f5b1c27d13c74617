/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/uefistored-dm/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xenstore.h>

#include "tools/support/report.h"

#define STORE "nvram.json"
#define SAVE "state.save"
/* How xl names a domain that arrives by migration. */
#define INCOMING "--incoming"
#define TAKE_OVER_MS 12000
#define STEP_MS 20

static char *read_name(struct xs_handle *xenstore, uint32_t domid)
{
	char *path = g_strdup_printf("/local/domain/%u/name", domid), *name = NULL;
	unsigned int size;
	char *value = xs_read(xenstore, XBT_NULL, path, &size);

	if (value && *value) {
		name = g_strdup(value);
		if (g_str_has_suffix(name, INCOMING))
			name[strlen(name) - strlen(INCOMING)] = '\0';
	} else {
		report("domain %u: Xenstore has no name of it", domid);
	}
	free(value);
	g_free(path);
	return name;
}

/* A name of a file: what could be a path, or hidden, is written as %XX. */
static char *file_name(const char *name)
{
	GString *out = g_string_new(NULL);

	for (const char *at = name; *at; at++) {
		if (g_ascii_isalnum(*at) || *at == '_' || *at == '-' || (*at == '.' && at > name))
			g_string_append_c(out, *at);
		else
			g_string_append_printf(out, "%%%02X", (unsigned char)*at);
	}
	return g_string_free(out, FALSE);
}

bool machine_find(struct machine *machine, struct xs_handle *xenstore, uint32_t domid)
{
	char *file;

	*machine = (struct machine){ .domid = domid };
	machine->name = read_name(xenstore, domid);
	if (!machine->name || !dm_settings_read(&machine->settings, machine->name))
		return false;
	file = file_name(machine->name);
	machine->directory = g_build_filename(machine->settings.directory, file, NULL);
	machine->pidfile = g_strdup_printf(MACHINE_RUN "/%s.pid", file);
	g_free(file);
	return true;
}

void machine_clear(struct machine *machine)
{
	dm_settings_clear(&machine->settings);
	g_free(machine->name);
	g_free(machine->directory);
	g_free(machine->pidfile);
}

/* The process that holds the lock of the pidfile, or 0. */
static pid_t find_daemon(const char *pidfile)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(pidfile, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool asked;

	if (fd < 0)
		return 0;
	asked = fcntl(fd, F_GETLK, &lock) == 0;
	close(fd);
	return asked && lock.l_type != F_UNLCK ? lock.l_pid : 0;
}

/* The domain that a daemon serves, by its command line; 0: it cannot be found out. */
static uint32_t domain_of(pid_t pid)
{
	char *path = g_strdup_printf("/proc/%d/cmdline", (int)pid), *text = NULL;
	uint32_t domid = 0;
	gsize size = 0;

	if (g_file_get_contents(path, &text, &size, NULL)) {
		for (const char *at = text; at < text + size; at += strlen(at) + 1) {
			if (strcmp(at, "--domain") == 0 && at + strlen(at) + 1 < text + size)
				domid = (uint32_t)strtoul(at + strlen(at) + 1, NULL, 10);
		}
	}
	g_free(text);
	g_free(path);
	return domid;
}

/* What a daemon of a domain that has ended leaves in /run: a guest can reboot for ever, and each time has a new number.
 */
static void forget_run(uint32_t domid)
{
	static const char *const kinds[] = { "state", "resume" };

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		char *path = g_strdup_printf(MACHINE_RUN "/%u.%s", domid, kinds[i]);

		unlink(path);
		g_free(path);
	}
}

bool machine_take_over(const struct machine *machine, struct xs_handle *xenstore)
{
	pid_t pid = find_daemon(machine->pidfile);
	uint32_t domid = pid ? domain_of(pid) : 0;

	if (pid && (!domid || xs_is_domain_introduced(xenstore, domid))) {
		report("%s: its variables are in use: process %d serves domain %u", machine->name, (int)pid, domid);
		return false;
	}
	if (pid)
		kill(pid, SIGTERM);
	for (int waited = 0; pid && find_daemon(machine->pidfile) == pid; waited += STEP_MS) {
		if (waited >= TAKE_OVER_MS) {
			report("%s: the daemon of domain %u, which has ended, does not (process %d)", machine->name,
			       domid, (int)pid);
			return false;
		}
		g_usleep(STEP_MS * 1000);
	}
	if (pid)
		forget_run(domid);
	return true;
}

/* The daemon's user and group; 0: root. */
static bool find_user(const struct machine *machine, uid_t *uid, gid_t *gid)
{
	const struct passwd *user;

	*uid = 0;
	*gid = 0;
	if (!machine->settings.user)
		return true;
	user = getpwnam(machine->settings.user);
	if (!user) {
		report("user: there is no user '%s' on this host", machine->settings.user);
		return false;
	}
	*uid = user->pw_uid + (machine->settings.range ? machine->domid : 0);
	*gid = user->pw_gid;
	return true;
}

/* The machine's files belong to whoever serves it this time. They may be what a daemon gone bad has made of them. */
static bool give_file(int directory, const char *name, uid_t uid, gid_t gid)
{
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	bool ok;

	if (fd < 0)
		return errno == ENOENT;
	ok = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1 && fchown(fd, uid, gid) == 0;
	close(fd);
	return ok;
}

/* What an earlier run has left is not for a restore of this one: its variables would be taken back to that time. */
static bool forget_save(int directory)
{
	return unlinkat(directory, SAVE, 0) == 0 || errno == ENOENT;
}

static bool prepare_directory(const struct machine *machine, bool resume, uid_t uid, gid_t gid)
{
	int fd;
	bool ok;

	if (g_mkdir_with_parents(machine->directory, 0700) < 0) {
		report("%s: cannot be made: %s", machine->directory, strerror(errno));
		return false;
	}
	fd = open(machine->directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	ok = fd >= 0 && fchown(fd, uid, gid) == 0 && give_file(fd, STORE, uid, gid) &&
	     (resume ? give_file(fd, SAVE, uid, gid) : forget_save(fd));
	if (!ok)
		report("%s: its files cannot be given to the daemon's user (%u)", machine->directory, uid);
	if (fd >= 0)
		close(fd);
	return ok;
}

/* Is there something to resume from? A domain that was saved by another host's daemon has left nothing here. */
static bool has_save(const struct machine *machine)
{
	char *path = g_build_filename(machine->directory, SAVE, NULL);
	struct stat status;
	bool ok = stat(path, &status) == 0 && status.st_size > 0;

	g_free(path);
	if (!ok)
		report("%s: there is no saved state: the guest goes on without its volatile variables", machine->name);
	return ok;
}

static void add(GPtrArray *argv, const char *option, char *value)
{
	g_ptr_array_add(argv, g_strdup(option));
	g_ptr_array_add(argv, value);
}

static void add_sandbox(GPtrArray *argv, const struct machine *machine, uid_t uid, gid_t gid)
{
	g_ptr_array_add(argv, g_strdup("--depriv"));
	add(argv, "--chroot", g_strdup(machine->directory));
	if (!uid)
		return;
	add(argv, "--uid", g_strdup_printf("%u", uid));
	add(argv, "--gid", g_strdup_printf("%u", gid));
}

static GPtrArray *make_arguments(const struct machine *machine, bool resume, uid_t uid, gid_t gid)
{
	GPtrArray *argv = g_ptr_array_new();
	/* The daemon finds the save file from its root. */
	const char *seen = machine->settings.sandbox ? "" : machine->directory;

	g_ptr_array_add(argv, g_strdup(machine->settings.daemon));
	add(argv, "--domain", g_strdup_printf("%u", machine->domid));
	add(argv, "--backend", g_strdup("file"));
	add(argv, "--arg", g_strdup_printf("path:%s/" STORE, machine->directory));
	add(argv, "--arg", g_strdup_printf("save:%s/" SAVE, seen));
	add(argv, "--state", g_strdup_printf(MACHINE_RUN "/%u.state", machine->domid));
	add(argv, "--pidfile", g_strdup(machine->pidfile));
	add(argv, "--secure-boot", g_strdup(machine->settings.secure_boot ? "true" : "false"));
	if (resume && has_save(machine)) {
		g_ptr_array_add(argv, g_strdup("--resume"));
		add(argv, "--arg", g_strdup_printf("resume:%s/" SAVE, seen));
	}
	if (machine->settings.sandbox)
		add_sandbox(argv, machine, uid, gid);
	g_ptr_array_add(argv, NULL);
	return argv;
}

void machine_serve(const struct machine *machine, bool resume)
{
	GPtrArray *argv;
	uid_t uid;
	gid_t gid;

	if (!find_user(machine, &uid, &gid) || !prepare_directory(machine, resume, uid, gid))
		return;
	if (mkdir(MACHINE_RUN, 0700) < 0 && errno != EEXIST) {
		report(MACHINE_RUN ": cannot be made: %s", strerror(errno));
		return;
	}
	argv = make_arguments(machine, resume, uid, gid);
	execv(machine->settings.daemon, (char *const *)argv->pdata);
	report("%s: cannot be started: %s", machine->settings.daemon, strerror(errno));
	g_ptr_array_set_free_func(argv, g_free);
	g_ptr_array_free(argv, TRUE);
}
