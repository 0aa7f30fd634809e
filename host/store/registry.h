// SPDX-License-Identifier: Apache-2.0
/* registry: the versions of models, in a folder: models.db (SQLite), and files/ with a copy of each
 * version's file by its SHA-256. A version is never changed: what moves is which one is current,
 * and each move stands in the history with its reason. Who and when are the caller's to say.
 *
 * A model has one current version at most; the others are candidates, or retired. A word names a
 * version as NAME, the current one, or NAME@3.
 *
 * One writer at a time, by SQLite's own locks: who comes second waits for some seconds. What is in
 * the database is believed only where it has this program's mark and its own layout. [any, one
 * thread at a time for each registry] */
#ifndef STORE_REGISTRY_H
#define STORE_REGISTRY_H

#include "base/error.h"
#include "base/hash.h"

#define REGISTRY_NAME 64 /* bytes of a model's name, its end included */
#define REGISTRY_PATH 512
#define REGISTRY_FILE ((uint64_t)4 << 30) /* bytes of a model */

enum registry_mode { REGISTRY_READ = 0, REGISTRY_WRITE, REGISTRY_MAKE /* where it is not there */ };
struct registry;

/* AGON_ENOENT: there is none; AGON_ECORRUPT: it is damaged, or another program's; AGON_EBUSY:
 * somebody else writes it; AGON_EIO, AGON_ENOMEM. NULL with err then. */
struct registry *registry_open(const char *dir, enum registry_mode mode, struct error *err);
void registry_close(struct registry *registry); /* NULL is fine */

struct registry_version {
    char name[REGISTRY_NAME];
    uint32_t version; /* from 1 */
    char sha256[2 * HASH_SIZE + 1];
    uint64_t bytes;
    char state[16]; /* "candidate", "current", "retired" */
    char path[REGISTRY_PATH];
    int64_t added_ns;
    char added_by[64];
    /* Texts of the caller's, owned by the struct: registry_version_free. JSON but for the first. */
    char *kind, *inputs, *data, *params, *metrics, *quantiles;
};
void registry_version_free(struct registry_version *version);

/* Is that a model's name: letters, digits, '_', '-', '.', and a letter or digit first? */
int registry_is_name(const char *name);
/* "NAME" or "NAME@3"; version 0: the current one. AGON_EINVAL. */
int registry_parse(const char *word, char name[REGISTRY_NAME], uint32_t *version,
                   struct error *err);

/* One more version of a model, of the file at path, which is copied; name, kind, added_ns, added_by
 * and the texts are the caller's, the rest is filled in. AGON_ESTATE: the same file is a version of
 * that model already. */
int registry_add(struct registry *registry, const char *path, struct registry_version *version,
                 struct error *err);
/* AGON_ENOENT: no such model or version, or none is current. */
int registry_find(struct registry *registry, const char *name, uint32_t number,
                  struct registry_version *version, struct error *err);
/* The first version that has this file; AGON_ENOENT. */
int registry_by_hash(struct registry *registry, const char *sha256,
                     struct registry_version *version, struct error *err);
/* Each version of a model (NULL: of all), oldest first. fn returns 0 to go on. */
int registry_each(struct registry *registry, const char *name,
                  int (*fn)(void *ctx, const struct registry_version *version), void *ctx,
                  struct error *err);
/* Its file is there and has the version's hash. AGON_ENOENT, AGON_ECORRUPT. */
int registry_check(const struct registry_version *version, struct error *err);

struct registry_move { /* why a version becomes current */
    int64_t at_ns;
    const char *by, *reason, *evidence; /* evidence: JSON */
};
/* That version is current, the one before is retired. AGON_EINVAL: it is current already. */
int registry_promote(struct registry *registry, const char *name, uint32_t number,
                     const struct registry_move *move, struct error *err);
/* The version that was current before the one that is; *number is it. AGON_ENOENT: none was. */
int registry_rollback(struct registry *registry, const char *name, const struct registry_move *move,
                      uint32_t *number, struct error *err);

struct registry_event {
    int64_t at_ns;
    const char *by, *what, *reason, *evidence;
    uint32_t version, from; /* from: that was current before; 0: none */
};
int registry_history(struct registry *registry, const char *name,
                     int (*fn)(void *ctx, const struct registry_event *event), void *ctx,
                     struct error *err);

/* Rows held out that versions of a model were judged by: how many versions before this one. */
int registry_look(struct registry *registry, const char *name, uint32_t number, const char *sha256,
                  uint32_t *n_before, struct error *err);

/* For who opens a file that a roster names as model:WORD: path and hash of that version. */
int registry_resolve(const char *dir, const char *word, char path[REGISTRY_PATH],
                     unsigned char hash[HASH_SIZE], struct error *err);

#endif
