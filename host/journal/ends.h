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
/* Is a PATH byte for byte what is made of some bar? Read as it is written, field by field: kind not
 * together with what is behind it. */
static inline int ends_is_plain(const struct record_path *end)
{
    uint8_t kind = *(const volatile uint8_t *)&end->kind;
    uint64_t rest[2]; // all that is behind word

    _Static_assert(offsetof(struct record_path, pad) == 50 && sizeof(*end) == 64, "14 bytes");
    memcpy(&rest[0], end->pad, sizeof(rest[0]));
    memcpy(&rest[1], end->pad + sizeof(end->pad) - sizeof(rest[1]), sizeof(rest[1]));
    return event_bytes(&end->hdr) == sizeof(*end) && end->hdr.type == EVENT_PATH &&
           end->hdr.sub == 0 && kind == PATH_END && end->word == 0 && (rest[0] | rest[1]) == 0;
}
/* Is one that is plain of that bar, which its tape gives next? */
static inline int ends_is_of(const struct record_path *end, const struct agon_bar *bar)
{
    return event_bytes(&bar->hdr) == sizeof(*bar) && end->hdr.instrument == bar->hdr.instrument &&
           end->hdr.t_venue == bar->hdr.t_venue && end->px == bar->close_px;
}
/* Of which tape is the bar whose end the record at `at` is? AGON_ENOENT: of none, or its bar does
 * not lie before limit among what comes soon. [writer] */
int ends_tape_of(const struct journal_named *named, const struct journal_buffer *buffer,
                 uint64_t at, uint64_t limit);

#endif
