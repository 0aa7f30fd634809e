// SPDX-License-Identifier: MIT
/* agon.signal/2: what models and analytics publish, and who hears it. Frozen per revision: a new
 * need is agon.signal/3.
 *
 * Both sides have names. The descriptor lists what the plugin publishes and which inputs it reads;
 * the roster says whose series each input is (`signals: {INPUT: AGENT.NAME}`). In an agon_signal
 * that a plugin publishes, key is the place of the name in its own publishes (0, 1, ...); in one
 * that it hears, key is the place of the input in its own reads. It hears what its inputs are bound
 * to, and nothing else; each signal once. An input that the roster sets to none is silent. */
#ifndef AGON_EXT_SIGNAL_H
#define AGON_EXT_SIGNAL_H

#include "agon/plugin.h"

#define AGON_EXT_SIGNAL "agon.signal/2"
struct agon_host_signal {
    /* Publishes a copy; the host sets hdr (but instrument) and slot. AGON_EINVAL: key is not a
     * place in publishes, a number is not finite, a confidence or the probabilities are out of
     * range, the text is not UTF-8. AGON_EAGAIN: the ring is full. [agent, inside on_event] */
    int (*publish)(const struct agon_host *host, const struct agon_signal *signal);
    /* The last signal of that input that had this instrument (0: one that had none), as of this
     * event. AGON_ENOENT: none yet; AGON_EINVAL: no such input. Of an input 32 instruments are
     * kept. [agent] */
    int (*last)(const struct agon_host *host, uint32_t input, agon_instrument_t instrument,
                struct agon_signal *out);
};

#endif
