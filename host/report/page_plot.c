// SPDX-License-Identifier: Apache-2.0
/* page_plot: what a page draws: curves, candles, columns and bars. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "report/page_impl.h"
#include "sys/clock.h"

#define SIDE                                                                                       \
    1000.0 /* of a drawing, which is stretched to its place; what is written is not in it */
#define LABELS  16
#define COLOURS 8

struct frame {                /* of one plot */
    double t0, t1, low, high; /* ms; values */
    int is_down;
};
struct labels { /* of an axis: where lines cross the plot */
    struct {
        double at; /* from 0, left or top, to 1 */
        char text[40];
        int is_axis;
    } all[LABELS];
    int n;
};

static double x_of(const struct frame *frame, double ms)
{
    return (ms - frame->t0) / (frame->t1 - frame->t0);
}

static double y_of(const struct frame *frame, double value)
{
    return (frame->is_down ? value - frame->low : frame->high - value) / (frame->high - frame->low);
}

static void fit(struct frame *frame, const struct page_plot *plot)
{
    double least = pow(10, -plot->decimals);
    int has = 0;

    *frame = (struct frame){.is_down = plot->is_down};
    for (uint32_t i = 0; i < plot->n_series; i++) {
        const struct page_series *series = &plot->series[i];

        for (uint64_t k = 0; k < series->n; k++) {
            double ms = (double)series->t[k] / 1e6, value = series->value[k];

            frame->t0 = !has || ms < frame->t0 ? ms : frame->t0;
            frame->t1 = !has || ms > frame->t1 ? ms : frame->t1;
            frame->low = !has || value < frame->low ? value : frame->low;
            frame->high = !has || value > frame->high ? value : frame->high;
            has = 1;
        }
    }
    if (plot->is_zero) {
        frame->low = frame->low > 0 ? 0 : frame->low;
        frame->high = frame->high < 0 ? 0 : frame->high;
    }
    if (frame->t1 <= frame->t0)
        frame->t1 = frame->t0 + 1;
    // A flat line stands in the middle; finer than what the values are told in is flat.
    if (frame->high - frame->low < least) {
        double pad = fabs(frame->low) * 0.001 > least ? fabs(frame->low) * 0.001 : least;

        frame->low -= plot->is_down && frame->low >= 0 ? 0 : pad;
        frame->high += pad;
    }
}

/* 1, 2 or 5 times a power of ten: about n steps over the range. */
static double step_of(double range, double n)
{
    double raw = range / n, power = pow(10, floor(log10(raw))), lead = raw / power;

    return (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10) * power;
}

/* With the thousands apart, as the page's script writes it. */
static const char *apart(int decimals, double value, char text[MONEY_TEXT])
{
    char plain[MONEY_TEXT];

    (void)snprintf(plain, sizeof(plain), "%.*f", decimals, value);
    if (!money_apart(plain, text))
        memcpy(text, plain, sizeof(plain));
    return text;
}

static void label_values(const struct frame *frame, struct labels *labels)
{
    double step = step_of(frame->high - frame->low, 5);
    int decimals = step >= 1 ? 0 : (int)ceil(-log10(step));

    labels->n = 0;
    for (double at = ceil(frame->low / step) * step;
         at <= frame->high + step / 1e6 && labels->n < LABELS; at += step) {
        double shown = fabs(at) < step / 1e6 ? 0 : at;
        char text[MONEY_TEXT];

        labels->all[labels->n].at = y_of(frame, at);
        labels->all[labels->n].is_axis = shown == 0;
        (void)snprintf(labels->all[labels->n++].text, sizeof(labels->all[0].text), "%.39s",
                       apart(decimals, shown, text));
    }
}

static void label_times(const struct frame *frame, struct labels *labels)
{
    static const double steps_s[] = {1,      2,      5,       10,      15,      30,
                                     60,     120,    300,     600,     900,     1800,
                                     3600,   7200,   14400,   21600,   43200,   86400,
                                     172800, 604800, 1209600, 2592000, 7776000, 31536000};
    double step = steps_s[0] * 1000;
    char text[CLOCK_TEXT];

    for (size_t i = 0; i < sizeof(steps_s) / sizeof(steps_s[0]); i++) {
        step = steps_s[i] * 1000;
        if ((frame->t1 - frame->t0) / step <= 6)
            break;
    }
    labels->n = 0;
    for (double at = ceil(frame->t0 / step) * step; at <= frame->t1 && labels->n < LABELS;
         at += step) {
        int is_day = fmod(at, 86400000) == 0;
        int is_long = step >= 2592000000.0;

        // Of "2026-01-31T12:30:00": year and month, month and day, or the time of day
        clock_text((agon_ns_t)(at * 1e6), text);
        labels->all[labels->n].at = x_of(frame, at);
        labels->all[labels->n].is_axis = 0;
        (void)snprintf(labels->all[labels->n++].text, sizeof(labels->all[0].text), "%.*s",
                       is_long                   ? 7
                       : is_day || step >= 60000 ? 5
                                                 : 8,
                       text + (is_long  ? 0
                               : is_day ? 5
                                        : 11));
    }
}

