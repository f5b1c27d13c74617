/* SPDX-License-Identifier: GPL-2.0-only */
#include "backend/xapi_pace.h"

#include "backend/xapi_times.h"

int xapi_pace_take(struct xapi_pace *pace, int64_t now)
{
	const int64_t credit = 1000 * (int64_t)xapi_ms(XAPI_CREDIT_MS);
	int64_t over;

	pace->spent = MAX(pace->spent - (now - pace->at), 0);
	pace->at = now;
	over = pace->spent + credit - XAPI_CREDITS * credit;
	if (over > 0)
		return (int)((over + 999) / 1000);
	pace->spent += credit;
	return 0;
}
