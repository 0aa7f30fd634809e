// SPDX-License-Identifier: Apache-2.0
/* fields: JSON read by tables, for messages that come now and then: answers, listings, accounts.
 *
 * A table says of each key that matters what kind its value has, where in a struct it goes, and
 * whether it has to be there. All bounds are scan.h's: keys come in any order, others are skipped,
 * one that matters and comes twice stops the scan, as does a value of another kind. Numbers whose
 * exponent is known only when all is read stay text till then. What comes with each trade or change
 * of a book is read by hand. [any, one thread] */
#ifndef VENUE_FIELDS_H
#define VENUE_FIELDS_H

#include <stddef.h>

#include "venue/stamp.h"

enum field_kind {
    FIELD_TEXT = 1, /* char[room]: cut to it */
    FIELD_NUMBER,   /* char[room]: a plain decimal, quoted or bare; longer: refused */
    FIELD_WORD,     /* uint8_t: the value of the word in words */
    FIELD_BOOL,     /* int */
    FIELD_U64,      /* uint64_t */
    FIELD_EXACT,    /* int64_t, and an int at exp_at: value x 10^-exp, none below 0 */
    FIELD_QTY,      /* int64_t at the exponent of the struct field_scale at exp_at, as scan_qty */
    FIELD_SECONDS,  /* agon_ns_t: stamp_read_seconds */
    FIELD_STAMP,    /* agon_ns_t: stamp_read */
    FIELD_SLICE,    /* struct scan_text: the bytes of whatever it is, to be read later */
    FIELD_OBJECT,   /* an object whose fields go into the same struct: inner */
    FIELD_OBJECTS   /* an array of such objects, of which the last counts */
};
enum field_need {
    FIELD_MAY = 0,
    FIELD_MUST = 1,
    FIELD_IF_TEXT = 2 /* what is no text, as null, is as if it was not there */
};

#define FIELD_REFUSED 255
struct field_word {
    const char *text; /* NULL, at the end: any other, */
    uint8_t value;    /* which may be refused */
};
struct field_scale { /* set before the struct is read */
    int exp;
    uint64_t *n_cut;
};
struct field {
    const char *key;
    enum field_kind kind;
    size_t at, room;
    enum field_need need;
    size_t exp_at;
    const struct field_word *words;
    const struct field *inner; /* its end is a key of NULL */
};
/* Place and room of a member. */
#define FIELD_AT(type, member) offsetof(type, member), sizeof(((type *)0)->member)

/* Reads the object that stands here into a struct, which keeps what has no key. The end of fields
 * is a key of NULL; at most 64 of them. */
int fields_read(struct scan *scan, const struct field *fields, void *into);
/* As fields_read, of an object that is all there is in value. */
int fields_read_all(const struct scan_text *value, const struct field *fields, void *into);
/* A number that was kept as text; "" leaves value as it is. As num_parse. */
int fields_number(const char *text, int exp, int64_t *value);

/* Reads one entry of an object, or item of an array (key: empty). 1: it counts; 0: it does not. */
typedef int (*fields_take)(void *ctx, struct scan *scan, const struct scan_text *key);
enum fields_of { FIELDS_OF_OBJECT, FIELDS_OF_ARRAY };
/* Each entry of the object, or item of the array, that stands here; how many count. The other is
 * refused: an empty array is not an object without entries. */
int fields_each(struct scan *scan, enum fields_of of, fields_take take, void *ctx);
/* ... of what is all there is in value. */
int fields_each_of(const struct scan_text *value, enum fields_of of, fields_take take, void *ctx);

struct fields_listing { /* begins the ctx of take */
    int is_told;        /* 0: it is only looked whether each can be read */
};
/* Goes through value twice, so that nothing is told of a listing that cannot be read whole. */
int fields_list(const struct scan_text *value, enum fields_of of, fields_take take,
                struct fields_listing *listing);
/* What stands under the first of names (the last is NULL). 1, or 0: no such key. */
int fields_find(const struct scan_text *object, const char *const *names, struct scan_text *value);

#endif
