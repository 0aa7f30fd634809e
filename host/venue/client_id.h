// SPDX-License-Identifier: Apache-2.0
/* client_id: our order's number and revision as the wire's client order id, and back.
 *
 * 18 characters of [0-9a-z], which every venue takes (Gate.io wants a prefix): 16 hold 82 bits and
 * 2 a check number, so that every wrong character and every swap of neighbours is seen:
 *
 *   journal 24 | slot 8 | run 14 | counter 28 | revision 8
 *
 * journal is drawn when a journal begins and stands in its START, so that two hosts on one account
 * know each other's orders. Runs before that (run < since_run) had ids of an earlier form, without
 * it: 14 characters of slot 16, run 16, counter 32 and revision 8, and 4 of check. They stay known.
 * A journal that has no number yet (0) has ids of that form alone. One that was restored from a
 * backup has a number for each stretch of its runs. [any]
 */
#ifndef VENUE_CLIENT_ID_H
#define VENUE_CLIENT_ID_H

#include "exec/orders.h"

#define CLIENT_ID_CHARS 18
#define CLIENT_ID_TEXT  19 /* with a NUL */

enum client_id_whose {
    CLIENT_ID_STRANGER = 0, /* not of our form */
    CLIENT_ID_OURS = 1,     /* of this journal */
    CLIENT_ID_OTHER = 2     /* of our form, from another journal */
};
struct client_id {
    uint64_t order_id; /* as ORDER_ID_SLOT and so on read it */
    uint32_t journal;  /* 0: of the earlier form, which does not tell */
    uint8_t rev;
};

/* order_id is not 0 and within the ranges that ids can tell apart: the engine gives no other. */
void client_id_format(const struct order_ids *ids, uint64_t order_id, uint8_t rev,
                      char text[CLIENT_ID_TEXT]);
/* Fills id unless it is a stranger's. */
enum client_id_whose client_id_read(const struct order_ids *ids, const char *text, size_t n,
                                    struct client_id *id);
/* AGON_ENOENT: not of this journal. */
int client_id_parse(const struct order_ids *ids, const char *text, size_t n, uint64_t *order_id,
                    uint8_t *rev);

#endif
