// SPDX-License-Identifier: Apache-2.0
#include "agent/run_inproc.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "agent/feed_hand.h"
#include "agent/shown.h"
#include "base/hot.h"
#include "base/zeroed.h"

#define TO_GRANULES   16384
#define FROM_GRANULES 4096

struct run_inproc {
    struct feed *feed; /* owned */
    struct runner_port port;
    void *setup; /* owned */
    void *to_memory, *from_memory;
    void *to_owned, *from_owned; /* in which those lie */
    struct evring to_agent;      /* the engine's side */
    struct evring from_agent;    /* the engine's side */
    uint64_t to_granules, from_granules;
    unsigned char *boxes, *results; /* owned; NULL: no lease is named */
    const unsigned char *shown;     /* owned: results once more, which the plugin can only read */
};

static HOT int advance(void *ctx, uint64_t seq)
{
    struct run_inproc *run = ctx;
    int64_t rc;

    feed_enter_called(run->feed);
    rc = feed_run(run->feed, seq);
    feed_leave_called(run->feed);
    return rc < 0 ? AGON_EIO : AGON_OK;
}

static int follow(void *ctx, const struct runner_turn *turn)
{
    struct run_inproc *run = ctx;

    return run->feed != NULL ? feed_follow(run->feed, turn) : 0;
}

static void *shared(void *ctx)
{
    return ((struct run_inproc *)ctx)->feed;
}

static HOT int take_turn(void *ctx)
{
    struct run_inproc *run = ctx;
    int64_t rc;

    feed_enter_called(run->feed);
    rc = feed_take_turn(run->feed);
    feed_leave_called(run->feed);
    return rc < 0 ? AGON_EIO : AGON_OK;
}

/* Masks of exceptions are looked at now and then, as they alter no result: once behind the last
 * call, since reading them waits for all that is under way. Whose they were is not known where
 * several were called: from then on each of them is looked at behind its own calls. */
static __attribute__((noinline)) void look_behind(void *const *feeds, uint64_t slots)
{
    struct feed *first = feeds[__builtin_ctzll(slots)];

    if (!fpstate_put(first->fp))
        return;
    if ((slots & (slots - 1)) == 0)
        feed_count(&first->beat->n_fp);
    for (; slots != 0; slots &= slots - 1)
        ((struct feed *)feeds[__builtin_ctzll(slots)])->odd |= ODD_FP;
}

/* Which of them failed, and who is behind it. */
static inline __attribute__((always_inline)) uint64_t show_each(void *const *feeds, uint64_t slots,
                                                                const struct feed_show *show,
                                                                int is_usual, int is_summed)
{
    for (; slots != 0; slots &= slots - 1) {
        if (feed_show(feeds[(uint32_t)__builtin_ctzll(slots)], show, is_usual, is_summed) < 0)
            break;
    }
    return slots;
}

static HOT __attribute__((noinline)) uint64_t show_unusual(void *const *feeds, uint64_t slots,
                                                           const struct feed_show *show)
{
    return show_each(feeds, slots, show, 0, fpstate_is_summed());
}

static HOT uint64_t take_turns(void *const *feeds, uint64_t slots)
{
    const uint64_t all = slots;
    struct feed_show show;

    feed_show_begin(&show, feeds[__builtin_ctzll(slots)]);
    if (__builtin_expect(!feed_is_usual(&show), 0))
        slots = show_unusual(feeds, slots, &show);
    else if (fpstate_is_summed())
        slots = show_each(feeds, slots, &show, 1, 1);
    else
        slots = show_each(feeds, slots, &show, 1, 0);
    if (__builtin_expect(show.look, 0))
        look_behind(feeds, all);
    feed_show_end(&show);
    return slots;
}

static uint64_t nth(void *ctx)
{
    return feed_nth(((struct run_inproc *)ctx)->feed);
}

static const void *box(void *ctx, uint32_t box)
{
    const struct run_inproc *run = ctx;

    return run->boxes != NULL && box < AGON_GPU_JOBS_MAX
               ? run->boxes + (uint64_t)box * AGON_GPU_SUBMIT_MAX
               : NULL;
}

static void result(void *ctx, uint32_t place, const void *bytes, uint64_t n)
{
    struct run_inproc *run = ctx;

    REQUIRE(place < JOBS_PLACES && n <= AGON_GPU_RESULT_MAX);
    if (run->results != NULL)
        memcpy(run->results + (uint64_t)place * AGON_GPU_RESULT_MAX, bytes, n);
}

/* No page of it is taken before use. */
static void *zeroed(uint64_t bytes, int is_shared)
{
    int flags = MAP_ANONYMOUS | (is_shared ? MAP_SHARED : MAP_PRIVATE);
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);

    return memory != MAP_FAILED ? memory : NULL;
}

