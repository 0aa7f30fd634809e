// SPDX-License-Identifier: Apache-2.0
/* bytes_books: a second ledger of a byte-level run, by its journal. Only for host/dst. */
#ifndef DST_BYTES_BOOKS_H
#define DST_BYTES_BOOKS_H

#include "dst/bytes_impl.h"

struct bytes_books;
int bytes_books_new(struct bytes_books **books, struct bytes *world);
void bytes_books_free(struct bytes_books *books);
/* The replay of the whole journal took that event. */
void bytes_books_stepped(struct bytes_books *books, struct engine *engine,
                         const struct agon_event_hdr *event);
/* What a position reaches is worked out at this price; 0: none is known. */
int64_t bytes_books_px(const struct bytes_books *books, uint32_t coin);
/* px * qty of an instrument in its own units, exactly, in 10^-8 of the quote. */
int64_t bytes_books_amt(const struct bytes *world, uint32_t coin, int64_t px, int64_t qty);

struct bytes_promises;
int bytes_promises_new(struct bytes_promises **promises, struct bytes *world,
                       const struct bytes_books *books);
void bytes_promises_free(struct bytes_promises *promises);
void bytes_promises_stepped(struct bytes_promises *promises, struct engine *engine,
                            const struct agon_event_hdr *event);

#endif
