// SPDX-License-Identifier: Apache-2.0
/* feeds: instruments and limits, books, trades, bars and their history, and whether each channel
 * still comes. */
#include "venue/client.h"

#include "venue/market_time.h"

#define CHANNEL_BUSY_NS    2500000000ll /* silence of a busy channel is seen in 3 s */
#define CHANNEL_KNOWN      32           /* messages after which its gaps are believed */
#define CHANNEL_FORGET_S   60
#define CHANNEL_GAP_MAX_NS 3600000000000ll
#define INFO_EVERY_NS      3600000000000ll
#define FOLLOW_WAIT_NS     1000000000ll /* a follower shows for so long what it can */
#define FOLLOW_LATE_NS     10000000000ll

// On paper an exchange of the host's own takes the orders, on the venue's terms.
static void tell_rules(struct venue_client *client, const struct symbol *symbol,
                       const struct wire_info *info, const struct agon_instrument *filters)
{
    struct record_rules record = {.hdr = {.type = EVENT_RULES,
                                          .granules = sizeof(record) / EVENT_GRANULE,
                                          .instrument = symbol->instrument}};

    if (client->gateway->ports.commands != NULL)
        return;
    record.rules = info->rules;
    if (client->wire->fit_rules != NULL)
        client->wire->fit_rules(info, symbol->quote_exp, filters, &record.rules);
    gateway_emit(client->gateway, &record.hdr);
}

static void on_info(void *ctx, const struct wire_info *info)
{
    struct venue_client *client = ctx;
    const struct symbol *symbol =
        symbols_find(&client->gateway->symbols, info->symbol, strlen(info->symbol));
    struct venue_instrument *instrument;
    struct agon_instrument record;

    if (symbol == NULL)
        return;
    instrument = venue_instrument(client, symbol);
    record = instrument->record;
    record.state = info->is_tradable ? info->state : (uint8_t)TRADING_HALTED;
    if (!wire_fit_filters(info, symbol->quote_exp, &record)) {
        gateway_log(client->gateway, 3, info->symbol,
                    "%s: %s needs finer exponents than it was configured with; make a new "
                    "instrument that names it as predecessor",
                    client->gateway->config.name, info->symbol);
        record.state = TRADING_HALTED;
    }
    book_sync_trading(&instrument->sync, (enum trading_state)record.state);
    tell_rules(client, symbol, info, &record);
    if (instrument->is_told && memcmp(&record, &instrument->record, sizeof(record)) == 0)
        return;
    instrument->record = record;
    instrument->is_told = 1;
    gateway_emit(client->gateway, &record.hdr);
}

static void on_limit(void *ctx, const struct wire_limit *limit)
{
    struct gateway *gateway = ((struct venue_client *)ctx)->gateway;

    gateway_narrow(&gateway->limiter, gateway_now(gateway), limit->type, limit->interval_s,
                   limit->limit);
    if (gateway->ports.commands == NULL) {
        struct record_limit record = {.hdr = {.type = EVENT_LIMIT, .granules = 1},
                                      .interval_s = limit->interval_s,
                                      .limit = limit->limit};

        memcpy(record.type, limit->type, sizeof(record.type));
        gateway_emit(gateway, &record.hdr);
    }
}

static void on_bar(void *ctx, const struct agon_bar *bar)
{
    struct venue_client *client = ctx;
    struct agon_bar copy = *bar;

    if (gateway_emit(client->gateway, &copy.hdr) < 0)
        client->n_bars_lost++;
    venue_instrument(client, symbols_by_id(&client->gateway->symbols, bar->hdr.instrument))
        ->last_bar = bar->t_open;
}

/* False: there is no room for it. */
static int show_closed(struct venue_client *client, struct venue_instrument *instrument,
                       struct agon_bar *bar)
{
    if (bar->t_open <= instrument->last_bar)
        return 1; // the history had it
    if (gateway_emit(client->gateway, &bar->hdr) < 0)
        return 0;
    instrument->last_bar = bar->t_open;
    return 1;
}

void venue_show_early(struct venue_client *client, struct venue_instrument *instrument)
{
    uint32_t n = 0;

    if (client->gateway->config.warm_bars > 0 && !instrument->has_past)
        return;
    while (n < instrument->n_early && show_closed(client, instrument, &instrument->early[n]))
        n++;
    instrument->n_early -= n;
    memmove(instrument->early, instrument->early + n,
            instrument->n_early * sizeof(instrument->early[0]));
}

