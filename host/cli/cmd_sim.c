// SPDX-License-Identifier: Apache-2.0
/* sim: a simulated exchange that any client of the real one can trade against. Joins a market (sim
 * over match), a dialect and sockets; says in one line of JSON on standard output where it listens,
 * and runs until it is told to stop. */
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <uv.h>

#include "args/args.h"
#include "base/num.h"
#include "cli/bars_args.h"
#include "cli/commands.h"
#include "cli/market_arg.h"
#include "config/config.h"
#include "lab/listing.h"
#include "market/recording.h"
#include "net/jout.h"
#include "net/tls_ca.h"
#include "sim/server.h"
#include "sim/stage.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/memory.h"

#define DATA_CAP    (1ull << 30)
#define ACCOUNT_CAP (1ull << 20)
#define TICK_MS     1000
/* The last three are what a client is given that tells the venue's markets by their host names. */
#define TLS_NAMES "localhost,127.0.0.1,::1,api.localhost,fapi.localhost,dapi.localhost"

struct opts {
    int is_with_parent;
    const char *venue, *host, *account, *ca_out, *log, *symbols, *faults, *market;
    struct arg_list data, listings;
    int64_t port, connects;
    uint64_t seed;
    double speed;
    agon_ns_t from, history_ns, for_ns, life_ns, ping_ns, pong_ns;
    int has_seed, is_tls;
    struct bars_opts inside;
    int bars; /* enum bars_shown */
};
enum bars_shown { BARS_SILENT = 0, BARS_VISIBLE = 1 };

struct floor { /* one market of the venue: its prices and the port that leads to it */
    const struct sim_dialect *dialect;
    struct pit *pit; /* owned */
    agon_ns_t t_market;
    struct stage_file files[STAGE_FILES_MAX];
    uint32_t n_files;
    struct sim_server *server; /* owned */
    struct faults faults;      /* each market counts for itself */
    int port;
    uint8_t is_over_told, is_cut_told;
    uint32_t n_bad_told;
};
#define FLOORS 4

struct run {
    struct opts opts;
    struct floor floors[FLOORS];
    uint32_t n_floors;
    uv_loop_t loop;
    uv_signal_t signals[2];
    uv_timer_t second, end;
    agon_ns_t last_utc;
    struct members members;
    char *bytes[STAGE_FILES_MAX]; /* owned */
    char symbols[STAGE_FILES_MAX][32];
    uint32_t n_files;
    struct listings *listings; /* owned */
    struct synth market;       /* with --market */
    struct sim_pace pace;      /* of all markets */
    struct match_bars bars;
    struct tls_ca ca; /* owned */
    FILE *log;        /* owned */
    uint8_t is_stopping, is_log_broken;
};

static agon_ns_t utc_now(void *ctx)
{
    struct run *run = ctx;
    agon_ns_t now = clock_now();

    if (now > run->last_utc)
        run->last_utc = now;
    return run->last_utc;
}

static void on_log(void *ctx, const char *line, size_t n)
{
    struct run *run = ctx;

    if (fwrite(line, 1, n, run->log) != n || fputc('\n', run->log) == EOF ||
        fflush(run->log) != 0) {
        if (!run->is_log_broken)
            fprintf(stderr, "agon sim: %s: %s\n", run->opts.log, strerror(errno));
        run->is_log_broken = 1;
    }
}

/* --- starting --- */

// A raw recording is of the market that its name says: "binance_um_BTCUSDT_....raw.gz".
static struct floor *floor_of(struct run *run, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash : path;

    for (uint32_t i = 1; strstr(name, ".raw") && i < run->n_floors; i++)
        if (strstr(name, run->floors[i].dialect->recordings))
            return &run->floors[i];
    return &run->floors[0];
}

