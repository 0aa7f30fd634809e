// SPDX-License-Identifier: Apache-2.0
/* backtest_file: the command as a user types it, from its start to its end, over a file: bars and
 * trades as CSV, books as a venue's messages; with a plugin that has orders, fees, latencies, and
 * with and without a journal. Against it, in turns, a process that reads the same file with a bare
 * scanner and does the same kind of sums. Both are counted by the processor time of their
 * processes, and by the time from their start to their end ("took"), which a second processor
 * shortens and other load lengthens. What the command did is compared between all of its runs by
 * its own report. Where there is a peer's program (--vs), it goes over the bars too, in the same
 * turns. */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "base/rng.h"
#include "bench/backtest_file.h"
#include "bench/swar.h"
#include "demo/demo_config.h"
#include "lab/data_file.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/proc.h"

#define ROWS      200000
#define FAST      10
#define SLOW      30
#define PLACES    (1u << 16) /* of a bare book's side */
#define PAIRS_MAX BENCH_PAIRS

struct side {
    const char *name, *plugin, *symbol;
    const char *const *params; /* NAME=VALUE, up to a NULL; or NULL */
    char path[400];            /* the file that both read */
    uint64_t n;                /* its rows */
    uint64_t (*bare)(const char *at, const char *end);
    int has_peer; /* a peer's program can read it */
};

struct turn {
    char program[512], plugins[512], out[400], journal[400];
    struct backtest_report first; /* of each run of this side */
    uint64_t n_runs;
    int is_alike; /* all runs reported the same */
};

/* --- the bare loops --- */

static inline const char *bare_number(const char *at, int64_t *value)
{
    uint64_t whole, part = 0;

    at = swar_digits(at, &whole);
    if (*at == '.') {
        const char *from = at + 1;

        at = swar_digits(from, &part);
        for (const char *digit = from; digit < at; digit++)
            whole *= 10;
    }
    *value = (int64_t)(whole + part);
    return at + 1;
}

static const char *behind_head(const char *at, const char *end)
{
    const char *line = memchr(at, '\n', (size_t)(end - at));

    return line != NULL ? line + 1 : end;
}

// What reading takes: two moving averages and a position beside it, without an order of its own.
static uint64_t bare_bars(const char *at, const char *end)
{
    int64_t closes[SLOW] = {0}, fast = 0, slow = 0, cash = 0, held = 0;
    uint64_t n = 0;

    for (at = behind_head(at, end); at < end; n++) {
        int64_t row[6];
        int is_above;

        for (int i = 0; i < 6; i++)
            at = bare_number(at, &row[i]);
        fast += row[4] - (n >= FAST ? closes[(n - FAST) % SLOW] : 0);
        slow += row[4] - (n >= SLOW ? closes[n % SLOW] : 0);
        closes[n % SLOW] = row[4];
        is_above = n + 1 >= SLOW && fast * SLOW > slow * FAST;
        if (is_above != (held != 0)) {
            cash += is_above ? -row[4] : row[4];
            held = is_above;
        }
    }
    return n + (uint64_t)(cash & 1);
}

static uint64_t bare_trades(const char *at, const char *end)
{
    int64_t sum = 0;
    uint64_t n = 0;

    for (at = behind_head(at, end); at < end; n++) {
        int64_t row[3];

        for (int i = 0; i < 3; i++)
            at = bare_number(at, &row[i]);
        sum += *at == 'b' ? row[2] : -row[2];
        at = behind_head(at, end);
    }
    return n + (uint64_t)(sum & 1);
}

// A pair of texts is a level: its quantity to the place of its price.
static uint64_t bare_books(const char *at, const char *end)
{
    int64_t *places = calloc(PLACES, sizeof(*places));
    uint64_t n = 0;

    for (; places != NULL && at < end; n++) {
        const char *line = behind_head(at, end);

        while ((at = memchr(at, '[', (size_t)(line - at))) != NULL) {
            int64_t px, qty;

            if (*++at != '"')
                continue;
            at = bare_number(at + 1, &px);
            at = bare_number(at + 2, &qty);
            places[(uint64_t)px % PLACES] = qty;
        }
        at = line;
    }
    if (places != NULL)
        n += (uint64_t)places[n % PLACES] & 1;
    free(places);
    return n;
}

const char *const bench_backtest_crossing[] = {"bar_s=60", "size=0.001", NULL};

