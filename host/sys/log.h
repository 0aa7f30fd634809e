// SPDX-License-Identifier: Apache-2.0
/* log: lines for people and their tools. Any thread leaves a line in a bounded ring and goes on; a
 * thread of the log's own writes them out, as NDJSON or as text for a terminal. Lines that find no
 * room are counted and the count is written; errors have a ring of their own, so that a flood of
 * small talk cannot drown them. Repeats are folded and each key has a rate. Text is escaped: what
 * an agent or a venue says cannot move the cursor or forge a line. Keys and secrets never come
 * here: callers hand in names, not values. */
#ifndef SYS_LOG_H
#define SYS_LOG_H

#include "base/error.h"

enum log_level { LOG_DEBUG = 0, LOG_INFO = 1, LOG_WARN = 2, LOG_ERROR = 3 };
#define LOG_TEXT_MAX 400 /* bytes of one line's text; longer ones are cut */
#define LOG_AREA_MAX 24
#define LOG_FIELDS_MAX                                                                             \
    256 /* bytes of one line's fields, names included; what has no room is left out */
#define LOG_VALUE_MAX 64 /* bytes of one field's text; a longer one ends with "..." */
#define LOG_KEY_MAX   40
#define LOG_KEY_BURST 20 /* lines of one key at once; then LOG_KEY_PER_S */
#define LOG_KEY_PER_S 5

struct log;
struct log_config {
    int fd;                /* where lines go; borrowed */
    int level;             /* lines below it are not taken */
    int is_json;           /* NDJSON; else text */
    int has_colour;        /* text only */
    int is_direct;         /* no thread: each call writes its line before it returns */
    uint32_t lines;        /* room of the ring, a power of two; 0: 8192 */
    int64_t (*mono)(void); /* clocks; NULL: the system's */
    int64_t (*wall)(void);
};
/* What a line says once more for tools, by name and type: a member of its JSON, NAME=VALUE behind
 * its text. A name says the unit (pause_ns, state_bytes) and stands in the table of
 * docs/operations.md. */
struct log_field {
    const char *name; /* a literal; NULL ends a list */
    const char *text; /* NULL: it is a number */
    int64_t number;
};
#define LOG_TEXT(name, text)     ((struct log_field){(name), (text), 0})
#define LOG_NUMBER(name, number) ((struct log_field){(name), NULL, (int64_t)(number)})
#define LOG_FIELDS(...)          ((const struct log_field[]){__VA_ARGS__, {NULL, NULL, 0}})

struct log_stats {
    uint64_t n_written, n_dropped, n_muted, n_folded;
};

struct log_file {
    const char *path;      /* copied; NDJSON is appended to it, whatever fd gets */
    uint64_t rotate_bytes; /* a file this long becomes path.1, and that path.2 ...; 0: never */
    uint32_t keep;         /* of such files; what is older goes */
};

/* NULL with the reason. [control] */
struct log *log_new(const struct log_config *config, struct error *err);
/* Lines go to this file too from now on. Once. AGON_EIO, AGON_ERANGE. [control] */
int log_to_file(struct log *log, const struct log_file *file, struct error *err);
/* Lines below it are not taken from now on. [any] */
void log_set_level(struct log *log, enum log_level level);
/* Writes what is left, and the counts still owed. NULL is fine. [control, when no thread logs any
 * more] */
void log_free(struct log *log);
/* area: the part that speaks ("venue.binance"); key: what its rate is counted by, "" or NULL for
 * none. Never blocks but in direct mode. log NULL: the process's own. [any] */
void log_write(struct log *log, enum log_level level, const char *area, const char *key,
               const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The same with fields: LOG_FIELDS(...), or NULL for none. [any] */
void log_write_with(struct log *log, enum log_level level, const char *area, const char *key,
                    const struct log_field *fields, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* Returns when all that was taken before is written. [any] */
void log_flush(struct log *log);
void log_stats(struct log *log, struct log_stats *stats); /* [any] */
/* The log that log_write(NULL, ...) and the macros use; without one, warnings and errors go to
 * stderr as text. [control, before the other threads start] */
void log_set_process(struct log *log);
const char *log_level_name(enum log_level level);
int log_level_parse(const char *name); /* or AGON_EINVAL */

#define log_debug(area, key, ...) log_write(NULL, LOG_DEBUG, area, key, __VA_ARGS__)
#define log_info(area, key, ...)  log_write(NULL, LOG_INFO, area, key, __VA_ARGS__)
#define log_warn(area, key, ...)  log_write(NULL, LOG_WARN, area, key, __VA_ARGS__)
#define log_error(area, key, ...) log_write(NULL, LOG_ERROR, area, key, __VA_ARGS__)
// fields: LOG_FIELDS(...)
#define log_info_with(area, key, fields, ...)                                                      \
    log_write_with(NULL, LOG_INFO, area, key, fields, __VA_ARGS__)
#define log_warn_with(area, key, fields, ...)                                                      \
    log_write_with(NULL, LOG_WARN, area, key, fields, __VA_ARGS__)
#define log_error_with(area, key, fields, ...)                                                     \
    log_write_with(NULL, LOG_ERROR, area, key, fields, __VA_ARGS__)

#endif
