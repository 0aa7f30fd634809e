// SPDX-License-Identifier: Apache-2.0
/* A real agon-gpu, whose path is the argument, on the processor and on the scripted device: each
 * job has one outcome whatever becomes of the worker, results have the bits that this process
 * computes, and what a job does wrong costs that job alone. */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/sanitized.h"
#include "sys/memfd.h"
#include "sys/proc.h"

static struct card_worker_config scripted(const char *script)
{
    struct card_worker_config config = card_worker_preset("scripted");

    config.script = script;
    config.back_ns = 1000000;
    return config;
}

START_TEST(kernels_of_a_worker_give_the_same_bits)
{
    struct card_worker_config config = card_worker_preset("cpu");
    struct device *here = cpu_device_new(CPU_BEST, 1);
    struct case_results want;
    struct case_results got;
    struct error err = {0};
    struct card_worker *worker;
    struct device *there;

    config.threads = 2;
    worker = start(config);
    there = remote_new(worker, 16 << 20, 1, &err);
    ck_assert_msg(there != NULL, "%s", err.text);
    cases_run(here, 0, &want);
    cases_run(there, 0, &got);
    ck_assert_msg(!got.failed, "%s", got.err.text);
    ck_assert_uint_eq(got.n, want.n);
    for (uint32_t i = 0; i < got.n; i++)
        MUST_EQ(case_compare(&want.at[i], &got.at[i]).n_different, 0);
    cases_free(&want);
    cases_free(&got);
    there->free(there);
    here->free(here);
    card_worker_free(worker);
}
END_TEST

static const struct {
    const char *device, *script;
} killed[] = {{"cpu", NULL}, {"scripted", "0 run 0 slow=1"}};

/* kill -9 after 7, 31 and 64 outcomes of 100, and once more while the next one starts. */
START_TEST(each_job_has_one_outcome_whenever_its_worker_is_killed)
{
    static const uint32_t after[] = {7, 31, 64, 64};
    struct card_worker_config config = card_worker_preset(killed[_i].device);
    struct outcomes outcomes = {0};
    struct card_worker *worker;
    int64_t lease;
    int64_t first;

    config.script = killed[_i].script;
    config.back_ns = 1000000;
    worker = start(config);
    lease = lease_of(worker);
    first = submit_job(worker, lease, 0, 5, 60 * SECOND);
    for (uint32_t i = 1; i < 100; i++)
        ck_assert_int_eq(submit_job(worker, lease, i, 5, 60 * SECOND), first + i);
    for (uint32_t i = 0; i < sizeof(after) / sizeof(after[0]); i++) {
        take_outcomes(worker, first, after[i], &outcomes);
        while (card_worker_pid(worker) < 0 || card_worker_lives(worker) != i + 1)
            (void)card_worker_wait(worker, 1000000);
        ck_assert_int_eq(kill(card_worker_pid(worker), SIGKILL), 0);
    }
    take_outcomes(worker, first, 100, &outcomes);
    ck_assert_uint_ge(card_worker_lives(worker), 4); // the last may have been killed with all done
    for (uint32_t i = 0; i < 100; i++) {
        MUST_EQ(outcomes.count[i], 1);
        ck_assert_msg(outcomes.status[i] == AGON_OK, "job %u: %s, attempt %u", i, outcomes.text,
                      outcomes.attempts[i]);
        MUST(outcomes.is_right[i]);
    }
    card_worker_free(worker);
}
END_TEST

/* Who says that it may not be tried again fails with its worker, and nobody else does. */
START_TEST(a_job_that_may_not_be_tried_again_fails_with_its_worker)
{
    struct card_worker *worker = start(scripted("1 run 5 die"));
    int64_t lease = lease_of(worker);
    struct outcomes outcomes = {0};
    int64_t first = submit_job(worker, lease, 0, 1, 60 * SECOND);

    for (uint32_t i = 1; i < 10; i++)
        (void)submit_job(worker, lease, i, 1, 60 * SECOND);
    take_outcomes(worker, first, 10, &outcomes);
    for (uint32_t i = 0; i < 10; i++) {
        MUST_EQ(outcomes.count[i], 1);
        MUST_EQ(outcomes.status[i], i == 1 ? AGON_EIO : AGON_OK); // the fifth call is its second
        MUST_EQ(outcomes.is_right[i], i != 1);
    }
    ck_assert_msg(strstr(outcomes.text, "signal 9") != NULL, "%s", outcomes.text);
    card_worker_free(worker);
}
END_TEST

