// SPDX-License-Identifier: Apache-2.0
/* schema: tables that say what a configuration may hold, and fill a struct from it.
 *
 *     struct agent { char name[32]; uint32_t daily_loss_ppm; };
 *     struct roster { uint64_t seed; uint32_t n_agents; struct agent agents[64]; };
 *
 *     static const struct schema_field agent_fields[] = {
 *         {"name", SCHEMA_NAME, SCHEMA_MEMBER(struct agent, name), .is_required = 1,
 *          .doc = "unique in the roster"},
 *         {"daily_loss", SCHEMA_SHARE, SCHEMA_MEMBER(struct agent, daily_loss_ppm),
 *          .min = 1, .max = 200000, .preset = "3%", .doc = "since 00:00 UTC"},
 *         {NULL}};
 *     static const struct schema agent_schema = {"agent", sizeof(struct agent), agent_fields};
 *     static const struct schema_field roster_fields[] = {
 *         {"seed", SCHEMA_U64, SCHEMA_MEMBER(struct roster, seed), .doc = "of all draws"},
 *         {"agents", SCHEMA_MAP, SCHEMA_ARRAY(struct roster, agents, n_agents),
 *          .sub = &agent_schema, .is_required = 1, .doc = "who plays"},
 *         {NULL}};
 *     const struct schema roster_schema = {"roster", sizeof(struct roster), roster_fields,
 *                                          .check = check_names};
 *
 * A key that is absent leaves its preset, or zeros. [any, one thread] */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include "config/config.h"

enum schema_type {
    SCHEMA_MAP = 1,  /* a struct, by .sub */
    SCHEMA_BOOL,     /* true, false */
    SCHEMA_INT,      /* plain digits; the member's width bounds it too */
    SCHEMA_U64,      /* 0 to 2^64 - 1 in a uint64_t: a seed */
    SCHEMA_REAL,     /* plain decimal in a double, for statistics; min and max are whole */
    SCHEMA_DECIMAL,  /* plain decimal in an int64_t as a count of 10^-exp; min, max are counts */
    SCHEMA_SHARE,    /* "3%", "12bps": parts per million */
    SCHEMA_DURATION, /* "10s", "250ms": ns in an int64_t; ms in a narrower member */
    SCHEMA_SIZE,     /* "64MiB": bytes */
    SCHEMA_MONEY,    /* "1000 USDT": struct schema_money, amount as a count of 10^-exp */
    SCHEMA_TIME,     /* "2024-08-08T12:00:00Z": ns UTC */
    SCHEMA_WEEKLY,   /* "Sunday 00:00": minutes since Sunday 00:00 UTC */
    SCHEMA_TEXT,     /* any text in a char array, NUL included; min: fewest bytes */
    SCHEMA_NAME,     /* letters, digits, '_', '-', '.' in a char array; begins with a letter or
                        digit: names, ids */
    SCHEMA_SYMBOL,   /* the same with '/' inside, as some venues write a pair: BTC/USD */
    SCHEMA_PATH,     /* relative to the file, no "..", in a char array */
    SCHEMA_CHOICE,   /* a word of .choices; an integer member */
    SCHEMA_ANY /* a map of names and plain values, or with .sub of names and maps by it, that the
                  caller reads: const struct config_node *, which lives as long as config */
};

struct schema_choice {
    const char *name; /* NULL ends the table */
    int64_t value;
};
struct schema_money {
    int64_t amt;
    char asset[16];
};

struct schema;
struct schema_field {
    const char *key; /* NULL ends the table */
    enum schema_type type;
    uint32_t offset, room; /* place and size of the member: SCHEMA_MEMBER */
    /* Lists (SCHEMA_ARRAY): most entries, and where the uint32_t with their number stands. */
    uint32_t list_max, count_offset;
    int is_required;
    int exp;          /* SCHEMA_DECIMAL, SCHEMA_MONEY */
    int64_t min, max; /* both 0: what the member can hold; lists: of each entry */
    uint32_t list_min;
    const char *preset; /* as it would stand in the file; shown in documentation */
    const struct schema_choice *choices;
    const struct schema *sub;
    const char *doc;
    const char *retired;       /* the key is refused: "since 0.2, use failover" */
    int is_public;             /* a value that may look like a secret and is none: a hash */
    const char *folder_option; /* SCHEMA_PATH: it begins at the folder that this option of the
                                  command line names; NULL: at the file's own */
};
#define SCHEMA_MEMBER(T, member) .offset = offsetof(T, member), .room = sizeof(((T *)0)->member)
#define SCHEMA_ARRAY(T, member, count)                                                             \
    .offset = offsetof(T, member), .room = sizeof(((T *)0)->member[0]),                            \
    .list_max = sizeof(((T *)0)->member) / sizeof(((T *)0)->member[0]),                            \
    .count_offset = offsetof(T, count)

struct schema {
    const char *name;
    size_t size;                       /* of the struct */
    const struct schema_field *fields; /* NULL: what fields_of returns, the same at each call */
    /* May be NULL. Called when the fields of this map (and of those in it) are well; reports by
     * config_refuse. */
    void (*check)(struct config *config, const struct config_node *node, void *out);
    const struct schema_field *(*fields_of)(void); /* made of another table */
    const char *either[2];                         /* two keys, one of which has to be there */
};
static inline const struct schema_field *schema_fields(const struct schema *schema)
{
    return schema->fields != NULL ? schema->fields : schema->fields_of();
}

/* Clears out and fills it from the whole file. AGON_EINVAL when the file has any error; out is then
 * not to be used. */
int config_read(struct config *config, const struct schema *schema, void *out);
/* ... from one map of it: parameters of a plugin, a part whose schema depends on another value. */
int config_read_node(struct config *config, const struct config_node *node,
                     const struct schema *schema, void *out);
/* Clears out and fills it with what stands for each key that a file does not have. */
void schema_presets(const struct schema *schema, void *out);
/* The schema as JSON Schema (2020-12), for editors. */
void schema_print_json(const struct schema *schema, FILE *out);
struct schema_kind {  /* a kind of file */
    const char *name; /* "roster"; NULL ends the table */
    const struct schema *schema;
    const char *doc; /* what it is, for people; a sentence */
};
/* ... one for files of every kind: each stands under its name in "$defs". */
void schema_print_all(const struct schema_kind *kinds, FILE *out);
/* The kinds as a page of Markdown: each key with what may stand there, its default and what it
 * means. */
void schema_print_page(const struct schema_kind *kinds, FILE *out);

/* The range of a number: min and max where it has them, else its type's own. */
void schema_range(const struct schema_field *field, int64_t *min, int64_t *max);

#endif
