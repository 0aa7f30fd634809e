// SPDX-License-Identifier: Apache-2.0
#include "report/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "base/num.h"
#include "base/span.h"
#include "market/instrument_kind.h"
#include "run/agent_state.h"
#include "sys/clock.h"
#include "sys/term.h"
#include "sys/wrap.h"

#define DAY_NS ((agon_ns_t)86400 * 1000000000)
#define BAR    12 /* columns of how far it is */
#define SAY_NS ((int64_t)10 * 1000000000)

void table_init(struct table *table, FILE *out, int64_t length_ns)
{
    memset(table, 0, sizeof(*table));
    frame_init(&table->frame, out);
    table->began_ns = clock_mono();
    table->length_ns = length_ns;
}

// Whole seconds: it is drawn again and again.
static char *elapsed_text(int64_t ns, char text[SPAN_TEXT])
{
    return span_text(ns - ns % 1000000000, text);
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

static const char *count_text(uint64_t n, char text[MONEY_TEXT])
{
    return money_text(n < INT64_MAX ? (int64_t)n : INT64_MAX, 0, 0, text);
}

/* Three lines of what is of the whole host: in 80 columns, after days too. */
static int head(FILE *out, const struct table *table, const struct host_view *view, int64_t mono_ns)
{
    char t[CLOCK_TEXT];
    char p50[SPAN_TEXT];
    char p99[SPAN_TEXT];
    char time[2][SPAN_TEXT];
    char paint[2][12];
    char n[5][MONEY_TEXT];
    char bar[BAR + 1];
    int full = 0;
    int64_t elapsed_ns = mono_ns - table->began_ns;

    if (table->length_ns > 0)
        full = (int)(BAR * (double)elapsed_ns / (double)table->length_ns);
    full = full > BAR ? BAR : full;
    memset(bar, '.', BAR);
    memset(bar, '#', (size_t)full);
    bar[BAR] = '\0';
    fprintf(out, "%sagon%s  market %s%s  ", frame_paint(&table->frame, "1", paint[0]),
            frame_paint(&table->frame, "0", paint[1]), market_time(view->t, t),
            view->t < DAY_NS ? "" : " UTC");
    if (table->length_ns > 0)
        fprintf(out, "[%s] %s of %s\n", bar, elapsed_text(elapsed_ns, time[0]),
                span_text(table->length_ns, time[1]));
    else
        fprintf(out, "running %s\n", elapsed_text(elapsed_ns, time[0]));
    fprintf(out, "events %s  orders %s  fills %s  refused %s\n",
            count_text(view->counters.n_events, n[0]), count_text(view->counters.n_orders, n[1]),
            count_text(view->counters.n_fills, n[2]), count_text(view->counters.n_refused, n[3]));
    fprintf(out, "venue %s, books %u/%u live  step p50 %s, p99 %s  not on disk %s\n",
            view->venue.health == GATEWAY_UP         ? "up"
            : view->venue.health == GATEWAY_DEGRADED ? "degraded"
                                                     : "connecting",
            view->venue.n_live, view->venue.n_books,
            span_text(hist_quantile(&view->step_ns, 0.5), p50),
            span_text(hist_quantile(&view->step_ns, 0.99), p99),
            count_text(view->seq > view->durable_seq ? view->seq - view->durable_seq : 0, n[4]));
    return 3;
}

int table_instruments(FILE *out, const struct frame *frame, const struct host_view *view, int rows)
{
    static const char *const states[] = {"cold", "syncing", "live", "STALE"};
    char paint[2][12];
    int n = 0;

    if (rows < 2)
        return 0;
    fprintf(out, "%s%-14s %13s %13s %13s  %s%s\n", frame_paint(frame, "2", paint[0]), "symbol",
            "bid", "ask", "mark", "book", frame_paint(frame, "0", paint[1]));
    for (uint32_t i = 0; i < view->n_instruments && ++n < rows; i++) {
        const struct host_view_instrument *at = &view->instruments[i];
        char text[3][MONEY_TEXT];
        char name[40];

        if (n == rows - 1 && i + 1 < view->n_instruments) {
            fprintf(out, "... and %u more\n", view->n_instruments - i);
            continue;
        }
        snprintf(name, sizeof(name), "%.31s%s", at->symbol,
                 !instrument_kind_has_coins(at->kind) ? " perp" : "");
        fprintf(out, "%-14.14s %13s %13s %13s  %s\n", name,
                money_text(at->bid_px, at->px_exp, at->px_exp, text[0]),
                money_text(at->ask_px, at->px_exp, at->px_exp, text[1]),
                money_text(at->last_px, at->px_exp, at->px_exp, text[2]),
                at->book_state < 4 ? states[at->book_state] : "?");
    }
    return n < rows ? n + 1 : rows;
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

        if (slot->positions[i].held_amt == 0 || slot->positions[i].is_dust || id == 0 ||
            id > view->n_instruments)
            continue;
        at = &view->instruments[id - 1];
        // With the digits that an order of it may have, as `agon ctl positions` and the page.
        num_format(num_rescale(slot->positions[i].held_amt, at->base_exp, at->qty_exp, NUM_ZERO),
                   at->qty_exp, qty);
        n = snprintf(text + used, room - used, "%s%s %.3s", used > 0 ? ", " : "", qty, at->symbol);
        if (n < 0 || (size_t)n >= room - used)
            break;
        used += (size_t)n;
    }
}

