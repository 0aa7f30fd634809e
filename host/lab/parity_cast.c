// SPDX-License-Identifier: Apache-2.0
#include "lab/parity_cast.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sys/file.h"
#include "sys/memfd.h"

#define TO_GRANULES   65536 /* wider than a host's: what found no room says the journal */
#define FROM_GRANULES 65536

static int read_state(struct cast *cast, const char *kept, char why[CAST_WHY])
{
    const struct record_begin *begin = cast->play->begin;
    unsigned char hash[HASH_SIZE];
    char hex[2 * HASH_SIZE + 1], path[PATH_MAX];
    char *bytes = NULL;
    uint64_t n = 0;

    if (begin->n_state == 0)
        return 1;
    hash_hex(begin->state_hash, hex);
    snprintf(path, sizeof(path), "%.3900s/%.64s.state", kept, hex);
    if (file_read(path, SETUP_STATE_MAX, &bytes, &n, NULL) < 0) {
        snprintf(why, CAST_WHY, "the state that it loaded (%.16s) is not kept", hex);
        return 0;
    }
    cast->state = (unsigned char *)bytes;
    cast->n_state = n;
    cut_hash(bytes, n, hash);
    if (n == begin->n_state && memcmp(hash, begin->state_hash, HASH_SIZE) == 0)
        return 1;
    snprintf(why, CAST_WHY, "the state that it loaded (%.16s) is not what its name says", hex);
    return 0;
}

static const char *files_of(const struct record_begin *begin)
{
    const char *text = begin_text(begin);

    for (uint32_t i = 0; text != NULL && i < 2u * begin->n_params; i++)
        text += strlen(text) + 1;
    return text;
}

static int read_files(struct cast *cast, struct parity_files *files, char why[CAST_WHY])
{
    const struct record_begin *begin = cast->play->begin;
    const char *text = files_of(begin);
    struct error err = {0};

    if (begin->n_files == 0)
        return 1;
    if (files == NULL || text == NULL || begin->is_cut || begin->n_files > SETUP_FILES_MAX) {
        snprintf(why, CAST_WHY,
                 "it had files (%.31s, ...), and a journal has their SHA-256, not what is in them",
                 text != NULL ? text : "?");
        return 0;
    }
    for (uint32_t i = 0; i < begin->n_files; i++) {
        const char *name = text, *hex = text + strlen(text) + 1;
        const struct sealed *sealed = parity_files_find(files, hex, why, CAST_WHY);
        struct setup_file *file = &cast->files[i];

        if (sealed == NULL && why[0] == '\0')
            snprintf(why, CAST_WHY,
                     "it had files (%.31s, ...), of which a journal has the SHA-256 alone, and "
                     "nothing that --file names is %.16s...",
                     name, hex);
        if (sealed == NULL)
            return 0;
        snprintf(file->name, sizeof(file->name), "%s", name);
        memcpy(file->digest, sealed->digest, sizeof(file->digest));
        file->bytes = sealed->bytes;
        cast->contents[i] = memfd_map(sealed->fd, sealed->bytes, 0, &err);
        if (cast->contents[i] == NULL) {
            snprintf(why, CAST_WHY, "its file %.31s: %.160s", name, err.text);
            return 0;
        }
        text = hex + strlen(hex) + 1;
    }
    cast->n_files = begin->n_files;
    return 1;
}

int cast_prepare(struct cast *cast, const char *kept, struct parity_files *files,
                 char why[CAST_WHY])
{
    const struct record_begin *begin = cast->play->begin;
    char hex[2 * HASH_SIZE + 1], path[PATH_MAX];
    struct error err = {0};

    if (!read_state(cast, kept, why) || !read_files(cast, files, why))
        return 0;
    hash_hex(begin->file_hash, hex);
    snprintf(path, sizeof(path), "%.3900s/%.64s.so", kept, hex);
    if (access(path, F_OK) != 0) {
        snprintf(why, CAST_WHY, "its file (%.16s) is not kept", hex);
        return 0;
    }
    if (plugin_file_stage(&cast->file, path, NULL, begin->slot, &err) < 0 ||
        memcmp(cast->file.hash, begin->file_hash, HASH_SIZE) != 0) {
        snprintf(why, CAST_WHY, "its file (%.16s) cannot be read, or is not what its name says",
                 hex);
        return 0;
    }
    if (plugin_map(&cast->plugin, &cast->file, ELF_PROCESS, &err) < 0) {
        snprintf(why, CAST_WHY, "its file (%.16s) cannot be loaded: %.160s", hex, err.text);
        return 0;
    }
    cast->is_mapped = 1;
    (void)close(cast->file.fd);
    cast->file.fd = -1;
    return 1;
}

