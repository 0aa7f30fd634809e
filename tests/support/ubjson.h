// SPDX-License-Identifier: Apache-2.0
/* ubjson: JSON written as XGBoost writes its UBJSON: keys and texts behind lengths of 8 bytes,
 * arrays of numbers of one type, big-endian, other arrays with their number of values. */
#ifndef SUPPORT_UBJSON_H
#define SUPPORT_UBJSON_H

#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

struct ubjson {
    unsigned char *bytes; /* borrowed */
    size_t n, room;
};

static inline void ubjson_byte(struct ubjson *out, int byte)
{
    REQUIRE(out->n < out->room);
    out->bytes[out->n++] = (unsigned char)byte;
}

static inline void ubjson_whole(struct ubjson *out, uint64_t value, unsigned size)
{
    for (unsigned i = size; i-- > 0;)
        ubjson_byte(out, (int)(value >> (8 * i) & 255));
}

static inline void ubjson_text(struct ubjson *out, const char *text)
{
    ubjson_byte(out, 'L');
    ubjson_whole(out, strlen(text), 8);
    for (size_t i = 0; text[i] != '\0'; i++)
        ubjson_byte(out, (unsigned char)text[i]);
}

static inline void ubjson_real(struct ubjson *out, double value, int type)
{
    float single = (float)value;
    uint64_t whole = 0;
    uint32_t half;

    memcpy(&half, &single, sizeof(half));
    memcpy(&whole, &value, sizeof(value));
    ubjson_whole(out, type == 'd' ? half : whole, type == 'd' ? 4 : 8);
}

static inline int ubjson_type_of(const json_t *value)
{
    double number = json_number_value(value);

    if (json_is_integer(value))
        return json_integer_value(value) == (int32_t)json_integer_value(value) ? 'l' : 'L';
    if (json_is_real(value))
        return number <= 3e38 && number >= -3e38 && (double)(float)number == number ? 'd' : 'D';
    return 0;
}

static inline void ubjson_number(struct ubjson *out, const json_t *value, int type)
{
    if (type == 'd' || type == 'D')
        ubjson_real(out, json_number_value(value), type);
    else
        ubjson_whole(out, (uint64_t)json_integer_value(value), type == 'l' ? 4 : 8);
}

/* Of all of an array: the type that has room for each; 0: they are not numbers, or there are none.
 */
static inline int ubjson_type_of_all(const json_t *array)
{
    static const char order[] = "lLdD";
    const char *most = order;

    for (size_t i = 0; i < json_array_size(array); i++) {
        int type = ubjson_type_of(json_array_get(array, i));
        const char *at = strchr(order, type);

        if (type == 0)
            return 0;
        most = at > most ? at : most;
    }
    return json_array_size(array) > 0 ? *most : 0;
}

/* Recursive: of what a test has written. */
static inline void ubjson_put(struct ubjson *out, json_t *value)
{
    int type = json_is_array(value) ? ubjson_type_of_all(value) : ubjson_type_of(value);
    const char *key;
    json_t *item;

    if (json_is_object(value)) {
        ubjson_byte(out, '{');
        json_object_foreach(value, key, item)
        {
            ubjson_text(out, key);
            ubjson_put(out, item);
        }
        ubjson_byte(out, '}');
    } else if (json_is_array(value)) {
        ubjson_byte(out, '[');
        if (type != 0) {
            ubjson_byte(out, '$');
            ubjson_byte(out, type);
        }
        ubjson_byte(out, '#');
        ubjson_byte(out, 'L');
        ubjson_whole(out, json_array_size(value), 8);
        for (size_t i = 0; i < json_array_size(value); i++)
            if (type != 0)
                ubjson_number(out, json_array_get(value, i), type);
            else
                ubjson_put(out, json_array_get(value, i));
    } else if (json_is_string(value)) {
        ubjson_byte(out, 'S');
        ubjson_text(out, json_string_value(value));
    } else if (type != 0) {
        ubjson_byte(out, type);
        ubjson_number(out, value, type);
    } else {
        ubjson_byte(out, json_is_null(value) ? 'Z' : json_is_true(value) ? 'T' : 'F');
    }
}

/* How long it is; 0: the text is not JSON. */
static inline size_t ubjson_of(const char *text, size_t n, void *bytes, size_t room)
{
    struct ubjson out = {.bytes = bytes, .room = room};
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);

    if (root == NULL)
        return 0;
    ubjson_put(&out, root);
    json_decref(root);
    return out.n;
}

#endif