/* Why its plugin runs no more; NULL: it does, or nothing is known. */
static const char *why_of(const struct host_view_slot *slot)
{
    const char *why = slot->failure;
    const char *colon = strncmp(why, "slot ", 5) == 0 ? strstr(why, ": ") : NULL;

    return why[0] == '\0' ? NULL : colon != NULL ? colon + 2 : why;
}

static int is_shown(const struct host_view_slot *slot, const struct table_more *more)
{
    return slot->is_used &&
           (more == NULL || !more->is_without_models || slot->agent_kind == AGON_STRATEGY);
}

#define WIDE_EVENTS   92  /* columns from which on there are events, */
#define WIDE_POSITION 122 /* positions, */
#define WIDE_WHY      160 /* and why one ended: elsewhere it stands below, where there is room */

static void put_agent(FILE *out, const struct frame *frame, const struct host_view *view,
                      const struct host_view_slot *slot, const struct table_more *more)
{
    int decimals = money_decimals(view->base_currency, view->base_exp);
    int columns = frame->columns - (more != NULL ? 11 : 0);
    agon_amt_t result = slot->figures.result_amt;
    const char *why = why_of(slot);
    char paint[12], text[MONEY_TEXT];

    // Ahead of what grows: a state is whole in 80 columns, however long the numbers are.
    fprintf(out, "%-12.12s %-11s", slot->name, host_agent_state(view, slot));
    fprintf(out, " %12s", money_text(slot->figures.equity_amt, view->base_exp, decimals, text));
    fprintf(out, " %s%10s",
            frame_paint(frame,
                        result < 0   ? "31"
                        : result > 0 ? "32"
                                     : "0",
                        paint),
            money_text(result, view->base_exp, decimals, text));
    fputs(frame_paint(frame, "0", paint), out);
    if (more != NULL)
        fprintf(out, " %10s", more->text(more->ctx, slot));
    fprintf(out, " %4u", slot->n_open);
    fprintf(out, " %6s", money_brief(slot->figures.n_fills, text));
    fprintf(out, " %7s", money_brief(slot->n_refused, text));
    if (columns >= WIDE_EVENTS)
        fprintf(out, " %9s", money_brief(slot->nth, text));
    if (columns >= WIDE_POSITION) {
        char position[64];

        position_text(view, slot, position, sizeof(position));
        fprintf(out, "  %-28.28s", position);
    }
    if (columns >= WIDE_WHY && why != NULL)
        fprintf(out, "  %s", why);
    fputc('\n', out);
}

int table_agents(FILE *out, const struct frame *frame, const struct host_view *view, int rows,
                 const struct table_more *more)
{
    int columns = frame->columns - (more != NULL ? 11 : 0);
    uint32_t n_used = 0, n_shown = 0, n_ended = 0;
    char paint[2][12], equity[16];
    int n = 1;

    if (rows < 2)
        return 0;
    for (uint32_t i = 0; i < view->n_slots; i++) {
        if (!is_shown(&view->slots[i], more))
            continue;
        n_used++;
        n_ended += why_of(&view->slots[i]) != NULL;
    }
    snprintf(equity, sizeof(equity), "%.5s equity", view->base_currency);
    fprintf(out, "%s%-12s %-11s %12s %10s", frame_paint(frame, "2", paint[0]), "agent", "state",
            equity, "result");
    if (more != NULL)
        fprintf(out, " %10s", more->head);
    fprintf(out, " %4s %6s %7s", "open", "fills", "refused");
    if (columns >= WIDE_EVENTS)
        fprintf(out, " %9s", "events");
    if (columns >= WIDE_POSITION)
        fprintf(out, "  %-28s", "position");
    if (columns >= WIDE_WHY && n_ended > 0)
        fputs("  why it ended", out);
    fprintf(out, "%s\n", frame_paint(frame, "0", paint[1]));
    for (uint32_t i = 0; i < view->n_slots && n < rows; i++) {
        const struct host_view_slot *slot = &view->slots[i];

        if (!is_shown(slot, more))
            continue;
        n++;
        if (n == rows && n_shown + 1 < n_used) {
            fprintf(out, "... and %u more\n", n_used - n_shown);
            continue;
        }
        n_shown++;
        put_agent(out, frame, view, slot, more);
    }
    return n;
}

