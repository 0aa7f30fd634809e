// SPDX-License-Identifier: Apache-2.0
/* trees_ubjson: UBJSON (draft 12) as far as XGBoost writes it. Lengths come first and are held to
 * the bytes that are there before anything is taken for them; nesting is a list, no recursion. */
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "nn/trees_file.h"

#define SAVED "expected the UBJSON of Booster.save_model(\"NAME.ubj\")"

struct level {
    json_t *value;   /* an array or object that has not ended; its holder owns it */
    size_t n_left;   /* of an array with a number of values: so many are still to come */
    int has_n;       /* it says so; else a ']' ends it */
    int is_unneeded; /* of an object: what comes next is of a key that nobody reads */
    const char *key; /* ... its key; in the file */
    size_t n_key;
};
struct reader {
    const unsigned char *bytes;
    size_t n, at;
    size_t cost;
    struct level levels[TREES_DEPTH];
    unsigned n_levels;
    json_t *root; /* owned */
    struct error *err;
};

static int refuse(const struct reader *reader, const char *what)
{
    return error_set(reader->err, AGON_EINVAL, "byte %zu: %s; " SAVED, reader->at, what);
}

static int spend(struct reader *reader, size_t n, size_t each)
{
    if (n > (TREES_ROOM - reader->cost) / each)
        return error_set(reader->err, AGON_EINVAL,
                         "byte %zu: it would take more than %zu MiB to be read; a model may take "
                         "that: fewer trees, or smaller ones",
                         reader->at, TREES_ROOM >> 20u);
    reader->cost += n * each;
    return AGON_OK;
}

/* Bytes of a number of that type; 0: there is none. */
static unsigned size_of(unsigned char type)
{
    switch (type) {
    case 'i':
    case 'U':
        return 1;
    case 'I':
        return 2;
    case 'l':
    case 'd':
        return 4;
    case 'L':
    case 'D':
        return 8;
    default:
        return 0;
    }
}

/* Big-endian, of a type with a size that is there. */
static int64_t whole_of(const unsigned char *at, unsigned char type)
{
    unsigned size = size_of(type);
    uint64_t bits = 0;

    for (unsigned i = 0; i < size; i++)
        bits = bits << 8 | at[i];
    if (type != 'U' && size < 8 && (bits >> (8 * size - 1) & 1) != 0)
        bits |= UINT64_MAX << (8 * size);
    return (int64_t)bits;
}

static int is_real(unsigned char type)
{
    return type == 'd' || type == 'D';
}

static double real_of(const unsigned char *at, unsigned char type)
{
    int64_t bits = whole_of(at, type);
    uint32_t low = (uint32_t)bits;
    float single;
    double number;

    if (type == 'D') {
        memcpy(&number, &bits, sizeof(number));
        return number;
    }
    memcpy(&single, &low, sizeof(single));
    return (double)single;
}

/* A number of that type here, as a value. */
static int take_number(struct reader *reader, unsigned char type, json_t **value)
{
    const unsigned char *at = reader->bytes + reader->at;
    double number;

    if (size_of(type) > reader->n - reader->at)
        return refuse(reader, "it ends within a number");
    if (!is_real(type)) {
        *value = json_integer(whole_of(at, type));
    } else {
        number = real_of(at, type);
        if (!isfinite(number))
            return refuse(reader, "a number that is NaN or infinite");
        *value = json_real(number);
    }
    if (*value == NULL)
        return error_set(reader->err, AGON_ENOMEM, "no memory for a model of %zu bytes", reader->n);
    reader->at += size_of(type);
    return AGON_OK;
}

