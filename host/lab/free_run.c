// SPDX-License-Identifier: Apache-2.0
/* One stage: the run from its START to its end, on the journal's events. */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "lab/free_impl.h"

/* --- the numbers of both --- */

static int number(struct going *going, uint64_t seq)
{
    if (going->n_seqs == going->room_seqs) {
        uint64_t room = going->room_seqs == 0 ? 65536 : going->room_seqs * 2;
        uint64_t *seqs = realloc(going->seqs, room * sizeof(*seqs));

        if (seqs == NULL)
            return AGON_ENOMEM;
        going->seqs = seqs;
        going->room_seqs = room;
    }
    going->seqs[going->n_seqs++] = seq;
    return AGON_OK;
}

uint64_t free_seq_of(void *ctx, uint64_t seq)
{
    const struct going *going = ctx;

    if (seq <= going->facts->start_seq)
        return seq;
    // The one that is being stepped has no place there yet.
    if (seq == going->first_seq + going->n_seqs)
        return going->stepped_seq;
    return seq - going->first_seq < going->n_seqs ? going->seqs[seq - going->first_seq] : 0;
}

/* --- steps --- */

static void before(void *ctx, struct agon_event_hdr *event)
{
    struct going *going = ctx;
    const struct free_due *theirs;

    going->stepped_seq = event == going->offered ? going->offered_seq : 0;
    if (event->type != EVENT_DUE || going->stepped_seq != 0)
        return;
    theirs = free_find_due(going->facts, (const void *)event);
    going->stepped_seq = theirs != NULL ? theirs->seq : 0;
}

static int after(void *ctx, const struct agon_event_hdr *event, int rc)
{
    struct going *going = ctx;
    int kept;

    (void)rc;
    going->outcome->n_events++;
    kept = number(going, going->stepped_seq);
    if (kept >= 0 && event->type == EVENT_REPORT)
        kept = free_watch_report(&going->watch, going->engine, (const void *)event,
                                 going->facts->offset_ns);
    return kept < 0 ? kept : free_advance(going);
}

/* seq: the journal's number; 0: it has none. */
static int offer(struct going *going, struct agon_event_hdr *event, uint64_t seq)
{
    int rc;

    going->offered = event;
    going->offered_seq = seq;
    rc = driver_step(&going->driver, event);
    going->offered = NULL;
    going->offered_seq = 0;
    return rc < 0 ? rc : going->rc;
}

/* --- the journal --- */

/* Is it of the time before the venue is there, or when it is not? */
static int is_stale(const struct going *going, const struct agon_event_hdr *event)
{
    const void *record = event;

    if (event->type == AGON_EVENT_HEALTH)
        return ((const struct agon_health *)record)->state == 0;
    return event->type == AGON_EVENT_STATUS &&
           ((const struct agon_status *)record)->book != BOOK_LIVE &&
           engine_book_state(going->engine, event->instrument) == BOOK_LIVE;
}

static int has_sent(const struct going *going, agon_instrument_t id)
{
    return id <= INSTRUMENTS_MAX && (going->is_sent[id / 64] >> (id % 64) & 1) != 0;
}

static int is_exchanges(const struct going *going, const struct agon_event_hdr *event)
{
    const struct agon_trade *trade = (const void *)event;

    switch (event->type) {
    case AGON_EVENT_BOOK_SNAPSHOT:
    case AGON_EVENT_BOOK_DELTA:
    case AGON_EVENT_QUOTE:
        return 1;
    case AGON_EVENT_TRADE: // what we took ourselves is taken here anew
        return !map_get(&going->facts->own, free_trade_key(event->instrument, trade->venue_id),
                        NULL);
    default:
        return 0;
    }
}

