// SPDX-License-Identifier: Apache-2.0
#include "venue/fields.h"

static int read_number(struct scan *scan, char *into, size_t room)
{
    struct scan_text number;

    if (scan_number(scan, &number) < 0)
        return scan->rc;
    if (number.n >= room)
        return scan_fail(scan);
    memcpy(into, number.at, number.n);
    into[number.n] = '\0';
    return AGON_OK;
}

static int read_word(struct scan *scan, const struct field_word *words, uint8_t *value)
{
    struct scan_text word;

    if (scan_string(scan, &word) < 0)
        return scan->rc;
    while (words->text != NULL && !scan_is(&word, words->text))
        words++;
    if (words->value == FIELD_REFUSED)
        return scan_fail(scan);
    *value = words->value;
    return AGON_OK;
}

static int read_exact(struct scan *scan, int64_t *value, int *exp)
{
    struct scan_text text;

    if (scan_number(scan, &text) < 0)
        return scan->rc;
    return num_parse_exp(text.at, text.n, value, exp) < 0 || *value < 0 ? scan_fail(scan) : AGON_OK;
}

static int read_objects(struct scan *scan, const struct field *inner, void *into)
{
    int rc;

    if (scan_array(scan) < 0)
        return scan->rc;
    while ((rc = scan_item(scan)) > 0) {
        if (fields_read(scan, inner, into) < 0)
            return scan->rc;
    }
    return rc;
}

static int read_value(struct scan *scan, const struct field *field, void *into)
{
    void *at = (char *)into + field->at;
    void *beside = (char *)into + field->exp_at;

    switch (field->kind) {
    case FIELD_TEXT:
        return scan_copy(scan, at, field->room);
    case FIELD_NUMBER:
        return read_number(scan, at, field->room);
    case FIELD_WORD:
        return read_word(scan, field->words, at);
    case FIELD_BOOL:
        return scan_bool(scan, at);
    case FIELD_U64:
        return scan_u64(scan, at);
    case FIELD_EXACT:
        return read_exact(scan, at, beside);
    case FIELD_QTY:
        return scan_qty(scan, ((struct field_scale *)beside)->exp, at,
                        ((struct field_scale *)beside)->n_cut);
    case FIELD_SECONDS:
        return stamp_read_seconds(scan, at);
    case FIELD_STAMP:
        return stamp_read(scan, at);
    case FIELD_SLICE:
        return scan_slice(scan, at);
    case FIELD_OBJECT:
        return fields_read(scan, field->inner, into);
    case FIELD_OBJECTS:
        return read_objects(scan, field->inner, into);
    }
    return scan_fail(scan);
}

/* Of that key; its end where there is none. Most are told apart by their first letter. */
static const struct field *find(const struct field *fields, const struct scan_text *key)
{
    char first = key->n > 0 ? key->at[0] : '\0';

    while (fields->key != NULL && (fields->key[0] != first || !scan_is(key, fields->key)))
        fields++;
    return fields;
}

int fields_read(struct scan *scan, const struct field *fields, void *into)
{
    struct scan_text key;
    uint64_t seen = 0;
    int rc;

    if (scan_object(scan) < 0)
        return scan->rc;
    while ((rc = scan_key(scan, &key)) > 0) {
        const struct field *field = find(fields, &key);

        if (field->key == NULL || (field->need == FIELD_IF_TEXT && scan_peek(scan) != '"'))
            rc = scan_skip(scan);
        else if (scan_once(scan, &seen, (int)(field - fields)) == AGON_OK)
            rc = read_value(scan, field, into);
        if (rc < 0 || scan->rc < 0)
            return scan_fail(scan);
    }
    for (uint32_t i = 0; rc >= 0 && fields[i].key != NULL; i++) {
        if (fields[i].need == FIELD_MUST && (seen >> i & 1) == 0)
            return scan_fail(scan);
    }
    return rc;
}

int fields_read_all(const struct scan_text *value, const struct field *fields, void *into)
{
    struct scan scan;

    scan_init(&scan, value->at, value->n);
    return fields_read(&scan, fields, into);
}

int fields_number(const char *text, int exp, int64_t *value)
{
    return text[0] == '\0' ? AGON_OK : num_parse(text, strlen(text), exp, value);
}

int fields_each(struct scan *scan, enum fields_of of, fields_take take, void *ctx)
{
    struct scan_text key = {.at = "", .n = 0};
    int is_array = of == FIELDS_OF_ARRAY;
    int n = 0;

    if ((is_array ? scan_array(scan) : scan_object(scan)) < 0)
        return scan->rc;
    for (;;) {
        int rc = is_array ? scan_item(scan) : scan_key(scan, &key);

        if (rc == 0)
            return n;
        if (rc > 0)
            rc = take(ctx, scan, &key);
        if (rc < 0)
            return rc;
        n += rc;
    }
}

int fields_each_of(const struct scan_text *value, enum fields_of of, fields_take take, void *ctx)
{
    struct scan scan;

    scan_init(&scan, value->at, value->n);
    return fields_each(&scan, of, take, ctx);
}

int fields_list(const struct scan_text *value, enum fields_of of, fields_take take,
                struct fields_listing *listing)
{
    int rc;

    listing->is_told = 0;
    rc = fields_each_of(value, of, take, listing);
    if (rc < 0)
        return rc;
    listing->is_told = 1;
    return fields_each_of(value, of, take, listing);
}

int fields_find(const struct scan_text *object, const char *const *names, struct scan_text *value)
{
    struct scan scan;
    struct scan_text key;
    int rc;

    scan_init(&scan, object->at, object->n);
    if (scan_object(&scan) < 0)
        return scan.rc;
    while ((rc = scan_key(&scan, &key)) > 0) {
        for (uint32_t i = 0; names[i] != NULL; i++) {
            if (scan_is(&key, names[i]))
                return scan_slice(&scan, value) < 0 ? scan.rc : 1;
        }
        if (scan_skip(&scan) < 0)
            return scan.rc;
    }
    return rc;
}
