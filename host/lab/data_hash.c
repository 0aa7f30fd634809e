// SPDX-License-Identifier: Apache-2.0
#include "lab/data_hash.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "sys/file.h"
#include "sys/futex.h"
#include "sys/proc.h"

#define PIECE       65536
#define STACK_BYTES ((size_t)1 << 20) /* thread-local data of libraries is in it */
#define NICEST      19

struct data_hash {
    struct file_bytes *file;
    pthread_t thread;
    int has_thread, is_done;
    _Atomic uint32_t is_begun;
    atomic_int is_stopped;
    uint64_t n_bytes;
    unsigned char hash[HASH_SIZE];
    struct error err;
};

struct data_hash *data_hash_open(const char *path, struct error *err)
{
    struct data_hash *of = calloc(1, sizeof(*of));

    if (of == NULL) {
        (void)error_set(err, AGON_ENOMEM, "%s: out of memory", path);
        return NULL;
    }
    of->file = file_bytes_open(path, err);
    if (of->file != NULL)
        return of;
    free(of);
    return NULL;
}

static void *run(void *ctx)
{
    struct data_hash *of = ctx;
    unsigned char piece[PIECE];
    struct hash all;
    int64_t got = 1;

    hash_init(&all);
    while (got > 0 && !atomic_load_explicit(&of->is_stopped, memory_order_relaxed)) {
        got = file_bytes_read(of->file, piece, sizeof(piece), &of->err);
        if (got > 0) {
            hash_update(&all, piece, (size_t)got);
            of->n_bytes += (uint64_t)got;
        }
    }
    hash_final(&all, of->hash);
    return NULL;
}

/* At idle priority, so that who reads text for the engine goes first: of this thread alone, and
 * before the sandbox closes. */
static void *run_behind(void *ctx)
{
    struct data_hash *of = ctx;

    (void)setpriority(PRIO_PROCESS, 0, NICEST);
    atomic_store(&of->is_begun, 1);
    (void)futex_wake(&of->is_begun, 1);
    return run(of);
}

void data_hash_begin(struct data_hash *of)
{
    pthread_attr_t attr;
    sigset_t all, before;

    if (of->has_thread || of->is_done || proc_cores() < 2)
        return;
    // What is sent to the process is for the threads that were there.
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_attr_init(&attr) == 0) {
        of->has_thread = pthread_attr_setstacksize(&attr, STACK_BYTES) == 0 &&
                         pthread_create(&of->thread, &attr, run_behind, of) == 0;
        (void)pthread_attr_destroy(&attr);
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    while (of->has_thread && atomic_load(&of->is_begun) == 0)
        (void)futex_wait(&of->is_begun, 0, -1);
}

int data_hash_end(struct data_hash *of, unsigned char hash[HASH_SIZE], uint64_t *n_bytes,
                  struct error *err)
{
    if (of->has_thread)
        (void)pthread_join(of->thread, NULL);
    else if (!of->is_done)
        (void)run(of);
    of->has_thread = 0;
    of->is_done = 1;
    if (of->err.code < 0)
        return error_set(err, of->err.code, "%s", of->err.text);
    memcpy(hash, of->hash, HASH_SIZE);
    *n_bytes = of->n_bytes;
    return AGON_OK;
}

void data_hash_free(struct data_hash *of)
{
    if (of == NULL)
        return;
    atomic_store(&of->is_stopped, 1);
    if (of->has_thread)
        (void)pthread_join(of->thread, NULL);
    file_bytes_close(of->file);
    free(of);
}

int data_hash_now(const char *path, unsigned char hash[HASH_SIZE], uint64_t *n_bytes,
                  struct error *err)
{
    struct error own = {0};
    struct data_hash *of = data_hash_open(path, err != NULL ? err : &own);
    int rc;

    if (of == NULL)
        return err != NULL ? err->code : own.code;
    rc = data_hash_end(of, hash, n_bytes, err);
    data_hash_free(of);
    return rc;
}
