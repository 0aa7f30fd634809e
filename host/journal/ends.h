// SPDX-License-Identifier: Apache-2.0
/* ends: of a bar of a tape the record that says that all which happened in it was reported
 * (PATH_END).
 *
 * It follows from the bar but for its number, its time and the slots that it is for, so that a
 * journal which names the bar names the end too (journal/refs.h). Named is one that is byte for
 * byte what is made of the bar here, and whose bar is the next that comes of its tape; any other
 * stays a record. [any] */
#ifndef JOURNAL_ENDS_H
#define JOURNAL_ENDS_H

#include "journal/refs.h"

/* All but its number and its time. */
void ends_make(struct record_path *end, const struct agon_bar *bar, uint64_t slots);
/* Is the end byte for byte what is made of that bar, which its tape gives next? */
int ends_follows(const struct record_path *end, const struct agon_bar *bar);
/* Of which tape is the bar whose end the record at `at` is? AGON_ENOENT: of none, or its bar does
 * not lie before limit among what comes soon. [writer] */
int ends_tape_of(const struct journal_named *named, const struct journal_buffer *buffer,
                 uint64_t at, uint64_t limit);

#endif