static int read_data(struct run *run, struct error *err)
{
    for (int i = 0; i < run->opts.data.n; i++) {
        struct stage_file file;
        struct floor *floor;
        uint64_t n;
        int rc;

        if (i == STAGE_FILES_MAX)
            return error_set(err, AGON_EINVAL, "more than %d data files", STAGE_FILES_MAX);
        file.name = recording_split(run->opts.data.at[i], run->symbols[i]);
        file.symbol = run->symbols[i][0] ? run->symbols[i] : NULL;
        rc = file_read(file.name, DATA_CAP, &run->bytes[i], &n, err);
        if (rc < 0)
            return rc;
        run->n_files++;
        file.bytes = run->bytes[i];
        file.n = n;
        floor = floor_of(run, file.name);
        floor->files[floor->n_files++] = file;
    }
    return AGON_OK;
}

// err without a text: every mistake of the file was printed.
static int read_members(struct run *run, struct error *err)
{
    struct config *config;
    char *text;
    uint64_t n;
    int rc;

    members_default(&run->members);
    if (!run->opts.account)
        return AGON_OK;
    rc = file_read(run->opts.account, ACCOUNT_CAP, &text, &n, err);
    if (rc < 0)
        return rc;
    config = config_new(run->opts.account, text, n, NULL);
    rc = config != NULL ? members_read(&run->members, config) : AGON_ENOMEM;
    if (rc == AGON_EINVAL)
        config_print_errors(config, stderr);
    else if (rc < 0)
        error_set(err, rc, "%s", error_name(rc));
    config_free(config);
    free(text);
    return rc;
}

static int read_faults(struct run *run, struct error *err)
{
    struct config *config;
    char *text;
    uint64_t n;
    int rc;

    if (!run->opts.faults)
        return AGON_OK;
    rc = file_read(run->opts.faults, ACCOUNT_CAP, &text, &n, err);
    if (rc < 0)
        return rc;
    config = config_new(run->opts.faults, text, n, NULL);
    rc = config != NULL ? faults_read(&run->floors[0].faults, config) : AGON_ENOMEM;
    if (rc == AGON_EINVAL)
        config_print_errors(config, stderr);
    else if (rc < 0)
        error_set(err, rc, "%s", error_name(rc));
    config_free(config);
    free(text);
    for (uint32_t i = 1; i < run->n_floors; i++)
        run->floors[i].faults = run->floors[0].faults;
    return rc;
}

static int make_tls(struct run *run, struct error *err)
{
    int rc;

    if (!run->opts.is_tls)
        return AGON_OK;
    rc = tls_ca_make(&run->ca, TLS_NAMES, 0, 0, err);
    if (rc == AGON_OK && run->opts.ca_out)
        rc = tls_ca_write(&run->ca, run->opts.ca_out, err);
    return rc;
}

static void put_addresses(const struct run *run, const struct floor *floor, struct jout *out)
{
    const char *host = run->opts.host, *s = run->opts.is_tls ? "s" : "";
    char text[320];

    jout_kv_int(out, "port", floor->port);
    jout_kv_bool(out, "tls", run->opts.is_tls);
    snprintf(text, sizeof(text), strchr(host, ':') ? "http%s://[%s]:%d" : "http%s://%s:%d", s, host,
             floor->port);
    jout_kv_str(out, "rest", text);
    snprintf(text, sizeof(text), strchr(host, ':') ? "ws%s://[%s]:%d" : "ws%s://%s:%d", s, host,
             floor->port);
    jout_kv_str(out, "ws", text);
}

static void put_symbols(const struct floor *floor, struct jout *out)
{
    char bars[PIT_BARS_TEXT];

    if (pit_bars_text(floor->pit, bars)[0] != '\0') {
        jout_kv_str(out, "bars", bars);
        jout_kv_bool(out, "comparable",
                     pit_visible_bars(floor->pit) == 0 && !pit_is_optimistic(floor->pit));
    }
    jout_key(out, "symbols");
    jout_open(out, '[');
    for (uint32_t i = 0; i < pit_count(floor->pit); i++)
        jout_str(out, pit_at(floor->pit, i)->name);
    jout_close(out, '[');
}

