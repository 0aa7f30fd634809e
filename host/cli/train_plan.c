// SPDX-License-Identifier: Apache-2.0
#include "cli/train_plan.h"
#include "cli/train_resume.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "args/args.h"
#include "base/exit.h"
#include "gpu/profile.h"
#include "roster/leases.h"
#include "run/config_file.h"
#include "sys/clock.h"

#define LOOK_NS ((int64_t)50000000) /* so often checkpoints are looked for */

enum phase { TO_ASK, ASKED, DONE, FAILED };
struct doing {
    const struct plan_training *of;
    char checkpoint[PLAN_WORD + 16]; /* "": its kind has none, and begins anew */
    uint64_t lease;
    pid_t pid; /* 0: it does not run */
    uint32_t n_begun, n_out;
    int code;
    enum phase phase;
    uint8_t is_held, is_stopping, card;
};
struct planning {
    const struct train_plan_ask *ask;
    struct plan plan;
    struct gpu_rules rules;
    struct gpu gpu;
    struct gpu_out out;
    struct doing all[PLAN_TRAININGS];
    int64_t began_ns;
    int is_ending;
};

static void say(const struct planning *planning, const struct doing *of, const char *text,
                const char *more)
{
    if (!planning->ask->is_quiet)
        fprintf(stderr, "agon train: %s: %s%s\n", of->of->name, text, more);
}

static int has_checkpoint(const struct doing *of)
{
    return of->checkpoint[0] != '\0' && access(of->checkpoint, F_OK) == 0;
}

/* --- the allocator --- */

static void decided(struct planning *planning, const struct gpu_decision *decision)
{
    struct doing *of = decision->owner < planning->plan.n ? &planning->all[decision->owner] : NULL;

    if (of == NULL || decision->lease == 0)
        return;
    of->lease = decision->lease;
    switch (decision->kind) {
    case GPU_DID_GRANTED:
    case GPU_DID_RESUMED:
    case GPU_DID_MOVED:
        of->is_held = 1;
        of->card = decision->card;
        say(planning, of, decision->kind == GPU_DID_GRANTED ? "has its lease on " : "again on ",
            planning->rules.cards[decision->card].name);
        break;
    case GPU_DID_QUEUED:
        say(planning, of, "waits for its lease", "");
        break;
    case GPU_DID_EVICTED:
        of->is_held = 0;
        of->n_out++;
        say(planning, of, "is put out: ", gpu_why_doc(decision->why));
        if (of->pid > 0) {
            of->is_stopping = 1;
            (void)kill(of->pid, SIGTERM);
        }
        break;
    default:
        break;
    }
}

static void step(struct planning *planning, struct gpu_event event)
{
    event.t = clock_mono() - planning->began_ns + 1;
    if (event.t < planning->gpu.t)
        event.t = planning->gpu.t;
    gpu_step(&planning->gpu, &event, &planning->out);
    for (uint32_t i = 0; i < planning->out.n; i++)
        decided(planning, &planning->out.all[i]);
}

static struct gpu_event request_of(const struct planning *planning, uint32_t i)
{
    const struct plan_training *of = &planning->plan.all[i];
    uint32_t n;
    uint8_t budget = leases_find_budget(&planning->rules, of->budget, &n);

    return (struct gpu_event){
        .kind = GPU_REQUEST,
        .owner = i,
        .bytes = of->bytes,
        .share_ppm = of->share_ppm,
        .budget = n == 1 ? budget : GPU_NONE,
        .group = of->group[0] == '\0' ? GPU_NONE
                 : n == 1 ? profile_group(&planning->rules, planning->rules.budgets[budget].card,
                                          of->group)
                          : GPU_NONE,
        .priority = of->priority,
        .flags = (uint8_t)((of->is_dedicated ? GPU_DEDICATED : 0) | GPU_RESUMES)};
}

