// SPDX-License-Identifier: Apache-2.0
#include "agent/loader.h"

#include <dlfcn.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/fpstate.h"
#include "agent/info.h"
#include "agent/setup.h"
#include "base/utf8.h"
#include "market/events.h"

int plugin_file_check(const struct plugin_file *file, struct elf_report *report, struct error *err)
{
    unsigned char *bytes = malloc(file->bytes);
    uint64_t n = 0;
    int rc = AGON_OK;

    if (bytes == NULL)
        return error_set(err, AGON_ENOMEM, "no memory to check the plugin");
    while (n < file->bytes) {
        ssize_t got = pread(file->fd, bytes + n, file->bytes - n, (off_t)n);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            rc = error_set(err, AGON_EIO, "the plugin's copy cannot be read: %s",
                           got < 0 ? strerror(errno) : "it is too short");
            break;
        }
        n += (uint64_t)got;
    }
    if (rc >= 0)
        rc = elf_check(bytes, n, report);
    free(bytes);
    return rc;
}

/* The entry */

/* A string that ends within max bytes and is UTF-8 without control characters; NULL passes when it
 * may be missing. */
static int is_text(const char *text, size_t max, int may_be_missing)
{
    size_t n;

    if (text == NULL)
        return may_be_missing;
    n = strnlen(text, max + 1);
    if (n > max || !utf8_is_valid(text, n))
        return 0;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return 0;
    return 1;
}

static int is_name(const char *text, size_t max, const char *first, const char *rest)
{
    size_t n = text ? strnlen(text, max + 1) : 0;

    if (n == 0 || n > max || strchr(first, text[0]) == NULL)
        return 0;
    return strspn(text, rest) == n;
}

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGIT "0123456789"

/* "org.example.name": lower case, at least two parts. */
static int is_id(const char *text)
{
    return is_name(text, 63, LOWER, LOWER DIGIT "._-") && strchr(text, '.') &&
           text[strlen(text) - 1] != '.' && strstr(text, "..") == NULL;
}

/* "1.2.3", with "-rc.1" and "+build" as semantic versions have them. */
static int is_version(const char *text)
{
    const char *at = text;

    if (text == NULL || strnlen(text, 24) > 23)
        return 0;
    for (int i = 0; i < 3; i++) {
        size_t n = strspn(at, DIGIT);

        if (n == 0 || (n > 1 && *at == '0'))
            return 0;
        at += n;
        if (i < 2 && *at++ != '.')
            return 0;
    }
    return *at == 0 ||
           ((*at == '-' || *at == '+') && at[1] != 0 &&
            strspn(at + 1, LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGIT ".+-") == strlen(at + 1));
}

/* "agon.orders/1" */
static int is_extension(const char *text)
{
    return is_name(text, 63, LOWER, LOWER DIGIT "._-/") && strchr(text, '/') &&
           strspn(strchr(text, '/') + 1, DIGIT) == strlen(strchr(text, '/') + 1) &&
           text[strlen(text) - 1] != '/';
}

static uint32_t n_choices(const char *choices)
{
    uint32_t n = 1;

    for (; *choices; choices++)
        n += *choices == '|';
    return n;
}

static const char *param_fault(const struct agon_param *param)
{
    double max = param->max, min = param->min;

    if (param->size < offsetof(struct agon_param, choices) + sizeof(param->choices) ||
        param->size > 4096)
        return "size";
    if (param->id == 0)
        return "id 0";
    if (!is_name(param->name, 31, LOWER, LOWER DIGIT "_"))
        return "name (a-z, 0-9, _; at most 31)";
    if (!is_text(param->unit, 31, 1) || !is_text(param->doc, 500, 1))
        return "unit or doc (UTF-8, at most 31 and 500 bytes)";
    if (param->type < AGON_INTEGER || param->type > AGON_CHOICE)
        return "type";
    if (param->flags & ~(uint32_t)(AGON_PARAM_LIVE | AGON_PARAM_RESTART | AGON_PARAM_TUNABLE))
        return "flags";
    if (!isfinite(min) || !isfinite(max) || !isfinite(param->def) || !isfinite(param->step) ||
        param->step < 0)
        return "a number that is not finite";
    if (param->type == AGON_CHOICE) {
        if (!is_text(param->choices, 500, 0) || param->choices[0] == 0)
            return "choices";
        min = 0;
        max = (double)n_choices(param->choices) - 1;
    }
    if (param->type != AGON_TEXT && (min != 0 || max != 0) &&
        (min > param->def || param->def > max))
        return "default (min <= def <= max)";
    if ((param->type == AGON_INTEGER || param->type == AGON_CHOICE) &&
        (param->def != floor(param->def) || fabs(param->def) > 9007199254740992.0))
        return "default (not a whole number)";
    return NULL;
}