static void *ring_new(struct evring *ring, uint64_t granules, void **owned)
{
    void *memory = zeroed_new(128, evring_bytes(granules), owned);

    if (memory == NULL)
        return NULL;
    if (evring_format(memory, granules) < 0 || evring_attach(ring, memory, granules) < 0) {
        free(*owned);
        *owned = NULL;
        return NULL;
    }
    return memory;
}

int run_inproc_open(struct run_inproc **out, const struct run_inproc_config *config,
                    struct error *err)
{
    struct run_inproc *run = calloc(1, sizeof(*run));

    *out = NULL;
    if (run == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a runner");
    run->to_granules = config->to_granules ? config->to_granules : TO_GRANULES;
    run->from_granules = config->from_granules ? config->from_granules : FROM_GRANULES;
    run->to_memory = ring_new(&run->to_agent, run->to_granules, &run->to_owned);
    run->from_memory = ring_new(&run->from_agent, run->from_granules, &run->from_owned);
    if (config->n_leases > 0) {
        run->boxes = zeroed(FEED_BOXES_BYTES, 0);
        run->results = zeroed(FEED_RESULTS_BYTES, 1);
        if (run->results != NULL)
            run->shown = shown_results(run->results, FEED_RESULTS_BYTES, err);
        if (run->boxes == NULL || run->shown == NULL) {
            run_inproc_free(run);
            return error_set(err, AGON_ENOMEM, "no memory for a slot's jobs");
        }
    }
    if (run->to_memory == NULL || run->from_memory == NULL) {
        run_inproc_free(run);
        return error_set(err, AGON_ENOMEM, "no memory for a slot's rings, or bad sizes of them");
    }
    run->port = (struct runner_port){.ctx = run,
                                     .to_agent = &run->to_agent,
                                     .from_agent = &run->from_agent,
                                     .advance = advance,
                                     .follow = follow,
                                     .take_turn = take_turn,
                                     .take_turns = take_turns,
                                     .shared = shared,
                                     .together = config->shown,
                                     .nth = nth};
    if (run->boxes != NULL) {
        run->port.box = box;
        run->port.result = result;
    }
    *out = run;
    return AGON_OK;
}

int run_inproc_begin(struct run_inproc *run, const struct run_inproc_config *config,
                     struct error *err)
{
    struct feed_config feed = {.setup_bytes = config->setup_bytes,
                               .bus = config->bus,
                               .bus_granules = config->bus_granules,
                               .shown = config->shown,
                               .to_agent = run->to_memory,
                               .to_granules = run->to_granules,
                               .from_agent = run->from_memory,
                               .from_granules = run->from_granules,
                               .boxes = run->boxes,
                               .results = run->shown,
                               .log = config->log,
                               .on_gap = config->on_gap,
                               .on_lapse = config->on_lapse,
                               .lapses = config->lapses,
                               .n_lapses = config->n_lapses,
                               .is_again = config->is_again,
                               .last_nth = config->last_nth,
                               .answer = config->answer,
                               .now = config->now,
                               .called = config->called,
                               .hash = config->hash,
                               .ctx = config->ctx};
    int rc;

    REQUIRE(run->port.together == config->shown);
    run->setup = malloc(config->setup_bytes);
    if (run->setup == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a slot's setup");
    memcpy(run->setup, config->setup, config->setup_bytes);
    feed.setup = run->setup;
    memcpy(feed.files, config->files, sizeof(feed.files));
    rc = feed_new(&run->feed, &feed, err);
    if (rc >= 0)
        rc = feed_create(run->feed, config->entry, err);
    if (rc >= 0)
        rc = feed_start(run->feed, err);
    return rc;
}

int run_inproc_new(struct run_inproc **out, const struct run_inproc_config *config,
                   struct error *err)
{
    int rc = run_inproc_open(out, config, err);

    if (rc < 0)
        return rc;
    rc = run_inproc_begin(*out, config, err);
    if (rc < 0) {
        run_inproc_free(*out);
        *out = NULL;
    }
    return rc;
}

void run_inproc_stop(struct run_inproc *run, uint32_t reason)
{
    feed_stop(run->feed, reason);
}

void run_inproc_free(struct run_inproc *run)
{
    if (run == NULL)
        return;
    feed_free(run->feed);
    free(run->setup);
    if (run->boxes != NULL)
        (void)munmap(run->boxes, FEED_BOXES_BYTES);
    if (run->results != NULL)
        (void)munmap(run->results, FEED_RESULTS_BYTES);
    shown_unmap(run->shown, FEED_RESULTS_BYTES);
    free(run->to_owned);
    free(run->from_owned);
    free(run);
}

const struct runner_port *run_inproc_port(struct run_inproc *run)
{
    return &run->port;
}

struct feed *run_inproc_feed(struct run_inproc *run)
{
    return run->feed;
}
