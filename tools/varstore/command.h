/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of varstore, and what a command line says. */
#ifndef VARSTORE_COMMAND_H
#define VARSTORE_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

/* Where XAPI has the rules for clones. */
#define CLONE_DIRECTORY "/etc/xapi.d/efi-clone"

struct invocation;

struct command {
	const char *name;
	const char *letters;  /* its options, besides those about where the variables are */
	const char *operands; /* behind the UUID, for messages; "" for none */
	int least, most;      /* how many they are */
	bool machine;         /* is about one machine: UUID or -f FILE */
	const char *help;
	/* Returns the exit status; the reason is reported where it is not 0. */
	int (*run)(const struct invocation *invocation);
};

struct invocation {
	const struct command *command;
	bool installed;     /* run by the name that XAPI knows: every failure is exit status 1 */
	const char *uuid;   /* of the machine, or */
	const char *file;   /* the file with its variables */
	const char *socket; /* XAPI's or the guard's; NULL: XAPI's own */
	/* what is given up before XAPI is spoken to */
	const char *chroot;
	bool has_uid, has_gid;
	uid_t uid;
	gid_t gid;
	bool depriv;
	/* options of single commands */
	bool attributes;   /* get -a */
	bool clone;        /* rm -c */
	bool details;      /* ls -l */
	bool json;         /* status --json */
	const char *keys;  /* -k; NULL: the default directories */
	const char *rules; /* rm --rules; NULL: CLONE_DIRECTORY */
	const char *to;    /* convert --to */
	/* what follows the UUID */
	int argc;
	char **argv;
};

extern const struct command command_ls, command_get, command_set, command_rm, command_sb_state, command_nvram_certcheck,
	command_status, command_convert;

/*
 * Reads the options and operands of invocation->command. Returns false where they are wrong (reported). -h and
 * --version print and end the program.
 */
bool invocation_parse(struct invocation *invocation, int argc, char **argv);

/* The exit status for a command that was asked for wrongly. */
int invocation_usage_status(const struct invocation *invocation);

#endif
