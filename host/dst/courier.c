// SPDX-License-Identifier: Apache-2.0
/* courier: the message gateway on the host's side. It does what VENUES 1.2 to 1.4 ask of every
 * gateway, on records instead of bytes:
 *
 * - A request leaves when the journal is durable up to what it depends on, and once. What cannot
 *   leave in time is NOT_SENT.
 * - Without an answer in time, after an error, and when the connection breaks, a request that has
 *   left is UNKNOWN and asked about until it is proven. An order is absent when two reads do not
 *   show it that are 5 s apart, *both* of them sent after the request's own expiry: a first read
 *   before it proves nothing, because the request may still be on its way.
 * - That an order is as it was proves that its cancel or replace was not done only when it was read
 *   after the request's expiry and the longest lag of a query.
 * - An acknowledged cancel is no cancellation.
 * - Fills come by the stream and, whatever it forgot, by reconciliation.
 * - A book with a gap in its numbers is STALE until a snapshot.
 *
 * The courier dies with its host and knows nothing afterwards. The planted bugs are here. */
#include <stdlib.h>

#include "dst/world.h"

#define TURN_NS   (10 * MS)
#define ASK_NS    (700 * MS) /* an answer that is not there by now is lost */
#define AGAIN_NS  (300 * MS)
#define BOOK_NS   (1000 * MS)
#define QUEUE_MAX 256u

static struct parcel *find(struct world *world, uint64_t order_id)
{
    uint64_t at;

    return map_get(&world->courier.by_order, order_id, &at) ? &world->courier.parcels[at] : NULL;
}

static struct parcel *find_or_add(struct world *world, uint64_t order_id)
{
    struct courier *courier = &world->courier;
    struct parcel *parcel = find(world, order_id);
    uint32_t at = 0;

    if (parcel != NULL)
        return parcel;
    while (at < courier->n && courier->parcels[at].is_used)
        at++;
    if (at == ORDERS_MAX)
        return NULL;
    if (at == courier->n)
        courier->n++;
    parcel = &courier->parcels[at];
    memset(parcel, 0, sizeof(*parcel));
    parcel->order_id = order_id;
    parcel->is_used = 1;
    REQUIRE(map_put(&courier->by_order, order_id, at) == AGON_OK);
    return parcel;
}

static void forget(struct world *world, struct parcel *parcel)
{
    map_remove(&world->courier.by_order, parcel->order_id);
    parcel->is_used = 0;
}

static int tell(struct world *world, struct record_report *report)
{
    report->hdr.t = world->now;
    report->pad[0] = 0;
    return node_step(world, &report->hdr);
}

static void tell_kind(struct world *world, const struct parcel *parcel, uint8_t kind,
                      uint16_t reason)
{
    struct record_report report = {
        .hdr = {.type = EVENT_REPORT,
                .granules = 2,
                .instrument = parcel->cmd.instrument,
                .t_venue = world->now},
        .order_id = parcel->order_id,
        .kind = kind,
        .reason = reason,
        .side = parcel->cmd.side,
        .rev = parcel->cmd.rev,
    };

    tell(world, &report);
}

static int send(void *ctx, const struct order_cmd *cmd)
{
    struct world *world = ctx;
    struct courier *courier = &world->courier;
    struct parcel *parcel;

    world_fold(world, cmd, sizeof(*cmd));
    if (cmd->kind == CMD_CANCEL_ALL)
        return AGON_OK; // the cancels of each order follow
    if (cmd->kind == CMD_STRAY)
        return AGON_OK; // what it names has ended here
    if (cmd->kind != CMD_QUERY && world_fault(world, FAULT_BUSY)) {
        world->result->some[SOME_BUSY]++;
        return AGON_EAGAIN;
    }
    parcel = find_or_add(world, cmd->order_id);
    if (parcel == NULL)
        return AGON_EAGAIN;
    check_decided(world, cmd);
    if (cmd->kind == CMD_QUERY) {
        if (parcel->state == PARCEL_NONE) {
            // Nothing is known of a request: one of the life before may still be under way.
            parcel->cmd = *cmd;
            parcel->kind = 0;
            parcel->state = PARCEL_DOUBT;
            parcel->t_expire = world->now + world->swarm.window_ns;
            parcel->n_absent = 0;
        }
        // The engine asks as often as it needs to know; how often is asked is ours.
        if (parcel->t_next_ask < world->now)
            parcel->t_next_ask = world->now;
        if (parcel->t_asked != 0 && parcel->t_next_ask < parcel->t_asked + AGAIN_NS)
            parcel->t_next_ask = parcel->t_asked + AGAIN_NS;
        return AGON_OK;
    }
    parcel->cmd = *cmd;
    parcel->kind = cmd->kind;
    parcel->state = PARCEL_WAITS;
    parcel->t_queued = world->now;
    parcel->req = ++courier->next_req;
    parcel->ask_req = 0;
    parcel->is_asking = 0;
    parcel->n_absent = 0;
    parcel->is_acked = 0;
    return AGON_OK;
}

