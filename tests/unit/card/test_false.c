// SPDX-License-Identifier: Apache-2.0
/* A worker that lies (tests/support/card/false_gpu.c): whatever it says, in whatever order, each
 * job and each lease has one outcome, results are right, and no descriptor of the host is lost.
 * What could not be true costs the liar its life, and the next one does the work. */
#include "world.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include "sys/memfd.h"

#define N_JOBS    5u
#define N_STEPPED 3u /* chunks of the stepped one */

static const char *true_program;

static uint32_t count_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    uint32_t n = 0;

    MUST(folder != NULL);
    while (readdir(folder) != NULL)
        n++;
    (void)closedir(folder);
    return n;
}

struct all {
    struct outcomes outcomes;
    uint32_t chunks, leased, looked, inlined, lives;
    struct card_look look;
    int small_status;
    char up[CARD_TEXT], down[CARD_TEXT];
};

static int64_t submit_stepped(struct card_worker *worker, int64_t lease, uint32_t seed)
{
    struct remote_job job;
    struct card_submit submit = {
        .lease = lease, .chunk_ns = 60 * SECOND, .attempts = 9, .is_stepped = 1};
    struct error err = {0};
    int64_t id;

    make_job(&job, seed);
    job.head.chunk_calls = 1;
    submit.job = &job.head;
    submit.calls = job.calls;
    submit.input = job.memory;
    id = card_worker_submit(worker, &submit, &err);
    remote_job_deinit(&job);
    ck_assert_msg(id > 0, "%s", err.text);
    ck_assert_int_eq(card_worker_go(worker, id, 1), AGON_OK);
    return id;
}

/* Of a result that comes with its outcome. */
static int64_t submit_small(struct card_worker *worker, int64_t lease)
{
    struct map_args map = {.a = remote_at(0), .y = remote_at(0), .n = 4, .op = MAP_SCALE};
    struct remote_job job;
    int64_t id;

    remote_job_init(&job, REAL_BITS, 32);
    remote_job_call(&job, KERNEL_map, &map, sizeof(map));
    id = remote_job_submit(&job, worker, lease, 9, 60 * SECOND, NULL);
    remote_job_deinit(&job);
    return id;
}

static void take_all(struct card_worker *worker, int64_t first, struct all *all)
{
    struct card_event event;

    while (card_worker_next(worker, &event)) {
        if (event.kind == CARD_EVENT_CHUNK) {
            ck_assert_int_eq(event.job, first + N_JOBS - 1);
            ck_assert_uint_eq(event.chunks, ++all->chunks);
            ck_assert_uint_eq(event.run, all->chunks);
            ck_assert_int_eq(card_worker_go(worker, event.job, all->chunks + 1), AGON_OK);
        } else if (event.kind == CARD_EVENT_DONE && event.job == first + N_JOBS) {
            all->inlined++;
            all->small_status = event.status;
            ck_assert(event.status < 0 || event.n_inline == 32);
        } else {
            all->leased += event.kind == CARD_EVENT_LEASED && event.status == AGON_OK;
            all->looked += event.kind == CARD_EVENT_LOOKED;
            if (event.kind == CARD_EVENT_LOOKED && all->looked == 1)
                all->look = event.look;
            if (event.kind == CARD_EVENT_UP)
                memcpy(all->up, event.text, sizeof(all->up));
            if (event.kind == CARD_EVENT_DOWN)
                memcpy(all->down, event.text, sizeof(all->down));
            take_event(&all->outcomes, first, &event);
        }
    }
}