/* Of a market of bars: one has closed. History is asked for when the stream is there, so that none
 * is missing between them, and comes first. */
static void on_closed(struct venue_client *client)
{
    struct agon_bar *bar = &client->out.bar;
    struct venue_instrument *instrument =
        venue_instrument(client, symbols_by_id(&client->gateway->symbols, bar->hdr.instrument));

    if (instrument->bar_s != bar->length_s)
        return;
    venue_show_early(client, instrument);
    if ((client->gateway->config.warm_bars == 0 || instrument->has_past) &&
        instrument->n_early == 0 && show_closed(client, instrument, bar))
        return;
    if (instrument->n_early == VENUE_EARLY) { // what is read has it
        instrument->n_early--;
        memmove(instrument->early, instrument->early + 1,
                instrument->n_early * sizeof(instrument->early[0]));
        if (instrument->has_past)
            instrument->warm_ns = gateway_now(client->gateway);
        instrument->has_past = 0;
    }
    instrument->early[instrument->n_early++] = *bar;
}

/* By which it is told whether a bar of the answer is over: a market of bars may be of another day,
 * and what runs is not to be shown. */
static agon_ns_t venue_time(const struct venue_client *client,
                            const struct venue_instrument *instrument,
                            const struct http_message *reply)
{
    struct gateway *gateway = client->gateway;
    int64_t now = gateway_now(gateway);
    struct venue_market market;

    if (instrument->bar_s != 0 && venue_market_read(&market, reply, now, now) == AGON_OK)
        return market.t;
    return gateway->stream->utc(gateway->stream->ctx);
}

void venue_answer_data(struct venue_client *client, struct gateway_request *request,
                       enum answer answer, const struct http_message *reply)
{
    struct gateway *gateway = client->gateway;
    int64_t now = gateway_now(gateway);
    int is_good = answer == ANSWER_GOOD;
    struct venue_instrument *instrument =
        request->symbol != NULL ? venue_instrument(client, request->symbol) : NULL;
    int64_t resolution_ns;
    agon_ns_t t;

    switch (request->kind) {
    case REQ_TIME:
        client->is_time_asked = 0;
        if (is_good)
            (void)venue_market_read(&gateway->market, reply, request->sent_ns, now);
        if (is_good && client->is_offset_due &&
            client->wire->read_time(client->self, reply->body, reply->body_n, &t, &resolution_ns) >=
                0)
            clock_offset_sample(&gateway->clock, request->sent_ns, now, t, resolution_ns);
        break;
    case REQ_INFO:
        client->is_info_asked = 0;
        client->info_ns = now + VENUE_RETRY_NS * 10;
        if (is_good && client->wire->read_info(client->self, reply->body, reply->body_n, on_limit,
                                               on_info, client) >= 0)
            client->info_ns = now + INFO_EVERY_NS;
        break;
    case REQ_SNAPSHOT:
        if (is_good && client->wire->read_snapshot(client->self, reply->body, reply->body_n,
                                                   request->symbol, &client->out.depth) >= 0)
            book_sync_snapshot(&instrument->sync, &client->out.depth, now, gateway_random(gateway));
        else
            book_sync_failed(&instrument->sync, now, gateway_random(gateway));
        break;
    case REQ_KLINES:
        client->n_bars_lost = 0;
        // A history with holes is none: it is read again, and whoever has a part takes it once.
        if (!is_good ||
            client->wire->read_bars(client->self, reply->body, reply->body_n, request->symbol,
                                    instrument->bar_s, venue_time(client, instrument, reply),
                                    on_bar, client) < 0 ||
            client->n_bars_lost > 0)
            instrument->warm_ns = now + 5 * VENUE_RETRY_NS;
        else
            instrument->has_past = 1;
        venue_show_early(client, instrument);
        break;
    default:
        break;
    }
}

/* A message of the channel. What is usual is its longest gap, forgotten slowly: a mean would call
 * each lull of a market that comes in bursts a silence. */