struct venue_port courier_port(struct world *world)
{
    return (struct venue_port){.ctx = world, .send = send};
}

static void transmit(struct world *world, struct parcel *parcel)
{
    struct message *message = world_message(world, MESSAGE_REQUEST);

    if (message == NULL)
        return;
    parcel->state = PARCEL_SENT;
    parcel->t_sent = world->now;
    parcel->t_expire = world->now + world->swarm.window_ns;
    message->req = parcel->req;
    message->t_expire = parcel->t_expire;
    message->u.one.cmd = parcel->cmd;
    world_trace(world, "  courier: sends %s %llx rev %u",
                parcel->kind == CMD_NEW      ? "new"
                : parcel->kind == CMD_CANCEL ? "cancel"
                                             : "replace",
                (unsigned long long)parcel->order_id, parcel->cmd.rev);
    check_wire(world, &parcel->cmd);
    world_post(world, message, PATH_REQUEST);
}

static void doubt(struct world *world, struct parcel *parcel, uint16_t reason)
{
    world->result->some[SOME_UNKNOWN]++;
    parcel->state = PARCEL_DOUBT;
    parcel->n_absent = 0;
    parcel->is_asking = 0;
    parcel->t_next_ask = world->now;
    if (world->config.bug == BUG_ASSUME && parcel->kind == CMD_NEW) {
        tell_kind(world, parcel, REPORT_REJECTED, reason);
        forget(world, parcel);
        return;
    }
    tell_kind(world, parcel, REPORT_UNKNOWN, reason);
}

static void ask(struct world *world, struct parcel *parcel)
{
    struct message *message = world_message(world, MESSAGE_ASK);

    if (message == NULL)
        return;
    parcel->ask_req = ++world->courier.next_req;
    parcel->is_asking = 1;
    parcel->t_asked = world->now;
    message->req = parcel->ask_req;
    message->u.one.cmd = parcel->cmd;
    world_post(world, message, PATH_REQUEST);
}

static void turn_parcel(struct world *world, struct parcel *parcel)
{
    const struct courier *courier = &world->courier;
    int is_durable = journal_durable_seq(&world->node.buffer) >= parcel->cmd.depends_seq ||
                     world->config.bug == BUG_EARLY_SEND;

    switch (parcel->state) {
    case PARCEL_WAITS:
        if (courier->is_linked && is_durable) {
            transmit(world, parcel);
        } else if (world->now - parcel->t_queued >= world->swarm.hold_ns) {
            uint8_t kind = parcel->kind;

            world->result->some[SOME_NOT_SENT]++;
            parcel->state = PARCEL_NONE;
            tell_kind(world, parcel, REPORT_NOT_SENT, REASON_NOT_SENT);
            if (kind == CMD_NEW && parcel->state == PARCEL_NONE)
                forget(world, parcel);
        }
        break;
    case PARCEL_SENT:
        if (world->now - parcel->t_sent < world->swarm.timeout_ns)
            break;
        if (world->config.bug == BUG_RESEND && !parcel->is_acked) {
            transmit(world, parcel);
            break;
        }
        doubt(world, parcel, REASON_TIMEOUT);
        break;
    case PARCEL_DOUBT:
        if (!courier->is_linked || world->now < parcel->t_next_ask)
            break;
        if (parcel->is_asking && world->now - parcel->t_asked < ASK_NS)
            break;
        ask(world, parcel);
        break;
    default:
        break;
    }
}

