/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/varstore/vm.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backend/store_file.h"
#include "backend/xapi_session.h"
#include "efi/attributes.h"
#include "efi/bytes.h"
#include "efi/time.h"
#include "tools/support/file.h"
#include "tools/support/report.h"
#include "tools/varstore/depriv.h"
#include "tools/varstore/vm_xapi.h"

#define REJECTED_SUFFIX ".rejected"

/* EFI_VARIABLE_AUTHENTICATION_2 without a signature: it removes an authenticated variable where nobody has to sign. */
#define CERTIFICATE_SIZE 24
#define DESCRIPTOR_SIZE (EFI_TIME_SIZE + CERTIFICATE_SIZE)
#define WIN_CERT_REVISION 0x0200
#define WIN_CERT_TYPE_EFI_GUID 0x0ef1

static bool exchange(void *context, uint8_t *page)
{
	struct vm *vm = context;
	size_t size;

	vm->image.reason = UEFIVARS_OK;
	return uefivars_serve(vm->image.uv, page, &size) == UEFIVARS_ANSWERED;
}

/* ---- Opening ---- */

static bool read_file(struct vm *vm, enum vm_mode mode, const struct variable_name *allowed)
{
	struct buffer content = { 0 };
	GError *error = NULL;
	bool ok;

	if (mode != VM_CREATE && access(vm->source, F_OK) < 0) {
		report("%s: cannot be opened: %s", vm->source, strerror(errno));
		return false;
	}
	if (mode != VM_READ) {
		vm->file = store_file_open(vm->source, true, &error);
		if (!vm->file) {
			report("%s", error->message);
			g_error_free(error);
			return false;
		}
	}
	/* Whoever replaces the file holds the lock: this is the one that is locked. */
	ok = file_read(vm->source, &content) && image_read(&vm->image, vm->source, content.data, content.size, allowed);
	buffer_free(&content);
	return ok;
}

static bool read_xapi(struct vm *vm, const struct invocation *invocation, const struct variable_name *allowed)
{
	char *text;
	bool ok;

	if (!depriv_apply(invocation))
		return false;
	/* Without the rules for clones there is no clone: XAPI deletes it. */
	vm->xapi = vm_xapi_open(invocation->socket ? invocation->socket : XAPI_SOCKET, invocation->uuid,
				invocation->clone);
	if (!vm->xapi)
		return false;
	text = vm_xapi_read(vm->xapi);
	ok = text && image_read_base64(&vm->image, vm->source, text, allowed);
	g_free(text);
	return ok;
}

static bool start(struct vm *vm)
{
	enum uefivars_reason reason =
		uefivars_start(vm->image.uv, vm->image.running ? UEFIVARS_RESUME : UEFIVARS_BOOT, NULL, NULL);

	if (reason != UEFIVARS_OK)
		report("%s: %s", vm->source, uefivars_reason_text(reason));
	return reason == UEFIVARS_OK;
}

struct vm *vm_open(const struct invocation *invocation, enum vm_mode mode, const struct variable_name *allowed)
{
	struct vm *vm = g_new0(struct vm, 1);

	vm->source = invocation->file ? invocation->file : invocation->uuid;
	vm->client.exchange = exchange;
	vm->client.context = vm;
	if (!(invocation->file ? read_file(vm, mode, allowed) : read_xapi(vm, invocation, allowed)) || !start(vm)) {
		vm_close(vm);
		return NULL;
	}
	for (guint i = 0; i < vm->image.set_aside->len; i++)
		report("%s: set aside: %s", vm->source, (const char *)g_ptr_array_index(vm->image.set_aside, i));
	vm->before = image_write(&vm->image, vm->image.form);
	return vm;
}

void vm_close(struct vm *vm)
{
	if (!vm)
		return;
	if (vm->before)
		g_string_free(vm->before, TRUE);
	image_clear(&vm->image);
	store_file_close(vm->file);
	vm_xapi_close(vm->xapi);
	g_free(vm);
}

/* ---- Looking and changing ---- */

static bool is_named(const struct uefivars_variable *variable, const struct variable_name *name)
{
	return variable->name_size == name->size && memcmp(variable->name, name->name, name->size) == 0 &&
	       memcmp(variable->guid, name->guid.bytes, sizeof variable->guid) == 0;
}

bool vm_find(const struct vm *vm, const struct variable_name *name, struct uefivars_variable *variable)
{
	const void *cursor = NULL;

	while (uefivars_next(vm->image.uv, UEFIVARS_COMMITTED, &cursor, variable)) {
		if (is_named(variable, name))
			return true;
	}
	return false;
}

static bool is_same(const struct variable_name *name, enum uefivars_key key)
{
	struct variable_name other;

	host_keys_variable(key, &other);
	return other.size == name->size && memcmp(other.name, name->name, name->size) == 0 &&
	       guid_equal(&other.guid, &name->guid);
}

/* A record that was set aside since there is another of its name would come back when that one is gone. */
static bool drop_kept(struct vm *vm, const struct variable_name *name)
{
	return vm->image.kept && kept_drop(vm->image.kept, name->name, name->size, &name->guid);
}

