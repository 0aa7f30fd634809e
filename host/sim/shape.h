// SPDX-License-Identifier: Apache-2.0
/* shape: JSON written by its shape, which is that JSON with $ where a value comes:
 *
 *     SHAPE(out, "{asset:$ class:'currency' wallets:[{id:'main' balance:$}]}",
 *           shape_text(name), shape_bare(total_amt, PIT_EXP));
 *
 * Keys stand without quotation marks, texts that are always the same in '...', numbers, true,
 * false, null and [] as they are. A value says what it is, so none is taken for another. A key
 * whose value is shape_none is left out; $: is a key that is a value. What one shape opens another
 * may close. The number of values is checked; a shape is our own text. [one thread] */
#ifndef SIM_SHAPE_H
#define SIM_SHAPE_H

#include <stddef.h>

#include "net/jout.h"

enum shape_kind {
    SHAPE_NONE = 0,
    SHAPE_TEXT,
    SHAPE_INT,
    SHAPE_BOOL,
    SHAPE_DEC,  /* "0.01000000": value x 10^-decimals */
    SHAPE_BARE, /* 0.01: a count of 10^-8 with so many decimals, or all eight where they are needed
                 */
    SHAPE_CUT,  /* "0.01": a count of 10^-8, rounded to so many decimals */
    SHAPE_NUM,  /* "0.01": a count of 10^-8, as short as it is */
    SHAPE_ID,   /* "17"; "": 0 */
    SHAPE_MS,   /* "1597026383085"; "": 0 */
    SHAPE_WHEN, /* "2023-10-06T17:35:55.440295Z" */
    SHAPE_UNIX, /* 1688585840.892100 */
    SHAPE_RAW   /* JSON that is there already */
};
struct shape_value {
    enum shape_kind kind;
    int decimals;
    int64_t n; /* or how long text is */
    const char *text;
};

void shape_put(struct jout *out, const char *shape, const struct shape_value *values, size_t n);

#define SHAPE_VALUES(...) ((const struct shape_value[]){__VA_ARGS__})
#define SHAPE(out, shape, ...)                                                                     \
    shape_put(out, shape, SHAPE_VALUES(__VA_ARGS__),                                               \
              sizeof(SHAPE_VALUES(__VA_ARGS__)) / sizeof(struct shape_value))

static inline struct shape_value shape_none(void)
{
    return (struct shape_value){.kind = SHAPE_NONE};
}
/* NULL or "": none. */
static inline struct shape_value shape_some(const char *text)
{
    return (struct shape_value){.kind = text && *text ? SHAPE_TEXT : SHAPE_NONE, .text = text};
}
static inline struct shape_value shape_text(const char *text)
{
    return (struct shape_value){.kind = SHAPE_TEXT, .text = text};
}
static inline struct shape_value shape_int(int64_t value)
{
    return (struct shape_value){.kind = SHAPE_INT, .n = value};
}
static inline struct shape_value shape_bool(int value)
{
    return (struct shape_value){.kind = SHAPE_BOOL, .n = value};
}
static inline struct shape_value shape_dec(int64_t value, int decimals)
{
    return (struct shape_value){SHAPE_DEC, decimals, value, NULL};
}
static inline struct shape_value shape_bare(int64_t value, int decimals)
{
    return (struct shape_value){SHAPE_BARE, decimals, value, NULL};
}
static inline struct shape_value shape_cut(int64_t value, int decimals)
{
    return (struct shape_value){SHAPE_CUT, decimals, value, NULL};
}
static inline struct shape_value shape_num(int64_t value)
{
    return (struct shape_value){.kind = SHAPE_NUM, .n = value};
}
static inline struct shape_value shape_id(uint64_t n)
{
    return (struct shape_value){.kind = SHAPE_ID, .n = (int64_t)n};
}
static inline struct shape_value shape_ms(agon_ns_t t)
{
    return (struct shape_value){.kind = SHAPE_MS, .n = t};
}
static inline struct shape_value shape_when(agon_ns_t t)
{
    return (struct shape_value){.kind = SHAPE_WHEN, .n = t};
}
static inline struct shape_value shape_unix(agon_ns_t t)
{
    return (struct shape_value){.kind = SHAPE_UNIX, .n = t};
}
static inline struct shape_value shape_raw(const char *text, size_t n)
{
    return (struct shape_value){.kind = SHAPE_RAW, .n = (int64_t)n, .text = text};
}

#endif
