// SPDX-License-Identifier: Apache-2.0
/* client_id: our order's number and revision as the wire's client order id, and back.
 *
 * 18 characters of [0-9a-z], which every venue takes (Gate.io wants a prefix): 14 hold the order id
 * and the revision, 4 a check number. The check catches every wrong character and every swap of
 * neighbours, so an id that decodes is ours; one by other hands passes once in 1.7 million. [any]
 */
#ifndef VENUE_CLIENT_ID_H
#define VENUE_CLIENT_ID_H

#include <agon/types.h>

#define CLIENT_ID_CHARS 18
#define CLIENT_ID_TEXT  19 /* with a NUL */

/* order_id is not 0. */
void client_id_format(uint64_t order_id, uint8_t rev, char text[CLIENT_ID_TEXT]);
/* AGON_ENOENT: not ours. */
int client_id_parse(const char *text, size_t n, uint64_t *order_id, uint8_t *rev);

#endif