static void ask_book(struct world *world, agon_instrument_t id)
{
    struct sync *sync = &world->courier.books[id];
    struct message *message = world_message(world, MESSAGE_ASK_BOOK);

    if (message == NULL)
        return;
    sync->is_asking = 1;
    sync->t_asked = world->now;
    message->u.one.cmd.instrument = id;
    world_post(world, message, PATH_REQUEST);
}

/* Of every order that is thought open: what became of it? */
static void ask_about_all(struct world *world)
{
    struct courier *courier = &world->courier;

    for (uint32_t i = 0; i < courier->n && world->config.bug != BUG_NO_RECONCILE; i++) {
        struct parcel *parcel = &courier->parcels[i];

        if (!parcel->is_used || parcel->state != PARCEL_NONE)
            continue;
        parcel->state = PARCEL_DOUBT; // of no request: nothing can be under way
        parcel->kind = CMD_NEW;
        parcel->t_next_ask = world->now;
        parcel->t_expire = world->now;
        parcel->n_absent = 0;
        parcel->is_asking = 0;
    }
}

void courier_turn(struct world *world)
{
    struct courier *courier = &world->courier;

    if (!courier->is_running)
        return;
    for (uint32_t i = 0; i < courier->n && world->node.engine != NULL; i++) {
        if (courier->parcels[i].is_used)
            turn_parcel(world, &courier->parcels[i]);
    }
    while (courier->n > 0 && !courier->parcels[courier->n - 1].is_used)
        courier->n--;
    if (courier->is_linked && world->now >= courier->t_reconcile) {
        courier->t_reconcile = world->now + world->swarm.reconcile_ns;
        ask_about_all(world);
        courier_reconcile(world);
    }
    for (agon_instrument_t id = 1; courier->is_linked && id <= world->swarm.n_instruments; id++) {
        struct sync *sync = &courier->books[id];

        if (sync->state != BOOK_LIVE && (!sync->is_asking || world->now - sync->t_asked >= BOOK_NS))
            ask_book(world, id);
    }
    if (world->node.engine != NULL)
        world_at(world, world->now + TURN_NS, AT_COURIER, 0);
}

/* --- answers --- */

static void take_reply(struct world *world, const struct message *message)
{
    struct parcel *parcel = find(world, message->u.one.cmd.order_id);
    struct record_report report = message->u.one.report;

    if (parcel == NULL || parcel->req != message->req ||
        (parcel->state != PARCEL_SENT && parcel->state != PARCEL_DOUBT))
        return;
    switch (message->outcome) {
    case OUTCOME_DONE:
        if (report.kind == REPORT_CANCEL_ACK) {
            // Not cancelled yet. The stream says when; and if it does not, we ask.
            parcel->is_acked = 1;
            if (world->config.bug == BUG_CANCEL_DONE)
                report.kind = REPORT_CANCELLED;
        } else {
            parcel->state = PARCEL_NONE;
        }
        tell(world, &report);
        break;
    case OUTCOME_REFUSED:
        if (report.reason == REASON_VENUE_UNKNOWN_ORDER) {
            world->result->some[SOME_CANCEL_RACE]++;
            parcel->state = PARCEL_DOUBT; // it may just have ended: the engine will have us ask
            parcel->t_next_ask = world->now;
            parcel->n_absent = 0;
            tell(world, &report);
            break;
        }
        parcel->state = PARCEL_NONE;
        tell(world, &report);
        if (parcel->kind == CMD_NEW && parcel->state == PARCEL_NONE)
            forget(world, parcel);
        break;
    case OUTCOME_DUPLICATE:
        world->result->some[SOME_DUPLICATE]++;
        doubt(world, parcel, REASON_VENUE_DUPLICATE);
        break;
    case OUTCOME_LATE:
        // Refused before anything was done; an earlier copy of the same would have been a
        // duplicate.
        parcel->state = PARCEL_NONE;
        tell_kind(world, parcel,
                  parcel->kind == CMD_NEW      ? REPORT_REJECTED
                  : parcel->kind == CMD_CANCEL ? REPORT_CANCEL_REJECTED
                                               : REPORT_REPLACE_REJECTED,
                  REASON_VENUE_CLOCK);
        if (parcel->kind == CMD_NEW && parcel->state == PARCEL_NONE)
            forget(world, parcel);
        break;
    default:
        doubt(world, parcel, REASON_VENUE_DOWN);
        break;
    }
}

