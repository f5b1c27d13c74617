/* SPDX-License-Identifier: GPL-2.0-only */
#include "service/secure_boot.h"

#include "auth/signer.h"
#include "efi/attributes.h"
#include "efi/bytes.h"
#include "service/firmware.h"

/* The signature lists of an enrolled variable; empty where it is absent. */
static struct der_bytes lists_of(const struct uefivars *uv, const char *name, const struct efi_guid *guid)
{
	const struct variable *variable = machine_find(uv, name, guid);

	if (!variable)
		return (struct der_bytes){ (const uint8_t *)"", 0 };
	return (struct der_bytes){ variable_data(variable), variable->data_size };
}

static bool is_platform_key(const struct uefivars *uv, const struct der_certificate *signer)
{
	struct der_bytes pk = lists_of(uv, "PK", &guid_global_variable);

	return signer_is_listed(signer, &pk);
}

static bool is_under(const struct uefivars *uv, const struct pkcs7 *pkcs7, const struct der_certificate *signer,
		     const char *name, const struct efi_guid *guid)
{
	struct der_bytes lists = lists_of(uv, name, guid);

	return signer_is_under(pkcs7, signer, &lists);
}

/* Who may sign for a Secure Boot variable: each writer includes the ones before. */
static bool may_write(const struct uefivars *uv, const struct secure_boot_write *write, const struct pkcs7 *pkcs7,
		      const struct der_certificate *signer)
{
	enum policy_writer writer = write->row->writer;

	/* The first PK signs itself. */
	if (uv->setup_mode)
		return signer_is_listed(signer, &write->descriptor.payload);
	if (is_platform_key(uv, signer))
		return true;
	if (writer == WRITER_PK)
		return false;
	if (is_under(uv, pkcs7, signer, "KEK", &guid_global_variable))
		return true;
	return writer == WRITER_PK_KEK_OR_DBR && is_under(uv, pkcs7, signer, "dbr", &guid_image_security_database);
}

/* A private variable belongs to whoever signed its creation. */
static bool owns(const struct secure_boot_write *write, const struct pkcs7 *pkcs7, const struct der_certificate *signer,
		 uint8_t owner[VARIABLE_DIGEST_SIZE])
{
	if (!write->old)
		return signer_owner(pkcs7, signer, owner);
	return signer_is_owner(pkcs7, signer, write->old->digest);
}

/* Looks for one valid signature of somebody who may write. The reason is that of the last signer that failed. */
static enum uefivars_reason check_signers(const struct uefivars *uv, const struct secure_boot_write *write,
					  const struct pkcs7 *pkcs7, const struct pkcs7_message *message,
					  uint8_t owner[VARIABLE_DIGEST_SIZE])
{
	enum uefivars_reason reason = UEFIVARS_BAD_PKCS7;
	size_t signers = pkcs7_signers(pkcs7);

	for (size_t i = 0; i < signers; i++) {
		const struct der_certificate *signer;

		reason = pkcs7_verify(pkcs7, i, message, &signer);
		if (reason != UEFIVARS_OK)
			continue;
		if (policy_is_secure_boot(write->row) ? may_write(uv, write, pkcs7, signer) :
							owns(write, pkcs7, signer, owner))
			return UEFIVARS_OK;
		reason = UEFIVARS_UNTRUSTED;
	}
	return reason;
}

static enum uefivars_reason check_signature(const struct uefivars *uv, const struct secure_boot_write *write,
					    uint8_t owner[VARIABLE_DIGEST_SIZE])
{
	struct pkcs7 *pkcs7 = pkcs7_read(&write->descriptor.signature);
	uint8_t attributes[4];
	const struct pkcs7_message message = { {
		{ write->name, write->name_size },
		{ write->guid->bytes, sizeof write->guid->bytes },
		{ attributes, sizeof attributes },
		{ write->descriptor.time.bytes, EFI_TIME_SIZE },
		write->descriptor.payload,
	} };
	enum uefivars_reason reason;

	if (!pkcs7)
		return UEFIVARS_BAD_PKCS7;
	put_le32(attributes, write->attributes);
	reason = check_signers(uv, write, pkcs7, &message, owner);
	pkcs7_free(pkcs7);
	return reason;
}

/*
 * In setup mode the Secure Boot variables are free, PK with the host's leave: the specification lets PK be unsigned,
 * hosts may want it signed by itself. A PK that is not there cannot be deleted, signed or not: that is for the caller
 * to say.
 */
static bool needs_signature(const struct uefivars *uv, const struct secure_boot_write *write)
{
	if (!policy_is_secure_boot(write->row) || !uv->setup_mode)
		return true;
	return write->row->writer == WRITER_PK && write->row->format == FORMAT_PLATFORM_KEY &&
	       uv->policy.require_signed_pk && write->descriptor.payload.size != 0;
}

static bool is_replay(const struct secure_boot_write *write)
{
	if (!write->old || (write->attributes & ATTR_APPEND))
		return false;
	return !time_later(&write->descriptor.time, &write->old->time);
}

enum uefivars_reason secure_boot_authenticate(const struct uefivars *uv, const struct secure_boot_write *write,
					      uint8_t owner[VARIABLE_DIGEST_SIZE])
{
	enum uefivars_reason reason;

	if (write->old)
		memcpy(owner, write->old->digest, VARIABLE_DIGEST_SIZE);
	else
		memset(owner, 0, VARIABLE_DIGEST_SIZE);
	/* The time does not matter then, either: tools enroll old updates into a machine whose PK was just cleared. */
	if (!needs_signature(uv, write))
		return UEFIVARS_OK;
	if (uv->policy.auth_enforce && is_replay(write))
		return UEFIVARS_OLD_TIME;
	reason = check_signature(uv, write, owner);
	return uv->policy.auth_enforce ? reason : UEFIVARS_OK;
}

bool secure_boot_stage_modes(struct uefivars *uv, struct machine_change *change, const struct policy_row *row,
			     bool exists)
{
	change->touches_keys = policy_is_secure_boot(row);
	if (row->format == FORMAT_PLATFORM_KEY) {
		change->setup_mode = !exists;
		if (!firmware_stage_flag(uv, &change->store, FIRMWARE_SETUP_MODE, !exists) ||
		    !firmware_stage_flag(uv, &change->store, FIRMWARE_DEPLOYED_MODE, exists && uv->policy.deployed))
			return false;
	}
	if (row->host_keys && !uv->provisioning)
		return firmware_stage_flag(uv, &change->store, FIRMWARE_VENDOR_KEYS, false) &&
		       firmware_stage_flag(uv, &change->store, FIRMWARE_VENDOR_KEYS_NV, false);
	return true;
}