/* One more event of the journal; false: the run is over. */
static int read_one(struct going *going)
{
    const struct agon_event_hdr *event;
    struct node *node;
    struct error err = {0};
    int rc;

    if (going->is_over)
        return 0;
    rc = journal_reader_next(going->reader, &event, &err);
    if (rc != 1 || event->type == EVENT_START || event->seq > going->facts->end_seq) {
        going->is_over = 1;
        going->rc = rc < 0 ? rc : going->rc;
        return 0;
    }
    node = malloc(offsetof(struct node, event) + (event_bytes(event) > sizeof(node->event)
                                                      ? event_bytes(event)
                                                      : sizeof(node->event)));
    if (node == NULL) {
        going->is_over = 1;
        going->rc = AGON_ENOMEM;
        return 0;
    }
    node->next = NULL;
    node->t_there = -1;
    node->is_played = 0;
    memcpy(&node->event, event, event_bytes(event));
    if (is_exchanges(going, event)) {
        agon_ns_t t = event->t;

        // A paper exchange stands in the host: it sees the market when the host does.
        // What bears no time of the venue has come as fast as the rest.
        if (going->facts->mode == RUN_LIVE && event->t_venue == 0)
            t -= going->facts->market_ns;
        else if (going->facts->mode == RUN_LIVE && event->t_venue - going->facts->offset_ns < t)
            t = event->t_venue - going->facts->offset_ns;
        if (t < going->t_there)
            t = going->t_there;
        node->t_there = going->t_there = t;
        node->is_played = !has_sent(going, event->instrument);
    }
    *going->last = node;
    going->last = &node->next;
    if (going->at_exchange == NULL)
        going->at_exchange = node;
    going->n_held++;
    return 1;
}

/* The market event that the exchange has next; NULL: none is left. */
static struct node *next_there(struct going *going)
{
    for (;;) {
        while (going->at_exchange != NULL && !going->at_exchange->is_played)
            going->at_exchange = going->at_exchange->next;
        if (going->at_exchange != NULL || going->n_held >= AHEAD_MAX || !read_one(going))
            return going->at_exchange;
    }
}

/* When the core has the journal's next event. */
static agon_ns_t next_here(struct going *going)
{
    const struct node *node;
    agon_ns_t t;

    if (going->first == NULL && !read_one(going))
        return INT64_MAX;
    node = going->first;
    t = node->event.hdr.t;
    if (going->config->stage <= FREE_LATENCY && going->facts->mode == RUN_LIVE &&
        node->t_there >= 0)
        t = node->t_there + going->facts->market_ns;
    return t > going->t_core ? t : going->t_core;
}

/* A host that ends takes no wishes from its own halt on. */
static int ends_host(const struct record_command *command)
{
    return command->kind == COMMAND_HALT && command->scope == SCOPE_GLOBAL &&
           command->which == HALT_STOPPING;
}

/* What a recording has, and the journal need not. */
static int is_of_sent(const struct agon_event_hdr *event)
{
    switch (event->type) {
    case AGON_EVENT_BOOK_SNAPSHOT:
    case AGON_EVENT_BOOK_DELTA:
    case AGON_EVENT_QUOTE:
    case AGON_EVENT_TRADE:
    case AGON_EVENT_STATUS:
        return 1;
    default:
        return 0;
    }
}

#define TOGETHER 256 /* wishes that one event of the journal can have waited for */
struct together {
    uint64_t seq;
    uint32_t n;
    struct heap_node nodes[TOGETHER];
};

static int waits_for(const struct heap_node *node, void *ctx)
{
    struct together *all = ctx;

    if (node->t != INT64_MAX || node->b != all->seq || all->n == TOGETHER)
        return 0;
    all->nodes[all->n++] = *node;
    return 1;
}

static int by_order(const void *a, const void *b)
{
    const struct heap_node *x = a, *y = b;

    return x->order < y->order ? -1 : x->order > y->order;
}

static int take_wish(struct going *going, uint32_t at, agon_ns_t t)
{
    struct wish wish = going->wishes[at];

    going->free[going->n_free++] = at;
    ((struct agon_event_hdr *)(void *)wish.bytes)->t = t;
    return offer(going, (void *)wish.bytes, wish.seq);
}

