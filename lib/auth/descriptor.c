/* SPDX-License-Identifier: GPL-2.0-only */
#include "auth/descriptor.h"

#include "efi/bytes.h"
#include "efi/guid.h"

#define CERTIFICATE_HEADER_SIZE 24 /* WIN_CERTIFICATE_UEFI_GUID: dwLength, wRevision, wCertificateType, CertType */
#define WIN_CERT_TYPE_EFI_GUID 0x0ef1

bool descriptor_read(const uint8_t *data, size_t size, struct auth_descriptor *descriptor)
{
	const uint8_t *certificate;
	struct efi_time time;
	uint32_t length;

	if (size < DESCRIPTOR_SIZE)
		return false;
	certificate = data + EFI_TIME_SIZE;
	memcpy(time.bytes, data, sizeof time.bytes);
	length = get_le32(certificate);
	if (!time_unused_zero(&time) || length < CERTIFICATE_HEADER_SIZE || length > size - EFI_TIME_SIZE)
		return false;
	/* wRevision is nobody's business: signers in the field differ. */
	if (get_le16(certificate + 6) != WIN_CERT_TYPE_EFI_GUID ||
	    memcmp(certificate + 8, guid_cert_pkcs7.bytes, sizeof guid_cert_pkcs7.bytes) != 0)
		return false;
	descriptor->time = time;
	descriptor->signature.data = certificate + CERTIFICATE_HEADER_SIZE;
	descriptor->signature.size = length - CERTIFICATE_HEADER_SIZE;
	descriptor->payload.data = certificate + length;
	descriptor->payload.size = size - EFI_TIME_SIZE - length;
	return true;
}
