// SPDX-License-Identifier: Apache-2.0
/* top: a running host in a terminal, over the socket in its run directory, drawn over itself. */
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args/args.h"
#include "base/money.h"
#include "base/span.h"
#include "cli/commands.h"
#include "control/client.h"
#include "report/frame.h"
#include "report/view.h"
#include "sys/clock.h"
#include "sys/rundir.h"
#include "sys/signals.h"
#include "sys/term.h"
#include "sys/wrap.h"

#define WAIT_NS ((int64_t)5 * 1000000000)
#define KEY_NS  ((int64_t)10 * 1000000000)

struct opts {
    const char *dir;
    int64_t every_ns;
    int is_once;
};

static json_t *ask(const char *dir, const char *verb, struct error *err)
{
    json_t *result;

    return client_ask(dir, &verb, 1, WAIT_NS, &result, err) < 0 ? NULL : result;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "-";
}

static const char *amount_of(const json_t *object, const char *key, char text[MONEY_TEXT])
{
    return money_apart(text_of(object, key), text) ? text : "-";
}

static long long int_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static const char *count_of(const json_t *object, const char *key, char text[MONEY_TEXT])
{
    return money_count((uint64_t)int_of(object, key), text);
}

// "2026-01-01T00:00:00Z": whole seconds, as the picture comes once a second.
static const char *time_of(const json_t *object, const char *key, char text[CLOCK_TEXT])
{
    const char *all = text_of(object, key);

    if (strlen(all) > 19 && all[19] == '.')
        (void)snprintf(text, CLOCK_TEXT, "%.19sZ", all);
    else
        (void)snprintf(text, CLOCK_TEXT, "%.*s", CLOCK_TEXT - 1, all);
    return text;
}