START_TEST(a_kernel_that_hangs_is_ended)
{
    struct card_worker *worker = start(scripted("1 run 5 hang"));
    int64_t lease = lease_of(worker);
    struct outcomes outcomes = {0};
    int64_t first = submit_job(worker, lease, 0, 1, 60 * SECOND);

    for (uint32_t i = 1; i < 10; i++)
        (void)submit_job(worker, lease, i, i == 1 ? 1 : 2, i == 1 ? 2 * SECOND : 60 * SECOND);
    take_outcomes(worker, first, 10, &outcomes);
    ck_assert_uint_eq(outcomes.downs, 1);
    for (uint32_t i = 0; i < 10; i++)
        MUST_EQ(outcomes.status[i], i == 1 ? AGON_ETIME : AGON_OK);
    ck_assert_msg(strstr(outcomes.text, "no chunk was done in 2000 ms") != NULL, "%s",
                  outcomes.text);
    card_worker_free(worker);
}
END_TEST

/* A kernel of ours that would take hours, as any caller may ask for. */
START_TEST(a_kernel_without_end_is_ended)
{
    const uint32_t n = 1 << 20;
    struct card_worker *worker = start(card_worker_preset("cpu"));
    struct card_lease shape = {
        .bytes = (uint64_t)2 * n * sizeof(real) + STAGE, .stage = STAGE, .resident_fd = -1};
    struct rolling_args rolling = {.a = remote_at(0),
                                   .y = remote_at(n * sizeof(real)),
                                   .rows = 1,
                                   .n = n,
                                   .window = n / 2,
                                   .op = ROLLING_STD};
    int64_t small = lease_of(worker);
    struct outcomes outcomes = {0};
    struct remote_job job;
    struct error err = {0};
    int64_t large = card_worker_lease(worker, &shape, &err);
    int64_t first = submit_job(worker, small, 0, 1, 60 * SECOND);

    remote_job_init(&job, REAL_BITS, (uint64_t)2 * n * sizeof(real));
    job.head.n_result = 8;
    remote_job_call(&job, KERNEL_rolling, &rolling, sizeof(rolling));
    ck_assert_int_eq(remote_job_submit(&job, worker, large, 1, SECOND / 2, &err), first + 1);
    remote_job_deinit(&job);
    (void)submit_job(worker, small, 2, 1, 60 * SECOND);
    take_outcomes(worker, first, 3, &outcomes);
    for (uint32_t i = 0; i < 3; i++) {
        MUST_EQ(outcomes.count[i], 1);
        MUST_EQ(outcomes.status[i], i == 1 ? AGON_ETIME : AGON_OK);
    }
    ck_assert_uint_eq(card_worker_lives(worker), 2);
    card_worker_free(worker);
}
END_TEST

/* The device says that it failed: the job is tried again on a new one, those behind it too. */
START_TEST(what_a_device_fails_at_is_tried_again)
{
    static const char *const scripts[] = {"1 run 5 fail", "1 write 2 fail", "1 read 2 fail",
                                          "1 clear 2 fail", "1 wait 3 fail"};
    struct card_worker *worker = start(scripted(scripts[_i]));
    int64_t lease = lease_of(worker);
    struct outcomes outcomes = {0};
    int64_t first = submit_job(worker, lease, 0, 2, 60 * SECOND);
    uint32_t attempts = 0;

    for (uint32_t i = 1; i < 10; i++)
        (void)submit_job(worker, lease, i, 2, 60 * SECOND);
    take_outcomes(worker, first, 10, &outcomes);
    for (uint32_t i = 0; i < 10; i++) {
        MUST_EQ(outcomes.count[i], 1);
        MUST(outcomes.is_right[i]);
        attempts += outcomes.attempts[i];
    }
    ck_assert_uint_eq(card_worker_lives(worker), 2);
    ck_assert_uint_eq(attempts, 11); // of one job alone
    card_worker_free(worker);
}
END_TEST

