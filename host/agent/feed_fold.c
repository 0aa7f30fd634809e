// SPDX-License-Identifier: Apache-2.0
#include "agent/feed_fold.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hot.h"
#include "base/utf8.h"

/* Orders stand by id, which grows with time, so that the list is in order of age. */
static uint32_t order_place(const struct feed *feed, uint64_t id)
{
    uint32_t low = 0, high = feed->n_orders;

    // New orders have the highest id: look at the end first.
    if (high > 0 && feed->orders[high - 1].order_id < id)
        return high;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (feed->orders[middle].order_id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void fold_order(struct feed *feed, const struct agon_order *order)
{
    uint32_t at = order_place(feed, order->order_id);
    int is_there = at < feed->n_orders && feed->orders[at].order_id == order->order_id;
    struct agon_order *place = &feed->orders[at];

    if (agon_is_final(order)) {
        if (is_there) {
            feed->n_orders--;
            memmove(place, place + 1, (feed->n_orders - at) * sizeof(*place));
        }
        return;
    }
    if (!is_there) {
        if (feed->n_orders == FEED_ORDERS_MAX)
            return; // the gate allows fewer
        memmove(place + 1, place, (feed->n_orders - at) * sizeof(*place));
        feed->n_orders++;
    }
    *place = *order;
}

struct agon_position *fold_position(struct feed *feed, agon_account_t account, agon_instrument_t id)
{
    for (uint32_t i = 0; i < feed->n_positions; i++)
        if (feed->positions[i].hdr.instrument == id && feed->positions[i].account == account)
            return &feed->positions[i];
    return NULL;
}

struct agon_position *fold_position_any(struct feed *feed, agon_instrument_t id)
{
    for (uint32_t i = 0; i < feed->n_positions; i++)
        if (feed->positions[i].hdr.instrument == id)
            return &feed->positions[i];
    return NULL;
}

static struct agon_position *position_make(struct feed *feed, agon_account_t account,
                                           agon_instrument_t id)
{
    struct agon_position *position = fold_position(feed, account, id);

    if (position == NULL && feed->n_positions < FEED_POSITIONS_MAX) {
        position = &feed->positions[feed->n_positions++];
        memset(position, 0, sizeof(*position));
        position->hdr.type = AGON_EVENT_POSITION;
        position->hdr.granules = 1;
        position->hdr.instrument = id;
        position->account = account;
    }
    return position;
}

struct agon_balance *fold_balance(struct feed *feed, agon_account_t account, agon_asset_t asset)
{
    for (uint32_t i = 0; i < feed->n_balances; i++)
        if (feed->balances[i].asset == asset && feed->balances[i].account == account)
            return &feed->balances[i];
    return NULL;
}

static void fold_balance_event(struct feed *feed, const struct agon_balance *event)
{
    struct agon_balance *balance = fold_balance(feed, event->account, event->asset);

    if (balance == NULL && feed->n_balances < FEED_BALANCES_MAX)
        balance = &feed->balances[feed->n_balances++];
    if (balance)
        *balance = *event;
}

const struct agon_signal *fold_last(const struct feed *feed, uint32_t input, agon_instrument_t id)
{
    for (uint32_t i = 0; i < feed->n_signals[input]; i++)
        if (feed->signals[input][i].hdr.instrument == id)
            return &feed->signals[input][i];
    return NULL;
}

void fold_signal(struct feed *feed, struct agon_signal *event)
{
    int input = slot_input(&feed->setup.head.slot.signals, event->key);
    uint32_t at = 0;

    if (input < 0)
        return;
    event->key = (uint32_t)input;
    while (at < feed->n_signals[input] &&
           feed->signals[input][at].hdr.instrument != event->hdr.instrument)
        at++;
    if (at == FEED_SIGNALS_MAX)
        return;
    feed->signals[input][at] = *event;
    if (at == feed->n_signals[input])
        feed->n_signals[input]++;
}

struct feed_param *fold_param(struct feed *feed, uint32_t id)
{
    for (uint32_t i = 0; feed->descriptor && i < feed->descriptor->n_params; i++)
        if (feed->params[i].id == id)
            return &feed->params[i];
    return NULL;
}

struct feed_timer *fold_timer(struct feed *feed, uint32_t id)
{
    for (uint32_t i = 0; i < feed->n_timers; i++)
        if (feed->timers[i].id == id)
            return &feed->timers[i];
    return NULL;
}

void fold_timer_remove(struct feed *feed, struct feed_timer *timer)
{
    *timer = feed->timers[--feed->n_timers];
}

static void fold_instrument(struct feed *feed, const struct agon_instrument *event)
{
    const struct agon_instrument *was = instruments_get(&feed->instruments, event->hdr.instrument);
    agon_px_t tick_px = was ? was->tick_px : 0;
    int place = feed_place(feed, event->hdr.instrument);

    if (instruments_set(&feed->instruments, event, NULL) < 0)
        return; // the engine took it, so this cannot be; the old one stays
    if (place >= 0 && feed->books[place] && event->tick_px != tick_px)
        book_set_tick(feed->books[place], event->tick_px);
}

HOT void fold_late(struct feed *feed)
{
    const struct runner_turn *turn = feed->turn;

    if (turn == NULL || turn->late_seq <= feed->late_seq)
        return;
    for (uint32_t i = 0; i < feed->subscription.n_instruments; i++) {
        if (turn->late(turn->late_ctx, feed->subscription.instruments[i], feed->late_seq,
                       &feed->tops[i]))
            feed->has_top[i] = 1;
    }
    feed->late_seq = turn->late_seq;
}

HOT void fold_public(struct feed *feed, const struct agon_event_hdr *event)
{
    int place;

    fold_late(feed);
    switch (event->type) {
    case AGON_EVENT_INSTRUMENT:
        fold_instrument(feed, (const struct agon_instrument *)(const void *)event);
        break;
    case AGON_EVENT_TOP10:
        place = feed_place(feed, event->instrument);
        if (place >= 0) {
            feed->tops[place] = *(const struct agon_top10 *)(const void *)event;
            feed->has_top[place] = 1;
        }
        break;
    case AGON_EVENT_STATUS:
        place = feed_place(feed, event->instrument);
        if (place >= 0 && feed->has_top[place])
            feed->tops[place].book = ((const struct agon_status *)(const void *)event)->book;
        break;
    case AGON_EVENT_BOOK_SNAPSHOT:
    case AGON_EVENT_BOOK_DELTA:
        place = feed_place(feed, event->instrument);
        if (place >= 0 && feed->books[place])
            book_apply(feed->books[place], (const struct agon_book_part *)(const void *)event);
        break;
    default:
        break;
    }
}

static void fold_exit(struct feed *feed, const struct agon_exit *event)
{
    uint32_t at = 0;

    while (at < feed->n_exits && feed->exits[at].id < event->id)
        at++;
    if (event->state >= AGON_EXIT_DONE) {
        if (event->state != AGON_EXIT_REFUSED && at < feed->n_exits &&
            feed->exits[at].id == event->id) {
            feed->n_exits--;
            memmove(&feed->exits[at], &feed->exits[at + 1],
                    (feed->n_exits - at) * sizeof(feed->exits[0]));
        }
        return;
    }
    if (at == feed->n_exits || feed->exits[at].id != event->id) {
        if (feed->n_exits == AGON_EXITS_MAX)
            return; // the engine keeps no more
        memmove(&feed->exits[at + 1], &feed->exits[at],
                (feed->n_exits - at) * sizeof(feed->exits[0]));
        feed->n_exits++;
    }
    feed->exits[at] = *event;
}

static void fold_job(struct feed *feed, const struct agon_job *event)
{
    struct feed_lease *lease = event->lease > 0 && event->lease <= AGON_GPU_LEASES_MAX
                                   ? &feed->jobs.leases[event->lease - 1]
                                   : NULL;

    if (event->kind == AGON_JOB_DONE) {
        for (uint32_t i = 0; i < AGON_GPU_JOBS_MAX; i++) {
            if (feed->jobs.all[i].id == event->job)
                feed->jobs.all[i].id = 0;
        }
        if (lease != NULL)
            lease->last = *event;
    } else if (lease != NULL) {
        lease->state = event->kind == AGON_JOB_GRANTED   ? LEASE_HELD
                       : event->kind == AGON_JOB_EVICTED ? LEASE_WAITS
                                                         : LEASE_NAMED;
        lease->is_ending &= (uint8_t)(event->kind != AGON_JOB_ENDED);
    }
}

void fold_private(struct feed *feed, const struct agon_event_hdr *event)
{
    switch (event->type) {
    case AGON_EVENT_EXIT:
        fold_exit(feed, (const struct agon_exit *)(const void *)event);
        break;
    case AGON_EVENT_ORDER:
        fold_order(feed, (const struct agon_order *)(const void *)event);
        break;
    case AGON_EVENT_FILL: {
        const struct agon_fill *fill = (const struct agon_fill *)(const void *)event;
        struct agon_position *position = position_make(feed, fill->account, event->instrument);

        // Cost and profit follow in a POSITION; the quantity must not lag behind the fill.
        if (position)
            position->qty = fill->position_qty;
        break;
    }
    case AGON_EVENT_POSITION: {
        const struct agon_position *event_position =
            (const struct agon_position *)(const void *)event;
        struct agon_position *position =
            position_make(feed, event_position->account, event->instrument);

        if (position)
            *position = *event_position;
        break;
    }
    case AGON_EVENT_BALANCE:
        fold_balance_event(feed, (const struct agon_balance *)(const void *)event);
        break;
    case AGON_EVENT_CAPITAL:
        feed->capital = *(const struct agon_capital *)(const void *)event;
        feed->has_capital = 1;
        break;
    case AGON_EVENT_TIMER: {
        struct feed_timer *timer =
            fold_timer(feed, ((const struct agon_timer *)(const void *)event)->id);

        if (timer && !timer->is_periodic)
            fold_timer_remove(feed, timer);
        break;
    }
    case AGON_EVENT_PARAM: {
        const struct agon_param_change *change =
            (const struct agon_param_change *)(const void *)event;
        struct feed_param *param = fold_param(feed, change->id);

        if (param) {
            param->integer = change->integer;
            param->real = change->real;
        }
        break;
    }
    case AGON_EVENT_JOB:
        fold_job(feed, (const struct agon_job *)(const void *)event);
        break;
    case AGON_EVENT_GAP:
        fold_gap(feed);
        break;
    default:
        break;
    }
}

void fold_gap(struct feed *feed)
{
    fold_late(feed);
    for (uint32_t i = 0; i < feed->subscription.n_instruments; i++) {
        if (feed->has_top[i])
            feed->tops[i].book = BOOK_STALE;
        if (feed->books[i])
            book_clear(feed->books[i]);
    }
}

/* Setup */

static int init_instruments(struct feed *feed, struct error *err)
{
    const struct setup *setup = &feed->setup;
    int rc = instruments_init_for(&feed->instruments, setup->n_instruments);

    for (uint32_t i = 0; rc >= 0 && i < setup->n_assets; i++) {
        const struct setup_asset *asset = &setup->assets[i];
        struct record_asset record = {
            .hdr = {.type = EVENT_CONFIG, .granules = sizeof(record) / EVENT_GRANULE},
            .kind = CONFIG_ASSET,
            .asset = asset->id,
            .exp = asset->exp,
            .is_base_currency = asset->id == setup->head.base_currency};

        memcpy(record.name, asset->name, sizeof(record.name));
        rc = instruments_set_asset(&feed->instruments, &record, err);
    }
    for (uint32_t i = 0; rc >= 0 && i < setup->n_instruments; i++)
        rc = instruments_set(&feed->instruments, &setup->instruments[i], err);
    return rc;
}

static int init_books(struct feed *feed, struct error *err)
{
    for (uint32_t i = 0; i < feed->subscription.n_instruments; i++) {
        const struct agon_instrument *instrument =
            instruments_get(&feed->instruments, feed->subscription.instruments[i]);

        if (instrument == NULL)
            return error_set(err, AGON_ECORRUPT, "subscribed to instrument %u, which is not there",
                             feed->subscription.instruments[i]);
        if (feed->subscription.depth != DEPTH_FULL)
            continue;
        feed->books[i] = book_new(&(struct book_config){.tick_px = instrument->tick_px});
        if (feed->books[i] == NULL)
            return error_set(err, AGON_ENOMEM, "no memory for a book");
    }
    return AGON_OK;
}

int fold_init(struct feed *feed, struct error *err)
{
    const struct setup *setup = &feed->setup;
    int rc;

    feed->orders = calloc(FEED_ORDERS_MAX, sizeof(*feed->orders));
    feed->signals = calloc(SLOT_INPUTS_MAX, sizeof(*feed->signals));
    if (feed->orders == NULL || feed->signals == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a runner");
    rc = init_instruments(feed, err);
    if (rc >= 0)
        rc = init_books(feed, err);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < setup->n_orders; i++)
        fold_order(feed, &setup->orders[i]);
    for (uint32_t i = 0; i < setup->n_exits; i++)
        fold_exit(feed, &setup->exits[i]);
    for (uint32_t i = 0; i < setup->n_positions; i++)
        fold_private(feed, &setup->positions[i].hdr);
    for (uint32_t i = 0; i < setup->n_balances; i++)
        fold_balance_event(feed, &setup->balances[i]);
    for (uint32_t i = 0; i < setup->n_signals; i++) {
        struct agon_signal signal = setup->signals[i];

        fold_signal(feed, &signal);
    }
    for (uint32_t i = 0; i < setup->n_tops; i++)
        fold_public(feed, &setup->tops[i].hdr);
    if (setup->n_capital > 0) {
        feed->capital = setup->capital[0];
        feed->has_capital = 1;
    }
    for (uint32_t i = 0; i < setup->n_leases; i++) {
        struct feed_lease *lease = &feed->jobs.leases[setup->leases[i].lease - 1];

        lease->state = (uint8_t)setup->leases[i].state;
        lease->memory = setup->leases[i].memory;
    }
    feed->jobs.is_live = setup->head.start != AGON_START_SHADOW;
    feed->next_timer = setup->head.next_timer > 0 ? setup->head.next_timer : 1;
    for (uint32_t i = 0; i < setup->n_timers; i++)
        feed->timers[feed->n_timers++] = (struct feed_timer){
            .id = setup->timers[i].id, .is_periodic = setup->timers[i].every_ns > 0};
    return AGON_OK;
}

void fold_deinit(struct feed *feed)
{
    for (uint32_t i = 0; i < SLOT_INSTRUMENTS_MAX; i++)
        book_free(feed->books[i]);
    instruments_deinit(&feed->instruments);
    free(feed->orders);
    free(feed->signals);
}

/* Parameters */

/* A number as people write it, and nothing else: no hex, no "inf", no blank, whatever the locale.
 */
static int parse_real(const char *text, double *value)
{
    char *end;
    size_t n = strspn(text, "+-.0123456789eE");

    if (n == 0 || text[n] != 0)
        return AGON_EINVAL;
    errno = 0;
    *value = strtod(text, &end);
    return *end != 0 || errno != 0 || !isfinite(*value) ? AGON_EINVAL : AGON_OK;
}

static int parse_integer(const char *text, int64_t *value)
{
    char *end;
    size_t sign = *text == '-';
    long long parsed;

    if (text[sign] == 0 || strspn(text + sign, "0123456789") != strlen(text + sign))
        return AGON_EINVAL;
    errno = 0;
    parsed = strtoll(text, &end, 10);
    *value = parsed;
    return errno != 0 || *end != 0 ? AGON_EINVAL : AGON_OK;
}

/* Place of text among "fast|slow|..."; -1: not there. */
static int choice_find(const char *choices, const char *text)
{
    size_t n = strlen(text);

    for (int i = 0; choices; i++) {
        size_t length = strcspn(choices, "|");

        if (length == n && memcmp(choices, text, n) == 0)
            return i;
        choices = choices[length] ? choices + length + 1 : NULL;
    }
    return -1;
}

static void choice_copy(const char *choices, int64_t index, char *text, size_t room)
{
    size_t length;

    while (index > 0 && choices && strchr(choices, '|')) {
        choices = strchr(choices, '|') + 1;
        index--;
    }
    length = choices && index == 0 ? strcspn(choices, "|") : 0;
    if (length >= room)
        length = room - 1;
    if (length > 0)
        memcpy(text, choices, length);
    text[length] = 0;
}

int fold_param_read(struct feed_param *param, const struct agon_param *declared, const char *text,
                    struct error *err)
{
    int has_bounds = declared->min != 0 || declared->max != 0;
    int rc = AGON_OK;

    switch (declared->type) {
    case AGON_INTEGER:
        rc = parse_integer(text, &param->integer);
        param->real = (double)param->integer;
        break;
    case AGON_REAL:
        rc = parse_real(text, &param->real);
        break;
    case AGON_CHOICE:
        param->integer = choice_find(declared->choices, text);
        rc = param->integer < 0 ? AGON_EINVAL : AGON_OK;
        has_bounds = 0;
        break;
    default:
        rc = utf8_is_valid(text, strlen(text)) ? AGON_OK : AGON_EINVAL;
        has_bounds = 0;
        break;
    }
    if (rc < 0 && has_bounds)
        return error_set(err, rc, "\"%.40s\" is not a %s; expected one from %g to %g", text,
                         declared->type == AGON_INTEGER ? "whole number" : "number", declared->min,
                         declared->max);
    if (rc < 0)
        return error_set(err, rc, "\"%.40s\" is not a %s%s", text,
                         declared->type == AGON_INTEGER  ? "whole number"
                         : declared->type == AGON_REAL   ? "number"
                         : declared->type == AGON_CHOICE ? "choice; there are "
                                                         : "text of UTF-8",
                         declared->type == AGON_CHOICE ? declared->choices : "");
    if (has_bounds && (param->real < declared->min || param->real > declared->max))
        return error_set(err, AGON_ERANGE, "%.40s is not within %g and %g", text, declared->min,
                         declared->max);
    if (declared->type == AGON_TEXT || declared->type == AGON_CHOICE)
        snprintf(param->text, sizeof(param->text), "%s", text);
    return AGON_OK;
}

static void param_default(struct feed_param *param, const struct agon_param *declared)
{
    *param = (struct feed_param){.id = declared->id,
                                 .type = declared->type,
                                 .flags = declared->flags,
                                 .integer = (int64_t)declared->def,
                                 .real = declared->def};
    if (declared->type == AGON_CHOICE)
        choice_copy(declared->choices, param->integer, param->text, sizeof(param->text));
}

static int refuse_param(const struct agon_descriptor *descriptor, const char *name,
                        struct error *err)
{
    char known[256] = "none";
    size_t used = 0;

    for (uint32_t i = 0; i < descriptor->n_params && used < sizeof(known); i++)
        used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", i > 0 ? ", " : "",
                                 descriptor->params[i]->name);
    return error_set(err, AGON_ENOENT, "%s has no parameter %s; expected one of: %s",
                     descriptor->id, name, known);
}

int fold_params(struct feed *feed, struct error *err)
{
    const struct agon_descriptor *descriptor = feed->descriptor;

    feed->params = calloc(descriptor->n_params + 1, sizeof(*feed->params));
    if (feed->params == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for parameters");
    for (uint32_t i = 0; i < descriptor->n_params; i++)
        param_default(&feed->params[i], descriptor->params[i]);
    for (uint32_t k = 0; k < feed->setup.n_params; k++) {
        const struct setup_param *given = &feed->setup.params[k];
        uint32_t i = 0;
        int rc;

        while (i < descriptor->n_params && strcmp(descriptor->params[i]->name, given->name) != 0)
            i++;
        if (i == descriptor->n_params)
            return refuse_param(descriptor, given->name, err);
        rc = fold_param_read(&feed->params[i], descriptor->params[i], given->text, err);
        if (rc < 0) {
            error_wrap(err, "parameter %s", given->name);
            if (err != NULL)
                err->code = AGON_EINVAL; // whichever it is, the configuration is to be mended
            return AGON_EINVAL;
        }
    }
    return AGON_OK;
}
