// SPDX-License-Identifier: Apache-2.0
/* schema: walks a map of the file and its table side by side.
 *
 * Every mistake is reported and the walk goes on, so that one run shows all of them. A check of
 * values against each other runs only where the values themselves are well. */
#include "config/schema.h"

#include <ctype.h>

#include "base/num.h"
#include "config/node.h"
#include "config/schema_impl.h"
#include "config/suggest.h"
#include "config/units.h"

#define FIELDS_MAX   128
#define SCHEMA_DEPTH 12
#define EXPECTED     256

static void read_map(struct config *config, const struct config_node *node,
                     const struct schema *schema, unsigned char *out);

static uint32_t count_fields(const struct schema *schema)
{
    uint32_t n = 0;

    while (schema_fields(schema)[n].key)
        n++;
    REQUIRE(n <= FIELDS_MAX);
    return n;
}

/* "agents[0].limits: '10' has no unit; expected ...; did you mean '10s'?" */
static void refuse_value(struct config *config, const struct config_node *node,
                         const struct schema_field *field, enum config_code code, const char *what)
{
    char shown[80], expected[EXPECTED];
    struct offer meant;

    node_show(node, shown, sizeof(shown));
    schema_say_expected(config, field, expected, sizeof(expected));
    schema_guess(config, field, node, &meant);
    node_error(config, node->line, node->column, node, code, "%s %s; expected %s%s%s%s", shown,
               what, expected, meant.text[0] ? "; did you mean " : "", meant.text,
               meant.text[0] ? "?" : "");
}

/* ---- single values ---- */

static void store_int(unsigned char *member, uint32_t room, int64_t value)
{
    switch (room) {
    case 1: {
        uint8_t narrow = (uint8_t)value;
        memcpy(member, &narrow, sizeof(narrow));
        break;
    }
    case 2: {
        uint16_t narrow = (uint16_t)value;
        memcpy(member, &narrow, sizeof(narrow));
        break;
    }
    case 4: {
        uint32_t narrow = (uint32_t)value;
        memcpy(member, &narrow, sizeof(narrow));
        break;
    }
    default:
        REQUIRE(room == 8);
        memcpy(member, &value, sizeof(value));
    }
}

static void read_number(struct config *config, const struct config_node *node,
                        const struct schema_field *field, unsigned char *member)
{
    int is_plain = field->type == SCHEMA_INT || field->type == SCHEMA_DECIMAL;
    struct error err = {0};
    int64_t value = 0, min, max;
    int rc;

    if (is_plain && node->is_quoted) {
        refuse_value(config, node, field, CONFIG_E_VALUE, "is a text in quotes");
        return;
    }
    rc = schema_parse(field, node, &value, &err);
    schema_range(field, &min, &max);
    if (rc == AGON_ERANGE)
        refuse_value(config, node, field, CONFIG_E_RANGE,
                     field->type == SCHEMA_DECIMAL ? "has too many digits" : "is out of range");
    else if (rc != AGON_OK)
        refuse_value(config, node, field, CONFIG_E_VALUE, schema_what(field, node));
    else if (value < min || value > max)
        refuse_value(config, node, field, CONFIG_E_RANGE, "is out of range");
    else
        store_int(member, field->room, value);
}

static void read_real(struct config *config, const struct config_node *node,
                      const struct schema_field *field, unsigned char *member)
{
    int64_t count = 0, min, max;
    int exp = 0;
    double value;

    REQUIRE(field->room == sizeof(value));
    schema_range(field, &min, &max);
    if (node->is_quoted || num_read_exp(node->text, node->n, &count, &exp) != AGON_OK) {
        refuse_value(config, node, field, CONFIG_E_VALUE, "is not of that form");
        return;
    }
    value = num_to_double(count, exp);
    if (value < (double)min || value > (double)max) {
        refuse_value(config, node, field, CONFIG_E_RANGE, "is out of range");
        return;
    }
    memcpy(member, &value, sizeof(value));
}

static void read_money(struct config *config, const struct config_node *node,
                       const struct schema_field *field, unsigned char *member)
{
    struct schema_money money = {0};
    struct error err = {0};
    int64_t min, max;
    int rc = units_money(node->text, node->n, field->exp, &money.amt, money.asset, &err);

    REQUIRE(field->room == sizeof(money));
    schema_range(field, &min, &max);
    if (rc == AGON_EINVAL)
        refuse_value(config, node, field, CONFIG_E_VALUE, schema_what(field, node));
    else if (rc != AGON_OK)
        refuse_value(config, node, field, CONFIG_E_RANGE, "has too many digits");
    else if (money.amt < min || money.amt > max)
        refuse_value(config, node, field, CONFIG_E_RANGE, "is out of range");
    else
        memcpy(member, &money, sizeof(money));
}