/* What can never be granted, by an allocator that has nothing else to do. */
static int judge(struct planning *planning, uint32_t i)
{
    const struct plan_training *of = &planning->plan.all[i];
    struct gpu_event event = request_of(planning, i);
    const char *why = NULL;

    if (event.budget == GPU_NONE)
        why = "its budget is not one of the profile, or is of several cards; see agon gpu plan";
    else if (planning->rules.budgets[event.budget].class == GPU_INFERENCE)
        why = "its budget is of inference; expected one of training or research";
    else if (of->group[0] != '\0' && event.group == GPU_NONE)
        why = "its group is not one of the shares on that card; see agon gpu plan";
    gpu_init(&planning->gpu, &planning->rules, 1);
    event.t = 1;
    if (why == NULL)
        gpu_step(&planning->gpu, &event, &planning->out);
    for (uint32_t k = 0; why == NULL && k < planning->out.n; k++) {
        if (planning->out.all[k].kind == GPU_DID_REFUSED)
            why = gpu_why_doc(planning->out.all[k].why);
    }
    if (why == NULL)
        return 1;
    fprintf(stderr, "agon train: %s: training %s can never be granted: %s\n",
            args_safe(planning->ask->path), of->name, why);
    return 0;
}

/* --- processes --- */

static uint32_t threads_of(const struct planning *planning, const struct plan_training *of)
{
    uint64_t part = (uint64_t)planning->plan.threads * of->share_ppm / GPU_ALL_PPM;

    if (of->is_dedicated)
        return planning->plan.threads;
    return part > 0 ? (uint32_t)part : 1;
}

static uint32_t add_words(char **argv, uint32_t n, const char *name, const char *value)
{
    if (value[0] == '\0')
        return n;
    argv[n] = (char *)(uintptr_t)name;
    argv[n + 1] = (char *)(uintptr_t)value;
    return n + 2;
}

static _Noreturn void become(const struct planning *planning, const struct doing *of,
                             const char *how)
{
    const struct plan_training *training = of->of;
    static char threads[16], log[PLAN_WORD + 16], device[24], memory[24];
    char *argv[PLAN_WORDS + 16];
    uint32_t n = 0;
    sigset_t none;
    int fd;

    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    (void)snprintf(log, sizeof(log), "%s.report", train_plan_word(training, "--out"));
    fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0) {
        fprintf(stderr, "agon train: %s: %s\n", log, strerror(errno));
        _exit(EXIT_ENVIRONMENT);
    }
    argv[n++] = (char *)(uintptr_t) "agon";
    argv[n++] = (char *)(uintptr_t) "train";
    for (uint32_t i = 0; i < training->n_words; i++)
        argv[n++] = (char *)(uintptr_t)training->words[i];
    if (!planning->plan.is_cuda) {
        (void)snprintf(threads, sizeof(threads), "%u", threads_of(planning, training));
        n = add_words(argv, n, "--threads", threads);
    } else {
        (void)snprintf(device, sizeof(device), "cuda:%u", of->card);
        (void)snprintf(memory, sizeof(memory), "%lld", (long long)training->bytes);
        n = add_words(argv, n, "--device", device);
        n = add_words(argv, n, "--memory", memory);
        n = add_words(argv, n, "--driver", planning->plan.driver);
        n = add_words(argv, n, "--nvrtc", planning->plan.nvrtc);
    }
    if (how != NULL)
        argv[n++] = (char *)(uintptr_t)how;
    argv[n] = NULL;
    (void)execv("/proc/self/exe", argv);
    fprintf(stderr, "agon train: %s\n", strerror(errno));
    _exit(EXIT_ENVIRONMENT);
}

static void give_back(struct planning *planning, struct doing *of)
{
    step(planning, (struct gpu_event){.kind = GPU_RELEASE,
                                      .owner = (uint32_t)(of - planning->all),
                                      .lease = of->lease});
    of->is_held = 0;
}

static void begin(struct planning *planning, struct doing *of)
{
    // One of before that nobody spoke of when the plan began is refused by the training itself.
    const char *how = !has_checkpoint(of)                            ? NULL
                      : of->n_begun > 0 || planning->ask->is_resumed ? "--resume"
                      : planning->ask->is_restarted                  ? "--restart"
                                                                     : NULL;

    of->pid = fork();
    if (of->pid == 0)
        become(planning, of, how);
    of->n_begun++;
    if (of->pid < 0) {
        of->pid = 0;
        of->phase = FAILED;
        of->code = EXIT_ENVIRONMENT;
        say(planning, of, "no process: ", strerror(errno));
        give_back(planning, of);
    }
}

