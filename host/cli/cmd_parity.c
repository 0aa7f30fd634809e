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
#include "base/hash.h"
#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/journal_dir.h"
#include "cli/parity_free.h"
#include "lab/parity.h"
#include "net/jout.h"
#include "report/free_page.h"
#include "sys/disk_posix.h"

#define EXIT_PARTLY 3                   /* something could not be compared */
#define ROOM_BYTES  ((uint64_t)8 << 30) /* of address space, and for each instance */
#define ARENA_BYTES ((uint64_t)4 << 30)

struct job {
    struct parity_config config;
    struct parity_found *found; /* shared with the worker */
    struct worker *worker;
    uint64_t found_bytes;
};

/* --- the journal, to be read and no more --- */

struct reading { /* a port that stands before another */
    struct disk port;
    const struct disk *disk;
};

static int only_open(void *ctx, const char *name, uint64_t preallocate_bytes)
{
    const struct disk *disk = ((struct reading *)ctx)->disk;

    return preallocate_bytes > 0 ? AGON_EPERM : disk->open(disk->ctx, name, 0);
}

static void pass_close(void *ctx, int file)
{
    const struct disk *disk = ((struct reading *)ctx)->disk;

    disk->close(disk->ctx, file);
}

static int64_t pass_read(void *ctx, int file, uint64_t offset, void *bytes, uint64_t n)
{
    const struct disk *disk = ((struct reading *)ctx)->disk;

    return disk->read(disk->ctx, file, offset, bytes, n);
}

static int64_t pass_size(void *ctx, int file)
{
    const struct disk *disk = ((struct reading *)ctx)->disk;

    return disk->size(disk->ctx, file);
}

static int pass_list(void *ctx, int (*each)(void *arg, const char *name), void *arg)
{
    const struct disk *disk = ((struct reading *)ctx)->disk;

    return disk->list(disk->ctx, each, arg);
}

static int no_write(void *ctx, int file, uint64_t offset, const void *bytes, uint64_t n)
{
    (void)ctx, (void)file, (void)offset, (void)bytes, (void)n;
    return AGON_EPERM;
}

static int no_sync(void *ctx, int file)
{
    (void)ctx, (void)file;
    return AGON_EPERM;
}

static int no_truncate(void *ctx, int file, uint64_t bytes)
{
    (void)ctx, (void)file, (void)bytes;
    return AGON_EPERM;
}

static int no_rename(void *ctx, const char *from, const char *to)
{
    (void)ctx, (void)from, (void)to;
    return AGON_EPERM;
}

static int no_remove(void *ctx, const char *name)
{
    (void)ctx, (void)name;
    return AGON_EPERM;
}

static int no_sync_dir(void *ctx)
{
    (void)ctx;
    return AGON_EPERM;
}

static void read_only(struct reading *reading, const struct disk *disk)
{
    *reading = (struct reading){.port = {.ctx = reading,
                                         .open = only_open,
                                         .close = pass_close,
                                         .write = no_write,
                                         .read = pass_read,
                                         .sync = no_sync,
                                         .size = pass_size,
                                         .truncate = no_truncate,
                                         .rename = no_rename,
                                         .remove = no_remove,
                                         .sync_dir = no_sync_dir,
                                         .list = pass_list},
                                .disk = disk};
}

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
    return worker_close(job->worker, ROOM_BYTES + job->config.n * ARENA_BYTES, err);
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

/* --- what is told --- */

struct sums {
    uint64_t n_compared, n_unknown_intents;
    uint32_t n_equal, n_differ, n_unknown;
};

/* The worker's words are a stranger's. */
static const char *safe(const char *text, size_t room)
{
    static char buffers[4][2 * PARITY_TEXT];
    static unsigned next;
    char *buffer = buffers[next++ % 4];

    utf8_escape(text, strnlen(text, room), buffer, sizeof(buffers[0]));
    return buffer;
}

static struct sums sum_up(const struct job *job)
{
    const struct parity_scan *scan = job->config.scan;
    struct sums sums = {0};

    for (uint32_t i = 0; i < scan->n_plays; i++) {
        const struct parity_judged *judged = &job->found->plays[i];

        sums.n_compared += judged->n_compared;
        sums.n_equal += judged->verdict == PARITY_EQUAL;
        sums.n_differ += judged->verdict == PARITY_DIFFERS;
        sums.n_unknown += judged->verdict == PARITY_UNKNOWN || judged->verdict == PARITY_OPEN;
    }
    return sums;
}

static double share_of(uint64_t n, uint64_t all)
{
    return all > 0 ? 100.0 * (double)n / (double)all : 100.0;
}

static const char *how_of(uint8_t how)
{
    static const char *const names[] = {"?",      "with the host", "added",
                                        "reload", "restore",       "fresh"};

    return names[how < sizeof(names) / sizeof(names[0]) ? how : 0];
}

