// SPDX-License-Identifier: Apache-2.0
/* Events go over in chunks, each written once by one thread and read once by the other: two words
 * count how many were written and how many are free again. Who has nothing to do sleeps on the
 * other's word; the writer is woken when half of them are left, so that neither is woken often. */
#include "lab/read_ahead.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/hot.h"
#include "base/zeroed.h"
#include "sys/futex.h"

#define CHUNKS       8
#define CHUNKS_LEFT  4 /* to be taken, when the writer is woken */
#define CHUNK_BYTES  (128u << 10)
#define CHUNK_EVENTS (CHUNK_BYTES / EVENT_GRANULE)
#define STACK_BYTES  (1u << 20)
#define FIRST_EVENTS 64  /* of the first chunk, for which somebody waits */
#define LOOKS        256 /* at the other's word, before sleeping on it */
#define SOON         512 /* bytes ahead of the event in hand that are asked of the other core */

struct chunk {
    unsigned char bytes[CHUNK_BYTES];
    uint32_t rows[CHUNK_EVENTS]; /* of each event, above row */
    uint64_t row;
    uint32_t n;
    int is_last;
};

struct word { /* on a line of its own */
    _Alignas(64) _Atomic uint32_t n;
    _Atomic uint32_t is_slept_on;
};

struct read_ahead {
    struct word made, freed; /* chunks */
    _Atomic uint32_t is_stopped;
    struct read_ahead_source source;
    pthread_t thread;
    void *memory; /* owned; this lies in it */
    /* Of who takes: */
    _Alignas(64) const struct chunk *chunk; /* NULL: none yet */
    uint32_t at, i, n; /* bytes and events of it that were taken; of how many */
    uint32_t n_used;   /* chunks before it, and it */
    int is_over;
    int has_thread;
    uint64_t row, chunk_row; /* of the event that was taken last; as the chunk has it */
    _Alignas(64) struct chunk chunks[CHUNKS];
};

static inline void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* Sleeps while the word is what it was. */
static void sleep_on(struct word *word, uint32_t was)
{
    for (uint32_t i = 0; i < LOOKS; i++) {
        if (atomic_load_explicit(&word->n, memory_order_acquire) != was)
            return;
        relax();
    }
    atomic_store(&word->is_slept_on, 1);
    if (atomic_load(&word->n) == was)
        (void)futex_wait(&word->n, was, -1);
    atomic_store(&word->is_slept_on, 0);
}

/* One more; who sleeps on it is woken where there are enough. */
static void count_on(struct word *word, int is_enough)
{
    atomic_fetch_add(&word->n, 1);
    if (is_enough && atomic_load(&word->is_slept_on))
        futex_wake(&word->n, 1);
}

/* The chunk to be written next, free; NULL: nobody wants more. */
static struct chunk *free_chunk(struct read_ahead *ahead, uint32_t n_made)
{
    for (;;) {
        uint32_t n_freed = atomic_load_explicit(&ahead->freed.n, memory_order_acquire);

        if (atomic_load(&ahead->is_stopped))
            return NULL;
        if (n_made - n_freed < CHUNKS)
            return &ahead->chunks[n_made % CHUNKS];
        sleep_on(&ahead->freed, n_freed);
    }
}

static HOT void fill(struct read_ahead *ahead, struct chunk *chunk, uint32_t n_max,
                     const struct agon_event_hdr **event)
{
    const struct read_ahead_source *source = &ahead->source;
    uint32_t used = 0;

    chunk->n = 0;
    chunk->row = *source->row;
    while (*event != NULL && chunk->n < n_max && event_bytes(*event) <= CHUNK_BYTES - used) {
        uint32_t bytes = event_bytes(*event);

        memcpy(&chunk->bytes[used], *event, bytes);
        used += bytes;
        chunk->rows[chunk->n++] = (uint32_t)(*source->row - chunk->row);
        *event = source->next(source->ctx);
    }
    chunk->is_last = *event == NULL;
}

