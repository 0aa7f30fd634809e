// SPDX-License-Identifier: Apache-2.0
#include "store/registry.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sqlite3.h>

#include "sys/file.h"

#define MARK    0x41474d52 /* application_id: "AGMR" */
#define LAYOUT  1          /* user_version */
#define WAIT_MS 5000
#define PIECE   65536

struct registry {
    sqlite3 *db;
    char dir[REGISTRY_PATH];
};

static const char layout[] =
    "CREATE TABLE versions (name TEXT NOT NULL, version INTEGER NOT NULL, sha256 TEXT NOT NULL,"
    " bytes INTEGER NOT NULL, state TEXT NOT NULL CHECK (state IN ('candidate', 'current',"
    " 'retired')), added_ns INTEGER NOT NULL, added_by TEXT NOT NULL, kind TEXT NOT NULL,"
    " inputs TEXT NOT NULL, data TEXT NOT NULL, params TEXT NOT NULL, metrics TEXT NOT NULL,"
    " quantiles TEXT NOT NULL, PRIMARY KEY (name, version), UNIQUE (name, sha256)) STRICT;"
    "CREATE UNIQUE INDEX one_current ON versions (name) WHERE state = 'current';"
    "CREATE TABLE history (id INTEGER PRIMARY KEY, name TEXT NOT NULL, at_ns INTEGER NOT NULL,"
    " by TEXT NOT NULL, what TEXT NOT NULL, version INTEGER NOT NULL, before INTEGER NOT NULL,"
    " reason TEXT NOT NULL, evidence TEXT NOT NULL) STRICT;"
    "CREATE TABLE looks (name TEXT NOT NULL, sha256 TEXT NOT NULL, version INTEGER NOT NULL,"
    " PRIMARY KEY (name, sha256, version)) STRICT;";

static int code_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return AGON_EBUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return AGON_ECORRUPT;
    case SQLITE_NOMEM:
        return AGON_ENOMEM;
    case SQLITE_FULL:
        return AGON_ENOSPC;
    case SQLITE_CONSTRAINT:
        return AGON_ESTATE;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return AGON_EPERM;
    default:
        return AGON_EIO;
    }
}

static int refuse(const struct registry *registry, int rc, struct error *err)
{
    int code = code_of(rc);
    const char *hint = code == AGON_EBUSY ? "another program writes it: try again"
                       : code == AGON_ECORRUPT
                           ? "it is damaged, or no registry of models; expected "
                             "one: bring a copy back"
                           : sqlite3_errmsg(registry->db);

    return error_set(err, code, "%s/models.db: %s", registry->dir, hint);
}

static int run(struct registry *registry, const char *sql, struct error *err)
{
    int rc = sqlite3_exec(registry->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? AGON_OK : refuse(registry, rc, err);
}

/* Binds by the format's letters: s, a text; i, an int64_t; u, a uint32_t. NULL: err says why. */
static sqlite3_stmt *ask(struct registry *registry, struct error *err, const char *sql,
                         const char *letters, ...)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(registry->db, sql, -1, &stmt, NULL);
    va_list args;

    va_start(args, letters);
    for (int i = 1; rc == SQLITE_OK && letters[i - 1] != '\0'; i++) {
        if (letters[i - 1] == 's') {
            const char *text = va_arg(args, const char *);

            rc = sqlite3_bind_text(stmt, i, text != NULL ? text : "", -1, SQLITE_TRANSIENT);
        } else if (letters[i - 1] == 'i') {
            rc = sqlite3_bind_int64(stmt, i, va_arg(args, int64_t));
        } else {
            rc = sqlite3_bind_int64(stmt, i, va_arg(args, uint32_t));
        }
    }
    va_end(args);
    if (rc == SQLITE_OK)
        return stmt;
    (void)refuse(registry, rc, err);
    sqlite3_finalize(stmt);
    return NULL;
}

/* One that gives no rows. */
static int done(struct registry *registry, sqlite3_stmt *stmt, struct error *err)
{
    int rc;

    if (stmt == NULL)
        return err->code;
    rc = sqlite3_step(stmt);
    rc = rc == SQLITE_DONE || rc == SQLITE_ROW ? AGON_OK : refuse(registry, rc, err);
    sqlite3_finalize(stmt);
    return rc;
}