/* Two leases, jobs of both, one of them stepped, one small, a look, and the end of both. */
static void run_all(const char *lie, int64_t start_ns, struct all *all)
{
    struct card_worker_config config = card_worker_preset("cpu");
    char script[1200];
    struct card_worker *worker;
    struct error err = {0};
    int64_t leases[2];
    int64_t first = 0;
    int log_fd = memfd_new("log", 0, &err);
    char log[256] = "";

    memset(all, 0, sizeof(*all));
    (void)snprintf(script, sizeof(script), "%s %s", true_program, lie);
    config.script = script;
    config.back_ns = 1000000;
    config.start_ns = start_ns;
    config.log_fd = log_fd;
    config.lives_max = 100;
    worker = start(config);
    for (int i = 0; i < 2; i++)
        leases[i] = lease_of(worker);
    for (uint32_t i = 0; i + 1 < N_JOBS; i++) {
        int64_t id = submit_job(worker, leases[i % 2], i, 9,
                                start_ns < 60 * SECOND ? start_ns : 60 * SECOND);

        first = i == 0 ? id : first;
    }
    ck_assert_int_eq(submit_stepped(worker, leases[0], N_JOBS - 1), first + N_JOBS - 1);
    ck_assert_int_eq(submit_small(worker, leases[1]), first + N_JOBS);
    while (all->outcomes.n < N_JOBS || all->inlined < 1) {
        ck_assert_msg(card_worker_wait(worker, 60 * SECOND), "%s: %u of %u", lie, all->outcomes.n,
                      N_JOBS);
        take_all(worker, first, all);
        if (all->outcomes.n > 1)
            (void)card_worker_look(worker);
    }
    while (card_worker_look(worker) == AGON_EAGAIN && all->looked == 0) {
        (void)card_worker_wait(worker, SECOND / 100);
        take_all(worker, first, all);
    }
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(card_worker_end(worker, leases[i], &err), AGON_OK);
    while (all->outcomes.ended < 2 || all->looked == 0) {
        ck_assert_msg(card_worker_wait(worker, 60 * SECOND), "%s: %u ended", lie,
                      all->outcomes.ended);
        take_all(worker, first, all);
    }
    all->lives = card_worker_lives(worker);
    card_worker_free(worker);
    ck_assert_int_ge((int)pread(log_fd, log, sizeof(log) - 1, 0), 0);
    (void)close(log_fd);
    ck_assert_msg(strstr(log, "wrong: ") == NULL, "%s: %s", lie, log);
}

/* Answers by number: 1 ready, 2 leased, 3 ended, 4 chunk, 5 done, 6 looked, 7 held, 8 opened; from
 * 101 on asks: 1 lease, 2 end, 3 job, 4 cancel, 5 look, 6 go. */
static const struct {
    const char *lie;
    const char *why; /* it is found by, "": by what was due; NULL: it is lawful */
} lies[] = {{"1 1 twice", "nobody had asked for"},
            {"1 1 version", "nobody had asked for"},
            {"1 1 short", "of another size"},
            {"1 1 long", "of another size"},
            {"1 1 kind=2", "nobody had asked for"},
            {"1 1 kind=0", "nobody had asked for"},
            {"1 1 kind=77", "nobody had asked for"},
            {"1 1 status=7", "nobody had asked for"},
            {"1 1 text", NULL},
            {"1 1 fds", NULL},
            {"2 1 twice", "nobody had asked for"},
            {"2 1 lease", "nobody had asked for"},
            {"2 1 swap", "nobody had asked for"},
            {"2 1 kind=3", "nobody had asked for"},
            {"2 2 status=-77", "nobody had asked for"},
            {"2 1 text", NULL},
            {"3 1 twice", "nobody had asked for"},
            {"3 1 lease", "nobody had asked for"},
            {"3 1 kind=2", "nobody had asked for"},
            {"5 1 twice", "nobody had asked for"},
            {"5 1 job", "nobody had asked for"},
            {"5 2 run", "nobody had asked for"},
            {"5 2 before", "nobody had asked for"},
            {"5 2 swap", "nobody had asked for"},
            {"5 2 short", "of another size"},
            {"5 2 long", "of another size"},
            {"5 1 kind=4", "more chunks than its job has"},
            {"5 1 kind=7", "it holds where"},
            {"5 2 kind=2", "nobody had asked for"},
            {"5 1 chunks=1", "more chunks than its job has"},
            {"5 1 inline=1", "keeps a hold of a result"},
            {"5 1 inline=257", "nobody had asked for"},
            {"5 1 inline=4294967295", "nobody had asked for"},
            {"5 1 status=1", "nobody had asked for"},
            {"5 1 hold", "keeps a hold of a result"},
            {"5 1 seal", "keeps a hold of a result"},
            {"5 1 fds", NULL},
            {"5 1 write", NULL},
            {"5 1 die", "signal 9"},
            {"6 1 twice", "nobody had asked for"},
            {"6 1 look", NULL},
            {"7 1 twice", "nobody had asked for"},
            {"7 1 job", "nobody had asked for"},
            {"7 2 before", "nobody had asked for"},
            {"7 2 run", "nobody had asked for"},
            {"7 1 kind=4", "more chunks than its job has"},
            {"7 1 kind=5", "before all chunks"},
            {"103 2 inject=2", "nobody had asked for"},
            {"103 2 inject=3", "nobody had asked for"},
            {"103 1 inject=4", ""},
            {"103 1 inject=7", ""},
            {"103 1 inject=8", "nobody had asked for"},
            {"103 1 inject=1", "nobody had asked for"},
            {"103 1 inject=6", "nobody had asked for"},
            {"101 1 inject=5", "nobody had asked for"},
            {"106 1 inject=4", ""},
            {"102 1 inject=2", "nobody had asked for"}};
