// SPDX-License-Identifier: Apache-2.0
#include "report/weights.h"

#include <stdio.h>
#include <stdlib.h>

#define SIGNALS 65536u /* the newest that an intent may answer */

struct heard {
    uint64_t seq;
    uint32_t generation;
    uint16_t slot;
};
struct weights {
    struct registry *registry; /* owned; NULL: none */
    struct weights_of *all;    /* owned */
    uint32_t n, room;
    struct heard signals[SIGNALS]; /* number i at i % SIGNALS */
    uint64_t n_signals;
};

struct weights *weights_new(const char *models)
{
    struct weights *weights = calloc(1, sizeof(*weights));
    struct error none = {0};

    // A name is an extra: where no registry is, hashes alone are said.
    if (weights != NULL && models != NULL)
        weights->registry = registry_open(models, REGISTRY_READ, &none);
    return weights;
}

void weights_free(struct weights *weights)
{
    if (weights == NULL)
        return;
    registry_close(weights->registry);
    free(weights->all);
    free(weights);
}

static void put_file(struct weights *weights, const char *name, const char *sha256,
                     char text[WEIGHTS_TEXT])
{
    struct registry_version version = {0};
    struct error none = {0};
    size_t n = strlen(text);

    if (weights->registry != NULL &&
        registry_by_hash(weights->registry, sha256, &version, &none) >= 0)
        (void)snprintf(text + n, WEIGHTS_TEXT - n, "%s%.31s=%s@%u:%.64s", n > 0 ? " " : "", name,
                       version.name, version.version, sha256);
    else
        (void)snprintf(text + n, WEIGHTS_TEXT - n, "%s%.31s=%.64s", n > 0 ? " " : "", name, sha256);
    registry_version_free(&version);
}

static int take_begin(struct weights *weights, struct engine *engine,
                      const struct record_begin *begin)
{
    const struct slot *slot = slots_get(engine_slots(engine), begin->slot);
    const char *at = begin_text(begin);
    struct weights_of *of;

    if (begin->n_files == 0 || at == NULL)
        return AGON_OK;
    if (weights->n == weights->room) {
        uint32_t room = weights->room == 0 ? 64 : 2 * weights->room;

        of = realloc(weights->all, room * sizeof(*of));
        if (of == NULL)
            return AGON_ENOMEM;
        weights->all = of;
        weights->room = room;
    }
    of = &weights->all[weights->n++];
    *of = (struct weights_of){.slot = begin->slot,
                              .generation = begin->generation,
                              .seq = begin->hdr.seq,
                              .t = begin->hdr.t};
    (void)snprintf(of->agent, sizeof(of->agent), "%s", slot != NULL ? slot->name : "");
    for (uint32_t i = 0; i < 2u * begin->n_params; i++)
        at += strlen(at) + 1;
    for (uint32_t i = 0; i < begin->n_files; i++) {
        const char *sha256 = at + strlen(at) + 1;

        put_file(weights, at, sha256, of->text);
        at = sha256 + strlen(sha256) + 1;
    }
    return AGON_OK;
}

int weights_take(struct weights *weights, struct engine *engine, const struct agon_event_hdr *event)
{
    if (event->type == EVENT_BEGIN)
        return take_begin(weights, engine, (const struct record_begin *)(const void *)event);
    if (event->type == AGON_EVENT_SIGNAL && event_bytes(event) >= sizeof(struct record_signal)) {
        const struct record_signal *signal = (const void *)event;

        weights->signals[weights->n_signals++ % SIGNALS] =
            (struct heard){event->seq, signal->origin.generation, signal->origin.slot};
    }
    return AGON_OK;
}

static uint32_t find(const struct weights *weights, uint16_t slot, uint32_t generation)
{
    uint32_t i = weights->n;

    while (i > 0 &&
           (weights->all[i - 1].slot != slot || weights->all[i - 1].generation != generation))
        i--;
    return i;
}

/* By halves: their numbers rise. */
static const struct heard *signal_at(const struct weights *weights, uint64_t seq)
{
    uint64_t low = weights->n_signals > SIGNALS ? weights->n_signals - SIGNALS : 0;
    uint64_t high = weights->n_signals;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (weights->signals[middle % SIGNALS].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low < weights->n_signals && weights->signals[low % SIGNALS].seq == seq
               ? &weights->signals[low % SIGNALS]
               : NULL;
}

struct weights_who weights_find(const struct weights *weights, uint16_t slot, uint32_t generation,
                                uint64_t cause_seq)
{
    const struct heard *signal = signal_at(weights, cause_seq);

    return (struct weights_who){find(weights, slot, generation),
                                signal != NULL && signal->slot != slot
                                    ? find(weights, signal->slot, signal->generation)
                                    : 0};
}

void weights_say(const struct weights *weights, struct weights_who who, char text[WEIGHTS_TEXT])
{
    size_t n;

    (void)snprintf(text, WEIGHTS_TEXT, "%s", who.own > 0 ? weights->all[who.own - 1].text : "");
    n = strlen(text);
    if (who.heard > 0)
        (void)snprintf(text + n, WEIGHTS_TEXT - n, "%s%s.%s", n > 0 ? " " : "",
                       weights->all[who.heard - 1].agent, weights->all[who.heard - 1].text);
}

void weights_put(const struct weights *weights, uint16_t slot, uint32_t generation,
                 uint64_t cause_seq, char text[WEIGHTS_TEXT])
{
    weights_say(weights, weights_find(weights, slot, generation, cause_seq), text);
}

const struct weights_of *weights_at(const struct weights *weights, uint32_t i)
{
    return i < weights->n ? &weights->all[i] : NULL;
}