static void put_lines(FILE *out, const struct labels *labels, int is_upright)
{
    for (int i = 0; i < labels->n; i++) {
        double at = labels->all[i].at * SIDE;

        fprintf(out, "<line class=\"%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
                labels->all[i].is_axis ? "axis" : "grid", is_upright ? at : 0,
                is_upright ? at : SIDE, is_upright ? 0 : at, is_upright ? SIDE : at);
    }
}

static void put_labels(FILE *out, const struct labels *labels, int is_upright)
{
    for (int i = 0; i < labels->n; i++)
        fprintf(out, "<span class=\"%s\" style=\"%s:%.2f%%\">%s</span>\n", is_upright ? "x" : "y",
                is_upright ? "left" : "top", labels->all[i].at * 100, labels->all[i].text);
}

/* Calls put for the points to draw: all, or of each slice of time the least and the greatest, in
 * the order in which they came. */
static void each_point(const struct page_series *series,
                       void (*put)(void *ctx, double ms, double v), void *ctx)
{
    uint64_t slice = series->n / (PAGE_POINTS / 2) + 1;

    for (uint64_t from = 0; from < series->n; from += slice) {
        uint64_t to = from + slice < series->n ? from + slice : series->n, low = from, high = from;

        for (uint64_t k = from; k < to; k++) {
            low = series->value[k] < series->value[low] ? k : low;
            high = series->value[k] > series->value[high] ? k : high;
        }
        put(ctx, (double)series->t[low < high ? low : high] / 1e6,
            series->value[low < high ? low : high]);
        if (low != high)
            put(ctx, (double)series->t[low < high ? high : low] / 1e6,
                series->value[low < high ? high : low]);
    }
    if (series->n > 0) // the last one is what the legend says
        put(ctx, (double)series->t[series->n - 1] / 1e6, series->value[series->n - 1]);
}

struct drawing {
    FILE *out;
    const struct frame *frame;
    int decimals, n;
};

static void put_path_point(void *ctx, double ms, double value)
{
    struct drawing *drawing = ctx;

    fprintf(drawing->out, "%c%.1f %.1f", drawing->n++ == 0 ? 'M' : 'L',
            x_of(drawing->frame, ms) * SIDE, y_of(drawing->frame, value) * SIDE);
}

static void put_data_point(void *ctx, double ms, double value)
{
    struct drawing *drawing = ctx;

    fprintf(drawing->out, "%s[%.0f,%.*f]", drawing->n++ == 0 ? "" : ",", ms, drawing->decimals,
            value);
}

static void put_mark_lines(FILE *out, const struct page_plot *plot, const struct frame *frame)
{
    for (uint32_t i = 0; i < plot->n_marks; i++) {
        double at = x_of(frame, (double)plot->marks[i].t / 1e6);

        if (at < 0 || at > 1)
            continue;
        fprintf(out, "<line class=\"mark\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%.0f\"><title>",
                at * SIDE, at * SIDE, SIDE);
        page_put_text(out, plot->marks[i].text);
        fputs("</title></line>\n", out);
    }
}

#define HEIGHTS   3     /* that texts of marks stand in */
#define ON_PHONE  230.0 /* px of a plot at 390 px, ... */
#define ON_SCREEN 780.0 /* ... and where there is room */
#define LETTER_PX 6.8   /* of a text; it has 4 px before and behind it */

/* From where to where the text of a mark stands; near the end to the left of its line. */
static void span_of(double at, const char *text, double plot_px, double span[2])
{
    double text_px = (double)strlen(text) * LETTER_PX + 8;

    span[0] = at < 0.7 ? at * plot_px : at * plot_px - text_px;
    span[1] = span[0] + text_px;
}

/* The first height in which no text stands there yet; HEIGHTS: none. rows: of those before, and of
 * those that are placed already. */