static void end(struct planning *planning, struct doing *of, int status)
{
    int is_put_out =
        of->is_stopping && ((WIFEXITED(status) && WEXITSTATUS(status) == EXIT_INTERRUPTED) ||
                            (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM));
    char code[48];

    of->pid = 0;
    of->is_stopping = 0;
    if (is_put_out) {
        say(planning, of, has_checkpoint(of) ? "has left its checkpoint" : "has left nothing", "");
        return;
    }
    of->code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_INTERNAL;
    of->phase = of->code == EXIT_OK ? DONE : FAILED;
    (void)snprintf(code, sizeof(code), WIFSIGNALED(status) ? "signal %d" : "exit code %d",
                   WIFSIGNALED(status) ? WTERMSIG(status) : of->code);
    say(planning, of, of->phase == DONE ? "is trained" : "failed: ", of->phase == DONE ? "" : code);
    give_back(planning, of);
}

static void reap(struct planning *planning)
{
    for (uint32_t i = 0; i < planning->plan.n; i++) {
        struct doing *of = &planning->all[i];
        int status;

        if (of->pid > 0 && waitpid(of->pid, &status, WNOHANG) == of->pid)
            end(planning, of, status);
    }
}

/* --- the course --- */

static int is_due(const struct planning *planning, const struct doing *of)
{
    if (of->phase != TO_ASK || clock_mono() - planning->began_ns < of->of->start_ns)
        return 0;
    for (uint32_t i = 0; of->of->after[0] != '\0' && i < planning->plan.n; i++) {
        const struct doing *other = &planning->all[i];

        if (strcmp(other->of->name, of->of->after) == 0)
            return other->phase >= DONE || (other->n_begun > 0 && has_checkpoint(other));
    }
    return 1;
}

static void ask(struct planning *planning)
{
    for (uint32_t i = 0; i < planning->plan.n; i++) {
        if (!is_due(planning, &planning->all[i]))
            continue;
        planning->all[i].phase = ASKED;
        step(planning, request_of(planning, i));
    }
}

/* Whose room it needs has ended first. */
static int is_free(const struct planning *planning, uint8_t card)
{
    for (uint32_t i = 0; i < planning->plan.n; i++) {
        const struct doing *other = &planning->all[i];

        if (other->pid > 0 && other->is_stopping && other->card == card)
            return 0;
    }
    return 1;
}

static void begin_all(struct planning *planning)
{
    for (uint32_t i = 0; i < planning->plan.n; i++) {
        struct doing *of = &planning->all[i];

        if (of->phase == ASKED && of->is_held && of->pid == 0 && is_free(planning, of->card))
            begin(planning, of);
    }
}

static void stop_all(struct planning *planning)
{
    planning->is_ending = 1;
    for (uint32_t i = 0; i < planning->plan.n; i++) {
        struct doing *of = &planning->all[i];

        if (of->pid > 0) {
            of->is_stopping = 1;
            (void)kill(of->pid, SIGTERM);
        }
    }
}

static int is_over(const struct planning *planning)
{
    for (uint32_t i = 0; i < planning->plan.n; i++) {
        if (planning->all[i].pid > 0 || (!planning->is_ending && planning->all[i].phase < DONE))
            return 0;
    }
    return 1;
}

static void wait_for(struct planning *planning, const sigset_t *signals)
{
    const struct timespec look = {.tv_nsec = LOOK_NS};
    int signal = sigtimedwait(signals, NULL, &look);

    if ((signal == SIGINT || signal == SIGTERM) && !planning->is_ending)
        stop_all(planning);
}

