// SPDX-License-Identifier: Apache-2.0
#include "report/page.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sys/clock.h"

#define SIDE                                                                                       \
    1000.0 /* of a drawing, which is stretched to its place; what is written is not in it */
#define LABELS  16
#define COLOURS 8
#define COLUMNS 32

struct page {
    FILE *out; /* borrowed */
    uint32_t n_plots;
    uint32_t column, n_columns;
    char column_kind[COLUMNS]; /* '#', '~' or ' ' */
};

static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>";
static const char style[] =
    "</title>\n<style>\n"
    ":root{color-scheme:light dark;--bg:#fbfbfa;--fg:#1b1e23;--soft:#646b76;--line:#dcdee2;"
    "--card:#fff;--good:#0a7a4b;--bad:#b3261e;--c0:#0b63b0;--c1:#c4580a;--c2:#0b7f63;--c3:#a03a8c;"
    "--c4:#8a6d00;--c5:#4b54c9;--c6:#b02a4a;--c7:#4d6b2f}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#111418;--fg:#e6e8eb;--soft:#98a1ad;"
    "--line:#2a3038;--card:#181c22;--good:#4cc38a;--bad:#ff8a80;--c0:#5aa9f0;--c1:#f59a52;"
    "--c2:#42c6a2;--c3:#e07fcb;--c4:#d9b93b;--c5:#949cff;--c6:#ff7d99;--c7:#9cc46b}}\n"
    "*{box-sizing:border-box}body{margin:0 auto;max-width:74rem;padding:1.5rem 1rem 4rem;"
    "background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,-apple-system,\"Segoe UI\","
    "sans-serif}\nh1{font-size:1.5rem;margin:0}h2{font-size:1.05rem;margin:2.2rem 0 .6rem}"
    ".sub{color:var(--soft);margin:.2rem 0 1.2rem}p{max-width:46rem;overflow-wrap:anywhere}\n"
    ".facts{display:flex;flex-wrap:wrap;gap:.6rem;margin:1rem 0}.facts div{flex:1 1 "
    "auto;min-width:8.5rem;background:var(--card);border:1px solid var(--line);"
    "border-radius:6px;padding:.5rem .7rem}.facts span{display:block;color:var(--soft);"
    "font-size:.8rem}.facts b{font-variant-numeric:tabular-nums;font-weight:600;"
    "overflow-wrap:anywhere}\n.good{color:var(--good)}.bad{color:var(--bad)}\n"
    "figure{margin:1rem 0;background:var(--card);border:1px solid var(--line);border-radius:6px;"
    "padding:.7rem}figcaption{font-weight:600;margin-bottom:.6rem}"
    "figcaption small,time{color:var(--soft);font-weight:400}time{float:right;font-size:.82rem;"
    "font-variant-numeric:tabular-nums}\n"
    ".legend{display:flex;flex-wrap:wrap;gap:.2rem .9rem;font-size:.82rem;margin-top:.4rem;"
    "font-variant-numeric:tabular-nums}.legend i{display:inline-block;width:.9rem;"
    "border-top:3px solid;vertical-align:middle;margin-right:.35rem}\n"
    ".plot{position:relative;height:17rem;margin:0 1.2rem 1.7rem 0;font-size:11px;"
    "font-variant-numeric:tabular-nums}.plot span{position:absolute;color:var(--soft);"
    "line-height:1;white-space:nowrap;pointer-events:none}.plot .y{right:calc(100% + 6px);"
    "transform:translateY(-50%)}.plot .x{top:calc(100% + 6px);transform:translateX(-50%)}"
    ".plot .m{overflow:hidden;text-overflow:ellipsis;padding:0 4px;line-height:1.3}\n"
    "svg{display:block;width:100%;height:100%;overflow:visible;touch-action:pan-y}"
    "svg *{vector-effect:non-scaling-stroke}.grid{stroke:var(--line)}"
    ".axis{stroke:var(--soft)}.mark{stroke:var(--soft);stroke-dasharray:3 3}"
    "svg path{fill:none;stroke-width:1.5;stroke-linejoin:round}\n"
    ".wide{overflow-x:auto;border:1px solid var(--line);border-radius:6px;background:var(--card)}"
    "table{border-collapse:collapse;width:100%;font-size:.87rem}th,td{padding:.35rem .7rem;"
    "text-align:left;white-space:nowrap;border-bottom:1px solid var(--line)}"
    "tr:last-child td{border-bottom:0}th{color:var(--soft);font-weight:600}"
    "th:first-child,td:first-child{position:sticky;left:0;background:var(--card)}.n{text-align:"
    "right;font-variant-numeric:tabular-nums}.w{white-space:normal;min-width:9rem}\n"
    "footer{margin-top:3rem;color:var(--soft);font-size:.82rem}"
    "@media(max-width:600px){.plot{height:13rem}.legend{font-size:.76rem}}"
    "@media print{figure,.wide,.facts div{break-inside:avoid}}\n</style>\n</head>\n<body>\n";