/* The second lease has no memory; the first one's jobs do not notice. */
START_TEST(an_allocation_that_fails_costs_its_own_jobs)
{
    static const char *const scripts[] = {"0 alloc 2 fail", "0 pin 2 fail"};
    struct card_worker *worker = start(scripted(scripts[_i]));
    int64_t good = lease_of(worker);
    int64_t bad = lease_of(worker);
    struct outcomes outcomes = {0};
    int64_t first = submit_job(worker, good, 0, 1, 60 * SECOND);
    struct error err = {0};

    for (uint32_t i = 1; i < 6; i++)
        (void)submit_job(worker, i % 2 == 0 ? good : bad, i, 1, 60 * SECOND);
    take_outcomes(worker, first, 6, &outcomes);
    for (uint32_t i = 0; i < 6; i++)
        MUST_EQ(outcomes.status[i], i % 2 == 0 ? AGON_OK : AGON_ENOMEM);
    ck_assert_msg(strstr(outcomes.text, "no memory for a lease") != NULL, "%s", outcomes.text);
    ck_assert_uint_eq(outcomes.downs, 0);
    ck_assert_int_eq(card_worker_end(worker, bad, &err), AGON_ENOENT);
    card_worker_free(worker);
}
END_TEST

START_TEST(a_card_that_is_lost_says_so_and_fails_what_waits)
{
    struct card_worker_config config = scripted("1 run 5 fail,2 start 0 fail,3 start 0 die,"
                                                "4 start 0 fail");
    struct outcomes outcomes = {0};
    struct error err = {0};
    struct card_event event;
    struct card_worker *worker;
    int64_t lease;
    int64_t first;

    config.lives_max = 3;
    worker = start(config);
    lease = lease_of(worker);
    first = submit_job(worker, lease, 0, 9, 60 * SECOND);
    for (uint32_t i = 1; i < 10; i++)
        (void)submit_job(worker, lease, i, 9, 60 * SECOND);
    take_outcomes(worker, first, 10, &outcomes);
    for (uint32_t i = 0; i < 10; i++) {
        MUST_EQ(outcomes.count[i], 1);
        MUST_EQ(outcomes.status[i], i == 0 ? AGON_OK : AGON_EIO);
    }
    while (card_worker_next(worker, &event))
        take_event(&outcomes, first, &event);
    ck_assert_uint_eq(outcomes.losts, 1);
    ck_assert_uint_eq(card_worker_lives(worker), 4);
    ck_assert_int_eq(card_worker_lease(worker, &(struct card_lease){0}, &err), AGON_EIO);
    ck_assert_str_eq(err.text, "the card is lost");
    card_worker_free(worker);
}
END_TEST

/* One that comes up and ends before it has done anything is as good as one that never came up: it
 * is not started again and again for ever. */
START_TEST(a_worker_that_dies_idle_again_and_again_is_lost)
{
    struct card_worker_config config = card_worker_preset("cpu");
    struct card_event event;
    struct card_worker *worker;
    uint32_t n_up = 0;

    config.lives_max = 4;
    worker = start(config);
    for (event.kind = CARD_EVENT_DOWN; event.kind != CARD_EVENT_LOST;) {
        ck_assert(card_worker_wait(worker, 300 * SECOND));
        while (event.kind != CARD_EVENT_LOST && card_worker_next(worker, &event)) {
            if (event.kind != CARD_EVENT_UP)
                continue;
            ck_assert_uint_lt(n_up++, 5);
            ck_assert_int_eq(kill(card_worker_pid(worker), SIGKILL), 0);
        }
    }
    ck_assert_uint_eq(n_up, 4);
    card_worker_free(worker);
}
END_TEST

/* A worker that does not come up in time is ended, and the next one does the work. */
START_TEST(a_start_that_hangs_is_ended)
{
    struct card_worker_config config = scripted("1 start 0 hang");
    struct outcomes outcomes = {0};
    struct card_worker *worker;
    int64_t first;

    config.start_ns = 6 * SECOND;
    config.lives_max = 1000;
    worker = start(config);
    first = submit_job(worker, lease_of(worker), 0, 1, 60 * SECOND);
    take_outcomes(worker, first, 1, &outcomes);
    ck_assert_int_eq(outcomes.status[0], AGON_OK);
    ck_assert_uint_ge(card_worker_lives(worker), 2); // a busy machine may need more
    card_worker_free(worker);
}
END_TEST