static void run(struct planning *planning)
{
    sigset_t signals;

    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGCHLD);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    while (!is_over(planning)) {
        reap(planning);
        if (!planning->is_ending) {
            ask(planning);
            if (gpu_next_due(&planning->gpu) <= clock_mono() - planning->began_ns + 1)
                step(planning, (struct gpu_event){.kind = GPU_TICK});
            begin_all(planning);
        }
        if (!is_over(planning))
            wait_for(planning, &signals);
    }
}

static const char *word_of(const struct doing *of)
{
    return of->phase == DONE ? "trained" : of->phase == FAILED ? "failed" : "not done";
}

static int report(const struct planning *planning)
{
    json_t *all = json_array();
    int code = planning->is_ending ? EXIT_INTERRUPTED : EXIT_OK;

    for (uint32_t i = 0; i < planning->plan.n; i++) {
        const struct doing *of = &planning->all[i];

        if (of->phase == FAILED && code == EXIT_OK)
            code = of->code;
        if (planning->ask->is_json)
            json_array_append_new(
                all, json_pack("{s:s, s:s, s:s, s:i, s:i, s:i}", "name", of->of->name, "out",
                               train_plan_word(of->of, "--out"), "state", word_of(of), "begun",
                               (int)of->n_begun, "put_out", (int)of->n_out, "code", of->code));
        else
            printf("%-20s  %-8s  begun %u times, put out %u times\n", of->of->name, word_of(of),
                   of->n_begun, of->n_out);
    }
    if (planning->ask->is_json) {
        (void)json_dumpf(all, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(all);
    return code;
}

static void set_out(struct planning *planning, uint32_t i)
{
    struct doing *of = &planning->all[i];
    const struct plan_training *training = &planning->plan.all[i];
    const char *out = train_plan_word(training, "--out");
    const char *checkpoint = train_plan_word(training, "--checkpoint");

    of->of = training;
    if (checkpoint != NULL)
        (void)snprintf(of->checkpoint, sizeof(of->checkpoint), "%s", checkpoint);
    else if (strcmp(training->words[0], "trees") != 0 && strcmp(training->words[0], "ppo") != 0)
        (void)snprintf(of->checkpoint, sizeof(of->checkpoint), "%s.resume", out);
    if (planning->ask->is_resumed && access(out, F_OK) == 0 && !has_checkpoint(of)) {
        of->phase = DONE;
        say(planning, of, "was trained before", "");
    }
}

static int read_plan(struct planning *planning)
{
    struct config_file file;
    struct roster_cards cards = {0};
    int rc;

    if (config_file_open(&file, "train", planning->ask->path) &&
        config_read(file.config, &train_plan_schema, &planning->plan) >= 0)
        (void)leases_rules(file.config, config_root(file.config), planning->plan.profile,
                           planning->plan.shares, &cards);
    rc = config_file_close(&file);
    if (rc != EXIT_OK)
        return rc;
    planning->rules = cards.rules;
    for (uint32_t i = 0; i < planning->plan.n; i++) {
        if (!judge(planning, i))
            return EXIT_CONFIG;
    }
    return EXIT_OK;
}

/* All that would be lost is said before anything begins. */
static int is_any_lost(const struct planning *planning)
{
    int is_lost = 0;

    for (uint32_t i = 0; i < planning->plan.n; i++) {
        const struct doing *of = &planning->all[i];

        if (of->checkpoint[0] != '\0')
            is_lost |= train_resume_is_lost(NULL, of->checkpoint);
    }
    return is_lost;
}

int train_plan_run(const struct train_plan_ask *ask)
{
    struct planning *planning = calloc(1, sizeof(*planning));
    int rc;

    if (planning == NULL)
        return EXIT_ENVIRONMENT;
    planning->ask = ask;
    rc = read_plan(planning);
    if (rc == EXIT_OK) {
        planning->began_ns = clock_mono();
        gpu_init(&planning->gpu, &planning->rules, 1);
        for (uint32_t i = 0; i < planning->plan.n; i++)
            set_out(planning, i);
        if (!ask->is_resumed && !ask->is_restarted && is_any_lost(planning))
            rc = EXIT_SAFETY;
    }
    if (rc == EXIT_OK) {
        run(planning);
        rc = report(planning);
    }
    free(planning);
    return rc;
}