static uint8_t height_of(const struct page_plot *plot, const struct frame *frame,
                         const uint8_t *rows, uint32_t i, double plot_px)
{
    double mine[2], other[2];
    uint8_t taken = 0;

    span_of(x_of(frame, (double)plot->marks[i].t / 1e6), plot->marks[i].text, plot_px, mine);
    for (uint32_t k = 0; k < plot->n_marks; k++) {
        if (k == i || rows[k] >= HEIGHTS)
            continue;
        span_of(x_of(frame, (double)plot->marks[k].t / 1e6), plot->marks[k].text, plot_px, other);
        if (mine[0] < other[1] && other[0] < mine[1])
            taken |= (uint8_t)(1u << rows[k]);
    }
    for (uint8_t row = 0; row < HEIGHTS; row++) {
        if ((taken >> row & 1) == 0)
            return row;
    }
    return HEIGHTS;
}

/* Those that cover no other one: on a phone, and more of them where there is room. What a line is
 * of is said at each of them. */
static void put_mark_texts(FILE *out, const struct page_plot *plot, const struct frame *frame)
{
    uint8_t *rows = malloc(plot->n_marks + 1);

    if (rows == NULL)
        return;
    memset(rows, HEIGHTS, plot->n_marks + 1);
    for (int is_wide = 0; is_wide < 2; is_wide++) {
        for (uint32_t i = 0; i < plot->n_marks; i++) {
            double at = x_of(frame, (double)plot->marks[i].t / 1e6);

            if (at < 0 || at > 1 || rows[i] < HEIGHTS)
                continue;
            rows[i] = height_of(plot, frame, rows, i, is_wide ? ON_SCREEN : ON_PHONE);
            if (rows[i] == HEIGHTS)
                continue;
            fprintf(out, "<span class=\"m%s\" style=\"%s:%.2f%%;max-width:%.2f%%;top:%.1fem\">",
                    is_wide ? " r" : "", at < 0.7 ? "left" : "right",
                    100 * (at < 0.7 ? at : 1 - at), 100 * (at < 0.7 ? 1 - at : at), rows[i] * 1.4);
            page_put_text(out, plot->marks[i].text);
            fputs("</span>\n", out);
        }
    }
    free(rows);
}

static const char *dashes(uint32_t i, const char *none, const char *dashed, const char *dotted)
{
    return i / COLOURS == 1 ? dashed : i / COLOURS == 2 ? dotted : none;
}

static void put_cursor(FILE *out)
{
    fprintf(out,
            "<line class=\"axis cursor\" y1=\"0\" y2=\"%.0f\" style=\"display:none\"/>\n</svg>\n",
            SIDE);
}

static void put_svg(FILE *out, const struct page_plot *plot, const struct frame *frame,
                    const struct labels *values, const struct labels *times)
{
    fprintf(out,
            "<svg viewBox=\"0 0 %.0f %.0f\" preserveAspectRatio=\"none\" role=\"img\" "
            "data-t0=\"%.0f\" data-t1=\"%.0f\" data-decimals=\"%d\" data-series=\"[",
            SIDE, SIDE, frame->t0, frame->t1, plot->decimals);
    for (uint32_t i = 0; i < plot->n_series; i++) {
        struct drawing drawing = {.out = out, .frame = frame, .decimals = plot->decimals};

        fputs(i > 0 ? ",[" : "[", out);
        each_point(&plot->series[i], put_data_point, &drawing);
        fputc(']', out);
    }
    fputs("]\">\n<title>", out);
    page_put_text(out, plot->title);
    fputs("</title>\n", out);
    put_lines(out, values, 0);
    put_lines(out, times, 1);
    put_mark_lines(out, plot, frame);
    for (uint32_t i = 0; i < plot->n_series; i++) {
        struct drawing drawing = {.out = out, .frame = frame};

        fprintf(out, "<path stroke=\"var(--c%u)\"%s d=\"", i % COLOURS,
                dashes(i, "", " stroke-dasharray=\"6 3\"", " stroke-dasharray=\"2 2\""));
        each_point(&plot->series[i], put_path_point, &drawing);
        fputs("\"/>\n", out);
    }
    put_cursor(out);
}

static void put_legend(FILE *out, const struct page_plot *plot)
{
    fputs("<div class=\"legend\">", out);
    for (uint32_t i = 0; i < plot->n_series; i++) {
        const struct page_series *series = &plot->series[i];
        char text[MONEY_TEXT];

        fprintf(out, "<span><i style=\"border-top-style:%s;border-color:var(--c%u)\"></i>",
                dashes(i, "solid", "dashed", "dotted"), i % COLOURS);
        page_put_text(out, series->name);
        fprintf(out, " <b>%s</b></span>",
                apart(plot->decimals, series->n > 0 ? series->value[series->n - 1] : 0.0, text));
    }
    fputs("</div>", out);
}

