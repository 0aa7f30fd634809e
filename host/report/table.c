// SPDX-License-Identifier: Apache-2.0
#include "report/table.h"

#include <stdarg.h>
#include <string.h>

#include "base/money.h"
#include "base/num.h"
#include "market/instrument_kind.h"
#include "sys/clock.h"
#include "sys/term.h"

#define DAY_NS ((agon_ns_t)86400 * 1000000000)
#define SAY_NS ((int64_t)10 * 1000000000)

void table_init(struct table *table, FILE *out, int64_t length_ns)
{
    int fd = fileno(out);

    memset(table, 0, sizeof(*table));
    table->out = out;
    table->is_tty = term_is_tty(fd);
    table->has_colour = table->is_tty && term_has_colour(fd);
    table->began_ns = clock_mono();
    table->length_ns = length_ns;
}

char *table_money(agon_amt_t amt, int exp, char text[48])
{
    return money_text(amt, exp, exp < 2 ? exp : 2, text);
}

char *table_time(int64_t ns, char text[24])
{
    if (ns < 1000)
        snprintf(text, 24, "%lld ns", (long long)ns);
    else if (ns < 1000000)
        snprintf(text, 24, "%.1f us", (double)ns / 1e3);
    else if (ns < 10000000000)
        snprintf(text, 24, "%.1f ms", (double)ns / 1e6);
    else
        snprintf(text, 24, "%.1f s", (double)ns / 1e9);
    return text;
}

static const char *paint(const struct table *table, const char *code)
{
    return table->has_colour ? code : "";
}

