// SPDX-License-Identifier: Apache-2.0
/* node: what the files of this library share: the tree, and how errors are added to it. Not for
 * other libraries. [any, one thread] */
#ifndef CONFIG_NODE_H
#define CONFIG_NODE_H

#include <stdarg.h>

#include "config/config.h"

enum node_kind { NODE_SCALAR = 1, NODE_LIST = 2, NODE_MAP = 3 };

struct config_node {
    uint8_t kind;      /* enum node_kind */
    uint8_t is_quoted; /* a scalar in quotes, or a block */
    uint8_t is_env;    /* its text came from ${NAME} */
    uint8_t is_bad;    /* an error about it was given: nothing more is said of it */
    uint32_t line, column;
    uint32_t key_line, key_column;
    uint32_t n;                                       /* entries, or bytes of text */
    const char *key;                                  /* in a map; ends with a NUL */
    const char *text;                                 /* of a scalar */
    struct config_node **entries;                     /* of a map or list, once it is whole */
    struct config_node *parent, *next, *first, *last; /* first to next: the entries in order */
};

struct chunk { /* memory of the tree: never moved, given back at once */
    struct chunk *next;
    size_t used, room;
    _Alignas(16) unsigned char bytes[];
};

struct config_error {
    uint32_t line, column;
    enum config_code code;
    char *text; /* owned */
};

struct schema;
struct config {
    char name[512];    /* as messages show it */
    const char *path;  /* as it was given */
    const char *bytes; /* owned copy, for the source lines of errors */
    size_t n_bytes;
    config_env_fn env;
    struct chunk *chunks;
    struct config_node *root;
    uint32_t n_nodes;
    int is_refused; /* no tree: the bytes themselves are bad */
    int is_unsafe;
    uint32_t n_errors, n_kept;
    uint32_t n_parse_errors;                       /* of these, before any schema was asked */
    struct config_error errors[CONFIG_ERRORS_MAX]; /* in order of line and column */
    const struct schema *schema;                   /* of the whole file, while it is read */
};

/* Zeroed memory that lives as long as config; NULL when there is none. */
void *node_alloc(struct config *config, size_t n);
/* Adds an error at a place. node (may be NULL) gives the path that the message begins with. */
void node_error(struct config *config, uint32_t line, uint32_t column,
                const struct config_node *node, enum config_code code, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
void node_error_v(struct config *config, uint32_t line, uint32_t column,
                  const struct config_node *node, enum config_code code, const char *format,
                  va_list args) __attribute__((format(printf, 6, 0)));
/* Writes "agents[2].limits" for a node; "" for the top. */
void node_path(const struct config_node *node, char *text, size_t room);
/* A scalar as a message may show it: cut, escaped, and hidden where it looks like a secret. */
void node_show(const struct config_node *node, char *text, size_t room);

/* Looks at the bytes before any parser does: encoding, invisible characters, tabs. Adds errors;
 * returns false when there were any. */
int scan_bytes(struct config *config);
/* The same rules for the text of a scalar after its escapes, with the confusable letters. */
int scan_scalar(struct config *config, const struct config_node *node, uint32_t line,
                uint32_t column, const char *text, size_t n);
/* Names the first character of n bytes that is no printable ASCII, and what it looks like:
 * "U+0412, which looks like B". False when there is none. */
int scan_foreign(const char *text, size_t n, char *what, size_t room);
/* Does this look like a key or a password? */
int scan_is_secret(const char *text, size_t n);
/* Is this the name of one? */
int scan_is_secret_key(const char *key);
/* Copies text with what looks like a secret replaced by "***". Returns its length; room >= 8. */
size_t scan_mask(const char *text, size_t n, char *masked, size_t room);

#endif