/* In further lines where it is longer than one; where those find no rows it ends between two words.
 * Returns the rows. */
static int put_why(FILE *out, int columns, int rows, const char *line)
{
    static const char more[] = " ...";
    int n_more = (int)strlen(more);
    char *text = NULL;
    size_t length, at = 0;
    FILE *lines = open_memstream(&text, &length);
    int n = 0;

    if (lines == NULL)
        return 0;
    wrap_text(lines, columns, 0, 8, line);
    if (fclose(lines) != 0)
        length = 0;
    for (; n < rows && at < length; n++) {
        int end = (int)strcspn(text + at, "\n");
        int is_cut = n + 1 == rows && at + (size_t)end + 1 < length;
        int shown = end;

        while (is_cut && shown > 0 && (shown + n_more > columns || text[at + (size_t)shown] > ' '))
            shown--;
        fprintf(out, "%.*s%s\n", shown, text + at, is_cut ? more : "");
        at += (size_t)end + 1;
    }
    free(text);
    return n;
}

int table_ended(FILE *out, const struct frame *frame, const struct host_view *view, int rows)
{
    int n = 0;

    for (uint32_t i = 0; i < view->n_slots && n < rows && frame->columns < WIDE_WHY; i++) {
        const struct host_view_slot *slot = &view->slots[i];
        const char *why = slot->is_used ? why_of(slot) : NULL;
        char line[sizeof(slot->name) + sizeof(slot->failure) + 32];

        if (why == NULL)
            continue;
        snprintf(line, sizeof(line), "%s %s: %s", slot->name, host_agent_state(view, slot), why);
        n += put_why(out, frame->columns, rows - n, line);
    }
    return n;
}

#define TAIL_ROWS 3

static void draw(struct table *table, const struct host_view *view, int64_t mono_ns)
{
    struct frame *frame = &table->frame;
    FILE *out = frame_begin(frame);
    int n_tail;
    int left = frame->rows;

    frame_tail_read(frame);
    n_tail = frame_tail_count(frame) < TAIL_ROWS ? frame_tail_count(frame) : TAIL_ROWS;
    left -= head(out, table, view, mono_ns) + 1;
    fputc('\n', out);
    left -= table_agents(out, frame, view, left - n_tail, NULL);
    left -= table_ended(out, frame, view, left - n_tail);
    if (left - n_tail >= 4) {
        fputc('\n', out);
        left -= 1 + table_instruments(out, frame, view, left - n_tail - 1);
    }
    for (int i = 0; i < left - n_tail; i++)
        fputc('\n', out); // the log stands at the bottom
    for (int i = 0; i < n_tail; i++)
        fprintf(out, "%s\n", frame_tail_line(frame, frame_tail_count(frame) - n_tail + i));
    frame_end(frame);
}

void table_draw(struct table *table, const struct host_view *view, int64_t mono_ns)
{
    char t[CLOCK_TEXT];
    char elapsed[SPAN_TEXT], n[3][MONEY_TEXT];

    if (table->frame.is_screen) {
        draw(table, view, mono_ns);
        return;
    }
    if (table->said_ns != 0 && mono_ns - table->said_ns < SAY_NS)
        return;
    table->said_ns = mono_ns;
    fprintf(table->frame.out, "%4s  %s  events %s  orders %s  fills %s  books %u/%u\n",
            elapsed_text(mono_ns - table->began_ns, elapsed), market_time(view->t, t),
            count_text(view->counters.n_events, n[0]), count_text(view->counters.n_orders, n[1]),
            count_text(view->counters.n_fills, n[2]), view->venue.n_live, view->venue.n_books);
    fflush(table->frame.out);
}

#define END_ROWS 20

void table_end(struct table *table, const struct host_view *view, int64_t mono_ns)
{
    struct table plain = *table;
    char *text = NULL;
    size_t n;
    FILE *lines = open_memstream(&text, &n);
    int n_rows;

    frame_close(&table->frame);
    if (lines == NULL)
        return;
    plain.frame.columns = table->frame.is_screen ? table->frame.columns : 80;
    plain.frame.has_colour = 0;
    n_rows = head(lines, &plain, view, mono_ns);
    n_rows += table_agents(lines, &plain.frame, view, END_ROWS, NULL);
    (void)table_ended(lines, &plain.frame, view, END_ROWS + 3 - n_rows);
    if (fclose(lines) == 0)
        frame_put(table->frame.out, text, plain.frame.columns);
    free(text);
    fflush(table->frame.out);
}