/* A number, `otherwise` where there is no row. */
static int number(struct registry *registry, sqlite3_stmt *stmt, int64_t otherwise, int64_t *value,
                  struct error *err)
{
    int rc;

    if (stmt == NULL)
        return err->code;
    rc = sqlite3_step(stmt);
    *value = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : otherwise;
    rc = rc == SQLITE_DONE || rc == SQLITE_ROW ? AGON_OK : refuse(registry, rc, err);
    sqlite3_finalize(stmt);
    return rc;
}

static int is_ours(struct registry *registry, int64_t *mark, int64_t *tables, struct error *err)
{
    int64_t format = 0;
    int rc = number(registry, ask(registry, err, "PRAGMA application_id", ""), 0, mark, err);

    if (rc >= 0)
        rc = number(registry, ask(registry, err, "PRAGMA user_version", ""), 0, &format, err);
    if (rc >= 0)
        rc = number(registry, ask(registry, err, "SELECT count(*) FROM sqlite_schema", ""), 0,
                    tables, err);
    if (rc < 0 || (*mark == 0 && *tables == 0))
        return rc;
    if (*mark != MARK)
        return error_set(err, AGON_ECORRUPT,
                         "%s/models.db is another program's database; expected a registry of "
                         "models, or none",
                         registry->dir);
    if (format != LAYOUT)
        return error_set(err, AGON_ECORRUPT,
                         "%s/models.db is of layout %lld; this program reads %d", registry->dir,
                         (long long)format, LAYOUT);
    return AGON_OK;
}

