// SPDX-License-Identifier: Apache-2.0
/* ext_signal: agon.signal/2. The plugin counts in its own lists; on the bus and in the ring a
 * series has the number that slot_series gives it. */
#include <math.h>

#include "agent/feed_fold.h"
#include "base/utf8.h"

static int is_probability(double p)
{
    return p >= 0 && p <= 1;
}

static int is_sane(const struct feed *feed, const struct agon_signal *signal)
{
    double sum = signal->p_up + signal->p_flat + signal->p_down;

    return isfinite(signal->value) && is_probability(signal->confidence) &&
           is_probability(signal->p_up) && is_probability(signal->p_flat) &&
           is_probability(signal->p_down) && (sum == 0 || fabs(sum - 1) < 1e-6) &&
           signal->entry_px >= 0 && signal->stop_px >= 0 && signal->take_px >= 0 &&
           signal->t_valid >= 0 && signal->direction <= AGON_DOWN &&
           signal->text_len <= sizeof(signal->text) &&
           utf8_is_valid(signal->text, signal->text_len) &&
           (signal->hdr.instrument == 0 ||
            instruments_get(&feed->instruments, signal->hdr.instrument) != NULL);
}

static int publish(const struct agon_host *host, const struct agon_signal *signal)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_EVENT, &rc);
    const struct slot_signals *signals = feed ? &feed->setup.head.slot.signals : NULL;
    struct record_signal record = {
        .hdr = {.type = AGON_EVENT_SIGNAL, .granules = sizeof(record) / EVENT_GRANULE}};

    if (feed == NULL)
        return rc;
    if (signal == NULL || signal->key >= signals->n_keys || !is_sane(feed, signal))
        return AGON_EINVAL;
    if (!feed_has_room(feed, record.hdr.granules))
        return AGON_EAGAIN;
    record.hdr.instrument = signal->hdr.instrument;
    record.origin = feed_origin(feed, 0, 1);
    record.signal = *signal;
    record.signal.hdr = (struct agon_event_hdr){.type = AGON_EVENT_SIGNAL,
                                                .granules = sizeof(*signal) / EVENT_GRANULE,
                                                .instrument = signal->hdr.instrument};
    record.signal.slot = feed->setup.head.slot.slot;
    record.signal.key = signals->keys[signal->key];
    record.signal.pad = 0;
    memset(record.signal.text + signal->text_len, 0, sizeof(record.signal.text) - signal->text_len);
    feed_put(feed, &record.hdr);
    return AGON_OK;
}

static int last(const struct agon_host *host, uint32_t input, agon_instrument_t instrument,
                struct agon_signal *out)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_ANY, &rc);
    const struct agon_signal *signal;

    if (feed == NULL)
        return rc;
    if (out == NULL || input >= feed->setup.head.slot.signals.n_inputs)
        return AGON_EINVAL;
    signal = fold_last(feed, input, instrument);
    if (signal == NULL)
        return AGON_ENOENT;
    *out = *signal;
    return AGON_OK;
}

const struct agon_host_signal ext_signal = {.publish = publish, .last = last};
