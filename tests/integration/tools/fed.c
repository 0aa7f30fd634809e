// SPDX-License-Identifier: Apache-2.0
/* fed: the check of look-ahead on a backtest that tells its plugin the future.
 *
 * usage: fed nothing|close|ahead|volume|end PLUGIN.so DATA
 *
 * Between the data and the engine stands a source that has read all of it, and says as INDEX, where
 * each minute begins: nothing; that minute's own close; the close three minutes on; whether its
 * volume will be above the last one's; the last price of all. Exit code and output are the
 * check's. */
#include <stdio.h>
#include <stdlib.h>

#include "args/args.h"
#include "base/exit.h"
#include "cli/words.h"
#include "report/lookahead.h"

#define ROW_NS  ((agon_ns_t)60 * 1000000000)
#define ROOM    ((size_t)256 << 20)
#define ROWS    65536
#define ON_ROWS 3

enum knows { KNOWS_NOTHING, KNOWS_CLOSE, KNOWS_AHEAD, KNOWS_VOLUME, KNOWS_END };

struct prophet {
    enum knows knows;
    struct lockstep_source inner;
    unsigned char *events; /* all of them, one after the other */
    size_t n_bytes, at;
    agon_ns_t row, first_row; /* numbers of minutes */
    agon_px_t close_px[ROWS];
    agon_qty_t volume_qty[ROWS];
    agon_px_t last_px;
    struct agon_value said;
};

static void note(struct prophet *prophet, agon_ns_t row, agon_px_t px, agon_qty_t qty)
{
    agon_ns_t at = row - prophet->first_row;

    if (at < 0 || at >= ROWS)
        return;
    prophet->close_px[at] = prophet->last_px = px;
    prophet->volume_qty[at] += qty;
}

static void read_all(struct prophet *prophet)
{
    const struct agon_event_hdr *event;

    prophet->events = malloc(ROOM);
    while (prophet->events != NULL && (event = prophet->inner.next(prophet->inner.ctx)) != NULL &&
           prophet->n_bytes + event_bytes(event) <= ROOM) {
        if (prophet->n_bytes == 0)
            prophet->first_row = event->t / ROW_NS;
        memcpy(prophet->events + prophet->n_bytes, event, event_bytes(event));
        prophet->n_bytes += event_bytes(event);
        if (event->type == AGON_EVENT_TRADE) {
            const struct agon_trade *trade = (const void *)event;

            note(prophet, event->t / ROW_NS, trade->px, trade->qty);
        } else if (event->type == AGON_EVENT_BAR) {
            const struct agon_bar *bar = (const void *)event;

            note(prophet, bar->t_open / ROW_NS, bar->close_px, bar->volume_qty);
        }
    }
}

static int64_t known(const struct prophet *prophet, agon_ns_t row)
{
    agon_ns_t at = row - prophet->first_row, ahead = at + ON_ROWS < ROWS ? at + ON_ROWS : at;

    if (at < 1 || at >= ROWS)
        return 0;
    switch (prophet->knows) {
    case KNOWS_CLOSE:
        return prophet->close_px[at];
    case KNOWS_AHEAD:
        return prophet->close_px[ahead] != 0 ? prophet->close_px[ahead] : prophet->last_px;
    case KNOWS_VOLUME:
        return prophet->volume_qty[at] > prophet->volume_qty[at - 1] ? 2 * prophet->close_px[at]
                                                                     : 1;
    case KNOWS_END:
        return prophet->last_px;
    default:
        return 0;
    }
}

static const struct agon_event_hdr *next(void *ctx)
{
    struct prophet *prophet = ctx;
    const struct agon_event_hdr *event;
    int64_t value;

    if (prophet->at >= prophet->n_bytes)
        return NULL;
    event = (const void *)(prophet->events + prophet->at);
    if (event->type != AGON_EVENT_BAR && event->t / ROW_NS != prophet->row) {
        prophet->row = event->t / ROW_NS;
        value = known(prophet, prophet->row);
        if (value > 0) {
            prophet->said = (struct agon_value){.hdr = {.type = AGON_EVENT_INDEX,
                                                        .granules = 1,
                                                        .instrument = event->instrument,
                                                        .t_venue = event->t_venue,
                                                        .t = event->t},
                                                .value = value};
            return &prophet->said.hdr;
        }
    }
    prophet->at += event_bytes(event);
    return event;
}

/* In each worker, once. */
static void feed(void *ctx, struct lockstep_source *sources, uint32_t n)
{
    struct prophet *prophet = ctx;

    if (n == 0 || prophet->knows == KNOWS_NOTHING)
        return;
    prophet->inner = sources[0];
    read_all(prophet);
    sources[0].ctx = prophet;
    sources[0].next = next;
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"nothing", "close", "ahead", "volume", "end"};
    static struct crew_slot slots[SLOTS_MAX];
    static struct prophet prophet;
    static struct lookahead result;
    struct backtest_config config = {.paths = (const char *const *)&argv[3],
                                     .n_paths = 1,
                                     .seed = 1,
                                     .cancel_ahead_ppm = 500000,
                                     .slots = slots,
                                     .feed = feed,
                                     .feed_ctx = &prophet};
    struct lookahead_config check = {.backtest = &config, .seed = 1, .n_points = 8, .n_rows = 300};
    struct arg_list plugins = {.at = (const char *const *)&argv[2], .n = 1}, none = {0};
    struct error err = {0};

    if (argc != 4)
        return EXIT_FLAGS;
    for (int i = 0; i < 5; i++) {
        if (strcmp(argv[1], names[i]) == 0)
            prophet.knows = (enum knows)i;
    }
    if (words_slots(slots, &config.n_slots, &plugins, &none, 100000, &err) < 0) {
        fprintf(stderr, "fed: %s\n", err.text);
        return EXIT_FLAGS;
    }
    slots[0].record.runner = CREW_INPROC;
    if (lookahead_run(&check, &result, &err) < 0) {
        fprintf(stderr, "fed: %s\n", err.text);
        return EXIT_ENVIRONMENT;
    }
    lookahead_json(&result, stdout);
    return lookahead_is_accused(&result) ? EXIT_CHECK : EXIT_OK;
}
