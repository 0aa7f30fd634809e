// SPDX-License-Identifier: Apache-2.0
/* Jobs that run chunk by chunk when they are asked to: the bits are those of a job that nobody
 * stops, others run meanwhile, and each has one outcome whatever comes between: a cancel, the end
 * of its lease, the death of its worker. Of doubles, so that the second type is opened in each. */
#include "world.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/rng.h"

#define CALLS 9u /* of a job: three times those of world.h */

static struct card_worker_config scripted(const char *script)
{
    struct card_worker_config config = card_worker_preset("scripted");

    config.script = script;
    config.back_ns = 1000000;
    return config;
}

/* As submit_job's, thrice over; each > 0: chunks of so many calls. */
static int64_t submit_long(struct card_worker *worker, int64_t lease, uint32_t seed, uint32_t each,
                           int is_stepped, uint32_t attempts)
{
    struct remote_job job;
    struct card_submit submit = {.lease = lease,
                                 .chunk_ns = 60 * SECOND,
                                 .attempts = attempts,
                                 .generation = seed,
                                 .is_stepped = (uint8_t)is_stepped};
    struct error err = {0};
    int64_t id;

    make_job(&job, seed);
    three_calls(remote_at(0), &job, emit_job);
    three_calls(remote_at(0), &job, emit_job);
    job.head.chunk_calls = each;
    submit.job = &job.head;
    submit.calls = job.calls;
    submit.input = job.memory;
    id = card_worker_submit(worker, &submit, &err);
    memset(job.memory, 0xee, MEMORY);
    remote_job_deinit(&job);
    ck_assert_msg(id > 0, "%s", err.text);
    return id;
}

static void compute_long(uint32_t seed, unsigned char *here)
{
    struct device *device = cpu_device_new(CPU_BEST, 1);
    struct remote_job job;

    MUST(device != NULL);
    make_job(&job, seed);
    memcpy(here, job.memory, MEMORY);
    for (int i = 0; i < 3; i++)
        three_calls(here, device, emit_here);
    remote_job_deinit(&job);
    device->free(device);
}

/* Its memory is what this process computes. */
static int is_long_right(struct card_event *event, uint32_t seed)
{
    unsigned char *here = aligned_alloc(64, (MEMORY + 63) / 64 * 64);
    unsigned char *there = malloc(MEMORY);
    int is_same;

    MUST(here != NULL && there != NULL);
    compute_long(seed, here);
    is_same = event->status == AGON_OK && event->bytes == MEMORY && event->result_fd >= 0 &&
              pread(event->result_fd, there, MEMORY, 0) == (ssize_t)MEMORY &&
              memcmp(here, there, MEMORY) == 0;
    free(here);
    free(there);
    if (event->result_fd >= 0)
        (void)close(event->result_fd);
    event->result_fd = -1;
    return is_same;
}

/* The next event of a job; news of the worker are let go. */
static struct card_event next_of_jobs(struct card_worker *worker)
{
    struct card_event event;

    for (;;) {
        while (card_worker_next(worker, &event))
            if (event.kind == CARD_EVENT_DONE || event.kind == CARD_EVENT_CHUNK)
                return event;
        ck_assert(card_worker_wait(worker, 60 * SECOND));
    }
}

static struct card_event expect_chunk(struct card_worker *worker, int64_t job, uint64_t run,
                                      uint32_t chunks)
{
    struct card_event event = next_of_jobs(worker);

    ck_assert_msg(event.kind == CARD_EVENT_CHUNK, "%d: %s", (int)event.kind, event.text);
    ck_assert_int_eq(event.job, job);
    ck_assert_uint_eq(event.run, run);
    ck_assert_uint_eq(event.chunks, chunks);
    return event;
}

static struct card_event expect_done(struct card_worker *worker, int64_t job, int status)
{
    struct card_event event = next_of_jobs(worker);

    ck_assert_msg(event.kind == CARD_EVENT_DONE && event.status == status, "%d: %d, %s",
                  (int)event.kind, event.status, event.text);
    ck_assert_int_eq(event.job, job);
    return event;
}

