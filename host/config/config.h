// SPDX-License-Identifier: Apache-2.0
/* config: YAML over bytes in memory, of which every value remembers its line and column.
 *
 * The accepted language is a strict part of YAML 1.2: maps, lists and scalars, one document. No
 * anchors, aliases, tags or merge keys, at most 4 MiB, 32 levels, 100,000 values. A plain scalar
 * has no type of its own: the schema (config/schema.h) decides what it is, so that "no", "1.10" and
 * "12:30" are never silently something else. All mistakes of a file are found in one pass; each is
 *
 *     limits.yaml:3:5: error[AG-1013]: slot: unknown key 'max_positon'; did you mean
 * 'max_position'? max_positon: 5000 USDT
 *         ^
 *
 * and nothing that looks like a secret is ever printed. No file is read and no clock asked here:
 * the caller brings bytes and a name. Use it so (the whole example is
 * tests/unit/config/test_example.c):
 *
 *     struct config *config = config_new("limits.yaml", bytes, n, NULL);
 *     struct limits limits;
 *
 *     if (config_read(config, &limits_schema, &limits) != AGON_OK)
 *         config_print_errors(config, stderr);
 *     config_free(config);
 *
 * Not thread-safe; a tree that is only read may be shared. [any, one thread] */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdio.h>

#include "base/error.h"

#define CONFIG_BYTES_MAX  (4 * 1024 * 1024)
#define CONFIG_DEPTH_MAX  32
#define CONFIG_NODES_MAX  100000
#define CONFIG_ERRORS_MAX 64 /* kept; the rest is counted */

/* The number in error[AG-nnnn]. Numbers are never given to another meaning. */
enum config_code {
    CONFIG_E_SIZE = 1001,       /* file too large */
    CONFIG_E_ENCODING = 1002,   /* not UTF-8, a NUL, a control character */
    CONFIG_E_INVISIBLE = 1003,  /* a bidi control, a zero-width character */
    CONFIG_E_TAB = 1004,        /* a tab as indentation */
    CONFIG_E_SYNTAX = 1005,     /* not YAML */
    CONFIG_E_BOUND = 1006,      /* too deep, too many values */
    CONFIG_E_ALIAS = 1007,      /* anchor or alias */
    CONFIG_E_TAG = 1008,        /* tag */
    CONFIG_E_MERGE = 1009,      /* merge key */
    CONFIG_E_DOCUMENTS = 1010,  /* more than one document */
    CONFIG_E_TOP = 1011,        /* empty, or no map at the top */
    CONFIG_E_DUPLICATE = 1012,  /* a key twice */
    CONFIG_E_UNKNOWN = 1013,    /* unknown key */
    CONFIG_E_MISPLACED = 1014,  /* a key that belongs elsewhere */
    CONFIG_E_MISSING = 1015,    /* required keys are missing */
    CONFIG_E_KIND = 1016,       /* a map where a scalar is wanted, and so on */
    CONFIG_E_VALUE = 1017,      /* not of the wanted form */
    CONFIG_E_RANGE = 1018,      /* outside of the range */
    CONFIG_E_CHOICE = 1019,     /* none of the known words */
    CONFIG_E_COUNT = 1020,      /* too many or too few entries */
    CONFIG_E_SECRET = 1021,     /* a secret in a file */
    CONFIG_E_ENV = 1022,        /* ${NAME} that cannot be used */
    CONFIG_E_CONFUSABLE = 1023, /* a letter that looks like another */
    CONFIG_E_RETIRED = 1024,    /* a key of an earlier version */
    CONFIG_E_CONFLICT = 1025,   /* two values that cannot both hold */
    CONFIG_E_PATH = 1026,       /* a path that is refused for safety */
    CONFIG_E_PLUGIN = 1027      /* a plugin that is none, or that cannot run as it shall */
};

struct config;
struct config_node; /* borrowed, lives as long as its config */

/* Looks up ${NAME}; NULL when it is not set. The text is borrowed until the next call. */
typedef const char *(*config_env_fn)(const char *name);

/* Parses n bytes; name is what messages call the file (copied). env may be NULL: then no ${NAME} is
 * accepted. Never NULL except when memory is out; what is wrong with the bytes is kept as errors
 * and makes config_read fail. */
struct config *config_new(const char *name, const void *bytes, size_t n, config_env_fn env);
void config_free(struct config *config);
/* The name that it was given: where what it names beside itself is looked for. */
const char *config_path(const struct config *config);

/* The top map; NULL when the bytes were refused. */
const struct config_node *config_root(const struct config *config);
/* The node at a path, "agents[2].limits.order"; NULL when there is none. */
const struct config_node *config_at(const struct config *config, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Entries of a map or list; 0 for a scalar. */
uint32_t config_count(const struct config_node *node);
/* Entry i of a map or list, and the key of entry i of a map. */
const struct config_node *config_entry(const struct config_node *node, uint32_t i);
const char *config_key(const struct config_node *node, uint32_t i);
/* The entry of a map with this key; NULL: none, or no map. */
const struct config_node *config_get(const struct config_node *node, const char *key);
/* A scalar's text, ended by a NUL, ${NAME} replaced; NULL for a map or list. */
const char *config_text(const struct config_node *node);
int config_is_map(const struct config_node *node);
int config_is_list(const struct config_node *node);
int config_is_quoted(const struct config_node *node);
uint32_t config_line(const struct config_node *node); /* from 1 */
uint32_t config_column(const struct config_node *node);

/* Adds an error at a node (NULL: at the top) and returns AGON_EINVAL: for rules between values that
 * a table cannot say. The text is "what is wrong; expected ...". */
int config_refuse(struct config *config, const struct config_node *node, enum config_code code,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));
/* ... at the key of a map's entry, for one that does not belong there. */
int config_refuse_key(struct config *config, const struct config_node *entry, enum config_code code,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));
/* How many errors there are, those beyond CONFIG_ERRORS_MAX included. */
uint32_t config_error_count(const struct config *config);
/* One of the errors in order of their place: message, source line and caret, with '\n' between.
 * NULL beyond the last that was kept. Borrowed. */
const char *config_error_text(const struct config *config, uint32_t i);
/* The place and code of an error, for tests and other tools. */
uint32_t config_error_line(const struct config *config, uint32_t i);
uint32_t config_error_column(const struct config *config, uint32_t i);
enum config_code config_error_code(const struct config *config, uint32_t i);
/* True when an error is one of safety (a path): exit code 5 and not 3. */
int config_is_unsafe(const struct config *config);
void config_print_errors(const struct config *config, FILE *out);

#endif