static int check_params(const struct agon_descriptor *descriptor, struct error *err)
{
    if (descriptor->n_params > SETUP_PARAMS_MAX ||
        (descriptor->n_params > 0 && descriptor->params == NULL))
        return error_set(err, AGON_EINVAL, "%u parameters; at most %d", descriptor->n_params,
                         SETUP_PARAMS_MAX);
    for (uint32_t i = 0; i < descriptor->n_params; i++) {
        const struct agon_param *param = descriptor->params[i];
        const char *fault = param ? param_fault(param) : "pointer";

        if (fault)
            return error_set(err, AGON_EINVAL, "parameter number %u: %s", i + 1, fault);
        for (uint32_t k = 0; k < i; k++)
            if (descriptor->params[k]->id == param->id ||
                strcmp(descriptor->params[k]->name, param->name) == 0)
                return error_set(err, AGON_EINVAL, "parameters %s and %s share an id or a name",
                                 descriptor->params[k]->name, param->name);
    }
    return AGON_OK;
}

/* Names of signals, each once. */
static int check_names(const char *what, const char *const *names, uint32_t n, uint32_t max,
                       struct error *err)
{
    if (n > max || (n > 0 && names == NULL))
        return error_set(err, AGON_EINVAL, "%s: %u names; at most %u", what, n, max);
    for (uint32_t i = 0; i < n; i++) {
        if (!is_name(names[i], 31, LOWER, LOWER DIGIT "_"))
            return error_set(err, AGON_EINVAL,
                             "%s: number %u has no name (a-z, 0-9, _; at most 31)", what, i);
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(names[i], names[k]) == 0)
                return error_set(err, AGON_EINVAL, "%s: %s stands there twice", what, names[i]);
    }
    return AGON_OK;
}

