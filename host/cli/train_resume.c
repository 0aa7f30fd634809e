// SPDX-License-Identifier: Apache-2.0
#include "cli/train_resume.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args/args.h"
#include "base/hash.h"
#include "cli/train_differ.h"
#include "cli/train_out.h"
#include "sys/file.h"

#define MARK_MOST ((uint64_t)1 << 16)
#define FILE_MOST ((uint64_t)8 << 30)

struct head {
    char magic[8];
    uint64_t n_mark, n_state, n_best; /* bytes that follow, in this order; then the SHA-256 */
    struct train_course course;
};
static const char magic[8] = "AGTRAIN3";

static int path_of(const char *out, char *path, size_t room, struct error *err)
{
    return snprintf(path, room, "%s.resume", out) < (int)room
               ? AGON_OK
               : error_set(err, AGON_EINVAL, "--out: a path that is too long");
}

static void digest_of(const void *bytes, size_t n, unsigned char digest[HASH_SIZE])
{
    struct sha256 sha;

    sha256_init(&sha);
    sha256_update(&sha, bytes, n);
    sha256_final(&sha, digest);
}

int train_resume_save(const char *out, const char *mark, const struct train_course *course,
                      struct train *train, const float *best, struct error *err)
{
    struct head head = {
        .n_mark = strlen(mark), .n_best = train->net->n_weights * sizeof(*best), .course = *course};
    unsigned char digest[HASH_SIZE];
    char path[4096], *state = NULL, *all = NULL, *at;
    size_t n_state = 0, n;
    FILE *memory = open_memstream(&state, &n_state);
    int rc = path_of(out, path, sizeof(path), err);

    memcpy(head.magic, magic, sizeof(magic));
    if (memory == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for where a training stands");
    if (rc >= 0)
        rc = train_save(train, memory, err);
    if (fclose(memory) != 0 && rc >= 0)
        rc = error_set(err, AGON_ENOMEM, "no memory for where a training stands");
    head.n_state = n_state;
    n = sizeof(head) + head.n_mark + n_state + head.n_best;
    if (rc >= 0) {
        all = malloc(n + sizeof(digest));
        if (all == NULL)
            rc = error_set(err, AGON_ENOMEM, "no memory for where a training stands");
    }
    if (rc >= 0) {
        at = all;
        memcpy(at, &head, sizeof(head));
        memcpy(at += sizeof(head), mark, head.n_mark);
        memcpy(at += head.n_mark, state, n_state);
        memcpy(at += n_state, best, head.n_best);
        digest_of(all, n, digest);
        memcpy(all + n, digest, sizeof(digest));
        rc = train_out_write(path, all, n + sizeof(digest), err);
    }
    free(all);
    free(state);
    return rc;
}

static int refuse_other(const char *path, const char *bytes, size_t n, const char *mark,
                        struct error *err)
{
    json_t *was = json_loadb(bytes, n, 0, NULL), *is = json_loads(mark, 0, NULL);
    char differs[TRAIN_DIFFER_TEXT];

    train_differ(was, is, differs);
    json_decref(was);
    json_decref(is);
    return error_set(err, AGON_EINVAL,
                     "%.300s is of other settings or data: %s; expected the same, or --restart "
                     "instead of --resume",
                     path, differs);
}

static int take(const char *path, const char *bytes, uint64_t n, const char *mark,
                struct train_course *course, struct train *train, float *best, struct error *err)
{
    unsigned char digest[HASH_SIZE];
    struct head head;
    FILE *memory;
    int rc;

    if (n >= sizeof(magic) && memcmp(bytes, magic, sizeof(magic) - 1) == 0 &&
        bytes[sizeof(magic) - 1] != magic[sizeof(magic) - 1])
        return error_set(err, AGON_EVERSION,
                         "%.512s is of another version of agon; begin again with --restart", path);
    if (n < sizeof(head) + sizeof(digest) || memcmp(bytes, magic, sizeof(magic)) != 0)
        return error_set(err, AGON_ECORRUPT, "%.512s is not where a training stands", path);
    n -= sizeof(digest);
    digest_of(bytes, n, digest);
    memcpy(&head, bytes, sizeof(head));
    if (memcmp(bytes + n, digest, sizeof(digest)) != 0 || head.n_mark > MARK_MOST ||
        head.n_state > n || head.n_best > n ||
        sizeof(head) + head.n_mark + head.n_state + head.n_best != n)
        return error_set(err, AGON_ECORRUPT,
                         "%.512s is damaged: its hash is another; begin again with --restart",
                         path);
    bytes += sizeof(head);
    if (head.n_mark != strlen(mark) || memcmp(bytes, mark, head.n_mark) != 0)
        return refuse_other(path, bytes, head.n_mark, mark, err);
    bytes += head.n_mark;
    memory = fmemopen((void *)(uintptr_t)bytes, head.n_state, "r");
    if (memory == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for where a training stands");
    rc = train_load(train, memory, err);
    (void)fclose(memory);
    if (rc >= 0 && head.n_best != train->net->n_weights * sizeof(*best))
        rc = error_set(err, AGON_ECORRUPT, "%.512s has weights of another model", path);
    if (rc < 0)
        return rc;
    memcpy(best, bytes + head.n_state, head.n_best);
    head.course.devices[TRAIN_DEVICES - 1] = '\0';
    *course = head.course;
    return AGON_OK;
}

int train_resume_load(const char *out, const char *mark, struct train_course *course,
                      struct train *train, float *best, struct error *err)
{
    char path[4096], *bytes = NULL;
    uint64_t n = 0;
    int rc = path_of(out, path, sizeof(path), err);

    if (rc >= 0 && !file_is_there(path))
        return error_set(err, AGON_ENOENT, "%.512s is not there: nothing to go on with", path);
    if (rc >= 0)
        rc = file_read(path, FILE_MOST, &bytes, &n, err);
    if (rc >= 0)
        rc = take(path, bytes, n, mark, course, train, best, err);
    free(bytes);
    return rc;
}

int train_resume_is_lost(const char *out, const char *path)
{
    char own[4096];
    struct error none = {0};

    if (out != NULL && path_of(out, own, sizeof(own), &none) < 0)
        return 0;
    path = out != NULL ? own : path;
    if (!file_is_there(path))
        return 0;
    fprintf(stderr,
            "agon train: %s is there: a training stands in it, and this one would write over it; "
            "--resume goes on with it, --restart removes it and begins again\n",
            args_safe(path));
    return 1;
}

void train_resume_remove(const char *out)
{
    char path[4096];
    struct error none = {0};

    if (path_of(out, path, sizeof(path), &none) >= 0)
        (void)unlink(path);
}
