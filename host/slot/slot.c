// SPDX-License-Identifier: Apache-2.0
#include "slot/slot.h"

#include <agon/plugin.h>

#include "base/hash.h"
#include "base/hot.h"
#include "base/utf8.h"
#include "market/bars.h"
#include "market/events.h"

#define BOOK_TYPES (AGON_ON(AGON_EVENT_BOOK_SNAPSHOT) | AGON_ON(AGON_EVENT_BOOK_DELTA))

static int has_instrument(const struct subscription *sub, agon_instrument_t id)
{
    for (uint32_t i = 0; i < sub->n_instruments && i < SLOT_INSTRUMENTS_MAX; i++) {
        if (sub->instruments[i] == id)
            return 1;
    }
    return 0;
}

uint32_t slot_agent(const char *agent)
{
    return (uint32_t)hash_mix(hash_bytes(agent, strnlen(agent, SLOT_NAME)));
}

uint32_t slot_series(const char *agent, const char *name)
{
    uint64_t both = hash_mix(hash_bytes(agent, strnlen(agent, SLOT_NAME))) +
                    hash_bytes(name, strnlen(name, SLOT_NAME));
    uint32_t series = (uint32_t)hash_mix(both);

    return series != 0 ? series : 1;
}

int slot_publishes(const struct slot_signals *signals, uint32_t series)
{
    for (uint32_t i = 0; i < signals->n_keys && i < SLOT_KEYS_MAX; i++) {
        if (signals->keys[i] == series)
            return series != 0;
    }
    return 0;
}

int slot_input(const struct slot_signals *signals, uint32_t series)
{
    for (uint32_t i = 0; i < signals->n_inputs && i < SLOT_INPUTS_MAX; i++) {
        if (signals->inputs[i].series == series)
            return series != 0 ? (int)i : -1;
    }
    return -1;
}

// Of a type beyond the first mask: seldom, and out of the way of those that come by the thousand.
static __attribute__((noinline)) int wants_more(const struct subscription *sub,
                                                const struct agon_event_hdr *event)
{
    return event_is_on(0, sub->event_more, event->type) &&
           (event_is_shared(event->type) || has_instrument(sub, event->instrument));
}

HOT int subscription_wants(const struct subscription *sub, const struct slot_signals *signals,
                           const struct agon_event_hdr *event)
{
    uint64_t bit;

    if (event->type >= 64)
        return wants_more(sub, event);
    bit = AGON_ON(event->type);
    if ((sub->event_mask & bit) == 0)
        return 0;
    if (event->type == AGON_EVENT_SIGNAL)
        return slot_input(signals, ((const struct agon_signal *)(const void *)event)->key) >= 0;
    if ((EVENTS_SHARED & bit) != 0)
        return 1;
    if ((BOOK_TYPES & bit) != 0 && sub->depth != DEPTH_FULL)
        return 0;
    if (event->type == AGON_EVENT_BAR) {
        const struct agon_bar *bar = (const struct agon_bar *)(const void *)event;

        if ((sub->bar_mask & bars_length_bit(bar->length_s)) == 0)
            return 0;
    }
    return has_instrument(sub, event->instrument);
}

int subscription_wants_private(const struct subscription *sub, const struct agon_event_hdr *event)
{
    return event->type == AGON_EVENT_GAP ||
           event_is_on(sub->event_mask, sub->event_more, event->type);
}

void slots_init(struct slots *slots)
{
    memset(slots, 0, sizeof(*slots));
}

// One that the agent publishes and another one declares too, or that somebody awaits from another.
static int is_taken(const struct slot *other, uint32_t series, uint32_t agent)
{
    int at = slot_input(&other->signals, series);

    return slot_publishes(&other->signals, series) ||
           (at >= 0 && other->signals.inputs[at].agent != agent);
}