static void take_stream(struct world *world, const struct message *message)
{
    struct record_report report = message->u.one.report;
    struct parcel *parcel = find(world, report.order_id);
    int is_final = report.kind == REPORT_CANCELLED || report.kind == REPORT_EXPIRED;

    if (world->config.bug == BUG_NEW_FILL_ID && report.kind == REPORT_FILL)
        report.venue_fill = ++world->courier.next_fill_id << 32 | report.venue_fill;
    if (parcel != NULL && parcel->state == PARCEL_SENT && parcel->kind == CMD_NEW &&
        report.kind == REPORT_ACK)
        parcel->state = PARCEL_NONE;
    if (parcel != NULL && parcel->state == PARCEL_SENT && parcel->kind == CMD_REPLACE &&
        report.kind == REPORT_REPLACED && report.rev == parcel->cmd.rev)
        parcel->state = PARCEL_NONE;
    if (parcel != NULL && is_final)
        forget(world, parcel);
    tell(world, &report);
}

static void absent(struct world *world, struct parcel *parcel, agon_ns_t t_sent)
{
    // The bug believes the first answer, however young the request is.
    int is_believed = world->config.bug == BUG_EARLY_ABSENT;
    int is_early = t_sent <= parcel->t_expire && !is_believed;

    parcel->t_next_ask = world->now + AGAIN_NS;
    if (is_early || (parcel->kind != CMD_NEW && parcel->kind != 0))
        return;
    if (parcel->n_absent == 0 && !is_believed) {
        parcel->n_absent = 1;
        parcel->t_absent = t_sent;
        return;
    }
    if (!is_believed && (t_sent - parcel->t_absent < READS_APART || t_sent <= parcel->t_expire))
        return;
    world->result->some[SOME_ABSENT]++;
    parcel->state = PARCEL_NONE;
    tell_kind(world, parcel, REPORT_ABSENT, REASON_ABSENT);
    if (parcel->state == PARCEL_NONE)
        forget(world, parcel);
}

static void take_answer(struct world *world, const struct message *message)
{
    struct parcel *parcel = find(world, message->u.one.cmd.order_id);
    struct record_report report = message->u.one.report;
    int is_final;
    int is_news;

    if (parcel == NULL || parcel->ask_req != message->req || parcel->state != PARCEL_DOUBT)
        return;
    parcel->is_asking = 0;
    if (!message->is_found) {
        absent(world, parcel, message->t_sent);
        return;
    }
    if (parcel->n_absent > 0)
        world->result->some[SOME_LATE_SHOWN]++;
    is_final = report.state >= AGON_ORDER_FILLED;
    // What proves nothing yet: as it was, while the request could still be done or be hidden.
    is_news = is_final || parcel->kind == CMD_NEW ||
              (parcel->kind == CMD_REPLACE && report.rev == parcel->cmd.rev) ||
              message->t_sent > parcel->t_expire + LAG_MAX;
    parcel->t_next_ask = world->now + AGAIN_NS;
    if (!is_news)
        return;
    parcel->state = PARCEL_NONE;
    tell(world, &report);
    if (is_final && parcel->state == PARCEL_NONE)
        forget(world, parcel);
}

static void take_fills(struct world *world, const struct message *message)
{
    struct courier *courier = &world->courier;
    uint64_t n_before = engine_counters(world->node.engine)->n_fills;

    if (message->req != courier->fills_req || message->u.page.from != courier->cursor)
        return;
    courier->fills_req = 0;
    for (uint32_t i = 0; i < message->u.page.n; i++) {
        struct record_report report = message->u.page.fills[i];

        if (world->config.bug == BUG_NO_RECONCILE)
            break;

        tell(world, &report);
    }
    courier->cursor = message->u.page.to;
    if (world->node.engine == NULL)
        return;
    if (engine_counters(world->node.engine)->n_fills > n_before)
        world->result->some[SOME_RECONCILED_FILL]++;
    if (!message->u.page.is_last) {
        courier_reconcile(world);
        return;
    }
    for (agon_asset_t asset = 1; asset <= world->swarm.n_instruments + 1; asset++) {
        struct record_account account = {
            .hdr = {.type = EVENT_ACCOUNT, .granules = 1, .t = world->now, .t_venue = world->now},
            .flags = (uint16_t)(1 | (asset == world->swarm.n_instruments + 1 ? 2 : 0)),
            .asset = asset,
            .free_amt = message->u.page.free_amt[asset - 1],
            .held_amt = message->u.page.held_amt[asset - 1],
        };

        if (world->node.engine != NULL)
            node_step(world, &account.hdr);
    }
    courier->is_reconciled = 1;
}