/* Up to its drawing, with room for the labels at its left. */
static void begin_figure(struct page *page, const char *title, const char *unit,
                         const struct labels *values)
{
    FILE *out = page->out;
    size_t longest = 1;

    for (int i = 0; i < values->n; i++) {
        size_t n = strlen(values->all[i].text);

        longest = n > longest ? n : longest;
    }
    page_section_ends(page);
    fputs("<figure class=\"drawn\"><figcaption>", out);
    page_put_text(out, title);
    fputs(" <small>", out);
    page_put_text(out, unit);
    fprintf(out,
            "</small><time></time></figcaption>\n<div class=\"plot\" "
            "style=\"margin-left:calc(%zuch + 8px)\">\n",
            longest);
}

void page_plot(struct page *page, const struct page_plot *plot)
{
    FILE *out = page->out;
    struct labels values;
    struct labels times;
    struct frame frame;

    fit(&frame, plot);
    label_values(&frame, &values);
    label_times(&frame, &times);
    begin_figure(page, plot->title, plot->unit, &values);
    put_svg(out, plot, &frame, &values, &times);
    put_labels(out, &values, 0);
    put_labels(out, &times, 1);
    put_mark_texts(out, plot, &frame);
    fputs("</div>\n", out);
    put_legend(out, plot);
    fputs("</figure>\n", out);
    page->n_plots++;
}

/* --- candles --- */

static void put_candle_paths(FILE *out, const struct page_candles *of, const struct frame *frame)
{
    double least = (frame->high - frame->low) / SIDE / 2; // of a body, so that it is seen

    for (int is_body = 0; is_body < 2; is_body++) {
        for (int is_down = 0; is_down < 2; is_down++) {
            fprintf(out, "<path class=\"%s%s\" d=\"", is_down ? "down" : "up",
                    is_body ? " body" : "");
            for (uint32_t i = 0; i < of->n_candles; i++) {
                const struct page_candle *candle = &of->candles[i];
                double from = is_body ? candle->open : candle->high;
                double to = is_body ? candle->close : candle->low;
                double x = x_of(frame, (double)candle->t / 1e6) * SIDE;

                if ((candle->close < candle->open) != is_down)
                    continue;
                if (fabs(from - to) < least)
                    to = from + (is_down ? -least : least);
                fprintf(out, "M%.1f %.1fV%.1f", x, y_of(frame, from) * SIDE,
                        y_of(frame, to) * SIDE);
            }
            fputs("\"/>\n", out);
        }
    }
}

static void put_trades(FILE *out, const struct page_candles *of, const struct frame *frame)
{
    for (uint32_t i = 0; i < of->n_trades; i++) {
        const struct page_trade *trade = &of->trades[i];
        double x = x_of(frame, (double)trade->t / 1e6), y = y_of(frame, trade->value);

        if (x < 0 || x > 1 || y < -0.05 || y > 1.05)
            continue;
        fprintf(out, "<i class=\"%s\" style=\"left:%.2f%%;top:%.2f%%\" title=\"",
                trade->is_sold ? "down" : "up", x * 100, y * 100);
        page_put_text(out, trade->text);
        fputs(trade->is_sold ? "\">&#9660;</i>" : "\">&#9650;</i>", out);
    }
    fputc('\n', out);
}

static void fit_candles(struct frame *frame, const struct page_candles *of)
{
    double pad;

    *frame = (struct frame){.low = INFINITY, .high = -INFINITY};
    for (uint32_t i = 0; i < of->n_candles; i++) {
        frame->low = fmin(frame->low, of->candles[i].low);
        frame->high = fmax(frame->high, of->candles[i].high);
    }
    // Room above and below, so that the ends of the longest wicks are seen.
    pad = frame->high > frame->low ? (frame->high - frame->low) / 24
                                   : fabs(frame->low) * 0.001 + 1e-9;
    frame->low -= pad;
    frame->high += pad;
    frame->t0 = (double)of->candles[0].t / 1e6;
    frame->t1 = fmax((double)of->candles[of->n_candles - 1].t / 1e6, frame->t0 + 1);
}

