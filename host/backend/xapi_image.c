/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/xapi_image.h"

#include <string.h>

/* The head of a blob has numbers that change with any size: it is always encoded. 24 bytes are 32 digits. */
#define HEAD_SIZE 24u

/* A guest writes many variables at once, and then none for hours. */
#define KEPT_SECONDS 5

/* What is compared at once. */
#define STEP 512u

/* Digits of 3 bytes each; the offset is a multiple of 3. */
static size_t digits_at(size_t offset)
{
	return offset / 3 * 4;
}

static size_t round_up(size_t offset)
{
	return (offset + 2) / 3 * 3;
}

/* What GLib writes besides the digits of a text that has an end is its padding. */
static void encode(const uint8_t *bytes, size_t size, char *out)
{
	gint state = 0, save = 0;
	size_t written = g_base64_encode_step(bytes, size, FALSE, out, &state, &save);

	g_base64_encode_close(FALSE, out + written, &state, &save);
}

/* How many bytes are the same, from the first on. */
static size_t same_from_start(const uint8_t *a, const uint8_t *b, size_t size)
{
	size_t at = 0;

	while (size - at >= STEP && memcmp(a + at, b + at, STEP) == 0)
		at += STEP;
	while (at < size && a[at] == b[at])
		at++;
	return at;
}

/* How many bytes are the same, from the last back. */
static size_t same_from_end(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
	const size_t size = MIN(a_size, b_size);
	size_t count = 0;

	a += a_size;
	b += b_size;
	while (size - count >= STEP && memcmp(a - count - STEP, b - count - STEP, STEP) == 0)
		count += STEP;
	while (count < size && a[-1 - (ptrdiff_t)count] == b[-1 - (ptrdiff_t)count])
		count++;
	return count;
}

/* What of the new blob has to be encoded: [*begin, *end), which are multiples of 3 where they are not its end. */
static void find_change(const GByteArray *old, const GByteArray *new, size_t *begin, size_t *end)
{
	const size_t common = MIN(old->len, new->len);
	size_t same;

	*begin = HEAD_SIZE + same_from_start(old->data + HEAD_SIZE, new->data + HEAD_SIZE, common - HEAD_SIZE);
	*begin -= *begin % 3;
	*end = new->len;
	/* Otherwise the same bytes have other digits. */
	if (old->len % 3 != new->len % 3)
		return;
	same = same_from_end(old->data + *begin, old->len - *begin, new->data + *begin, new->len - *begin);
	*end = MIN(round_up(new->len - same), new->len);
}

/* Makes the text of `old` that of `new`. */
static void change_text(GString *text, const GByteArray *old, const GByteArray *new)
{
	const size_t old_digits = text->len, new_digits = digits_at(round_up(new->len));
	size_t begin, end;

	find_change(old, new, &begin, &end);
	if (new_digits > old_digits)
		g_string_set_size(text, new_digits);
	if (end < new->len)
		memmove(text->str + digits_at(end), text->str + digits_at(end) + old_digits - new_digits,
			new_digits - digits_at(end));
	if (new_digits < old_digits)
		g_string_set_size(text, new_digits);
	encode(new->data, HEAD_SIZE, text->str);
	encode(new->data + begin, end - begin, text->str + digits_at(begin));
}

static gboolean on_timer(gpointer pointer)
{
	struct xapi_image *image = pointer;

	if (image->used) {
		image->used = false;
		return G_SOURCE_CONTINUE;
	}
	image->timer = 0;
	xapi_image_clear(image);
	return G_SOURCE_REMOVE;
}

uint8_t *xapi_image_begin(struct xapi_image *image, size_t size)
{
	if (!image->next)
		image->next = g_byte_array_new();
	g_byte_array_set_size(image->next, (guint)size);
	return image->next->data;
}

GString *xapi_image_end(struct xapi_image *image)
{
	GByteArray *old = image->blob, *new = image->next;

	if (old && old->len >= HEAD_SIZE && new->len >= HEAD_SIZE) {
		change_text(image->text, old, new);
	} else {
		if (!image->text)
			image->text = g_string_new(NULL);
		g_string_set_size(image->text, digits_at(round_up(new->len)));
		encode(new->data, new->len, image->text->str);
	}
	image->blob = new;
	image->next = old;
	image->used = true;
	if (!image->timer)
		image->timer = g_timeout_add_seconds(KEPT_SECONDS, on_timer, image);
	if (!image->spare)
		return g_string_new_len(image->text->str, (gssize)image->text->len);
	g_string_truncate(image->spare, 0);
	g_string_append_len(image->spare, image->text->str, (gssize)image->text->len);
	return g_steal_pointer(&image->spare);
}

void xapi_image_give_back(struct xapi_image *image, GString *text)
{
	/* Kept as long as the last blob is. */
	if (!image->spare && image->blob)
		image->spare = text;
	else
		g_string_free(text, TRUE);
}

void xapi_image_clear(struct xapi_image *image)
{
	if (image->timer)
		g_source_remove(image->timer);
	if (image->blob)
		g_byte_array_free(image->blob, TRUE);
	if (image->next)
		g_byte_array_free(image->next, TRUE);
	if (image->text)
		g_string_free(image->text, TRUE);
	if (image->spare)
		g_string_free(image->spare, TRUE);
	*image = (struct xapi_image){ .blob = NULL };
}
