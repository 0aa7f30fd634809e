// SPDX-License-Identifier: Apache-2.0
#include "sim/shape.h"

#include <stdio.h>
#include <time.h>

#include "base/num.h"
#include "sim/sim.h"

#define KEY_MAX 40

static void put_bare(struct jout *out, int64_t value, int decimals)
{
    int64_t unit = num_pow10(PIT_EXP - decimals);
    char text[NUM_TEXT];
    int n = value % unit == 0 ? num_format(value / unit, decimals, text)
                              : num_format(value, PIT_EXP, text);

    jout_raw(out, text, (size_t)n);
}

static void put_when(struct jout *out, agon_ns_t t)
{
    time_t s = (time_t)(t / SIM_NS_PER_S);
    struct tm tm;
    char text[48];
    size_t n;

    gmtime_r(&s, &tm);
    n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, sizeof(text) - n, ".%06dZ", (int)(t % SIM_NS_PER_S / 1000));
    jout_str(out, text);
}

static void put_value(struct jout *out, const struct shape_value *value)
{
    char text[NUM_TEXT];

    switch (value->kind) {
    case SHAPE_NONE:
        return;
    case SHAPE_TEXT:
        jout_str(out, value->text);
        return;
    case SHAPE_INT:
        jout_int(out, value->n);
        return;
    case SHAPE_BOOL:
        jout_bool(out, value->n != 0);
        return;
    case SHAPE_DEC:
        jout_dec(out, value->n, value->decimals);
        return;
    case SHAPE_BARE:
        put_bare(out, value->n, value->decimals);
        return;
    case SHAPE_CUT:
        num_format(num_div(value->n, num_pow10(PIT_EXP - value->decimals), NUM_EVEN),
                   value->decimals, text);
        jout_str(out, text);
        return;
    case SHAPE_NUM:
        sim_num(out, value->n);
        return;
    case SHAPE_ID:
        sim_id(out, (uint64_t)value->n);
        return;
    case SHAPE_MS:
        sim_ms(out, value->n);
        return;
    case SHAPE_WHEN:
        put_when(out, value->n);
        return;
    case SHAPE_UNIX:
        jout_raw(out, text, (size_t)num_format(value->n / 1000, 6, text));
        return;
    case SHAPE_RAW:
        jout_raw(out, value->text, (size_t)value->n);
        return;
    }
}

/* A word, or what stands in its place: a key where a colon is behind it. Returns how long it is. */
static size_t put_word(struct jout *out, const char *shape, const struct shape_value *values,
                       size_t *at)
{
    size_t n = shape[0] == '$' ? 1 : strcspn(shape, ":,{}[] ");
    char key[KEY_MAX];

    if (shape[n] == ':') {
        if (shape[0] != '$' && shape[n + 1] == '$' && values[*at].kind == SHAPE_NONE) {
            ++*at;
            return n + 2;
        }
        REQUIRE(n < sizeof(key));
        memcpy(key, shape, n);
        key[n] = '\0';
        jout_key(out, shape[0] == '$' ? values[(*at)++].text : key);
        return n + 1;
    }
    if (shape[0] == '$')
        put_value(out, &values[(*at)++]);
    else
        jout_raw(out, shape, n);
    return n;
}

void shape_put(struct jout *out, const char *shape, const struct shape_value *values, size_t n)
{
    size_t n_asked = 0;
    size_t at = 0;

    for (const char *c = shape; *c; c++)
        n_asked += *c == '$';
    REQUIRE(n_asked == n); // our own text
    while (*shape) {
        size_t size = 1;

        if (*shape == '{' || *shape == '[') {
            jout_open(out, *shape);
        } else if (*shape == '}' || *shape == ']') {
            jout_close(out, *shape == '}' ? '{' : '[');
        } else if (*shape == '\'') {
            size = strcspn(shape + 1, "'") + 2;
            jout_strn(out, shape + 1, size - 2);
        } else if (*shape != ' ' && *shape != ',') {
            size = put_word(out, shape, values, &at);
        }
        shape += size;
    }
}
