// SPDX-License-Identifier: Apache-2.0
#include "lab/funding.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "lab/data_file.h"
#include "market/table.h"

#define LINE_MAX_BYTES 4096
#define RATE_EXP       9
#define HOUR_NS        ((agon_ns_t)3600 * 1000000000)
#define INTERVAL_NS    (8 * HOUR_NS) /* of most venues */

struct row {
    agon_ns_t t;
    int64_t rate_ppb;
};
struct funding {
    char symbol[RECORDING_SYMBOL];
    agon_instrument_t instrument;
    struct row *rows; /* owned */
    uint32_t n, room, at, first;
    uint32_t interval_s; /* as announced last */
    agon_ns_t t_start, t_next;
    int is_final; /* the next event is the final rate of row at, else the estimate behind row at - 1
                   */
    struct agon_funding event;
};

/* Rates stand as plain decimals and, very small ones, as 1.653e-05. */
static int take_rate(const char *text, size_t n, int64_t *rate_ppb)
{
    char copy[64];
    char *end;
    double value;

    if (recording_parse(text, n, RATE_EXP, rate_ppb) >= 0)
        return AGON_OK;
    if (n == 0 || n >= sizeof(copy))
        return AGON_EINVAL;
    memcpy(copy, text, n);
    copy[n] = 0;
    value = strtod(copy, &end);
    return end != copy + n ? AGON_EINVAL : num_from_double(value, RATE_EXP, NUM_EVEN, rate_ppb);
}

static int add_row(struct funding *funding, const struct row *row)
{
    if (funding->n == funding->room) {
        uint32_t room = funding->room != 0 ? funding->room * 2 : 256;
        struct row *rows = realloc(funding->rows, room * sizeof(*rows));

        if (rows == NULL)
            return AGON_ENOMEM;
        funding->rows = rows;
        funding->room = room;
    }
    funding->rows[funding->n++] = *row;
    return AGON_OK;
}

static int read_rows(struct funding *funding, struct lines *lines, const char *path,
                     struct error *err)
{
    struct table table;
    const char *why;
    uint32_t at;
    char *line;
    uint32_t n;
    int rc = lines_next(lines, &line, &n, err);

    if (rc <= 0)
        return rc < 0
                   ? rc
                   : error_set(err, AGON_ECORRUPT,
                               "%s: the file is empty; expected rows of a table or a stream", path);
    (void)table_head(&table, line, n, &why, &at);
    if (table.places[TABLE_FUNDING_MS] < 0 || table.places[TABLE_RATE] < 0)
        return error_set(err, AGON_EINVAL, "%s:1:1: expected the columns funding_time_ms and rate",
                         path);
    while ((rc = lines_next(lines, &line, &n, err)) == 1) {
        struct table_row fields;
        struct row row;
        int rate = table.places[TABLE_RATE];

        table_split(&fields, line, n);
        if (!table_has(&table, &fields, TABLE_FUNDING_MS) ||
            !table_has(&table, &fields, TABLE_RATE) ||
            table_time_of(&table, &fields, TABLE_FUNDING_MS, &row.t) < 0 || row.t <= 0 ||
            take_rate(fields.fields[rate], fields.lengths[rate], &row.rate_ppb) < 0 ||
            num_abs(row.rate_ppb) > 1000000000)
            return error_set(err, AGON_ECORRUPT, "%s:%llu:1: expected a time in ms and a rate",
                             path, (unsigned long long)lines_number(lines));
        if (funding->n > 0 && row.t <= funding->rows[funding->n - 1].t)
            return error_set(err, AGON_ECORRUPT, "%s:%llu:1: not later than the row before it",
                             path, (unsigned long long)lines_number(lines));
        rc = add_row(funding, &row);
        if (rc < 0)
            return error_set(err, rc, "%s: out of memory", path);
    }
    if (rc == 0 && funding->n == 0)
        rc = error_set(err, AGON_ECORRUPT, "%s: no rows", path);
    return rc;
}

