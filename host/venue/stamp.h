// SPDX-License-Identifier: Apache-2.0
/* stamp: times as exchanges write them, read and written. A time outside 2000 to 2099, or that the
 * calendar does not have, stops the scan. [any] */
#ifndef VENUE_STAMP_H
#define VENUE_STAMP_H

#include "venue/scan.h"

#define STAMP_TEXT 32

/* "2023-10-06T17:35:55.440295Z" */
int stamp_read(struct scan *scan, agon_ns_t *t);
/* 1688585840.8921, seconds; quoted or not. What is finer than a nanosecond is cut. */
int stamp_read_seconds(struct scan *scan, agon_ns_t *t);
/* "2020-12-08T09:08:57.715Z" */
void stamp_print(agon_ns_t t, char text[STAMP_TEXT]);

#endif
