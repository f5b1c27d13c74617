/* SPDX-License-Identifier: GPL-2.0-only */
/* The order of checks at the reference's head: which status answers a request that is wrong in two ways. */
#include "tests/support/play.h"

#define FULL CALL(play_fill_completely)
#define BY_OTHER(n, a, d, status)                                                                                      \
	STEP(.op = PLAY_SIGNED, .name = n, .attributes = (a), .how = BY(OTHER), .time = T(5), .data = d,               \
	     .expect = (status))

/* clang-format off */
static const struct play_case cases[] = {
	{ "/order/2-before-5/either", NULL, { SET("V", A7 | COUNTER | 0x100, D("x"), IP | UNS), ABSENT("V") } },
	{ "/order/5-before-6", NULL, { SET("V", A27 | COUNTER, PATTERN(10), UNS) } },
	{ "/order/6-before-7", NULL, { SET("V", A27, PATTERN(60000), SV), SET("db", A27, PATTERN(60000), SV) } },
	{ "/order/6-before-11", NULL, {
		SET("V", A7, D("old"), S), SET("V", A27, PATTERN(10), SV), SET("V", A27, PATTERN(100), SV),
		GET("V", A7, D("old")) } },
	{ "/order/7-before-11", NULL, {
		SET("V", A7, D("old"), S), SET("V", BS, PATTERN(57345), IP), GET("V", A7, D("old")) } },
	{ "/order/7-before-12", NULL, {
		BY_OTHER("V", A27, PATTERN(10), S), SIGNED("V", A27, UNSIGNED, T(6), PATTERN(57345), IP),
		SIGNED("V", A27, BY(OWNER), T(6), PATTERN(57345), IP) } },
	{ "/order/9-before-11", start_user_mode, {
		SET("SecureBoot", A7, D("x"), WP), SIGNED("SecureBoot", A27, UNSIGNED, T(1), D("x"), WP) } },
	{ "/order/9-before-12", start_user_mode, {
		SIGNED("db", A27, BY(OTHER), T(5), PATTERN(100), IP | SV), GET("db", A27, CERT(DB1)) } },
	{ "/order/10-before-11", NULL, {
		SET("V", NV | BS, D("x"), S), SET("W", BS, D("x"), S), AT_RUNTIME, SET("V", A7, D("y"), WP),
		SET("V", BS, D("y"), WP), SET("W", A7, D("y"), WP), SET("W", BS | RT, D("y"), WP),
		DELETE("W", A7, WP) } },
	{ "/order/11-before-12", start_user_mode, {
		SIGNED("V", A27, BY(OWNER), T(1), D("old"), S), BY_OTHER("V", NV | BS | AT, D("y"), IP),
		BY_OTHER("V", BS | RT | AT, NONE, IP), BY_OTHER("db", NV | BS | AT, NONE, IP) } },
	{ "/order/11-before-13", NULL, {
		SET("V", BS | RT, D("x"), S), AT_RUNTIME, SET("V", A7, D("y"), IP | WP), DELETE("V", A7, IP | WP),
		GET("V", BS | RT, D("x")) } },
	{ "/order/12-before-13", NULL, {
		SIGNED("V", BS | RT | AT, BY(OWNER), T(1), D("x"), S), AT_RUNTIME,
		BY_OTHER("V", BS | RT | AT, D("y"), SV), SIGNED("V", BS | RT | AT, BY(OWNER), T(5), D("y"), WP),
		GET("V", BS | RT | AT, D("x")) } },
	{ "/order/12-before-14", start_user_mode, {
		SIGNED("V", A27, UNSIGNED, T(1), NONE, SV),
		SIGNED("V", A27, BY(OWNER, .flags = SIGN_SPOILED), T(1), NONE, SV), BY_OTHER("dbt", A27, NONE, SV),
		SIGNED("V", A27, BY(OWNER), T(1), NONE, NF) } },
	{ "/order/12-before-15", NULL, {
		AT_RUNTIME, SIGNED("V", BS | RT | AT, UNSIGNED, T(1), D("x"), SV),
		SIGNED("V", BS | RT | AT, BY(OWNER), T(1), D("x"), IP),
		SIGNED("V", NV | BS | AT, BY(OWNER), T(1), D("x"), IP), ABSENT("V") } },
	{ "/order/12-before-16", start_user_mode, {
		SIGNED("V", A27, BY(OWNER), T(1), PATTERN(57000), S), BY_OTHER("V", A27 | APPEND, PATTERN(400), SV) } },
	{ "/order/12-before-17", start_user_mode, {
		FULL, BY_OTHER("db", A27, CERT(OTHER), SV), SIGNED("V", A27, UNSIGNED, T(1), PATTERN(300), SV) } },
	{ "/order/15-before-17", NULL, {
		FULL, AT_RUNTIME, SET("V", NV | BS, PATTERN(300), IP), SET("V", BS | RT, PATTERN(300), IP),
		SET("V", A7, PATTERN(300), OOR) } },
	{ "/order/16-before-17", NULL, {
		SET("V", A7, PATTERN(57000), S), FULL, SET("V", A7 | APPEND, PATTERN(400), IP),
		SET("V", A7 | APPEND, PATTERN(344), OOR) } },
};
/* clang-format on */

PLAY_MAIN(cases)
