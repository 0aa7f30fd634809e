// SPDX-License-Identifier: Apache-2.0
/* agon.gpu/1: what a plugin gets by a lease's name and by none, what it may hand over and what not,
 * what of it lies in the box when the wish is taken, how long a box is taken, and which result is
 * there. */
#include <check.h>
#include <stdlib.h>

#include "rig.h"

#define MAIN 2 /* number of the lease */

static const struct agon_host_gpu *gpu;
static uint32_t lease;
static int (*next)(struct script *at); /* in the next event */

static int on_event(struct script *at, const struct agon_event_hdr *event, uint64_t nth)
{
    int (*now)(struct script * at) = next;

    (void)event;
    (void)nth;
    next = NULL;
    return now != NULL ? now(at) : AGON_OK;
}

static int on_create(struct script *at)
{
    gpu = at->host->get_extension(at->host, AGON_EXT_GPU);
    at->on_event = on_event;
    ck_assert_int_eq(gpu->acquire(at->host, "main", &lease), AGON_ESTATE);
    return AGON_OK;
}

static int on_start(struct script *at, uint32_t reason)
{
    (void)reason;
    ck_assert_int_eq(gpu->acquire(at->host, "none", &lease), AGON_ENOENT);
    ck_assert_int_eq(gpu->acquire(at->host, NULL, &lease), AGON_EINVAL);
    ck_assert_int_eq(gpu->acquire(at->host, "main", NULL), AGON_EINVAL);
    ck_assert_int_eq(gpu->release(at->host, MAIN), AGON_ENOENT);
    ck_assert_int_eq(gpu->acquire(at->host, "main", &lease), AGON_OK);
    ck_assert_uint_eq(lease, MAIN);
    ck_assert_int_eq(gpu->acquire(at->host, "main", &lease), AGON_EBUSY);
    return AGON_OK;
}

static const struct agon_gpu_call call = {.kernel = AGON_GPU_MAP, .args = {1, 2, 3}};
static const struct agon_gpu_job fine = {
    .n_calls = 1, .memory = 64, .n_input = 16, .result_at = 32, .n_result = 32};
static unsigned char input[16] = "0123456789abcdef";
static uint64_t ids[AGON_GPU_JOBS_MAX + 1];
static uint32_t n_ids;

static int hand_over(struct script *at)
{
    return gpu->submit(at->host, lease, &fine, &call, input, &ids[n_ids]);
}

static int too_early(struct script *at)
{
    ck_assert_int_eq(hand_over(at), AGON_ESTATE);
    return AGON_OK;
}

#define REFUSED(rc, ...)                                                                           \
    do {                                                                                           \
        struct agon_gpu_job job = fine;                                                            \
        __VA_ARGS__;                                                                               \
        ck_assert_int_eq(gpu->submit(at->host, lease, &job, &call, input, &ids[0]), rc);           \
    } while (0)

static int wrong_ones(struct script *at)
{
    REFUSED(AGON_EINVAL, job.n_calls = 0);
    REFUSED(AGON_EINVAL, job.n_result = 0);
    REFUSED(AGON_EINVAL, job.delay = -1);
    REFUSED(AGON_EINVAL, job.pad = 1);
    REFUSED(AGON_EINVAL, job.flags = 2);
    REFUSED(AGON_ERANGE, job.n_calls = AGON_GPU_CALLS_MAX + 1);
    REFUSED(AGON_ERANGE, job.memory = job.n_input = AGON_GPU_SUBMIT_MAX);
    REFUSED(AGON_ERANGE, job.memory = 1 << 24, job.n_result = AGON_GPU_RESULT_MAX + 1);
    REFUSED(AGON_ERANGE, job.delay = AGON_GPU_DELAY_MAX + 1);
    REFUSED(AGON_ERANGE, job.memory = ((uint64_t)1 << 24) + 1);
    REFUSED(AGON_ERANGE, job.input_at = 49);
    REFUSED(AGON_ERANGE, job.input_at = UINT64_MAX);
    REFUSED(AGON_ERANGE, job.result_at = 33);
    REFUSED(AGON_ERANGE, job.result_at = UINT64_MAX - 3);
    ck_assert_int_eq(gpu->submit(at->host, lease, NULL, &call, input, &ids[0]), AGON_EINVAL);
    ck_assert_int_eq(gpu->submit(at->host, lease, &fine, NULL, input, &ids[0]), AGON_EINVAL);
    ck_assert_int_eq(gpu->submit(at->host, lease, &fine, &call, NULL, &ids[0]), AGON_EINVAL);
    ck_assert_int_eq(gpu->submit(at->host, lease, &fine, &call, input, NULL), AGON_EINVAL);
    ck_assert_int_eq(gpu->submit(at->host, 1, &fine, &call, input, &ids[0]), AGON_ENOENT);
    ck_assert_int_eq(gpu->submit(at->host, 0, &fine, &call, input, &ids[0]), AGON_ENOENT);
    ck_assert_int_eq(gpu->submit(at->host, 99, &fine, &call, input, &ids[0]), AGON_ENOENT);
    return AGON_OK;
}

