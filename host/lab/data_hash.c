// SPDX-License-Identifier: Apache-2.0
#include "lab/data_hash.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/futex.h"
#include "sys/proc.h"

#define PIECE       65536
#define STACK_BYTES ((size_t)1 << 20) /* thread-local data of libraries is in it */
#define IDLE        19

struct data_hash {
    struct file_bytes *file;
    pthread_t thread;
    int has_thread, is_done, is_final;
    _Atomic uint32_t tid; /* of the thread, once it runs */
    atomic_int is_stopped;
    uint64_t n_bytes;
    struct hash all; /* of n_bytes so far; of one thread at a time, as err */
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
    if (of->file == NULL) {
        free(of);
        return NULL;
    }
    hash_init(&of->all);
    return of;
}

/* From where it is on; 1: to the file's end, or an error. */
static int go_on(struct data_hash *of)
{
    unsigned char piece[PIECE];
    int64_t got = 1;

    while (got > 0 && !atomic_load_explicit(&of->is_stopped, memory_order_relaxed)) {
        got = file_bytes_read(of->file, piece, sizeof(piece), &of->err);
        if (got > 0) {
            hash_update(&of->all, piece, (size_t)got);
            of->n_bytes += (uint64_t)got;
        }
    }
    return got <= 0;
}

static void *run(void *ctx)
{
    struct data_hash *of = ctx;

    atomic_store(&of->tid, (uint32_t)gettid());
    (void)futex_wake(&of->tid, 1);
    of->is_done = go_on(of);
    return NULL;
}

/* At idle priority, so that who reads text for the engine goes first. Not by itself: who is idle
 * may be long in coming to that, and is waited for, as no thread changes its own behind the
 * sandbox's list of calls. */
static void put_behind(struct data_hash *of)
{
    uint32_t tid;

    while ((tid = atomic_load(&of->tid)) == 0)
        (void)futex_wait(&of->tid, 0, -1);
    if (sched_setscheduler((pid_t)tid, SCHED_IDLE, &(struct sched_param){0}) < 0)
        (void)setpriority(PRIO_PROCESS, tid, IDLE);
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
                         pthread_create(&of->thread, &attr, run, of) == 0;
        (void)pthread_attr_destroy(&attr);
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (of->has_thread)
        put_behind(of);
}

static void end_thread(struct data_hash *of)
{
    if (!of->has_thread)
        return;
    atomic_store(&of->is_stopped, 1);
    (void)pthread_join(of->thread, NULL);
    atomic_store(&of->is_stopped, 0);
    of->has_thread = 0;
}

int data_hash_end(struct data_hash *of, unsigned char hash[HASH_SIZE], uint64_t *n_bytes,
                  struct error *err)
{
    // What is left of it is done by who waits: on a busy machine an idle thread would take long.
    end_thread(of);
    if (!of->is_done)
        of->is_done = go_on(of);
    if (!of->is_final)
        hash_final(&of->all, of->hash);
    of->is_final = 1;
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
    end_thread(of);
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
