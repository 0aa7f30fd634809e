// SPDX-License-Identifier: Apache-2.0
/* flox: FLOX (github.com/FLOX-Foundation/flox) over a file of bars, for `agon bench backtest --file
 * --vs`. Not built with Agon: it needs FLOX's headers and its C API; tests/peers/flox.sh makes
 * both.
 *
 *   flox bars FILE FAST SLOW      its own reader of CSV, which takes each bar's close
 *   flox memory FILE FAST SLOW    bars that are in memory: prints ns a bar of the thread's own time
 *
 * The strategy is that of plugins/sma_cross: long while the average of the last FAST closes is
 * above that of the last SLOW, by market orders; its sums are rolling, so that a bar costs it
 * nothing that the peer could be blamed for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <flox/capi/flox_capi.h>

#define ROWS_MAX 2000000
#define UNITS    100000 /* of the coin, in FLOX's 10^-8: a thousandth, as the bench has it */

struct crossing {
    FloxStrategyHandle strategy;
    uint32_t symbol;
    uint64_t n, n_orders, n_fast, n_slow;
    int64_t *closes, fast, slow;
    int is_above, is_held;
};

struct bars {
    int64_t *begin, *end;
    double *values[5];
    uint32_t n;
};

static void on_close(struct crossing *self, int64_t close)
{
    int64_t *place = &self->closes[self->n % self->n_slow];
    int64_t ahead;
    int is_above;

    self->fast +=
        close -
        (self->n >= self->n_fast ? self->closes[(self->n - self->n_fast) % self->n_slow] : 0);
    self->slow += close - (self->n >= self->n_slow ? *place : 0);
    *place = close;
    if (++self->n < self->n_slow)
        return;
    ahead = self->fast * (int64_t)self->n_slow - self->slow * (int64_t)self->n_fast;
    is_above = ahead == 0 ? self->is_above : ahead > 0; // two that are equal have not crossed
    if (self->is_above < 0 || is_above == self->is_above) {
        self->is_above = is_above;
        return;
    }
    self->is_above = is_above;
    if (is_above == self->is_held)
        return;
    if (is_above)
        flox_emit_market_buy(self->strategy, self->symbol, UNITS);
    else
        flox_emit_market_sell(self->strategy, self->symbol, UNITS);
    self->is_held = is_above;
    self->n_orders++;
}

static void on_bar(void *ctx, const FloxSymbolContext *context, const FloxBarData *bar)
{
    (void)context;
    on_close(ctx, bar->close_raw / 1000000); // hundredths
}

static void on_trade(void *ctx, const FloxSymbolContext *context, const FloxTradeData *trade)
{
    (void)context;
    on_close(ctx, trade->price_raw / 1000000);
}

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static int read_bars(struct bars *bars, const char *path)
{
    FILE *file = fopen(path, "r");
    char line[256];
    long long t_ms;

    bars->begin = malloc(ROWS_MAX * sizeof(*bars->begin));
    bars->end = malloc(ROWS_MAX * sizeof(*bars->end));
    for (int i = 0; i < 5; i++)
        bars->values[i] = malloc(ROWS_MAX * sizeof(double));
    if (file == NULL || fgets(line, sizeof(line), file) == NULL)
        return 0;
    while (bars->n < ROWS_MAX && fgets(line, sizeof(line), file) != NULL) {
        double *at[5];

        for (int i = 0; i < 5; i++)
            at[i] = &bars->values[i][bars->n];
        if (sscanf(line, "%lld,%lf,%lf,%lf,%lf,%lf", &t_ms, at[0], at[1], at[2], at[3], at[4]) != 6)
            break;
        bars->begin[bars->n] = t_ms * 1000000;
        bars->end[bars->n] = bars->begin[bars->n] + 60000000000;
        bars->n++;
    }
    fclose(file);
    return bars->n > 0;
}

int main(int argc, char **argv)
{
    struct crossing self = {.is_above = -1};
    struct bars bars = {0};
    FloxStrategyCallbacks callbacks;
    FloxBacktestStats stats;
    FloxBacktestRunnerHandle runner;
    FloxRegistryHandle registry = flox_registry_create();
    double before_ns;
    int is_memory, rc;

    if (argc != 5 || (strcmp(argv[1], "bars") != 0 && strcmp(argv[1], "memory") != 0)) {
        fprintf(stderr, "usage: flox bars|memory FILE FAST SLOW\n");
        return 2;
    }
    is_memory = strcmp(argv[1], "memory") == 0;
    self.n_fast = strtoul(argv[3], NULL, 10);
    self.n_slow = strtoul(argv[4], NULL, 10);
    self.closes = calloc(self.n_slow, sizeof(*self.closes));
    self.symbol = flox_registry_add_symbol(registry, "binance", "BTCUSDT", 0.01);
    memset(&callbacks, 0, sizeof(callbacks));
    memset(&stats, 0, sizeof(stats));
    callbacks.on_bar = on_bar;
    callbacks.on_trade = on_trade;
    callbacks.user_data = &self;
    self.strategy = flox_strategy_create(1, &self.symbol, 1, registry, callbacks);
    runner = flox_backtest_runner_create(registry, 0.001, 100000);
    flox_backtest_runner_set_strategy(runner, self.strategy);
    if (is_memory && !read_bars(&bars, argv[2])) {
        fprintf(stderr, "flox: no bars in %s\n", argv[2]);
        return 1;
    }
    before_ns = now_ns();
    rc = is_memory ? flox_backtest_runner_run_bars(runner, bars.begin, bars.end, bars.values[0],
                                                   bars.values[1], bars.values[2], bars.values[3],
                                                   bars.values[4], bars.n, "BTCUSDT", 0,
                                                   60000000000, &stats)
                   : flox_backtest_runner_run_csv(runner, argv[2], "BTCUSDT", &stats);
    printf("rows %llu orders %llu ns %.1f closed %llu\n", (unsigned long long)self.n,
           (unsigned long long)self.n_orders,
           (now_ns() - before_ns) / (double)(self.n > 0 ? self.n : 1),
           (unsigned long long)stats.totalTrades);
    return rc == 1 && self.n > 0 ? 0 : 1;
}
