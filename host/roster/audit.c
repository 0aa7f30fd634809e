// SPDX-License-Identifier: Apache-2.0
#include "roster/audit.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/feed_fold.h"
#include "agent/run_process.h"
#include "agent/sandbox.h"
#include "base/utf8.h"
#include "config/suggest.h"

#define DEFAULT_VENUE "binance" // of agon_strategy_find, where no venue is said

struct opened { /* what a slot's plugin says of itself, or why it says nothing */
    struct plugin_info info;
    struct error err;
    uint32_t like; /* the first slot that has the same plugin in the same way */
    int is_there;
    int rc;
};

static int is_same(const struct roster_slot *a, const struct roster_slot *b)
{
    return strcmp(a->plugin, b->plugin) == 0 && a->plugin_index == b->plugin_index &&
           a->runner == b->runner && a->isolation == b->isolation;
}

static int open_plugin(const struct roster_slot *slot, const char *dir, struct opened *opened)
{
    static struct elf_report report; // one roster is read at a time
    enum elf_runner runner = slot->runner == CREW_INPROC ? ELF_INPROC : ELF_PROCESS;
    struct plugin_file file = {.fd = -1};
    struct error *err = &opened->err;
    char path[1024];
    int rc;

    snprintf(path, sizeof(path), "%s%s%s", dir ? dir : "", dir ? "/" : "", slot->plugin);
    rc = plugin_file_stage(&file, path, NULL, 0, err);
    opened->is_there = rc >= 0; // else stage has named it
    if (rc >= 0)
        rc = plugin_file_check(&file, &report, err);
    if (rc >= 0)
        rc = plugin_file_judge(&report, runner, err);
    if (rc >= 0)
        rc = plugin_probe(&file, NULL, slot->plugin_index,
                          slot->isolation == ISOLATION_REQUIRE ? sandbox_whole() : 0, &opened->info,
                          err);
    plugin_file_drop(&file);
    return rc;
}

static int is_missing(const struct opened *opened)
{
    return opened->rc == AGON_ENOENT && !opened->is_there;
}

int audit_extensions(const struct plugin_info *info, struct error *err)
{
    for (uint32_t i = 0; i < info->n_requires; i++) {
        int rc = ext_check(info->requires_ext[i], info->kind, err);

        if (rc < 0)
            return rc;
    }
    return AGON_OK;
}

/* What the plugin wants and this slot cannot give: AGON_ENOTSUP, and what in err. */
static int check_needs(const struct roster_slot *slot, const struct plugin_info *info,
                       struct error *err)
{
    int rc = audit_extensions(info, err);

    if (rc < 0)
        return rc;
    if (slot->arena_bytes > 0 && info->arena_bytes > slot->arena_bytes)
        return error_set(err, AGON_ENOTSUP,
                         "the plugin declares an arena of %llu bytes, and it is granted %llu; "
                         "expected a larger arena:",
                         (unsigned long long)info->arena_bytes,
                         (unsigned long long)slot->arena_bytes);
    return AGON_OK;
}

static void refuse_name(struct config *config, const struct config_node *node, const char *name,
                        const struct plugin_info *info)
{
    struct suggest suggest = {0};
    char known[512] = "", shown[80];
    size_t used = 0;

    utf8_escape(name, strnlen(name, 64), shown, sizeof(shown));
    for (uint32_t i = 0; i < info->n_params; i++) {
        suggest_offer(&suggest, name, strlen(name), info->params[i].name);
        if (used < sizeof(known))
            used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", used ? ", " : "",
                                     info->params[i].name);
    }
    config_refuse_key(config, node, CONFIG_E_UNKNOWN,
                      "'%s': %s has no such parameter; expected %s%s%s%s%s", shown, info->id,
                      info->n_params > 0 ? "one of: " : "none", known,
                      suggest.best ? "; did you mean '" : "", suggest.best ? suggest.best : "",
                      suggest.best ? "'?" : "");
}