static void heard(struct venue_instrument *instrument, int at, int64_t now)
{
    struct feed_channel *channel = &instrument->channels[at];
    int64_t gap_ns = channel->last_ns != 0 ? now - channel->last_ns : 0;

    if (gap_ns > CHANNEL_GAP_MAX_NS)
        gap_ns = CHANNEL_GAP_MAX_NS;
    // What came with the same read, or soon behind it, forgets nothing: no division is waited for.
    if (gap_ns >= 1000000)
        channel->usual_ns -= channel->usual_ns / 1000 * (gap_ns / 1000000) / CHANNEL_FORGET_S;
    if (gap_ns > channel->usual_ns)
        channel->usual_ns = gap_ns;
    channel->last_ns = now;
    if (channel->n < UINT32_MAX)
        channel->n++;
}

static void on_diff(struct venue_client *client, int kind)
{
    struct gateway *gateway = client->gateway;
    struct venue_instrument *instrument = venue_instrument(client, client->out.depth.symbol);
    int64_t now = gateway_now(gateway);

    if (!instrument->sync.is_fed)
        book_sync_start(&instrument->sync, now); // what comes was subscribed
    heard(instrument, CHANNEL_DEPTH, now);
    if (kind == WIRE_BOOK)
        book_sync_snapshot(&instrument->sync, &client->out.depth, now, gateway_random(gateway));
    else
        book_sync_diff(&instrument->sync, &client->out.depth, now, gateway_random(gateway));
}

static void on_trade_print(struct venue_client *client)
{
    const struct agon_trade *trade = &client->out.trade;
    const struct symbol *symbol = symbols_by_id(&client->gateway->symbols, trade->hdr.instrument);
    struct venue_instrument *instrument = venue_instrument(client, symbol);

    heard(instrument, CHANNEL_TRADES, gateway_now(client->gateway));
    // Their numbers rise: what the connection before this one has shown is not shown again.
    if (trade->venue_id <= instrument->last_trade)
        return;
    instrument->last_trade = trade->venue_id;
    gateway_emit(client->gateway, &client->out.trade.hdr);
}

static void on_market_reply(struct venue_client *client, struct link *link)
{
    struct venue_feed *feed = venue_feed(client, link);
    int64_t now = gateway_now(client->gateway);

    if (!client->wire->on_reply(client->self, link))
        return;
    feed->is_up = 1;
    feed->asked_ns = now;
    if (!client->gateway->config.has_depth || link->is_next)
        return;
    for (uint32_t i = 0; i < client->n; i++) {
        if (!client->all[i].sync.is_fed && client->all[i].bar_s == 0)
            book_sync_start(&client->all[i].sync, now);
    }
}

static void note(struct venue_client *client, struct link *link, int kind)
{
    const struct symbol *symbol;

    switch (kind) {
    case WIRE_TRADE:
        symbol = symbols_by_id(&client->gateway->symbols, client->out.trade.hdr.instrument);
        venue_instrument(client, symbol)->next_trade = client->out.trade.venue_id;
        break;
    case WIRE_DIFF:
        venue_instrument(client, client->out.depth.symbol)->next_diff = client->out.depth.last_id;
        break;
    case WIRE_REPLY:
        on_market_reply(client, link);
        break;
    case WIRE_SHUTDOWN:
        gateway_drop(client->gateway, link, "the venue announced its end");
        break;
    default:
        break;
    }
}

/* What the connection that is to follow shows is not used, only noted. */
void venue_on_next_market(struct venue_client *client, struct link *link, const void *bytes,
                          size_t n)
{
    int rc;

    do {
        rc = client->wire->decode(client->self, bytes, n, &client->out);
        if (link->state == LINK_OPEN)
            note(client, link, rc);
    } while (rc > 0 && client->wire->has_several);
}

/* The follower takes over when it has shown nothing that the other has not: then what it shows next
 * joins on, and no book is built anew and no trade is missed. One that stays ahead takes over all
 * the same; the books find the hole. */
void venue_follow_market(struct venue_client *client, struct link *link, int64_t now)
{
    const struct venue_feed *feed = venue_feed(client, link);
    int is_late = now - feed->asked_ns > FOLLOW_LATE_NS;

    if (!feed->is_up || now - feed->asked_ns < FOLLOW_WAIT_NS)
        return;
    for (uint32_t i = 0; i < client->n && !is_late; i++) {
        const struct venue_instrument *instrument = &client->all[i];

        if (instrument->next_trade > instrument->last_trade ||
            (instrument->sync.state == BOOK_LIVE && instrument->next_diff > instrument->sync.id))
            return;
    }
    gateway_take_over(client->gateway, link);
}

