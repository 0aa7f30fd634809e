// SPDX-License-Identifier: Apache-2.0
/* near: a writer that has its producer's thread takes what is appended where it stands.
 *
 * An event of a tape is a byte of a frame and its part of that frame's checksum; most others are a
 * frame of their own. Where frames wait for more (journal_config.hold_bytes) and one is open,
 * nothing of the event is needed later: it is named or staged as it is appended, and neither copied
 * into the ring nor taken out of it. Where a frame or a segment has to begin, or what is held is to
 * be written, it goes into the ring, and so does what comes behind it until journal_writer_step has
 * taken that: numbers are in their order either way, and the frames are the same. The end of a bar
 * (journal/ends.h) waits at hand for its bar, which is named with it, and what is staged passes it;
 * where something else comes first that is not staged, the bar is not that end's, or the journal is
 * closed, it goes into the ring, or into its place before what passed. */
#ifndef JOURNAL_NEAR_H
#define JOURNAL_NEAR_H

#include "journal/writer.h"

/* From now on until the writer is freed; nothing is appended behind that. [writer, which is the
 * producer] */
void journal_near(struct journal_writer *writer);
/* Behind this event, of which the ring has something: is it time for a step, so that what comes
 * next is taken where it stands? Not while an end waits there for its bar. [writer] */
int journal_near_is_due(const struct journal_writer *writer, const struct agon_event_hdr *event);

#endif
