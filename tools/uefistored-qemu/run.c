/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/uefistored-qemu/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/support/report.h"

#define READY_MS 20000
#define POLL_US 5000
#define LINE_SIZE 4096

/* What is to be ended with us. */
static volatile sig_atomic_t qemu_pid, stopping;

static void on_signal(int number)
{
	stopping = 1;
	if (qemu_pid > 0)
		kill((pid_t)qemu_pid, number);
}

static pid_t start(char **command, int kept)
{
	const pid_t pid = fork();

	if (pid < 0)
		report("no process can be made: %s", strerror(errno));
	if (pid != 0)
		return pid;
	if (kept >= 0)
		fcntl(kept, F_SETFD, 0);
	execvp(command[0], command);
	report("%s: cannot be started: %s", command[0], strerror(errno));
	_exit(EXIT_RUNTIME);
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

/* Until the doorbell is there, or the daemon is not. */
static bool is_ready(pid_t daemon, const char *doorbell)
{
	for (int waited = 0; waited < READY_MS * 1000; waited += POLL_US) {
		int status;

		if (access(doorbell, F_OK) == 0)
			return true;
		if (waitpid(daemon, &status, WNOHANG) == daemon) {
			report("the variables cannot be served, and the machine is not started");
			return false;
		}
		g_usleep(POLL_US);
	}
	report("the daemon is not ready after %d s", READY_MS / 1000);
	kill(daemon, SIGKILL);
	wait_for(daemon);
	return false;
}

/* Reads QEMU's events to its end. Returns whether it ended because the guest wanted a reset. */
static bool was_reset(int control)
{
	static const char begin[] = "{\"execute\": \"qmp_capabilities\"}\n";
	char line[LINE_SIZE];
	FILE *file = fdopen(control, "r+e");
	bool reset = false;

	if (!file) {
		close(control);
		return false;
	}
	if (send(control, begin, sizeof begin - 1, MSG_NOSIGNAL) < 0)
		report("QEMU cannot be told to tell its events: %s", strerror(errno));
	for (;;) {
		if (fgets(line, sizeof line, file)) {
			if (strstr(line, "\"SHUTDOWN\""))
				reset = strstr(line, "\"guest-reset\"") != NULL;
		} else if (errno == EINTR && ferror(file)) {
			clearerr(file);
		} else {
			break;
		}
	}
	fclose(file);
	return reset;
}

static int run_qemu(const struct machine *machine, bool *again)
{
	int control[2], status = EXIT_RUNTIME;
	char **command;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) < 0) {
		report("no sockets can be made: %s", strerror(errno));
		return EXIT_RUNTIME;
	}
	command = machine_qemu(machine, control[1]);
	qemu_pid = command ? start(command, control[1]) : -1;
	close(control[1]);
	g_strfreev(command);
	if (qemu_pid > 0) {
		if (stopping)
			kill((pid_t)qemu_pid, SIGTERM);
		*again = was_reset(control[0]) && !stopping;
		status = wait_for((pid_t)qemu_pid);
		qemu_pid = 0;
	} else {
		close(control[0]);
	}
	return status;
}

static int run_once(const struct machine *machine, bool *again)
{
	char **command = machine_daemon(machine), *doorbell = machine_doorbell(machine);
	int status = EXIT_RUNTIME;
	pid_t daemon;

	*again = false;
	unlink(doorbell);
	daemon = start(command, -1);
	if (daemon > 0 && is_ready(daemon, doorbell)) {
		status = run_qemu(machine, again);
		kill(daemon, SIGTERM);
		if (wait_for(daemon) != 0) {
			report("the daemon has failed: see its lines above");
			*again = false;
			status = EXIT_RUNTIME;
		}
	}
	g_free(doorbell);
	g_strfreev(command);
	return status;
}

int run_machine(const struct machine *machine)
{
	const struct sigaction action = { .sa_handler = on_signal };
	char *memory = machine_memory(machine);
	bool again;
	int status;

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	do {
		status = run_once(machine, &again);
	} while (status == 0 && again);
	unlink(memory);
	g_free(memory);
	return status;
}
