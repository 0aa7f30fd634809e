// SPDX-License-Identifier: Apache-2.0
/* rate: what is told of the venue's rate windows where market time runs faster than they do. */
#include <stdio.h>

#include "run/host.h"

#define SPEED_OF_INTEREST                                                                          \
    2000 /* thousandths: up to it hardly anybody meets them for that reason                        \
          */

int host_is_rate_refused(const struct record_report *report)
{
    return report->reason == REASON_VENUE_RATE &&
           (report->kind == REPORT_NOT_SENT || report->kind == REPORT_REJECTED ||
            report->kind == REPORT_REPLACE_REJECTED);
}

const char *host_rate_text(int is_live, int64_t speed_milli, uint64_t n_refused,
                           char text[HOST_RATE_TEXT])
{
    text[0] = '\0';
    // On paper they count in market time.
    if (!is_live || speed_milli <= SPEED_OF_INTEREST)
        return text;
    snprintf(text, HOST_RATE_TEXT,
             "the venue's rate windows are in real time: at %gx they hold %g times fewer orders, "
             "and refused %llu",
             (double)speed_milli / 1e3, (double)speed_milli / 1e3, (unsigned long long)n_refused);
    return text;
}
