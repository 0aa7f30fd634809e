// SPDX-License-Identifier: Apache-2.0
/* parity: the plugins of a live or paper run once more, and whether they want the same.
 *
 * What the journal has of them is read here; their code runs in workers (agent/worker.h), so many
 * of them at a time, and what those found is judged and told here. */
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "agent/worker.h"
#include "args/args.h"
#include "cli/commands.h"
#include "cli/journal_dir.h"
#include "cli/parity_free.h"
#include "lab/parity.h"
#include "net/jout.h"
#include "report/free_page.h"
#include "report/parity_report.h"
#include "sys/disk_posix.h"
#include "sys/disk_read_only.h"

#define EXIT_PARTLY 3                   /* something could not be compared */
#define ROOM_BYTES  ((uint64_t)8 << 30) /* of address space, and for each instance */
#define ARENA_BYTES ((uint64_t)4 << 30)

struct job {
    struct parity_config config;
    struct parity_found *found; /* shared with the worker */
    struct worker *worker;
    uint64_t found_bytes;
};

/* --- in the worker --- */

static const struct disk *disk_of(void *ctx)
{
    return worker_disk(((struct job *)ctx)->worker);
}

static void on_calling(void *ctx, int play)
{
    worker_enter(((struct job *)ctx)->worker, play);
}

static void complete(void *ctx, struct child_crash *crash)
{
    const struct job *job = ctx;

    if (job->found->now_play == 0)
        return;
    crash->nth = parity_nth(job->found->now_play - 1);
    crash->offset = parity_offset(job->found->now_play - 1, crash->ip);
}

static int on_close(void *ctx, struct error *err)
{
    struct job *job = ctx;

    worker_tell(job->worker, complete, job);
    return worker_close(job->worker, ROOM_BYTES + job->config.n * ARENA_BYTES, NULL, err);
}

static int run(void *ctx, struct worker *worker)
{
    struct job *job = ctx;
    struct error err = {0};

    job->worker = worker;
    if (parity_run(&job->config, job->found, &err) >= 0) {
        worker_done(worker);
        return EXIT_OK;
    }
    fprintf(stderr, "agon parity: %s\n", err.text);
    return err.code == AGON_ENOTSUP || err.code == AGON_ENOMEM ? EXIT_ENVIRONMENT : EXIT_DATA;
}

/* --- in the parent --- */

/* It crashed here, and in the run it did not, or further on. */
static void take_crash(struct job *job, const struct worker_end *end)
{
    struct parity_found *found = job->found;
    struct parity_difference *first = &found->first;
    struct parity_judged *judged = &found->plays[end->who];

    judged->verdict = PARITY_DIFFERS;
    judged->seq = found->now_seq;
    snprintf(judged->why, sizeof(judged->why), "it crashes here, and did not then: %.180s",
             end->text);
    if (first->is_set && first->seq <= judged->seq)
        return;
    memset(first, 0, sizeof(*first));
    first->is_set = 1;
    first->play = (uint32_t)end->who;
    first->seq = first->cause_seq = judged->seq;
    memcpy(first->cause, judged->why, sizeof(first->cause));
}

static int is_in(const struct job *job, int who)
{
    return who >= 0 && (uint32_t)who >= job->config.first &&
           (uint32_t)who < job->config.first + job->config.n;
}

/* One batch; again without who has crashed, until all others are judged. */
static int run_batch(struct job *job, const struct disk *disk)
{
    struct worker_config config = {.run = run, .ctx = job, .disk = disk};
    struct worker_end end;

    for (;;) {
        worker_run(&config, &end);
        if (end.kind == WORKER_EXITED)
            return end.code == EXIT_OK && !end.is_whole ? EXIT_INTERNAL : end.code;
        if (end.kind == WORKER_INTERRUPTED)
            return EXIT_INTERRUPTED;
        if (end.kind == WORKER_FAILED || !is_in(job, end.who) ||
            job->found->plays[end.who].verdict != PARITY_OPEN) {
            fprintf(stderr, "agon parity: %s\n", end.text);
            return EXIT_ENVIRONMENT;
        }
        take_crash(job, &end);
        // What the others had come to is found once more.
        for (uint32_t i = job->config.first; i < job->config.first + job->config.n; i++) {
            struct parity_judged *judged = &job->found->plays[i];

            if (judged->verdict != PARITY_DIFFERS)
                memset(judged, 0, sizeof(*judged));
        }
    }
}

