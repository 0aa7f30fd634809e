// SPDX-License-Identifier: Apache-2.0
/* time_probe: asks a venue what time it is, before anything else is asked of it or written down.
 *
 * A start needs it: what the wall clock says goes into the journal, and certificates are judged by
 * it. So this contact has no key, sends no header of ours and can order nothing: it is one GET of a
 * public path, twice. With TLS the chain and the name are verified; a certificate that is refused
 * by its dates alone is accepted at a second attempt, for a clock that is years off would refuse
 * every venue and could never be mended. What was learnt so is marked, and the owner decides
 * whether it counts ([io], or who turns the loop before it runs). */
#ifndef VENUE_TIME_PROBE_H
#define VENUE_TIME_PROBE_H

#include "net/http.h"
#include "venue/gateway.h"
#include "venue/market_time.h"

struct time_probe {
    struct gateway_times times; /* n of them have come */
    uint8_t is_done;            /* no more will come */
    uint8_t is_undated;         /* learnt with a certificate whose dates did not count */
    uint8_t pad[6];
    char bars[VENUE_BARS_TEXT]; /* venue_bars_read; "": nothing was said */
    char why[160];              /* with is_done and n 0: what was in the way */
    /* its own */
    const struct stream_port *stream; /* borrowed, as config and wire */
    const struct venue_config *config;
    const struct venue_wire *wire;
    struct stream_target target;
    struct http_parse *http; /* owned */
    int conn;
    int64_t sent_ns;
};
/* Begins to connect; everything else happens in the stream's callbacks. The probe's memory must
 * live as long as the stream. */
void time_probe_begin(struct time_probe *probe, const struct venue_config *config,
                      const struct stream_port *stream);
/* Closes what is open. What the stream still calls back about it is ignored. */
void time_probe_end(struct time_probe *probe);

#endif