/* Between every two chunks another lease's whole job runs. */
START_TEST(pauses_change_no_bit)
{
    const uint32_t each = (uint32_t)_i + 1;
    const uint32_t n_chunks = (CALLS - 1) / each + 1;
    struct card_worker *worker = start(card_worker_preset("cpu"));
    int64_t one = lease_of(worker);
    int64_t other = lease_of(worker);
    struct card_event event;
    int64_t stepped;
    int64_t whole = submit_long(worker, one, 7, each, 0, 1);

    event = expect_done(worker, whole, AGON_OK);
    ck_assert(is_long_right(&event, 7));
    stepped = submit_long(worker, one, 7, each, 1, 1);
    for (uint32_t k = 1; k <= n_chunks; k++) {
        int64_t id;

        ck_assert_int_eq(card_worker_go(worker, stepped, 100 + k), AGON_OK);
        if (k == n_chunks)
            break;
        (void)expect_chunk(worker, stepped, 100 + k, k);
        id = submit_long(worker, other, k, 2, 0, 1);
        event = expect_done(worker, id, AGON_OK);
        ck_assert(is_long_right(&event, k));
    }
    event = expect_done(worker, stepped, AGON_OK);
    ck_assert_uint_eq(event.run, 100 + n_chunks);
    ck_assert_uint_eq(event.generation, 7);
    ck_assert(is_long_right(&event, 7));
    ck_assert_uint_eq(card_worker_lives(worker), 1);
    card_worker_free(worker);
}
END_TEST

START_TEST(who_may_go_on_and_who_may_not)
{
    struct card_worker *worker = start(card_worker_preset("cpu"));
    int64_t lease = lease_of(worker);
    int64_t free_lease = lease_of(worker);
    int64_t first = submit_long(worker, lease, 1, 3, 1, 1);
    int64_t second = submit_long(worker, lease, 2, 3, 1, 1);
    int64_t whole;
    struct card_event event;

    // Nothing of them runs by itself, and who is behind them does.
    whole = submit_long(worker, lease, 3, 3, 0, 1);
    event = expect_done(worker, whole, AGON_OK);
    ck_assert(is_long_right(&event, 3));
    ck_assert_int_eq(card_worker_go(worker, whole, 1), AGON_ENOENT);
    ck_assert_int_eq(card_worker_go(worker, 99, 1), AGON_ENOENT);
    ck_assert_int_eq(card_worker_go(worker, first, 1), AGON_OK);
    ck_assert_int_eq(card_worker_go(worker, first, 2), AGON_ESTATE);
    ck_assert_int_eq(card_worker_go(worker, second, 1), AGON_EBUSY);
    // The event has come, and nobody has taken it yet.
    ck_assert(card_worker_wait(worker, 60 * SECOND));
    while (card_worker_next(worker, &event) && event.kind != CARD_EVENT_CHUNK)
        ck_assert(card_worker_wait(worker, 60 * SECOND));
    ck_assert_int_eq(card_worker_go(worker, second, 1), AGON_EBUSY);
    // Its lease's memory is its own: a job of the same lease waits, one of another does not.
    whole = submit_long(worker, lease, 4, 3, 0, 1);
    ck_assert_int_eq(card_worker_go(worker, whole, 1), AGON_ESTATE);
    event = expect_done(worker, submit_long(worker, free_lease, 5, 3, 0, 1), AGON_OK);
    ck_assert(is_long_right(&event, 5));
    ck_assert_int_eq(card_worker_go(worker, first, 2), AGON_OK);
    (void)expect_chunk(worker, first, 2, 2);
    ck_assert_int_eq(card_worker_go(worker, first, 3), AGON_OK);
    event = expect_done(worker, first, AGON_OK);
    ck_assert(is_long_right(&event, 1));
    event = expect_done(worker, whole, AGON_OK);
    ck_assert(is_long_right(&event, 4));
    for (uint32_t k = 1; k <= 3; k++) {
        ck_assert_int_eq(card_worker_go(worker, second, k), AGON_OK);
        if (k < 3)
            (void)expect_chunk(worker, second, k, k);
    }
    event = expect_done(worker, second, AGON_OK);
    ck_assert(is_long_right(&event, 2));
    card_worker_free(worker);
}
END_TEST

