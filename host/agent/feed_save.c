// SPDX-License-Identifier: Apache-2.0
/* feed_save: a plugin's state out of it and into another one. */
#include <stdlib.h>

#include "agent/feed_state.h"
#include "base/crc.h"
#include "base/hash.h"

#define STATE_MAGIC  0x41475331u
#define STATE_FORMAT 1u

struct memory_in {
    struct agon_in in;
    const unsigned char *at;
    uint64_t n;
};

static int64_t memory_read(struct agon_in *in, void *at, uint64_t n)
{
    struct memory_in *memory = in->ctx;

    if (n > memory->n)
        n = memory->n;
    if (n > 0)
        memcpy(at, memory->at, n);
    memory->at += n;
    memory->n -= n;
    return (int64_t)n;
}

struct memory_out {
    struct agon_out out;
    unsigned char *bytes; /* owned, unless is_fixed */
    uint64_t n, room;
    int rc, is_fixed;
};

static int64_t memory_write(struct agon_out *out, const void *at, uint64_t n)
{
    struct memory_out *memory = out->ctx;

    if (n > SETUP_STATE_MAX - memory->n)
        return memory->rc = AGON_ENOSPC;
    if (memory->is_fixed && n > memory->room - memory->n)
        return memory->rc = AGON_ENOSPC;
    if (n > memory->room - memory->n) {
        uint64_t room = memory->room ? memory->room : 4096;
        unsigned char *bytes;

        while (room < memory->n + n)
            room *= 2;
        bytes = realloc(memory->bytes, room);
        if (bytes == NULL)
            return memory->rc = AGON_ENOMEM;
        memory->bytes = bytes;
        memory->room = room;
    }
    if (n > 0)
        memcpy(memory->bytes + memory->n, at, n);
    memory->n += n;
    return (int64_t)n;
}

static struct agon_in memory_in_table(struct memory_in *memory)
{
    return (struct agon_in){.size = sizeof(struct agon_in), .ctx = memory, .read = memory_read};
}

static struct agon_out memory_out_table(struct memory_out *memory)
{
    return (struct agon_out){.size = sizeof(struct agon_out), .ctx = memory, .write = memory_write};
}

static uint64_t plugin_hash(const struct feed *feed)
{
    return hash_bytes(feed->descriptor->id, strlen(feed->descriptor->id));
}

/* Brings an older state to the present schema, if the plugin can. */
static int migrate(struct feed *feed, uint32_t schema, struct memory_in *in,
                   struct memory_out *migrated, struct error *err)
{
    const struct agon_entry *entry = feed->entry;
    struct feed_call call;
    int rc;

    if (!AGON_HAS(entry, struct agon_entry, migrate) || entry->migrate == NULL)
        return error_set(err, AGON_EVERSION,
                         "the saved state has schema %u, the plugin reads %u to %u and has no "
                         "migrate",
                         schema, feed->descriptor->state_schema_oldest,
                         feed->descriptor->state_schema);
    in->in = memory_in_table(in);
    migrated->out = memory_out_table(migrated);
    call = feed_call_begin(feed, FEED_IDLE);
    rc = entry->migrate(feed->setup.head.plugin_index, schema, &in->in, &migrated->out);
    feed_call_end(feed, call);
    if (migrated->rc < 0)
        rc = migrated->rc;
    return rc < 0 ? feed_blame(err, "migrate", rc) : AGON_OK;
}