static int check_descriptor(const struct agon_descriptor *d, struct error *err)
{
    if (d == NULL)
        return error_set(err, AGON_EINVAL, "no descriptor");
    if (d->size < offsetof(struct agon_descriptor, arena_bytes) + sizeof(d->arena_bytes) ||
        d->size > 65536)
        return error_set(err, AGON_EINVAL, "size %u, at least %zu is needed", d->size,
                         offsetof(struct agon_descriptor, arena_bytes) + sizeof(d->arena_bytes));
    if (!is_id(d->id))
        return error_set(err, AGON_EINVAL, "id: must be like org.example.name, at most 63 bytes");
    if (!is_version(d->version))
        return error_set(err, AGON_EINVAL, "version: must be like 1.2.3, at most 23 bytes");
    if (!is_text(d->name, 63, 0) || !is_text(d->vendor, 63, 1) || !is_text(d->summary, 500, 1))
        return error_set(err, AGON_EINVAL,
                         "name, vendor or summary: UTF-8 of at most 63, 63 and 500 bytes");
    if (d->kind < AGON_STRATEGY || d->kind > AGON_ANALYTIC)
        return error_set(err, AGON_EINVAL, "kind %u", d->kind);
    if (d->caps & ~(uint32_t)(AGON_ADOPTS_ORDERS | AGON_DETERMINISTIC | AGON_STATELESS |
                              AGON_NEEDS_GPU | AGON_RUNS_AHEAD))
        return error_set(err, AGON_EINVAL, "caps 0x%x: unknown bits", d->caps);
    if (d->state_schema_oldest > d->state_schema)
        return error_set(err, AGON_EINVAL, "state_schema_oldest %u is newer than state_schema %u",
                         d->state_schema_oldest, d->state_schema);
    if (d->arena_bytes > (1ull << 36))
        return error_set(err, AGON_EINVAL, "arena_bytes %llu", (unsigned long long)d->arena_bytes);
    if (AGON_HAS(d, struct agon_descriptor, event_more) && d->event_more >> EVENTS_MORE != 0)
        return error_set(err, AGON_EINVAL, "event_more 0x%llx: types that this host has not",
                         (unsigned long long)d->event_more);
    if (d->event_mask == 0 && plugin_info_more(d) == 0)
        return error_set(err, AGON_EINVAL, "event_mask 0: it would never be called");
    if (d->n_requires > 64 || (d->n_requires > 0 && d->requires_ext == NULL))
        return error_set(err, AGON_EINVAL, "%u required extensions", d->n_requires);
    for (uint32_t i = 0; i < d->n_requires; i++)
        if (!is_extension(d->requires_ext[i]))
            return error_set(err, AGON_EINVAL, "required extension number %u has no name like %s",
                             i + 1, "agon.orders/1");
    if (AGON_HAS(d, struct agon_descriptor, n_reads) &&
        (check_names("publishes", d->publishes, d->n_publishes, AGON_PUBLISHES_MAX, err) < 0 ||
         check_names("reads", d->reads, d->n_reads, AGON_READS_MAX, err) < 0))
        return AGON_EINVAL;
    if (AGON_HAS(d, struct agon_descriptor, n_tags) &&
        check_names("tags", d->tags, d->n_tags, AGON_TAGS_MAX, err) < 0)
        return AGON_EINVAL;
    if (AGON_HAS(d, struct agon_descriptor, metrics) &&
        check_names("metrics", d->metrics, d->n_metrics, AGON_METRICS_MAX, err) < 0)
        return AGON_EINVAL;
    return check_params(d, err);
}

int plugin_check(const struct agon_entry *entry, struct error *err)
{
    if (entry == NULL)
        return error_set(err, AGON_EINVAL, "no agon_plugin");
    if (entry->size < 16)
        return error_set(err, AGON_EINVAL, "agon_plugin: size %u", entry->size);
    if (entry->abi_major != AGON_ABI_MAJOR ||
        (AGON_ABI_MAJOR == 0 ? entry->abi_minor != AGON_ABI_MINOR
                             : entry->abi_minor > AGON_ABI_MINOR))
        return error_set(err, AGON_EVERSION,
                         "made for SDK %u.%u, this host serves %u.%u: rebuild it with its headers",
                         entry->abi_major, entry->abi_minor, AGON_ABI_MAJOR, AGON_ABI_MINOR);
    if (entry->size < offsetof(struct agon_entry, create) + sizeof(entry->create) ||
        entry->size > 65536)
        return error_set(err, AGON_EINVAL, "agon_plugin: size %u, at least %zu is needed",
                         entry->size, offsetof(struct agon_entry, create) + sizeof(entry->create));
    if (entry->n_plugins == 0 || entry->n_plugins > 64 || entry->plugins == NULL)
        return error_set(err, AGON_EINVAL, "agon_plugin: %u plugins; 1 to 64", entry->n_plugins);
    if (entry->create == NULL)
        return error_set(err, AGON_EINVAL, "agon_plugin: no create");
    for (uint32_t i = 0; i < entry->n_plugins; i++) {
        int rc = check_descriptor(entry->plugins[i], err);

        if (rc < 0) {
            error_wrap(err, "descriptor of plugin %u", i);
            return rc;
        }
    }
    return AGON_OK;
}

/* The map */

static int is_mapped(const char *path)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[1024];
    int is_found = 0;

    while (maps && !is_found && fgets(line, sizeof(line), maps))
        is_found = strstr(line, path) != NULL;
    if (maps)
        fclose(maps);
    return is_found;
}