/* The wishes that were taken at that place of the journal, and those right behind. */
static int take_wishes(struct going *going, uint64_t seq, agon_ns_t t)
{
    static struct together all;
    int rc = AGON_OK;

    all = (struct together){.seq = seq};
    (void)heap_remove_if(&going->due, waits_for, &all);
    qsort(all.nodes, all.n, sizeof(*all.nodes), by_order);
    for (uint32_t i = 0; i < all.n && rc >= 0; i++)
        rc = take_wish(going, (uint32_t)all.nodes[i].a, t);
    return rc;
}

static int take_due(struct going *going, const struct record_due *theirs, agon_ns_t t)
{
    struct record_due due;
    int rc = AGON_OK;

    while (rc >= 0 && engine_next_due(going->engine) <= theirs->t_due) {
        engine_due(going->engine, &due);
        due.hdr.t = t;
        rc = offer(going, &due.hdr,
                   due.kind == theirs->kind && due.slot == theirs->slot && due.id == theirs->id &&
                           due.t_due == theirs->t_due
                       ? theirs->hdr.seq
                       : 0);
        if (due.kind == theirs->kind && due.slot == theirs->slot && due.id == theirs->id)
            break;
    }
    return rc;
}

static int take_report(struct going *going, const struct record_report *journal, agon_ns_t t)
{
    struct record_report report;
    uint64_t seq = journal->hdr.seq;
    int rc = free_venue_at(going->venue, journal, &report);

    while (rc > 0) {
        report.hdr.t = t;
        rc = offer(going, &report.hdr, seq);
        if (rc >= 0)
            rc = free_venue_behind(going->venue, journal->hdr.seq, &report, &seq);
    }
    return rc;
}

static int take_here(struct going *going, struct node *node, agon_ns_t t)
{
    struct agon_event_hdr *event = &node->event.hdr;
    const uint32_t stage = going->config->stage;
    const void *record = event;
    uint64_t seq = event->seq;

    switch (event->type) {
    case EVENT_MARK:
    case EVENT_PLAN:
    case EVENT_PLAN_VALUES:
    case EVENT_PLAN_LINES:
    case EVENT_PLAN_POOLS:
        return AGON_OK; // they follow from the state
    case EVENT_ALERT:
        if (((const struct record_alert *)record)->cause_seq != 0)
            return AGON_OK;
        break;
    case AGON_EVENT_INTENT:
    case AGON_EVENT_EXIT_PLAN:
    case AGON_EVENT_SIGNAL:
    case EVENT_ARM:
        return take_wishes(going, seq, t);
    case EVENT_DUE:
        return stage > FREE_CLOCK ? take_due(going, record, t) : AGON_OK;
    case EVENT_REPORT:
        return take_report(going, record, t);
    case AGON_EVENT_COMMAND:
        going->is_ending |= ends_host(record);
        break;
    case EVENT_ACCOUNT:
        if (stage <= FREE_QUEUE && going->watch.n_orders > 0)
            return AGON_OK; // another account than that of these fills
        break;
    default:
        break;
    }
    if (stage == FREE_INPUTS && has_sent(going, event->instrument) && is_of_sent(event))
        return AGON_OK;
    if (stage <= FREE_STALE && is_stale(going, event))
        return AGON_OK;
    event->t = t;
    return offer(going, event, seq);
}