static int all_boxes(struct script *at)
{
    for (n_ids = 0; n_ids < AGON_GPU_JOBS_MAX; n_ids++) {
        input[0] = (unsigned char)('A' + n_ids);
        ck_assert_int_eq(hand_over(at), AGON_OK);
    }
    ck_assert_int_eq(hand_over(at), AGON_ENOSPC);
    return AGON_OK;
}

static int one_more(struct script *at)
{
    ck_assert_int_eq(hand_over(at), AGON_OK);
    ck_assert_int_eq(gpu->cancel(at->host, ids[0]), AGON_ENOENT); // it has its outcome
    ck_assert_int_eq(gpu->cancel(at->host, ids[1]), AGON_OK);
    ck_assert_int_eq(gpu->cancel(at->host, 0), AGON_ENOENT);
    return AGON_OK;
}

static const void *bytes;
static uint64_t n_bytes;
static uint64_t mapped;
static int map_rc;

static int look(struct script *at)
{
    map_rc = gpu->map(at->host, mapped, &bytes, &n_bytes);
    return AGON_OK;
}

static int write_there(struct script *at)
{
    if (gpu->map(at->host, mapped, &bytes, &n_bytes) < 0)
        return AGON_EIO;
    *(volatile unsigned char *)(uintptr_t)bytes = 'X';
    return AGON_OK;
}

static int give_back(struct script *at)
{
    ck_assert_int_eq(gpu->release(at->host, lease), AGON_OK);
    ck_assert_int_eq(gpu->release(at->host, lease), AGON_ENOENT);
    ck_assert_int_eq(hand_over(at), AGON_ENOENT);
    ck_assert_int_eq(gpu->acquire(at->host, "main", &lease), AGON_EBUSY);
    return AGON_OK;
}

static int ask_again(struct script *at)
{
    ck_assert_int_eq(gpu->acquire(at->host, "main", &lease), AGON_OK);
    return AGON_OK;
}

static struct rig rig;

static void step(int (*what)(struct script *at), struct agon_job event)
{
    event.hdr.type = AGON_EVENT_JOB;
    event.hdr.granules = sizeof(event) / 64;
    event.lease = MAIN;
    next = what;
    rig_private(&rig, &event, 1);
    ck_assert_int_eq(rig_step(&rig), AGON_OK);
    ck_assert_int_eq(next == NULL, 1);
}

static struct record_job_wish wish(uint8_t kind)
{
    static _Alignas(64) unsigned char room[EVENT_BYTES_MAX];
    struct record_job_wish taken;

    ck_assert_int_eq(rig_wish(&rig, room), 1);
    memcpy(&taken, room, sizeof(taken));
    ck_assert_uint_eq(taken.hdr.type, EVENT_JOB_WISH);
    ck_assert_uint_eq(taken.kind, kind);
    ck_assert_uint_eq(taken.lease, MAIN);
    return taken;
}

static void setup(void)
{
    static const struct setup_lease leases[] = {
        {.name = "main", .memory = 1 << 24, .lease = MAIN, .state = LEASE_NAMED}};

    rig_init(&rig);
    script.on_create = on_create;
    script.on_start = on_start;
    rig.setup.leases = leases;
    rig.setup.n_leases = 1;
    rig.setup.head.slot.subscription.event_mask |= AGON_ON(AGON_EVENT_JOB);
    rig.setup.head.generation = 3;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    (void)wish(LEASE_ACQUIRE);
}

START_TEST(what_may_be_handed_over_and_what_lies_in_its_box)
{
    struct record_job_wish taken;
    const unsigned char *box;

    setup();
    step(too_early, (struct agon_job){.kind = AGON_JOB_EVICTED});
    step(wrong_ones, (struct agon_job){.kind = AGON_JOB_GRANTED});
    step(all_boxes, (struct agon_job){.kind = AGON_JOB_GRANTED});
    for (uint32_t i = 0; i < AGON_GPU_JOBS_MAX; i++) {
        taken = wish(JOB_SUBMIT);
        ck_assert_uint_eq(taken.job, taken.origin.cause_seq << 16 | i);
        ck_assert_uint_eq(taken.job, ids[i]);
        ck_assert_uint_eq(taken.n_result, fine.n_result);
        ck_assert_uint_eq(taken.result_at, fine.result_at);
        box = rig.port->box(rig.port->ctx, taken.box);
        ck_assert_ptr_nonnull(box);
        ck_assert_mem_eq(box, &call, sizeof(call));
        ck_assert_uint_eq(box[sizeof(call)], 'A' + i);
        ck_assert_mem_eq(box + sizeof(call) + 1, "123456789abcdef", 15);
    }
    ck_assert_ptr_null(rig.port->box(rig.port->ctx, AGON_GPU_JOBS_MAX));
    step(one_more, (struct agon_job){.kind = AGON_JOB_DONE, .job = ids[0], .status = AGON_EIO});
    taken = wish(JOB_SUBMIT);
    ck_assert_uint_eq(taken.box, 0); // the one that is free again
    taken = wish(JOB_CANCEL);
    ck_assert_uint_eq(taken.job, ids[1]);
    rig_deinit(&rig);
}
END_TEST