/* A length, with its type before it, of no more than the bytes that are left. */
static int take_length(struct reader *reader, size_t *n)
{
    unsigned char type = reader->at < reader->n ? reader->bytes[reader->at] : 0;
    int64_t length;

    if (size_of(type) == 0 || is_real(type))
        return refuse(reader, "not a length");
    if (size_of(type) >= reader->n - reader->at)
        return refuse(reader, "it ends within a length");
    length = whole_of(reader->bytes + reader->at + 1, type);
    if (length < 0 || (uint64_t)length > reader->n - reader->at - 1 - size_of(type))
        return refuse(reader, "a length of more than there is");
    reader->at += 1 + size_of(type);
    *n = (size_t)length;
    return AGON_OK;
}

/* Its length, and the text, which stays where it is. */
static int take_text(struct reader *reader, const char **text, size_t *n)
{
    int rc = take_length(reader, n);

    if (rc < 0)
        return rc;
    *text = (const char *)reader->bytes + reader->at;
    if (!utf8_is_valid(*text, *n) || memchr(*text, 0, *n) != NULL)
        return refuse(reader, "a text that is not UTF-8, or has a NUL in it");
    reader->at += *n;
    return AGON_OK;
}

static int is_unneeded(const char *key, size_t n)
{
    static const char *const keys[] = {"base_weights",    "parents",          "sum_hessian",
                                       "categories",      "categories_nodes", "categories_segments",
                                       "categories_sizes"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strlen(keys[i]) == n && memcmp(keys[i], key, n) == 0)
            return 1;
    return 0;
}

/* An array of numbers of one type, behind "[$". */
static int take_typed(struct reader *reader, int is_kept, json_t **value)
{
    unsigned char type = reader->at < reader->n ? reader->bytes[reader->at] : 0;
    size_t size = size_of(type);
    size_t n;
    int rc;

    if (size == 0)
        return refuse(reader, "an array of a type that is not a number");
    reader->at++;
    if (reader->at == reader->n || reader->bytes[reader->at] != '#')
        return refuse(reader, "an array of one type without its length");
    reader->at++;
    rc = take_length(reader, &n);
    if (rc < 0)
        return rc;
    if (n > (reader->n - reader->at) / size)
        return refuse(reader, "an array of more than there is");
    if (!is_kept) {
        reader->at += n * size;
        *value = json_null();
        return AGON_OK;
    }
    rc = spend(reader, n, TREES_COST_VALUE);
    *value = rc >= 0 ? json_array() : NULL;
    if (rc >= 0 && *value == NULL)
        rc = error_set(reader->err, AGON_ENOMEM, "no memory for a model of %zu bytes", reader->n);
    for (size_t i = 0; i < n && rc >= 0; i++) {
        json_t *item = NULL;

        rc = take_number(reader, type, &item);
        if (rc >= 0 && json_array_append_new(*value, item) < 0)
            rc = error_set(reader->err, AGON_ENOMEM, "no memory for a model of %zu bytes",
                           reader->n);
    }
    if (rc < 0) {
        json_decref(*value);
        *value = NULL;
    }
    return rc;
}

/* An array or an object begins, and is the newest level. */
static int open_level(struct reader *reader, unsigned char type, json_t **value)
{
    struct level *level = &reader->levels[reader->n_levels];
    int rc = AGON_OK;

    if (reader->n_levels == TREES_DEPTH)
        return error_set(reader->err, AGON_EINVAL,
                         "byte %zu: arrays and objects %u deep; " SAVED ", where they are 8",
                         reader->at, TREES_DEPTH + 1);
    *level = (struct level){0};
    if (type == '[' && reader->at < reader->n && reader->bytes[reader->at] == '#') {
        reader->at++;
        level->has_n = 1;
        rc = take_length(reader, &level->n_left);
    }
    if (rc < 0)
        return rc;
    *value = type == '[' ? json_array() : json_object();
    if (*value == NULL)
        return error_set(reader->err, AGON_ENOMEM, "no memory for a model of %zu bytes", reader->n);
    level->value = *value;
    reader->n_levels++;
    return AGON_OK;
}