int plugin_close(struct plugin *plugin)
{
    int rc = AGON_OK;

    if (plugin->handle) {
        dlclose(plugin->handle);
        rc = is_mapped(plugin->path) ? AGON_EBUSY : AGON_OK;
    }
    image_unmap(&plugin->image);
    memset(plugin, 0, sizeof(*plugin));
    return rc;
}

static int check_note(const struct agon_note *note, const struct agon_entry *entry,
                      struct error *err)
{
    const struct agon_descriptor *first = entry->plugins[0];

    if (strcmp(note->id, first->id) != 0 || strcmp(note->version, first->version) != 0)
        return error_set(err, AGON_EINVAL,
                         "the note says %s %s, the first descriptor %s %s: make them the same",
                         note->id, note->version, first->id, first->version);
    return AGON_OK;
}

int plugin_file_judge(const struct elf_report *report, enum elf_runner runner, struct error *err)
{
    const struct elf_finding *refusal = elf_refusal(report, runner);

    if (refusal == NULL)
        return AGON_OK;
    return error_set(err, strcmp(refusal->id, "val-s05") == 0 ? AGON_EVERSION : AGON_EINVAL,
                     "%s: %s", refusal->id, refusal->text);
}

/* Of the copy; the note is kept. */
static int check_file(struct plugin *plugin, const struct plugin_file *file, enum elf_runner runner,
                      struct error *err)
{
    struct elf_report *report = calloc(1, sizeof(*report));
    int rc;

    memset(plugin, 0, sizeof(*plugin));
    if (report == NULL)
        return error_set(err, AGON_ENOMEM, "no memory to check the plugin");
    rc = plugin_file_check(file, report, err);
    if (rc >= 0)
        rc = plugin_file_judge(report, runner, err);
    plugin->note = report->note;
    free(report);
    return rc;
}

static int check_entry(struct plugin *plugin, struct error *err)
{
    int rc = plugin_check(plugin->entry, err);

    if (rc >= 0)
        rc = check_note(&plugin->note, plugin->entry, err);
    if (rc < 0)
        plugin_close(plugin);
    return rc < 0 ? rc : AGON_OK;
}

int plugin_open(struct plugin *plugin, const struct plugin_file *file, struct error *err)
{
    struct fpstate fp;
    int rc = check_file(plugin, file, ELF_INPROC, err);

    if (rc < 0)
        return rc;
    // glibc would take an older memfd of the same number for this one (SDK E3).
    if (file->path[0] == 0)
        return error_set(err, AGON_EINVAL, "in-process code is loaded from a file of its own");
    snprintf(plugin->path, sizeof(plugin->path), "%s", file->path);
    fp = fpstate_get();
    plugin->handle = dlopen(plugin->path, RTLD_NOW | RTLD_LOCAL);
    fpstate_put(fp);
    if (plugin->handle == NULL)
        return error_set(err, AGON_EINVAL, "cannot be loaded: %s", dlerror());
    plugin->entry = dlsym(plugin->handle, "agon_plugin");
    return check_entry(plugin, err);
}

static int map(struct plugin *plugin, const struct plugin_file *file, struct error *err)
{
    int rc = image_map(&plugin->image, file->fd, err);

    plugin->entry = plugin->image.entry;
    return rc;
}

int plugin_map(struct plugin *plugin, const struct plugin_file *file, enum elf_runner runner,
               struct error *err)
{
    int rc = check_file(plugin, file, runner, err);

    if (rc >= 0)
        rc = map(plugin, file, err);
    if (rc < 0)
        error_wrap(err, "cannot be loaded");
    return rc;
}

int plugin_map_judged(struct plugin *plugin, const struct plugin_file *file,
                      const struct agon_note *note, struct error *err)
{
    int rc;

    memset(plugin, 0, sizeof(*plugin));
    plugin->note = *note;
    rc = map(plugin, file, err);
    if (rc < 0)
        error_wrap(err, "cannot be loaded");
    return rc;
}

int plugin_begin(struct plugin *plugin, struct error *err)
{
    struct fpstate fp = fpstate_get();

    image_begin(&plugin->image);
    fpstate_put(fp);
    return check_entry(plugin, err);
}
