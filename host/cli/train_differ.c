// SPDX-License-Identifier: Apache-2.0
#include "cli/train_differ.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define SAID 5  /* differences that are said; of more their number */
#define WORD 32 /* bytes of a key or a value */

struct key {
    const char *of;
    int is_ppm;
};

static int by_name(const void *a, const void *b)
{
    const struct key *x = a, *y = b;

    return strcmp(x->of, y->of);
}

static void value_text(const json_t *value, int is_ppm, char text[WORD])
{
    char number[32];
    const char *of = json_string_value(value);

    if (value == NULL)
        of = "none";
    else if (is_ppm)
        (void)snprintf(number, sizeof(number), "%.10g %%", json_number_value(value) / 10000);
    else if (json_is_integer(value))
        (void)snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
    else
        (void)snprintf(number, sizeof(number), "%.15g", json_number_value(value));
    of = of != NULL ? of : number;
    // Of a hash its first digits, as agon models shows it.
    utf8_escape(of, strlen(of) == 64 && strspn(of, "0123456789abcdef") == 64 ? 16 : strlen(of),
                text, WORD);
}

/* Of one: what the other has not, and, unless is_alone, has with another value. */
static uint32_t list(json_t *one, const json_t *other, int is_alone, struct key *keys, uint32_t n)
{
    const char *name;
    json_t *value;

    json_object_foreach(one, name, value)
    {
        const json_t *beside = json_object_get(other, name);
        size_t length = strlen(name);

        if (beside == NULL || (!is_alone && !json_equal(value, beside)))
            keys[n++] = (struct key){name, length > 4 && strcmp(name + length - 4, "_ppm") == 0};
    }
    return n;
}

void train_differ(json_t *was, json_t *is, char text[TRAIN_DIFFER_TEXT])
{
    struct key *keys = calloc(json_object_size(was) + json_object_size(is) + 1, sizeof(*keys));
    size_t used = 0;
    uint32_t n = 0;

    text[0] = '\0';
    if (keys == NULL)
        return;
    n = list(was, is, 0, keys, n);
    n = list(is, was, 1, keys, n);
    qsort(keys, n, sizeof(*keys), by_name);
    for (uint32_t i = 0; i < n && i < SAID; i++) {
        char name[WORD], of_was[WORD], of_is[WORD];
        size_t length = strlen(keys[i].of) - (keys[i].is_ppm ? 4 : 0);

        utf8_escape(keys[i].of, length, name, sizeof(name));
        value_text(json_object_get(was, keys[i].of), keys[i].is_ppm, of_was);
        value_text(json_object_get(is, keys[i].of), keys[i].is_ppm, of_is);
        used += (size_t)snprintf(text + used, TRAIN_DIFFER_TEXT - used, "%s%s was %s and is %s",
                                 i > 0 ? "; " : "", name, of_was, of_is);
        used = used < TRAIN_DIFFER_TEXT ? used : TRAIN_DIFFER_TEXT - 1;
    }
    if (n > SAID)
        (void)snprintf(text + used, TRAIN_DIFFER_TEXT - used, "; and %u more", n - SAID);
    free(keys);
}