/* Each plot's data are in its SVG as data-*: the script only reads them. */
static const char script[] =
    "<script>\nfor(const f of document.querySelectorAll('figure')){const s=f.querySelector('svg');"
    "const d=JSON.parse(s.dataset.series),b=f.querySelectorAll('.legend b'),"
    "l=s.querySelector('.cursor'),last=[...b].map(e=>e.textContent);\n"
    "const show=e=>{const r=s.getBoundingClientRect(),x=(e.clientX-r.left)/r.width;"
    "if(x<0||x>1)return;const t=+s.dataset.t0+x*(s.dataset.t1-s.dataset.t0);"
    "l.setAttribute('x1',x*1000);l.setAttribute('x2',x*1000);l.style.display='';"
    "d.forEach((p,i)=>{let a=0,z=p.length-1;while(a<z){const m=(a+z+1)>>1;p[m][0]<=t?a=m:z=m-1}"
    "b[i].textContent=p.length?p[a][1].toFixed(+s.dataset.decimals):''});"
    "f.querySelector('time').textContent=new Date(t).toISOString().slice(0,19).replace('T',' ')};\n"
    "s.addEventListener('pointermove',show);s.addEventListener('pointerdown',show);"
    "s.addEventListener('pointerleave',()=>{l.style.display='none';b.forEach((e,i)=>"
    "e.textContent=last[i]);f.querySelector('time').textContent=''})}\n</script>\n";

static void put_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            if ((unsigned char)*text >= 0x20)
                fputc(*text, out);
        }
    }
}

static void put_format(FILE *out, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void put_format(FILE *out, const char *format, va_list args)
{
    char text[1024];

    if (vsnprintf(text, sizeof(text), format, args) >= 0)
        put_text(out, text);
}

struct page *page_new(FILE *out, const char *title, const char *subtitle)
{
    struct page *page = calloc(1, sizeof(*page));

    if (page == NULL)
        return NULL;
    page->out = out;
    fputs(head, out);
    put_text(out, title);
    fputs(style, out);
    fputs("<h1>", out);
    put_text(out, title);
    fputs("</h1>\n<p class=\"sub\">", out);
    put_text(out, subtitle);
    fputs("</p>\n", out);
    return page;
}

void page_heading(struct page *page, const char *text)
{
    fputs("<h2>", page->out);
    put_text(page->out, text);
    fputs("</h2>\n", page->out);
}

void page_text(struct page *page, const char *format, ...)
{
    va_list args;

    fputs("<p>", page->out);
    va_start(args, format);
    put_format(page->out, format, args);
    va_end(args);
    fputs("</p>\n", page->out);
}

void page_facts_begin(struct page *page)
{
    fputs("<div class=\"facts\">\n", page->out);
}

void page_fact(struct page *page, const char *name, int tone, const char *format, ...)
{
    va_list args;

    fputs("<div><span>", page->out);
    put_text(page->out, name);
    fprintf(page->out, "</span><b%s>",
            tone > 0   ? " class=\"good\""
            : tone < 0 ? " class=\"bad\""
                       : "");
    va_start(args, format);
    put_format(page->out, format, args);
    va_end(args);
    fputs("</b></div>\n", page->out);
}

void page_facts_end(struct page *page)
{
    fputs("</div>\n", page->out);
}

/* --- plots --- */

struct frame {                /* of one plot */
    double t0, t1, low, high; /* ms; values */
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
    return (frame->high - value) / (frame->high - frame->low);
}

static void fit(struct frame *frame, const struct page_plot *plot)
{
    double least = pow(10, -plot->decimals);
    int has = 0;

    *frame = (struct frame){0};
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

        frame->low -= pad;
        frame->high += pad;
    }
}

/* 1, 2 or 5 times a power of ten: about n steps over the range. */
static double step_of(double range, double n)
{
    double raw = range / n, power = pow(10, floor(log10(raw))), lead = raw / power;

    return (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10) * power;
}