/* Fills since the last that is known, and balances. */
void courier_reconcile(struct world *world)
{
    struct courier *courier = &world->courier;
    struct message *message;

    if (!courier->is_linked)
        return;
    if (courier->fills_req != 0 && world->now - courier->t_fills < ASK_NS)
        return;
    message = world_message(world, MESSAGE_ASK_FILLS);
    if (message == NULL)
        return;
    courier->fills_req = ++courier->next_req;
    courier->t_fills = world->now;
    message->req = courier->fills_req;
    message->u.page.from = courier->cursor;
    world_post(world, message, PATH_REQUEST);
}

/* --- market data --- */

static void tell_status(struct world *world, agon_instrument_t id, uint8_t book)
{
    struct agon_status status = {
        .hdr = {.type = AGON_EVENT_STATUS, .granules = 1, .instrument = id, .t = world->now},
        .venue = 1,
        .book = book,
    };

    world->courier.books[id].state = book;
    node_step(world, &status.hdr);
}

static void lose_book(struct world *world, agon_instrument_t id)
{
    struct sync *sync = &world->courier.books[id];

    sync->is_asking = 0;
    sync->n_held = 0;
    if (sync->state != BOOK_STALE)
        tell_status(world, id, BOOK_STALE);
}

static void apply_update(struct world *world, agon_instrument_t id, struct agon_book_part *part)
{
    struct sync *sync = &world->courier.books[id];

    if (part->last_id <= sync->last_id && world->config.bug != BUG_NO_GAP)
        return; // seen
    if (part->first_id > sync->last_id + 1 && world->config.bug != BUG_NO_GAP) {
        world->result->some[SOME_GAP]++;
        lose_book(world, id);
        return;
    }
    sync->last_id = part->last_id;
    part->hdr.t = world->now;
    node_step(world, &part->hdr);
}

static void take_snapshot(struct world *world, agon_instrument_t id, struct agon_book_part *part)
{
    struct sync *sync = &world->courier.books[id];
    uint32_t n_held = sync->n_held;

    if (sync->state == BOOK_LIVE || !sync->is_asking)
        return;
    world->result->some[SOME_RESYNC]++;
    sync->is_asking = 0;
    sync->last_id = part->last_id;
    sync->state = BOOK_LIVE;
    part->hdr.t = world->now;
    node_step(world, &part->hdr);
    sync->n_held = 0;
    for (uint32_t i = 0; i < n_held && sync->state == BOOK_LIVE && world->node.engine != NULL; i++)
        apply_update(world, id, (struct agon_book_part *)(void *)sync->held[i].u.data);
}

static void take_data(struct world *world, struct message *message)
{
    struct agon_event_hdr *hdr = &message->u.hdr;
    struct agon_book_part *part = (struct agon_book_part *)(void *)message->u.data;
    struct sync *sync = &world->courier.books[hdr->instrument];

    switch (hdr->type) {
    case AGON_EVENT_BOOK_SNAPSHOT:
        take_snapshot(world, hdr->instrument, part);
        break;
    case AGON_EVENT_BOOK_DELTA:
        if (sync->state == BOOK_LIVE) {
            apply_update(world, hdr->instrument, part);
        } else if (sync->n_held < HELD_MAX) {
            sync->held[sync->n_held++] = *message;
        } else { // too many to keep: the oldest go, and the snapshot has to be newer
            memmove(sync->held, sync->held + 1, (HELD_MAX - 1) * sizeof(*sync->held));
            sync->held[HELD_MAX - 1] = *message;
        }
        break;
    default:
        hdr->t = world->now;
        node_step(world, hdr);
        break;
    }
}

