// SPDX-License-Identifier: Apache-2.0
/* Lines over candles: metrics of agents that are prices of an instrument, each as it was when a
 * candle ended, kept by looking as the candles are. They go on over a reload and begin with the
 * host: what a plugin says of itself stands in no journal. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "ops/api_history.h"

#define SECOND_NS ((agon_ns_t)1000000000)

struct api_line {
    char name[AGON_LINE_NAME];
    agon_instrument_t instrument; /* 0: a free place */
    uint32_t n[CANDLE_LENGTHS];
    agon_ns_t t[CANDLE_LENGTHS][CANDLES]; /* when a candle begins; number n at place n % CANDLES */
    double px[CANDLE_LENGTHS][CANDLES];   /* in the quote currency */
};
struct api_lines { /* of an agent */
    char name[SLOT_NAME];
    uint64_t freed_seq; /* and which of that name: host_view_slot.freed_seq */
    struct api_line all[AGON_LINES_MAX];
};

static int is_line(const struct api_line *line, const struct feed_line *of)
{
    return line->instrument == of->instrument && strcmp(line->name, of->name) == 0;
}

/* One that the plugin has no more. */
static int is_past(const struct api_line *line, const struct host_view_slot *slot)
{
    for (uint32_t i = 0; i < slot->n_lines; i++) {
        if (is_line(line, &slot->lines[i]))
            return 0;
    }
    return 1;
}

/* Where it is kept: its own place, a free one, or that of a line which is past. */
static struct api_line *line_of(struct api_lines *lines, const struct host_view_slot *slot,
                                const struct feed_line *of)
{
    struct api_line *line = NULL;

    for (uint32_t i = 0; i < AGON_LINES_MAX; i++) {
        if (is_line(&lines->all[i], of))
            return &lines->all[i];
    }
    for (uint32_t i = 0; line == NULL && i < AGON_LINES_MAX; i++)
        line = lines->all[i].instrument == 0 ? &lines->all[i] : NULL;
    for (uint32_t i = 0; line == NULL && i < AGON_LINES_MAX; i++)
        line = is_past(&lines->all[i], slot) ? &lines->all[i] : NULL;
    if (line == NULL)
        return NULL;
    *line = (struct api_line){.instrument = of->instrument};
    memcpy(line->name, of->name, sizeof(line->name));
    return line;
}

static void keep(struct api_line *line, agon_ns_t t, double px)
{
    for (uint32_t length = 0; length < CANDLE_LENGTHS; length++) {
        agon_ns_t begins = t - t % (past_lengths_s[length] * SECOND_NS);
        uint32_t last = (line->n[length] + CANDLES - 1) % CANDLES;

        if (line->n[length] == 0 || begins > line->t[length][last])
            last = line->n[length]++ % CANDLES;
        line->t[length][last] = begins;
        line->px[length][last] = px;
    }
}

static void see(struct api *api, uint32_t id)
{
    const struct host_view_slot *slot = &api->view->slots[id];
    struct api_lines **lines = &api->history->lines[id];

    if (*lines != NULL && (!slot->is_used || (*lines)->freed_seq != slot->freed_seq ||
                           strcmp((*lines)->name, slot->name) != 0)) {
        free(*lines);
        *lines = NULL;
    }
    for (uint32_t i = 0; slot->is_used && i < slot->n_lines; i++) {
        const struct feed_line *of = &slot->lines[i];
        struct api_line *line;

        if ((slot->metrics_set >> of->id & 1) == 0 || of->instrument == 0 ||
            of->instrument > api->view->n_instruments)
            continue;
        if (*lines == NULL) {
            *lines = calloc(1, sizeof(**lines));
            if (*lines == NULL)
                return;
            memcpy((*lines)->name, slot->name, sizeof((*lines)->name));
            (*lines)->freed_seq = slot->freed_seq;
        }
        line = line_of(*lines, slot, of);
        if (line != NULL)
            keep(line, api->view->t, slot->metrics[of->id]);
    }
}

void api_see_lines(struct api *api)
{
    for (uint32_t id = 0; id < api->view->n_slots; id++)
        see(api, id);
}

/* With two digits more than a price has, as a mean; what no price can be is left out. */
static void put_line(const struct api_line *line, int px_exp, uint32_t length, int64_t since_ms,
                     struct jout *out)
{
    int exp = px_exp + TRADE_PX_MORE < NUM_EXP_MAX ? px_exp + TRADE_PX_MORE : NUM_EXP_MAX;
    double whole = (double)num_pow10(exp);
    uint32_t n = line->n[length] < CANDLES ? line->n[length] : CANDLES;

    for (uint32_t i = line->n[length] - n; i < line->n[length]; i++) {
        double px = line->px[length][i % CANDLES] * whole;

        if (line->t[length][i % CANDLES] / 1000000 < since_ms || fabs(px) >= 9e18)
            continue;
        jout_open(out, '{');
        jout_kv_str(out, "line", line->name);
        jout_kv_int(out, "t_ms", line->t[length][i % CANDLES] / 1000000);
        jout_kv_dec(out, "price", llround(px), exp);
        jout_close(out, '{');
    }
}

int api_do_lines(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    const struct api *api = ctx;
    int slot = api_slot_of(api, call->argv[0], err);
    int place = slot < 0 ? slot : api_instrument_of(api, call->argv[1], err);
    const struct api_lines *lines;
    int64_t since_ms;
    uint32_t length;
    int rc = place < 0 ? place : api_candle_arguments(call, 2, &length, &since_ms, err);

    if (rc < 0)
        return rc;
    lines = api->history->lines[slot];
    jout_open(out, '[');
    for (uint32_t i = 0; lines != NULL && i < AGON_LINES_MAX; i++) {
        if (lines->all[i].instrument == (agon_instrument_t)place + 1)
            put_line(&lines->all[i], api->view->instruments[place].px_exp, length, since_ms, out);
    }
    jout_close(out, '[');
    return AGON_OK;
}