int funding_open(struct funding **out, const char *word, struct error *err)
{
    struct funding *funding = calloc(1, sizeof(*funding));
    const struct lines_limits limits = {.line_max = LINE_MAX_BYTES};
    struct lines *lines = NULL;
    const char *path;
    int rc;

    *out = NULL;
    if (funding == NULL)
        return error_set(err, AGON_ENOMEM, "funding: out of memory");
    path = recording_split(word, funding->symbol);
    if (funding->symbol[0] == '\0' && !recording_symbol_of_name(path, funding->symbol)) {
        rc = error_set(err, AGON_EINVAL, "%s: of which symbol? Say SYMBOL=FILE", path);
        goto fail;
    }
    lines = data_file_open(path, &limits, err);
    if (lines == NULL) {
        rc = err != NULL && err->code < 0 ? err->code : AGON_ENOENT;
        goto fail;
    }
    rc = read_rows(funding, lines, path, err);
    lines_close(lines);
    if (rc < 0)
        goto fail;
    *out = funding;
    return AGON_OK;

fail:
    funding_close(funding);
    return rc;
}

void funding_close(struct funding *funding)
{
    if (funding == NULL)
        return;
    free(funding->rows);
    free(funding);
}

const char *funding_symbol(const struct funding *funding)
{
    return funding->symbol;
}

void funding_set(struct funding *funding, agon_instrument_t instrument, agon_ns_t t_start)
{
    funding->instrument = instrument;
    funding->t_start = t_start;
    while (funding->at < funding->n && funding->rows[funding->at].t <= t_start)
        funding->at++;
    funding->first = funding->at;
}

/* When the next payment behind row at - 1 is announced for: as long behind it as it was behind the
 * one before, on the hours that venues pay at; without two rows, at the next of 0, 8 and 16 h UTC.
 */
static agon_ns_t announced(const struct funding *funding, uint32_t at, agon_ns_t t)
{
    const struct row *rows = funding->rows;
    agon_ns_t interval = at >= 2 ? rows[at - 1].t - rows[at - 2].t : INTERVAL_NS;
    agon_ns_t t_next = at >= 2 ? rows[at - 1].t : 0;

    if (interval >= HOUR_NS / 2) {
        interval = (interval + HOUR_NS / 2) / HOUR_NS * HOUR_NS;
        t_next = (t_next + HOUR_NS / 2) / HOUR_NS * HOUR_NS;
    }
    if (t_next <= t)
        t_next += ((t - t_next) / interval + 1) * interval;
    return t_next;
}

/* What a venue tells between two payments is an estimate, and here the rate that was paid last. At
 * the time of row i the rate of that row comes, and is final, and behind it the event that pays it:
 * the estimate of the next. */
const struct agon_event_hdr *funding_next(void *ctx)
{
    struct funding *funding = ctx;
    struct agon_funding *event = &funding->event;
    const struct row *rows = funding->rows;
    uint32_t at = funding->at;
    agon_ns_t t = funding->t_start;

    if (funding->first == funding->n || (funding->is_final && at == funding->n))
        return NULL;
    if (funding->is_final) {
        t = rows[at].t;
        if (t < funding->t_next)
            funding->t_next = t;
    } else {
        if (at > funding->first)
            t = rows[at - 1].t;
        funding->t_next = announced(funding, at, t);
        funding->interval_s = (uint32_t)((funding->t_next - t) / 1000000000);
    }
    *event = (struct agon_funding){
        .hdr = {.type = AGON_EVENT_FUNDING,
                .granules = sizeof(*event) / EVENT_GRANULE,
                .instrument = funding->instrument,
                .t_venue = t,
                .t = t},
        .rate_ppb = funding->is_final ? rows[at].rate_ppb
                    : at > 0          ? rows[at - 1].rate_ppb
                                      : 0,
        .t_next = funding->t_next,
        .interval_s = funding->interval_s,
    };
    funding->at += funding->is_final ? 1 : 0;
    funding->is_final = !funding->is_final;
    return &event->hdr;
}
