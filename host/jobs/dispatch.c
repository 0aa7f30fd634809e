// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "jobs/back.h"

/* Of a slot, copied and without an outcome that the engine has taken: as many as may be under way,
 * and as many again that the engine has not judged yet. */
#define COPIES_MAX (2 * AGON_GPU_JOBS_MAX)

struct copy {
    struct copy *next;
    uint64_t id, n;
    uint16_t slot;
    uint8_t is_begun;
    unsigned char bytes[];
};
struct dispatch {
    struct job_back back;
    struct copy *first;         /* owned */
    struct job_outcome outcome; /* the last that was taken; owned */
    uint16_t slot;              /* whose that is */
    uint64_t id;
};

static struct copy *find(const struct dispatch *dispatch, uint16_t slot, uint64_t id)
{
    struct copy *copy = dispatch->first;

    while (copy != NULL && (copy->slot != slot || copy->id != id))
        copy = copy->next;
    return copy;
}

static void forget(struct dispatch *dispatch, struct copy *copy)
{
    struct copy **at = &dispatch->first;

    while (*at != copy)
        at = &(*at)->next;
    *at = copy->next;
    free(copy);
}

static void admit(void *ctx, uint16_t slot, struct record_job_wish *wish, const void *at,
                  uint64_t n)
{
    struct dispatch *dispatch = ctx;
    struct copy *copy;
    struct hash hash;
    uint32_t n_of_slot = 0;

    for (copy = dispatch->first; copy != NULL; copy = copy->next)
        n_of_slot += copy->slot == slot;
    if (find(dispatch, slot, wish->job) != NULL || n_of_slot >= COPIES_MAX) {
        wish->status = n_of_slot >= COPIES_MAX ? AGON_ENOSPC : AGON_EINVAL;
        return;
    }
    copy = malloc(sizeof(*copy) + n);
    if (copy == NULL) {
        wish->status = AGON_ENOMEM;
        return;
    }
    *copy = (struct copy){.next = dispatch->first, .id = wish->job, .n = n, .slot = slot};
    memcpy(copy->bytes, at, n);
    hash_init(&hash);
    hash_update(&hash, copy->bytes, n);
    hash_final(&hash, wish->hash);
    dispatch->first = copy;
}

static void submit(void *ctx, const struct record_job_wish *wish, int is_stepped)
{
    struct dispatch *dispatch = ctx;
    struct copy *copy = find(dispatch, wish->origin.slot, wish->job);
    struct copy *smaller;

    if (copy == NULL || copy->is_begun)
        return; // out of a journal
    dispatch->back.begin(dispatch->back.ctx, wish, copy->bytes, copy->n, is_stepped);
    copy->is_begun = 1;
    smaller = malloc(sizeof(*smaller)); // who runs it has a copy of its own
    if (smaller == NULL)
        return;
    *smaller = *copy;
    smaller->n = 0;
    forget(dispatch, copy);
    smaller->next = dispatch->first;
    dispatch->first = smaller;
}

static void go(void *ctx, uint16_t slot, uint64_t job, const struct gpu_decision *started)
{
    struct dispatch *dispatch = ctx;

    if (dispatch->back.go != NULL)
        dispatch->back.go(dispatch->back.ctx, slot, job, started);
}

int dispatch_chunk(struct dispatch *dispatch, struct dispatch_chunk *chunk)
{
    return dispatch->back.chunk != NULL ? dispatch->back.chunk(dispatch->back.ctx, chunk) : 0;
}

void dispatch_chunk_done(struct dispatch *dispatch)
{
    dispatch->back.chunk_done(dispatch->back.ctx);
}

int dispatch_end_chunk(struct dispatch *dispatch, const struct gpu_decision *started)
{
    return dispatch->back.end_chunk(dispatch->back.ctx, started);
}

static void drop(void *ctx, uint16_t slot, uint64_t job)
{
    struct dispatch *dispatch = ctx;
    struct copy *copy = find(dispatch, slot, job);

    if (copy == NULL)
        return;
    if (copy->is_begun)
        dispatch->back.cancel(dispatch->back.ctx, slot, job);
    forget(dispatch, copy);
}

static void lease(void *ctx, uint16_t slot, uint32_t number, uint64_t memory, int is_held)
{
    struct dispatch *dispatch = ctx;

    dispatch->back.lease(dispatch->back.ctx, slot, number, memory, is_held);
}

static const void *result(void *ctx, uint16_t slot, uint64_t job)
{
    const struct dispatch *dispatch = ctx;

    return dispatch->slot == slot && dispatch->id == job ? dispatch->outcome.result : NULL;
}

struct job_port dispatch_port(struct dispatch *dispatch)
{
    return (struct job_port){.ctx = dispatch,
                             .admit = admit,
                             .submit = submit,
                             .go = go,
                             .drop = drop,
                             .lease = lease,
                             .result = result};
}

int dispatch_take(struct dispatch *dispatch, const struct engine_job *job, int is_waited,
                  struct record_job_done *done, const void **bytes)
{
    struct copy *copy = find(dispatch, job->slot, job->id);
    struct job_outcome *outcome = &dispatch->outcome;
    struct job_outcome next = {.status = AGON_EIO};
    struct hash hash;

    *bytes = NULL;
    if (copy != NULL && copy->is_begun &&
        !dispatch->back.take(dispatch->back.ctx, job->slot, job->id, is_waited, &next))
        return 0;
    free(outcome->result);
    *outcome = next;
    dispatch->slot = job->slot;
    dispatch->id = job->id;
    if (copy != NULL)
        forget(dispatch, copy);
    *done = (struct record_job_done){
        .hdr = {.type = EVENT_JOB_DONE, .granules = sizeof(*done) / EVENT_GRANULE},
        .job = job->id,
        .status = outcome->status < 0 ? outcome->status : AGON_OK,
        .slot = job->slot,
        .attempts = outcome->attempts};
    if (done->status < 0)
        return 1;
    done->bytes = outcome->bytes;
    done->n_inline = (uint16_t)(outcome->bytes <= AGON_JOB_INLINE ? outcome->bytes : 0);
    memcpy(done->result, outcome->result, done->n_inline);
    hash_init(&hash);
    hash_update(&hash, outcome->result, outcome->bytes);
    hash_final(&hash, done->hash);
    *bytes = outcome->result;
    return 1;
}

int dispatch_is_busy(const struct dispatch *dispatch)
{
    return dispatch != NULL && dispatch->back.is_busy != NULL &&
           dispatch->back.is_busy(dispatch->back.ctx);
}

int dispatch_worker_pid(const struct dispatch *dispatch)
{
    return dispatch->back.pid(dispatch->back.ctx);
}

int dispatch_new(struct dispatch **out, const struct dispatch_config *config, struct error *err)
{
    struct dispatch *dispatch = calloc(1, sizeof(*dispatch));
    int rc;

    *out = NULL;
    if (dispatch == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for jobs");
    rc = config->relay != NULL ? relay_back(&dispatch->back, config->relay)
         : config->is_far      ? far_new(&dispatch->back, config, err)
                               : direct_new(&dispatch->back, config, err);
    if (rc < 0) {
        free(dispatch);
        error_wrap(err, "the worker of jobs (agon-gpu)");
        return rc;
    }
    *out = dispatch;
    return AGON_OK;
}

void dispatch_free(struct dispatch *dispatch)
{
    if (dispatch == NULL)
        return;
    dispatch->back.free(dispatch->back.ctx);
    while (dispatch->first != NULL)
        forget(dispatch, dispatch->first);
    free(dispatch->outcome.result);
    free(dispatch);
}
