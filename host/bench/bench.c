// SPDX-License-Identifier: Apache-2.0
#include "bench/bench.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "demo/demo_config.h"
#include "sys/clock.h"
#include "sys/log.h"

#define BATCHES_MAX 65536 /* of one side, over all turns */

struct side {
    bench_side_fn run;
    double turns[BENCH_PAIRS]; /* ns of one operation */
    float *batches;            /* owned: ns of one operation */
    uint32_t n_batches;
    uint64_t sum;
};

static int by_double(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static int by_float(const void *a, const void *b)
{
    float x = *(const float *)a;
    float y = *(const float *)b;

    return (x > y) - (x < y);
}

static double median(const double *values, uint32_t n)
{
    double sorted[BENCH_PAIRS];

    memcpy(sorted, values, n * sizeof(*values));
    qsort(sorted, n, sizeof(*sorted), by_double);
    return n % 2 != 0 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0;
}

static double percentile(const struct side *side, uint32_t per_mille)
{
    uint64_t at = (uint64_t)side->n_batches * per_mille / 1000;

    if (side->n_batches == 0)
        return 0.0;
    return (double)side->batches[at < side->n_batches ? at : side->n_batches - 1];
}

static int64_t own_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void turn(const struct bench_pair *pair, struct side *side, uint32_t at, uint64_t n)
{
    uint64_t batch = pair->batch != 0 && pair->batch < n ? pair->batch : n;
    // Of this turn alone, which has all of them: what percentiles are of is full after some turns.
    float *own = pair->between != NULL ? malloc((n / batch + 1) * sizeof(*own)) : NULL;
    uint32_t n_own = 0;
    uint64_t done = 0;
    int64_t began = pair->is_wall ? clock_mono() : own_time();
    int64_t spent;

    while (done < n) {
        uint64_t now = n - done < batch ? n - done : batch;
        int64_t start = clock_mono(), end;
        float ns;

        side->sum += side->run(pair->ctx, now);
        end = clock_mono();
        if (pair->there_ns != NULL && side->run == pair->run_product)
            end = *pair->there_ns;
        ns = (float)(end - start) / (float)now;
        if (side->n_batches < BATCHES_MAX)
            side->batches[side->n_batches++] = ns;
        if (own != NULL)
            own[n_own++] = ns;
        done += now;
        if (pair->between != NULL)
            pair->between(pair->ctx);
    }
    spent = (pair->is_wall ? clock_mono() : own_time()) - began;
    if (pair->untimed_ns != NULL && side->run == pair->run_product)
        spent -= *pair->untimed_ns;
    side->turns[at] = (double)spent / (double)n;
    if (pair->between == NULL)
        return;
    // What is done between them is not timed: a turn without its batches would have it in it.
    REQUIRE(own != NULL && n_own > 0);
    qsort(own, n_own, sizeof(*own), by_float);
    side->turns[at] = (double)own[n_own / 2];
    free(own);
}

static const char *met_word(const struct bench_pair *pair, double ratio, int *is_met)
{
    if (pair->goal_kind == BENCH_NO_GOAL) {
        *is_met = 1;
        return "no goal";
    }
    *is_met = pair->goal_kind == BENCH_AT_MOST ? ratio <= pair->goal : 1.0 / ratio >= pair->goal;
    return *is_met ? "met" : "missed";
}

static void put_text(const char *text)
{
    putchar('"');
    for (const char *c = text != NULL ? text : ""; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            putchar('\\');
        putchar(*c);
    }
    putchar('"');
}

static void report_json(struct bench *bench, const struct bench_pair *pair,
                        const struct side *sides, uint32_t pairs, uint64_t n, double ratio,
                        double share, int is_met)
{
    printf("%s\n    {\"name\": \"%s\", \"op\": \"%s\", \"pairs\": %u, \"n\": %llu, \"clock\": "
           "\"%s\", \"ratio\": %.4f, \"goal\": ",
           bench->n_rows == 0 ? "" : ",", pair->name, pair->op, pairs, (unsigned long long)n,
           pair->is_wall ? "wall" : "thread", ratio);
    put_text(pair->goal_text);
    printf(", \"met\": %s", pair->goal_kind == BENCH_NO_GOAL ? "null" : is_met ? "true" : "false");
    if (pair->goal_kind != BENCH_NO_GOAL)
        printf(", \"reached\": %.4f, \"wanted\": %.4f, \"direction\": \"%s\"", share, pair->goal,
               pair->goal_kind == BENCH_AT_MOST ? "at most" : "at least");
    for (int i = 0; i < 2; i++) {
        printf(", \"%s\": {\"what\": ", i == 0 ? "product" : "yardstick");
        put_text(i == 0 ? pair->product : pair->yardstick);
        printf(", \"ns\": %.3f, \"p50\": %.3f, \"p99\": %.3f}", median(sides[i].turns, pairs),
               percentile(&sides[i], 500), percentile(&sides[i], 990));
    }
    if (!is_met && pair->why != NULL) {
        printf(", \"why\": ");
        put_text(pair->why);
    }
    putchar('}');
}

static void report_text(const struct bench_pair *pair, const struct side *sides, uint32_t pairs,
                        uint64_t n, double share, const char *met, int is_met)
{
    printf("\n%s  (ns a %s; %u pairs of %llu; %s time)\n", pair->name, pair->op, pairs,
           (unsigned long long)n, pair->is_wall ? "wall" : "the thread's own");
    for (int i = 0; i < 2; i++) {
        double ns = median(sides[i].turns, pairs);

        printf("  %-9s %10.2f  p50 %9.2f  p99 %9.2f  %8.3f M/s  %s\n",
               i == 0 ? "product" : "yardstick", ns, percentile(&sides[i], 500),
               percentile(&sides[i], 990), ns > 0 ? 1e3 / ns : 0.0,
               i == 0 ? pair->product : pair->yardstick);
    }
    printf("  %-9s %10.3f  ", pair->goal_kind == BENCH_AT_LEAST ? "faster" : "ratio", share);
    if (pair->goal_text != NULL)
        printf("goal %s: %s\n", pair->goal_text, met);
    else
        printf("%s\n", met);
    if (!is_met && pair->why != NULL)
        printf("  why       %s\n", pair->why);
}

int bench_compare(struct bench *bench, const struct bench_pair *pair)
{
    struct side sides[2] = {{.run = pair->run_product}, {.run = pair->run_yardstick}};
    uint32_t pairs = bench->is_quick ? BENCH_PAIRS_QUICK : BENCH_PAIRS;
    uint64_t n = bench_n(bench, pair->n);
    double ratios[BENCH_PAIRS];
    double ratio;
    double share;
    const char *met;
    int is_met;
    int rc = AGON_ENOMEM;

    for (int i = 0; i < 2; i++)
        sides[i].batches = malloc(BATCHES_MAX * sizeof(float));
    if (sides[0].batches == NULL || sides[1].batches == NULL)
        goto done;
    // Once unmeasured: caches and branch predictors are warm, and the results are compared.
    for (int i = 0; i < 2; i++) {
        turn(pair, &sides[i], 0, n < 4096 ? n : 4096);
        sides[i].n_batches = 0;
    }
    if (pair->is_same)
        bench_check(bench, sides[0].sum == sides[1].sum, "%s: both sides reach the same result",
                    pair->name);
    for (uint32_t at = 0; at < pairs; at++) {
        // Who goes first takes turns as well.
        for (uint32_t i = 0; i < 2; i++)
            turn(pair, &sides[(at + i) % 2], at, n);
        ratios[at] = sides[0].turns[at] / sides[1].turns[at];
    }
    bench_keep(sides[0].sum + sides[1].sum);
    for (int i = 0; i < 2; i++)
        qsort(sides[i].batches, sides[i].n_batches, sizeof(float), by_float);
    ratio = median(ratios, pairs);
    share = pair->goal_kind == BENCH_AT_LEAST && ratio > 0 ? 1.0 / ratio : ratio;
    met = met_word(pair, ratio, &is_met);
    if (bench->is_json)
        report_json(bench, pair, sides, pairs, n, ratio, share, is_met);
    else
        report_text(pair, sides, pairs, n, share, met, is_met);
    fflush(stdout);
    bench->n_rows++;
    rc = AGON_OK;
done:
    free(sides[0].batches);
    free(sides[1].batches);
    return rc;
}

int bench_check(struct bench *bench, int is_good, const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (bench->is_json) {
        printf("%s\n    {\"check\": ", bench->n_rows++ == 0 ? "" : ",");
        put_text(text);
        printf(", \"ok\": %s}", is_good ? "true" : "false");
    } else {
        printf("%s%s\n", is_good ? "  checked   " : "  WRONG     ", text);
    }
    bench->n_failed += !is_good;
    return is_good;
}

void bench_figure(struct bench *bench, const char *name, double value, const char *unit,
                  const char *note)
{
    if (bench->is_json) {
        printf("%s\n    {\"name\": \"%s\", \"value\": %.4f, \"unit\": \"%s\", \"note\": ",
               bench->n_rows++ == 0 ? "" : ",", name, value, unit);
        put_text(note);
        putchar('}');
    } else {
        printf("\n%s\n  %-9s %10.3f %s  %s\n", name, "product", value, unit, note);
    }
}

void bench_beside(struct bench *bench, const struct bench_beside *beside)
{
    double ratio = beside->yardstick_ns > 0 ? beside->ns / beside->yardstick_ns : 0;
    int is_met = beside->ns < beside->most_ns;

    if (!bench->is_json) {
        printf("\n%s  (ns a %s; %llu; wall time)\n", beside->name, beside->op,
               (unsigned long long)beside->n);
        printf("  product   %10.0f  %s\n  yardstick %10.0f  %s\n", beside->ns, beside->product,
               beside->yardstick_ns, beside->yardstick);
        printf("  ratio     %10.3f  goal %s: %s\n", ratio, beside->goal_text,
               is_met ? "met" : "missed");
        return;
    }
    printf("%s\n    {\"name\": \"%s\", \"op\": \"%s\", \"pairs\": 1, \"n\": %llu, \"clock\": "
           "\"wall\", \"ratio\": %.4f, \"goal\": ",
           bench->n_rows++ == 0 ? "" : ",", beside->name, beside->op, (unsigned long long)beside->n,
           ratio);
    put_text(beside->goal_text);
    printf(", \"met\": %s, \"product\": {\"what\": ", is_met ? "true" : "false");
    put_text(beside->product);
    printf(", \"ns\": %.3f}, \"yardstick\": {\"what\": ", beside->ns);
    put_text(beside->yardstick);
    printf(", \"ns\": %.3f}}", beside->yardstick_ns);
}

void bench_absent(struct bench *bench, const char *name, const char *why)
{
    if (bench->is_json) {
        printf("%s\n    {\"name\": \"%s\", \"absent\": ", bench->n_rows++ == 0 ? "" : ",", name);
        put_text(why);
        putchar('}');
    } else {
        printf("\n%s\n  %s\n", name, why);
    }
}

void bench_hist(struct bench *bench, const char *name, const struct hist *hist, const char *note)
{
    static const struct {
        const char *name;
        double q;
    } quantiles[] = {{"p50", 0.5}, {"p99", 0.99}, {"max", 1.0}};
    char text[96];

    for (int i = 0; i < 3; i++) {
        snprintf(text, sizeof(text), "%s.%s", name, quantiles[i].name);
        bench_figure(bench, text,
                     (double)(i == 2 ? hist->max_ns : hist_quantile(hist, quantiles[i].q)) / 1000,
                     "us", note);
    }
}

static void cpu_name(char *name, size_t room)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[256];

    snprintf(name, room, "unknown processor");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        const char *colon = strchr(line, ':');

        if (strncmp(line, "model name", 10) == 0 && colon != NULL) {
            snprintf(name, room, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
            break;
        }
    }
    if (file != NULL)
        fclose(file);
}