static int step_here(struct going *going, agon_ns_t t)
{
    struct node *node = going->first;
    const void *record = &node->event.hdr;
    uint64_t seq = node->event.hdr.seq;
    int rc;

    going->t_core = t;
    going->first = node->next;
    going->n_held--;
    if (going->first == NULL)
        going->last = &going->first;
    if (going->at_exchange == node)
        going->at_exchange = node->next;
    going->passed_seq = seq;
    free_venue_pass(going->venue, seq);
    rc = take_here(going, node, t);
    node->event.hdr.seq = seq;
    if (rc >= 0 && node->event.hdr.type == EVENT_CONFIG &&
        node->event.hdr.granules == sizeof(struct record_generation) / EVENT_GRANULE &&
        ((const struct record_generation *)record)->kind == CONFIG_GENERATION)
        free_change_hands(going, record);
    else if (rc >= 0 && node->event.hdr.type == EVENT_END)
        free_end(going, record);
    if (rc >= 0)
        free_begin(going, seq);
    free(node);
    return rc < 0 ? rc : going->rc;
}

/* What the book at that time shows of our own orders. */
static void note_own(struct going *going, agon_ns_t t)
{
    const struct free_facts *facts = going->facts;

    for (; going->next_own < facts->n_owns && facts->owns[going->next_own].t <= t;
         going->next_own++) {
        const struct free_own *change = &facts->owns[going->next_own];
        uint32_t i = 0;

        while (i < going->n_own &&
               (going->own[i].px != change->px || going->own[i].side != change->side ||
                going->own[i].instrument != change->instrument))
            i++;
        if (i == OWN_MAX)
            continue;
        if (i == going->n_own)
            going->own[going->n_own++] = (struct free_own){
                .px = change->px, .instrument = change->instrument, .side = change->side};
        going->own[i].change_qty += change->change_qty;
        if (going->own[i].change_qty <= 0)
            going->own[i] = going->own[--going->n_own];
    }
}

/* The book without our own orders: here they stand in it anew. */
static void take_own_out(struct going *going, struct agon_book_part *part)
{
    struct agon_level *levels = (struct agon_level *)(void *)(part + 1);

    for (uint32_t i = 0; i < (uint32_t)part->n_bid + part->n_ask; i++) {
        uint8_t side = i < part->n_bid ? AGON_BUY : AGON_SELL;

        for (uint32_t k = 0; k < going->n_own; k++) {
            const struct free_own *own = &going->own[k];

            if (own->px == levels[i].px && own->side == side &&
                own->instrument == part->hdr.instrument)
                levels[i].qty -= own->change_qty < levels[i].qty ? own->change_qty : levels[i].qty;
        }
    }
}

static int step_there(struct going *going, struct node *node)
{
    static union {
        struct agon_event_hdr hdr;
        struct agon_book_part part;
        unsigned char bytes[EVENT_BYTES_MAX];
    } copy;
    const struct agon_event_hdr *event = &node->event.hdr;

    memcpy(&copy, event, event_bytes(event));
    copy.hdr.t = node->t_there;
    note_own(going, event->t_venue != 0 ? event->t_venue : node->t_there + going->facts->offset_ns);
    if (event->type == AGON_EVENT_BOOK_DELTA || event->type == AGON_EVENT_BOOK_SNAPSHOT)
        take_own_out(going, &copy.part);
    free_venue_market(going->venue, &copy.hdr);
    going->at_exchange = node->next;
    return AGON_OK;
}

/* What bears no stamp of the venue was there when it was received, by what the recorder's clock was
 * off at the last stamp, and not behind the next one: so the simulated exchange plays it. */
static agon_ns_t stamp_of(struct sent *sent)
{
    const struct agon_event_hdr *event = sent->head;
    agon_ns_t t;

    if (event->t_venue != 0) {
        sent->lead_ns = event->t_venue - event->t;
        return event->t_venue;
    }
    while (sent->n_ahead <= sent->n && sent->t_stamp != INT64_MAX) {
        const struct agon_event_hdr *later;

        do {
            later = tape_next(sent->ahead);
            sent->n_ahead++;
        } while (later != NULL && later->t_venue == 0);
        sent->t_stamp = later != NULL ? later->t_venue : INT64_MAX;
    }
    t = sent->lead_ns != 0 ? num_add(event->t, sent->lead_ns) : INT64_MAX;
    return t < sent->t_stamp ? t : sent->t_stamp;
}

