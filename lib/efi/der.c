/* SPDX-License-Identifier: GPL-2.0-only */
#include "efi/der.h"

/* Reads the length octets at `at`; returns how many they are, or 0 where they are not a definite length that fits. */
static size_t read_length(const uint8_t *at, size_t left, size_t *length)
{
	size_t octets;

	if (left == 0)
		return 0;
	if (at[0] < 0x80) {
		*length = at[0];
		return 1;
	}
	octets = at[0] & 0x7f;
	if (octets == 0 || octets > 3 || octets >= left)
		return 0;
	*length = 0;
	for (size_t i = 1; i <= octets; i++)
		*length = *length << 8 | at[i];
	return octets + 1;
}

bool der_take(struct der_bytes *rest, uint8_t tag, struct der_bytes *element, struct der_bytes *content)
{
	size_t length, header;

	if (rest->size < 2 || rest->data[0] != tag)
		return false;
	header = read_length(rest->data + 1, rest->size - 1, &length);
	if (header++ == 0 || length > rest->size - header)
		return false;
	if (element)
		*element = (struct der_bytes){ rest->data, header + length };
	if (content)
		*content = (struct der_bytes){ rest->data + header, length };
	rest->data += header + length;
	rest->size -= header + length;
	return true;
}

static bool all_zero(const struct der_bytes *bytes)
{
	for (size_t i = 0; i < bytes->size; i++) {
		if (bytes->data[i])
			return false;
	}
	return true;
}

bool der_certificate(const uint8_t *data, size_t size, struct der_certificate *certificate)
{
	struct der_bytes rest = { data, size }, inner, tbs;
	struct der_certificate found;

	if (!der_take(&rest, DER_SEQUENCE, &found.whole, &inner) || !all_zero(&rest) ||
	    !der_take(&inner, DER_SEQUENCE, &found.tbs, &tbs) ||
	    !der_take(&inner, DER_SEQUENCE, &found.algorithm, NULL) ||
	    !der_take(&inner, DER_BIT_STRING, NULL, &found.signature) || inner.size || found.signature.size == 0 ||
	    found.signature.data[0] != 0)
		return false;
	found.signature.data++;
	found.signature.size--;
	(void)der_take(&tbs, DER_CONTEXT_0, NULL, NULL); /* version: absent in version 1 */
	if (!der_take(&tbs, DER_INTEGER, &found.serial, NULL) ||
	    !der_take(&tbs, DER_SEQUENCE, &found.stated_algorithm, NULL) ||
	    !der_take(&tbs, DER_SEQUENCE, &found.issuer, NULL) || !der_take(&tbs, DER_SEQUENCE, NULL, NULL) ||
	    !der_take(&tbs, DER_SEQUENCE, &found.subject, NULL) ||
	    !der_take(&tbs, DER_SEQUENCE, &found.public_key, NULL))
		return false;
	*certificate = found;
	return true;
}