static int prepare(struct registry *registry, enum registry_mode mode, struct error *err)
{
    char sql[96];
    int64_t mark = 0, tables = 0;
    int rc = is_ours(registry, &mark, &tables, err);

    if (rc < 0 || mark == MARK)
        return rc;
    if (mode != REGISTRY_MAKE)
        return error_set(err, AGON_ENOENT, "%s has no models; agon models add makes the first",
                         registry->dir);
    rc = run(registry, "BEGIN IMMEDIATE", err);
    if (rc >= 0)
        rc = is_ours(registry, &mark, &tables, err); // somebody may have been quicker
    (void)snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d", MARK,
                   LAYOUT);
    if (rc >= 0 && mark != MARK) {
        rc = run(registry, layout, err);
        if (rc >= 0)
            rc = run(registry, sql, err);
    }
    if (rc >= 0)
        return run(registry, "COMMIT", err);
    (void)sqlite3_exec(registry->db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

struct registry *registry_open(const char *dir, enum registry_mode mode, struct error *err)
{
    struct registry *registry = calloc(1, sizeof(*registry));
    char path[REGISTRY_PATH + 16];
    // Who only reads may have to take back what a writer that was killed left half done.
    int flags = SQLITE_OPEN_READWRITE | (mode == REGISTRY_MAKE ? SQLITE_OPEN_CREATE : 0);
    struct error own = {0};
    int rc = AGON_OK;

    if (registry == NULL) {
        (void)error_set(err, AGON_ENOMEM, "no memory for a registry of models");
        return NULL;
    }
    if (snprintf(registry->dir, sizeof(registry->dir), "%s", dir) >= REGISTRY_PATH - 128)
        rc = error_set(&own, AGON_EINVAL, "a folder of models with a path of %zu bytes",
                       strlen(dir));
    (void)snprintf(path, sizeof(path), "%s/models.db", registry->dir);
    if (rc >= 0 && mode == REGISTRY_MAKE)
        rc = file_make_dir(registry->dir, &own);
    if (rc >= 0 && mode != REGISTRY_MAKE && !file_is_there(path))
        rc = error_set(
            &own, AGON_ENOENT,
            "%s: no registry of models is there; agon models add or agon train --register "
            "makes one, --models names another folder",
            registry->dir);
    if (rc >= 0) {
        int opened = sqlite3_open_v2(path, &registry->db, flags, NULL);

        if (opened != SQLITE_OK)
            rc = registry->db != NULL ? refuse(registry, opened, &own)
                                      : error_set(&own, AGON_ENOMEM, "no memory for %s", path);
    }
    if (rc >= 0)
        (void)sqlite3_busy_timeout(registry->db, WAIT_MS);
    if (rc >= 0)
        rc = prepare(registry, mode, &own);
    if (rc >= 0 && mode != REGISTRY_READ)
        rc = run(registry, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON", &own);
    if (rc >= 0)
        return registry;
    (void)error_set(err, own.code, "%s", own.text);
    registry_close(registry);
    return NULL;
}

void registry_close(struct registry *registry)
{
    if (registry == NULL)
        return;
    (void)sqlite3_close(registry->db);
    free(registry);
}

void registry_version_free(struct registry_version *version)
{
    free(version->kind);
    free(version->inputs);
    free(version->data);
    free(version->params);
    free(version->metrics);
    free(version->quantiles);
    *version = (struct registry_version){0};
}

int registry_is_name(const char *name)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");

    return n > 0 && n < REGISTRY_NAME && name[n] == '\0' && strchr(first, name[0]) != NULL;
}

int registry_parse(const char *word, char name[REGISTRY_NAME], uint32_t *version, struct error *err)
{
    const char *at = strchr(word, '@');
    size_t n = at != NULL ? (size_t)(at - word) : strlen(word);

    *version = 0;
    if (n < REGISTRY_NAME) {
        memcpy(name, word, n);
        name[n] = '\0';
        if (at != NULL && strspn(at + 1, "0123456789") == strlen(at + 1) && strlen(at + 1) < 9)
            *version = (uint32_t)strtoul(at + 1, NULL, 10);
        if (registry_is_name(name) && (at == NULL || *version > 0))
            return AGON_OK;
    }
    return error_set(err, AGON_EINVAL,
                     "\"%.80s\" names no version; expected NAME, for the current one, or NAME@3",
                     word);
}

/* --- rows --- */

#define COLUMNS                                                                                    \
    "name, version, sha256, bytes, state, added_ns, added_by, kind, inputs, data, params, "        \
    "metrics, quantiles"

static char *copy_of(sqlite3_stmt *stmt, int column)
{
    const unsigned char *text = sqlite3_column_text(stmt, column);

    return strdup(text != NULL ? (const char *)text : "");
}

static void put(char *to, size_t room, sqlite3_stmt *stmt, int column)
{
    const unsigned char *text = sqlite3_column_text(stmt, column);

    (void)snprintf(to, room, "%s", text != NULL ? (const char *)text : "");
}

static void file_of(const struct registry *registry, const char *sha256, char path[REGISTRY_PATH])
{
    (void)snprintf(path, REGISTRY_PATH, "%.380s/files/%.64s", registry->dir, sha256);
}

/* What is in the row is somebody's: a hash is one, or the row is damaged. */
static int take_row(const struct registry *registry, sqlite3_stmt *stmt,
                    struct registry_version *version, struct error *err)
{
    *version = (struct registry_version){.version = (uint32_t)sqlite3_column_int64(stmt, 1),
                                         .bytes = (uint64_t)sqlite3_column_int64(stmt, 3),
                                         .added_ns = sqlite3_column_int64(stmt, 5),
                                         .kind = copy_of(stmt, 7),
                                         .inputs = copy_of(stmt, 8),
                                         .data = copy_of(stmt, 9),
                                         .params = copy_of(stmt, 10),
                                         .metrics = copy_of(stmt, 11),
                                         .quantiles = copy_of(stmt, 12)};
    put(version->name, sizeof(version->name), stmt, 0);
    put(version->sha256, sizeof(version->sha256), stmt, 2);
    put(version->state, sizeof(version->state), stmt, 4);
    put(version->added_by, sizeof(version->added_by), stmt, 6);
    if (version->kind == NULL || version->inputs == NULL || version->data == NULL ||
        version->params == NULL || version->metrics == NULL || version->quantiles == NULL) {
        registry_version_free(version);
        return error_set(err, AGON_ENOMEM, "no memory for a version");
    }
    if (strlen(version->sha256) != 64 || strspn(version->sha256, "0123456789abcdef") != 64 ||
        !registry_is_name(version->name)) {
        registry_version_free(version);
        return error_set(err, AGON_ECORRUPT, "%s/models.db has a row that no version is",
                         registry->dir);
    }
    file_of(registry, version->sha256, version->path);
    return AGON_OK;
}

/* The one row of a question; AGON_ENOENT: there is none, and err is as it was. */
static int one(struct registry *registry, sqlite3_stmt *stmt, struct registry_version *version,
               struct error *err)
{
    int rc;

    if (stmt == NULL)
        return err->code;
    rc = sqlite3_step(stmt);
    rc = rc == SQLITE_ROW    ? take_row(registry, stmt, version, err)
         : rc == SQLITE_DONE ? AGON_ENOENT
                             : refuse(registry, rc, err);
    sqlite3_finalize(stmt);
    return rc;
}

int registry_find(struct registry *registry, const char *name, uint32_t version_number,
                  struct registry_version *version, struct error *err)
{
    struct error own = {0};
    char to[32] = "";
    int64_t n = 0;
    int rc = version_number == 0
                 ? one(registry,
                       ask(registry, &own,
                           "SELECT " COLUMNS " FROM versions WHERE name = ? AND state = 'current'",
                           "s", name),
                       version, &own)
                 : one(registry,
                       ask(registry, &own,
                           "SELECT " COLUMNS " FROM versions WHERE name = ? AND version = ?", "su",
                           name, version_number),
                       version, &own);

    if (rc != AGON_ENOENT)
        return rc < 0 ? error_set(err, rc, "%s", own.text) : rc;
    rc = number(registry,
                ask(registry, &own, "SELECT count(*) FROM versions WHERE name = ?", "s", name), 0,
                &n, &own);
    if (rc < 0)
        return error_set(err, rc, "%s", own.text);
    if (n == 0)
        return error_set(err, AGON_ENOENT, "%s has no model %.64s; agon models ls shows them",
                         registry->dir, name);
    if (n > 1)
        (void)snprintf(to, sizeof(to), " to @%lld", (long long)n);
    return version_number == 0
               ? error_set(err, AGON_ENOENT,
                           "no version of %.64s is current; agon models promote makes one so, or "
                           "name one: %.64s@1%s",
                           name, name, to)
               : error_set(err, AGON_ENOENT, "%.64s has no version %u; it has %.64s@1%s", name,
                           version_number, name, to);
}

int registry_by_hash(struct registry *registry, const char *sha256,
                     struct registry_version *version, struct error *err)
{
    return one(registry,
               ask(registry, err,
                   "SELECT " COLUMNS " FROM versions WHERE sha256 = ? ORDER BY added_ns, name", "s",
                   sha256),
               version, err);
}

int registry_each(struct registry *registry, const char *name,
                  int (*fn)(void *ctx, const struct registry_version *version), void *ctx,
                  struct error *err)
{
    sqlite3_stmt *stmt =
        ask(registry, err,
            "SELECT " COLUMNS " FROM versions WHERE ?1 = '' OR name = ?1 ORDER BY name, version",
            "s", name != NULL ? name : "");
    int rc = AGON_OK, step = SQLITE_ROW;

    if (stmt == NULL)
        return err->code;
    while (rc == AGON_OK && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct registry_version version;

        rc = take_row(registry, stmt, &version, err);
        if (rc == AGON_OK) {
            rc = fn(ctx, &version);
            registry_version_free(&version);
        }
    }
    if (rc == AGON_OK && step != SQLITE_DONE)
        rc = refuse(registry, step, err);
    sqlite3_finalize(stmt);
    return rc;
}

/* --- files --- */

static int hash_file(FILE *file, FILE *to, char sha256[2 * HASH_SIZE + 1], uint64_t *n_bytes)
{
    unsigned char digest[HASH_SIZE];
    struct sha256 sha;
    char *piece = malloc(PIECE);
    size_t n;
    int rc = piece != NULL ? AGON_OK : AGON_ENOMEM;

    *n_bytes = 0;
    sha256_init(&sha);
    while (rc >= 0 && (n = fread(piece, 1, PIECE, file)) > 0) {
        sha256_update(&sha, piece, n);
        *n_bytes += n;
        if ((to != NULL && fwrite(piece, 1, n, to) != n) || *n_bytes > REGISTRY_FILE)
            rc = *n_bytes > REGISTRY_FILE ? AGON_ERANGE : AGON_EIO;
    }
    if (rc >= 0 && ferror(file))
        rc = AGON_EIO;
    sha256_final(&sha, digest);
    hash_hex(digest, sha256);
    free(piece);
    return rc;
}

/* A copy of the file in files/, under its hash. */
static int copy_file(const struct registry *registry, const char *path,
                     struct registry_version *version, struct error *err)
{
    char folder[REGISTRY_PATH], part[REGISTRY_PATH];
    FILE *from, *to = NULL;
    int rc;

    (void)snprintf(folder, sizeof(folder), "%.480s/files", registry->dir);
    (void)snprintf(part, sizeof(part), "%.400s/files/.new.%ld", registry->dir, (long)getpid());
    rc = file_make_dir(folder, err);
    if (rc < 0)
        return rc;
    from = fopen(path, "rbe");
    if (from == NULL)
        return file_refuse_read(path, errno, 0, err);
    to = fopen(part, "wbe");
    if (to == NULL) {
        rc = file_refuse_write(part, errno, 0, err);
        (void)fclose(from);
        return rc;
    }
    rc = hash_file(from, to, version->sha256, &version->bytes);
    if (rc >= 0 && (fflush(to) != 0 || fsync(fileno(to)) != 0))
        rc = AGON_EIO;
    if (fclose(to) != 0 && rc >= 0)
        rc = AGON_EIO;
    (void)fclose(from);
    file_of(registry, version->sha256, version->path);
    if (rc >= 0 && rename(part, version->path) != 0)
        rc = AGON_EIO;
    if (rc >= 0)
        return AGON_OK;
    (void)error_set(err, rc, "%s: its copy cannot be made below %s: %s", path, folder,
                    error_name(rc));
    (void)unlink(part);
    return rc;
}

int registry_check(const struct registry_version *version, struct error *err)
{
    char sha256[2 * HASH_SIZE + 1];
    uint64_t n_bytes = 0;
    FILE *file = fopen(version->path, "rbe");
    int rc;

    if (file == NULL)
        return error_set(err, AGON_ENOENT,
                         "the file of %s@%u is not there: %.300s: %s; bring it back from a copy, "
                         "or promote another version",
                         version->name, version->version, version->path, strerror(errno));
    rc = hash_file(file, NULL, sha256, &n_bytes);
    (void)fclose(file);
    if (rc < 0)
        return error_set(err, rc, "%s cannot be read", version->path);
    if (strcmp(sha256, version->sha256) != 0)
        return error_set(err, AGON_ECORRUPT,
                         "the file of %s@%u was changed: its SHA-256 is %.16s..., and the registry "
                         "has %.16s...; bring it back from a copy, or promote another version",
                         version->name, version->version, sha256, version->sha256);
    return AGON_OK;
}

/* --- what moves --- */

static int end(struct registry *registry, int rc, struct error *err)
{
    if (rc >= 0)
        rc = run(registry, "COMMIT", err);
    if (rc < 0)
        (void)sqlite3_exec(registry->db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

static int note(struct registry *registry, const char *name, const char *what, uint32_t version,
                uint32_t before, const struct registry_move *move, struct error *err)
{
    return done(registry,
                ask(registry, err,
                    "INSERT INTO history (name, at_ns, by, what, version, before, reason, evidence)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    "sissuuss", name, move->at_ns, move->by, what, version, before, move->reason,
                    move->evidence),
                err);
}

int registry_add(struct registry *registry, const char *path, struct registry_version *version,
                 struct error *err)
{
    struct registry_move move = {.at_ns = version->added_ns, .by = version->added_by};
    struct error own = {0};
    int64_t there = 0, last = 0;
    int rc;

    if (!registry_is_name(version->name))
        return error_set(err, AGON_EINVAL,
                         "\"%.80s\" is not a name of a model; expected letters, digits, _ - and .",
                         version->name);
    rc = run(registry, "BEGIN IMMEDIATE", &own);
    if (rc < 0)
        return error_set(err, rc, "%s", own.text);
    rc = copy_file(registry, path, version, &own);
    if (rc >= 0)
        rc =
            number(registry,
                   ask(registry, &own, "SELECT version FROM versions WHERE name = ? AND sha256 = ?",
                       "ss", version->name, version->sha256),
                   0, &there, &own);
    if (rc >= 0 && there != 0)
        rc = error_set(&own, AGON_ESTATE, "%s is %s@%lld already: SHA-256 %s", path, version->name,
                       (long long)there, version->sha256);
    if (rc >= 0)
        rc = number(registry,
                    ask(registry, &own, "SELECT max(version) FROM versions WHERE name = ?", "s",
                        version->name),
                    0, &last, &own);
    version->version = (uint32_t)last + 1;
    (void)snprintf(version->state, sizeof(version->state), "candidate");
    if (rc >= 0)
        rc = done(registry,
                  ask(registry, &own,
                      "INSERT INTO versions (" COLUMNS
                      ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      "susisisssssss", version->name, version->version, version->sha256,
                      (int64_t)version->bytes, version->state, version->added_ns, version->added_by,
                      version->kind, version->inputs, version->data, version->params,
                      version->metrics, version->quantiles),
                  &own);
    if (rc >= 0)
        rc = note(registry, version->name, "add", version->version, 0, &move, &own);
    rc = end(registry, rc, &own);
    return rc < 0 ? error_set(err, own.code < 0 ? own.code : rc, "%s", own.text) : AGON_OK;
}

/* Under a transaction: that version becomes current. */
static int make_current(struct registry *registry, const char *name, uint32_t version,
                        struct error *err)
{
    int rc = done(registry,
                  ask(registry, err,
                      "UPDATE versions SET state = 'retired' WHERE name = ? AND state = 'current'",
                      "s", name),
                  err);

    return rc < 0 ? rc
                  : done(registry,
                         ask(registry, err,
                             "UPDATE versions SET state = 'current' WHERE name = ? AND version = ?",
                             "su", name, version),
                         err);
}

static int current_of(struct registry *registry, const char *name, int64_t *version,
                      struct error *err)
{
    return number(registry,
                  ask(registry, err,
                      "SELECT version FROM versions WHERE name = ? AND state = 'current'", "s",
                      name),
                  0, version, err);
}

int registry_promote(struct registry *registry, const char *name, uint32_t version_number,
                     const struct registry_move *move, struct error *err)
{
    struct registry_version version = {0};
    struct error own = {0};
    int64_t before = 0;
    int rc = run(registry, "BEGIN IMMEDIATE", &own);

    if (rc < 0)
        return error_set(err, rc, "%s", own.text);
    rc = registry_find(registry, name, version_number, &version, &own);
    if (rc >= 0)
        rc = registry_check(&version, &own);
    registry_version_free(&version);
    if (rc >= 0)
        rc = current_of(registry, name, &before, &own);
    if (rc >= 0 && before == version_number)
        rc = error_set(&own, AGON_EINVAL, "%s@%u is current already", name, version_number);
    if (rc >= 0)
        rc = make_current(registry, name, version_number, &own);
    if (rc >= 0)
        rc = note(registry, name, "promote", version_number, (uint32_t)before, move, &own);
    rc = end(registry, rc, &own);
    return rc < 0 ? error_set(err, own.code < 0 ? own.code : rc, "%s", own.text) : AGON_OK;
}

int registry_rollback(struct registry *registry, const char *name, const struct registry_move *move,
                      uint32_t *version_number, struct error *err)
{
    struct registry_version version = {0};
    struct error own = {0};
    int64_t current = 0, before = 0;
    int rc = run(registry, "BEGIN IMMEDIATE", &own);

    if (rc < 0)
        return error_set(err, rc, "%s", own.text);
    rc = registry_find(registry, name, 0, &version, &own);
    current = version.version;
    registry_version_free(&version);
    // Who was before the one that is, when that was promoted last: rolled back twice goes back
    // twice.
    if (rc >= 0)
        rc = number(registry,
                    ask(registry, &own,
                        "SELECT before FROM history WHERE name = ? AND version = ? AND what = "
                        "'promote' ORDER BY id DESC LIMIT 1",
                        "su", name, (uint32_t)current),
                    0, &before, &own);
    if (rc >= 0 && before == 0)
        rc = error_set(&own, AGON_ENOENT, "no version of %s was current before %s@%lld", name, name,
                       (long long)current);
    if (rc >= 0)
        rc = registry_find(registry, name, (uint32_t)before, &version, &own);
    if (rc >= 0)
        rc = registry_check(&version, &own);
    registry_version_free(&version);
    if (rc >= 0)
        rc = make_current(registry, name, (uint32_t)before, &own);
    if (rc >= 0)
        rc = note(registry, name, "rollback", (uint32_t)before, (uint32_t)current, move, &own);
    rc = end(registry, rc, &own);
    *version_number = (uint32_t)before;
    return rc < 0 ? error_set(err, own.code < 0 ? own.code : rc, "%s", own.text) : AGON_OK;
}

int registry_history(struct registry *registry, const char *name,
                     int (*fn)(void *ctx, const struct registry_event *event), void *ctx,
                     struct error *err)
{
    sqlite3_stmt *stmt = ask(registry, err,
                             "SELECT at_ns, by, what, version, before, reason, evidence FROM "
                             "history WHERE name = ? ORDER BY id",
                             "s", name);
    int rc = AGON_OK, step = SQLITE_ROW;

    if (stmt == NULL)
        return err->code;
    while (rc == AGON_OK && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
        const struct registry_event event = {.at_ns = sqlite3_column_int64(stmt, 0),
                                             .by = (const char *)sqlite3_column_text(stmt, 1),
                                             .what = (const char *)sqlite3_column_text(stmt, 2),
                                             .version = (uint32_t)sqlite3_column_int64(stmt, 3),
                                             .from = (uint32_t)sqlite3_column_int64(stmt, 4),
                                             .reason = (const char *)sqlite3_column_text(stmt, 5),
                                             .evidence =
                                                 (const char *)sqlite3_column_text(stmt, 6)};

        rc = fn(ctx, &event);
    }
    if (rc == AGON_OK && step != SQLITE_DONE)
        rc = refuse(registry, step, err);
    sqlite3_finalize(stmt);
    return rc;
}

int registry_look(struct registry *registry, const char *name, uint32_t version_number,
                  const char *sha256, uint32_t *n_before, struct error *err)
{
    int64_t n = 0;
    int rc = number(registry,
                    ask(registry, err,
                        "SELECT count(*) FROM looks WHERE name = ? AND sha256 = ? AND version <> ?",
                        "ssu", name, sha256, version_number),
                    0, &n, err);

    *n_before = (uint32_t)n;
    return rc < 0 ? rc
                  : done(registry,
                         ask(registry, err, "INSERT OR IGNORE INTO looks VALUES (?, ?, ?)", "ssu",
                             name, sha256, version_number),
                         err);
}

int registry_resolve(const char *dir, const char *word, char path[REGISTRY_PATH],
                     unsigned char hash[HASH_SIZE], struct error *err)
{
    struct registry_version version = {0};
    struct registry *registry;
    char name[REGISTRY_NAME];
    uint32_t number_of = 0;
    int rc = registry_parse(word, name, &number_of, err);

    if (rc < 0)
        return rc;
    registry = registry_open(dir, REGISTRY_READ, err);
    if (registry == NULL)
        return err->code;
    rc = registry_find(registry, name, number_of, &version, err);
    if (rc >= 0)
        rc = registry_check(&version, err);
    if (rc >= 0) {
        memcpy(path, version.path, sizeof(version.path));
        for (int i = 0; i < HASH_SIZE; i++) {
            char pair[3] = {version.sha256[2 * i], version.sha256[2 * i + 1], '\0'};

            hash[i] = (unsigned char)strtoul(pair, NULL, 16);
        }
    }
    registry_version_free(&version);
    registry_close(registry);
    return rc;
}