void bench_begin(struct bench *bench)
{
    struct utsname system = {0};
    double load[3] = {0};
    char cpu[128];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

#if defined(__OPTIMIZE__)
    const char *build = "optimised";
#else
    const char *build = "NOT optimised: the figures mean nothing";
#endif
    uname(&system);
    (void)getloadavg(load, 3);
    cpu_name(cpu, sizeof(cpu));
    if (bench->is_json) {
        printf("{\"machine\": ");
        put_text(cpu);
        printf(", \"cores\": %ld, \"kernel\": \"%s\", \"compiler\": \"%s\", \"build\": \"%s\", "
               "\"load\": %.2f, \"quick\": %s, \"rows\": [",
               cores, system.release, __VERSION__, build, load[0],
               bench->is_quick ? "true" : "false");
    } else {
        printf("%s, %ld cores, Linux %s, compiler %s, %s; load %.2f%s\n", cpu, cores,
               system.release, __VERSION__, build, load[0],
               load[0] > (double)cores / 2 ? ": busy, ratios count and times do not" : "");
    }
}

void bench_end(struct bench *bench)
{
    if (bench->is_json)
        printf("\n  ], \"failed\": %u}\n", bench->n_failed);
    else if (bench->n_failed > 0)
        printf("\n%u checks failed\n", bench->n_failed);
}

uint64_t bench_n(const struct bench *bench, uint64_t n)
{
    if (bench->n != 0)
        return bench->n;
    if (!bench->is_quick || n < 64)
        return n;
    return n / 32 > 64 ? n / 32 : 64;
}

int bench_logged(struct bench *bench, const char *name,
                 int (*run)(void *ctx, const char *log_path, struct error *err), void *ctx,
                 struct error *err)
{
    struct log_config config = {.is_json = 1, .fd = -1};
    struct log *log;
    char path[320];
    int rc;

    (void)snprintf(path, sizeof(path), "%.250s/%.60s.log", bench->dir, name);
    (void)unlink(path); // of a turn before
    config.fd = demo_open_log(path);
    log = config.fd >= 0 ? log_new(&config, err) : NULL;
    if (log == NULL) {
        rc = error_set(err, AGON_EIO, "%s: no log", path);
    } else {
        log_set_process(log);
        rc = run(ctx, path, err);
        log_set_process(NULL);
        log_free(log);
    }
    if (config.fd >= 0)
        (void)close(config.fd);
    return rc;
}
