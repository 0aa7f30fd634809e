// SPDX-License-Identifier: Apache-2.0
#include "lab/parity_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH 3
#define CHUNK 65536

static int digest_of(const char *path, unsigned char digest[HASH_SIZE])
{
    unsigned char bytes[CHUNK];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct sha256 hash;
    ssize_t n = -1;

    if (fd < 0)
        return 0;
    sha256_init(&hash);
    while ((n = read(fd, bytes, sizeof(bytes))) > 0)
        sha256_update(&hash, bytes, (size_t)n);
    sha256_final(&hash, digest);
    (void)close(fd);
    return n == 0;
}

static void add(struct parity_files *files, const char *path)
{
    struct parity_file one;

    if (!digest_of(path, one.digest))
        return;
    if (files->n == files->room) {
        uint32_t room = files->room == 0 ? 64 : 2 * files->room;
        struct parity_file *more = realloc(files->all, room * sizeof(*more));

        if (more == NULL)
            return;
        files->all = more;
        files->room = room;
    }
    one.path = strdup(path);
    if (one.path != NULL)
        files->all[files->n++] = one;
}

static void look(struct parity_files *files, const char *path, int depth)
{
    char below[PATH_MAX];
    struct dirent *entry;
    struct stat is;
    DIR *dir;

    if (stat(path, &is) != 0)
        return;
    if (S_ISREG(is.st_mode))
        add(files, path);
    dir = S_ISDIR(is.st_mode) && depth < DEPTH ? opendir(path) : NULL;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        int n = snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);

        if (entry->d_name[0] != '.' && n > 0 && (size_t)n < sizeof(below))
            look(files, below, depth + 1);
    }
    if (dir != NULL)
        (void)closedir(dir);
}

const struct sealed *parity_files_find(struct parity_files *files, const char *hex, char *why,
                                       size_t room)
{
    char is[2 * HASH_SIZE + 1];
    struct error err = {0};

    if (!files->is_looked)
        sealed_init(&files->sealed, UINT64_MAX);
    for (uint32_t i = 0; i < files->n_paths && !files->is_looked; i++)
        look(files, files->paths[i], 0);
    files->is_looked = 1;
    for (uint32_t i = 0; i < files->n; i++) {
        const struct sealed *sealed;

        hash_hex(files->all[i].digest, is);
        if (strcmp(is, hex) != 0)
            continue;
        sealed = sealed_open(&files->sealed, files->all[i].path, &err);
        if (sealed != NULL && memcmp(sealed->digest, files->all[i].digest, HASH_SIZE) == 0)
            return sealed;
        (void)snprintf(why, room, "its file %.100s cannot be read: %.120s", files->all[i].path,
                       sealed != NULL ? "it was changed meanwhile" : err.text);
        return NULL;
    }
    why[0] = '\0';
    return NULL;
}

void parity_files_deinit(struct parity_files *files)
{
    for (uint32_t i = 0; i < files->n; i++)
        free(files->all[i].path);
    free(files->all);
    files->all = NULL;
    files->n = files->room = 0;
}

void parity_results_take(struct parity_results *results, const struct record_job_part *part)
{
    struct parity_result *of;

    if (part->slot >= SLOTS_MAX)
        return;
    of = &results->of[part->slot];
    if (of->job != part->job)
        of->n = 0;
    of->job = part->job;
    if (of->bytes == NULL)
        of->bytes = malloc(AGON_GPU_RESULT_MAX);
    if (of->bytes == NULL || part->at != of->n || part->n > AGON_GPU_RESULT_MAX - of->n ||
        event_bytes(&part->hdr) < sizeof(*part) + part->n)
        return; // the engine refuses it, or it lacks
    memcpy(of->bytes + of->n, part + 1, part->n);
    of->n += part->n;
}

static const void *result_of(void *ctx, uint16_t slot, uint64_t job)
{
    const struct parity_results *results = ctx;

    return slot < SLOTS_MAX && results->of[slot].job == job && results->of[slot].n > 0
               ? results->of[slot].bytes
               : NULL;
}

struct job_port parity_results_port(struct parity_results *results)
{
    return (struct job_port){.ctx = results, .result = result_of};
}

void parity_results_deinit(struct parity_results *results)
{
    for (uint32_t slot = 0; slot < SLOTS_MAX; slot++)
        free(results->of[slot].bytes);
    memset(results, 0, sizeof(*results));
}
