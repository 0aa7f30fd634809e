// SPDX-License-Identifier: Apache-2.0
/* jout: JSON as text, written front to back into a buffer that grows. Commas are its business:
 * inside an object name every value with jout_key. Numbers with a point are written as quoted
 * decimals from integers. [one thread] */
#ifndef NET_JOUT_H
#define NET_JOUT_H

#include "base/error.h"

#define JOUT_MAX (64u << 20) /* a reply beyond this is our mistake */

struct jout {
    char *at; /* owned; NUL-terminated after jout_text */
    size_t n, room;
    uint8_t wants_comma;
    uint8_t is_micro; /* jout_time writes microseconds, not milliseconds */
    uint8_t pad[6];
};

void jout_reset(struct jout *out); /* keeps the buffer */
void jout_deinit(struct jout *out);
const char *jout_text(struct jout *out);

void jout_open(struct jout *out, char bracket); /* '{' or '[' */
void jout_close(struct jout *out, char bracket);
void jout_key(struct jout *out, const char *key);
void jout_str(struct jout *out,
              const char *text); /* escaped; bytes that are no UTF-8 become \ufffd */
void jout_strn(struct jout *out, const char *text, size_t n);
void jout_int(struct jout *out, int64_t value);
/* A double for people and charts: up to 9 digits; what is no number becomes null. */
void jout_real(struct jout *out, double value);
void jout_bool(struct jout *out, int value);
void jout_null(struct jout *out);
void jout_dec(struct jout *out, int64_t value, int exp); /* "0.01000000" */
void jout_time(struct jout *out, agon_ns_t t);           /* ns as a bare integer */
/* JSON that is there already. */
void jout_raw(struct jout *out, const char *text, size_t n);
/* "key": value in one call, for tables of fields. */
void jout_kv_str(struct jout *out, const char *key, const char *text);
void jout_kv_int(struct jout *out, const char *key, int64_t value);
void jout_kv_real(struct jout *out, const char *key, double value);
void jout_kv_bool(struct jout *out, const char *key, int value);
void jout_kv_dec(struct jout *out, const char *key, int64_t value, int exp);
void jout_kv_time(struct jout *out, const char *key, agon_ns_t t);

#endif
