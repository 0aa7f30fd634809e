// SPDX-License-Identifier: Apache-2.0
/* demo_show: a demo while it runs, act by act: one picture that is drawn over itself on a terminal,
 * captions as lines elsewhere, and the same captions to the dashboard. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "base/span.h"
#include "cli/demo_impl.h"
#include "control/control.h"
#include "sys/clock.h"
#include "sys/term.h"
#include "sys/wrap.h"

void demo_act_name(enum act act, char text[80])
{
    snprintf(text, 80, "Act %d of %d: %s", (int)act + 1, ACTS, act_words[act].title);
}

static const char *market_of(const struct demo *demo)
{
    return demo->about[0] != '\0' ? demo->about : "recorded";
}

static void say(FILE *out, int width, const char *label, const char *text)
{
    if (text[0] != '\0')
        wrap_text(out, width, fprintf(out, "%s", label), (int)strlen(label), text);
}

static void put_addresses(const struct demo *demo, FILE *out, int width)
{
    char text[512];
    char futures[64] = "";

    if (demo->sim.um.port != 0)
        snprintf(futures, sizeof(futures), "; USD-M futures: %u", demo->sim.um.port);
    snprintf(text, sizeof(text),
             "http://127.0.0.1:%u (Binance spot%s). Any client of it can trade there.",
             demo->sim.spot.port, futures);
    say(out, width, "exchange   ", text);
    fprintf(out, "files      %s\n", demo->dir);
}

void demo_show_head(struct demo *demo)
{
    char text[512], time[SPAN_TEXT];

    demo->table.frame.columns = DEMO_LINE;
    if (demo->table.frame.is_screen)
        return; // it stands in the picture
    ops_print(&demo->desk, stdout, 1);
    put_addresses(demo, stdout, DEMO_LINE);
    snprintf(text, sizeof(text),
             "%s. The exchange runs at %" PRId64 "x, a host with %u plugins, for %s.",
             market_of(demo), demo->opts.speed, demo->n_slots,
             span_text(demo->opts.seconds_ns, time));
    say(stdout, DEMO_LINE, "market     ", text);
    fflush(stdout);
}

/* --- the day's backtest --- */

static const char *day_text(void *ctx, const struct host_view_slot *slot)
{
    static char text[MONEY_TEXT];
    const struct demo *demo = ctx;
    const struct daytest_row *row = daytest_of(&demo->daytest, slot->name);

    if (row == NULL)
        snprintf(text, sizeof(text), "%s",
                 demo->daytest.failure[0] != '\0'                   ? "failed"
                 : demo->daytest.is_begun && !demo->daytest.is_over ? "..."
                                                                    : "-");
    else
        (void)money_in((int64_t)llround(row->result * 100.0), 2, demo->view->base_currency, text);
    return text;
}

struct table_more demo_show_day(struct demo *demo)
{
    return (struct table_more){
        .head = "1-day test", .text = day_text, .ctx = demo, .is_without_models = 1};
}

/* --- captions --- */

static void tell_dashboard(struct demo *demo)
{
    const struct act_words *words = &act_words[demo->acts.now];
    struct api_act act = {.number = (uint32_t)demo->acts.now + 1, .n = ACTS};

    snprintf(act.market, sizeof(act.market), "%s", market_of(demo));
    snprintf(act.title, sizeof(act.title), "%s", words->title);
    snprintf(act.about, sizeof(act.about), "%s", acts_about(&demo->acts, demo->acts.now));
    snprintf(act.look, sizeof(act.look), "%s", words->look);
    snprintf(act.said, sizeof(act.said), "%s", demo->acts.said[demo->acts.now]);
    ops_tell_act(&demo->desk, &act);
}

static void print_said(const struct demo *demo, enum act act)
{
    say(stdout, DEMO_LINE,
        "  happened: ", demo->acts.said[act][0] != '\0' ? demo->acts.said[act] : "nothing yet.");
}

static void print_act(const struct demo *demo, enum act act)
{
    char name[80];

    demo_act_name(act, name);
    printf("\n%s\n", name);
    say(stdout, DEMO_LINE, "  next:     ", acts_about(&demo->acts, act));
    say(stdout, DEMO_LINE, "  look at:  ", act_words[act].look);
    fflush(stdout);
}

/* --- the picture --- */

static int put_caption(const struct demo *demo, FILE *out, int64_t elapsed_ns)
{
    const struct frame *frame = &demo->table.frame;
    const struct acts *acts = &demo->acts;
    char paint[2][12];
    char name[80], time[SPAN_TEXT];
    char bar[11];
    int full = (int)(10 * elapsed_ns / demo->opts.seconds_ns);
    int width = frame->columns;
    char *text = NULL;
    size_t n;
    FILE *lines = open_memstream(&text, &n);
    int rows = 1;

    demo_act_name(acts->now, name);
    full = full > 10 ? 10 : full < 0 ? 0 : full;
    memset(bar, '.', 10);
    memset(bar, '#', (size_t)full);
    bar[10] = '\0';
    fprintf(out, "%sagon demo  %-44.44s%s [%s] %s\n", frame_paint(frame, "1", paint[0]), name,
            frame_paint(frame, "0", paint[1]), bar,
            span_text(elapsed_ns - elapsed_ns % 1000000000, time));
    if (lines == NULL)
        return rows;
    say(lines, width, "market  ", market_of(demo));
    say(lines, width, "next    ", acts_about(acts, acts->now));
    say(lines, width, "look at ", act_words[acts->now].look);
    say(lines, width, "so far  ",
        acts->said[acts->now][0] != '\0' ? acts->said[acts->now] : "nothing yet.");
    if (fclose(lines) == 0) {
        for (size_t i = 0; i < n; i++)
            rows += text[i] == '\n';
        fputs(text, out);
    }
    free(text);
    return rows;
}