START_TEST(the_last_result_is_there)
{
    struct agon_job done = {.kind = AGON_JOB_DONE, .job = 7, .bytes = 3, .n_inline = 3};
    static const char large[300] = "large";

    setup();
    memcpy(done.result, "abc", 3);
    mapped = 7;
    step(look, done);
    ck_assert_int_eq(map_rc, AGON_OK);
    ck_assert_uint_eq(n_bytes, 3);
    ck_assert_mem_eq(bytes, "abc", 3);
    rig.port->result(rig.port->ctx, JOBS_PLACES - 1, large, sizeof(large));
    mapped = 8;
    step(look,
         (struct agon_job){
             .kind = AGON_JOB_DONE, .job = 8, .bytes = sizeof(large), .place = JOBS_PLACES - 1});
    ck_assert_int_eq(map_rc, AGON_OK);
    ck_assert_uint_eq(n_bytes, sizeof(large));
    ck_assert_mem_eq(bytes, large, sizeof(large));
    mapped = 7; // another's by now
    step(look, (struct agon_job){.kind = AGON_JOB_GRANTED});
    ck_assert_int_eq(map_rc, AGON_ENOENT);
    mapped = 9; // one that failed has none
    step(look, (struct agon_job){.kind = AGON_JOB_DONE, .job = 9, .status = AGON_ETIME});
    ck_assert_int_eq(map_rc, AGON_ENOENT);
    ck_assert_int_eq(gpu->map(script.host, 8, &bytes, &n_bytes), AGON_ETHREAD);
    rig_deinit(&rig);
}
END_TEST

/* A short one and a large one; who writes is not called again, and another is none the worse. */
START_TEST(a_result_is_read_and_who_writes_to_it_is_stopped)
{
    static const char contents[2][300] = {"a result", "a large result"};
    static const uint16_t n[2] = {8, 300};

    for (int is_large = 0; is_large < 2; is_large++) {
        struct agon_job done = {.kind = AGON_JOB_DONE, .job = 7, .bytes = n[is_large], .place = 3};
        const struct error *failure;

        setup();
        done.n_inline = is_large ? 0 : n[0];
        memcpy(done.result, contents[0], done.n_inline);
        rig.port->result(rig.port->ctx, done.place, contents[is_large], done.bytes);
        mapped = 7;
        step(look, done);
        ck_assert_mem_eq(bytes, contents[is_large], n[is_large]);
        next = write_there;
        done.hdr = (struct agon_event_hdr){.type = AGON_EVENT_JOB, .granules = sizeof(done) / 64};
        done.lease = MAIN;
        rig_private(&rig, &done, 1);
        ck_assert_int_eq(rig_step(&rig), AGON_EIO);
        ck_assert_int_eq(next == NULL, 1);
        failure = feed_failure(run_inproc_feed(rig.run));
        ck_assert_msg(strstr(failure->text, "wrote into the results of jobs") != NULL, "%s",
                      failure->text);
        next = look; // it is not called again
        rig_private(&rig, &done, 1);
        ck_assert_int_eq(rig_step(&rig), AGON_EIO);
        ck_assert(next == look);
        next = NULL;
        rig_deinit(&rig);
    }
}
END_TEST

START_TEST(a_lease_is_given_back_once)
{
    setup();
    step(give_back, (struct agon_job){.kind = AGON_JOB_GRANTED});
    (void)wish(LEASE_RELEASE);
    step(ask_again, (struct agon_job){.kind = AGON_JOB_ENDED});
    (void)wish(LEASE_ACQUIRE);
    rig_deinit(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agent_service_gpu");
    TCase *tcase = tcase_create("service");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, what_may_be_handed_over_and_what_lies_in_its_box);
    tcase_add_test(tcase, the_last_result_is_there);
    tcase_add_test(tcase, a_result_is_read_and_who_writes_to_it_is_stopped);
    tcase_add_test(tcase, a_lease_is_given_back_once);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
