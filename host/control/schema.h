// SPDX-License-Identifier: Apache-2.0
/* schema: what a verb takes and answers, as data. The OpenAPI document and the page of the API are
 * written from it; tests/integration/api.py holds what a running host answers against the document,
 * member by member, so that neither can lag behind the other.
 *
 * Words that a text may be, and members that another table of the host has rows for (limits,
 * meters, measures), are taken from there. [any] */
#ifndef CONTROL_SCHEMA_H
#define CONTROL_SCHEMA_H

#include <stdint.h>

enum control_type {
    CONTROL_TEXT = 1,
    CONTROL_DECIMAL, /* a number as a text, exact: "0.01000000" */
    CONTROL_INTEGER, /* of 64 bits */
    CONTROL_REAL,    /* for people and charts */
    CONTROL_BOOL,
    CONTROL_TIME, /* "2026-11-20T17:24:11.123Z" */
    CONTROL_OBJECT,
    CONTROL_LIST,
    CONTROL_MAP,    /* an object whose keys are names of this run */
    CONTROL_EITHER, /* a number, or a text */
    CONTROL_ANY     /* an object that is described elsewhere */
};
enum control_mark {
    CONTROL_NULL = 1, /* it may be null */
    CONTROL_MAYBE = 2 /* it may be missing */
};

struct control_shape;
struct control_field {
    const char *key; /* NULL: of what a list or a map holds, and of an answer */
    enum control_type type;
    const char *doc;                   /* without a full stop */
    const char *unit;                  /* NULL: none, or the text says it */
    unsigned marks;                    /* of enum control_mark */
    const char *const *words;          /* all that a text may be, up to NULL; or */
    const char *(*word)(uint32_t n);   /* the nth of them; NULL: there are not so many */
    const struct control_shape *of;    /* of an object, and of the objects in a list or a map; or */
    const struct control_field *items; /* of what else is in a list or a map */
    int n_items;                       /* of a list that is always as long; 0: any number */
    const char *example;               /* JSON; NULL: one by its type */
};
struct control_shape { /* an object */
    const char *name;  /* in the document: upper case first */
    const char *doc;
    const struct control_field *fields; /* up to one without a key */
    const struct control_shape *also;   /* whose members it has too */
    /* The nth member that stands in another table; 0: there are not so many. */
    int (*row)(uint32_t n, struct control_field *field);
    int is_null;                      /* where it is an answer, that may be null */
    const struct control_field *rest; /* of members by names that are not described; NULL: none */
};
/* A word of a verb's usage, as "AGENT" or "all": an argument by name. */
struct control_word {
    const char *usage, *name, *doc, *example;
    const char *const *words; /* all that it may be, up to NULL; NULL: anything */
};

#endif