// The first market stands for the venue; another has an object under its own name.
static void say_listening(const struct run *run, const struct sim_clock *clock)
{
    const struct floor *first = &run->floors[0];
    struct jout out = {0};

    jout_open(&out, '{');
    jout_kv_str(&out, "event", "listening");
    jout_kv_str(&out, "venue", first->dialect->name);
    jout_kv_int(&out, "pid", getpid());
    jout_kv_str(&out, "host", run->opts.host);
    put_addresses(run, first, &out);
    jout_kv_time(&out, "market_time", clock->t_market);
    jout_key(&out, "speed_milli");
    jout_int(&out, clock->speed_milli);
    if (run->n_files == 0)
        jout_kv_int(&out, "seed", (int64_t)run->opts.seed);
    put_symbols(first, &out);
    for (uint32_t i = 1; i < run->n_floors; i++) {
        jout_key(&out, run->floors[i].dialect->name);
        jout_open(&out, '{');
        put_addresses(run, &run->floors[i], &out);
        put_symbols(&run->floors[i], &out);
        jout_close(&out, '{');
    }
    jout_close(&out, '{');
    printf("%s\n", jout_text(&out));
    fflush(stdout);
    jout_deinit(&out);
}

/* --- running --- */

static void on_closed(uv_handle_t *handle)
{
    (void)handle;
}

static void stop(struct run *run)
{
    if (run->is_stopping)
        return;
    run->is_stopping = 1;
    for (uint32_t i = 0; i < run->n_floors; i++)
        sim_server_stop(run->floors[i].server);
    for (int i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&run->signals[i], on_closed);
    uv_close((uv_handle_t *)&run->second, on_closed);
    uv_close((uv_handle_t *)&run->end, on_closed);
}

static void on_signal(uv_signal_t *signal, int number)
{
    (void)number;
    stop(signal->data);
}

static void on_end(uv_timer_t *timer)
{
    stop(timer->data);
}

static void on_second(uv_timer_t *timer)
{
    struct run *run = timer->data;
    const struct error *bad;
    int64_t step = clock_keep();

    if (step != 0)
        fprintf(stderr, "agon sim: the wall clock was set by %lld ms; it is not followed\n",
                (long long)(step / 1000000));
    for (uint32_t i = 0; i < run->n_floors; i++) {
        struct floor *floor = &run->floors[i];

        while ((bad = pit_bad_row(floor->pit, floor->n_bad_told)) != NULL) {
            fprintf(stderr, "agon sim: %s; such rows are left out\n", bad->text);
            floor->n_bad_told++;
        }
        if (!floor->is_cut_told && pit_cut(floor->pit) > 0) {
            fprintf(stderr,
                    "agon sim: a quantity finer than its symbol's step is rounded to it; at "
                    "the end it is said how many were\n");
            floor->is_cut_told = 1;
        }
        if (!floor->is_over_told && pit_is_over(floor->pit)) {
            fprintf(stderr, "agon sim: the recordings have ended; the market no longer moves\n");
            floor->is_over_told = 1;
        }
    }
}

static void start_handles(struct run *run)
{
    static const int numbers[2] = {SIGINT, SIGTERM};

    for (int i = 0; i < 2; i++) {
        uv_signal_init(&run->loop, &run->signals[i]);
        run->signals[i].data = run;
        uv_signal_start(&run->signals[i], on_signal, numbers[i]);
    }
    uv_timer_init(&run->loop, &run->second);
    run->second.data = run;
    uv_timer_start(&run->second, on_second, TICK_MS, TICK_MS);
    uv_timer_init(&run->loop, &run->end);
    run->end.data = run;
    if (run->opts.for_ns > 0)
        uv_timer_start(&run->end, on_end, (uint64_t)(run->opts.for_ns / 1000000), 0);
}

// Spot has the port that was asked for, the next market the next one.
static int open_floors(struct run *run, struct sim_server_config *config, struct error *err)
{
    for (uint32_t i = 0; i < run->n_floors; i++) {
        struct floor *floor = &run->floors[i];

        config->front.dialect = floor->dialect;
        config->front.sim.pit = floor->pit;
        config->front.sim.faults = floor->faults.n > 0 ? &floor->faults : NULL;
        config->front.sim.index = NULL;
        if (i > 0)
            config->front.sim.index = run->floors[0].pit;
        config->port = run->opts.port ? (uint16_t)(run->opts.port + i) : 0;
        floor->port = sim_server_open(&floor->server, &run->loop, config, err);
        if (floor->port < 0)
            return floor->port;
    }
    return AGON_OK;
}