int feed_load(struct feed *feed, struct error *err)
{
    const struct agon_descriptor *descriptor = feed->descriptor;
    const unsigned char *bytes = feed->setup.state;
    struct memory_out migrated = {0};
    struct agon_state_hdr hdr;
    struct memory_in in;
    struct feed_call call;
    uint32_t schema;
    int rc;

    if (feed->setup.n_state < sizeof(hdr))
        return error_set(err, AGON_ECORRUPT, "the saved state is truncated");
    memcpy(&hdr, bytes, sizeof(hdr));
    in = (struct memory_in){.at = bytes + sizeof(hdr), .n = feed->setup.n_state - sizeof(hdr)};
    if (hdr.magic != STATE_MAGIC || hdr.format != STATE_FORMAT || hdr.bytes != in.n ||
        hdr.crc32c != crc32c(0, in.at, in.n))
        return error_set(err, AGON_ECORRUPT, "the saved state is damaged");
    if (hdr.plugin_hash != plugin_hash(feed))
        return error_set(
            err, AGON_EINVAL,
            "the saved state is another plugin's, not that of %s; expected another build of "
            "the plugin that the slot has (another plugin is a new agent of the roster)",
            descriptor->id);
    if (feed->agent.load_state == NULL)
        return error_set(err, AGON_ENOTSUP, "there is a saved state, the plugin loads none");
    schema = hdr.schema;
    if (schema > descriptor->state_schema ||
        (schema < descriptor->state_schema && schema < descriptor->state_schema_oldest)) {
        rc = migrate(feed, schema, &in, &migrated, err);
        if (rc < 0)
            goto done;
        in = (struct memory_in){.at = migrated.bytes, .n = migrated.n};
        schema = descriptor->state_schema;
    }
    in.in = memory_in_table(&in);
    call = feed_call_begin(feed, FEED_LOAD);
    rc = feed->agent.load_state(feed->agent.self, &in.in, schema);
    feed_call_end(feed, call);
    if (rc < 0)
        rc = feed_blame(err, "load_state", rc);
done:
    free(migrated.bytes);
    return rc < 0 ? rc : AGON_OK;
}

static int save(struct feed *feed, struct memory_out *out, struct error *err)
{
    struct agon_state_hdr hdr = {
        .magic = STATE_MAGIC, .format = STATE_FORMAT, .seq = feed_done_seq(feed), .nth = feed->nth};
    struct memory_out memory = *out;
    struct feed_call call;
    int rc;

    if (!feed->is_created || feed->failure.code != 0)
        return error_set(err, AGON_ESTATE, "no plugin to save the state of");
    if (feed->agent.save_state == NULL)
        return error_set(err, AGON_ENOTSUP, "the plugin saves no state");
    hdr.plugin_hash = plugin_hash(feed);
    hdr.schema = feed->descriptor->state_schema;
    memory.out = memory_out_table(&memory);
    rc = (int)memory_write(&memory.out, &hdr, sizeof(hdr));
    if (rc >= 0) {
        call = feed_call_begin(feed, FEED_SAVE);
        rc = feed->agent.save_state(feed->agent.self, &memory.out);
        feed_call_end(feed, call);
    }
    if (rc < 0 || memory.rc < 0) {
        if (!memory.is_fixed)
            free(memory.bytes);
        return memory.rc < 0 ? error_set(err, memory.rc, "the plugin's state: %s",
                                         memory.rc == AGON_ENOSPC ? "more than 64 MiB"
                                                                  : error_name(memory.rc))
                             : feed_blame(err, "save_state", rc);
    }
    hdr.bytes = memory.n - sizeof(hdr);
    hdr.crc32c = crc32c(0, memory.bytes + sizeof(hdr), hdr.bytes);
    memcpy(memory.bytes, &hdr, sizeof(hdr));
    *out = memory;
    return AGON_OK;
}

int feed_save(struct feed *feed, unsigned char **bytes, uint64_t *n, struct error *err)
{
    struct memory_out memory = {0};
    int rc = save(feed, &memory, err);

    *bytes = rc < 0 ? NULL : memory.bytes;
    *n = rc < 0 ? 0 : memory.n;
    return rc;
}

int feed_save_into(struct feed *feed, unsigned char *bytes, uint64_t room, uint64_t *n,
                   struct error *err)
{
    struct memory_out memory = {.bytes = bytes, .room = room, .is_fixed = 1};
    int rc = save(feed, &memory, err);

    *n = rc < 0 ? 0 : memory.n;
    return rc;
}
