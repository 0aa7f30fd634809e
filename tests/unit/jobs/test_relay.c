// SPDX-License-Identifier: Apache-2.0
/* Jobs to several cards, both sides of the relay in one thread so that each order can be had: a job
 * runs where its lease is held, begins again where that moves, and is given what its lease keeps
 * resident there; workers that die, hang or are gone, and a ring without room: each job has one
 * outcome. The first card is "wrong" in each run of its own, so that a result says who computed it.
 * argv[1]: agon-gpu. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "jobs/relay.h"
#include "sys/clock.h"

#define N      200 /* floats of a job */
#define BYTES  ((uint64_t)N * sizeof(float))
#define SLOT   1
#define MIB    ((uint64_t)1 << 20)
#define CHUNKS 3

static const char *program;
static struct relay *relay;
static struct dispatch *dispatch;
static struct job_port port;
static struct card_worker *workers[2];
static struct relay_resident resident;
static unsigned char box[AGON_GPU_SUBMIT_MAX];
static uint32_t n_wakes, n_answered;
static uint64_t next_run;
static int64_t until_ns; /* what does not come by then does not come */

static void find_resident(void *ctx, uint16_t slot, uint32_t lease, struct relay_resident *out)
{
    (void)ctx;
    (void)slot;
    (void)lease;
    *out = resident;
}

static void count(void *ctx)
{
    ++*(uint32_t *)ctx;
}

static void wake(void *ctx)
{
    (void)ctx;
    count(&n_wakes);
}

static void answered(void *ctx)
{
    (void)ctx;
    count(&n_answered);
}

static void begin_worker(uint32_t card, const char *script)
{
    struct card_worker_config config = card_worker_preset("scripted");

    config.program = program;
    config.card = card;
    config.script = script;
    workers[card] = card_worker_new(&config, NULL);
    ck_assert_ptr_nonnull(workers[card]);
    relay_worker(relay, card, workers[card]);
}

static void begin(const char *first, const char *second)
{
    const struct relay_config config = {.n_cards = 2,
                                        .chunk_ns = (int64_t)25 * CLOCK_SECOND,
                                        .resident = find_resident,
                                        .wake = wake,
                                        .answered = answered};
    const struct dispatch_config with = {0};
    struct dispatch_config dispatched = with;

    resident = (struct relay_resident){.fd = -1};
    next_run = 0;
    until_ns = clock_mono() + (int64_t)30 * CLOCK_SECOND;
    ck_assert_int_eq(relay_new(&relay, &config, NULL), AGON_OK);
    dispatched.relay = relay;
    ck_assert_int_eq(dispatch_new(&dispatch, &dispatched, NULL), AGON_OK);
    port = dispatch_port(dispatch);
    begin_worker(0, first);
    begin_worker(1, second);
}

static void end(void)
{
    dispatch_free(dispatch);
    for (uint32_t card = 0; card < 2; card++) {
        relay_worker(relay, card, NULL);
        card_worker_free(workers[card]);
        workers[card] = NULL;
    }
    relay_free(relay);
    if (resident.fd >= 0)
        (void)close(resident.fd);
}

static void serve(void)
{
    struct card_event event;

    relay_take(relay);
    for (uint32_t card = 0; card < 2; card++) {
        while (workers[card] != NULL && relay_has_room(relay) &&
               card_worker_next(workers[card], &event))
            relay_event(relay, card, &event);
    }
}

static void turn(void)
{
    ck_assert_msg(clock_mono() < until_ns, "nothing comes");
    serve();
    relay_hear(relay, relay_news(relay));
    (void)usleep(200);
}

static void hold(uint32_t lease, uint32_t card)
{
    relay_place(relay, SLOT, lease, card);
    port.lease(port.ctx, SLOT, lease, MIB, 1);
}

/* y = 3 x, in so many chunks; of the job's own x, or of what lies resident. */
static void hand_over(uint64_t id, uint32_t lease, int is_resident)
{
    struct agon_gpu_map map = {.a = is_resident ? AGON_GPU_RESIDENT(0) : AGON_GPU_AT(0),
                               .y = AGON_GPU_AT(BYTES),
                               .n = N,
                               .op = AGON_GPU_SCALE,
                               .scale = 3};
    struct agon_gpu_call call = {.kernel = AGON_GPU_MAP};
    struct record_job_wish wish = {.origin = {.slot = SLOT, .generation = 1},
                                   .kind = JOB_SUBMIT,
                                   .job = id,
                                   .lease = lease,
                                   .n_calls = CHUNKS,
                                   .chunk_calls = 1,
                                   .memory = 2 * BYTES,
                                   .n_input = BYTES,
                                   .result_at = BYTES,
                                   .n_result = BYTES};
    float x[N];

    for (int i = 0; i < N; i++)
        x[i] = (float)i;
    memcpy(call.args, &map, sizeof(map));
    for (uint32_t i = 0; i < CHUNKS; i++)
        memcpy(box + i * sizeof(call), &call, sizeof(call));
    memcpy(box + CHUNKS * sizeof(call), x, BYTES);
    port.admit(port.ctx, SLOT, &wish, box, CHUNKS * sizeof(call) + BYTES);
    ck_assert_int_eq(wish.status, AGON_OK);
    memset(box, 0xff, sizeof(box)); // its author goes on writing
    port.submit(port.ctx, &wish, 1);
}

