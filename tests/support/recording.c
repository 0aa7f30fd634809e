// SPDX-License-Identifier: Apache-2.0
#include "recording.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/num.h"

#define LINE_MAX_BYTES (4 << 20)
#define PART_LEVELS    1000
#define PARTS_MAX      32

struct part {
    struct agon_book_part part;
    struct agon_level levels[PART_LEVELS];
};
struct recording {
    gzFile file;
    char *line;
    agon_instrument_t instrument;
    int px_exp, qty_exp;
    struct part parts[PARTS_MAX];
    int n_parts, at_part;
    struct agon_trade trade;
    uint64_t last_id;
    agon_ns_t t;
    unsigned n_errors;
    int is_started; /* a diff was applied since the snapshot */
};

static char *next_line(struct recording *r)
{
    return gzgets(r->file, r->line, LINE_MAX_BYTES);
}

static int read_level(const struct recording *r, const json_t *pair, struct agon_level *level)
{
    const char *px = json_string_value(json_array_get(pair, 0));
    const char *qty = json_string_value(json_array_get(pair, 1));

    return px && qty && num_parse(px, strlen(px), r->px_exp, &level->px) == AGON_OK &&
           num_parse(qty, strlen(qty), r->qty_exp, &level->qty) == AGON_OK;
}

static struct part *open_part(struct recording *r, int type, agon_ns_t t_venue)
{
    struct part *part;

    if (r->n_parts == PARTS_MAX)
        abort();
    part = &r->parts[r->n_parts++];
    memset(part, 0, sizeof(*part));
    part->part.hdr = (struct agon_event_hdr){
        .type = (uint16_t)type, .instrument = r->instrument, .t_venue = t_venue, .t = r->t};
    return part;
}

static void make_parts(struct recording *r, int type, const json_t *bids, const json_t *asks,
                       agon_ns_t t_venue)
{
    struct part *part = NULL;
    size_t n_bids = json_array_size(bids);
    size_t n = n_bids + json_array_size(asks);

    r->n_parts = r->at_part = 0;
    for (size_t i = 0; i < n; i++) {
        const json_t *pair =
            i < n_bids ? json_array_get(bids, i) : json_array_get(asks, i - n_bids);
        uint32_t at;

        if (!part || part->part.n_bid + part->part.n_ask == PART_LEVELS)
            part = open_part(r, type, t_venue);
        at = (uint32_t)part->part.n_bid + part->part.n_ask;
        if (!read_level(r, pair, &part->levels[at])) {
            r->n_errors++;
            continue;
        }
        if (i < n_bids)
            part->part.n_bid++;
        else
            part->part.n_ask++;
    }
    for (int i = 0; i < r->n_parts; i++) {
        struct agon_book_part *head = &r->parts[i].part;

        head->hdr.granules = (uint8_t)(1 + (head->n_bid + head->n_ask + 3) / 4);
        head->flags = (i == 0 ? BOOK_PART_FIRST : 0u) |
                      (i == r->n_parts - 1 ? BOOK_PART_LAST : 0u) |
                      (type == AGON_EVENT_BOOK_SNAPSHOT ? BOOK_PART_RANGE : 0u);
        head->last_id = r->last_id;
    }
}

static uint64_t id_of(const json_t *data, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(data, key));
}

static void on_depth(struct recording *r, const json_t *data)
{
    uint64_t first = id_of(data, "U");
    uint64_t last = id_of(data, "u");
    // USD-M names the diff before it, spot the first id; the first one may overlap the snapshot.
    int is_next =
        json_object_get(data, "pu") ? id_of(data, "pu") == r->last_id : first == r->last_id + 1;

    if (last <= r->last_id)
        return;
    if (!is_next && (r->is_started || first > r->last_id + 1))
        r->n_errors++;
    r->is_started = 1;
    r->last_id = last;
    make_parts(r, AGON_EVENT_BOOK_DELTA, json_object_get(data, "b"), json_object_get(data, "a"),
               json_integer_value(json_object_get(data, "E")) * 1000000);
}

static int on_trade(struct recording *r, const json_t *data)
{
    const char *px = json_string_value(json_object_get(data, "p"));
    const char *qty = json_string_value(json_object_get(data, "q"));

    r->trade = (struct agon_trade){
        .hdr = {.type = AGON_EVENT_TRADE,
                .granules = 1,
                .instrument = r->instrument,
                .t_venue = json_integer_value(json_object_get(data, "T")) * 1000000,
                .t = r->t},
        .venue_id = (uint64_t)json_integer_value(json_object_get(data, "t")),
        // m: the buyer is the maker
        .side = json_is_true(json_object_get(data, "m")) ? AGON_SELL : AGON_BUY};
    if (!px || !qty || num_parse(px, strlen(px), r->px_exp, &r->trade.px) != AGON_OK ||
        num_parse(qty, strlen(qty), r->qty_exp, &r->trade.qty) != AGON_OK) {
        r->n_errors++;
        return 0;
    }
    return r->trade.qty > 0 && r->trade.px > 0;
}

/* True when the line gave an event: parts, or the trade (then without parts). */
static int on_line(struct recording *r, const char *line)
{
    char *text;
    long long t = strtoll(line, &text, 10);
    json_t *json = json_loads(text, 0, NULL);
    const json_t *data = json_object_get(json, "data");
    const char *kind = json_string_value(json_object_get(data, "e"));
    int is_event = 0;

    r->t = t > r->t ? t : r->t;
    r->n_parts = r->at_part = 0;
    if (!json)
        r->n_errors++;
    if (kind && strcmp(kind, "depthUpdate") == 0)
        on_depth(r, data);
    else if (kind && strcmp(kind, "trade") == 0)
        is_event = on_trade(r, data);
    json_decref(json);
    return is_event || r->n_parts > 0;
}

static int find_snapshot(struct recording *r)
{
    while (next_line(r)) {
        char *text;
        json_t *json;

        if (!strstr(r->line, "\"lastUpdateId\""))
            continue;
        strtoll(r->line, &text, 10);
        json = json_loads(text, 0, NULL);
        r->last_id = id_of(json, "lastUpdateId");
        make_parts(r, AGON_EVENT_BOOK_SNAPSHOT, json_object_get(json, "bids"),
                   json_object_get(json, "asks"), 0);
        json_decref(json);
        gzrewind(r->file);
        return 1;
    }
    return 0;
}

struct recording *recording_open(const char *name, agon_instrument_t instrument, int px_exp,
                                 int qty_exp)
{
    const char *root = getenv("AGON_SOURCE_ROOT");
    struct recording *r = calloc(1, sizeof(*r));
    char path[4096];

    snprintf(path, sizeof(path), "%s/../shared/data/book/%s", root ? root : ".", name);
    r->line = malloc(LINE_MAX_BYTES);
    r->instrument = instrument;
    r->px_exp = px_exp;
    r->qty_exp = qty_exp;
    r->t = 1;
    r->file = gzopen(path, "rb");
    if (!r->file || !find_snapshot(r)) {
        recording_close(r);
        return NULL;
    }
    return r;
}

const struct agon_event_hdr *recording_next(struct recording *r)
{
    while (r->at_part == r->n_parts) {
        if (!next_line(r))
            return NULL;
        if (on_line(r, r->line) && r->n_parts == 0)
            return &r->trade.hdr;
    }
    return &r->parts[r->at_part++].part.hdr;
}

unsigned recording_errors(const struct recording *r)
{
    return r->n_errors;
}

void recording_close(struct recording *r)
{
    if (r->file)
        gzclose(r->file);
    free(r->line);
    free(r);
}