static void tell_value(struct venue_client *client, uint16_t type, const struct wire_mark *mark,
                       agon_px_t px)
{
    struct agon_value value = {
        .hdr = {.type = type,
                .granules = sizeof(value) / EVENT_GRANULE,
                .instrument = mark->symbol->instrument,
                .t_venue = mark->t_venue},
        .value = px,
    };

    gateway_emit(client->gateway, &value.hdr);
}

static void on_mark(struct venue_client *client)
{
    const struct wire_mark *mark = &client->out.mark;
    struct venue_instrument *instrument = venue_instrument(client, mark->symbol);

    // Funding first, with the price that stands: what was due is paid by the one before.
    if (mark->t_funding != 0 &&
        (mark->t_funding != instrument->t_funding || mark->rate_ppb != instrument->rate_ppb)) {
        struct agon_funding funding = {
            .hdr = {.type = AGON_EVENT_FUNDING,
                    .granules = sizeof(funding) / EVENT_GRANULE,
                    .instrument = mark->symbol->instrument,
                    .t_venue = mark->t_venue},
            .rate_ppb = mark->rate_ppb,
            .t_next = mark->t_funding,
            .mark_px = mark->mark_px,
            .interval_s = client->wire->funding_s,
        };

        instrument->rate_ppb = mark->rate_ppb;
        instrument->t_funding = mark->t_funding;
        gateway_emit(client->gateway, &funding.hdr);
    }
    tell_value(client, AGON_EVENT_MARK, mark, mark->mark_px);
    if (mark->index_px > 0)
        tell_value(client, AGON_EVENT_INDEX, mark, mark->index_px);
}

static void show(struct venue_client *client, struct link *link, int rc)
{
    struct gateway *gateway = client->gateway;

    if (rc > 0 && rc != WIRE_REPLY && rc != WIRE_SHUTDOWN)
        gateway_link_works(gateway, link); // data, not a mere connection
    switch (rc) {
    case WIRE_TRADE:
        on_trade_print(client);
        break;
    case WIRE_QUOTE:
        heard(venue_instrument(client,
                               symbols_by_id(&gateway->symbols, client->out.quote.hdr.instrument)),
              CHANNEL_QUOTES, gateway_now(gateway));
        gateway_emit(gateway, &client->out.quote.hdr);
        break;
    case WIRE_DIFF:
    case WIRE_BOOK:
        on_diff(client, rc);
        break;
    case WIRE_BAR:
        on_closed(client);
        break;
    case WIRE_REPLY:
        on_market_reply(client, link);
        break;
    case WIRE_MARK:
        on_mark(client);
        break;
    case WIRE_LIQUIDATION:
        gateway_emit(gateway, &client->out.liquidation.hdr);
        break;
    case WIRE_SHUTDOWN:
        link->is_retiring = 1;
        break;
    default:
        // A diff that cannot be taken is missing from the book.
        if (rc < 0 && client->out.named != NULL &&
            (client->out.named_kind == WIRE_DIFF || client->out.named_kind == WIRE_BOOK))
            book_sync_stale(&venue_instrument(client, client->out.named)->sync, BOOK_SYNC_BAD,
                            gateway_now(gateway), gateway_random(gateway));
        break;
    }
}

void venue_on_market(struct venue_client *client, struct link *link, const void *bytes, size_t n)
{
    int rc;

    do {
        rc = client->wire->decode(client->self, bytes, n, &client->out);
        if (link->state == LINK_OPEN) // the first may have ended it
            show(client, link, rc);
    } while (rc > 0 && client->wire->has_several);
}

/* So long a channel may be silent: three of its usual gaps. One that is known to be busy is
 * believed for 2.5 s at least, any other for as long as is configured. */