static void next_sent(struct going *going, struct sent *sent)
{
    agon_ns_t t;

    sent->head = tape_next(sent->tape);
    if (sent->head == NULL)
        return;
    sent->n++;
    t = stamp_of(sent);
    if (t == INT64_MAX)
        return; // quotes behind the last stamp, and none before
    t -= going->facts->offset_ns;
    if (going->facts->mode != RUN_LIVE)
        t += going->facts->market_ns;
    if (t > sent->t)
        sent->t = t;
}

static struct sent *first_sent(struct going *going)
{
    struct sent *first = NULL;

    for (uint32_t i = 0; i < going->n_sent; i++) {
        struct sent *sent = &going->sent[i];

        if (sent->head != NULL && (first == NULL || sent->t < first->t))
            first = sent;
    }
    return first;
}

static int step_sent(struct going *going, struct sent *sent)
{
    const struct agon_event_hdr *event = sent->head;
    struct node *node = malloc(offsetof(struct node, event) + EVENT_BYTES_MAX);

    if (node == NULL)
        return AGON_ENOMEM;
    memcpy(&node->event, event, event_bytes(event));
    node->event.hdr.t = sent->t;
    free_venue_market(going->venue, &node->event.hdr);
    // What came before the run has left a book, and nothing else.
    if (going->config->stage == FREE_INPUTS &&
        (sent->t >= going->facts->t_start ||
         (event->type != AGON_EVENT_TRADE && event->type != AGON_EVENT_QUOTE))) {
        node->next = NULL;
        if (going->facts->mode == RUN_LIVE)
            node->event.hdr.t += going->facts->market_ns;
        *going->last_told = node;
        going->last_told = &node->next;
    } else {
        free(node);
    }
    next_sent(going, sent);
    return AGON_OK;
}

static int step_told(struct going *going, agon_ns_t t)
{
    struct node *node = going->told;
    int rc;

    going->told = node->next;
    if (going->told == NULL)
        going->last_told = &going->told;
    node->event.hdr.t = t > going->t_core ? t : going->t_core;
    going->t_core = node->event.hdr.t;
    rc = offer(going, &node->event.hdr, 0);
    free(node);
    return rc;
}

enum turn {
    TURN_SENT,
    TURN_THERE,
    TURN_ARRIVAL,
    TURN_REPORT,
    TURN_WISH,
    TURN_TOLD,
    TURN_HERE,
    TURNS
};

static int run_on(struct going *going)
{
    int rc = AGON_OK;

    while (rc >= 0 && going->rc >= 0) {
        struct node *node = next_there(going);
        const struct heap_node *wish = heap_top(&going->due);
        agon_ns_t t_due = engine_next_due(going->engine);
        struct sent *sent = first_sent(going);
        agon_ns_t t[TURNS] = {sent != NULL ? sent->t : INT64_MAX,
                              node != NULL ? node->t_there : INT64_MAX,
                              free_venue_next(going->venue),
                              free_venue_due(going->venue),
                              wish != NULL ? wish->t : INT64_MAX,
                              going->told != NULL ? going->told->event.hdr.t : INT64_MAX,
                              next_here(going)};
        struct record_report report;
        struct heap_node taken;
        uint64_t seq;
        int turn = TURN_SENT;

        for (int i = 1; i < TURNS; i++) {
            if (t[i] < t[turn])
                turn = i;
        }
        if (t[TURN_HERE] == INT64_MAX)
            break; // its run is over
        if (going->config->stage > FREE_CLOCK)
            t_due = num_add(t_due, GRACE_NS);
        if (t_due < t[turn]) {
            rc = driver_due(&going->driver, t_due);
            continue;
        }
        switch (turn) {
        case TURN_SENT:
            rc = step_sent(going, sent);
            break;
        case TURN_TOLD:
            rc = step_told(going, t[turn]);
            break;
        case TURN_THERE:
            rc = step_there(going, node);
            break;
        case TURN_ARRIVAL:
            free_venue_advance(going->venue, t[turn]);
            break;
        case TURN_REPORT:
            (void)free_venue_take(going->venue, &report, &seq);
            free_watch_back(&going->watch, &report);
            rc = offer(going, &report.hdr, seq);
            break;
        case TURN_WISH:
            (void)heap_pop(&going->due, &taken);
            rc = take_wish(going, (uint32_t)taken.a, taken.t);
            break;
        default:
            rc = step_here(going, t[turn]);
            break;
        }
    }
    return rc < 0 ? rc : going->rc;
}