static int is_name(const char *text, size_t n, const char *also)
{
    if (n == 0 || !isalnum((unsigned char)text[0]) || text[n - 1] == '/')
        return 0;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr(also, text[i]))
            return 0;
    return 1;
}

static int has_parent(const char *path)
{
    for (const char *at = path; at; at = strchr(at, '/')) {
        at += *at == '/';
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == 0))
            return 1;
    }
    return 0;
}

/* Why a path may not be used; NULL when it may. What lies there is for whoever opens it. */
static const char *path_fault(const char *path)
{
    if (path[0] == '/')
        return "is an absolute path";
    if (path[0] == '~')
        return "begins with '~', which is not replaced here";
    if (has_parent(path))
        return "leads out of its folder with '..'";
    for (const char *at = path; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == '\\')
            return "holds a character that no path here has";
    return NULL;
}

/* May it be said as it is? */
static int is_plain(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text <= 0x20 || (unsigned char)*text >= 0x7f)
            return 0;
    return 1;
}

/* The path, and what to do instead. */
static void refuse_path(struct config *config, const struct config_node *node,
                        const struct schema_field *field)
{
    const char *path = node->text, *name = strrchr(path, '/');
    char shown[80], expected[EXPECTED], cure[320];

    if (field->folder_option == NULL)
        snprintf(cure, sizeof(cure), "put the file, or a link to it, there and name it from there");
    else if (path[0] == '/' && name[1] != '\0' && name > path && is_plain(path))
        snprintf(cure, sizeof(cure), "write %.80s here, and %s %.*s on the command line", name + 1,
                 field->folder_option, name - path > 160 ? 160 : (int)(name - path), path);
    else
        snprintf(cure, sizeof(cure), "%s takes another folder", field->folder_option);
    node_show(node, shown, sizeof(shown));
    schema_say_expected(config, field, expected, sizeof(expected));
    config->is_unsafe = 1;
    node_error(config, node->line, node->column, node, CONFIG_E_PATH, "%s %s%s; expected %s: %s",
               shown, path_fault(path),
               path[0] == '/' || has_parent(path)
                   ? ", and this file names nothing outside of its folders"
                   : "",
               expected, cure);
}

static void read_text(struct config *config, const struct config_node *node,
                      const struct schema_field *field, unsigned char *member)
{
    int is_symbol = field->type == SCHEMA_SYMBOL,
        is_named = field->type == SCHEMA_NAME || is_symbol;
    char what[96], foreign[64];

    if (is_named && scan_foreign(node->text, node->n, foreign, sizeof(foreign))) {
        snprintf(what, sizeof(what), "holds the character %s", foreign);
        refuse_value(config, node, field, CONFIG_E_CONFUSABLE, what);
    } else if (is_named && !is_name(node->text, node->n, is_symbol ? "_-./" : "_-.")) {
        refuse_value(config, node, field, CONFIG_E_VALUE, "is not a name");
    } else if (field->type == SCHEMA_PATH && path_fault(node->text)) {
        refuse_path(config, node, field);
    } else if (node->n + 1 > field->room) {
        refuse_value(config, node, field, CONFIG_E_RANGE, "is too long");
    } else if (node->n < 1 || (int64_t)node->n < field->min) {
        refuse_value(config, node, field, CONFIG_E_RANGE, "is too short");
    } else {
        memset(member, 0, field->room);
        memcpy(member, node->text, node->n);
    }
}

static void read_choice(struct config *config, const struct config_node *node,
                        const struct schema_field *field, unsigned char *member)
{
    for (uint32_t i = 0; field->choices[i].name; i++)
        if (strcmp(field->choices[i].name, node->text) == 0) {
            store_int(member, field->room, field->choices[i].value);
            return;
        }
    refuse_value(config, node, field, CONFIG_E_CHOICE, "is not known here");
}