static int refused(struct card_worker *worker, int64_t lease, const struct remote_job *job,
                   const char *want)
{
    struct remote_job copy = *job;
    struct error err = {0};
    struct card_event event;
    int64_t id = remote_job_submit(&copy, worker, lease, 3, 60 * SECOND, &err);

    if (id < 0) {
        ck_assert_msg(strstr(err.text, want) != NULL, "%s", err.text);
        return (int)id;
    }
    event = remote_await(worker, CARD_EVENT_DONE);
    ck_assert_msg(strstr(event.text, want) != NULL, "\"%s\", not \"%s\"", event.text, want);
    ck_assert(event.status == AGON_OK || event.result_fd == -1);
    ck_assert_uint_eq(event.attempts, 1); // its own fault: it would be again
    if (event.result_fd >= 0)
        (void)close(event.result_fd);
    return event.status;
}

START_TEST(a_job_that_is_wrong_is_refused_and_the_next_one_runs)
{
    struct card_worker *worker = start(card_worker_preset("cpu"));
    int64_t lease = lease_of(worker);
    struct outcomes outcomes = {0};
    struct remote_job job;
    struct map_args map = {.a = remote_at(0), .y = remote_at(0), .n = CELLS * 4 + 1, .op = MAP_EXP};

    remote_job_init(&job, REAL_BITS, MEMORY);
    ck_assert_int_eq(refused(worker, lease, &job, "a job of 0 calls"), AGON_EINVAL);
    remote_job_call(&job, KERNEL_map, &map, sizeof(map));
    ck_assert_int_eq(refused(worker, lease, &job, "call 0: map: a lies outside of its memory"),
                     AGON_ERANGE);
    job.calls[0].kernel = KERNEL_COUNT;
    ck_assert_int_eq(refused(worker, lease, &job, "there is no kernel 21"), AGON_EINVAL);
    job.head.memory = MEMORY + STAGE; // of the lease, but the stage is not for jobs
    job.head.n_input = job.head.n_result = 8;
    ck_assert_int_eq(refused(worker, lease, &job, "and its lease has"), AGON_ERANGE);
    job.head.memory = MEMORY;
    job.head.result_at = MEMORY - 7;
    ck_assert_int_eq(refused(worker, lease, &job, "lies outside of the job's memory"), AGON_ERANGE);
    job.head.result_at = 0;
    job.head.input_at = UINT64_MAX - 3;
    ck_assert_int_eq(refused(worker, lease, &job, "lies outside of the job's memory"), AGON_ERANGE);
    job.head.input_at = 0;
    job.head.bits = 16;
    ck_assert_int_eq(refused(worker, lease, &job, "a job of version 3, 16 bits"), AGON_EVERSION);
    remote_job_deinit(&job);
    take_outcomes(worker, submit_job(worker, lease, 0, 1, 60 * SECOND), 1, &outcomes);
    ck_assert(outcomes.is_right[0]);
    ck_assert_uint_eq(card_worker_lives(worker), 1);
    card_worker_free(worker);
}
END_TEST

/* Ids that a job brings, or that a kernel has computed, choose rows of the table alone. */
START_TEST(ids_behind_the_table_are_refused)
{
    struct card_worker *worker = start(card_worker_preset("cpu"));
    int64_t lease = lease_of(worker);
    struct embed_args embed = {.table = remote_at(64 * sizeof(real)),
                               .ids = remote_at(0),
                               .y = remote_at(128 * sizeof(real)),
                               .n = 3,
                               .width = 8};
    struct sweeps_args sweeps = {.a = remote_at(64 * sizeof(real)),
                                 .price = remote_at(64 * sizeof(real)),
                                 .fill = remote_at(64 * sizeof(real)),
                                 .pairs = remote_at(0),
                                 .enter = remote_at(32 * sizeof(real)),
                                 .leave = remote_at(32 * sizeof(real)),
                                 .y = remote_at(128 * sizeof(real)),
                                 .n = 1,
                                 .steps = 9,
                                 .rows = 7};
    uint32_t ids[3] = {0, 7, 8}; // the table ends where the output begins: 8 rows
    struct remote_job job;

    remote_job_init(&job, REAL_BITS, MEMORY);
    memcpy(job.memory, ids, sizeof(ids));
    remote_job_call(&job, KERNEL_embed, &embed, sizeof(embed));
    ck_assert_int_eq(refused(worker, lease, &job, "id 2 of a call is 8, of 8 rows"), AGON_ERANGE);
    ids[2] = 7;
    memcpy(job.memory, ids, sizeof(ids));
    ck_assert_int_eq(refused(worker, lease, &job, ""), AGON_OK);
    remote_job_deinit(&job);
    remote_job_init(&job, REAL_BITS, MEMORY);
    remote_job_call(&job, KERNEL_sweeps, &sweeps, sizeof(sweeps));
    memcpy(job.memory, ids, sizeof(ids)); // 0 and 7, of 7 rows
    ck_assert_int_eq(refused(worker, lease, &job, "id 1 of a call is 7, of 7 rows"), AGON_ERANGE);
    remote_job_deinit(&job);
    card_worker_free(worker);
}
END_TEST