static void label_values(const struct frame *frame, struct labels *labels)
{
    double step = step_of(frame->high - frame->low, 5);
    int decimals = step >= 1 ? 0 : (int)ceil(-log10(step));

    labels->n = 0;
    for (double at = ceil(frame->low / step) * step;
         at <= frame->high + step / 1e6 && labels->n < LABELS; at += step) {
        double shown = fabs(at) < step / 1e6 ? 0 : at;

        labels->all[labels->n].at = y_of(frame, at);
        labels->all[labels->n].is_axis = shown == 0;
        (void)snprintf(labels->all[labels->n++].text, sizeof(labels->all[0].text), "%.*f", decimals,
                       shown);
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

static void put_marks(FILE *out, const struct page_plot *plot, const struct frame *frame,
                      int is_text)
{
    for (uint32_t i = 0; i < plot->n_marks; i++) {
        double at = x_of(frame, (double)plot->marks[i].t / 1e6);

        if (at < 0 || at > 1)
            continue;
        // In three heights, so that neighbours do not cover each other; near the end to the left.
        if (is_text)
            fprintf(out, "<span class=\"m\" style=\"%s:%.2f%%;max-width:%.2f%%;top:%.1fem\">",
                    at < 0.7 ? "left" : "right", 100 * (at < 0.7 ? at : 1 - at),
                    100 * (at < 0.7 ? 1 - at : at), i % 3 * 1.4);
        else
            fprintf(out,
                    "<line class=\"mark\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%.0f\"><title>",
                    at * SIDE, at * SIDE, SIDE);
        put_text(out, plot->marks[i].text);
        fputs(is_text ? "</span>\n" : "</title></line>\n", out);
    }
}

static const char *dashes(uint32_t i, const char *none, const char *dashed, const char *dotted)
{
    return i / COLOURS == 1 ? dashed : i / COLOURS == 2 ? dotted : none;
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
    put_text(out, plot->title);
    fputs("</title>\n", out);
    put_lines(out, values, 0);
    put_lines(out, times, 1);
    put_marks(out, plot, frame, 0);
    for (uint32_t i = 0; i < plot->n_series; i++) {
        struct drawing drawing = {.out = out, .frame = frame};

        fprintf(out, "<path stroke=\"var(--c%u)\"%s d=\"", i % COLOURS,
                dashes(i, "", " stroke-dasharray=\"6 3\"", " stroke-dasharray=\"2 2\""));
        each_point(&plot->series[i], put_path_point, &drawing);
        fputs("\"/>\n", out);
    }
    fprintf(out,
            "<line class=\"axis cursor\" y1=\"0\" y2=\"%.0f\" style=\"display:none\"/>\n</svg>\n",
            SIDE);
}

static void put_legend(FILE *out, const struct page_plot *plot)
{
    fputs("<div class=\"legend\">", out);
    for (uint32_t i = 0; i < plot->n_series; i++) {
        const struct page_series *series = &plot->series[i];

        fprintf(out, "<span><i style=\"border-top-style:%s;border-color:var(--c%u)\"></i>",
                dashes(i, "solid", "dashed", "dotted"), i % COLOURS);
        put_text(out, series->name);
        fprintf(out, " <b>%.*f</b></span>", plot->decimals,
                series->n > 0 ? series->value[series->n - 1] : 0.0);
    }
    fputs("</div>", out);
}

void page_plot(struct page *page, const struct page_plot *plot)
{
    FILE *out = page->out;
    struct labels values;
    struct labels times;
    struct frame frame;
    size_t longest = 1;

    fit(&frame, plot);
    label_values(&frame, &values);
    label_times(&frame, &times);
    for (int i = 0; i < values.n; i++) {
        size_t n = strlen(values.all[i].text);

        longest = n > longest ? n : longest;
    }
    fputs("<figure><figcaption>", out);
    put_text(out, plot->title);
    fputs(" <small>", out);
    put_text(out, plot->unit);
    fprintf(out,
            "</small><time></time></figcaption>\n<div class=\"plot\" "
            "style=\"margin-left:calc(%zuch + 8px)\">\n",
            longest);
    put_svg(out, plot, &frame, &values, &times);
    put_labels(out, &values, 0);
    put_labels(out, &times, 1);
    put_marks(out, plot, &frame, 1);
    fputs("</div>\n", out);
    put_legend(out, plot);
    fputs("</figure>\n", out);
    page->n_plots++;
}

/* --- tables --- */

void page_table_begin(struct page *page, const char *const *columns, uint32_t n)
{
    page->n_columns = n < COLUMNS ? n : COLUMNS;
    page->column = 0;
    fputs("<div class=\"wide\"><table><thead><tr>", page->out);
    for (uint32_t i = 0; i < page->n_columns; i++) {
        char kind = columns[i][0] == '#' || columns[i][0] == '~' ? columns[i][0] : ' ';

        page->column_kind[i] = kind;
        fputs(kind == '#' ? "<th class=\"n\">" : "<th>", page->out);
        put_text(page->out, columns[i] + (kind != ' '));
        fputs("</th>", page->out);
    }
    fputs("</tr></thead><tbody>\n", page->out);
}

void page_cell(struct page *page, const char *format, ...)
{
    va_list args;

    if (page->column >= page->n_columns)
        return;
    if (page->column == 0)
        fputs("<tr>", page->out);
    fputs(page->column_kind[page->column] == '#'   ? "<td class=\"n\">"
          : page->column_kind[page->column] == '~' ? "<td class=\"w\">"
                                                   : "<td>",
          page->out);
    va_start(args, format);
    put_format(page->out, format, args);
    va_end(args);
    fputs("</td>", page->out);
    page->column++;
}

void page_row(struct page *page)
{
    if (page->column > 0)
        fputs("</tr>\n", page->out);
    page->column = 0;
}

void page_table_end(struct page *page)
{
    page_row(page);
    fputs("</tbody></table></div>\n", page->out);
}

int page_close(struct page *page)
{
    FILE *out = page->out;
    int is_bad;

    if (page->n_plots > 0)
        fputs(script, out);
    fputs("<footer>Agon " AGON_VERSION "</footer>\n</body>\n</html>\n", out);
    is_bad = fflush(out) != 0 || ferror(out);
    free(page);
    return is_bad ? AGON_EIO : AGON_OK;
}