/* Others come and go while it holds, more of them than there may be at a time. */
START_TEST(who_holds_long_bars_nobody)
{
    struct card_worker *worker = start(card_worker_preset("cpu"));
    int64_t lease = lease_of(worker);
    int64_t other = lease_of(worker);
    int64_t job = submit_long(worker, lease, 1, 3, 1, 1);
    int64_t before = job;
    struct card_event event;

    for (uint32_t k = 1; k <= 3; k++) {
        ck_assert_int_eq(card_worker_go(worker, job, k), AGON_OK);
        if (k == 3)
            break;
        (void)expect_chunk(worker, job, k, k);
        for (uint32_t i = 0; i < CARD_JOBS; i++) {
            int64_t id = submit_job(worker, other, 0, 1, 60 * SECOND);

            MUST(id > before && id % CARD_JOBS != job % CARD_JOBS);
            before = id;
            event = expect_done(worker, id, AGON_OK);
            (void)close(event.result_fd);
        }
    }
    event = expect_done(worker, job, AGON_OK);
    ck_assert(is_long_right(&event, 1));
    card_worker_free(worker);
}
END_TEST

START_TEST(a_go_before_its_event_was_taken_is_refused)
{
    struct card_worker *worker = start(card_worker_preset("cpu"));
    int64_t job = submit_long(worker, lease_of(worker), 1, 3, 1, 1);
    uint32_t n_untaken = 0;
    int rc;

    ck_assert_int_eq(card_worker_go(worker, job, 1), AGON_OK);
    // Refused while it runs, and when it holds and its event lies there.
    for (int i = 0; i < 2000; i++) {
        (void)card_worker_wait(worker, SECOND / 1000);
        rc = card_worker_go(worker, job, 2);
        ck_assert_int_eq(rc, AGON_ESTATE);
        n_untaken++;
        if (i > 200)
            break;
    }
    ck_assert_uint_gt(n_untaken, 200);
    (void)expect_chunk(worker, job, 1, 1);
    ck_assert_int_eq(card_worker_go(worker, job, 2), AGON_OK);
    (void)expect_chunk(worker, job, 2, 2);
    card_worker_free(worker);
}
END_TEST

/* Before it began, while it holds, while a chunk of it runs. */
START_TEST(a_cancel_at_any_time_is_one_outcome)
{
    struct card_worker *worker = start(scripted("0 run 0 slow=20"));
    int64_t lease = lease_of(worker);
    int64_t job = submit_long(worker, lease, 1, 3, 1, 3);
    struct card_event event;

    if (_i > 0) {
        ck_assert_int_eq(card_worker_go(worker, job, 1), AGON_OK);
        (void)expect_chunk(worker, job, 1, 1);
    }
    if (_i == 2)
        ck_assert_int_eq(card_worker_go(worker, job, 2), AGON_OK);
    ck_assert_int_eq(card_worker_cancel(worker, job), AGON_OK);
    ck_assert_int_eq(card_worker_go(worker, job, 3), _i == 0 ? AGON_ENOENT : AGON_ESTATE);
    event = next_of_jobs(worker);
    // It may have come to its chunk's end first: then that is said, and it is dropped there.
    if (_i == 2 && event.kind == CARD_EVENT_CHUNK)
        event = next_of_jobs(worker);
    ck_assert_int_eq(event.kind, CARD_EVENT_DONE);
    ck_assert_int_eq(event.status, AGON_ESTATE);
    ck_assert_int_eq(event.result_fd, -1);
    ck_assert_int_eq(card_worker_cancel(worker, job), AGON_ENOENT);
    // The lease's memory is free for the next one, which begins with 0.
    job = submit_long(worker, lease, 2, 3, 0, 1);
    event = expect_done(worker, job, AGON_OK);
    ck_assert(is_long_right(&event, 2));
    ck_assert_uint_eq(card_worker_lives(worker), 1);
    card_worker_free(worker);
}
END_TEST

/* With its lease's end nobody is left who asks for the next chunk. */
START_TEST(the_end_of_its_lease_ends_who_holds)
{
    struct card_worker *worker = start(scripted("0 run 0 slow=20"));
    int64_t lease = lease_of(worker);
    int64_t job = submit_long(worker, lease, 1, 3, 1, 3);
    struct error err = {0};
    struct card_event event;

    if (_i > 0) {
        ck_assert_int_eq(card_worker_go(worker, job, 1), AGON_OK);
        (void)expect_chunk(worker, job, 1, 1);
    }
    if (_i == 2)
        ck_assert_int_eq(card_worker_go(worker, job, 2), AGON_OK);
    ck_assert_int_eq(card_worker_end(worker, lease, &err), AGON_OK);
    event = next_of_jobs(worker);
    if (_i == 2) { // its chunk runs to its end
        ck_assert_int_eq(event.kind, CARD_EVENT_CHUNK);
        event = next_of_jobs(worker);
    }
    ck_assert_int_eq(event.kind, CARD_EVENT_DONE);
    ck_assert_int_eq(event.status, AGON_ESTATE);
    ck_assert_int_eq(remote_await(worker, CARD_EVENT_ENDED).status, AGON_OK);
    job = submit_long(worker, lease_of(worker), 2, 3, 0, 1);
    event = expect_done(worker, job, AGON_OK);
    ck_assert(is_long_right(&event, 2));
    card_worker_free(worker);
}
END_TEST

