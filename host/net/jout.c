// SPDX-License-Identifier: Apache-2.0
#include "net/jout.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/utf8.h"

static char *room_for(struct jout *out, size_t n)
{
    if (out->n + n + 1 > out->room) {
        size_t room = out->room ? out->room : 1024;
        char *at;

        while (room < out->n + n + 1)
            room *= 2;
        REQUIRE(room <= 2u * JOUT_MAX);
        at = realloc(out->at, room);
        REQUIRE(at != NULL);
        out->at = at;
        out->room = room;
    }
    return out->at + out->n;
}

static void put(struct jout *out, const char *text, size_t n)
{
    memcpy(room_for(out, n), text, n);
    out->n += n;
}

static void begin(struct jout *out)
{
    if (out->wants_comma)
        put(out, ",", 1);
    out->wants_comma = 1;
}

void jout_reset(struct jout *out)
{
    out->n = 0;
    out->wants_comma = 0;
}

void jout_deinit(struct jout *out)
{
    free(out->at);
    memset(out, 0, sizeof(*out));
}

const char *jout_text(struct jout *out)
{
    *room_for(out, 0) = '\0';
    return out->at;
}

void jout_open(struct jout *out, char bracket)
{
    begin(out);
    put(out, &bracket, 1);
    out->wants_comma = 0;
}

void jout_close(struct jout *out, char bracket)
{
    put(out, bracket == '{' ? "}" : "]", 1);
    out->wants_comma = 1;
}

void jout_key(struct jout *out, const char *key)
{
    begin(out);
    put(out, "\"", 1);
    put(out, key, strlen(key));
    put(out, "\":", 2);
    out->wants_comma = 0;
}

void jout_strn(struct jout *out, const char *text, size_t n)
{
    begin(out);
    put(out, "\"", 1);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        char escape[8];

        if (c == '"' || c == '\\') {
            escape[0] = '\\';
            escape[1] = (char)c;
            put(out, escape, 2);
        } else if (c < 0x20 || c == 0x7f) {
            put(out, escape, (size_t)snprintf(escape, sizeof(escape), "\\u%04x", c));
        } else if (c < 0x80) {
            put(out, text + i, 1);
        } else {
            size_t len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;

            if (i + len <= n && utf8_is_valid(text + i, len)) {
                put(out, text + i, len);
                i += len - 1;
            } else {
                put(out, "\\ufffd", 6);
            }
        }
    }
    put(out, "\"", 1);
}

void jout_str(struct jout *out, const char *text)
{
    jout_strn(out, text, strlen(text));
}

void jout_int(struct jout *out, int64_t value)
{
    char text[24];

    begin(out);
    put(out, text, (size_t)snprintf(text, sizeof(text), "%lld", (long long)value));
}

void jout_real(struct jout *out, double value)
{
    char text[40];

    if (!(value - value == 0.0)) {
        jout_null(out);
        return;
    }
    begin(out);
    put(out, text, (size_t)snprintf(text, sizeof(text), "%.9g", value));
}

void jout_bool(struct jout *out, int value)
{
    begin(out);
    put(out, value ? "true" : "false", value ? 4 : 5);
}

void jout_null(struct jout *out)
{
    begin(out);
    put(out, "null", 4);
}

void jout_dec(struct jout *out, int64_t value, int exp)
{
    char text[NUM_TEXT];
    int n = num_format(value, exp, text);

    begin(out);
    put(out, "\"", 1);
    put(out, text, (size_t)n);
    put(out, "\"", 1);
}

void jout_time(struct jout *out, agon_ns_t t)
{
    jout_int(out, t / (out->is_micro ? 1000 : 1000000));
}

void jout_raw(struct jout *out, const char *text, size_t n)
{
    begin(out);
    put(out, text, n);
}

void jout_kv_str(struct jout *out, const char *key, const char *text)
{
    jout_key(out, key);
    jout_str(out, text);
}

void jout_kv_int(struct jout *out, const char *key, int64_t value)
{
    jout_key(out, key);
    jout_int(out, value);
}

void jout_kv_real(struct jout *out, const char *key, double value)
{
    jout_key(out, key);
    jout_real(out, value);
}

void jout_kv_bool(struct jout *out, const char *key, int value)
{
    jout_key(out, key);
    jout_bool(out, value);
}

void jout_kv_dec(struct jout *out, const char *key, int64_t value, int exp)
{
    jout_key(out, key);
    jout_dec(out, value, exp);
}

void jout_kv_time(struct jout *out, const char *key, agon_ns_t t)
{
    jout_key(out, key);
    jout_time(out, t);
}
