/* SPDX-License-Identifier: GPL-2.0-only */
/* uefistored: keeps the UEFI variables of one virtual machine. From the command line to the end, in order. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/backend.h"
#include "daemon/capabilities.h"
#include "daemon/host_keys.h"
#include "daemon/options.h"
#include "daemon/pidfile.h"
#include "daemon/report.h"
#include "daemon/sandbox.h"
#include "daemon/serve.h"
#include "daemon/settings.h"
#include "daemon/signals.h"
#include "daemon/state.h"
#include "daemon/transport/transport.h"
#include "crypto.h"
#include "debug.h"
#include "error.h"
#include "log.h"

/* How long the end waits for the backend; a toolstack gives us 10 s. */
#define SETTLE_MS 7000

/*
 * Large blocks (the guest's pages, a store's text) come from the kernel and go back to it; what is free is not hoarded.
 */
#define LARGE_BLOCK (32 << 10)

/* Where a daemon looks for what one before it has left of a running guest; %d: the domain. */
#define STATE_DIRECTORY "/run/uefistored"
#define STATE_FILE STATE_DIRECTORY "/%d.state"

/* A toolstack waits 30 s for a daemon to be ready. */
#define START_MS 27000

/* All that a running daemon has. */
struct daemon {
	struct options options;
	struct sandbox_options sandbox;
	struct settings settings;
	struct backend *backend;
	struct transport *transport;
	struct state *state; /* NULL: none */
	char *state_path;
	bool state_is_save; /* its file is that of the argument `save`, too */
	bool running;       /* an earlier daemon has left a guest and its state */
	struct pidfile *pidfile;
	struct serve *serve;
	bool refreshed; /* certificates were brought up to date, and are to be stored */
	bool started;   /* there is a state to be saved */
	int64_t begun;  /* when, by the monotonic clock */
};

