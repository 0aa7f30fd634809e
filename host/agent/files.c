// SPDX-License-Identifier: Apache-2.0
/* files: what a roster names for an agent beside its plugin, once in memory for all whom it is
 * given to. It is opened where time may be taken, and left anywhere: the loader closes it when it
 * opens the next, so that the core makes no system call for it. */
#include <stdio.h>

#include "agent/crew_impl.h"
#include "sys/memfd.h"

void files_close(struct crew *crew)
{
    for (uint32_t i = 0; i < SEALED_MAX; i++) {
        uint32_t n = atomic_exchange(&crew->left[i], 0);

        for (; n > 0; n--)
            sealed_close(&crew->sealed, &crew->sealed.all[i]);
    }
}

void run_files_add(struct run_files *files, const char *name, const struct sealed *sealed)
{
    struct setup_file *file = &files->all[files->n];

    memset(file, 0, sizeof(*file));
    snprintf(file->name, sizeof(file->name), "%s", name);
    memcpy(file->digest, sealed->digest, sizeof(file->digest));
    file->bytes = sealed->bytes;
    files->fds[files->n++] = sealed->fd;
}

/* In this process its plugin reads it; a process of its own maps it itself. */
static int hold(struct generation *generation, const char *name, struct sealed *sealed,
                struct error *err)
{
    uint32_t i = generation->files.n;

    generation->sealed[i] = sealed;
    run_files_add(&generation->files, name, sealed);
    if (generation->runner != CREW_INPROC)
        return AGON_OK;
    generation->mapped[i] = memfd_map(sealed->fd, sealed->bytes, 0, err);
    return generation->mapped[i] != NULL ? AGON_OK : AGON_ENOMEM;
}

/* What a version of a model is now; its contents have to be those that were registered. */
static struct sealed *open_model(struct crew *crew, const struct crew_file *file, struct error *err)
{
    unsigned char hash[HASH_SIZE];
    struct sealed *sealed;
    char path[512];

    if (crew->config.resolve == NULL) {
        (void)error_set(err, AGON_ENOTSUP,
                        CREW_FILE_MODEL "%s: no models are looked up in this run", file->model);
        return NULL;
    }
    if (crew->config.resolve(file->path, file->model, path, hash, err) < 0)
        return NULL;
    sealed = sealed_open(&crew->sealed, path, err);
    if (sealed == NULL || memcmp(sealed->digest, hash, sizeof(hash)) == 0)
        return sealed;
    sealed_close(&crew->sealed, sealed);
    (void)error_set(err, AGON_ECORRUPT,
                    CREW_FILE_MODEL
                    "%s: %s was changed while it was opened: its SHA-256 is not the "
                    "registry's",
                    file->model, path);
    return NULL;
}

int files_open(struct generation *generation, const struct crew_slot *spec, struct error *err)
{
    struct crew *crew = generation->crew;

    files_close(crew);
    for (uint32_t i = 0; i < spec->n_files; i++) {
        const struct crew_file *file = &spec->files[i];
        struct sealed *sealed = file->model[0] != '\0'
                                    ? open_model(crew, file, err)
                                    : sealed_open(&crew->sealed, file->path, err);
        int rc = sealed == NULL ? AGON_EINVAL : hold(generation, file->name, sealed, err);

        if (rc < 0) {
            error_wrap(err, "files.%s", file->name);
            return err != NULL && err->code < 0 ? err->code : rc;
        }
    }
    return AGON_OK;
}

int files_again(struct generation *generation, const struct generation *of, struct error *err)
{
    int rc = AGON_OK;

    for (uint32_t i = 0; rc >= 0 && i < of->files.n; i++) {
        sealed_again(of->sealed[i]);
        rc = hold(generation, of->files.all[i].name, of->sealed[i], err);
    }
    return rc;
}

void files_leave(struct generation *generation)
{
    struct crew *crew = generation->crew;

    for (uint32_t i = 0; i < generation->files.n; i++) {
        memfd_unmap(generation->mapped[i], generation->files.all[i].bytes);
        atomic_fetch_add(&crew->left[generation->sealed[i] - crew->sealed.all], 1);
    }
    generation->files.n = 0;
}

int crew_file(const struct crew *crew, uint16_t slot, const char *name, struct setup_file *file)
{
    const struct generation *active = slot < SLOTS_MAX ? crew->members[slot].active : NULL;

    for (uint32_t i = 0; active != NULL && i < active->files.n; i++) {
        if (strcmp(active->files.all[i].name, name) != 0)
            continue;
        *file = active->files.all[i];
        return active->files.fds[i];
    }
    return -1;
}

void crew_lease_record(const struct crew_slot *slot, uint32_t k, agon_ns_t delay_ns,
                       struct record_lease *record)
{
    const struct crew_lease *lease = &slot->leases[k];

    *record = (struct record_lease){
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(*record) / EVENT_GRANULE},
        .kind = CONFIG_LEASE,
        .slot = slot->record.slot,
        .lease = k + 1,
        .memory = (uint64_t)lease->bytes,
        .delay_ns = delay_ns};
    memcpy(record->name, lease->name, sizeof(lease->name));
}