START_TEST(leases_that_are_wrong_are_refused)
{
    struct card_worker *worker = start(card_worker_preset("cpu"));
    struct card_lease shape = {.bytes = 4095, .stage = 4096, .resident_fd = -1};
    struct outcomes outcomes = {0};
    struct error err = {0};
    struct remote_job job;
    int64_t lease;
    int64_t first;

    ck_assert_int_eq(card_worker_lease(worker, &shape, &err), AGON_EINVAL);
    shape.bytes = MEMORY;
    shape.stage = 4095;
    ck_assert_int_eq(card_worker_lease(worker, &shape, &err), AGON_EINVAL);
    shape.stage = 4096;
    shape.resident = 1;
    ck_assert_int_eq(card_worker_lease(worker, &shape, &err), AGON_EINVAL);
    lease = lease_of(worker);
    first = submit_job(worker, lease, 0, 1, 60 * SECOND);
    ck_assert_int_eq(card_worker_end(worker, lease, &err), AGON_OK);
    ck_assert_int_eq(card_worker_end(worker, lease, &err), AGON_ENOENT);
    make_job(&job, 0);
    ck_assert_int_eq(remote_job_submit(&job, worker, lease, 1, SECOND, &err), AGON_ENOENT);
    ck_assert_int_eq(remote_job_submit(&job, worker, 99, 1, SECOND, &err), AGON_ENOENT);
    remote_job_deinit(&job);
    take_outcomes(worker, first, 1, &outcomes); // what was there before still runs
    ck_assert(outcomes.is_right[0]);
    if (outcomes.ended == 0) // it may have come with the last outcome
        ck_assert_int_eq(remote_await(worker, CARD_EVENT_ENDED).status, AGON_OK);
    for (uint32_t i = 0; i < CARD_LEASES; i++)
        (void)lease_of(worker);
    ck_assert_int_eq(card_worker_lease(worker, &shape, &err), AGON_EINVAL);
    shape.resident = 0;
    ck_assert_int_eq(card_worker_lease(worker, &shape, &err), AGON_ENOSPC);
    card_worker_free(worker);
}
END_TEST

/* One that waits is cancelled at once, one that runs at the end of a chunk. */
START_TEST(a_cancelled_job_ends_with_its_chunk)
{
    struct card_worker *worker = start(scripted("0 run 0 slow=20"));
    int64_t lease = lease_of(worker);
    struct outcomes outcomes = {0};
    struct remote_job job;
    struct error err = {0};
    int64_t first;

    make_job(&job, 0);
    for (int i = 0; i < 1000; i++)
        three_calls(remote_at(0), &job, emit_job);
    job.head.chunk_calls = 1;
    first = remote_job_submit(&job, worker, lease, 1, 60 * SECOND, &err);
    remote_job_deinit(&job);
    for (uint32_t i = 1; i < 12; i++)
        (void)submit_job(worker, lease, i, 1, 60 * SECOND);
    ck_assert_int_eq(remote_await(worker, CARD_EVENT_LEASED).status, AGON_OK);
    for (uint32_t i = 2; i < 12; i++) // of these some are with the worker
        ck_assert_int_eq(card_worker_cancel(worker, first + i), AGON_OK);
    ck_assert_int_eq(card_worker_cancel(worker, first), AGON_OK);
    take_outcomes(worker, first, 12, &outcomes);
    for (uint32_t i = 0; i < 12; i++) {
        MUST_EQ(outcomes.count[i], 1);
        MUST_EQ(outcomes.status[i], i == 1 ? AGON_OK : AGON_ESTATE);
    }
    ck_assert_int_eq(card_worker_cancel(worker, first), AGON_ENOENT);
    ck_assert_uint_eq(card_worker_lives(worker), 1);
    card_worker_free(worker);
}
END_TEST

