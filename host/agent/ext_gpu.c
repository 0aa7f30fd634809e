// SPDX-License-Identifier: Apache-2.0
/* ext_gpu: agon.gpu/1. What cannot be right whatever happens is refused in the call; all else is
 * the engine's word, which trusts nothing of this: in a process runner this code runs in the child.
 * Calls and input go into a box that the host reads when it takes the wish; a box is free again
 * when its job's outcome has been delivered. */
#include "agent/feed_state.h"
#include "kernels/args.h"

/* Numbers and structs of agon/ext/gpu.h are those of the kernels. */
#define SAME(number, name, type)                                                                   \
    _Static_assert((uint32_t)(number) == (uint32_t)KERNEL_##name, #name ": its number");           \
    _Static_assert(sizeof(struct agon_gpu_##type) == sizeof(struct type##_args), #name ": size")
#define PLACE(type, field, own)                                                                    \
    _Static_assert(offsetof(struct agon_gpu_##type, field) == offsetof(struct type##_args, own),   \
                   #type "." #field)
SAME(AGON_GPU_MAP, map, map);
PLACE(map, y, y);
PLACE(map, n, n);
PLACE(map, op, op);
PLACE(map, scale, scale);
SAME(AGON_GPU_ROLLING, rolling, rolling);
PLACE(rolling, y, y);
PLACE(rolling, rows, rows);
PLACE(rolling, window, window);
PLACE(rolling, op, op);
SAME(AGON_GPU_LSTM_GATES, lstm_gates, lstm_gates);
PLACE(lstm_gates, c_prev, c_prev);
PLACE(lstm_gates, h, h);
PLACE(lstm_gates, hidden, hidden);
SAME(AGON_GPU_REDUCE, reduce, reduce);
PLACE(reduce, y, y);
PLACE(reduce, rows, rows);
PLACE(reduce, op, op);
SAME(AGON_GPU_COLUMN_SUM, column_sum, column_sum);
PLACE(column_sum, y, y);
PLACE(column_sum, rows, rows);
PLACE(column_sum, add, add);
SAME(AGON_GPU_NORM, norm, norm);
PLACE(norm, rstd, rstd);
PLACE(norm, rows, rows);
PLACE(norm, eps, eps);
SAME(AGON_GPU_SOFTMAX, softmax, softmax);
PLACE(softmax, y, y);
PLACE(softmax, n, n);
SAME(AGON_GPU_GEMM, gemm, gemm);
PLACE(gemm, c, c);
PLACE(gemm, m, m);
PLACE(gemm, a_turned, a_turned);
PLACE(gemm, c_step, c_step);
SAME(AGON_GPU_SCENARIOS, scenarios, scenarios);
PLACE(scenarios, factor, factor);
PLACE(scenarios, y, y);
PLACE(scenarios, stream, stream);
PLACE(scenarios, steps, steps);
SAME(AGON_GPU_SWEEPS, sweeps, sweeps);
PLACE(sweeps, pairs, pairs);
PLACE(sweeps, y, y);
PLACE(sweeps, rows, rows);
PLACE(sweeps, fee, fee);
_Static_assert((int)AGON_GPU_POSITIONS_MAX == (int)SCENARIOS_POSITIONS &&
                   (int)AGON_GPU_STEPS_MAX == (int)SCENARIOS_STEPS,
               "limits are the kernel's");
_Static_assert((int)AGON_GPU_GELU == (int)MAP_GELU &&
                   (int)AGON_GPU_ROLLING_MAX == (int)ROLLING_MAX &&
                   (int)AGON_GPU_MAX == (int)REDUCE_MAX && (int)AGON_GPU_BIAS == (int)GEMM_BIAS,
               "operations have the numbers of the kernels");

static void put(struct feed *feed, struct record_job_wish *wish)
{
    wish->hdr =
        (struct agon_event_hdr){.type = EVENT_JOB_WISH, .granules = sizeof(*wish) / EVENT_GRANULE};
    wish->origin = feed_origin(feed, 0, 1);
    feed_put(feed, &wish->hdr);
}

static int has_room(struct feed *feed)
{
    return feed_has_room(feed, sizeof(struct record_job_wish) / EVENT_GRANULE);
}

static int acquire(const struct agon_host *host, const char *name, uint32_t *lease)
{
    struct record_job_wish wish = {.kind = LEASE_ACQUIRE};
    int rc;
    struct feed *feed = feed_enter(host, FEED_START | FEED_EVENT, &rc);

    if (feed == NULL)
        return rc;
    if (name == NULL || lease == NULL)
        return AGON_EINVAL;
    for (uint32_t i = 0; i < feed->setup.n_leases && wish.lease == 0; i++) {
        if (strcmp(feed->setup.leases[i].name, name) == 0)
            wish.lease = feed->setup.leases[i].lease;
    }
    if (wish.lease == 0)
        return AGON_ENOENT;
    *lease = wish.lease;
    if (feed->jobs.leases[wish.lease - 1].state != LEASE_NAMED)
        return AGON_EBUSY;
    if (!has_room(feed))
        return AGON_EAGAIN;
    feed->jobs.leases[wish.lease - 1].state = LEASE_WAITS;
    put(feed, &wish);
    return AGON_OK;
}

static struct feed_lease *find_lease(struct feed *feed, uint32_t lease)
{
    struct feed_lease *of;

    if (lease == 0 || lease > AGON_GPU_LEASES_MAX)
        return NULL;
    of = &feed->jobs.leases[lease - 1];
    return of->state > LEASE_NAMED ? of : NULL;
}

static int release(const struct agon_host *host, uint32_t lease)
{
    struct record_job_wish wish = {.kind = LEASE_RELEASE, .lease = lease};
    int rc;
    struct feed *feed = feed_enter(host, FEED_START | FEED_EVENT, &rc);
    struct feed_lease *of;

    if (feed == NULL)
        return rc;
    of = find_lease(feed, lease);
    if (of == NULL || of->is_ending)
        return AGON_ENOENT;
    if (!has_room(feed))
        return AGON_EAGAIN;
    of->is_ending = 1;
    put(feed, &wish);
    return AGON_OK;
}

/* What is refused here is what can never be right. */
static int judge(const struct feed_lease *lease, const struct agon_gpu_job *job,
                 const struct agon_gpu_call *calls, const void *input)
{
    if (job == NULL || calls == NULL || (input == NULL && job->n_input > 0) || job->n_calls == 0 ||
        job->n_result == 0 || job->delay < 0 || job->pad != 0 ||
        (job->flags & ~(uint32_t)AGON_GPU_OUTLIVES) != 0)
        return AGON_EINVAL;
    if (job->n_calls > AGON_GPU_CALLS_MAX ||
        job->n_input > AGON_GPU_SUBMIT_MAX - job->n_calls * sizeof(*calls) ||
        job->n_result > AGON_GPU_RESULT_MAX || job->delay > AGON_GPU_DELAY_MAX ||
        job->memory > lease->memory || job->input_at > job->memory ||
        job->n_input > job->memory - job->input_at || job->result_at > job->memory ||
        job->n_result > job->memory - job->result_at)
        return AGON_ERANGE;
    return AGON_OK;
}

/* A box for it, numbered by its place; a shadow's jobs are run by nobody and take none. */
static struct feed_job *take_box(struct feed *feed)
{
    for (uint32_t i = 0; i < AGON_GPU_JOBS_MAX; i++) {
        if (feed->jobs.all[i].id == 0)
            return &feed->jobs.all[i];
    }
    return NULL;
}

static int submit(const struct agon_host *host, uint32_t lease, const struct agon_gpu_job *job,
                  const struct agon_gpu_call *calls, const void *input, uint64_t *id)
{
    struct record_job_wish wish = {.kind = JOB_SUBMIT, .lease = lease};
    int rc;
    struct feed *feed = feed_enter(host, FEED_EVENT, &rc);
    struct feed_lease *of;
    struct feed_job *box;
    unsigned char *at;

    if (feed == NULL)
        return rc;
    of = find_lease(feed, lease);
    if (of == NULL || of->is_ending)
        return AGON_ENOENT;
    if (of->state != LEASE_HELD)
        return AGON_ESTATE;
    rc = id != NULL ? judge(of, job, calls, input) : AGON_EINVAL;
    if (rc < 0)
        return rc;
    box = take_box(feed);
    if (box == NULL || feed->config.boxes == NULL)
        return AGON_ENOSPC;
    if (!has_room(feed))
        return AGON_EAGAIN;
    wish.box = (uint32_t)(box - feed->jobs.all);
    at = (unsigned char *)feed->config.boxes + (uint64_t)wish.box * AGON_GPU_SUBMIT_MAX;
    memcpy(at, calls, job->n_calls * sizeof(*calls));
    if (job->n_input > 0)
        memcpy(at + job->n_calls * sizeof(*calls), input, job->n_input);
    // No other of this journal has it, and who plays the same events again gives the same.
    wish.job = *id = feed->cause_seq << 16 | (feed->n & 0xffff);
    wish.delay_ns = job->delay;
    wish.memory = job->memory;
    wish.input_at = job->input_at;
    wish.n_input = job->n_input;
    wish.result_at = job->result_at;
    wish.n_result = job->n_result;
    wish.n_calls = job->n_calls;
    wish.chunk_calls = job->chunk_calls;
    wish.flags = job->flags;
    if (feed->jobs.is_live)
        *box = (struct feed_job){.id = wish.job, .lease = lease};
    put(feed, &wish);
    return AGON_OK;
}

static int cancel(const struct agon_host *host, uint64_t id)
{
    struct record_job_wish wish = {.kind = JOB_CANCEL, .job = id};
    int rc;
    struct feed *feed = feed_enter(host, FEED_EVENT, &rc);

    if (feed == NULL)
        return rc;
    for (uint32_t i = 0; i < AGON_GPU_JOBS_MAX && id != 0; i++) {
        if (feed->jobs.all[i].id == id)
            wish.lease = feed->jobs.all[i].lease;
    }
    if (wish.lease == 0)
        return AGON_ENOENT;
    if (!has_room(feed))
        return AGON_EAGAIN;
    put(feed, &wish);
    return AGON_OK;
}

/* Where the host has put it, for nobody to write to; of a short one that came before this
 * generation there is its event alone. */
static const void *place_of(const struct feed *feed, const struct agon_job *last)
{
    const unsigned char *at = feed->config.results;

    if (at != NULL)
        at += (uint64_t)last->place * AGON_GPU_RESULT_MAX;
    return last->n_inline == 0 || (at != NULL && memcmp(at, last->result, last->n_inline) == 0)
               ? at
               : last->result;
}

static int map(const struct agon_host *host, uint64_t id, const void **bytes, uint64_t *n)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_EVENT, &rc);

    if (feed == NULL)
        return rc;
    if (bytes == NULL || n == NULL)
        return AGON_EINVAL;
    for (uint32_t i = 0; i < AGON_GPU_LEASES_MAX && id != 0; i++) {
        const struct feed_lease *of = &feed->jobs.leases[i];

        if (of->last.job != id || of->last.bytes == 0)
            continue;
        if (of->last.n_inline == 0 && feed->config.results == NULL)
            return AGON_ENOENT;
        *n = of->last.bytes;
        *bytes = place_of(feed, &of->last);
        return AGON_OK;
    }
    return AGON_ENOENT;
}

const struct agon_host_gpu ext_gpu = {
    .acquire = acquire, .release = release, .submit = submit, .cancel = cancel, .map = map};