/* --- the whole --- */

static void on_bar(void *ctx, const struct agon_bar *bar)
{
    struct going *going = ctx;

    if (going->history != NULL)
        history_add(going->history, bar);
}

static int on_event(void *ctx, struct engine *engine, const struct agon_event_hdr *event, int rc)
{
    struct going *going = ctx;

    (void)rc;
    if (event->type != EVENT_START)
        return AGON_OK;
    history_free(going->history);
    going->history = NULL;
    return history_new(&going->history, engine_instruments(engine)->n_instruments);
}

static int prepare(struct going *going, struct error *err)
{
    const struct free_config *config = going->config;
    const struct parity_scan *scan = config->scan;
    char why[CAST_WHY];

    going->players = calloc(scan->n_plays + 1u, sizeof(*going->players));
    going->cut = cut_new(err);
    going->wishes = aligned_alloc(64, WISHES * sizeof(*going->wishes));
    going->free = calloc(WISHES, sizeof(*going->free));
    going->own = calloc(OWN_MAX, sizeof(*going->own));
    if (going->own == NULL || going->players == NULL || going->cut == NULL ||
        going->wishes == NULL || going->free == NULL || heap_init(&going->due, WISHES) < 0)
        return error_set(err, AGON_ENOMEM, "no memory for the agents");
    for (uint32_t i = 0; i < WISHES; i++)
        going->free[going->n_free++] = i;
    going->last = &going->first;
    going->last_told = &going->told;
    // A paper exchange stands in the host and has the host's market.
    if (config->facts->mode == RUN_LIVE || config->stage == FREE_INPUTS)
        going->n_sent = config->n_sent;
    for (uint32_t i = 0; i < going->n_sent; i++) {
        agon_instrument_t id;
        int rc = free_open_sent(config->facts, config->sent[i], &going->sent[i].tape, &id, err);

        if (rc >= 0)
            rc = free_open_sent(config->facts, config->sent[i], &going->sent[i].ahead, &id, err);
        if (rc < 0)
            return rc;
        going->is_sent[id / 64] |= (uint64_t)1 << (id % 64);
        next_sent(going, &going->sent[i]);
    }
    for (uint32_t i = 0; i < scan->n_plays; i++) {
        struct player *player = &going->players[going->n_players];

        if (scan->plays[i].run != config->facts->run)
            continue;
        player->cast = (struct cast){.play = &scan->plays[i], .file = {.fd = -1}};
        player->live_seq = UINT64_MAX;
        going->n_players++;
        if (!cast_prepare(&player->cast, config->kept, NULL, why))
            return error_set(err, AGON_ENOENT, "agent %.31s: %.200s",
                             scan->plays[i].begin->record.name, why);
    }
    return AGON_OK;
}