/* Whoever is given a result can read it, and nobody can change it any more. */
START_TEST(a_result_is_sealed)
{
    struct card_worker *worker = start(card_worker_preset("cpu"));
    struct card_event event;
    struct error err = {0};

    (void)submit_job(worker, lease_of(worker), 3, 1, 60 * SECOND);
    event = remote_await(worker, CARD_EVENT_DONE);
    ck_assert(is_right(&event, 3));
    ck_assert_int_eq((int)memfd_sealed_size(event.result_fd, &err), (int)MEMORY);
    ck_assert_int_eq((int)pwrite(event.result_fd, "x", 1, 0), -1);
    ck_assert_int_eq(errno, EPERM);
    ck_assert_ptr_null(memfd_map(event.result_fd, MEMORY, 1, &err));
    ck_assert_int_eq(ftruncate(event.result_fd, 1), -1);
    (void)close(event.result_fd);
    card_worker_free(worker);
}
END_TEST

START_TEST(a_small_result_comes_with_the_outcome)
{
    struct card_worker *worker = start(card_worker_preset("cpu"));
    struct map_args map = {.a = remote_at(0), .y = remote_at(0), .n = 4, .op = MAP_SCALE};
    struct remote_job job;
    struct card_event event;
    struct error err = {0};
    const real want = 3;
    real one = 1;

    map.scale = 3;
    remote_job_init(&job, REAL_BITS, 32);
    memcpy(job.memory + sizeof(real), &one, sizeof(one));
    remote_job_call(&job, KERNEL_map, &map, sizeof(map));
    job.head.result_at = sizeof(real);
    job.head.n_result = sizeof(real);
    ck_assert_int_gt((int)remote_job_submit(&job, worker, lease_of(worker), 1, 60 * SECOND, &err),
                     0);
    event = remote_await(worker, CARD_EVENT_DONE);
    ck_assert_msg(event.status == AGON_OK, "%s", event.text);
    ck_assert_uint_eq(event.n_inline, sizeof(real));
    ck_assert_int_eq(event.result_fd, -1);
    ck_assert_mem_eq(event.result, &want, sizeof(want));
    remote_job_deinit(&job);
    card_worker_free(worker);
}
END_TEST

/* The same bytes after each start of the worker, and no job writes them. */
START_TEST(resident_bytes_are_read_by_all_and_written_by_none)
{
    struct card_worker *worker = start(scripted("1 run 1 die"));
    struct card_lease shape = {.bytes = 256 + 64 + STAGE, .stage = STAGE, .resident = 64};
    struct map_args map = {.a = (real *)(uintptr_t)CARD_RESIDENT,
                           .b = remote_at(0),
                           .y = remote_at(0),
                           .n = 8,
                           .op = MAP_ADD};
    struct remote_job job;
    struct card_event event;
    struct error err = {0};
    real values[8];
    int fd = memfd_new("weights", 64, &err);
    int64_t lease;

    for (uint32_t i = 0; i < 8; i++)
        values[i] = (real)i;
    ck_assert_int_eq((int)pwrite(fd, values, sizeof(values) < 64 ? sizeof(values) : 64, 0),
                     sizeof(values) < 64 ? (int)sizeof(values) : 64);
    shape.resident_fd = fd;
    lease = card_worker_lease(worker, &shape, &err);
    ck_assert_int_eq(remote_await(worker, CARD_EVENT_LEASED).status, AGON_EINVAL); // not sealed
    ck_assert_int_eq(memfd_seal(fd, 1, &err), AGON_OK); // as files of agents are (sys/sealed.h)
    lease = card_worker_lease(worker, &shape, &err);
    remote_job_init(&job, REAL_BITS, 64);
    remote_job_call(&job, KERNEL_map, &map, sizeof(map));
    ck_assert_int_gt((int)remote_job_submit(&job, worker, lease, 2, 60 * SECOND, &err), 0);
    event = remote_await(worker, CARD_EVENT_DONE);
    ck_assert_msg(event.status == AGON_OK, "%s", event.text);
    ck_assert_mem_eq(event.result, values, 8 * sizeof(real));
    ck_assert_uint_eq(event.attempts, 2);
    map.y = (real *)(uintptr_t)CARD_RESIDENT;
    job.head.n_calls = 0;
    remote_job_call(&job, KERNEL_map, &map, sizeof(map));
    ck_assert_int_eq(refused(worker, lease, &job, "y would be written where"), AGON_EINVAL);
    remote_job_deinit(&job);
    (void)close(fd);
    card_worker_free(worker);
}
END_TEST