uint64_t vm_set(struct vm *vm, const struct variable_name *name, uint32_t attributes, const uint8_t *data, size_t size)
{
	uint64_t status = client_set(&vm->client, name->name, name->size, &name->guid, attributes, data, size);

	vm->certificates = vm->certificates || is_same(name, UEFIVARS_KEK) || is_same(name, UEFIVARS_DB);
	if (status == EFI_SUCCESS)
		drop_kept(vm, name);
	return status;
}

uint64_t vm_remove(struct vm *vm, const struct variable_name *name)
{
	uint8_t descriptor[DESCRIPTOR_SIZE] = { 0 };
	struct uefivars_variable variable;
	uint8_t *certificate = descriptor + EFI_TIME_SIZE;

	vm->image.reason = UEFIVARS_NOT_FOUND;
	if (!vm_find(vm, name, &variable))
		return drop_kept(vm, name) ? EFI_SUCCESS : EFI_NOT_FOUND;
	put_le32(certificate, CERTIFICATE_SIZE);
	put_le16(certificate + 4, WIN_CERT_REVISION);
	put_le16(certificate + 6, WIN_CERT_TYPE_EFI_GUID);
	memcpy(certificate + 8, guid_cert_pkcs7.bytes, sizeof guid_cert_pkcs7.bytes);
	return vm_set(vm, name, variable.attributes, descriptor, variable.attributes & ATTR_AT ? sizeof descriptor : 0);
}

static bool is_host_key(const struct uefivars_variable *variable)
{
	struct variable_name name;

	for (size_t i = 0; i < UEFIVARS_KEYS; i++) {
		host_keys_variable((enum uefivars_key)i, &name);
		if (is_named(variable, &name))
			return true;
	}
	return false;
}

enum uefivars_reason vm_enroll(struct vm *vm, const struct keys *keys, enum uefivars_key *failed)
{
	struct uefivars *uv = image_new_uefivars(&vm->image, NULL);
	enum uefivars_reason reason = UEFIVARS_OK;
	struct uefivars_variable variable;
	const void *cursor = NULL;

	while (reason == UEFIVARS_OK && uefivars_next(vm->image.uv, UEFIVARS_COMMITTED, &cursor, &variable)) {
		if ((variable.attributes & ATTR_NV) && !is_host_key(&variable))
			reason = uefivars_load(uv, &variable, false);
	}
	if (reason == UEFIVARS_OK)
		reason = uefivars_start(uv, UEFIVARS_FIRST_BOOT, keys->files, failed);
	if (reason != UEFIVARS_OK) {
		uefivars_free(uv);
		return reason;
	}
	uefivars_free(vm->image.uv);
	vm->image.uv = uv;
	vm->certificates = true;
	return UEFIVARS_OK;
}

void vm_space(struct vm *vm, struct client_space *space)
{
	client_query(&vm->client, ATTR_NV | ATTR_BS | ATTR_RT, space);
}

void vm_report(const struct vm *vm, const struct variable_name *name, uint64_t status)
{
	char text[VARIABLE_NAME_TEXT_SIZE];

	variable_name_format(name->name, name->size, text);
	if (status == CLIENT_NO_ANSWER)
		report("%s: more data than a request can carry: a variable holds at most %u bytes", text,
		       UEFIVARS_DATA_MAX);
	else
		report("%s: %s: %s", text, efi_status_name(status), uefivars_reason_text(vm->image.reason));
}

/* ---- Storing ---- */

/* Records that the new blob does not have any more are kept beside it. */
static void keep_rejected(struct vm *vm)
{
	const GPtrArray *rejected = vm->image.rejected;
	bool *added;

	if (rejected->len == 0)
		return;
	added = g_new0(bool, rejected->len);
	if (!store_file_append_beside(vm->file, REJECTED_SUFFIX, (const char *const *)rejected->pdata, rejected->len,
				      added))
		report("%s" REJECTED_SUFFIX ": cannot be written, what is left out is lost: %s", vm->source,
		       strerror(errno));
	g_free(added);
}

static bool write_file(struct vm *vm, const GString *bytes)
{
	enum write_result result;
	GError *error = NULL;

	keep_rejected(vm);
	result = store_file_write(vm->file, bytes->str, bytes->len, NULL, &error);
	if (error)
		report("%s", error->message);
	g_clear_error(&error);
	return result == WRITE_DONE;
}

static bool write_xapi(struct vm *vm, const GString *text)
{
	if (!vm_xapi_write(vm->xapi, text->str, vm->certificates))
		return false;
	if (vm_xapi_is_running(vm->xapi))
		report("%s: the machine is running: what it writes next takes this change back", vm->source);
	return true;
}

bool vm_store(struct vm *vm)
{
	GString *after = image_write(&vm->image, vm->image.form);
	bool ok = true;

	if (vm->must_store || !g_string_equal(vm->before, after))
		ok = vm->xapi ? write_xapi(vm, after) : write_file(vm, after);
	g_string_free(after, TRUE);
	return ok;
}