/* Where a standard descriptor is closed, the next file to be opened would become it, and get our log. */
static void open_standard_files(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static bool prepare_process(GError **error)
{
	bool closed = sandbox_close_inherited(error);

	open_standard_files();
	umask(0077);
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
	mallopt(M_TRIM_THRESHOLD, LARGE_BLOCK);
	log_start("uefistored");
	crypto_start();
	return closed && signals_start(error);
}

/* Everything about the command line and the configuration; nothing is touched yet. */
static bool configure(struct daemon *daemon, GError **error)
{
	const struct options *options = &daemon->options;
	const struct backend_options backend = {
		.name = options->backend,
		.arguments = (const char *const *)options->arguments->pdata,
		.resume = options->resume,
		.nonpersistent = options->nonpersistent,
		.interrupted = signals_arrived,
	};

	if (!settings_read(&daemon->settings, options->config ? options->config : OPTIONS_CONFIG_DEFAULT,
			   !options->config, error))
		return false;
	log_set_level(options->log_level_given ? options->log_level : daemon->settings.log_level);
	daemon->backend = backend_new(&backend, error);
	if (!daemon->backend)
		return false;
	daemon->sandbox = (struct sandbox_options){
		.root = options->chroot,
		.uid = options->uid,
		.gid = options->gid,
		.transport = options->transport,
		.backend = options->backend,
	};
	return !options->depriv || sandbox_check(&daemon->sandbox, error);
}

static bool make_machine(struct daemon *daemon, GError **error)
{
	const struct settings *settings = &daemon->settings;
	const struct uefivars_policy policy = {
		.secure_boot = daemon->options.secure_boot,
		.auth_enforce = daemon->options.auth_enforce,
		.deployed = settings->deployed,
		.require_signed_pk = settings->require_signed_pk,
		.tpm = settings->tpm,
		.allow_names = (const struct uefivars_allowed_name *)(void *)settings->allow_names->data,
		.allow_names_count = settings->allow_names->len,
	};

	daemon->serve = serve_new(&policy, daemon->backend);
	return daemon->serve || error_set(error, EXIT_FAILED, "out of memory");
}

/*
 * Where the state is kept for a daemon that comes after this one: of a domain always, of other guests where it is asked
 * for. In a toolstack's root, where nothing else can be written, that is the file of `save`: a machine that is moved
 * after a crash then takes with it what there is.
 */
static void choose_state(struct daemon *daemon)
{
	const struct options *options = &daemon->options;
	const char *save = backend_save_path(daemon->backend);

	if (!options->state && options->domid < 0)
		return;
	daemon->state_is_save = !options->state && options->chroot && save;
	if (options->state || daemon->state_is_save)
		daemon->state_path = g_strdup(options->state ? options->state : save);
	else if (mkdir(STATE_DIRECTORY, 0700) == 0 || errno == EEXIST)
		daemon->state_path = g_strdup_printf(STATE_FILE, options->domid);
	else
		log_write(LEVEL_WARNING, STATE_DIRECTORY ": cannot be made: %s; nobody can take over from this daemon",
			  strerror(errno));
}

/* inside: within the new root. */
static bool open_state(struct daemon *daemon, bool inside, GError **error)
{
	if (daemon->state || !daemon->state_path || (daemon->state_is_save && daemon->options.depriv && !inside))
		return true;
	daemon->state = state_open(daemon->state_path, error);
	return daemon->state != NULL;
}

static bool claim(struct daemon *daemon, GError **error)
{
	struct transport *transport = daemon->transport;

	return !transport->claim || transport->claim(transport, daemon->state, daemon->state && !daemon->state_is_save,
						     &daemon->running, error);
}

/* Everything is open that is needed from here on. What a guest has ever written is looked at only behind this. */
static bool enter_sandbox(struct daemon *daemon, GError **error)
{
	struct transport *transport = daemon->transport;

	choose_state(daemon);
	if (!open_state(daemon, false, error))
		return false;
	if (!daemon->options.depriv)
		return backend_check_save(daemon->backend, error) && claim(daemon, error);
	if (daemon->options.uid)
		backend_give(daemon->backend, daemon->options.uid, daemon->options.gid);
	return (!transport->prepare || transport->prepare(transport, error)) &&
	       sandbox_enter(&daemon->sandbox, backend_directory(daemon->backend), error) &&
	       backend_open_files(daemon->backend, error) && open_state(daemon, true, error) && claim(daemon, error) &&
	       backend_start(daemon->backend, error) && sandbox_seal(&daemon->sandbox, error);
}

static bool load(struct daemon *daemon, enum uefivars_boot *boot, GError **error)
{
	struct uefivars *uv = serve_uefivars(daemon->serve);
	const uint8_t *blob;
	size_t size;

	if (!daemon->running) {
		/* What a guest has stored since it was resumed is newer than what it was resumed from. */
		if (daemon->state && state_was_served(daemon->state))
			backend_skip_resume(daemon->backend);
		return backend_load(daemon->backend, uv, boot, error);
	}
	*boot = UEFIVARS_RESUME;
	blob = state_blob(daemon->state, &size);
	return backend_load_state(daemon->backend, uv, daemon->state_path, blob, size, error);
}

static bool start_machine(struct daemon *daemon, struct host_keys *keys, enum uefivars_boot *boot, GError **error)
{
	struct uefivars *uv = serve_uefivars(daemon->serve);

	if (!load(daemon, boot, error) || !host_keys_judge(keys, *boot, error))
		return false;
	if (backend_update_is_wanted(daemon->backend) && host_keys_refresh(keys, *boot, uv)) {
		backend_updated(daemon->backend);
		daemon->refreshed = true;
	}
	if (!host_keys_start(keys, *boot, uv, error))
		return false;
	if (*boot == UEFIVARS_FIRST_BOOT)
		report_left_out(uv, &keys->keys);
	return true;
}

/* Whatever the backend does, the start is over by then. */
static int64_t start_limit(const struct daemon *daemon)
{
	return daemon->begun + 1000 * (int64_t)START_MS;
}

/*
 * A machine that its operator wants to be protected does not run unprotected behind his back. One that is resumed was
 * judged when it booted, and what it may do since was decided then.
 */
static bool check_secure_boot(struct daemon *daemon, enum uefivars_boot boot, GError **error)
{
	static const char unmet[] = "Secure Boot is wanted, and cannot be: PK, KEK and db have to be enrolled";
	struct uefivars_state state;

	uefivars_get_state(serve_uefivars(daemon->serve), &state);
	if (!daemon->options.secure_boot || boot == UEFIVARS_RESUME)
		return true;
	if (!state.missing[UEFIVARS_PK] && !state.missing[UEFIVARS_KEK] && !state.missing[UEFIVARS_DB])
		return true;
	/* Whether it was delivered changes nothing here: the log has it in any case. */
	serve_secure_boot_failed(daemon->serve, start_limit(daemon));
	if (!daemon->settings.secureboot_unmet_warn)
		return error_set(error, EXIT_FAILED, "%s", unmet);
	log_write(LEVEL_WARNING, "%s; the machine starts all the same (secureboot_unmet=warn)", unmet);
	return true;
}

/*
 * Has what the start made, or what was resumed, stored: it may be newer than what the backend has. Where that fails for
 * now, and the backend goes on trying, the machine starts: of what is not stored the guest was told nothing.
 */
static bool store(struct daemon *daemon, enum uefivars_boot boot, GError **error)
{
	struct uefivars_state state;

	uefivars_get_state(serve_uefivars(daemon->serve), &state);
	if (!state.unsaved && !daemon->refreshed && boot != UEFIVARS_RESUME)
		return true;
	if (boot == UEFIVARS_RESUME && backend_write_back(daemon->backend))
		return true;
	if (serve_persist(daemon->serve, start_limit(daemon)) || signals_arrived())
		return true;
	if (!backend_write_back(daemon->backend))
		return error_set(error, EXIT_FAILED, "the variables cannot be stored");
	log_write(LEVEL_WARNING, "the variables cannot be stored yet, and will be as soon as that is possible");
	return true;
}

/*
 * Is the program to end before a guest has found it? Then nobody was told anything that would have to be kept or waited
 * for. A guest that is resumed has its state already.
 */
static bool was_called_off(enum uefivars_boot boot)
{
	return signals_arrived() && boot != UEFIVARS_RESUME;
}

/* From the first thing that is touched to the moment at which a guest finds us. */
static bool start(struct daemon *daemon, struct host_keys *keys, GError **error)
{
	enum uefivars_boot boot;

	if (!enter_sandbox(daemon, error) || !start_machine(daemon, keys, &boot, error))
		return false;
	if (was_called_off(boot))
		return true;
	report_start(serve_uefivars(daemon->serve), boot);
	if (!check_secure_boot(daemon, boot, error))
		return false;
	if (!store(daemon, boot, error))
		return false;
	daemon->started = !was_called_off(boot);
	return signals_arrived() || daemon->transport->start(daemon->transport, daemon->serve, error);
}

static bool save(const struct daemon *daemon)
{
	GError *error = NULL;
	bool ok = backend_save(daemon->backend, &error);

	if (!ok)
		log_write(LEVEL_ERROR, "%s", error->message);
	g_clear_error(&error);
	return ok;
}

/*
 * The state is saved before anything is waited for: whoever ends us reads it soon. Where a guest's write was under way
 * it is saved again, since the guest has got its answer by then.
 */
static bool end(const struct daemon *daemon)
{
	bool ok, waiting = serve_is_waiting(daemon->serve);

	daemon->transport->stop(daemon->transport);
	if (daemon->state_is_save)
		state_stop(daemon->state);
	ok = save(daemon);
	if (!backend_settle(daemon->backend, debug_milliseconds("UEFISTORED_DEBUG_SETTLE_MS", SETTLE_MS)))
		log_write(LEVEL_ERROR, "the store may hold a write that the guest was told had failed");
	if (waiting)
		ok = save(daemon);
	if (daemon->transport->ended && daemon->state && !daemon->state_is_save)
		state_discard(daemon->state);
	report_end();
	log_write(LEVEL_INFO, "ended");
	return ok;
}

/* A start that is broken off is an end like any other. */
static bool was_interrupted(GError **error)
{
	if (!signals_arrived())
		return false;
	g_clear_error(error);
	return true;
}

static bool run(struct daemon *daemon, GError **error)
{
	struct host_keys keys = { 0 };
	bool ok;

	daemon->begun = g_get_monotonic_time();
	daemon->transport = transport_new(&daemon->options, error);
	if (!daemon->transport)
		return false;
	if (daemon->options.pidfile) {
		daemon->pidfile = pidfile_create(daemon->options.pidfile, error);
		if (!daemon->pidfile)
			return false;
	}
	host_keys_read(&keys, daemon->options.keys);
	ok = make_machine(daemon, error) && backend_open(daemon->backend, serve_persisted, daemon->serve, error) &&
	     (signals_arrived() || start(daemon, &keys, error) || was_interrupted(error));
	host_keys_clear(&keys);
	malloc_trim(0);
	if (!ok || !daemon->started)
		return ok;
	log_write(LEVEL_INFO, "ready");
	while (!signals_noticed())
		g_main_context_iteration(NULL, TRUE);
	return end(daemon);
}

static void clear(struct daemon *daemon)
{
	backend_free(daemon->backend);
	/* Requests that still wait are the transport's, and the machine knows them. */
	serve_free(daemon->serve);
	if (daemon->transport)
		daemon->transport->close(daemon->transport);
	state_free(daemon->state);
	g_free(daemon->state_path);
	pidfile_remove(daemon->pidfile, !daemon->options.depriv);
	settings_clear(&daemon->settings);
	options_clear(&daemon->options);
}

static bool print(const struct options *options, GError **error)
{
	bool ok;

	if (options->help)
		ok = options_print_help();
	else if (options->version)
		ok = printf("uefistored %s\n", UEFISTORED_VERSION) > 0 && fflush(stdout) == 0;
	else
		ok = capabilities_print();
	return ok || error_set(error, EXIT_FAILED, "stdout cannot be written: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	struct daemon daemon = { 0 };
	GError *error = NULL;
	int status = EXIT_SUCCESS;
	bool ok;

	settings_init(&daemon.settings);
	ok = prepare_process(&error) && options_parse(&daemon.options, argc, argv, &error);
	if (ok && (daemon.options.help || daemon.options.version || daemon.options.print_capabilities))
		ok = print(&daemon.options, &error);
	else if (ok)
		ok = configure(&daemon, &error) && run(&daemon, &error);
	if (!ok)
		status = error ? error->code : EXIT_FAILED;
	if (error)
		log_write(LEVEL_ERROR, "%s", error->message);
	g_clear_error(&error);
	clear(&daemon);
	return status;
}