static void check_params(struct config *config, const struct config_node *params,
                         const struct plugin_info *info)
{
    for (uint32_t k = 0; params != NULL && config_is_map(params) && k < config_count(params); k++) {
        const struct config_node *node = config_entry(params, k);
        const char *name = config_key(params, k);
        const char *text = config_text(node);
        const struct info_param *found = NULL;
        struct agon_param declared;
        struct feed_param value;
        struct error err = {0};

        for (uint32_t i = 0; i < info->n_params && found == NULL; i++)
            if (strcmp(info->params[i].name, name) == 0)
                found = &info->params[i];
        if (found == NULL) {
            refuse_name(config, node, name, info);
            continue;
        }
        declared = (struct agon_param){.size = sizeof(declared),
                                       .id = found->id,
                                       .name = found->name,
                                       .type = found->type,
                                       .flags = found->flags,
                                       .min = found->min,
                                       .max = found->max,
                                       .def = found->def,
                                       .choices = found->choices};
        if (text != NULL && fold_param_read(&value, &declared, text, &err) < 0)
            config_refuse(config, node, err.code == AGON_ERANGE ? CONFIG_E_RANGE : CONFIG_E_VALUE,
                          "%s", err.text);
    }
}

static const struct info_param *text_param(const struct plugin_info *info, const char *name)
{
    for (uint32_t i = 0; i < info->n_params; i++) {
        if (info->params[i].type == AGON_TEXT && strcmp(info->params[i].name, name) == 0)
            return &info->params[i];
    }
    return NULL;
}

static int is_on(const char *instrument, const char *venue)
{
    size_t n = strlen(venue);

    return strncmp(instrument, venue, n) == 0 && instrument[n] == ':';
}

/* "BTCUSDT, ETHUSDT; did you mean 'BTCUSDT'?": of the slot's instruments those of that venue. */
static int offer_symbols(const struct roster_slot *slot, const char *venue, const char *word,
                         char *text, size_t room)
{
    struct suggest suggest = {0};
    size_t used = 0;
    int n = 0;

    for (uint32_t i = 0; i < slot->n_instruments && used < room; i++) {
        const char *symbol = slot->instruments[i] + strlen(venue) + 1;

        if (!is_on(slot->instruments[i], venue))
            continue;
        suggest_offer(&suggest, word, strlen(word), symbol);
        used += (size_t)snprintf(text + used, room - used, "%s%s", n++ > 0 ? ", " : "", symbol);
    }
    if (suggest.best != NULL && used < room)
        snprintf(text + used, room - used, "; did you mean '%s'?", suggest.best);
    return n;
}

/* The parameter that says on which venue is what the text `name` says: `perp_venue` of `perp`,
 * `venue` of `symbol`, `symbol_a`, ... (agon/strategy.h). NULL: that text is no instrument. */
static const struct info_param *venue_param(const struct plugin_info *info, const char *name)
{
    char venue[48];
    const struct info_param *own;

    if (text_param(info, name) == NULL)
        return NULL;
    snprintf(venue, sizeof(venue), "%.31s_venue", name);
    own = text_param(info, venue);
    if (own == NULL && (strcmp(name, "symbol") == 0 || strncmp(name, "symbol_", 7) == 0))
        own = text_param(info, "venue");
    return own;
}

/* An instrument that the plugin is to trade and the slot has not is never heard of: no bar of it
 * comes, and no history. */
static void check_place(struct config *config, const struct roster_slot *slot,
                        const struct config_node *params, const struct config_node *at,
                        const char *venue_name)
{
    const struct config_node *venue_at = config_get(params, venue_name);
    const char *said = venue_at != NULL ? config_text(venue_at) : NULL;
    const char *venue = said != NULL && said[0] != '\0' ? said : DEFAULT_VENUE;
    const char *symbol = config_text(at);
    char known[512] = "";
    size_t n = strlen(venue);

    if (symbol == NULL || symbol[0] == '\0' || slot->n_instruments == 0)
        return;
    for (uint32_t i = 0; i < slot->n_instruments; i++) {
        if (is_on(slot->instruments[i], venue) && strcmp(slot->instruments[i] + n + 1, symbol) == 0)
            return;
    }
    if (offer_symbols(slot, venue, symbol, known, sizeof(known)) > 0)
        config_refuse(config, at, CONFIG_E_CONFLICT,
                      "'%.32s' is not among this agent's instruments on %.32s, and nothing of it "
                      "would come; expected one of: %s; or name it in 'instruments'",
                      symbol, venue, known);
    else
        config_refuse(config, at, CONFIG_E_CONFLICT,
                      "'%.32s' is taken to be on %.32s%s, where this agent has no instrument, and "
                      "nothing of it would come; expected another '%s' beside it, or "
                      "\"%.32s:%.32s\" in 'instruments'",
                      symbol, venue, venue == said ? "" : ", as nothing says where", venue_name,
                      venue, symbol);
}

