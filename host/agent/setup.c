// SPDX-License-Identifier: Apache-2.0
/* setup: see the header. The block is the head, then one section per array in a fixed order: count
 * and size of an element, then the elements. Everything is a multiple of 8 bytes long. */
#include "agent/setup.h"

#include <stdlib.h>

#define SETUP_MAGIC  0x5347414eu
#define SETUP_FORMAT 5u

struct section {
    size_t pointer, count; /* offsets in struct setup */
    uint32_t bytes, max;   /* of an element; how many at most */
    const char *name;
};
#define SECTION(field, count, T, max)                                                              \
    {                                                                                              \
        offsetof(struct setup, field), offsetof(struct setup, count), sizeof(T), max, #field       \
    }
static const struct section sections[] = {
    SECTION(venues, n_venues, struct setup_venue, SETUP_VENUES_MAX),
    SECTION(assets, n_assets, struct setup_asset, 4096),
    SECTION(instruments, n_instruments, struct agon_instrument, 65536),
    SECTION(params, n_params, struct setup_param, SETUP_PARAMS_MAX),
    SECTION(files, n_files, struct setup_file, SETUP_FILES_MAX),
    SECTION(leases, n_leases, struct setup_lease, AGON_GPU_LEASES_MAX),
    SECTION(orders, n_orders, struct agon_order, SETUP_ORDERS_MAX),
    SECTION(exits, n_exits, struct agon_exit, AGON_EXITS_MAX),
    SECTION(positions, n_positions, struct agon_position, SETUP_POSITIONS_MAX),
    SECTION(balances, n_balances, struct agon_balance, SETUP_BALANCES_MAX),
    SECTION(capital, n_capital, struct agon_capital, 1),
    SECTION(timers, n_timers, struct setup_timer, SETUP_TIMERS_MAX),
    SECTION(tops, n_tops, struct agon_top10, SLOT_INSTRUMENTS_MAX),
    SECTION(signals, n_signals, struct agon_signal, SETUP_SIGNALS_MAX),
    SECTION(bars, n_bars, struct agon_bar, SETUP_HISTORY_MAX),
    SECTION(trades, n_trades, struct agon_trade, SETUP_HISTORY_MAX),
    SECTION(state, n_state, unsigned char, SETUP_STATE_MAX),
};
#define SECTIONS (sizeof(sections) / sizeof(sections[0]))

static const void *pointer_at(const struct setup *setup, const struct section *section)
{
    const void *pointer;

    memcpy(&pointer, (const char *)setup + section->pointer, sizeof(pointer));
    return pointer;
}

static uint32_t count_at(const struct setup *setup, const struct section *section)
{
    uint32_t count;

    memcpy(&count, (const char *)setup + section->count, sizeof(count));
    return count;
}

void setup_encode(const struct setup *setup, struct enc *enc)
{
    static const unsigned char zeros[8];
    struct setup_head head = setup->head;

    head.magic = SETUP_MAGIC;
    head.format = SETUP_FORMAT;
    enc_bytes(enc, &head, sizeof(head));
    for (size_t i = 0; i < SECTIONS; i++) {
        uint64_t n = count_at(setup, &sections[i]);
        uint64_t bytes = n * sections[i].bytes;

        enc_u32(enc, (uint32_t)n);
        enc_u32(enc, sections[i].bytes);
        enc_bytes(enc, pointer_at(setup, &sections[i]), bytes);
        enc_bytes(enc, zeros, (8 - bytes % 8) % 8);
    }
}

void *setup_encode_dup(const struct setup *setup, uint64_t *bytes)
{
    struct enc enc = {0};
    void *memory;

    setup_encode(setup, &enc);
    *bytes = enc.used;
    memory = malloc(enc.used);
    if (memory == NULL)
        return NULL;
    enc = (struct enc){.at = memory, .room = *bytes};
    setup_encode(setup, &enc);
    return memory;
}

static int text_ends(const char *text, size_t room)
{
    return memchr(text, 0, room) != NULL;
}

/* Names are used as strings later on, so each has to end. */
static int strings_end(const struct setup *setup)
{
    for (uint32_t i = 0; i < setup->n_venues; i++)
        if (!text_ends(setup->venues[i].name, sizeof(setup->venues[i].name)))
            return 0;
    for (uint32_t i = 0; i < setup->n_assets; i++)
        if (!text_ends(setup->assets[i].name, sizeof(setup->assets[i].name)))
            return 0;
    for (uint32_t i = 0; i < setup->n_params; i++)
        if (!text_ends(setup->params[i].name, sizeof(setup->params[i].name)) ||
            !text_ends(setup->params[i].text, sizeof(setup->params[i].text)))
            return 0;
    for (uint32_t i = 0; i < setup->n_files; i++)
        if (!text_ends(setup->files[i].name, sizeof(setup->files[i].name)))
            return 0;
    for (uint32_t i = 0; i < setup->n_leases; i++)
        if (!text_ends(setup->leases[i].name, sizeof(setup->leases[i].name)) ||
            setup->leases[i].lease == 0 || setup->leases[i].lease > AGON_GPU_LEASES_MAX)
            return 0;
    return text_ends(setup->head.slot.name, sizeof(setup->head.slot.name));
}

int setup_decode(struct setup *setup, const void *bytes, uint64_t n, struct error *err)
{
    struct dec dec = {.at = bytes, .n = n};

    memset(setup, 0, sizeof(*setup));
    if ((uintptr_t)bytes % 8 != 0)
        return error_set(err, AGON_ECORRUPT, "setup: not aligned");
    dec_bytes(&dec, &setup->head, sizeof(setup->head));
    if (!dec_is_ok(&dec) || setup->head.magic != SETUP_MAGIC || setup->head.format != SETUP_FORMAT)
        return error_set(err, AGON_ECORRUPT, "setup: no such block, or of another version");
    for (size_t i = 0; i < SECTIONS; i++) {
        const struct section *section = &sections[i];
        uint32_t count = dec_u32(&dec);
        uint32_t size = dec_u32(&dec);
        uint64_t skip = ((uint64_t)count * size + 7) / 8 * 8;
        const void *at;

        if (!dec_is_ok(&dec) || size != section->bytes || count > section->max ||
            skip > dec.n - dec.used)
            return error_set(err, AGON_ECORRUPT, "setup: section %s: %u elements of %u bytes",
                             section->name, count, size);
        for (uint64_t at_pad = (uint64_t)count * size; at_pad < skip; at_pad++)
            if (dec.at[dec.used + at_pad] != 0)
                return error_set(err, AGON_ECORRUPT, "setup: section %s: its padding is not zero",
                                 section->name);
        at = count > 0 ? dec.at + dec.used : NULL;
        memcpy((char *)setup + section->pointer, &at, sizeof(at));
        memcpy((char *)setup + section->count, &count, sizeof(count));
        dec.used += skip;
    }
    if (dec.used != dec.n || !strings_end(setup) || setup->head.slot.slot >= SLOTS_MAX ||
        setup->head.slot.subscription.n_instruments > SLOT_INSTRUMENTS_MAX ||
        setup->head.slot.signals.n_keys > SLOT_KEYS_MAX ||
        setup->head.slot.signals.n_inputs > SLOT_INPUTS_MAX)
        return error_set(err, AGON_ECORRUPT, "setup: bytes left over or a field out of range");
    return AGON_OK;
}