int slots_fit(const struct slots *slots, uint16_t id, const char *name,
              const struct slot_signals *signals, struct error *err)
{
    if (signals->n_keys > SLOT_KEYS_MAX || signals->n_inputs > SLOT_INPUTS_MAX)
        return error_set(err, AGON_EINVAL, "slot %.31s: %u signals and %u inputs: too many", name,
                         signals->n_keys, signals->n_inputs);
    for (uint32_t i = 0; i < slots->n; i++) {
        const struct slot *other = &slots->all[i];

        if (!other->is_used || i == id)
            continue;
        for (uint32_t k = 0; k < signals->n_keys; k++) {
            if (is_taken(other, signals->keys[k], slot_agent(name)))
                return error_set(err, AGON_EINVAL,
                                 "slot %.31s: its signal number %u has the number of one that slot "
                                 "%.31s publishes or reads: give one of both agents another name",
                                 name, k, other->name);
        }
        for (uint32_t k = 0; k < signals->n_inputs; k++) {
            if (slot_publishes(&other->signals, signals->inputs[k].series) &&
                signals->inputs[k].agent != slot_agent(other->name))
                return error_set(err, AGON_EINVAL,
                                 "slot %.31s: its input number %u has the number of a signal of "
                                 "slot %.31s, which it does not mean: give one of both agents "
                                 "another name",
                                 name, k, other->name);
        }
    }
    return AGON_OK;
}

#define PLACED_END   (offsetof(struct record_slot, limits) + sizeof(struct limits_placed))
#define BEHIND_BYTES (sizeof(struct record_slot) - offsetof(struct record_slot, generation_hash))

void slot_record_shorten(struct record_slot_short *to, const struct record_slot *from)
{
    memcpy(to, from, PLACED_END);
    memcpy(&to->generation_hash, &from->generation_hash, BEHIND_BYTES);
    to->hdr.granules = sizeof(*to) / EVENT_GRANULE;
}

void slot_record_lengthen(struct record_slot *to, const struct record_slot_short *from)
{
    memset(to, 0, sizeof(*to));
    memcpy(to, from, PLACED_END);
    memcpy(&to->generation_hash, &from->generation_hash, BEHIND_BYTES);
    to->hdr.granules = sizeof(*to) / EVENT_GRANULE;
}

int slot_record_read(struct record_slot *to, const struct agon_event_hdr *event)
{
    if (event_bytes(event) == sizeof(*to))
        *to = *(const struct record_slot *)(const void *)event;
    else if (event_bytes(event) == sizeof(struct record_slot_short))
        slot_record_lengthen(to, (const struct record_slot_short *)(const void *)event);
    else
        return AGON_EINVAL;
    return AGON_OK;
}

void slot_record_write(union slot_event *to, const struct record_slot *from)
{
    if (limits_has_more(&limits_of_slot, &from->limits))
        to->record = *from;
    else
        slot_record_shorten(&to->shorter, from);
}

int slots_set(struct slots *slots, const struct record_slot *event, struct error *err)
{
    size_t name_n = strnlen(event->name, sizeof(event->name));
    const struct subscription *sub = &event->subscription;
    struct error why = {0};
    struct slot *slot;

    if (event->slot >= SLOTS_MAX)
        return error_set(err, AGON_ERANGE, "slot %u: at most %d slots", event->slot, SLOTS_MAX);
    if (name_n == 0 || name_n == sizeof(event->name) || !utf8_is_valid(event->name, name_n))
        return error_set(err, AGON_EINVAL, "slot %u: name is empty, too long or no UTF-8",
                         event->slot);
    if (sub->n_instruments > SLOT_INSTRUMENTS_MAX)
        return error_set(err, AGON_ERANGE, "slot %s: %u instruments, at most %d", event->name,
                         sub->n_instruments, SLOT_INSTRUMENTS_MAX);
    if (event->stage < STAGE_DISCOVERED || event->stage > STAGE_LIVE)
        return error_set(err, AGON_EINVAL, "slot %s: stage %u is unknown", event->name,
                         event->stage);
    if (event->agent_kind < AGON_STRATEGY || event->agent_kind > AGON_ANALYTIC)
        return error_set(err, AGON_EINVAL, "slot %s: kind %u is unknown", event->name,
                         event->agent_kind);
    if (limits_check(&limits_of_slot, &event->limits, &why) < 0)
        return error_set(err, AGON_EINVAL, "slot %s: %s", event->name, why.text);
    if (event->intent_latency_ns < 0)
        return error_set(err, AGON_EINVAL, "slot %s: its latency is negative", event->name);
    if (sub->depth > DEPTH_FULL)
        return error_set(err, AGON_EINVAL, "slot %s: depth %u is unknown", event->name, sub->depth);
    for (uint32_t i = 0; i < slots->n; i++) {
        if (i != event->slot && slots->all[i].is_used &&
            strcmp(slots->all[i].name, event->name) == 0)
            return error_set(err, AGON_EINVAL, "slot %u: the name %s is slot %u's already",
                             event->slot, event->name, i);
    }
    if (slots_fit(slots, event->slot, event->name, &event->signals, err) < 0)
        return AGON_EINVAL;
    slot = &slots->all[event->slot];
    if (!slot->is_used) {
        slots_vacate(slots, event->slot); // it may never have been anybody's
        slot->is_used = 1;
        slot->condition = CONDITION_ACTIVE;
        slot->generation = ++slot->last_generation;
        slot->account = event->account;
    } else if (slot->account != event->account) {
        return error_set(err, AGON_ESTATE, "slot %s: an account cannot change while the slot lives",
                         event->name);
    } else if (slot->generation_hash != event->generation_hash) {
        slot->generation = ++slot->last_generation;
    }
    slot->stage = event->stage;
    slot->agent_kind = event->agent_kind;
    slot->seed = event->seed;
    slot->intent_latency_ns = event->intent_latency_ns;
    slot->generation_hash = event->generation_hash;
    memcpy(slot->name, event->name, sizeof(slot->name));
    slot->subscription = event->subscription;
    slot->limits = event->limits;
    slot->signals = event->signals;
    if (event->slot >= slots->n)
        slots->n = (uint32_t)event->slot + 1;
    return AGON_OK;
}