void courier_take(struct world *world, struct message *message)
{
    if (!world->courier.is_linked)
        return;
    switch (message->kind) {
    case MESSAGE_REPLY:
        take_reply(world, message);
        break;
    case MESSAGE_STREAM:
        take_stream(world, message);
        break;
    case MESSAGE_ANSWER:
        take_answer(world, message);
        break;
    case MESSAGE_FILLS:
        take_fills(world, message);
        break;
    case MESSAGE_DATA:
        take_data(world, message);
        break;
    default:
        REQUIRE(!"a message that a courier takes");
    }
}

/* --- connection --- */

void courier_cut(struct world *world)
{
    struct courier *courier = &world->courier;

    world->result->some[SOME_DISCONNECT]++;
    world_trace(world, "CUT");
    courier->is_linked = 0;
    world->link++; // what is on its way to us arrives at a socket that is gone
    courier->fills_req = 0;
    for (agon_instrument_t id = 1; id <= world->swarm.n_instruments && world->node.engine != NULL;
         id++)
        lose_book(world, id);
    for (uint32_t i = 0; i < courier->n && world->node.engine != NULL; i++) {
        struct parcel *parcel = &courier->parcels[i];

        parcel->is_asking = 0;
        if (parcel->is_used && parcel->state == PARCEL_SENT)
            doubt(world, parcel, REASON_VENUE_DOWN);
    }
    world_at(world,
             world->now + 100 * MS +
                 (agon_ns_t)rng_below(&world->amounts[FAULT_DISCONNECT], 2000 * (uint64_t)MS),
             AT_LINK, 0);
}

void courier_link(struct world *world)
{
    struct courier *courier = &world->courier;

    if (courier->is_linked)
        return;
    world_trace(world, "LINK");
    courier->is_linked = 1;
    courier->t_reconcile = world->now; // the stream alone is never trusted to have told everything
    world->link++;
}

void courier_start(struct world *world)
{
    struct courier *courier = &world->courier;

    memset(courier->parcels, 0, (size_t)courier->n * sizeof(*courier->parcels));
    courier->n = 0;
    map_clear(&courier->by_order);
    courier->fills_req = 0;
    courier->cursor = 0;
    courier->is_linked = 0;
    courier->is_reconciled = 0;
    courier->is_running = 1;
    for (agon_instrument_t id = 1; id <= WORLD_INSTRUMENTS; id++) {
        struct sync *sync = &courier->books[id];

        sync->state = BOOK_COLD;
        sync->is_asking = 0;
        sync->n_held = 0;
        sync->last_id = 0;
    }
    world_at(world, world->now + TURN_NS, AT_COURIER, 0);
    world_at(world, world->now + 50 * MS, AT_LINK, 0);
}

void courier_stop(struct world *world)
{
    world->courier.is_running = 0;
    world->courier.is_linked = 0;
    world->link++;
}

int courier_is_quiet(const struct world *world)
{
    const struct courier *courier = &world->courier;

    if (world->node.engine == NULL || !courier->is_linked || !courier->is_reconciled)
        return 0;
    for (uint32_t i = 0; i < courier->n; i++) {
        if (courier->parcels[i].is_used && courier->parcels[i].state != PARCEL_NONE)
            return 0;
    }
    for (agon_instrument_t id = 1; id <= world->swarm.n_instruments; id++) {
        if (courier->books[id].state != BOOK_LIVE)
            return 0;
    }
    return 1;
}

int courier_open(struct world *world)
{
    struct courier *courier = &world->courier;

    world->link = 1;
    courier->parcels = calloc(ORDERS_MAX, sizeof(*courier->parcels));
    if (courier->parcels == NULL || map_init(&courier->by_order, ORDERS_MAX) < 0)
        return AGON_ENOMEM;
    for (agon_instrument_t id = 1; id <= WORLD_INSTRUMENTS; id++) {
        courier->books[id].held = aligned_alloc(64, HELD_MAX * sizeof(*courier->books[id].held));
        if (courier->books[id].held == NULL)
            return AGON_ENOMEM;
    }
    return AGON_OK;
}

void courier_close(struct world *world)
{
    free(world->courier.parcels);
    map_deinit(&world->courier.by_order);
    for (agon_instrument_t id = 1; id <= WORLD_INSTRUMENTS; id++)
        free(world->courier.books[id].held);
}