static void print_side(const char *name, struct parity_side *side)
{
    if (!side->is_there) {
        printf("  %-9s nothing\n", name);
        return;
    }
    printf("  %-9s %s\n", name, safe(side->intent, sizeof(side->intent)));
    printf("            book      %s\n", safe(side->book, sizeof(side->book)));
    printf("            position  %s\n", safe(side->position, sizeof(side->position)));
}

static void print_difference(const struct job *job)
{
    struct parity_difference *first = &job->found->first;
    const struct record_begin *begin = job->config.scan->plays[first->play].begin;

    printf("differs   agent %.31s, generation %u, at event %llu\n", begin->record.name,
           begin->generation, (unsigned long long)first->seq);
    printf("  why       %s\n", safe(first->cause, sizeof(first->cause)));
    printf("  caused by event %llu%s%s\n", (unsigned long long)first->cause_seq,
           first->event[0] != '\0' ? ", " : "", safe(first->event, sizeof(first->event)));
    print_side("journal", &first->live);
    print_side("again", &first->again);
}

static void print_unknown(const struct job *job)
{
    const struct parity_scan *scan = job->config.scan;
    uint32_t n = 0;

    for (uint32_t i = 0; i < scan->n_plays; i++) {
        struct parity_judged *judged = &job->found->plays[i];
        const struct record_begin *begin = scan->plays[i].begin;

        if (judged->verdict != PARITY_UNKNOWN && judged->verdict != PARITY_OPEN)
            continue;
        if (n++ < PARITY_RANGES)
            printf("not compared  agent %.31s, generation %u, events %llu to %llu: %s\n",
                   begin->record.name, begin->generation, (unsigned long long)judged->from_seq,
                   (unsigned long long)judged->last_seq, safe(judged->why, sizeof(judged->why)));
    }
    for (uint32_t i = 0; i < scan->n_strangers; i++) {
        const struct parity_stranger *stranger = &scan->strangers[i];

        if (n++ < PARITY_RANGES)
            printf("not compared  slot %u, generation %u, events %llu to %llu, %llu intents: the "
                   "journal has no begin of it (an older build wrote it)\n",
                   stranger->slot, stranger->generation, (unsigned long long)stranger->first_seq,
                   (unsigned long long)stranger->last_seq, (unsigned long long)stranger->n_intents);
    }
    if (n > PARITY_RANGES)
        printf("not compared  %u more\n", n - PARITY_RANGES);
}

static void print_text(const struct job *job, const struct sums *sums)
{
    const struct parity_scan *scan = job->config.scan;

    printf("parity    locked: each decision from the live state\n"
           "journal   events %llu to %llu, %u runs\n"
           "agents    %u instances: %u equal, %u differ, %u not compared or not to their end\n"
           "intents   %llu of %llu compared and equal, %.4f %%\n",
           (unsigned long long)scan->first_seq, (unsigned long long)scan->last_seq, scan->n_runs,
           scan->n_plays, sums->n_equal, sums->n_differ, sums->n_unknown,
           (unsigned long long)sums->n_compared, (unsigned long long)scan->n_intents,
           share_of(sums->n_compared, scan->n_intents));
    if (job->found->first.is_set && job->found->first.play < scan->n_plays)
        print_difference(job);
    print_unknown(job);
}

static void put_side(struct jout *out, const char *name, struct parity_side *side)
{
    jout_key(out, name);
    if (!side->is_there) {
        jout_null(out);
        return;
    }
    jout_open(out, '{');
    jout_kv_str(out, "intent", safe(side->intent, sizeof(side->intent)));
    jout_kv_str(out, "book", safe(side->book, sizeof(side->book)));
    jout_kv_str(out, "position", safe(side->position, sizeof(side->position)));
    jout_close(out, '{');
}

static void put_play(struct jout *out, const struct parity_play *play, struct parity_judged *judged)
{
    static const char *const verdicts[] = {"not_compared", "equal", "differs", "not_compared"};
    const struct record_begin *begin = play->begin;
    char name[SLOT_NAME], hex[2 * HASH_SIZE + 1];

    memcpy(name, begin->record.name, sizeof(name));
    hash_hex(begin->file_hash, hex);
    jout_open(out, '{');
    jout_kv_str(out, "agent", safe(name, sizeof(name)));
    jout_kv_int(out, "run", play->run);
    jout_kv_int(out, "generation", begin->generation);
    jout_kv_str(out, "began", how_of(begin->how));
    jout_kv_str(out, "file", hex);
    jout_kv_int(out, "from_event", (int64_t)begin->cut_seq + 1);
    jout_kv_int(out, "to_event", (int64_t)play->end_seq);
    jout_kv_int(out, "intents", (int64_t)play->n_intents);
    jout_kv_int(out, "compared", (int64_t)judged->n_compared);
    jout_kv_str(out, "verdict", verdicts[judged->verdict < 4 ? judged->verdict : 0]);
    if (judged->verdict == PARITY_UNKNOWN) {
        jout_kv_int(out, "not_compared_from", (int64_t)judged->from_seq);
        jout_kv_int(out, "not_compared_to", (int64_t)judged->last_seq);
    }
    if (judged->why[0] != '\0')
        jout_kv_str(out, "why", safe(judged->why, sizeof(judged->why)));
    jout_close(out, '{');
}