static void check_places(struct config *config, const struct roster_slot *slot,
                         const struct config_node *params, const struct plugin_info *info)
{
    for (uint32_t k = 0; params != NULL && config_is_map(params) && k < config_count(params); k++) {
        const struct info_param *venue = venue_param(info, config_key(params, k));

        if (venue != NULL)
            check_place(config, slot, params, config_entry(params, k), venue->name);
    }
}

static int has_name(const char names[][32], uint32_t n, const char *name)
{
    for (uint32_t i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0)
            return 1;
    }
    return 0;
}

/* "one of: a, b; did you mean 'a'?" */
static void offer(const char names[][32], uint32_t n, const char *word, char *text, size_t room)
{
    struct suggest suggest = {0};
    size_t used = (size_t)snprintf(text, room, "%s", n > 0 ? "one of: " : "none: it has no such");

    for (uint32_t i = 0; i < n && used < room; i++) {
        suggest_offer(&suggest, word, strlen(word), names[i]);
        used += (size_t)snprintf(text + used, room - used, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    if (suggest.best != NULL && used < room)
        snprintf(text + used, room - used, "; did you mean '%s'?", suggest.best);
}

static const struct opened *opened_of(const struct roster *roster, const struct opened *all,
                                      const char *agent)
{
    for (uint32_t i = 0; i < roster->n_slots; i++) {
        if (strcmp(roster->slots[i].name, agent) == 0)
            return &all[all[i].like];
    }
    return NULL;
}

/* What an agent reads: each input is said, of something that its publisher declares, and no other.
 */
static void check_signals(struct config *config, const struct roster *roster, uint32_t i,
                          const struct opened *all)
{
    const struct roster_slot *slot = &roster->slots[i];
    const struct plugin_info *info = &all[all[i].like].info;
    const struct config_node *map = config_at(config, "agents[%u].signals", i);
    char text[1024];

    for (uint32_t k = 0; k < slot->n_signals; k++) {
        const struct crew_signal *signal = &slot->signals[k];
        const struct config_node *node = config_get(map, signal->input);
        const struct opened *from = opened_of(roster, all, signal->agent);

        if (!has_name(info->reads, info->n_reads, signal->input)) {
            offer(info->reads, info->n_reads, signal->input, text, sizeof(text));
            config_refuse_key(config, node, CONFIG_E_UNKNOWN,
                              "%s reads no such signal; expected %s", info->id, text);
        } else if (from != NULL && from->rc >= 0 &&
                   !has_name(from->info.publishes, from->info.n_publishes, signal->name)) {
            offer(from->info.publishes, from->info.n_publishes, signal->name, text, sizeof(text));
            config_refuse(config, node, CONFIG_E_UNKNOWN, "%s (%s) publishes no '%s'; expected %s",
                          signal->agent, from->info.id, signal->name, text);
        }
    }
    for (uint32_t k = 0; k < info->n_reads; k++) {
        const char *input = info->reads[k];

        if (map == NULL || config_get(map, input) == NULL)
            config_refuse(config, map != NULL ? map : config_at(config, "agents[%u].plugin", i),
                          CONFIG_E_MISSING,
                          "%s reads a signal '%s', and nothing says whose; expected `signals: {%s: "
                          "AGENT.NAME}`, or `signals: {%s: none}`",
                          info->id, input, input, input);
    }
}

/* Each plugin once, and what the roster gives it as parameters. */
static void open_all(const struct roster *roster, const char *dir, struct opened *all,
                     struct config *config)
{
    for (uint32_t i = 0; i < roster->n_slots; i++) {
        const struct roster_slot *slot = &roster->slots[i];
        const struct opened *opened;

        all[i].like = i;
        if (slot->plugin[0] == '\0')
            continue;
        for (uint32_t k = 0; k < i && all[i].like == i; k++)
            if (is_same(slot, &roster->slots[k]))
                all[i].like = k;
        opened = &all[all[i].like];
        if (opened == &all[i])
            all[i].rc = open_plugin(slot, dir, &all[i]);
        if (opened->rc >= 0) {
            const struct config_node *params = config_at(config, "agents[%u].params", i);

            check_params(config, params, &opened->info);
            check_places(config, slot, params, &opened->info);
        }
    }
    for (uint32_t i = 0; i < roster->n_slots; i++) {
        if (roster->slots[i].plugin[0] != '\0' && all[all[i].like].rc >= 0)
            check_signals(config, roster, i, all);
    }
}

static void refuse_plugin(struct config *config, const struct config_node *node,
                          const struct roster_slot *slot, const char *dir,
                          const struct opened *opened)
{
    struct error err = opened->err;

    if (opened->is_there)
        error_wrap(&err, "plugin %s%s%s", dir ? dir : "", dir ? "/" : "", slot->plugin);
    config_refuse(config, node, CONFIG_E_PLUGIN,
                  "%s; expected a plugin that `agon validate%s` passes", err.text,
                  slot->runner == CREW_INPROC ? " --runner inproc" : "");
}

// Who reads it knows the file: the slot names it, and a long path would leave no room for the
// reason.
static void tell_slot(struct crew_slot *slot, const char *text)
{
    char path[sizeof(slot->plugin) + 16];
    size_t n = (size_t)snprintf(path, sizeof(path), "plugin %s: ", slot->plugin);

    snprintf(slot->unfit, sizeof(slot->unfit), "%.159s",
             strncmp(text, path, n) == 0 ? text + n : text);
}

/* A first start without a file: most often the folder is another. Each agent without one is named.
 */
static void refuse_missing(const struct roster *roster, const struct opened *all,
                           struct config *config)
{
    for (uint32_t i = 0; i < roster->n_slots; i++) {
        const struct config_node *node = config_at(config, "agents[%u].plugin", i);
        const struct opened *opened = &all[all[i].like];

        if (node != NULL && is_missing(opened))
            config_refuse(config, node, CONFIG_E_PLUGIN,
                          "%s, or `--plugins DIR` with the folder that has it: the first run in a "
                          "directory begins with all agents of its roster",
                          opened->err.text);
    }
}

void roster_audit(const struct roster *roster, const char *dir, struct crew_slot *slots,
                  int is_first, struct config *config)
{
    struct opened *all = calloc(roster->n_slots + 1, sizeof(*all));
    int is_refused;

    if (all == NULL)
        return;
    open_all(roster, dir, all, config);
    is_refused = slots == NULL || config_error_count(config) > 0;
    if (is_first && !is_refused) // with mistakes of its own all plugins are said with them
        refuse_missing(roster, all, config);
    for (uint32_t i = 0; i < roster->n_slots; i++) {
        const struct roster_slot *slot = &roster->slots[i];
        const struct config_node *node = config_at(config, "agents[%u].plugin", i);
        const struct opened *opened = &all[all[i].like];
        struct error err = opened->err;
        int rc = opened->rc;

        if (node == NULL || slot->plugin[0] == '\0')
            continue;
        if (rc >= 0)
            rc = check_needs(slot, &opened->info, &err);
        if (rc >= 0 && slots != NULL) {
            slots[i].record.agent_kind = (uint8_t)opened->info.kind;
            slots[i].needs_gpu = (opened->info.caps & AGON_NEEDS_GPU) != 0;
        }
        if (rc < 0 && !is_refused) {
            tell_slot(&slots[i], err.text);
            slots[i].is_file_unfit = opened->rc < 0;
        } else if (rc < 0 && opened->rc >= 0) {
            config_refuse(config, node, CONFIG_E_PLUGIN, "%s", err.text);
        } else if (rc < 0) {
            refuse_plugin(config, node, slot, dir, opened);
        }
    }
    free(all);
}