/* --- processes --- */

struct cost { /* ns; as a count of what a process had before: what is to be taken from it */
    double used, took;
};

double bench_backtest_used_ns(int who)
{
    struct rusage usage;

    if (getrusage(who, &usage) < 0)
        return 0;
    return 1e9 * (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e3 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static int read_bare(const struct side *side)
{
    int fd = open(side->path, O_RDONLY | O_CLOEXEC);
    struct stat stat;
    uint64_t n = 0;
    char *at;

    if (fd < 0 || fstat(fd, &stat) < 0)
        return 0;
    at = mmap(NULL, (size_t)stat.st_size + 1, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (at != MAP_FAILED)
        n = side->bare(at, at + stat.st_size);
    return n == side->n || n == side->n + 1;
}

static struct cost begun(void)
{
    return (struct cost){.used = bench_backtest_used_ns(RUSAGE_CHILDREN),
                         .took = (double)clock_mono()};
}

static struct cost since(struct cost begun)
{
    return (struct cost){.used = bench_backtest_used_ns(RUSAGE_CHILDREN) - begun.used,
                         .took = (double)clock_mono() - begun.took};
}

static int run_bare(const struct side *side, struct cost *cost)
{
    struct cost before = begun();
    int status = -1;
    pid_t pid = fork();

    if (pid == 0)
        _exit(read_bare(side) ? 0 : 1);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return AGON_EIO;
    *cost = since(before);
    return status == 0 ? AGON_OK : AGON_ECORRUPT;
}

static int read_report(const char *path, struct backtest_report *report)
{
    json_t *root = json_load_file(path, 0, NULL);
    const json_t *agents = json_object_get(root, "agents");
    const char *intents = json_string_value(json_object_get(root, "intents_hash"));

    memset(report, 0, sizeof(*report));
    report->n_events = (uint64_t)json_integer_value(json_object_get(root, "events"));
    report->n_market = (uint64_t)json_integer_value(json_object_get(root, "market_events"));
    report->n_intents = (uint64_t)json_integer_value(json_object_get(root, "intents"));
    report->n_fills =
        (uint64_t)json_integer_value(json_object_get(json_array_get(agents, 0), "fills"));
    snprintf(report->intents, sizeof(report->intents), "%s", intents != NULL ? intents : "");
    json_decref(root);
    return intents != NULL ? AGON_OK : AGON_ECORRUPT;
}

/* A program to its end, its output in turn->out; *cost: with its children's. */
static int run_program(const struct turn *turn, const char *path, const char *const *argv,
                       struct cost *cost, struct error *err)
{
    struct proc_spec spec = {.path = path, .argv = argv, .fds = {-1, -1, -1}, .n_fds = 3};
    struct proc proc;
    struct proc_end end = {0};
    struct cost before = begun();
    int rc;

    spec.fds[1] = open(turn->out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (spec.fds[1] < 0)
        return error_set(err, AGON_EIO, "%s cannot be written", turn->out);
    rc = proc_spawn(&proc, &spec, err);
    (void)close(spec.fds[1]);
    if (rc < 0)
        return rc;
    rc = proc_wait(&proc, -1, &end);
    proc_close(&proc);
    *cost = since(before);
    return rc < 0 || end.is_signalled || end.code != 0
               ? error_set(err, AGON_EIO, "%s %s ended with %d", path, argv[1], end.code)
               : AGON_OK;
}

static int run_command(struct turn *turn, const struct side *side, int has_journal,
                       struct cost *cost, struct error *err)
{
    char plugin[1100], data[500];
    const char *argv[20] = {"agon",   "backtest",  plugin, "--data",         data,
                            "--json", "--latency", "20ms", "--data-latency", "5ms"};
    struct backtest_report report;
    int n = 10, rc;

    snprintf(plugin, sizeof(plugin), "%s/%s/%s.so", turn->plugins, side->plugin, side->plugin);
    snprintf(data, sizeof(data), "%s=%s", side->symbol, side->path);
    if (has_journal) {
        (void)file_remove_tree(turn->journal);
        argv[n++] = "--journal";
        argv[n++] = turn->journal;
    }
    for (const char *const *param = side->params; param != NULL && *param != NULL; param++) {
        if (param == side->params)
            argv[n++] = "--param";
        argv[n++] = *param;
    }
    rc = run_program(turn, turn->program, argv, cost, err);
    if (rc >= 0 && read_report(turn->out, &report) < 0)
        rc = error_set(err, AGON_EIO, "agon backtest wrote no report");
    if (rc < 0) {
        error_wrap(err, "agon backtest %s --data %s", plugin, data);
        return rc;
    }
    if (turn->n_runs++ == 0)
        turn->first = report;
    // A journal's marks are events too.
    turn->is_alike &=
        report.n_market == turn->first.n_market && report.n_intents == turn->first.n_intents &&
        report.n_fills == turn->first.n_fills && strcmp(report.intents, turn->first.intents) == 0;
    return AGON_OK;
}

/* --- a peer --- */

struct peer {
    char name[24];
    const char *program; /* NULL: there is none */
    uint64_t n_rows, n_orders;
};

static int find_peer(struct peer *peer, const struct bench *bench, struct error *err)
{
    const char *is = bench->vs != NULL ? strchr(bench->vs, '=') : NULL;
    size_t n = is != NULL ? (size_t)(is - bench->vs) : 0;

    *peer = (struct peer){.program = is != NULL ? is + 1 : NULL};
    if (bench->vs == NULL)
        return AGON_OK;
    if (n == 0 || n >= sizeof(peer->name) ||
        strspn(bench->vs, "abcdefghijklmnopqrstuvwxyz0123456789_") != n)
        return error_set(err, AGON_EINVAL,
                         "--vs %s: a name in small letters, = and a program, as in "
                         "flox=/tmp/agon-vs-flox",
                         bench->vs);
    if (access(peer->program, X_OK) != 0)
        return error_set(err, AGON_ENOENT, "--vs: no program %s; tests/peers says how to make one",
                         peer->program);
    memcpy(peer->name, bench->vs, n);
    return AGON_OK;
}

/* Its crossing of the same two averages, with orders and fees; it says what it did. */
static int run_peer(const struct turn *turn, const struct side *side, struct peer *peer,
                    struct cost *cost, struct error *err)
{
    const char *argv[] = {peer->program, "bars", side->path, "10", "30", NULL};
    unsigned long long n_rows = 0, n_orders = 0;
    int rc = run_program(turn, peer->program, argv, cost, err);
    FILE *file = rc >= 0 ? fopen(turn->out, "re") : NULL;

    if (rc >= 0 && (file == NULL || fscanf(file, "rows %llu orders %llu", &n_rows, &n_orders) != 2))
        rc = error_set(err, AGON_EIO, "%s bars %s did not say what it did", peer->program,
                       side->path);
    if (file != NULL)
        (void)fclose(file);
    peer->n_rows = n_rows;
    peer->n_orders = n_orders;
    return rc;
}

/* --- turns --- */

static int is_less(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static double median(double *values, uint64_t n)
{
    qsort(values, n, sizeof(*values), is_less);
    return n % 2 != 0 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static void report(struct bench *bench, const struct side *side, const char *what, double value,
                   const char *unit, const char *note)
{
    char name[80];

    snprintf(name, sizeof(name), "%s.%s", side->name, what);
    bench_figure(bench, name, value, unit, note);
}

static int begin(struct turn *turn, const struct bench *bench, struct error *err)
{
    *turn = (struct turn){.is_alike = 1};
    if (proc_beside("agon", turn->program, sizeof(turn->program)) < 0 ||
        !demo_plugin_dir(turn->plugins))
        return error_set(err, AGON_ENOENT, "no agon and no plugins beside this program");
    snprintf(turn->out, sizeof(turn->out), "%s/report.json", bench->dir);
    snprintf(turn->journal, sizeof(turn->journal), "%s/journal", bench->dir);
    return AGON_OK;
}

int bench_backtest_command(const struct bench *bench, const char *plugin, const char *const *params,
                           const char *path, struct backtest_report *report, struct error *err)
{
    struct side side = {.plugin = plugin, .params = params, .symbol = "BTCUSDT"};
    struct turn turn;
    struct cost cost;
    int rc = begin(&turn, bench, err);

    snprintf(side.path, sizeof(side.path), "%s", path);
    rc = rc < 0 ? rc : run_command(&turn, &side, 0, &cost, err);
    *report = turn.first;
    return rc;
}

/* Of one turn: what each cost, by processor time or by the time that it took. */
struct pairs {
    double product[PAIRS_MAX], journal[PAIRS_MAX], bare[PAIRS_MAX], peer[PAIRS_MAX];
    uint64_t n;
};

static void note(struct pairs *pairs, double product, double bare, double journal, double peer)
{
    pairs->product[pairs->n] = product;
    pairs->bare[pairs->n] = bare;
    pairs->journal[pairs->n] = journal;
    pairs->peer[pairs->n++] = peer;
}

static double median_by(const double *values, const double *by, double n_by, uint64_t n)
{
    double quotients[PAIRS_MAX];

    for (uint64_t i = 0; i < n; i++)
        quotients[i] = by == NULL ? values[i] / n_by : by[i] > 0 ? values[i] / by[i] : NAN;
    return median(quotients, n);
}

/* suffix: "" or ".took". */
static void report_pairs(struct bench *bench, const struct side *side, const struct pairs *pairs,
                         const char *suffix, const struct peer *peer)
{
    const double n_rows = (double)side->n;
    const struct {
        const char *name, *unit, *about;
        const double *values, *by;
    } rows[] = {
        {"product", "ns a row", "the whole command: orders, fees, latencies on; no journal",
         pairs->product, NULL},
        {"bare", "ns a row", "a process that scans the file and does sums, from fork on",
         pairs->bare, NULL},
        {"ratio", "times the bare one", "median of the pairs", pairs->product, pairs->bare},
        {"journal", "times without", "with a journal kept", pairs->journal, pairs->product},
        {peer->name, "ns a row",
         "its program over the same file: the same averages, market orders, fees", pairs->peer,
         NULL},
        {"over", "times as fast as that", "median of the turns", pairs->peer, pairs->product},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char name[48];

        if (rows[i].values == pairs->peer && peer->program == NULL)
            continue;
        snprintf(name, sizeof(name), "%s%s", rows[i].name, suffix);
        report(bench, side, name, median_by(rows[i].values, rows[i].by, n_rows, pairs->n),
               rows[i].unit, rows[i].about);
    }
}

static int measure(struct bench *bench, const struct side *side, struct error *err)
{
    uint64_t n_pairs = bench->is_quick ? BENCH_PAIRS_QUICK : 5;
    struct pairs used = {.n = 0}, took = {.n = 0};
    struct peer peer = {.program = NULL};
    struct turn turn;
    int rc = begin(&turn, bench, err);

    if (rc >= 0 && side->has_peer)
        rc = find_peer(&peer, bench, err);
    if (rc < 0)
        return rc;
    for (uint64_t i = 0; i < n_pairs; i++) {
        struct cost product, bare = {NAN, NAN}, journal, its = bare;

        rc = run_command(&turn, side, 0, &product, err);
        if (rc >= 0 && run_bare(side, &bare) < 0)
            rc = error_set(err, AGON_ECORRUPT, "%s: the bare loop found other rows", side->path);
        if (rc >= 0)
            rc = run_command(&turn, side, 1, &journal, err);
        if (rc >= 0 && peer.program != NULL)
            rc = run_peer(&turn, side, &peer, &its, err);
        if (rc < 0)
            return rc;
        note(&used, product.used, bare.used, journal.used, its.used);
        note(&took, product.took, bare.took, journal.took, its.took);
    }
    bench_check(bench, turn.is_alike && turn.first.n_intents > 0,
                "%s: %llu runs wanted and filled the same, with a journal and without: %llu "
                "intents, %llu fills",
                side->name, (unsigned long long)turn.n_runs,
                (unsigned long long)turn.first.n_intents, (unsigned long long)turn.first.n_fills);
    if (peer.program != NULL)
        bench_check(bench, peer.n_rows == side->n && peer.n_orders == turn.first.n_intents,
                    "%s: %s took every row and made as many orders: %llu", side->name, peer.name,
                    (unsigned long long)peer.n_orders);
    report(bench, side, "steps", (double)turn.first.n_events / (double)side->n, "steps",
           "of the engine a row, by the command's own report");
    report_pairs(bench, side, &used, "", &peer);
    report_pairs(bench, side, &took, ".took", &peer);
    return AGON_OK;
}

/* --- files --- */

int bench_backtest_rows_csv(const char *path, uint64_t n, int is_bars)
{
    struct rng rng;
    uint32_t px = 4000000;
    uint64_t t_ms = 1609459200000;
    FILE *file = fopen(path, "we");

    if (file == NULL)
        return AGON_EIO;
    rng_init(&rng, 5);
    fputs(is_bars ? "open_time_ms,open,high,low,close,volume\n" : "time_ms,price,amount,side\n",
          file);
    for (uint64_t i = 0; i < n; i++) {
        uint32_t reach = is_bars ? 4001 : 61;
        uint32_t open = px, close = px + (uint32_t)rng_below(&rng, reach) - reach / 2;
        uint32_t high = (open > close ? open : close) + (uint32_t)rng_below(&rng, 900);
        uint32_t low = (open < close ? open : close) - (uint32_t)rng_below(&rng, 900);
        uint32_t qty = (uint32_t)rng_below(&rng, 100000) + 1;

        px = close < 2000000 || close > 8000000 ? 4000000 : close;
        if (is_bars)
            fprintf(file, "%llu,%u.%02u,%u.%02u,%u.%02u,%u.%02u,%u.%03u\n",
                    (unsigned long long)t_ms, open / 100, open % 100, high / 100, high % 100,
                    low / 100, low % 100, close / 100, close % 100, qty / 1000, qty % 1000);
        else
            fprintf(file, "%llu,%u.%02u,%u.%05u,%s\n", (unsigned long long)t_ms, close / 100,
                    close % 100, qty / 100000, qty % 100000, rng_below(&rng, 2) ? "buy" : "sell");
        t_ms += is_bars ? 60000 : rng_below(&rng, 200);
    }
    return fclose(file) == 0 ? AGON_OK : AGON_EIO;
}

static int write_rows(struct side *side, const char *dir, uint64_t n, int is_bars)
{
    snprintf(side->path, sizeof(side->path), "%.300s/%s.csv", dir, is_bars ? "bars" : "trades");
    side->n = n;
    return bench_backtest_rows_csv(side->path, n, is_bars);
}

/* The recording, unpacked, under its own name: that says venue and symbol. */
int bench_backtest_unpack(const struct bench *bench, uint64_t most, char path[400], uint64_t *n,
                          struct error *err)
{
    struct lines *lines = data_file_open(bench->data, NULL, err);
    const char *name = strrchr(bench->data, '/');
    FILE *file;
    uint32_t length;
    char *line;
    int rc = AGON_OK;

    if (lines == NULL)
        return AGON_EIO;
    name = name != NULL ? name + 1 : bench->data;
    snprintf(path, 400, "%.200s/%.*s", bench->dir, (int)strcspn(name, "."), name);
    snprintf(path + strlen(path), 8, ".raw");
    file = fopen(path, "we");
    while (file != NULL && *n < most && (rc = lines_next(lines, &line, &length, err)) == 1) {
        (*n)++;
        if (fwrite(line, 1, length, file) != length || fputc('\n', file) == EOF)
            break;
    }
    lines_close(lines);
    if (file == NULL || fclose(file) != 0)
        return error_set(err, AGON_EIO, "%s cannot be written", path);
    return rc < 0 ? rc : AGON_OK;
}

int bench_backtest_file(struct bench *bench, struct error *err)
{
    struct side bars = {.name = "backtest.file.bars",
                        .plugin = "sma_cross",
                        .params = bench_backtest_crossing,
                        .symbol = "BTCUSDT",
                        .bare = bare_bars,
                        .has_peer = 1};
    struct side trades = {
        .name = "backtest.file.trades", .plugin = "mm", .symbol = "BTCUSDT", .bare = bare_trades};
    struct side books = {
        .name = "backtest.file.books", .plugin = "mm", .symbol = "BTCUSDT", .bare = bare_books};
    int rc = write_rows(&bars, bench->dir, bench_n(bench, ROWS), 1);

    if (rc >= 0)
        rc = write_rows(&trades, bench->dir, bench_n(bench, ROWS), 0);
    if (rc < 0)
        return error_set(err, rc, "%s cannot be written", bench->dir);
    rc = measure(bench, &bars, err);
    if (rc >= 0)
        rc = measure(bench, &trades, err);
    if (rc >= 0 && bench->data == NULL) {
        bench_absent(bench, books.name, "--data names no recording of books (of BTCUSDT)");
        return AGON_OK;
    }
    if (rc >= 0)
        rc = bench_backtest_unpack(bench, bench_n(bench, ROWS), books.path, &books.n, err);
    return rc < 0 ? rc : measure(bench, &books, err);
}