/* The worker dies while a job holds: no attempt of it, and the next chunk comes after what was lost
 * has been done again. */
START_TEST(who_holds_when_the_worker_dies_goes_on_with_the_next)
{
    struct card_worker *worker = start(card_worker_preset("cpu"));
    int64_t lease = lease_of(worker);
    int64_t job = submit_long(worker, lease, 1, 2, 1, 1); // five chunks
    struct card_event event;

    for (uint32_t k = 1; k <= 5; k++) {
        ck_assert_int_eq(card_worker_go(worker, job, k), AGON_OK);
        if (k == 5)
            break;
        (void)expect_chunk(worker, job, k, k);
        if (k == 2 || k == 3) {
            ck_assert_int_eq(kill(card_worker_pid(worker), SIGKILL), 0);
            ck_assert_int_eq(remote_await(worker, CARD_EVENT_UP).status, AGON_OK);
            // The memory that it had is of the next life: others of its lease may have it now.
            event = expect_done(worker, submit_long(worker, lease, 6, 4, 0, 1), AGON_OK);
            ck_assert(is_long_right(&event, 6));
        }
    }
    event = expect_done(worker, job, AGON_OK);
    ck_assert(is_long_right(&event, 1));
    ck_assert_uint_eq(event.attempts, 1);
    ck_assert_uint_eq(card_worker_lives(worker), 3);
    card_worker_free(worker);
}
END_TEST

/* It dies in the middle of the second chunk: that is an attempt. */
START_TEST(who_runs_when_the_worker_dies_pays_an_attempt)
{
    struct card_worker *worker = start(scripted("1 run 5 die,2 run 5 die"));
    int64_t lease = lease_of(worker);
    int64_t job = submit_long(worker, lease, 1, 3, 1, (uint32_t)_i + 1);
    struct card_event event;

    ck_assert_int_eq(card_worker_go(worker, job, 1), AGON_OK);
    (void)expect_chunk(worker, job, 1, 1);
    ck_assert_int_eq(card_worker_go(worker, job, 2), AGON_OK);
    if (_i < 2) {
        event = expect_done(worker, job, AGON_EIO);
        ck_assert_uint_eq(event.attempts, (uint32_t)_i + 1);
    } else {
        (void)expect_chunk(worker, job, 2, 2);
        ck_assert_int_eq(card_worker_go(worker, job, 3), AGON_OK);
        event = expect_done(worker, job, AGON_OK);
        ck_assert_uint_eq(event.attempts, 3);
        ck_assert(is_long_right(&event, 1));
    }
    event = expect_done(worker, submit_long(worker, lease, 2, 3, 0, 3), AGON_OK);
    ck_assert(is_long_right(&event, 2));
    card_worker_free(worker);
}
END_TEST

#define N_LEASES 4
#define N_JOBS   24

struct crowd {
    struct card_worker *worker;
    int64_t leases[N_LEASES], jobs[N_JOBS];
    uint32_t seeds[N_JOBS], runs[N_JOBS], done[N_JOBS], right[N_JOBS], may_go[N_JOBS];
    int is_stepped[N_JOBS], status[N_JOBS], is_cancelled[N_JOBS], is_ended[N_LEASES];
    uint32_t n_done;
    int may_kill; /* it has made its leases: else they would pay for it */
};