int cast_begin_code(struct cast *cast, char why[CAST_WHY])
{
    struct error err = {0};

    if (plugin_begin(&cast->plugin, &err) >= 0 &&
        cast->play->begin->plugin_index < cast->plugin.entry->n_plugins)
        return 1;
    snprintf(why, CAST_WHY, "its file cannot be begun: %.160s", err.text);
    return 0;
}

static int read_params(const struct record_begin *begin, struct setup_param *params)
{
    const char *text = begin_text(begin);

    if (text == NULL || begin->is_cut || begin->n_params > SETUP_PARAMS_MAX)
        return 0;
    for (uint32_t i = 0; i < begin->n_params; i++) {
        memset(&params[i], 0, sizeof(params[i]));
        snprintf(params[i].name, sizeof(params[i].name), "%s", text);
        text += strlen(text) + 1;
        snprintf(params[i].text, sizeof(params[i].text), "%s", text);
        text += strlen(text) + 1;
    }
    return 1;
}

int cast_setup(const struct cast *cast, struct engine *engine, struct cut *cut, char why[CAST_WHY])
{
    static struct setup_param params[SETUP_PARAMS_MAX];
    const struct record_begin *record = cast->play->begin;
    struct setup *setup = &cut->setup;
    struct record_slot slot;
    struct cut_given given = {.record = &slot,
                              .params = params,
                              .venues =
                                  (const struct setup_venue *)(const void *)begin_venues(record),
                              .n_params = record->n_params,
                              .n_venues = record->n_venues,
                              .plugin_index = record->plugin_index,
                              .arena_max = record->arena_max};

    for (uint32_t i = 1; i <= AGON_GPU_LEASES_MAX && !cast->is_answered; i++) {
        if (engine_lease(engine, record->slot, i) == NULL)
            continue;
        snprintf(why, CAST_WHY, "it had leases of cards (agon.gpu): nobody runs its jobs again");
        return 0;
    }
    if (given.venues == NULL || !read_params(record, params)) {
        snprintf(why, CAST_WHY, "its parameters found no room in the journal, or are damaged");
        return 0;
    }
    if (slots_get(engine_slots(engine), record->slot) == NULL ||
        record->record.slot != record->slot) {
        snprintf(why, CAST_WHY, "the journal has no such slot where it begins");
        return 0;
    }
    slot_record_lengthen(&slot, &record->record);
    cut_collect(engine, &given, cut);
    setup->head.start = record->start;
    setup->state = cast->state;
    setup->n_state = (uint32_t)cast->n_state;
    setup->files = cast->files;
    setup->n_files = cast->n_files;
    return 1;
}

int cast_bars(struct history *history, uint64_t until_seq, struct agon_bar **bars,
              struct setup *setup)
{
    if (history == NULL)
        return 0;
    history_lengthen(history);
    free(*bars);
    *bars = malloc((history_count(history) + 1u) * sizeof(**bars));
    if (*bars == NULL)
        return 0;
    setup->bars = *bars;
    setup->n_bars = history_copy(history, until_seq, *bars);
    return 1;
}

int cast_history(const struct cast *cast, struct history *history, struct agon_bar **bars,
                 struct setup *setup)
{
    const struct record_begin *begin = cast->play->begin;
    unsigned char hash[HASH_SIZE];

    if (begin->n_bars == 0)
        return 1;
    if (!cast_bars(history, begin->cut_seq, bars, setup))
        return 0;
    cut_hash(setup->bars, setup->n_bars * sizeof(*setup->bars), hash);
    return setup->n_bars == begin->n_bars && memcmp(hash, begin->history_hash, HASH_SIZE) == 0;
}

int cast_make(const struct cast *cast, struct engine *engine, const struct setup *setup,
              const struct run_inproc_config *like, struct run_inproc **run, struct error *err)
{
    struct run_inproc_config config = *like;
    uint64_t granules, bus_at, n_bytes;
    void *bytes = setup_encode_dup(setup, &n_bytes);
    int rc;

    if (bytes == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a slot's setup");
    config.setup = bytes;
    config.setup_bytes = n_bytes;
    config.bus = engine_bus(engine, &granules, &bus_at);
    config.bus_granules = granules;
    config.entry = cast->plugin.entry;
    config.to_granules = TO_GRANULES;
    config.from_granules = FROM_GRANULES;
    config.is_again = 1;
    config.n_leases = setup->n_leases;
    memcpy(config.files, cast->contents, sizeof(config.files));
    rc = run_inproc_new(run, &config, err);
    free(bytes);
    return rc;
}
