// SPDX-License-Identifier: Apache-2.0
#include "ops/asked.h"

#include <stdio.h>
#include <string.h>

#define ORDER_NS ((int64_t)1000000000)
#define DOTS     "..."

/* Whole characters from the end, as many as there is room for. */
static void put_how(char to[COMMAND_WHY], const char *how)
{
    size_t n = strlen(how);
    const char *from = how;

    if (n >= COMMAND_WHY) {
        from += n - (COMMAND_WHY - 1 - strlen(DOTS));
        while (((unsigned char)*from & 0xc0) == 0x80)
            from++;
    }
    snprintf(to, COMMAND_WHY, "%s%s", from != how ? DOTS : "", from);
}

int asked_note(struct host *host, const char *who, enum asked_kind kind, int slot, const char *how,
               struct error *err)
{
    struct record_command_by by = {
        .command = {.kind = COMMAND_ASKED,
                    .scope = slot != ASKED_OF_ALL ? SCOPE_SLOT : SCOPE_GLOBAL,
                    .which = (uint8_t)kind,
                    .id = slot != ASKED_OF_ALL ? (uint32_t)slot : 0,
                    .reason = REASON_OPERATOR}};
    uint64_t seq = 0;
    int rc;

    snprintf(by.who, sizeof(by.who), "%.31s", who != NULL ? who : "");
    put_how(by.why, how);
    rc = host_order(host, &by, ORDER_NS, &seq);
    if (rc == AGON_EAGAIN)
        return error_set(err, rc, "the host takes no commands just now: too many wait");
    // Later is as well. A slot that nobody has any more refuses what is asked of it by itself.
    return rc == AGON_ETIME || rc == AGON_EINVAL || rc >= 0
               ? AGON_OK
               : error_set(err, rc, "the host did not take it: %s", error_name(rc));
}