static void on_slow(void *ctx, int64_t market_ns, int64_t transport_ns)
{
    const struct run *run = ctx;

    fprintf(stderr,
            "agon sim: --speed %g is more than this machine keeps up with: market time runs %.2f "
            "times as fast; ask for less, or for fewer symbols\n",
            run->opts.speed, (double)market_ns / (double)transport_ns);
}

// What was done before anybody could listen is no time of the market. A generated one begins at the
// wall clock's time, and keeps with it at speed 1.
static void start_clock(struct run *run)
{
    struct sim_clock *clock = &run->pace.clock;

    clock->t_transport = utc_now(run);
    if (run->n_files == 0 && clock->t_transport > clock->t_market)
        clock->t_market = clock->t_transport;
}

static int serve(struct run *run, agon_ns_t t_market)
{
    struct sim_server_config config = {.front = {.utc = utc_now, .utc_ctx = run},
                                       .host = run->opts.host,
                                       .cert_pem = run->ca.cert_pem,
                                       .key_pem = run->ca.key_pem};
    struct error err = {0};
    int rc;

    config.front.sim =
        (struct sim_config){.members = &run->members,
                            .limits = {.connection_life_ns = run->opts.life_ns,
                                       .connects_per_5min = (uint32_t)run->opts.connects,
                                       .ping_every_ns = run->opts.ping_ns,
                                       .pong_within_ns = run->opts.pong_ns},
                            .seed = run->opts.seed};
    if (run->log) {
        config.front.sim.sink.log = on_log;
        config.front.sim.sink.log_ctx = run;
    }
    run->pace = (struct sim_pace){
        .clock = {.t_market = t_market, .speed_milli = (int64_t)(run->opts.speed * 1000 + 0.5)},
        .slow = on_slow,
        .ctx = run};
    config.front.pace = &run->pace;
    uv_loop_init(&run->loop);
    start_handles(run);
    rc = open_floors(run, &config, &err);
    if (rc < 0) {
        fprintf(stderr, "agon sim: %s\n", err.text);
        stop(run);
    } else {
        start_clock(run);
        say_listening(run, &run->pace.clock);
    }
    uv_run(&run->loop, UV_RUN_DEFAULT);
    for (uint32_t i = 0; i < run->n_floors; i++) {
        uint64_t n_cut = pit_cut(run->floors[i].pit);

        if (n_cut > 0)
            fprintf(stderr, "agon sim: %llu quantities were rounded\n", (unsigned long long)n_cut);
        sim_server_free(run->floors[i].server);
    }
    uv_loop_close(&run->loop);
    if (rc < 0)
        return EXIT_ENVIRONMENT;
    return run->is_log_broken ? EXIT_ENVIRONMENT : EXIT_OK;
}

static int64_t at_pit(int64_t count, int exp)
{
    return num_rescale(count, exp, PIT_EXP, NUM_ZERO);
}

/* All that a listing says, as a backtest on the same file is held to it. */
static void list_rules(const struct listed *listed, struct pit_symbol *symbol)
{
    if (listed->has_fees) {
        symbol->maker_fee_ppb = listed->record.maker_fee_ppb;
        symbol->taker_fee_ppb = listed->record.taker_fee_ppb;
    }
    if (listed->has_rules)
        symbol->rules = listed->rules;
    symbol->rules.market_max_qty =
        listed->rules.market_max_qty > 0
            ? at_pit(listed->rules.market_max_qty, listed->record.qty_exp)
            : symbol->max_qty;
}

/* What may be ordered of a recorded symbol: as a backtest on the same file has it. What no listing
 * was found for stays the dialect's. */
static int list_symbol(void *ctx, const struct stage_file *file, agon_ns_t t_first,
                       struct pit_symbol *symbol, struct error *err)
{
    struct run *run = ctx;
    struct listed listed;
    const struct agon_instrument *record = &listed.record;
    char text[LISTED_TEXT];
    int rc = listings_find(run->listings, symbol->name,
                           symbol->is_perpetual ? INSTRUMENT_LINEAR : INSTRUMENT_SPOT, file->name,
                           t_first, &listed, err);