/* What the acts before came to, the newest last, a line each: in full where that fits. */
static int put_past(const struct demo *demo, FILE *out, int rows)
{
    int first = (int)demo->acts.now - rows < 0 ? 0 : (int)demo->acts.now - rows;
    int n = 0;

    for (int act = first; act < (int)demo->acts.now; act++, n++) {
        const char *said = demo->acts.said[act];

        if ((int)strlen(said) + 8 > demo->table.frame.columns)
            said = demo->acts.brief[act];
        fprintf(out, "act %d   %s\n", act + 1, said[0] != '\0' ? said : "nothing happened.");
    }
    return n;
}

static void draw(struct demo *demo, int64_t elapsed_ns)
{
    struct frame *frame = &demo->table.frame;
    FILE *out = frame_begin(frame);
    const struct table_more more = demo_show_day(demo);
    int left = frame->rows - 1; // the last line has the address
    int past;

    left -= put_caption(demo, out, elapsed_ns) + 1;
    fputc('\n', out);
    left -= table_agents(out, frame, demo->view, left, &more);
    past = (int)demo->acts.now < left - 1 ? (int)demo->acts.now : left - 1;
    if (past > 0 && left > past) {
        fputc('\n', out);
        left -= 1 + put_past(demo, out, past);
    }
    if (left >= 4) {
        fputc('\n', out);
        left -= 1 + table_instruments(out, frame, demo->view, left - 1);
    }
    while (left-- > 0)
        fputc('\n', out);
    ops_print(&demo->desk, out, 1);
    frame_end(frame);
}

void demo_look(struct demo *demo)
{
    host_view(demo->host, demo->view);
    host_plans(demo->host, &demo->plans);
}

struct acts_seen demo_acts_seen(const struct demo *demo)
{
    return (struct acts_seen){.view = demo->view,
                              .changeovers = demo->changeovers,
                              .n_changeovers = demo->n_changeovers,
                              .plans = &demo->plans,
                              .reload_failed =
                                  strcmp(demo->reloaded, "done") != 0 ? demo->reloaded : "",
                              .reload_held = demo->held};
}

void demo_show(struct demo *demo, int64_t elapsed_ns)
{
    const struct acts_seen seen = demo_acts_seen(demo);
    enum act before = demo->acts.now;
    int is_first = demo->table.said_ns == 0;

    (void)daytest_look(&demo->daytest);
    demo->table.said_ns = 1;
    if (acts_look(&demo->acts, &seen, elapsed_ns, clock_mono() - elapsed_ns - demo->began_ns) &&
        !demo->table.frame.is_screen) {
        for (enum act act = before; act < demo->acts.now; act++) {
            print_said(demo, act);
            print_act(demo, act + 1);
        }
    } else if (is_first && !demo->table.frame.is_screen) {
        print_act(demo, demo->acts.now);
    }
    tell_dashboard(demo);
    if (demo->table.frame.is_screen)
        draw(demo, elapsed_ns);
}

void demo_show_end(struct demo *demo)
{
    enum act last = demo->acts.now;

    if (demo->is_story_told)
        return;
    if (!demo->table.frame.is_screen && last < ACT_PROOF) {
        print_said(demo, last);
        print_act(demo, ACT_PROOF);
    }
    demo->acts.now = ACT_PROOF;
    demo->is_story_told = 1;
    tell_dashboard(demo);
}

void demo_show_kept(struct demo *demo)
{
    struct api_act act = {.number = ACTS, .n = ACTS};
    const struct acts_seen seen = demo_acts_seen(demo);

    acts_sum_up(&demo->acts, &seen);
    snprintf(act.market, sizeof(act.market), "%s", market_of(demo));
    snprintf(act.title, sizeof(act.title), "The acts are over, the arena runs on");
    snprintf(act.said, sizeof(act.said),
             "Ctrl-C in its terminal ends it; then a replay of its journal has to reach the same "
             "state.");
    for (int i = 0; i < ACT_PROOF; i++, act.n_past++) {
        snprintf(act.past[i].title, sizeof(act.past[i].title), "%s", act_words[i].title);
        snprintf(act.past[i].said, sizeof(act.past[i].said), "%s",
                 demo->acts.said[i][0] != '\0' ? demo->acts.said[i] : "Nothing happened.");
    }
    ops_tell_act(&demo->desk, &act);
}

_Static_assert(ACT_PROOF <= API_ACTS, "all have room");
_Static_assert(sizeof(((struct api_act *)0)->said) >= ACT_TEXT, "and each whole");