/* Values that would be a hole in the file's meaning, or in somebody's pocket. */
static int is_refused_scalar(struct config *config, const struct config_node *node,
                             const struct schema_field *field)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};

    for (size_t i = 0; !node->is_quoted && !node->is_env && i < sizeof(nulls) / sizeof(nulls[0]);
         i++)
        if (strcmp(node->text, nulls[i]) == 0) {
            refuse_value(config, node, field, CONFIG_E_VALUE,
                         "is not a value (leave the key out for its default)");
            return 1;
        }
    if (!node->is_env && !field->is_public && field->type != SCHEMA_PATH &&
        (scan_is_secret(node->text, node->n) || (node->key && scan_is_secret_key(node->key)))) {
        node_error(config, node->line, node->column, node, CONFIG_E_SECRET,
                   "looks like a secret, and secrets do not belong in this file (the value is not "
                   "shown here); expected ${NAME} with the value in the environment, or a key "
                   "file");
        return 1;
    }
    return 0;
}

static void read_scalar(struct config *config, const struct config_node *node,
                        const struct schema_field *field, unsigned char *member)
{
    uint64_t u64;

    if (is_refused_scalar(config, node, field))
        return;
    switch (field->type) {
    case SCHEMA_BOOL:
        if (!node->is_quoted &&
            (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0))
            store_int(member, field->room, node->text[0] == 't');
        else
            refuse_value(config, node, field, CONFIG_E_VALUE, "is neither");
        break;
    case SCHEMA_U64:
        REQUIRE(field->room == sizeof(u64));
        if (node->is_quoted || units_u64(node->text, node->n, &u64, NULL) != AGON_OK)
            refuse_value(config, node, field, CONFIG_E_RANGE, "is not such a number");
        else if (!schema_fits(field, node->text))
            refuse_value(config, node, field, CONFIG_E_RANGE, "is out of range");
        else
            memcpy(member, &u64, sizeof(u64));
        break;
    case SCHEMA_REAL:
        read_real(config, node, field, member);
        break;
    case SCHEMA_MONEY:
        read_money(config, node, field, member);
        break;
    case SCHEMA_TEXT:
    case SCHEMA_NAME:
    case SCHEMA_SYMBOL:
    case SCHEMA_PATH:
        read_text(config, node, field, member);
        break;
    case SCHEMA_CHOICE:
        read_choice(config, node, field, member);
        break;
    default:
        read_number(config, node, field, member);
    }
}

/* ---- fields ---- */

/* Secrets in a part that the caller reads by itself. */
static void look_for_secrets(struct config *config, const struct config_node *node)
{
    static const struct schema_field any = {.type = SCHEMA_ANY};

    if (node->kind == NODE_SCALAR && !node->is_bad)
        (void)is_refused_scalar(config, node, &any);
    for (uint32_t i = 0; i < config_count(node); i++)
        look_for_secrets(config, node->entries[i]);
}

static void read_one(struct config *config, const struct config_node *node,
                     const struct schema_field *field, unsigned char *member)
{
    if (node->is_bad)
        return;
    if (field->type == SCHEMA_ANY) {
        look_for_secrets(config, node);
        memcpy(member, &node, sizeof(node));
    } else if (field->type == SCHEMA_MAP) {
        if (node->kind == NODE_MAP)
            read_map(config, node, field->sub, member);
        else
            refuse_value(config, node, field, CONFIG_E_KIND, "is not a map");
    } else if (node->kind != NODE_SCALAR) {
        refuse_value(config, node, field, CONFIG_E_KIND, "stands there");
    } else {
        read_scalar(config, node, field, member);
    }
}

static void read_list(struct config *config, const struct config_node *node,
                      const struct schema_field *field, unsigned char *out)
{
    uint32_t n = config_count(node);

    if (node->is_bad)
        return;
    if (node->kind != NODE_LIST) {
        char shown[80];

        node_show(node, shown, sizeof(shown));
        node_error(config, node->line, node->column, node, CONFIG_E_KIND,
                   "%s is not a list; expected a list of 1 to %u entries: [a, b] or '- a' lines",
                   shown, field->list_max);
        return;
    }
    if (n > field->list_max || n < field->list_min) {
        node_error(config, node->line, node->column, node, CONFIG_E_COUNT,
                   "%u entries; expected %u to %u", n, field->list_min, field->list_max);
        n = n > field->list_max ? 0 : n; // what is in a list far too long is not looked at
    }
    for (uint32_t i = 0; i < n; i++)
        read_one(config, node->entries[i], field, out + field->offset + (size_t)i * field->room);
    memcpy(out + field->count_offset, &n, sizeof(n));
}

static void read_field(struct config *config, const struct config_node *node,
                       const struct schema_field *field, unsigned char *out)
{
    if (field->list_max > 0)
        read_list(config, node, field, out);
    else
        read_one(config, node, field, out + field->offset);
}