static int64_t silence_limit(const struct venue_client *client, const struct feed_channel *channel)
{
    int64_t configured_ns = client->gateway->config.channel_ns;
    int64_t limit_ns = 3 * channel->usual_ns;

    if (channel->n < CHANNEL_KNOWN && limit_ns < configured_ns)
        return configured_ns;
    return limit_ns > CHANNEL_BUSY_NS        ? limit_ns
           : configured_ns < CHANNEL_BUSY_NS ? configured_ns
                                             : CHANNEL_BUSY_NS;
}

/* A channel is silent on a living connection: its book is not believed, it is asked for anew, and
 * if that brings nothing the connection is replaced. False: it was. */
static int watch_channel(struct venue_client *client, struct link *link, uint32_t at, int which,
                         int64_t now)
{
    struct venue_instrument *instrument = &client->all[at];
    struct feed_channel *channel = &instrument->channels[which];
    int64_t since_ns = channel->acted_ns > channel->last_ns ? channel->acted_ns : channel->last_ns;

    if (channel->last_ns == 0 || now - since_ns <= silence_limit(client, channel) ||
        (which == CHANNEL_DEPTH && instrument->sync.state != BOOK_LIVE &&
         channel->acted_ns <= channel->last_ns))
        return 1;
    client->gateway->n_silent++;
    if (channel->acted_ns > channel->last_ns) {
        gateway_drop(client->gateway, link, "a channel stays silent");
        return 0;
    }
    channel->acted_ns = now;
    if (which == CHANNEL_DEPTH)
        book_sync_stale(&instrument->sync, BOOK_SYNC_SILENT, now, gateway_random(client->gateway));
    if (which == CHANNEL_DEPTH && instrument->sync.is_pushed)
        return 1; // asked for anew as each book is that is not live
    client->wire->resubscribe(client->self, link, at, which);
    return 1;
}

void venue_watch_channels(struct venue_client *client, struct link *link, int64_t now)
{
    struct gateway *gateway = client->gateway;

    if (gateway->config.channel_ns == 0 || gateway->is_paused)
        return;
    for (uint32_t i = 0; i < client->n; i++) {
        // Where there are bars nothing comes for as long as one lasts, or a hole in them.
        for (int which = 0; which < CHANNELS && client->all[i].bar_s == 0; which++) {
            if (!watch_channel(client, link, i, which, now))
                return;
        }
    }
}

void venue_ask_past(struct venue_client *client, uint32_t at)
{
    if (venue_ask(client, REQ_KLINES, &client->gateway->symbols.all[at], LIMITER_OTHER,
                  VENUE_DATA_NS) != NULL)
        client->all[at].warm_ns = INT64_MAX; // its answer sets it, where it is none
}

/* Books that the stream brings: where one is not live, it is subscribed anew. */
static void ask_pushed(struct venue_client *client, int64_t now)
{
    struct link *link = gateway_link(client->gateway, LINK_MARKET);

    for (uint32_t i = 0; i < client->n; i++) {
        struct book_sync *sync = &client->all[i].sync;

        book_sync_turn(sync, now, gateway_random(client->gateway));
        if (!book_sync_wants(sync, now))
            continue;
        client->wire->resubscribe(client->self, link, i, CHANNEL_DEPTH);
        book_sync_asked(sync);
        sync->asked_ns = now;
    }
}

void venue_ask_snapshots(struct venue_client *client, int64_t now)
{
    const struct agon_event_hdr snapshot = {.type = AGON_EVENT_BOOK_SNAPSHOT};

    if (!gateway_takes(client->gateway, &snapshot))
        return; // it would be read for nothing
    if (wire_is_pushed(client->wire)) {
        ask_pushed(client, now);
        return;
    }
    if (client->wire->snapshot_weight == NULL)
        return; // it has no books
    for (uint32_t i = 0; i < client->n; i++) {
        struct venue_instrument *instrument = &client->all[i];
        uint32_t weight = client->wire->snapshot_weight(client->gateway->config.snapshot_levels);
        struct gateway_request *request;

        if (!book_sync_wants(&instrument->sync, now))
            continue;
        request = venue_ask(client, REQ_SNAPSHOT, &client->gateway->symbols.all[i], LIMITER_OTHER,
                            VENUE_DATA_NS);
        if (request == NULL)
            return;
        request->cost[BUCKET_WEIGHT] = request->cost[BUCKET_SNAPSHOTS] = weight;
        book_sync_asked(&instrument->sync);
    }
}