static void settle(struct slots *slots)
{
    uint16_t id;

    while (slot_set_take(&slots->owed_to, &id))
        slots->all[id].counted += slots->owed;
    slots->owed = 0;
}

// Not inlined: most events go where the one before went.
__attribute__((noinline)) void slots_count(struct slots *slots, const struct slot_set *to)
{
    const struct slot_set *owed_to = &slots->owed_to;
    uint64_t other = to->words ^ owed_to->words;

    for (uint32_t word = 0; word < SLOT_WORDS; word++)
        other |= to->bits[word] ^ owed_to->bits[word];
    if (other != 0) {
        settle(slots);
        slots->owed_to = *to;
    }
    slots->owed++;
}

void slots_vacate(struct slots *slots, uint16_t id)
{
    struct slot *slot = &slots->all[id];

    settle(slots); // what is owed is the old one's
    *slot = (struct slot){
        .id = id, .last_generation = slot->last_generation, .next_counter = slot->next_counter};
}

int slots_set_generation(struct slots *slots, const struct record_generation *event)
{
    struct slot *slot = slots_get(slots, event->slot);

    if (slot == NULL || event->generation == 0 || event->generation == UINT32_MAX ||
        event->generation > slot->last_generation + 1 || event->why < GENERATION_RELOAD ||
        event->why > GENERATION_REFUSED || event->agent_kind != slot->agent_kind ||
        slots_fit(slots, event->slot, slot->name, &event->signals, NULL) < 0)
        return AGON_EINVAL;
    if (event->generation > slot->last_generation)
        slot->last_generation = event->generation;
    slot->generation = event->generation;
    slot->generation_hash = event->generation_hash;
    slot->subscription.event_mask = event->event_mask;
    slot->subscription.event_more = event->event_more;
    if (event->bar_mask != 0)
        slot->subscription.bar_mask = event->bar_mask;
    slot->signals = event->signals;
    if (event->why == GENERATION_FRESH)
        slot->fresh_generation = event->generation;
    if ((slot->condition == CONDITION_SUSPENDED || slot->condition == CONDITION_QUARANTINED) &&
        slot->condition_reason == REASON_SLOT_GONE) {
        slot->condition = CONDITION_ACTIVE;
        slot->condition_reason = REASON_NONE;
    }
    return AGON_OK;
}

// The n-th newest crash, this one included, is not longer ago.
static int is_within(const struct slot *slot, int n, agon_ns_t span_ns)
{
    return slot->crashes[n - 1] != 0 && slot->crashes[0] - slot->crashes[n - 1] <= span_ns;
}