    if (rc < 0)
        return rc;
    if (record->px_exp > PIT_EXP || record->qty_exp > PIT_EXP)
        return error_set(err, AGON_EINVAL, "%s: tick and lot have at most %d decimals here",
                         symbol->name, PIT_EXP);
    if (listed_warning(&listed)[0] != '\0')
        fprintf(stderr, "agon sim: %s: %s: %s\n", symbol->name, listed_text(&listed, text),
                listed_warning(&listed));
    symbol->min_notional_amt = record->min_notional_amt;
    if (listed.from == LISTING_NONE)
        return AGON_OK; // as the dialect has it: steps of 10^-8, or whole contracts
    symbol->tick_px = at_pit(record->tick_px, record->px_exp);
    if (listed.from != LISTING_KNOWN)
        symbol->min_px = symbol->tick_px;
    symbol->lot_qty = at_pit(record->lot_qty, record->qty_exp);
    symbol->min_qty = at_pit(record->min_qty, record->qty_exp);
    if (record->min_px > 0)
        symbol->min_px = at_pit(record->min_px, record->px_exp);
    if (record->max_px > 0)
        symbol->max_px = at_pit(record->max_px, record->px_exp);
    if (record->max_qty > 0)
        symbol->max_qty = at_pit(record->max_qty, record->qty_exp);
    list_rules(&listed, symbol);
    return AGON_OK;
}

// A market of known structure may be of spot alone.
static int is_generated(const struct run *run, const struct floor *floor)
{
    return floor->dialect->n_symbols > 0 &&
           (run->opts.market == NULL || floor->dialect->spot == NULL ||
            synth_spots(&run->market) < run->market.n_symbols);
}

// Markets of recordings that were not given are not there; all stand at one time.
static int build_floors(struct run *run, agon_ns_t *t_market, struct error *err)
{
    struct stage stage = {.seed = run->opts.seed,
                          .members = &run->members,
                          .history_minutes = (uint32_t)(run->opts.history_ns / 60000000000),
                          .symbols = run->opts.symbols,
                          .market = run->opts.market != NULL ? &run->market : NULL,
                          .t_from = run->opts.from,
                          .t_start = utc_now(run),
                          .bars = run->opts.bars == BARS_SILENT ? &run->bars : NULL,
                          .list = list_symbol,
                          .ctx = run};
    uint32_t n = 0;

    for (uint32_t i = 0; i < run->n_floors; i++)
        if (run->n_files == 0 ? is_generated(run, &run->floors[i]) : run->floors[i].n_files > 0)
            run->floors[n++] = run->floors[i];
    run->n_floors = n;
    *t_market = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct floor *floor = &run->floors[i];

        stage.dialect = floor->dialect;
        stage.files = floor->files;
        stage.n_files = floor->n_files;
        if (stage_build(&floor->pit, &floor->t_market, &stage, err) < 0)
            return run->n_files > 0 ? EXIT_DATA : EXIT_FLAGS;
        if (pit_visible_bars(floor->pit) > 0)
            fprintf(stderr,
                    "agon sim: bars are played back as trades along open, high, low, close, a path "
                    "that "
                    "their data do not have: what trades on it is not comparable with a backtest, "
                    "which shows nothing inside a bar\n");
        *t_market = floor->t_market > *t_market ? floor->t_market : *t_market;
    }
    return EXIT_OK;
}

static int prepare(struct run *run, agon_ns_t *t_market, struct error *err)
{
    int code =
        run->opts.market != NULL ? market_arg_read(&run->market, "sim", run->opts.market) : EXIT_OK;

    if (code != EXIT_OK)
        return code;
    if (read_members(run, err) < 0 || read_faults(run, err) < 0)
        return EXIT_CONFIG;
    if (read_data(run, err) < 0)
        return EXIT_DATA;
    if (listings_open(&run->listings, run->opts.listings.at, (uint32_t)run->opts.listings.n, err) <
        0)
        return EXIT_CONFIG;
    if (make_tls(run, err) < 0)
        return EXIT_ENVIRONMENT;
    if (run->opts.log) {
        run->log = fopen(run->opts.log, "we");
        if (!run->log) {
            error_set(err, AGON_EIO, "%s: %s", run->opts.log, strerror(errno));
            return EXIT_ENVIRONMENT;
        }
    }
    return build_floors(run, t_market, err);
}