static void put_line(FILE *out, int columns, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void put_line(FILE *out, int columns, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    wrap_text(out, columns, 0, 2, text);
}

static void put_head(FILE *out, int columns, const json_t *status, const json_t *feed,
                     const json_t *latency)
{
    const json_t *step = json_object_get(latency, "step");
    const json_t *delivery = json_object_get(latency, "delivery");
    char text[6][MONEY_TEXT], times[5][SPAN_TEXT], now[CLOCK_TEXT];

    put_line(out, columns, "agon %s  %s  %s  up %s", text_of(status, "mode"),
             text_of(status, "state"), time_of(status, "time", now),
             span_of_s((double)int_of(status, "up_s"), times[4]));
    if (json_object_get(status, "halted_by") != NULL)
        put_line(out, columns, "halted by %s: %s", text_of(status, "halted_by"),
                 text_of(status, "halted_for"));
    put_line(out, columns, "equity %s %s = agents %s + pool %s%s%s  capital %s",
             amount_of(status, "equity", text[0]), text_of(status, "currency"),
             amount_of(status, "equity_agents", text[1]), amount_of(status, "pool", text[2]),
             int_of(status, "left_agents") > 0 ? " + left " : "",
             int_of(status, "left_agents") > 0 ? amount_of(status, "left_equity", text[4]) : "",
             amount_of(status, "capital", text[3]));
    put_line(out, columns, "result %s = gross %s - fees %s + rebates %s + funding %s",
             amount_of(status, "result", text[0]), amount_of(status, "gross", text[1]),
             amount_of(status, "fees", text[2]), amount_of(status, "rebates", text[3]),
             amount_of(status, "funding", text[4]));
    put_line(out, columns, "orders open %s  fills %s  refused %s  events %s  slippage cost %s",
             count_of(status, "open_orders", text[0]), count_of(status, "fills", text[1]),
             count_of(status, "refused", text[2]), count_of(status, "events", text[3]),
             amount_of(status, "slippage", text[5]));
    put_line(out, columns,
             "feed %s, links %lld/%lld, books %lld/%lld, gaps %s, unconfirmed %s  journal %s",
             text_of(feed, "health"), int_of(feed, "links_up"), int_of(feed, "links"),
             int_of(feed, "books_live"), int_of(feed, "books"), count_of(feed, "gaps", text[0]),
             count_of(feed, "unconfirmed", text[1]), text_of(status, "journal"));
    put_line(out, columns, "step p50 %s, p99 %s  wire to decision p50 %s, p99 %s",
             span_text(int_of(step, "p50_ns"), times[0]),
             span_text(int_of(step, "p99_ns"), times[1]),
             span_text(int_of(delivery, "p50_ns"), times[2]),
             span_text(int_of(delivery, "p99_ns"), times[3]));
    fputc('\n', out);
}

// Everything of one picture. AGON_EIO: the host is gone.
static int put_picture(FILE *out, const char *dir, int columns, struct error *err)
{
    static const char *const verbs[] = {"status", "feed",      "latency",
                                        "agents", "positions", "orders"};
    json_t *all[6] = {NULL};
    int rc = AGON_OK;

    for (int i = 0; i < 6 && rc >= 0; i++) {
        all[i] = ask(dir, verbs[i], err);
        rc = all[i] != NULL ? AGON_OK : AGON_EIO;
    }
    if (rc >= 0) {
        put_head(out, columns, all[0], all[1], all[2]);
        for (int i = 3; i < 6; i++) {
            if (i > 3 && json_array_size(all[i]) == 0)
                continue;
            fputs(i > 3 ? "\n" : "", out);
            (void)view_show(out, verbs[i], all[i], columns);
        }
    }
    for (int i = 0; i < 6; i++)
        json_decref(all[i]);
    return rc;
}

/* The last row of a window that is too low says how much there is below it. */
static void put_fitting(FILE *out, const char *text, int rows)
{
    int n = 0;

    for (const char *at = text; *at != '\0'; at++)
        n += *at == '\n';
    for (int i = 0; i < n && (i + 1 < rows || n <= rows); i++) {
        size_t length = strcspn(text, "\n") + 1;

        (void)fwrite(text, 1, length, out);
        text += length;
    }
    if (n > rows)
        fprintf(out, "... and %d lines more: in a higher window, or by `agon ctl`\n", n - rows + 1);
}

/* frame NULL: once, as lines. Else for the window as it is now: the host's answers take their time,
 * and who drags it meanwhile would see a picture of one width in a window of another. */
static int draw(const char *dir, struct frame *frame, struct error *err)
{
    FILE *shown = frame != NULL ? frame_begin(frame) : stdout;
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    int columns = frame != NULL ? frame->columns : wrap_width(stdout);
    int rc = out != NULL ? put_picture(out, dir, columns, err) : AGON_ENOMEM;

    if (out != NULL && fclose(out) != 0)
        rc = AGON_ENOMEM;
    if (rc >= 0 && frame == NULL)
        fputs(text, shown);
    else if (rc >= 0)
        put_fitting(shown, text, frame->rows);
    if (frame != NULL)
        frame_end(frame);
    free(text);
    return rc;
}

static void say(struct frame *frame, const char *label, const char *text)
{
    FILE *out = frame_begin(frame);
    char paint[2][12];

    fputs(frame_paint(frame, "1", paint[0]), out);
    fputs(label, out);
    wrap_text(out, frame->columns, (int)strlen(label), 0, text);
    fputs(frame_paint(frame, "0", paint[1]), out);
    frame_end(frame);
}

/* The kill switch by a key, and by the same key once more: a slip of a hand is none. */
static void kill_by_key(const char *dir, struct frame *frame)
{
    const char *words[2] = {"kill", "key in agon top"};
    struct error err = {0};
    json_t *result = NULL;

    say(frame, "",
        "K once more throws the kill switch: everything is cancelled and refused. Any other key "
        "does not.");
    if (term_key(STDIN_FILENO, KEY_NS) != 'K')
        return;
    if (client_ask(dir, words, 2, WAIT_NS, &result, &err) < 0) {
        say(frame, "NOT KILLED: ", err.text);
        (void)term_key(STDIN_FILENO, KEY_NS);
    }
    json_decref(result);
}

int cmd_top(int argc, char **argv)
{
    static const int signals[] = {SIGINT, SIGTERM};
    struct opts opts = {.every_ns = 1000000000};
    const struct arg table[] = {
        {"dir", ARG_TEXT, "DIR", "run directory of the host (below the user's state folder)",
         &opts.dir},
        {"every", ARG_DURATION, "TIME", "how often it looks (1s)", &opts.every_ns, .min = 100000000,
         .max = (int64_t)3600 * 1000000000},
        {"once", ARG_FLAG, NULL, "one picture, as elsewhere than on a terminal", &opts.is_once},
        {NULL}};
    const struct args_spec spec = {
        .usage = "[OPTION...]",
        .about = "Shows a running host: agents, positions, orders, "
                 "feed, latency. q ends it; K, twice, throws the kill switch.",
        .args = table};
    char dir[PATH_MAX];
    struct frame frame;
    struct error err = {0};
    int signal_fd = -1;
    int key = 0;
    int rc = args_parse(&spec, argc, argv);

    if (rc != ARGS_RUN)
        return rc;
    rc = opts.dir == NULL ? rundir_default(dir, sizeof(dir), &err)
         : snprintf(dir, sizeof(dir), "%s", opts.dir) < (int)sizeof(dir)
             ? AGON_OK
             : error_set(&err, AGON_ERANGE, "the directory's path is too long");
    frame_init(&frame, stdout);
    opts.is_once |= !frame.is_screen || !term_is_tty(STDIN_FILENO);
    if (rc >= 0 && !opts.is_once) {
        signal_fd = rc = signals_open(signals, 2, &err);
        if (rc >= 0)
            rc = term_keys(STDIN_FILENO, 1);
    }
    do {
        if (rc >= 0)
            rc = draw(dir, opts.is_once ? NULL : &frame, &err);
        if (rc >= 0 && !opts.is_once)
            key = term_key(STDIN_FILENO, opts.every_ns);
        if (key == 'K')
            kill_by_key(dir, &frame);
    } while (rc >= 0 && !opts.is_once && key != 'q' && key != 4 && signals_next(signal_fd) <= 0 &&
             commands_can_print());
    if (!opts.is_once) {
        frame_close(&frame);
        term_keys(STDIN_FILENO, 0);
    }
    signals_close(signal_fd);
    if (rc < 0)
        fprintf(stderr, "agon top: %s\n", err.text);
    return rc < 0 ? EXIT_ENVIRONMENT : EXIT_OK;
}
