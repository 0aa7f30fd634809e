// SPDX-License-Identifier: Apache-2.0
/* The host's part of the sandbox: which ids its slots have. A plugin's process has none of this
 * (runner.h). */
#include <pthread.h>
#include <stdio.h>

#include "agent/sandbox.h"
#include "sys/claim.h"
#include "sys/subid.h"

/* Blocks of ids: root's begin far above those that people and services have. */
#define UID_FIRST  0x40000000u
#define UID_BLOCK  1024u
#define UID_BLOCKS 65536u

static uint32_t uid_block, gid_block; /* the first of each; 0: none */
static struct claim uid_claim;
static pthread_once_t uid_once = PTHREAD_ONCE_INIT;
static struct error uid_error; /* why there are none */

/* Of an ordinary user all processes see the same ranges. */
static int find_ranges(struct subid_range *uids, struct subid_range *gids)
{
    if (!sandbox_may_set_ids())
        return subid_ranges(UID_BLOCK, uids, gids, &uid_error);
    *uids = *gids = (struct subid_range){UID_FIRST, UID_BLOCKS * UID_BLOCK};
    return AGON_OK;
}

static void claim_uids(void)
{
    struct subid_range uids, gids;
    char name[32];
    int rc;

    claim_init(&uid_claim);
    if (find_ranges(&uids, &gids) < 0)
        return;
    for (uint32_t i = 0; (i + 1) * UID_BLOCK <= uids.n && (i + 1) * UID_BLOCK <= gids.n; i++) {
        (void)snprintf(name, sizeof(name), "uids from %u", uids.first + i * UID_BLOCK);
        rc = claim_take(&uid_claim, name, NULL);
        uid_block = uids.first + i * UID_BLOCK;
        gid_block = gids.first + i * UID_BLOCK;
        if (rc == AGON_EIO || uid_claim.fd >= 0)
            return; // no lock is to be had: then this one it is
    }
    uid_block = gid_block = 0;
    error_set(&uid_error, AGON_EBUSY, "other hosts of this user have all ids that are his");
}

void sandbox_ids(uint32_t slot, uint32_t *uid, uint32_t *gid)
{
    REQUIRE(slot < UID_BLOCK);
    (void)pthread_once(&uid_once, claim_uids);
    *uid = uid_block != 0 ? uid_block + slot : 0;
    *gid = uid_block != 0 ? gid_block + slot : 0;
}

const char *sandbox_no_ids(void)
{
    (void)pthread_once(&uid_once, claim_uids);
    return uid_error.text;
}

uint32_t sandbox_whole(void)
{
    (void)pthread_once(&uid_once, claim_uids);
    return uid_block != 0 || uid_error.code == AGON_EBUSY ? SANDBOX_ALL
                                                          : SANDBOX_ALL & ~(uint32_t)SANDBOX_UID;
}

int sandbox_map(int pid, const struct sandbox *sandbox, struct error *err)
{
    return subid_map(pid, sandbox->uid, sandbox->gid, err);
}