static void put_difference(struct jout *out, const struct job *job)
{
    struct parity_difference *first = &job->found->first;
    const struct record_begin *begin = job->config.scan->plays[first->play].begin;
    char name[SLOT_NAME];

    memcpy(name, begin->record.name, sizeof(name));
    jout_key(out, "first_difference");
    jout_open(out, '{');
    jout_kv_str(out, "agent", safe(name, sizeof(name)));
    jout_kv_int(out, "generation", begin->generation);
    jout_kv_int(out, "event", (int64_t)first->seq);
    jout_kv_int(out, "cause_event", (int64_t)first->cause_seq);
    jout_kv_str(out, "cause", safe(first->cause, sizeof(first->cause)));
    put_side(out, "journal", &first->live);
    put_side(out, "again", &first->again);
    jout_close(out, '{');
}

/* The members of an object. */
static void put_locked(const struct job *job, const struct sums *sums, struct jout *out)
{
    const struct parity_scan *scan = job->config.scan;

    jout_kv_str(out, "mode", "locked");
    jout_kv_int(out, "first_event", (int64_t)scan->first_seq);
    jout_kv_int(out, "last_event", (int64_t)scan->last_seq);
    jout_kv_int(out, "runs", scan->n_runs);
    jout_kv_int(out, "instances", scan->n_plays);
    jout_kv_int(out, "equal", sums->n_equal);
    jout_kv_int(out, "differ", sums->n_differ);
    jout_kv_int(out, "not_compared", sums->n_unknown);
    jout_kv_int(out, "intents", (int64_t)scan->n_intents);
    jout_kv_int(out, "intents_compared", (int64_t)sums->n_compared);
    jout_kv_real(out, "share_percent", share_of(sums->n_compared, scan->n_intents));
    jout_key(out, "agents");
    jout_open(out, '[');
    for (uint32_t i = 0; i < scan->n_plays; i++)
        put_play(out, &scan->plays[i], &job->found->plays[i]);
    jout_close(out, '[');
    jout_key(out, "without_begin");
    jout_open(out, '[');
    for (uint32_t i = 0; i < scan->n_strangers; i++) {
        const struct parity_stranger *stranger = &scan->strangers[i];

        jout_open(out, '{');
        jout_kv_int(out, "slot", stranger->slot);
        jout_kv_int(out, "generation", stranger->generation);
        jout_kv_int(out, "from_event", (int64_t)stranger->first_seq);
        jout_kv_int(out, "to_event", (int64_t)stranger->last_seq);
        jout_kv_int(out, "intents", (int64_t)stranger->n_intents);
        jout_close(out, '{');
    }
    jout_close(out, '[');
    if (job->found->first.is_set && job->found->first.play < scan->n_plays)
        put_difference(out, job);
}

/* json: where it is told; NULL: as text. */
static int judge(struct job *job, const struct disk *disk, struct jout *json)
{
    const struct parity_scan *scan = job->config.scan;
    struct sums sums;
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
        sums = sum_up(job);
        if (json != NULL)
            put_locked(job, &sums, json);
        else
            print_text(job, &sums);
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
    struct arg_list dir, sent;
    int is_live, is_json, is_locked, is_free, has_fills, has_pnl;
    int64_t run;
    double max_fills, max_pnl;
    const char *against, *page;
};

/* Is more different than is allowed? */
static int is_beyond(const struct opts *opts, const struct parity_free *free)
{
    double percent = (double)free->result.share_ppm / 1e4;
    double bp = free->result.pnl_bp < 0 ? -free->result.pnl_bp : free->result.pnl_bp;

    return (opts->has_fills && percent > opts->max_fills) || (opts->has_pnl && bp > opts->max_pnl);
}

static int write_page(const char *path, const struct parity_free *free)
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
    struct parity_free free = {0};
    int rc = parity_free_run(config, &free);

    if (rc == EXIT_OK) {
        if (json != NULL) {
            jout_key(json, "free");
            parity_free_json(&free, json);
        } else {
            parity_free_print(&free);
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
        parity_free_tell_against(&a, &stage, json);
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
        {"sent", ARG_LIST, "[SYMBOL=]FILE",
         "free: recordings that the simulated venue played: what it sent is compared, and orders "
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
    struct reading reading;
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
        read_only(&reading, &disk.port);
        job.config.scan = &scan;
        job.config.kept = kept;
        job.config.is_live = opts.is_live;
        job.config.ctx = &job;
        rc = compare(&opts, &job, &reading.port);
    }
    parity_scan_free(&scan);
    disk_posix_close(&disk);
    return rc;
}
