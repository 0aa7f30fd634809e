// SPDX-License-Identifier: Apache-2.0
/* offer: what a message offers in the place of a value that it refuses. Whoever refuses says by
 * fits() what it would take, and nothing else is ever offered: not a unit that leads out of the
 * range, not an example that the range forbids, not what was refused. Configuration and command
 * line offer by the same words. [any] */
#ifndef CONFIG_OFFER_H
#define CONFIG_OFFER_H

#include <stddef.h>

#define OFFER_TEXT 96

struct offer {
    int (*fits)(const void *ctx, const char *text); /* would this be taken? */
    const void *ctx;
    const char *preset;    /* as it would be written; its unit is the usual one; NULL: none */
    char text[OFFER_TEXT]; /* "'20ms'", "'5%' or '0.05%'"; empty: nothing to offer */
};

/* What was probably meant by a duration, a size or a share that was refused: a missing or a strange
 * unit, a space before it, thousands with ',' or '_'. */
void offer_duration(struct offer *offer, const char *refused);
void offer_size(struct offer *offer, const char *refused);
void offer_share(struct offer *offer, const char *refused);
/* ", such as 20ms, 250ms or 10s": of the preset and the usual ones (ended by a NULL) up to three
 * that fit; nothing when none does. */
void offer_examples(const struct offer *offer, const char *const *usual, char *text, size_t room);

extern const char *const offer_durations[], *const offer_sizes[], *const offer_shares[];

/* A plain decimal at the head of text, without signs of currency, without '_' and ',' of thousands;
 * its length in clean. *tail is what stands behind it and behind spaces. */
size_t offer_number(const char *text, char *clean, size_t room, const char **tail);

#endif