static void take_crowd(struct crowd *crowd)
{
    struct card_event event;

    while (card_worker_next(crowd->worker, &event)) {
        uint32_t i = event.generation;

        if (event.kind != CARD_EVENT_DONE && event.kind != CARD_EVENT_CHUNK)
            continue;
        MUST(i < N_JOBS);
        crowd->may_kill |= event.status == AGON_OK;
        ck_assert_int_eq(event.job, crowd->jobs[i]);
        MUST(!crowd->is_stepped[i] || crowd->runs[i] == 0 || event.run == crowd->runs[i]);
        if (event.kind == CARD_EVENT_CHUNK) {
            crowd->may_go[i] = 1;
            continue;
        }
        crowd->done[i]++;
        crowd->n_done++;
        crowd->status[i] = event.status;
        crowd->right[i] = (uint32_t)is_long_right(&event, i);
    }
}

/* Any order of chunks, cancels, ends of leases and deaths: one outcome each, and no wrong one. */
START_TEST(a_crowd_of_jobs_has_one_outcome_each)
{
    struct card_worker_config config = card_worker_preset("cpu");
    struct crowd crowd = {0};
    uint32_t idle = 0;
    struct rng rng;

    config.lives_max = 1000; // it is killed whether it has answered or not
    config.back_ns = 1000000;
    crowd.worker = start(config);
    rng_init(&rng, (uint64_t)_i + 1);
    for (uint32_t k = 0; k < N_LEASES; k++)
        crowd.leases[k] = lease_of(crowd.worker);
    for (uint32_t i = 0; i < N_JOBS; i++) {
        crowd.is_stepped[i] = rng_below(&rng, 3) > 0;
        crowd.may_go[i] = 1;
        crowd.jobs[i] = submit_long(crowd.worker, crowd.leases[i % N_LEASES], i,
                                    1 + (uint32_t)rng_below(&rng, 4), crowd.is_stepped[i], 99);
    }
    while (crowd.n_done < N_JOBS) {
        uint32_t i = (uint32_t)rng_below(&rng, N_JOBS);
        uint32_t what = (uint32_t)rng_below(&rng, 400);

        if (what < 8 && crowd.may_kill && card_worker_pid(crowd.worker) > 0) {
            (void)kill(card_worker_pid(crowd.worker), SIGKILL);
            crowd.may_kill = 0;
        } else if (what < 12 && !crowd.done[i])
            crowd.is_cancelled[i] |= card_worker_cancel(crowd.worker, crowd.jobs[i]) == AGON_OK;
        else if (what == 12 && !crowd.is_ended[i % N_LEASES])
            crowd.is_ended[i % N_LEASES] =
                card_worker_end(crowd.worker, crowd.leases[i % N_LEASES], NULL) == AGON_OK;
        else if (crowd.is_stepped[i] && crowd.may_go[i] && !crowd.done[i] &&
                 card_worker_go(crowd.worker, crowd.jobs[i], crowd.runs[i] + 1) == AGON_OK) {
            crowd.runs[i]++;
            crowd.may_go[i] = 0;
        }
        if (what % 7 == 0)
            (void)card_worker_wait(crowd.worker, SECOND / 1000);
        take_crowd(&crowd);
        ck_assert_msg(++idle < 1000000, "%u of %u outcomes", crowd.n_done, N_JOBS);
    }
    for (uint32_t i = 0; i < N_JOBS; i++) {
        ck_assert_uint_eq(crowd.done[i], 1);
        if (crowd.status[i] == AGON_OK)
            ck_assert_msg(crowd.right[i], "job %u is wrong", i);
        else
            ck_assert_msg(crowd.status[i] == AGON_ESTATE &&
                              (crowd.is_cancelled[i] || crowd.is_ended[i % N_LEASES]),
                          "job %u: %s", i, error_name(crowd.status[i]));
    }
    card_worker_free(crowd.worker);
}
END_TEST

/* What double needs is opened before its first job's time begins. */
START_TEST(the_second_type_is_opened_outside_of_a_jobs_time)
{
    struct card_worker *worker = start(scripted("0 start 2 slow=3000"));
    struct outcomes outcomes = {0};
    int64_t lease = lease_of(worker);

    take_outcomes(worker, submit_job(worker, lease, 0, 1, 2 * SECOND), 1, &outcomes);
    ck_assert_msg(outcomes.is_right[0], "%s", outcomes.text);
    ck_assert_uint_eq(card_worker_lives(worker), 1);
    card_worker_free(worker);
}
END_TEST