int slots_crash(struct slots *slots, const struct record_crash *event, agon_ns_t t)
{
    const agon_ns_t minute_ns = (agon_ns_t)60 * 1000000000;
    struct slot *slot = slots_get(slots, event->slot);
    int is_often;

    if (slot == NULL || event->orders > ORDERS_FLATTEN)
        return AGON_EINVAL;
    memmove(&slot->crashes[1], &slot->crashes[0], (SLOT_CRASHES - 1) * sizeof(slot->crashes[0]));
    slot->crashes[0] = t;
    slot->crash_seq = event->kind != CRASH_FLOODED ? event->last_seq : 0; // no event's fault
    slot->n_crashes++;
    is_often = is_within(slot, 3, 10 * minute_ns) || is_within(slot, 5, 24 * 60 * minute_ns);
    if (slot->condition == CONDITION_ACTIVE || slot->condition_reason == REASON_SLOT_GONE) {
        slot->condition = is_often ? CONDITION_QUARANTINED : CONDITION_SUSPENDED;
        slot->condition_reason = REASON_SLOT_GONE;
    }
    return is_often;
}

struct slot *slots_get(struct slots *slots, uint16_t id)
{
    return id < slots->n && slots->all[id].is_used ? &slots->all[id] : NULL;
}

const struct slot *slots_find(const struct slots *slots, const char *name)
{
    for (uint32_t i = 0; i < slots->n; i++) {
        if (slots->all[i].is_used && strcmp(slots->all[i].name, name) == 0)
            return &slots->all[i];
    }
    return NULL;
}

uint8_t slot_least_stage(uint32_t run_mode)
{
    return run_mode == RUN_LIVE    ? STAGE_TESTNET
           : run_mode == RUN_PAPER ? STAGE_PAPER
                                   : STAGE_CHECKED;
}

int slot_may_trade(const struct slot *slot, uint32_t run_mode)
{
    return slot->condition == CONDITION_ACTIVE && slot->agent_kind == AGON_STRATEGY &&
           slot->stage >= slot_least_stage(run_mode);
}

const char *slot_stage_name(uint8_t stage)
{
    static const char *const names[] = {"?",     "DISCOVERED", "CHECKED",    "BACKTESTED", "SHADOW",
                                        "PAPER", "TESTNET",    "LIVE_SMALL", "LIVE"};

    return stage <= STAGE_LIVE ? names[stage] : "?";
}

const char *slot_condition_name(uint8_t condition)
{
    static const char *const names[] = {"?", "ACTIVE", "SUSPENDED", "QUARANTINED", "RETIRED"};

    return condition <= CONDITION_RETIRED ? names[condition] : "?";
}

#define MORE_FOLLOWS 0x80 /* in the byte of the depth: event_more does */
static void save_subscription(const struct subscription *sub, struct enc *enc)
{
    enc_u64(enc, sub->event_mask);
    enc_u32(enc, sub->n_instruments);
    enc_u8(enc, sub->bar_mask);
    // Without types beyond the mask the bytes are those of builds that knew none.
    enc_u8(enc, (uint8_t)(sub->depth | (sub->event_more != 0 ? MORE_FOLLOWS : 0)));
    if (sub->event_more != 0)
        enc_u16(enc, sub->event_more);
    for (uint32_t i = 0; i < sub->n_instruments; i++)
        enc_u32(enc, sub->instruments[i]);
}

static void load_subscription(struct subscription *sub, struct dec *dec)
{
    memset(sub, 0, sizeof(*sub));
    sub->event_mask = dec_u64(dec);
    sub->n_instruments = dec_u32(dec);
    sub->bar_mask = dec_u8(dec);
    sub->depth = dec_u8(dec);
    if ((sub->depth & MORE_FOLLOWS) != 0) {
        sub->depth &= (uint8_t)~MORE_FOLLOWS;
        sub->event_more = dec_u16(dec);
    }
    if (sub->n_instruments > SLOT_INSTRUMENTS_MAX) {
        dec_fail(dec);
        return;
    }
    for (uint32_t i = 0; i < sub->n_instruments; i++)
        sub->instruments[i] = dec_u32(dec);
}

static void save_signals(const struct slot_signals *signals, struct enc *enc)
{
    enc_u16(enc, signals->n_keys);
    for (uint32_t i = 0; i < signals->n_keys; i++)
        enc_u32(enc, signals->keys[i]);
    enc_u16(enc, signals->n_inputs);
    for (uint32_t i = 0; i < signals->n_inputs; i++) {
        enc_u32(enc, signals->inputs[i].series);
        enc_u32(enc, signals->inputs[i].agent);
    }
}