static void *run(void *ctx)
{
    struct read_ahead *ahead = ctx;
    const struct agon_event_hdr *event = ahead->source.next(ahead->source.ctx);
    struct chunk *chunk;

    for (uint32_t n = 0; (chunk = free_chunk(ahead, n)) != NULL; n++) {
        fill(ahead, chunk, n == 0 ? FIRST_EVENTS : CHUNK_EVENTS, &event);
        count_on(&ahead->made, 1);
        if (chunk->is_last)
            break;
    }
    return NULL;
}

struct read_ahead *read_ahead_new(const struct read_ahead_source *source)
{
    void *memory;
    struct read_ahead *ahead = zeroed_new(_Alignof(struct read_ahead), sizeof(*ahead), &memory);
    static const int own[] = {SIGSYS, SIGBUS, SIGSEGV, SIGFPE, SIGILL, SIGTRAP};
    pthread_attr_t attr;
    sigset_t all, before;

    if (ahead == NULL)
        return NULL;
    ahead->memory = memory;
    ahead->source = *source;
    // What is sent to the process is for the threads that were there. What its own work raises is
    // not: a call that the sandbox answers (agent/fault.h), a page that is no longer there.
    (void)sigfillset(&all);
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        (void)sigdelset(&all, own[i]);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_attr_init(&attr) == 0) {
        ahead->has_thread = pthread_attr_setstacksize(&attr, STACK_BYTES) == 0 &&
                            pthread_create(&ahead->thread, &attr, run, ahead) == 0;
        (void)pthread_attr_destroy(&attr);
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (ahead->has_thread)
        return ahead;
    free(memory);
    return NULL;
}

void read_ahead_end(struct read_ahead *ahead)
{
    if (!ahead->has_thread)
        return;
    atomic_store(&ahead->is_stopped, 1);
    count_on(&ahead->freed, 1);
    (void)pthread_join(ahead->thread, NULL);
    ahead->has_thread = 0;
}

void read_ahead_free(struct read_ahead *ahead)
{
    if (ahead == NULL)
        return;
    read_ahead_end(ahead);
    free(ahead->memory);
}

/* The next chunk. False: there is none. */
static int turn(struct read_ahead *ahead)
{
    if (ahead->chunk != NULL) {
        ahead->is_over |= ahead->chunk->is_last;
        if (ahead->is_over)
            return 0;
        ahead->chunk = NULL;
        count_on(&ahead->freed, atomic_load(&ahead->made.n) - ahead->n_used <= CHUNKS_LEFT);
    }
    while (atomic_load_explicit(&ahead->made.n, memory_order_acquire) == ahead->n_used)
        sleep_on(&ahead->made, ahead->n_used);
    ahead->chunk = &ahead->chunks[ahead->n_used++ % CHUNKS];
    ahead->at = 0;
    ahead->i = 0;
    ahead->n = ahead->chunk->n;
    ahead->chunk_row = ahead->chunk->row;
    ahead->is_over = ahead->n == 0;
    return !ahead->is_over;
}

HOT const struct agon_event_hdr *read_ahead_next(struct read_ahead *ahead)
{
    const struct agon_event_hdr *event;

    if (ahead->is_over || (ahead->i == ahead->n && !turn(ahead))) // 0 and 0: none yet
        return NULL;
    event = (const struct agon_event_hdr *)(const void *)&ahead->chunk->bytes[ahead->at];
    ahead->row = ahead->chunk_row + ahead->chunk->rows[ahead->i++];
    ahead->at += event_bytes(event);
    __builtin_prefetch((const unsigned char *)event + SOON);
    __builtin_prefetch((const unsigned char *)event + SOON + 64);
    return event;
}

uint64_t read_ahead_row(const struct read_ahead *ahead)
{
    return ahead->row;
}

int read_ahead_is_over(const struct read_ahead *ahead)
{
    return ahead->is_over;
}