static void line(struct table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void line(struct table *table, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(table->out, format, args);
    va_end(args);
    // Clears what an earlier, longer line left behind.
    fputs(table->is_tty ? "\x1b[K\n" : "\n", table->out);
    table->n_drawn++;
}

// In scaled time the engine stands near 0 until the venue has told the first time: that is no time
// of anything.
static const char *market_time(agon_ns_t t, char text[CLOCK_TEXT])
{
    if (t < DAY_NS)
        return "no time yet";
    clock_text(t, text);
    text[19] = '\0'; // whole seconds
    return text;
}

static void head(struct table *table, const struct host_view *view, int64_t mono_ns)
{
    char t[CLOCK_TEXT];
    char p50[24];
    char p99[24];
    char bar[31];
    int full = 0;
    double elapsed = (double)(mono_ns - table->began_ns) / 1e9;

    if (table->length_ns > 0)
        full = (int)(30.0 * elapsed * 1e9 / (double)table->length_ns);
    full = full > 30 ? 30 : full;
    memset(bar, '.', 30);
    memset(bar, '#', (size_t)full);
    bar[30] = '\0';
    line(table, "%sagon%s  market %s%s   %s%s  %.0f s%s", paint(table, "\x1b[1m"),
         paint(table, "\x1b[0m"), market_time(view->t, t), view->t < DAY_NS ? "" : " UTC",
         table->length_ns > 0 ? "[" : "", table->length_ns > 0 ? bar : "running", elapsed,
         table->length_ns > 0 ? " ]" : "");
    line(table,
         "events %llu   orders %llu   fills %llu   refused %llu   venue %s   books %u/%u live",
         (unsigned long long)view->counters.n_events, (unsigned long long)view->counters.n_orders,
         (unsigned long long)view->counters.n_fills, (unsigned long long)view->counters.n_refused,
         view->venue.health == GATEWAY_UP         ? "up"
         : view->venue.health == GATEWAY_DEGRADED ? "degraded"
                                                  : "connecting",
         view->venue.n_live, view->venue.n_books);
    line(table, "engine step p50 %s  p99 %s   durable %llu of %llu",
         table_time(hist_quantile(&view->step_ns, 0.5), p50),
         table_time(hist_quantile(&view->step_ns, 0.99), p99),
         (unsigned long long)view->durable_seq, (unsigned long long)view->seq);
}

static void instruments(struct table *table, const struct host_view *view)
{
    static const char *const states[] = {"cold", "syncing", "live", "STALE"};

    line(table, " ");
    line(table, "%s%-14s %14s %14s %14s  %s%s", paint(table, "\x1b[2m"), "symbol", "bid", "ask",
         "mark", "book", paint(table, "\x1b[0m"));
    for (uint32_t i = 0; i < view->n_instruments; i++) {
        const struct host_view_instrument *at = &view->instruments[i];
        char text[3][NUM_TEXT];
        char name[40];

        snprintf(name, sizeof(name), "%.31s%s", at->symbol,
                 !instrument_kind_has_coins(at->kind) ? " perp" : "");
        num_format(at->bid_px, at->px_exp, text[0]);
        num_format(at->ask_px, at->px_exp, text[1]);
        num_format(at->last_px, at->px_exp, text[2]);
        line(table, "%-14s %14s %14s %14s  %s", name, text[0], text[1], text[2],
             at->book_state < 4 ? states[at->book_state] : "?");
    }
}

static void position_text(const struct host_view *view, const struct host_view_slot *slot,
                          char *text, size_t room)
{
    size_t used = 0;

    snprintf(text, room, "-");
    for (uint32_t i = 0; i < slot->n_positions; i++) {
        agon_instrument_t id = slot->positions[i].instrument;
        const struct host_view_instrument *at;
        char qty[NUM_TEXT];
        int n;

        if (slot->positions[i].held_amt == 0 || id == 0 || id > view->n_instruments)
            continue;
        at = &view->instruments[id - 1];
        num_format(num_rescale(slot->positions[i].held_amt, at->base_exp, 4, NUM_ZERO), 4, qty);
        n = snprintf(text + used, room - used, "%s%s %.3s", used > 0 ? ", " : "", qty, at->symbol);
        if (n < 0 || (size_t)n >= room - used)
            break;
        used += (size_t)n;
    }
}

static void agents(struct table *table, const struct host_view *view)
{
    int decimals = money_decimals(view->base_currency, view->base_exp);

    line(table, "amounts in %s", view->base_currency);
    line(table, "%s%-14s %14s %12s %6s %6s %8s %9s  %-28s %s%s", paint(table, "\x1b[2m"), "agent",
         "equity", "result", "open", "fills", "refused", "events", "position", "state",
         paint(table, "\x1b[0m"));
    for (uint32_t i = 0; i < view->n_slots; i++) {
        const struct host_view_slot *slot = &view->slots[i];
        agon_amt_t result = slot->figures.result_amt;
        char equity[48];
        char change[48];
        char position[64];

        if (!slot->is_used)
            continue;
        position_text(view, slot, position, sizeof(position));
        line(table, "%-14s %14s %s%12s%s %6u %6llu %8llu %9llu  %-28s %s", slot->name,
             money_text(slot->figures.equity_amt, view->base_exp, decimals, equity),
             paint(table, result < 0   ? "\x1b[31m"
                          : result > 0 ? "\x1b[32m"
                                       : ""),
             money_text(result, view->base_exp, decimals, change), paint(table, "\x1b[0m"),
             slot->n_open, (unsigned long long)slot->figures.n_fills,
             (unsigned long long)slot->n_refused, (unsigned long long)slot->nth, position,
             slot->condition != CONDITION_QUARANTINED && slot->failure[0] != '\0'
                 ? slot->failure
                 : slot_condition_name(slot->condition));
    }
}

static void draw(struct table *table, const struct host_view *view, int64_t mono_ns)
{
    if (table->is_tty && table->n_drawn > 0)
        fprintf(table->out, "\x1b[%dA\r", table->n_drawn);
    table->n_drawn = 0;
    head(table, view, mono_ns);
    instruments(table, view);
    agents(table, view);
    fflush(table->out);
}

void table_draw(struct table *table, const struct host_view *view, int64_t mono_ns)
{
    char t[CLOCK_TEXT];

    if (table->is_tty) {
        draw(table, view, mono_ns);
        return;
    }
    if (mono_ns - table->said_ns < SAY_NS)
        return;
    table->said_ns = mono_ns;
    fprintf(
        table->out, "%3.0f s  market %s  events %llu  orders %llu  fills %llu  books %u/%u live\n",
        (double)(mono_ns - table->began_ns) / 1e9, market_time(view->t, t),
        (unsigned long long)view->counters.n_events, (unsigned long long)view->counters.n_orders,
        (unsigned long long)view->counters.n_fills, view->venue.n_live, view->venue.n_books);
    fflush(table->out);
}

void table_end(struct table *table, const struct host_view *view, int64_t mono_ns)
{
    draw(table, view, mono_ns);
}