/* What one job left in its memory the next one does not see, of the same lease or of another. */
START_TEST(memory_begins_as_0)
{
    struct card_worker *worker = start(card_worker_preset("cpu"));
    struct map_args map = {.a = remote_at(0), .y = remote_at(0), .n = 4, .op = MAP_SCALE};
    struct outcomes outcomes = {0};
    const unsigned char nothing[32] = {0};
    struct remote_job job;
    struct card_event event;
    struct error err = {0};
    int64_t lease = lease_of(worker);

    take_outcomes(worker, submit_job(worker, lease, 0, 1, 60 * SECOND), 1, &outcomes);
    remote_job_init(&job, REAL_BITS, MEMORY);
    map.scale = 1;
    remote_job_call(&job, KERNEL_map, &map, sizeof(map));
    job.head.n_input = 0;
    job.head.n_result = 32;
    for (int i = 0; i < 2; i++) {
        ck_assert_int_gt((int)remote_job_submit(&job, worker, lease, 1, 60 * SECOND, &err), 0);
        event = remote_await(worker, CARD_EVENT_DONE);
        ck_assert_uint_eq(event.n_inline, 32);
        ck_assert_mem_eq(event.result, nothing, 32);
        ck_assert_int_eq(card_worker_end(worker, lease, &err), AGON_OK);
        lease = lease_of(worker);
    }
    remote_job_deinit(&job);
    card_worker_free(worker);
}
END_TEST

START_TEST(heat_is_what_the_device_says)
{
    struct card_worker *worker = start(scripted("0 heat 1 70,0 heat 4 91"));
    int64_t lease = lease_of(worker);
    struct outcomes outcomes = {0};
    struct card_event event;

    take_outcomes(worker, submit_job(worker, lease, 0, 1, 60 * SECOND), 1, &outcomes);
    ck_assert_int_eq(card_worker_look(worker), AGON_OK);
    ck_assert_int_eq(card_worker_look(worker), AGON_EAGAIN);
    event = remote_await(worker, CARD_EVENT_LOOKED);
    ck_assert_int_eq(event.look.celsius, 70);
    ck_assert_int_eq(event.look.busy_pct, -1);
    outcomes.n = 0;
    take_outcomes(worker, submit_job(worker, lease, 0, 1, 60 * SECOND), 1, &outcomes);
    ck_assert_int_eq(card_worker_look(worker), AGON_OK);
    ck_assert_int_eq(remote_await(worker, CARD_EVENT_LOOKED).look.celsius, 91);
    card_worker_free(worker);
}
END_TEST

START_TEST(the_limit_of_jobs_is_kept)
{
    struct card_worker *worker = start(scripted("0 run 0 slow=1"));
    struct map_args map = {.a = remote_at(0), .y = remote_at(0), .n = 1, .op = MAP_EXP};
    int64_t lease = lease_of(worker);
    struct remote_job job;
    struct error err = {0};

    remote_job_init(&job, REAL_BITS, 64);
    remote_job_call(&job, KERNEL_map, &map, sizeof(map));
    for (uint32_t i = 0; i < CARD_JOBS; i++)
        MUST(remote_job_submit(&job, worker, lease, 1, 60 * SECOND, &err) > 0);
    ck_assert_int_eq(remote_job_submit(&job, worker, lease, 1, SECOND, &err), AGON_ENOSPC);
    for (uint32_t i = 0; i < CARD_JOBS; i++)
        (void)remote_await(worker, CARD_EVENT_DONE);
    ck_assert_int_gt((int)remote_job_submit(&job, worker, lease, 1, 60 * SECOND, &err), 0);
    remote_job_deinit(&job);
    card_worker_free(worker);
}
END_TEST