/* json: where it is told; NULL: as text. */
static int judge(struct job *job, const struct disk *disk, struct jout *json)
{
    const struct parity_scan *scan = job->config.scan;
    struct parity_report report = {.scan = scan};
    struct parity_sums sums;
    int rc = EXIT_OK;

    job->found_bytes = parity_found_bytes(scan->n_plays);
    job->found =
        mmap(NULL, job->found_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (job->found == MAP_FAILED) {
        fprintf(stderr, "agon parity: no memory that two processes share\n");
        return EXIT_ENVIRONMENT;
    }
    job->found->n_plays = scan->n_plays;
    for (uint32_t first = 0; first < scan->n_plays && rc == EXIT_OK; first += PARITY_BATCH) {
        job->config.first = first;
        job->config.n = scan->n_plays - first < PARITY_BATCH ? scan->n_plays - first : PARITY_BATCH;
        rc = run_batch(job, disk);
    }
    if (rc == EXIT_OK) {
        report.found = job->found;
        sums = parity_report_sums(&report);
        if (json != NULL)
            parity_report_json(&report, &sums, json);
        else
            parity_report_print(&report, &sums);
        if (scan->n_plays == 0 && scan->n_strangers == 0)
            fprintf(stderr, "agon parity: no instance of a plugin began in this journal\n");
        rc = sums.n_differ > 0                                                   ? EXIT_CHECK
             : sums.n_unknown > 0 || scan->n_strangers > 0 || scan->n_plays == 0 ? EXIT_PARTLY
                                                                                 : EXIT_OK;
    }
    (void)munmap(job->found, job->found_bytes);
    return rc;
}

struct opts {
    struct arg_list dir, sent, files;
    int is_live, is_json, is_locked, is_free, has_fills, has_pnl;
    int64_t run;
    double max_fills, max_pnl;
    const char *against, *page;
};

/* Is more different than is allowed? */
static int is_beyond(const struct opts *opts, const struct free_compared *free)
{
    double percent = (double)free->result.share_ppm / 1e4;
    double bp = free->result.pnl_bp < 0 ? -free->result.pnl_bp : free->result.pnl_bp;

    return (opts->has_fills && percent > opts->max_fills) || (opts->has_pnl && bp > opts->max_pnl);
}

static int write_page(const char *path, const struct free_compared *free)
{
    struct error err = {0};
    FILE *file = fopen(path, "we");
    int rc = file != NULL ? free_page(&free->facts, free->outcomes[FREE_STAGE], &free->result,
                                      &free->inputs, file, &err)
                          : error_set(&err, AGON_EIO, "it cannot be opened");

    if (file != NULL && fclose(file) != 0 && rc >= 0)
        rc = error_set(&err, AGON_EIO, "it could not be written");
    if (rc < 0)
        fprintf(stderr, "agon parity: %s: %s\n", args_safe(path), err.text);
    return rc >= 0 ? EXIT_OK : EXIT_ENVIRONMENT;
}

static int judge_free(const struct opts *opts, const struct parity_free_config *config,
                      struct jout *json, int worst)
{
    struct free_compared free = {0};
    int rc = parity_free_run(config, &free);

    if (rc == EXIT_OK) {
        if (json != NULL) {
            jout_key(json, "free");
            free_report_json(&free, json);
        } else {
            free_report_print(&free);
        }
        rc = worst == EXIT_CHECK || is_beyond(opts, &free) ? EXIT_CHECK
             : free.why[0] != '\0'                         ? EXIT_PARTLY
                                                           : worst;
    }
    if (opts->page != NULL && (rc == EXIT_OK || rc == EXIT_CHECK || rc == EXIT_PARTLY) &&
        free.why[0] == '\0' && write_page(opts->page, &free) != EXIT_OK)
        rc = EXIT_ENVIRONMENT;
    parity_free_deinit(&free);
    return rc;
}

/* The last run of another journal: what filled in both. */
static int judge_against(const struct opts *opts, const struct parity_scan *scan,
                         const struct disk *disk, struct jout *json)
{
    struct disk_posix other = {.dir_fd = -1};
    struct parity_scan theirs = {0};
    struct free_facts a = {0}, b = {0};
    struct free_stage stage;
    struct error err = {0};
    char dir[PATH_MAX];
    int rc;

    if (!journal_dir("parity", opts->against, dir, sizeof(dir)))
        return EXIT_DATA;
    rc = disk_posix_open(&other, dir, &err);
    if (rc >= 0)
        rc = parity_scan(&other.port, opts->is_live, &theirs, &err);
    if (rc >= 0)
        rc = free_facts(disk, scan, opts->is_live, scan->n_runs, &a, &err);
    if (rc >= 0)
        rc = free_facts(&other.port, &theirs, opts->is_live, theirs.n_runs, &b, &err);
    if (rc >= 0)
        rc = free_against(&a, &b, &stage);
    if (rc >= 0)
        free_report_against(&a, &stage, json);
    else
        fprintf(stderr, "agon parity: %s\n", err.code < 0 ? err.text : error_name(rc));
    free_facts_free(&a);
    free_facts_free(&b);
    parity_scan_free(&theirs);
    disk_posix_close(&other);
    return rc >= 0 ? EXIT_OK : EXIT_DATA;
}

static int compare(const struct opts *opts, struct job *job, const struct disk *disk)
{
    const struct parity_scan *scan = job->config.scan;
    const struct parity_free_config config = {.disk = disk,
                                              .scan = scan,
                                              .kept = job->config.kept,
                                              .sent = opts->sent.at,
                                              .n_sent = (uint32_t)opts->sent.n,
                                              .run = (uint32_t)opts->run,
                                              .is_live = opts->is_live};
    struct jout json = {0};
    int is_both = opts->is_locked == opts->is_free;
    int rc = EXIT_OK;

    if (opts->is_json)
        jout_open(&json, '{');
    if (opts->against != NULL) {
        rc = judge_against(opts, scan, disk, opts->is_json ? &json : NULL);
        is_both = 0;
    } else if (is_both || opts->is_locked)
        rc = judge(job, disk, opts->is_json ? &json : NULL);
    else if (opts->is_json)
        jout_kv_str(&json, "mode", "free");
    if ((rc == EXIT_OK || rc == EXIT_CHECK || rc == EXIT_PARTLY) && (is_both || opts->is_free))
        rc = judge_free(opts, &config, opts->is_json ? &json : NULL, rc);
    if (opts->is_json && (rc == EXIT_OK || rc == EXIT_CHECK || rc == EXIT_PARTLY)) {
        jout_close(&json, '{');
        printf("%s\n", jout_text(&json));
    }
    jout_deinit(&json);
    return rc;
}

int cmd_parity(int argc, char **argv)
{
    struct opts opts = {0};
    const struct arg table[] = {
        {"live", ARG_FLAG, NULL, "a host writes it meanwhile: stop where it ends now",
         &opts.is_live},
        {"json", ARG_FLAG, NULL, "report as JSON", &opts.is_json},
        {"locked", ARG_FLAG, NULL, "that comparison alone", &opts.is_locked},
        {"free", ARG_FLAG, NULL, "that comparison alone", &opts.is_free},
        {"file", ARG_LIST, "PATH",
         "locked: a file that an agent was given, or a folder of them; which it is says its "
         "SHA-256",
         &opts.files},
        {"sent", ARG_LIST, "[SYMBOL=]FILE",
         "free: recordings of the simulated venue: what it sent is compared, and "
         "orders "
         "meet its market",
         &opts.sent, .max = FREE_SENT_MAX},
        {"against", ARG_TEXT, "RUNDIR",
         "instead: what filled in the last run of another journal of the same market",
         &opts.against},
        {"page", ARG_TEXT, "FILE", "free: write it as a page, too", &opts.page},
        {"run", ARG_INT, "N", "free: of run N; else of the last", &opts.run, .max = UINT16_MAX},
        {"max-fills", ARG_REAL, "PCT", "free: end with 1 if more of the fills differ",
         &opts.max_fills, .max = 100, .is_given = &opts.has_fills},
        {"max-pnl", ARG_REAL, "BP", "free: ... if the result differs by more, over turnover",
         &opts.max_pnl, .max = 10000, .is_given = &opts.has_pnl},
        {NULL}};
    const struct args_spec spec = {
        .usage = "RUNDIR [OPTION...]",
        .first = "the run directory of a host, or the journal of one: `agon parity DIRECTORY`",
        .about =
            "Runs the plugins of a paper or live run once more, on the events that its journal has "
            "and from the state that it was in at each of them, and compares what they want with "
            "what they wanted then (locked).\n"
            "Then it lets them trade on those events through a matching engine, with the latencies "
            "that the journal shows, and compares what fills with what filled then; each part of "
            "the difference is named by its cause (free).\n"
            "Ends with 0 when all that is wanted is equal (locked), with 1 where something "
            "differs, "
            "which it shows, and with 3 where something could not be compared: each such range is "
            "named, and none counts as equal. Fills that differ (free) are a measure, and end with "
            "1 only beyond --max-fills or --max-pnl.",
        .args = table,
        .operands = &opts.dir,
        .operands_min = 1,
        .operands_max = 1};
    struct disk_posix disk = {.dir_fd = -1};
    struct parity_scan scan = {0};
    struct disk_read_only reading;
    struct job job = {.config = {.disk = disk_of, .close = on_close, .calling = on_calling}};
    struct error err = {0};
    char dir[PATH_MAX], kept[PATH_MAX + 16];
    int rc = args_parse(&spec, argc, argv);

    if (rc != ARGS_RUN)
        return rc;
    if ((opts.against != NULL || (opts.is_locked && !opts.is_free)) &&
        (opts.page != NULL || opts.sent.n > 0 || opts.has_fills || opts.has_pnl)) {
        fprintf(stderr,
                "agon parity: --page, --sent, --max-fills and --max-pnl are of the free "
                "comparison: not with %s\n",
                opts.against != NULL ? "--against" : "--locked");
        return EXIT_FLAGS;
    }
    if (!journal_dir("parity", opts.dir.at[0], dir, sizeof(dir)))
        return EXIT_DATA;
    snprintf(kept, sizeof(kept), "%s/../kept", dir);
    rc = disk_posix_open(&disk, dir, &err);
    if (rc >= 0)
        rc = parity_scan(&disk.port, opts.is_live, &scan, &err);
    if (rc < 0) {
        fprintf(stderr, "agon parity: %s: %s\n", args_safe(dir), err.text);
        rc = rc == AGON_ENOENT || rc == AGON_EIO ? EXIT_ENVIRONMENT : EXIT_DATA;
    } else {
        disk_read_only(&reading, &disk.port);
        job.config.scan = &scan;
        job.config.kept = kept;
        job.config.files = opts.files.at;
        job.config.n_files = (uint32_t)opts.files.n;
        job.config.is_live = opts.is_live;
        job.config.ctx = &job;
        rc = compare(&opts, &job, &reading.port);
    }
    parity_scan_free(&scan);
    disk_posix_close(&disk);
    return rc;
}
