// SPDX-License-Identifier: Apache-2.0
#include "lab/replay.h"

#include <stdlib.h>

#include "journal/snapshot.h"
#include "lab/tape_play.h"
#include "sys/buildid.h"
#include "sys/clock.h"
#include "sys/disk_posix.h"

/* No page of it is taken before use; more than that is no state of a host that there is. */
#define STATE_MIB 576

void replay_fold_intent(struct hash *hash, const struct agon_intent_event *event)
{
    // No numbers of events: a run that says less of what nobody hears wants the same.
    hash_update(hash, &event->origin.slot, sizeof(event->origin.slot));
    hash_update(hash, &event->hdr.t, sizeof(event->hdr.t));
    hash_update(hash, &event->intent, sizeof(event->intent));
}

// Where the journal's first events were dropped, the oldest snapshot of what is left stands for
// them.
static int begin(const struct disk *disk, struct replay *result, uint64_t until, struct error *err)
{
    uint64_t gone = result->summary.end.dropped_before;
    struct snapshot_want want = {.last_seq = UINT64_MAX, .oldest_from = gone > 1 ? gone - 1 : 0};
    struct snapshot snapshot;
    void *bytes;
    int rc = snapshot_find(disk, &want, &snapshot, err);

    if (rc < 0)
        return rc;
    if (rc == 0)
        return error_set(err, AGON_ECORRUPT,
                         "the journal is whole from event %llu on and no snapshot stands for what "
                         "was before it",
                         (unsigned long long)(gone > 1 ? gone : result->summary.first_seq));
    if (until != 0 && until < snapshot.seq)
        return error_set(err, AGON_ERANGE,
                         "event %llu is not to be reached: market data was dropped, and the replay "
                         "begins at the snapshot behind event %llu",
                         (unsigned long long)until, (unsigned long long)snapshot.seq);
    bytes = malloc(snapshot.n_bytes > 0 ? snapshot.n_bytes : 1);
    if (bytes == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a snapshot of %llu bytes",
                         (unsigned long long)snapshot.n_bytes);
    rc = snapshot_load(disk, &snapshot, bytes, snapshot.n_bytes, err);
    if (rc >= 0)
        rc = engine_load(result->engine, bytes, snapshot.n_bytes, err);
    free(bytes);
    result->from_snapshot = snapshot.seq;
    result->first_seq = snapshot.seq + 1;
    return rc;
}

static void note_build(struct replay *result, const struct record_start *start)
{
    unsigned char own[BUILD_ID_MAX];
    uint32_t at = 0;

    (void)buildid_own(own);
    if (memcmp(own, start->build, sizeof(start->build)) == 0)
        return;
    result->n_other_runs++;
    while (at < result->n_other_builds &&
           memcmp(result->other_builds[at], start->build, sizeof(start->build)) != 0)
        at++;
    if (at == result->n_other_builds && at < REPLAY_BUILDS)
        memcpy(result->other_builds[result->n_other_builds++], start->build, sizeof(start->build));
}

static int step(const struct replay_config *config, struct replay *result,
                const struct agon_event_hdr *event, struct error *err)
{
    uint64_t every = config->verify_every != 0 ? config->verify_every : 1000;
    char text[256];
    const char *broken;
    int rc = engine_step_recorded(result->engine, event);

    if (rc == AGON_ERANGE)
        return error_set(err, AGON_ECORRUPT, "event %llu does not follow event %llu",
                         (unsigned long long)event->seq,
                         (unsigned long long)engine_seq(result->engine));
    if (rc == AGON_ECORRUPT)
        return error_set(err, AGON_ECORRUPT,
                         "event %llu marks another state than this replay has reached",
                         (unsigned long long)event->seq);
    result->n_events++;
    result->last_seq = event->seq;
    if (event->type == EVENT_START && rc >= 0)
        note_build(result, (const struct record_start *)(const void *)event);
    result->n_marks += event->type == EVENT_MARK;
    if (config->is_verified && result->n_events % every == 0) {
        broken = engine_check(result->engine, text);
        if (broken != NULL)
            return error_set(err, AGON_ECORRUPT, "after event %llu: %s",
                             (unsigned long long)event->seq, broken);
    }
    return config->on_event != NULL ? config->on_event(config->ctx, result->engine, event, rc)
                                    : AGON_OK;
}

int replay_run(const struct replay_config *config, struct replay *result, struct error *err)
{
    struct engine_config engine = {
        .bars = config->bars, .samples = config->samples, .state_bytes = (uint64_t)STATE_MIB << 20};
    struct disk_posix disk = {.dir_fd = -1};
    const struct disk *port = config->disk;
    struct journal_reader *reader = NULL;
    struct tape_play play;
    struct journal_reading reading = {.is_live = config->is_live, .play = &play.port};
    const struct agon_event_hdr *event = NULL;
    struct hash intents;
    int64_t began = clock_mono();
    int rc;

    memset(result, 0, sizeof(*result));
    hash_init(&intents);
    tape_play_init(&play, config->disk == NULL ? config->dir : NULL, config->tapes);
    if (port == NULL) {
        rc = disk_posix_open(&disk, config->dir, err);
        if (rc < 0)
            return rc;
        port = &disk.port;
    }
    reader = journal_reader_open(port, &reading, err);
    if (reader == NULL) {
        rc = err != NULL && err->code < 0 ? err->code : AGON_EIO;
        goto done;
    }
    result->summary = *journal_reader_summary(reader);
    result->first_seq = result->summary.first_seq;
    if (result->summary.end.next_seq == 1) {
        rc = error_set(err, AGON_ENOENT, "%s holds no journal", config->dir);
        goto done;
    }
    rc = engine_new(&result->engine, &engine, err);
    if (rc >= 0 && (result->first_seq > 1 || result->summary.end.dropped_before > 1))
        rc = begin(port, result, config->until, err);
    if (rc >= 0 && config->on_begin != NULL)
        rc = config->on_begin(config->ctx, result->engine);
    while (rc >= 0 && (rc = journal_reader_next(reader, &event, err)) == 1) {
        if (event->seq <= result->from_snapshot)
            continue;
        if (config->until != 0 && event->seq > config->until) {
            rc = 0;
            break;
        }
        if (event->type == AGON_EVENT_INTENT &&
            event_bytes(event) >= sizeof(struct agon_intent_event)) {
            replay_fold_intent(&intents, (const struct agon_intent_event *)(const void *)event);
            result->n_intents++;
        }
        rc = step(config, result, event, err);
    }
    result->is_unread = event == NULL && rc < 0;
    if (rc >= 0)
        rc = engine_hash(result->engine, result->state);
    hash_final(&intents, result->intents);
done:
    result->wall_ns = clock_mono() - began;
    journal_reader_close(reader);
    tape_play_deinit(&play);
    if (config->disk == NULL)
        disk_posix_close(&disk);
    return rc < 0 ? rc : AGON_OK;
}

void replay_free(struct replay *result)
{
    engine_free(result->engine);
    memset(result, 0, sizeof(*result));
}