/* Presets of what is absent, also of maps that are absent as a whole. */
static void read_preset(struct config *config, const struct schema_field *field, unsigned char *out)
{
    if (field->preset) {
        struct config_node node = {.kind = NODE_SCALAR,
                                   .text = field->preset,
                                   .n = (uint32_t)strlen(field->preset),
                                   .line = 1,
                                   .column = 1};

        uint32_t n_before = config->n_errors;

        REQUIRE(field->list_max == 0);
        read_one(config, &node, field, out + field->offset);
        REQUIRE(config->n_errors == n_before); // a preset that its own field refuses
    } else if (field->type == SCHEMA_MAP && field->list_max == 0) {
        for (const struct schema_field *sub = schema_fields(field->sub); sub->key; sub++)
            read_preset(config, sub, out + field->offset);
    }
}

void schema_presets(const struct schema *schema, void *out)
{
    struct config none = {0}; // presets are of no file, and none is refused

    memset(out, 0, schema->size);
    for (const struct schema_field *field = schema_fields(schema); field->key; field++)
        read_preset(&none, field, out);
}

/* ---- keys ---- */

#define PLACES 3 /* that are named */
struct places {
    uint32_t n;
    char path[192]; /* of the map that is looked through */
    char text[640]; /* "in gpu or in tournament" */
};

/* Where else in the file this key is known. */
static void find_elsewhere(const struct schema *schema, const struct schema *not_here,
                           const char *key, int depth, struct places *places)
{
    size_t used = strlen(places->path), n = strlen(places->text);

    if (depth == SCHEMA_DEPTH)
        return;
    for (const struct schema_field *field = schema_fields(schema); schema != not_here && field->key;
         field++)
        if (strcmp(field->key, key) == 0 && !field->retired) {
            if (places->n++ < PLACES)
                snprintf(places->text + n, sizeof(places->text) - n, "%s%s%s", n > 0 ? " or " : "",
                         used > 0 ? "in " : "at the top", places->path);
            return;
        }
    for (const struct schema_field *field = schema_fields(schema); field->key; field++) {
        if (field->type != SCHEMA_MAP)
            continue;
        snprintf(places->path + used, sizeof(places->path) - used, "%s%s%s", used ? "." : "",
                 field->key, field->list_max ? "[]" : "");
        find_elsewhere(field->sub, not_here, key, depth + 1, places);
        places->path[used] = 0;
    }
}

/* Reports an unknown key; returns the key that was probably meant, NULL for none. */
static const char *refuse_key(struct config *config, const struct config_node *map,
                              const struct config_node *node, const struct schema *schema)
{
    struct suggest suggest = {0};
    struct places places = {0};
    char shown[80], keys[EXPECTED] = "";
    size_t used = 0;
    struct config_node shown_node = {.kind = NODE_SCALAR, .text = node->key};

    shown_node.n = (uint32_t)strlen(node->key);
    node_show(&shown_node, shown, sizeof(shown));
    for (const struct schema_field *field = schema_fields(schema); field->key; field++)
        if (!field->retired) {
            suggest_offer(&suggest, node->key, strlen(node->key), field->key);
            if (used < sizeof(keys))
                used += (size_t)snprintf(keys + used, sizeof(keys) - used, "%s%s", used ? ", " : "",
                                         field->key);
        }
    for (uint32_t i = 1; i < map->n; i++)
        if (map->entries[i] == node && map->entries[i - 1]->kind == NODE_SCALAR &&
            schema_cut_off(map->entries[i - 1]) == node->key) {
            node_error(config, node->key_line, node->key_column, map, CONFIG_E_UNKNOWN,
                       "%s stands behind a ',', which ends the value before it; expected numbers "
                       "without ','",
                       shown);
            return NULL;
        }
    if (config->schema)
        find_elsewhere(config->schema, schema, node->key, 0, &places);
    if (scan_is_secret_key(node->key))
        node_error(config, node->key_line, node->key_column, map, CONFIG_E_SECRET,
                   "unknown key %s, and secrets do not belong in this file; expected them in a "
                   "credential file, which 'credential' of a venue's file names",
                   shown);
    else if (places.n > 0)
        node_error(config, node->key_line, node->key_column, map, CONFIG_E_MISPLACED,
                   "the key %s does not belong here; expected it %s%s%s%s", shown, places.text,
                   suggest.best ? "; did you mean '" : "", suggest.best ? suggest.best : "",
                   suggest.best ? "'?" : "");
    else if (suggest.best)
        node_error(config, node->key_line, node->key_column, map, CONFIG_E_UNKNOWN,
                   "unknown key %s; expected a key of %s; did you mean '%s'?", shown, schema->name,
                   suggest.best);
    else
        node_error(config, node->key_line, node->key_column, map, CONFIG_E_UNKNOWN,
                   "unknown key %s; expected one of: %s", shown, keys);
    return suggest.best;
}

