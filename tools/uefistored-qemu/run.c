/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/uefistored-qemu/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/support/report.h"
#include "tools/uefistored-qemu/control.h"

#define READY_MS 20000
#define POLL_US 5000
/* How often the daemon is started again in one boot. */
#define RESTARTS_MAX 5

/* What is to be ended with us. */
static volatile sig_atomic_t qemu_pid, stopping;

/* One boot of the machine: a daemon, and those that follow it, and QEMU. */
struct boot {
	const struct machine *machine;
	char **command; /* the daemon's */
	char *doorbell;
	char *state;
	pid_t daemon; /* 0: it has ended */
	int restarts;
	bool failed; /* the variables are served no more */
};

static void on_signal(int number)
{
	stopping = 1;
	if (qemu_pid > 0)
		kill((pid_t)qemu_pid, number);
}

/* It interrupts ppoll(), and that is all. */
static void on_child(int number)
{
	(void)number;
}

/* SIGCHLD arrives only where children are waited for, so that none is missed. */
static void take_signals(void)
{
	const struct sigaction ending = { .sa_handler = on_signal }, child = { .sa_handler = on_child };
	sigset_t set;

	sigaction(SIGTERM, &ending, NULL);
	sigaction(SIGINT, &ending, NULL);
	sigaction(SIGHUP, &ending, NULL);
	sigaction(SIGCHLD, &child, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* The child, which begins with every signal blocked. One that came for it meanwhile ends it, and no handler of ours. */
static void become(char **command, int kept)
{
	sigset_t none;

	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (kept >= 0)
		fcntl(kept, F_SETFD, 0);
	execvp(command[0], command);
	report("%s: cannot be started: %s", command[0], strerror(errno));
	_exit(EXIT_RUNTIME);
}

static pid_t start(char **command, int kept)
{
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		become(command, kept);
	if (pid < 0)
		report("no process can be made: %s", strerror(errno));
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return EXIT_RUNTIME;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_RUNTIME;
}

static bool has_ended(pid_t pid, int *status)
{
	return pid > 0 && waitpid(pid, status, WNOHANG) == pid;
}

/* Until the doorbell is there, or the daemon is not; `then` is what that means for the machine. */
static bool is_ready(struct boot *boot, const char *then)
{
	for (int waited = 0; waited < READY_MS * 1000; waited += POLL_US) {
		int status;

		if (access(boot->doorbell, F_OK) == 0)
			return true;
		if (has_ended(boot->daemon, &status)) {
			boot->daemon = 0;
			report("the variables cannot be served, and the machine is %s", then);
			return false;
		}
		g_usleep(POLL_US);
	}
	report("the daemon is not ready after %d s, and the machine is %s", READY_MS / 1000, then);
	kill(boot->daemon, SIGKILL);
	wait_for(boot->daemon);
	boot->daemon = 0;
	return false;
}

static bool start_daemon(struct boot *boot, const char *then)
{
	/* One that was killed has left its own. */
	unlink(boot->doorbell);
	boot->daemon = start(boot->command, -1);
	if (boot->daemon > 0)
		return is_ready(boot, then);
	boot->daemon = 0;
	return false;
}

/* Who crashed is followed by another, which goes on with the guest. Who ended by itself has said why. */
static void follow_daemon(struct boot *boot, int status)
{
	boot->daemon = 0;
	/* A terminal's interrupt reaches all of us. */
	if (stopping && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	if (!WIFSIGNALED(status) || stopping) {
		report("the daemon has ended: see its lines above; the machine is ended, too");
	} else if (boot->restarts == RESTARTS_MAX) {
		report("the daemon was ended by signal %d (%s) after it was started again %d times in this boot: the "
		       "machine is ended, too",
		       WTERMSIG(status), strsignal(WTERMSIG(status)), boot->restarts);
	} else {
		boot->restarts++;
		report("the daemon was ended by signal %d (%s), and is started again", WTERMSIG(status),
		       strsignal(WTERMSIG(status)));
		if (start_daemon(boot, "ended"))
			return;
	}
	boot->failed = true;
	kill((pid_t)qemu_pid, SIGTERM);
}

/* Until QEMU ends. Returns its status. */
static int watch(struct boot *boot, struct control *control)
{
	sigset_t waiting;
	int qemu, daemon;

	sigprocmask(SIG_SETMASK, NULL, &waiting);
	sigdelset(&waiting, SIGCHLD);
	while (!has_ended((pid_t)qemu_pid, &qemu)) {
		struct pollfd events = { .fd = control->fd, .events = POLLIN };

		if (has_ended(boot->daemon, &daemon))
			follow_daemon(boot, daemon);
		else if (ppoll(&events, 1, NULL, &waiting) > 0)
			control_read(control);
	}
	qemu_pid = 0;
	control_read(control);
	return WIFEXITED(qemu) ? WEXITSTATUS(qemu) : EXIT_RUNTIME;
}

static int run_qemu(struct boot *boot, bool *again)
{
	struct control control;
	int ends[2], status = EXIT_RUNTIME;
	char **command;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
		report("no sockets can be made: %s", strerror(errno));
		return EXIT_RUNTIME;
	}
	command = machine_qemu(boot->machine, ends[1]);
	qemu_pid = command ? start(command, ends[1]) : -1;
	close(ends[1]);
	g_strfreev(command);
	control_begin(&control, ends[0]);
	if (qemu_pid > 0) {
		if (stopping)
			kill((pid_t)qemu_pid, SIGTERM);
		status = watch(boot, &control);
		*again = control.reset && !stopping;
	}
	control_end(&control);
	return status;
}

static int run_boot(struct boot *boot, bool *again)
{
	int status;

	/* What another boot has left is none of this one's. */
	unlink(boot->state);
	if (!start_daemon(boot, "not started"))
		return EXIT_RUNTIME;
	status = run_qemu(boot, again);
	if (boot->daemon) {
		kill(boot->daemon, SIGTERM);
		if (wait_for(boot->daemon) != 0) {
			report("the daemon has failed: see its lines above");
			boot->failed = true;
		}
	}
	return boot->failed ? EXIT_RUNTIME : status;
}

int run_machine(const struct machine *machine)
{
	char *memory = machine_memory(machine);
	struct boot boot = {
		.machine = machine,
		.command = machine_daemon(machine),
		.doorbell = machine_doorbell(machine),
		.state = machine_state(machine),
	};
	bool again;
	int status;

	take_signals();
	do {
		again = false;
		boot.daemon = 0;
		boot.restarts = 0;
		status = run_boot(&boot, &again);
	} while (status == 0 && again);
	unlink(memory);
	unlink(boot.state);
	unlink(boot.doorbell);
	g_strfreev(boot.command);
	g_free(boot.doorbell);
	g_free(boot.state);
	g_free(memory);
	return status;
}