static int take_value(struct reader *reader, int is_kept, json_t **value)
{
    unsigned char type = reader->at < reader->n ? reader->bytes[reader->at] : 0;
    const char *text;
    size_t n;
    size_t cost = type == '[' || type == '{' ? TREES_COST_ARRAY
                  : type == 'S'              ? TREES_COST_VALUE + TREES_COST_TEXT
                                             : TREES_COST_VALUE;
    int rc = AGON_OK;

    if (reader->at == reader->n)
        return refuse(reader, "it ends where a value is expected");
    rc = spend(reader, 1, cost);
    if (rc < 0)
        return rc;
    if (size_of(type) > 0) {
        reader->at++;
        return take_number(reader, type, value);
    }
    switch (type) {
    case 'Z':
    case 'T':
    case 'F':
        reader->at++;
        *value = type == 'Z' ? json_null() : json_boolean(type == 'T');
        return AGON_OK;
    case 'S':
        reader->at++;
        rc = take_text(reader, &text, &n);
        if (rc >= 0 && (*value = json_stringn_nocheck(text, n)) == NULL)
            rc = error_set(reader->err, AGON_ENOMEM, "no memory for a text of %zu bytes", n);
        return rc;
    case '[':
    case '{':
        reader->at++;
        if (type == '[' && reader->at < reader->n && reader->bytes[reader->at] == '$') {
            reader->at++;
            return take_typed(reader, is_kept, value);
        }
        return open_level(reader, type, value);
    default:
        return refuse(reader, "not a value");
    }
}

/* The key of an object's next value; 1: the object has ended. */
static int take_key(struct reader *reader, struct level *level)
{
    int rc = spend(reader, 1, TREES_COST_KEY);

    if (rc < 0)
        return rc;
    if (reader->at < reader->n && reader->bytes[reader->at] == '}') {
        reader->at++;
        return 1;
    }
    rc = take_text(reader, &level->key, &level->n_key);
    if (rc < 0)
        return rc;
    if (json_object_getn(level->value, level->key, level->n_key) != NULL)
        return refuse(reader, "a key that is there already");
    level->is_unneeded = is_unneeded(level->key, level->n_key);
    return AGON_OK;
}

/* Whether the array has ended here. */
static int is_over(struct reader *reader, struct level *level)
{
    if (level->has_n)
        return level->n_left == 0;
    if (reader->at == reader->n || reader->bytes[reader->at] != ']')
        return 0;
    reader->at++;
    return 1;
}

/* The next value of the newest level, or its end. */
static int take_next(struct reader *reader)
{
    struct level *level = &reader->levels[reader->n_levels - 1];
    int is_object = json_is_object(level->value);
    json_t *value = NULL;
    int rc = is_object ? take_key(reader, level) : is_over(reader, level);

    if (rc < 0)
        return rc;
    if (rc > 0) {
        reader->n_levels--;
        return AGON_OK;
    }
    if (level->has_n)
        level->n_left--;
    rc = take_value(reader, !(is_object && level->is_unneeded), &value);
    if (rc >= 0 &&
        (is_object ? json_object_setn_new_nocheck(level->value, level->key, level->n_key, value)
                   : json_array_append_new(level->value, value)) < 0)
        rc = error_set(reader->err, AGON_ENOMEM, "no memory for a model of %zu bytes", reader->n);
    return rc;
}

int trees_ubjson(const char *bytes, size_t n, json_t **root, struct error *err)
{
    struct reader reader = {.bytes = (const unsigned char *)bytes,
                            .n = n,
                            .cost = n < TREES_ROOM ? n : TREES_ROOM,
                            .err = err};
    int rc = n > 0 && bytes[0] == '{' ? take_value(&reader, 1, &reader.root)
                                      : refuse(&reader, "not an object");

    while (rc >= 0 && reader.n_levels > 0)
        rc = take_next(&reader);
    if (rc >= 0 && reader.at != n)
        rc = refuse(&reader, "more than a model");
    if (rc < 0) {
        json_decref(reader.root);
        reader.root = NULL;
    }
    *root = reader.root;
    return rc;
}