static const struct schema_field *find_field(const struct schema *schema, const char *key)
{
    for (const struct schema_field *field = schema_fields(schema); field->key; field++)
        if (strcmp(field->key, key) == 0)
            return field;
    return NULL;
}

static void report_missing(struct config *config, const struct config_node *node,
                           const struct schema *schema, const uint8_t *seen)
{
    char missing[EXPECTED] = "";
    size_t used = 0;
    uint32_t n = 0;

    for (uint32_t i = 0; schema_fields(schema)[i].key; i++) {
        if (seen[i] || !schema_fields(schema)[i].is_required)
            continue;
        n++;
        if (used < sizeof(missing))
            used += (size_t)snprintf(missing + used, sizeof(missing) - used, "%s'%s'",
                                     used ? ", " : "", schema_fields(schema)[i].key);
    }
    if (n > 0)
        node_error(config, node->key ? node->key_line : node->line,
                   node->key ? node->key_column : node->column, node, CONFIG_E_MISSING,
                   "missing key%s %s; expected %s in %s", n > 1 ? "s" : "", missing,
                   n > 1 ? "them" : "it", schema->name);
}

/* Of two keys that say the same thing one way and another. */
static void report_either(struct config *config, const struct config_node *node,
                          const struct schema *schema, const uint8_t *seen)
{
    int is_one, is_other;

    if (schema->either[0] == NULL)
        return;
    is_one = seen[find_field(schema, schema->either[0]) - schema_fields(schema)];
    is_other = seen[find_field(schema, schema->either[1]) - schema_fields(schema)];
    if (is_one == is_other)
        config_refuse(config, node, is_one ? CONFIG_E_CONFLICT : CONFIG_E_MISSING,
                      "expected either '%s' or '%s'", schema->either[0], schema->either[1]);
}

static void read_map(struct config *config, const struct config_node *node,
                     const struct schema *schema, unsigned char *out)
{
    uint8_t seen[FIELDS_MAX] = {0};
    uint32_t n_before = config->n_errors, n_fields = count_fields(schema);

    for (uint32_t i = 0; i < node->n; i++) {
        const struct config_node *entry = node->entries[i];
        const struct schema_field *field = find_field(schema, entry->key);
        const char *meant;

        if (field)
            seen[field - schema_fields(schema)] = 1;
        if (field && field->retired)
            node_error(config, entry->key_line, entry->key_column, node, CONFIG_E_RETIRED,
                       "the key '%s' is retired; expected %s", entry->key, field->retired);
        else if (field)
            read_field(config, entry, field, out);
        else if (!entry->is_bad && (meant = refuse_key(config, node, entry, schema)))
            seen[find_field(schema, meant) - schema_fields(schema)] = 1; // not missing: misspelt
    }
    for (uint32_t i = 0; i < n_fields; i++)
        if (!seen[i])
            read_preset(config, &schema_fields(schema)[i], out);
    report_missing(config, node, schema, seen);
    report_either(config, node, schema, seen);
    if (schema->check && config->n_errors == n_before && config->n_parse_errors == 0)
        schema->check(config, node, out);
}

int config_read_node(struct config *config, const struct config_node *node,
                     const struct schema *schema, void *out)
{
    uint32_t n_before = config->n_errors;

    memset(out, 0, schema->size);
    if (node->kind != NODE_MAP)
        return config_refuse(config, node, CONFIG_E_KIND, "is not a map; expected the keys of %s",
                             schema->name);
    if (!config->schema)
        config->schema = schema;
    read_map(config, node, schema, out);
    return config->n_errors == n_before ? AGON_OK : AGON_EINVAL;
}

int config_read(struct config *config, const struct schema *schema, void *out)
{
    config->schema = schema;
    if (config_root(config))
        config_read_node(config, config->root, schema, out);
    else
        memset(out, 0, schema->size);
    return config->n_errors == 0 ? AGON_OK : AGON_EINVAL;
}