START_TEST(a_type_that_cannot_be_opened_costs_who_needs_it)
{
    static const char *const scripts[] = {"0 start 2 fail", "0 start 2 die"};
    struct card_worker_config config = scripted(scripts[_i]);
    struct card_worker *worker;
    struct map_args map = {.a = remote_at(0), .y = remote_at(0), .n = 1, .op = MAP_RELU};
    struct outcomes outcomes = {0};
    struct remote_job job;
    struct card_event event;
    struct error err = {0};
    int64_t lease;

    config.lives_max = 1000;
    worker = start(config);
    lease = lease_of(worker);
    take_outcomes(worker, submit_job(worker, lease, 0, 2, 60 * SECOND), 1, &outcomes);
    ck_assert_int_eq(outcomes.status[0], AGON_EIO);
    ck_assert_uint_eq(outcomes.attempts[0], 2);
    // Floats do not need it. (Their arguments have the same layout up to the scale.)
    remote_job_init(&job, 32, 64);
    remote_job_call(&job, KERNEL_map, &map, sizeof(map));
    ck_assert_int_gt((int)remote_job_submit(&job, worker, lease, 1, 60 * SECOND, &err), 0);
    event = remote_await(worker, CARD_EVENT_DONE);
    ck_assert_msg(event.status == AGON_OK, "%s", event.text);
    remote_job_deinit(&job);
    card_worker_free(worker);
}
END_TEST

/* The host keeps descriptors for all else, and says what is to be done. */
START_TEST(few_descriptors_are_left_for_others)
{
    struct card_worker *worker = start(card_worker_preset("cpu"));
    int64_t lease = lease_of(worker);
    const struct rlimit few = {CARD_FDS_SPARE + 40, CARD_FDS_SPARE + 40};
    struct error err = {0};
    struct remote_job job;
    struct card_event event;
    uint32_t n = 0;
    int64_t id;
    int fd;

    (void)submit_long(worker, lease, 0, 9, 1, 1); // holds before it begins: a descriptor
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    make_job(&job, 1);
    do {
        struct card_submit submit = {.lease = lease,
                                     .job = &job.head,
                                     .calls = job.calls,
                                     .input = job.memory,
                                     .chunk_ns = SECOND,
                                     .attempts = 1,
                                     .is_stepped = 1};

        id = card_worker_submit(worker, &submit, &err);
        n += id > 0;
    } while (id > 0);
    ck_assert_int_eq(id, AGON_ENOSPC);
    ck_assert_msg(strstr(err.text, "few of the process' descriptors are left") != NULL, "%s",
                  err.text);
    ck_assert_uint_ge(n, 10);
    ck_assert_uint_lt(n, 40);
    for (uint32_t i = 0; i < CARD_FDS_SPARE - 8; i++) {
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        ck_assert_int_ge(fd, 0);
    }
    // What is there runs, and with one that is over there is room again.
    ck_assert_int_eq(card_worker_cancel(worker, 2), AGON_OK);
    (void)expect_done(worker, 2, AGON_ESTATE);
    remote_job_deinit(&job);
    id = submit_long(worker, lease, 3, 9, 0, 1);
    event = expect_done(worker, id, AGON_OK);
    ck_assert(is_long_right(&event, 3));
    card_worker_free(worker);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("card_chunks");
    TCase *tcase = tcase_create("chunks");
    SRunner *runner;
    int failed;

    program = argc > 1 ? argv[1] : NULL;
    if (program == NULL)
        return EXIT_FAILURE;
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, pauses_change_no_bit, 0, 5);
    tcase_add_test(tcase, who_may_go_on_and_who_may_not);
    tcase_add_test(tcase, who_holds_long_bars_nobody);
    tcase_add_test(tcase, a_go_before_its_event_was_taken_is_refused);
    tcase_add_loop_test(tcase, a_cancel_at_any_time_is_one_outcome, 0, 3);
    tcase_add_loop_test(tcase, the_end_of_its_lease_ends_who_holds, 0, 3);
    tcase_add_test(tcase, who_holds_when_the_worker_dies_goes_on_with_the_next);
    tcase_add_loop_test(tcase, who_runs_when_the_worker_dies_pays_an_attempt, 0, 3);
    tcase_add_loop_test(tcase, a_crowd_of_jobs_has_one_outcome_each, 0, 20);
    tcase_add_test(tcase, the_second_type_is_opened_outside_of_a_jobs_time);
    tcase_add_loop_test(tcase, a_type_that_cannot_be_opened_costs_who_needs_it, 0, 2);
    tcase_add_test(tcase, few_descriptors_are_left_for_others);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