static void load_signals(struct slot_signals *signals, struct dec *dec)
{
    memset(signals, 0, sizeof(*signals));
    signals->n_keys = dec_u16(dec);
    if (signals->n_keys > SLOT_KEYS_MAX) {
        dec_fail(dec);
        return;
    }
    for (uint32_t i = 0; i < signals->n_keys; i++)
        signals->keys[i] = dec_u32(dec);
    signals->n_inputs = dec_u16(dec);
    if (signals->n_inputs > SLOT_INPUTS_MAX) {
        dec_fail(dec);
        return;
    }
    for (uint32_t i = 0; i < signals->n_inputs; i++) {
        signals->inputs[i].series = dec_u32(dec);
        signals->inputs[i].agent = dec_u32(dec);
    }
}

void slots_save(const struct slots *slots, struct enc *enc)
{
    enc_u32(enc, slots->n);
    for (uint32_t i = 0; i < slots->n; i++) {
        const struct slot *slot = &slots->all[i];

        enc_u8(enc, slot->is_used);
        enc_u32(enc, slot->last_generation);
        enc_u64(enc, slot->next_counter);
        if (!slot->is_used)
            continue;
        enc_u8(enc, slot->stage);
        enc_u8(enc, slot->condition);
        enc_u8(enc, slot->agent_kind);
        enc_u16(enc, slot->account);
        enc_u32(enc, slot->generation);
        enc_u16(enc, slot->condition_reason);
        enc_u64(enc, slot->seed);
        enc_i64(enc, slot->intent_latency_ns);
        enc_u64(enc, slot->generation_hash);
        enc_u32(enc, slot->fresh_generation);
        enc_u32(enc, slot->n_crashes);
        for (int k = 0; k < SLOT_CRASHES; k++)
            enc_i64(enc, slot->crashes[k]);
        enc_u64(enc, slot->crash_seq);
        enc_bytes(enc, slot->name, sizeof(slot->name));
        save_subscription(&slot->subscription, enc);
        limits_save(&limits_of_slot, &slot->limits, enc);
        save_signals(&slot->signals, enc);
        enc_u64(enc, slots_nth(slots, (uint16_t)i));
        enc_u64(enc, slot->n_intents);
        enc_u64(enc, slot->n_refused);
    }
}

int slots_load(struct slots *slots, struct dec *dec)
{
    slots_init(slots);
    slots->n = dec_u32(dec);
    if (slots->n > SLOTS_MAX)
        dec_fail(dec);
    for (uint32_t i = 0; dec_is_ok(dec) && i < slots->n; i++) {
        struct slot *slot = &slots->all[i];

        slot->id = (uint16_t)i;
        slot->is_used = dec_u8(dec);
        slot->last_generation = dec_u32(dec);
        slot->next_counter = dec_u64(dec);
        if (!slot->is_used)
            continue;
        slot->stage = dec_u8(dec);
        slot->condition = dec_u8(dec);
        slot->agent_kind = dec_u8(dec);
        slot->account = dec_u16(dec);
        slot->generation = dec_u32(dec);
        slot->condition_reason = dec_u16(dec);
        slot->seed = dec_u64(dec);
        slot->intent_latency_ns = dec_i64(dec);
        slot->generation_hash = dec_u64(dec);
        slot->fresh_generation = dec_u32(dec);
        slot->n_crashes = dec_u32(dec);
        for (int k = 0; k < SLOT_CRASHES; k++)
            slot->crashes[k] = dec_i64(dec);
        slot->crash_seq = dec_u64(dec);
        dec_bytes(dec, slot->name, sizeof(slot->name));
        slot->name[SLOT_NAME - 1] = '\0';
        load_subscription(&slot->subscription, dec);
        limits_load(&limits_of_slot, &slot->limits, dec);
        load_signals(&slot->signals, dec);
        slot->counted = dec_u64(dec);
        slot->n_intents = dec_u64(dec);
        slot->n_refused = dec_u64(dec);
    }
    return dec_is_ok(dec) ? AGON_OK : AGON_ECORRUPT;
}
