// SPDX-License-Identifier: Apache-2.0
#include "ops/metrics.h"

#include <ctype.h>
#include <string.h>

#define ROW(id, name, type, unit, labels, help) {name, #type, unit, labels, help},
const struct metric metrics_all[METRICS_N] = {METRICS(ROW)};
#undef ROW

const char *metrics_begin(FILE *out, enum metric_id id)
{
    const struct metric *metric = &metrics_all[id];

    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name,
            metric->type);
    return metric->name;
}

void metrics_counter(FILE *out, enum metric_id id, uint64_t value)
{
    fprintf(out, "%s %llu\n", metrics_begin(out, id), (unsigned long long)value);
}

void metrics_gauge(FILE *out, enum metric_id id, double value)
{
    fprintf(out, "%s %.9g\n", metrics_begin(out, id), value);
}

// A name comes from a roster, which may hold anything that fits a name: quoted all the same.
void metrics_label(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        if ((unsigned char)*text >= 0x20)
            fputc(*text, out);
    }
}

void metrics_states(FILE *out, enum metric_id id, const char *key, const char *of,
                    const char *word_key, const char *const *words, const char *now)
{
    for (; *words != NULL; words++) {
        fprintf(out, "%s{", metrics_all[id].name);
        if (key != NULL) {
            fprintf(out, "%s=\"", key);
            metrics_label(out, of);
            fputs("\",", out);
        }
        fprintf(out, "%s=\"", word_key);
        for (const char *c = *words; *c != '\0'; c++)
            fputc(tolower((unsigned char)*c), out);
        fprintf(out, "\"} %d\n", strcmp(*words, now) == 0);
    }
}

void metrics_print_page(FILE *out)
{
    fputs("| metric | type | unit | labels | |\n| --- | --- | --- | --- | --- |\n", out);
    for (int i = 0; i < METRICS_N; i++) {
        const struct metric *metric = &metrics_all[i];

        fprintf(out, "| `%s` | %s | %s | ", metric->name, metric->type, metric->unit);
        for (const char *at = metric->labels; *at != '\0';) {
            int n = (int)strcspn(at, " ");

            fprintf(out, "%s`%.*s`", at == metric->labels ? "" : ", ", n, at);
            at += n + (at[n] == ' ');
        }
        fprintf(out, " | %s |\n", metric->help);
    }
}