#define N_LIES ((int)(sizeof(lies) / sizeof(lies[0])))

/* Of what is lost with a lie only what was lied about may fail, and that as the liar's own. */
static int may_fail(const char *lie)
{
    return strstr(lie, "hold") != NULL || strstr(lie, "seal") != NULL ||
           strstr(lie, "inline=1") != NULL || strcmp(lie, "7 1 kind=5") == 0;
}

START_TEST(a_lie_costs_the_liar)
{
    const char *lie = lies[_i].lie;
    uint32_t fds = count_fds();
    uint32_t failed = 0;
    struct all all;

    run_all(lie, 60 * SECOND, &all);
    for (uint32_t i = 0; i < N_JOBS; i++) {
        ck_assert_msg(all.outcomes.count[i] == 1, "%s: job %u has %u outcomes", lie, i,
                      all.outcomes.count[i]);
        failed += all.outcomes.status[i] == AGON_EIO;
        ck_assert_msg(all.outcomes.is_right[i] || all.outcomes.status[i] == AGON_EIO,
                      "%s: job %u: %s", lie, i, error_name(all.outcomes.status[i]));
    }
    ck_assert_msg(failed == (may_fail(lie) ? 1 : 0), "%s: %u failed", lie, failed);
    ck_assert_uint_eq(all.inlined, 1);
    ck_assert_int_eq(all.small_status, AGON_OK);
    ck_assert_uint_eq(all.leased, 2);
    ck_assert_uint_eq(all.outcomes.ended, 2);
    ck_assert_uint_eq(all.outcomes.losts, 0);
    ck_assert_msg(all.lives == (lies[_i].why != NULL ? 2 : 1), "%s: %u lives, %s", lie, all.lives,
                  all.down);
    ck_assert_msg(lies[_i].why == NULL || strstr(all.down, lies[_i].why) != NULL, "%s: %s", lie,
                  all.down);
    ck_assert_ptr_null(strchr(all.up, '\033'));
    if (strstr(lie, "look") != NULL) {
        ck_assert_int_eq(all.look.celsius, -1);
        ck_assert_int_eq(all.look.busy_pct, -1);
        ck_assert_uint_eq(all.look.used_bytes, 0);
    }
    ck_assert_msg(count_fds() == fds, "%s: %u descriptors, %u before", lie, count_fds(), fds);
}
END_TEST

/* What never answers is ended when its time is over; how often a busy machine ends another one,
 * too, is no verdict. */
static const char *const silences[] = {"1 1 never", "2 1 never", "3 1 never", "5 2 never",
                                       "5 1 close", "6 1 never", "7 1 never"};

START_TEST(who_never_answers_is_ended)
{
    uint32_t fds = count_fds();
    struct all all;

    run_all(silences[_i], 5 * SECOND / 2, &all);
    for (uint32_t i = 0; i < N_JOBS; i++) {
        ck_assert_uint_eq(all.outcomes.count[i], 1);
        ck_assert_msg(all.outcomes.is_right[i], "%s: job %u: %s", silences[_i], i,
                      error_name(all.outcomes.status[i]));
    }
    ck_assert_uint_eq(all.leased, 2);
    ck_assert_uint_ge(all.lives, 2);
    ck_assert_uint_eq(count_fds(), fds);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("card_false");
    TCase *tcase = tcase_create("false");
    SRunner *runner;
    int failed;

    if (argc < 3)
        return EXIT_FAILURE;
    true_program = argv[1];
    program = argv[2];
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, a_lie_costs_the_liar, 0, N_LIES);
    tcase_add_loop_test(tcase, who_never_answers_is_ended, 0, 7);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
