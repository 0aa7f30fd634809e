// SPDX-License-Identifier: Apache-2.0
/* files: what a roster names beside plugins, judged before anything is begun (roster.h). */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/units.h"
#include "roster/roster.h"
#include "sys/sealed.h"

/* From the roster's folder on; 0: there is no room for that. */
static int place(struct crew_file *file, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash != NULL ? (size_t)(slash - path) + 1 : 0;
    size_t n_own = strlen(file->path) + 1;

    if (file->path[0] == '/')
        return 1;
    if (n + n_own > sizeof(file->path))
        return 0;
    memmove(file->path + n, file->path, n_own);
    memcpy(file->path, path, n);
    return 1;
}

/* A lease whose file leaves jobs no room, and nothing to go there by. */
#define LEASE_SPARE 65536
#define KERNELS_MAX 1048576 /* as card/wire.h has it */
static void check_resident(const struct crew_slot *slot, uint32_t i, const char *name,
                           int64_t bytes, struct config *config)
{
    char has[32], is[32];

    for (uint32_t k = 0; k < slot->n_leases; k++) {
        const struct crew_lease *lease = &slot->leases[k];

        if (strcmp(lease->resident, name) != 0 || bytes <= lease->bytes - LEASE_SPARE)
            continue;
        units_say_size(lease->bytes, has, sizeof(has));
        units_say_size(bytes, is, sizeof(is));
        config_refuse(config,
                      config_at(config, "agents[%u].gpu.leases.%s.resident", i, lease->name),
                      CONFIG_E_CONFLICT,
                      "the file has %s, and the lease %s; expected a 'memory' of 64KiB more "
                      "than the file, and what jobs take besides",
                      is, has);
    }
}

/* A source that no worker takes. */
static void check_kernels(const struct crew_slot *slot, uint32_t i, const char *name, int64_t bytes,
                          struct config *config)
{
    for (uint32_t k = 0; k < slot->n_leases; k++) {
        const struct crew_lease *lease = &slot->leases[k];

        if (strcmp(lease->kernels, name) == 0 && bytes > KERNELS_MAX)
            config_refuse(config,
                          config_at(config, "agents[%u].gpu.leases.%s.kernels", i, lease->name),
                          CONFIG_E_RANGE, "the file has %lld bytes; expected 1 to %d of CUDA C++",
                          (long long)bytes, KERNELS_MAX);
    }
}

/* Why it cannot be given, as far as that is known without reading it; NULL: nothing is known. Of a
 * version of a model path is the folder of the registry. */
static const char *why_not(const struct crew_file *file, int64_t *bytes)
{
    struct stat stat_of;

    *bytes = 0;
    if (access(file->path, R_OK) != 0 || stat(file->path, &stat_of) != 0)
        return strerror(errno);
    if (file->model[0] != '\0')
        return S_ISDIR(stat_of.st_mode) ? NULL : strerror(ENOTDIR);
    if (!S_ISREG(stat_of.st_mode))
        return S_ISDIR(stat_of.st_mode) ? "a folder" : "no regular file";
    *bytes = stat_of.st_size;
    return *bytes > 0 ? NULL : "an empty file";
}

void roster_place_files(struct crew_slot *slots, uint32_t n, const char *path,
                        struct config *config)
{
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < slots[i].n_files; k++) {
            struct crew_file *file = &slots[i].files[k];
            int64_t bytes = 0;
            const char *why = !place(file, path) ? "the path is too long" : why_not(file, &bytes);

            if (why == NULL && file->model[0] == '\0' && config != NULL) {
                check_resident(&slots[i], i, file->name, bytes, config);
                check_kernels(&slots[i], i, file->name, bytes, config);
            }
            if (why != NULL && config != NULL)
                config_refuse(
                    config, config_at(config, "agents[%u].files.%s", i, file->name), CONFIG_E_VALUE,
                    "%s: %s; expected %s, from the roster's folder on", file->path, why,
                    file->model[0] != '\0' ? "the folder of the versions of models, as `agon "
                                             "models add` makes it (the roster's key models)"
                                           : "a file that can be read and has something in it");
            else if (why != NULL && slots[i].unfit[0] == '\0')
                snprintf(slots[i].unfit, sizeof(slots[i].unfit), "files.%s: %.80s: %.40s",
                         file->name, file->path, why);
        }
    }
}

void roster_read_files(const struct crew_slot *slots, uint32_t n, uint64_t files_max,
                       int is_running, roster_resolve_fn *resolve, struct config *config)
{
    struct sealed_set *set = calloc(1, sizeof(*set));

    if (set == NULL) {
        config_refuse(config, NULL, CONFIG_E_RANGE, "no memory to read the agents' files");
        return;
    }
    sealed_init(set, files_max);
    set->is_dry = 1;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < slots[i].n_files; k++) {
            const struct crew_file *file = &slots[i].files[k];
            const struct config_node *node =
                config_at(config, "agents[%u].files.%s", i, file->name);
            const struct sealed *sealed = NULL;
            unsigned char hash[HASH_SIZE];
            char path[sizeof(file->path)];
            struct error err = {0};
            int64_t bytes;
            int rc = AGON_OK;

            if (why_not(file, &bytes) != NULL) // roster_place_files has said it
                continue;
            snprintf(path, sizeof(path), "%s", file->path);
            if (file->model[0] != '\0')
                rc = resolve(file->path, file->model, path, hash, &err);
            if (rc >= 0)
                sealed = sealed_open(set, path, &err);
            if (err.code == AGON_ERANGE)
                error_hint(&err, is_running ? "expected smaller files: the host that runs has the "
                                              "files_max that it began with"
                                            : "expected a larger files_max in the roster, or "
                                              "smaller files");
            if (sealed == NULL) {
                config_refuse(config, node, CONFIG_E_VALUE, "%s", err.text);
            } else if (file->model[0] != '\0') {
                check_resident(&slots[i], i, file->name, (int64_t)sealed->bytes, config);
                check_kernels(&slots[i], i, file->name, (int64_t)sealed->bytes, config);
            }
        }
    }
    free(set); // it holds no descriptor
}