/* The orders and trades that the exchanges keep come one by one for hours. What they will take at
 * most is made the process's own now, so that its memory says from the start what it will be. */
static void place_history(void)
{
    enum { CHUNKS = 80, CHUNK = 1 << 20 };
    void *chunks[CHUNKS];

    (void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
    (void)mallopt(M_MMAP_THRESHOLD, 32 << 20);
    for (int i = 0; i < CHUNKS; i++) {
        chunks[i] = malloc(CHUNK);
        if (chunks[i] != NULL)
            (void)memory_place(chunks[i], CHUNK);
    }
    for (int i = 0; i < CHUNKS; i++)
        free(chunks[i]);
}

/* Those that are not served beside another. */
static const char *venues_text(char text[256])
{
    text[0] = '\0';
    for (uint32_t i = 0; sim_dialect_at(i) != NULL; i++)
        if (!sim_dialect_at(i)->recordings)
            snprintf(text + strlen(text), 256 - strlen(text), "%s%s", text[0] ? ", " : "",
                     sim_dialect_at(i)->name);
    return text;
}

int cmd_sim(int argc, char **argv)
{
    static struct run run; // a megabyte of accounts is too much for a stack
    struct opts opts = {.venue = "binance",
                        .host = "127.0.0.1",
                        .seed = 1,
                        .speed = 1,
                        .history_ns = 1000 * 60000000000ll};
    static const char *const shown[] = {"silent", "visible", NULL};
    char venues[256], whose[300];
    const struct arg args[] = {
        {"venue", ARG_TEXT, "NAME", whose, &opts.venue},
        {"port", ARG_INT, "N",
         "port, and the next ones for the venue's other markets; 0 takes any (0)", &opts.port,
         .max = 65533},
        {"host", ARG_TEXT, "ADDRESS", "address to listen on (127.0.0.1)", &opts.host},
        {"seed", ARG_U64, "N", "seed of the generated market (1)", &opts.seed,
         .is_given = &opts.has_seed},
        MARKET_ARG(opts.market),
        {"symbols", ARG_TEXT, "LIST",
         "symbols of the generated market, as the venue writes them (its four majors)",
         &opts.symbols},
        {"history", ARG_DURATION, "TIME", "bars before the start of the generated market (1000m)",
         &opts.history_ns, .min = 0, .max = 45 * 86400 * 1000000000ll},
        {"data", ARG_LIST, "[SYMBOL=]FILE",
         "replay recordings instead: books, trades or bars, gzip or not", &opts.data},
        {"instruments", ARG_LIST, "FILE",
         "what may be ordered of them: a venue's list of instruments, or a configuration's",
         &opts.listings},
        {"from", ARG_TIME, "TIME", "run through the recordings up to here at once (their start)",
         &opts.from},
        {"speed", ARG_REAL, "X", "market time runs X times as fast, 1 to 60 (1)", &opts.speed,
         .min = 1, .max = 60},
        {"bars", ARG_CHOICE, "silent|visible",
         "tables of bars: nothing is sent inside one, as in a backtest, or they are played back "
         "as trades, for a demo (silent)",
         &opts.bars, .choices = shown},
        BARS_ARGS(opts.inside),
        {"account", ARG_TEXT, "FILE", "accounts in YAML or JSON (one: agon-sim-key)",
         &opts.account},
        {"faults", ARG_TEXT, "FILE", "what the venue does wrong, in YAML (nothing)", &opts.faults},
        {"tls", ARG_FLAG, NULL, "serve https and wss with a certificate made now", &opts.is_tls},
        {"ca-out", ARG_TEXT, "FILE", "write the authority to trust there (PEM)", &opts.ca_out},
        {"log", ARG_TEXT, "FILE", "write each order request and each effect there (NDJSON)",
         &opts.log},
        {"for", ARG_DURATION, "TIME", "stop after that much real time (never)", &opts.for_ns,
         .min = 1000000, .max = INT64_MAX},
        {"connection-life", ARG_DURATION, "TIME", "close each WebSocket at that age (24h)",
         &opts.life_ns, .min = 1000000, .max = INT64_MAX},
        {"connects", ARG_INT, "N", "WebSockets that an address may open in 5 minutes (300)",
         &opts.connects, .min = 1, .max = UINT32_MAX},
        {"ping-every", ARG_DURATION, "TIME", "ping each WebSocket that often (20s)", &opts.ping_ns,
         .min = 1000000, .max = INT64_MAX},
        {"with-parent", ARG_FLAG, NULL, "end when the process that started it does",
         &opts.is_with_parent},
        {"pong-within", ARG_DURATION, "TIME", "close it without a pong for that long (60s)",
         &opts.pong_ns, .min = 1000000, .max = INT64_MAX},
        {NULL}};
    const struct args_spec spec = {
        .usage = "[OPTION...]",
        .about = "Serves an exchange's REST and WebSocket protocol over a matching engine. Any "
                 "client of that exchange can trade\nagainst it: point it to the address printed "
                 "on start (one line of JSON).\n\nThe account, unless --account names others: key "
                 "agon-sim-key, secret\n"
                 "YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==, with 1000000 USDT, "
                 "1000000 USD, 10 BTC, 100 ETH.",
        .args = args};
    const struct sim_dialect *dialect;
    struct error err = {0};
    agon_ns_t t_market = 0;
    int rc;

    bars_args_defaults(&opts.inside);
    snprintf(whose, sizeof(whose), "whose protocol: %s (binance)", venues_text(venues));
    rc = args_parse(&spec, argc, argv);
    if (rc != ARGS_RUN)
        return rc;
    // A demo that is killed takes its exchange with it.
    if (opts.is_with_parent)
        prctl(PR_SET_PDEATHSIG, SIGTERM);
    dialect = sim_dialect_find(opts.venue);
    if (!dialect)
        return args_refuse(&spec, argv[0], "no simulated venue %s; there are %s",
                           args_safe(opts.venue), venues);
    if (opts.data.n > 0 && (opts.has_seed || opts.symbols || opts.market))
        return args_refuse(&spec, argv[0],
                           "--seed, --symbols and --market are for the generated market, not with "
                           "--data");
    if (opts.market && opts.symbols)
        return args_refuse(&spec, argv[0],
                           "--market says which symbols there are: --symbols does not go with it");
    if (opts.market && !dialect->beside)
        return args_refuse(&spec, argv[0],
                           "--market is of Binance's symbols: %s does not go with it",
                           args_safe(opts.venue));
    if (opts.listings.n > 0 && opts.data.n == 0)
        return args_refuse(&spec, argv[0],
                           "--instruments goes with --data: a generated market has its own");
    if (opts.ca_out && !opts.is_tls)
        return args_refuse(&spec, argv[0], "--ca-out goes with --tls");
    run.opts = opts;
    run.bars = bars_args_of(&opts.inside, opts.seed);
    run.floors[run.n_floors++].dialect = dialect;
    for (uint32_t i = 0; dialect->beside && dialect->beside[i] && run.n_floors < FLOORS; i++)
        run.floors[run.n_floors++].dialect = sim_dialect_find(dialect->beside[i]);
    place_history();
    rc = prepare(&run, &t_market, &err);
    if (rc != EXIT_OK && err.text[0] != '\0')
        fprintf(stderr, "agon sim: %s\n", err.text);
    if (rc == EXIT_OK)
        rc = serve(&run, t_market);
    for (uint32_t i = 0; i < run.n_floors; i++)
        pit_free(run.floors[i].pit);
    for (uint32_t i = 0; i < run.n_files; i++)
        free(run.bytes[i]);
    listings_free(run.listings);
    tls_ca_deinit(&run.ca);
    if (run.log && fclose(run.log) != 0 && rc == EXIT_OK)
        rc = EXIT_ENVIRONMENT;
    return rc;
}