static int start(struct going *going, struct error *err)
{
    const struct free_config *config = going->config;
    struct replay_config replay = {.dir = "the journal",
                                   .disk = config->disk(config->ctx),
                                   .is_live = config->is_live,
                                   .until = config->facts->start_seq,
                                   .bars = {.ctx = going, .bar = on_bar},
                                   .on_event = on_event,
                                   .ctx = going};
    struct journal_reading reading = {.from_seq = config->facts->start_seq + 1,
                                      .is_live = config->is_live};
    struct free_venue_config venue = {.facts = config->facts,
                                      .watch = &going->watch,
                                      .stage = config->stage,
                                      .seq_of = free_seq_of};
    struct venue_port port;
    char why[CAST_WHY];
    int rc;

    for (uint32_t i = 0; i < going->n_players; i++) {
        free_enter(going, &going->players[i]);
        rc = cast_begin_code(&going->players[i].cast, why);
        free_enter(going, NULL);
        if (!rc)
            return error_set(err, AGON_ENOENT, "agent %.31s: %.200s",
                             going->players[i].cast.play->begin->record.name, why);
    }
    rc = replay_run(&replay, &going->before, err);
    if (rc < 0)
        return rc;
    going->engine = going->before.engine;
    going->first_seq = config->facts->start_seq + 1;
    going->t_core = engine_t(going->engine);
    going->driver = (struct driver){.engine = going->engine,
                                    .port = {.ctx = going, .before = before, .after = after},
                                    .is_held = config->stage > FREE_CLOCK};
    venue.engine = going->engine;
    venue.ctx = going;
    going->venue = free_venue_new(&venue);
    if (going->venue == NULL || free_watch_init(&going->watch, going->engine) < 0)
        return error_set(err, AGON_ENOMEM, "no memory for the venue");
    port = free_venue_port(going->venue);
    for (agon_account_t account = 0; account < ACCOUNTS_MAX; account++)
        engine_attach_venue(going->engine, account, &port);
    for (uint16_t slot = 0; slot < SLOTS_MAX; slot++) {
        going->members[slot] = (struct member){.going = going, .slot = slot};
        going->ports[slot] = (struct runner_port){.ctx = &going->members[slot], .put = free_put};
        engine_attach_runner(going->engine, slot, &going->ports[slot]);
    }
    going->reader = journal_reader_open(replay.disk, &reading, err);
    return going->reader != NULL ? AGON_OK : AGON_EIO;
}

static int tell(struct going *going)
{
    struct free_outcome *outcome = going->outcome;
    struct free_watch *watch = &going->watch;

    if (watch->n_fills > outcome->room)
        return AGON_ERANGE;
    outcome->n_fills = watch->n_fills;
    if (watch->n_fills > 0)
        memcpy(outcome->fills, watch->fills, watch->n_fills * sizeof(*watch->fills));
    outcome->n_orders = watch->n_orders;
    for (uint32_t i = 0; i < watch->n_orders; i++)
        outcome->n_twins += watch->orders[i].twin != 0;
    for (uint32_t i = 0; i < FREE_FIGURES; i++)
        free_spread(&watch->samples[i], &outcome->spreads[i]);
    free_watch_money(watch, going->engine, outcome->money);
    outcome->is_done = 1;
    return AGON_OK;
}

int free_run(const struct free_config *config, struct free_outcome *outcome, struct error *err)
{
    static struct going going;
    uint32_t room = outcome->room;
    int rc;

    memset(outcome, 0, sizeof(*outcome));
    outcome->room = room;
    going = (struct going){.config = config, .facts = config->facts, .outcome = outcome};
    rc = prepare(&going, err);
    if (rc >= 0)
        rc = config->close(config->ctx, err);
    if (rc >= 0)
        rc = start(&going, err);
    if (rc >= 0) {
        rc = run_on(&going);
        if (rc >= 0)
            rc = tell(&going);
        if (rc < 0)
            (void)error_set(err, rc, "stage %u: %s%s%s", config->stage, outcome->why,
                            outcome->why[0] != '\0' ? "" : "it came no further: ",
                            outcome->why[0] != '\0' ? "" : error_name(rc));
    }
    if (rc < 0 && err != NULL)
        snprintf(outcome->why, sizeof(outcome->why), "%.255s", err->text);
    free_enter(&going, NULL);
    return rc;
}