static void go(uint64_t id, uint32_t card)
{
    const struct gpu_decision started = {.job = id + 100, .run = ++next_run, .card = (uint8_t)card};

    port.go(port.ctx, SLOT, id, &started);
}

/* The end of the chunk that was begun last. */
static void await_chunk(uint64_t id, int is_failed)
{
    struct dispatch_chunk chunk;

    while (!dispatch_chunk(dispatch, &chunk))
        turn();
    ck_assert_uint_eq(chunk.id, id);
    ck_assert_uint_eq(chunk.run, next_run);
    ck_assert_int_eq(chunk.is_failed, is_failed);
    dispatch_chunk_done(dispatch);
    ck_assert_int_eq(dispatch_chunk(dispatch, &chunk), 0);
}

static int32_t outcome(uint64_t id, float first)
{
    const struct engine_job job = {.slot = SLOT, .id = id};
    struct record_job_done done;
    const void *result;

    while (!dispatch_take(dispatch, &job, 0, &done, &result))
        turn();
    if (done.status < 0)
        return done.status;
    ck_assert_uint_eq(done.bytes, BYTES);
    for (int i = 0; i < N; i++)
        ck_assert_float_eq(((const float *)result)[i], 3.0f * (first + (float)i));
    return done.status;
}

static int32_t run(uint64_t id, uint32_t card, float first)
{
    for (uint32_t i = 0; i < CHUNKS; i++) {
        go(id, card);
        await_chunk(id, 0);
    }
    return outcome(id, first);
}