void page_candles(struct page *page, const struct page_candles *of)
{
    FILE *out = page->out;
    struct labels values, times;
    struct frame frame;

    if (of->n_candles == 0)
        return;
    fit_candles(&frame, of);
    label_values(&frame, &values);
    label_times(&frame, &times);
    begin_figure(page, of->title, of->unit, &values);
    fprintf(out,
            "<svg viewBox=\"0 0 %.0f %.0f\" preserveAspectRatio=\"none\" role=\"img\" "
            "data-t0=\"%.0f\" data-t1=\"%.0f\" data-decimals=\"%d\" data-series=\"[[",
            SIDE, SIDE, frame.t0, frame.t1, of->decimals);
    for (uint32_t i = 0; i < of->n_candles; i++)
        fprintf(out, "%s[%.0f,%.*f]", i > 0 ? "," : "", (double)of->candles[i].t / 1e6,
                of->decimals, of->candles[i].close);
    fputs("]]\">\n<title>", out);
    page_put_text(out, of->title);
    fputs("</title>\n", out);
    put_lines(out, &values, 0);
    put_lines(out, &times, 1);
    put_candle_paths(out, of, &frame);
    put_cursor(out);
    put_labels(out, &values, 0);
    put_labels(out, &times, 1);
    put_trades(out, of, &frame);
    fprintf(
        out,
        "</div>\n<div class=\"legend\"><span>close <b>%.*f</b></span><span class=\"up\">&#9650; "
        "bought</span><span class=\"down\">&#9660; sold</span></div></figure>\n",
        of->decimals, of->candles[of->n_candles - 1].close);
    page->n_plots++;
}

/* --- bars and columns --- */

static void begin_flow(struct page *page, const char *title, const char *unit, const char *class)
{
    FILE *out = page->out;

    page_section_ends(page);
    fputs("<figure class=\"flow\"><figcaption>", out);
    page_put_text(out, title != NULL ? title : "");
    fputs(" <small>", out);
    page_put_text(out, unit != NULL ? unit : "");
    fprintf(out, "</small></figcaption><div class=\"%s\">\n", class);
}

static void put_bar(FILE *out, const struct page_bar *bar, int decimals, double left, double width)
{
    char text[MONEY_TEXT];

    fputs("<span>", out);
    page_put_text(out, bar->name);
    fprintf(out,
            "</span><div><i class=\"%s\" style=\"left:%.2f%%;width:%.2f%%\"></i></div>"
            "<b>%s%s</b>\n",
            bar->value > 0   ? "good"
            : bar->value < 0 ? "bad"
                             : "none",
            left, width, bar->value > 0 ? "+" : "", apart(decimals, bar->value, text));
}

void page_bars(struct page *page, const struct page_bars *of)
{
    double low = 0, high = 0, at = 0;

    for (uint32_t i = 0; i < of->n_bars; i++) {
        at = of->bars[i].is_sum ? of->bars[i].value : at + of->bars[i].value;
        low = fmin(low, at);
        high = fmax(high, at);
    }
    if (high <= low)
        high = low + 1;
    begin_flow(page, of->title, of->unit, "bars");
    at = 0;
    for (uint32_t i = 0; i < of->n_bars; i++) {
        const struct page_bar *bar = &of->bars[i];
        double from = bar->is_sum ? 0 : at;

        at = from + bar->value;
        put_bar(page->out, bar, of->decimals, 100 * (fmin(from, at) - low) / (high - low),
                100 * fabs(bar->value) / (high - low));
    }
    fputs("</div></figure>\n", page->out);
}

void page_columns(struct page *page, const struct page_columns *of)
{
    FILE *out = page->out;
    uint32_t most = 1;

    for (uint32_t i = 0; i < of->n; i++)
        most = of->counts[i] > most ? of->counts[i] : most;
    begin_flow(page, of->title, of->unit, "columns");
    for (uint32_t i = 0; i < of->n; i++)
        fprintf(out, "<i%s style=\"height:%.1f%%\" title=\"%.*f to %.*f: %u\"></i>\n",
                of->from + (i + 0.5) * of->width < 0 ? " class=\"minus\"" : "",
                100.0 * of->counts[i] / most, of->decimals, of->from + i * of->width, of->decimals,
                of->from + (i + 1) * of->width, of->counts[i]);
    fprintf(out,
            "</div><div class=\"scale\"><span>%.*f</span><span>%.*f</span><span>%.*f</span>"
            "</div></figure>\n",
            of->decimals, of->from, of->decimals, of->from + of->n * of->width / 2, of->decimals,
            of->from + of->n * of->width);
}