START_TEST(a_worker_has_a_fence)
{
    struct card_worker *worker = start(card_worker_preset("cpu"));
    struct card_event event = remote_await(worker, CARD_EVENT_UP);
    struct proc_rights rights;

    ck_assert_msg(strncmp(event.text, "cpu ", 4) == 0, "%s", event.text);
    ck_assert_int_eq(proc_rights(card_worker_pid(worker), &rights), AGON_OK);
    ck_assert(rights.has_no_new_privs);
    ck_assert_uint_eq(rights.max_core, 0);
    ck_assert_uint_eq(rights.is_filtered, (event.fence & 4) != 0);
    if (!IS_SANITIZED)
        ck_assert_uint_eq(event.fence & 5, 5);
    card_worker_free(worker);
}
END_TEST

START_TEST(what_cannot_be_started_says_why)
{
    struct card_worker_config config = card_worker_preset("cuda");
    struct error err = {0};
    struct card_worker *worker;
    struct card_event event;

    config.program = "/nonexistent/agon-gpu";
    ck_assert_ptr_null(card_worker_new(&config, &err));
    ck_assert_int_eq(err.code, AGON_ENOENT);
    config.driver = "libno-such-driver.so";
    config.back_ns = 1000000;
    worker = start(config);
    event = remote_await(worker, CARD_EVENT_LOST);
    ck_assert_msg(strstr(event.text, "no CUDA driver: libno-such-driver.so") != NULL, "%s",
                  event.text);
    ck_assert_uint_eq(card_worker_lives(worker), 1); // another one comes to the same
    card_worker_free(worker);
    worker = start(scripted("1 run today fail"));
    event = remote_await(worker, CARD_EVENT_LOST);
    ck_assert_ptr_nonnull(strstr(event.text, "'1 run today fail' is not a step"));
    card_worker_free(worker);
}
END_TEST

int main(int argc, char **argv)
{
    struct rlimit files;
    Suite *suite = suite_create("card_worker");
    TCase *tcase = tcase_create("worker");
    SRunner *runner;
    int failed;

    // Each job that waits is a descriptor.
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 ||
        (files.rlim_cur = files.rlim_max, setrlimit(RLIMIT_NOFILE, &files) != 0))
        return EXIT_FAILURE;
    program = argc > 1 ? argv[1] : NULL;
    if (program == NULL)
        return EXIT_FAILURE;
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, kernels_of_a_worker_give_the_same_bits);
    tcase_add_loop_test(tcase, each_job_has_one_outcome_whenever_its_worker_is_killed, 0, 2);
    tcase_add_test(tcase, a_job_that_may_not_be_tried_again_fails_with_its_worker);
    tcase_add_test(tcase, a_kernel_that_hangs_is_ended);
    tcase_add_test(tcase, a_kernel_without_end_is_ended);
    tcase_add_loop_test(tcase, what_a_device_fails_at_is_tried_again, 0, 5);
    tcase_add_loop_test(tcase, an_allocation_that_fails_costs_its_own_jobs, 0, 2);
    tcase_add_test(tcase, a_card_that_is_lost_says_so_and_fails_what_waits);
    tcase_add_test(tcase, a_worker_that_dies_idle_again_and_again_is_lost);
    tcase_add_test(tcase, a_start_that_hangs_is_ended);
    tcase_add_test(tcase, a_job_that_is_wrong_is_refused_and_the_next_one_runs);
    tcase_add_test(tcase, ids_behind_the_table_are_refused);
    tcase_add_test(tcase, leases_that_are_wrong_are_refused);
    tcase_add_test(tcase, a_cancelled_job_ends_with_its_chunk);
    tcase_add_test(tcase, a_result_is_sealed);
    tcase_add_test(tcase, a_small_result_comes_with_the_outcome);
    tcase_add_test(tcase, resident_bytes_are_read_by_all_and_written_by_none);
    tcase_add_test(tcase, memory_begins_as_0);
    tcase_add_test(tcase, heat_is_what_the_device_says);
    tcase_add_test(tcase, the_limit_of_jobs_is_kept);
    tcase_add_test(tcase, a_worker_has_a_fence);
    tcase_add_test(tcase, what_cannot_be_started_says_why);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