static void keep_resident(float first)
{
    float x[N];

    for (int i = 0; i < N; i++)
        x[i] = first + (float)i;
    if (resident.fd >= 0)
        (void)close(resident.fd);
    resident.fd = memfd_create("resident", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    ck_assert_int_eq(pwrite(resident.fd, x, BYTES, 0), (ssize_t)BYTES);
    ck_assert_int_eq(
        fcntl(resident.fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL),
        0);
    resident.bytes = BYTES;
    memset(resident.digest, (int)first + 1, sizeof(resident.digest));
}

static void kill_worker(uint32_t card)
{
    int pid = card_worker_pid(workers[card]);

    ck_assert_int_gt(pid, 0);
    (void)kill(pid, SIGKILL);
}

static void await_up(uint32_t card)
{
    struct card_look look = {0};

    (void)look;
    while (card_worker_look(workers[card]) < 0)
        turn();
}

START_TEST(a_job_runs_where_its_lease_is)
{
    begin("0 read 0 wrong", NULL);
    hold(1, 1);
    hold(2, 1);
    hand_over(1, 1, 0);
    ck_assert_int_eq(run(1, 1, 0), AGON_OK);
    hand_over(2, 2, 0);
    hand_over(3, 1, 0);
    go(2, 1);
    await_chunk(2, 0);
    ck_assert_int_eq(run(3, 1, 0), AGON_OK); // between the chunks of another
    for (int i = 1; i < CHUNKS; i++) {
        go(2, 1);
        await_chunk(2, 0);
    }
    ck_assert_int_eq(outcome(2, 0), AGON_OK);
    ck_assert_uint_gt(n_wakes, 0);
    ck_assert_uint_gt(n_answered, 0);
    ck_assert_int_eq(dispatch_is_busy(dispatch), 0);
    end();
}
END_TEST

START_TEST(what_moves_begins_again)
{
    struct dispatch_chunk chunk;

    begin("0 run 0 slow=50", NULL);
    hold(1, 0);
    hand_over(1, 1, 0);
    go(1, 0);
    await_chunk(1, 0);
    relay_place(relay, SLOT, 1, 1); // it holds between two chunks: two are to come
    for (int i = 1; i < CHUNKS; i++) {
        go(1, 1);
        await_chunk(1, 0);
    }
    ck_assert_int_eq(outcome(1, 0), AGON_OK);
    relay_place(relay, SLOT, 1, 0);
    hand_over(2, 1, 0);
    go(2, 0);
    serve(); // its chunk runs
    relay_place(relay, SLOT, 1, 1);
    for (int i = 0; i < 1000 && _i == 0; i++) { // what the first card says of it is of no chunk
        turn();
        ck_assert_int_eq(dispatch_chunk(dispatch, &chunk), 0);
    }
    ck_assert_int_eq(run(2, 1, 0), AGON_OK);
    relay_place(relay, SLOT, 1, 0);
    hand_over(3, 1, 0);
    ck_assert_int_eq(run(3, 0, 0), AGON_OK); // and home again
    end();
}
END_TEST

START_TEST(a_card_that_dies_or_is_gone)
{
    begin(NULL, NULL);
    hold(1, 0);
    hand_over(1, 1, 0);
    go(1, 0);
    await_chunk(1, 0);
    kill_worker(0); // while it holds: its next worker does all of it
    go(1, 0);
    await_chunk(1, 0);
    relay_worker(relay, 0, NULL);
    card_worker_free(workers[0]);
    workers[0] = NULL;
    relay_place(relay, SLOT, 1, 1); // gone for good: elsewhere
    go(1, 1);
    await_chunk(1, 0);
    ck_assert_int_eq(outcome(1, 0), AGON_OK);
    relay_place(relay, SLOT, 1, 0);
    hand_over(2, 1, 0);
    go(2, 0); // where no worker is
    await_chunk(2, 1);
    ck_assert_int_eq(outcome(2, 0), AGON_EIO);
    begin_worker(0, NULL); // it has the lease that it is to have
    hand_over(3, 1, 0);
    ck_assert_int_eq(run(3, 0, 0), AGON_OK);
    end();
}
END_TEST

START_TEST(a_chunk_that_hangs)
{
    begin("1 run 2 hang", NULL);
    hold(1, 0);
    hand_over(1, 1, 0);
    go(1, 0);
    await_chunk(1, 0);
    await_up(0);
    relay_again(relay, 0); // of a worker that runs nothing: it goes on
    for (int i = 0; i < 20; i++)
        turn();
    ck_assert_uint_eq(card_worker_lives(workers[0]), 1);
    go(1, 0);
    for (int i = 0; i < 100; i++)
        turn();
    relay_again(relay, 0);
    until_ns = clock_mono() + (int64_t)15 * CLOCK_SECOND; // before the chunk's own time is over
    await_chunk(1, 0);
    ck_assert_uint_eq(card_worker_lives(workers[0]), 2);
    go(1, 0);
    await_chunk(1, 0);
    ck_assert_int_eq(outcome(1, 0), AGON_OK);
    end();
}
END_TEST

START_TEST(resident_bytes_are_where_the_lease_is)
{
    begin(NULL, NULL);
    keep_resident(7);
    hold(1, 0);
    hand_over(1, 1, 1);
    ck_assert_int_eq(run(1, 0, 7), AGON_OK);
    kill_worker(0);
    hand_over(2, 1, 1);
    ck_assert_int_eq(run(2, 0, 7), AGON_OK);
    relay_place(relay, SLOT, 1, 1);
    hand_over(3, 1, 1);
    ck_assert_int_eq(run(3, 1, 7), AGON_OK);
    hand_over(4, 1, 1);
    go(4, 1);
    await_chunk(4, 0);
    keep_resident(70);
    hand_over(5, 1, 1); // the first of who has others
    ck_assert_int_eq(outcome(4, 7), AGON_ESTATE);
    ck_assert_int_eq(run(5, 1, 70), AGON_OK);
    port.lease(port.ctx, SLOT, 1, MIB, 0);
    hand_over(6, 1, 1);
    go(6, 1); // under a lease that is over
    await_chunk(6, 1);
    ck_assert_int_eq(outcome(6, 0), AGON_EIO);
    resident.bytes = 2 * MIB; // more than the lease has
    resident.digest[0]++;
    port.lease(port.ctx, SLOT, 1, MIB, 1);
    hand_over(7, 1, 1);
    go(7, 1);
    await_chunk(7, 1);
    ck_assert_int_eq(outcome(7, 0), AGON_EINVAL);
    end();
}
END_TEST

START_TEST(cancelled_at_any_time)
{
    struct dispatch_chunk chunk;

    begin("0 run 0 slow=20", NULL);
    hold(1, 0);
    hand_over(1, 1, 0);
    port.drop(port.ctx, SLOT, 1); // before its turn
    hand_over(2, 1, 0);
    go(2, 0);
    port.drop(port.ctx, SLOT, 2); // in its turn: the card is not free before
    while (!dispatch_chunk(dispatch, &chunk))
        turn();
    ck_assert_uint_eq(chunk.run, next_run);
    dispatch_chunk_done(dispatch);
    hand_over(3, 1, 0);
    go(3, 0);
    await_chunk(3, 0);
    port.drop(port.ctx, SLOT, 3); // between two
    ck_assert_int_eq(dispatch_chunk(dispatch, &chunk), 0);
    hand_over(4, 1, 0);
    ck_assert_int_eq(run(4, 0, 0), AGON_OK); // and their memory is another's
    ck_assert_int_eq(dispatch_is_busy(dispatch), 0);
    end();
}
END_TEST

START_TEST(a_ring_without_room)
{
    begin(NULL, NULL);
    hold(1, 0);
    hand_over(1, 1, 0);
    for (int i = 0; i < 3000; i++) { // nobody takes anything meanwhile
        port.lease(port.ctx, SLOT, 2, MIB, 1);
        relay_place(relay, SLOT, 2, (uint32_t)i % 2);
        port.lease(port.ctx, SLOT, 2, MIB, 0);
    }
    go(1, 0);
    hand_over(2, 1, 0);
    relay_place(relay, SLOT, 2, 1);
    port.lease(port.ctx, SLOT, 2, MIB, 1);
    hand_over(3, 2, 0);
    await_chunk(1, 0);
    for (int i = 1; i < CHUNKS; i++) {
        go(1, 0);
        await_chunk(1, 0);
    }
    ck_assert_int_eq(outcome(1, 0), AGON_OK);
    ck_assert_int_eq(run(3, 1, 0), AGON_OK);
    port.drop(port.ctx, SLOT, 2);
    end();
}
END_TEST

/* What the owner of a worker on demand goes by. */
START_TEST(a_card_is_used_until_it_is_dismissed)
{
    begin(NULL, NULL);
    ck_assert_int_eq(relay_is_used(relay, 0), 0);
    hold(1, 0);
    turn();
    ck_assert_int_eq(relay_is_used(relay, 0), 1);
    ck_assert_int_eq(relay_is_used(relay, 1), 0);
    port.lease(port.ctx, SLOT, 1, MIB, 0);
    turn();
    ck_assert_int_eq(relay_is_used(relay, 0), 1); // nobody has said that it was the last
    relay_dismiss(relay, 0);
    turn();
    ck_assert_int_eq(relay_is_used(relay, 0), 0);
    hold(2, 0);
    relay_dismiss(relay, 0); // of before
    turn();
    ck_assert_int_eq(relay_is_used(relay, 0), 1);
    hand_over(1, 2, 0);
    ck_assert_int_eq(run(1, 0, 0), AGON_OK);
    end();
}
END_TEST

/* A worker is killed every few chunks; the lease of every other job moves in its middle. */
START_TEST(a_hundred_jobs_one_outcome_each)
{
    begin(NULL, NULL);
    hold(1, 0);
    for (uint64_t id = 1; id <= 100; id++) {
        uint32_t card = (uint32_t)id % 2;

        hand_over(id, 1, 0);
        for (int i = 0; i < CHUNKS; i++) {
            relay_place(relay, SLOT, 1, card);
            go(id, card);
            if (id % 7 == 0 && i == 1) {
                await_up(card);
                kill_worker(card);
            }
            await_chunk(id, 0);
            if (id % 3 == 0)
                card = !card;
        }
        ck_assert_int_eq(outcome(id, 0), AGON_OK);
        ck_assert_int_eq(outcome(id, 0), AGON_EIO); // nobody knows it any more
    }
    ck_assert_int_eq(dispatch_is_busy(dispatch), 0);
    end();
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("jobs_relay");
    TCase *tcase = tcase_create("relay");
    SRunner *runner;
    int n_failed;

    if (argc < 2)
        return 1;
    program = argv[1];
    (void)signal(SIGPIPE, SIG_IGN);
    tcase_set_timeout(tcase, 50);
    tcase_add_test(tcase, a_job_runs_where_its_lease_is);
    tcase_add_loop_test(tcase, what_moves_begins_again, 0, 2);
    tcase_add_test(tcase, a_card_that_dies_or_is_gone);
    tcase_add_test(tcase, a_chunk_that_hangs);
    tcase_add_test(tcase, resident_bytes_are_where_the_lease_is);
    tcase_add_test(tcase, cancelled_at_any_time);
    tcase_add_test(tcase, a_ring_without_room);
    tcase_add_test(tcase, a_card_is_used_until_it_is_dismissed);
    tcase_add_test(tcase, a_hundred_jobs_one_outcome_each);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
