// SPDX-License-Identifier: Apache-2.0
/* config: events of libyaml become a tree of our own.
 *
 * libyaml's document API shares the nodes of aliases and takes duplicate keys in silence, so the
 * tree is built from events here, without recursion, and counts its depth and its nodes while it
 * grows. After a rule of ours is broken the tree goes on (so that one run finds everything); after
 * a syntax error nothing below it can be trusted and there is no tree. */
#include "config/config.h"

#include <stdlib.h>
#include <yaml.h>

#include "base/utf8.h"
#include "config/node.h"

#define CHUNK_BYTES   65536
#define ENV_VALUE_MAX 4096

void *node_alloc(struct config *config, size_t n)
{
    struct chunk *chunk = config->chunks;
    void *memory;

    n = (n + 15) & ~(size_t)15;
    if (!chunk || chunk->room - chunk->used < n) {
        size_t room = n > CHUNK_BYTES ? n : CHUNK_BYTES;

        chunk = calloc(1, sizeof(*chunk) + room);
        if (!chunk)
            return NULL;
        chunk->room = room;
        chunk->next = config->chunks;
        config->chunks = chunk;
    }
    memory = chunk->bytes + chunk->used;
    chunk->used += n;
    return memory;
}

static const char *copy_text(struct config *config, const void *text, size_t n)
{
    char *copy = node_alloc(config, n + 1);

    if (copy)
        memcpy(copy, text, n);
    return copy;
}

/* What the builder knows while events come in. */
struct builder {
    struct config *config;
    struct config_node *open; /* the map or list that is being filled; NULL: none */
    uint32_t depth;
    int is_key; /* the next node of open, a map, is a key */
    const char *key;
    uint32_t key_line, key_column;
    int is_key_bad;
    int n_documents;
    int is_out_of_memory;
    int is_stopped; /* a bound was reached: nothing more is read */
};

static void refuse_at(struct builder *builder, const yaml_mark_t *mark, enum config_code code,
                      const char *text)
{
    node_error(builder->config, (uint32_t)mark->line + 1, (uint32_t)mark->column + 1, builder->open,
               code, "%s", text);
}

/* A node at the place where the document stands; NULL when there can be none. */
static struct config_node *add_node(struct builder *builder, const yaml_mark_t *mark,
                                    enum node_kind kind)
{
    struct config *config = builder->config;
    struct config_node *node, *open = builder->open;

    if (++config->n_nodes > CONFIG_NODES_MAX) {
        node_error(config, (uint32_t)mark->line + 1, (uint32_t)mark->column + 1, NULL,
                   CONFIG_E_BOUND, "more than %d values; expected a smaller file",
                   CONFIG_NODES_MAX);
        builder->is_stopped = 1;
        return NULL;
    }
    node = node_alloc(config, sizeof(*node));
    if (!node) {
        builder->is_out_of_memory = 1;
        return NULL;
    }
    node->kind = (uint8_t)kind;
    node->line = (uint32_t)mark->line + 1;
    node->column = (uint32_t)mark->column + 1;
    node->parent = open;
    if (!open) {
        config->root = node;
        return node;
    }
    if (open->kind == NODE_MAP) {
        node->key = builder->key;
        node->key_line = builder->key_line;
        node->key_column = builder->key_column;
        node->is_bad = (uint8_t)builder->is_key_bad;
        builder->is_key = 1;
    }
    if (open->last)
        open->last->next = node;
    else
        open->first = node;
    open->last = node;
    open->n++;
    return node;
}

/* ${NAME} as a whole scalar becomes the variable's value; it is never parsed again. */
static void substitute(struct builder *builder, struct config_node *node)
{
    struct config *config = builder->config;
    const char *open = strstr(node->text, "${");
    char name[64];
    const char *value, *close;
    size_t n;
    int is_line;

    if (!open)
        return;
    node->is_bad = 1;
    close = strchr(open, '}');
    if (open != node->text || !close || close[1] || close - open - 2 < 1 ||
        (size_t)(close - open - 2) >= sizeof(name)) {
        node_error(config, node->line, node->column, node, CONFIG_E_ENV,
                   "${...} inside of a text; expected it as the whole value: ${NAME}");
        return;
    }
    n = (size_t)(close - open - 2);
    memcpy(name, open + 2, n);
    name[n] = 0;
    if (strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != n) {
        node_error(config, node->line, node->column, node, CONFIG_E_ENV,
                   "${...} does not name a variable; expected capitals, digits and '_'");
        return;
    }
    value = config->env ? config->env(name) : NULL;
    if (!value) {
        node_error(config, node->line, node->column, node, CONFIG_E_ENV,
                   config->env ? "the environment variable %s is not set; expected a value for it"
                               : "${%s} is not replaced in this file; expected the value itself",
                   name);
        return;
    }
    n = strnlen(value, ENV_VALUE_MAX + 1);
    is_line = n <= ENV_VALUE_MAX && utf8_is_valid(value, n);
    for (size_t i = 0; i < n; i++)
        is_line &= (unsigned char)value[i] >= 0x20;
    if (!is_line) {
        node_error(config, node->line, node->column, node, CONFIG_E_ENV,
                   "the value of %s has a line break or control character, is not UTF-8 or is "
                   "longer than %d bytes; expected one line of text",
                   name, ENV_VALUE_MAX);
        return;
    }
    node->text = copy_text(config, value, n);
    node->n = (uint32_t)n;
    node->is_bad = 0;
    node->is_env = 1;
    node->is_quoted = 0;
    builder->is_out_of_memory |= !node->text;
}

static void on_key(struct builder *builder, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t n = event->data.scalar.length;
    uint32_t line = (uint32_t)event->start_mark.line + 1;
    uint32_t column = (uint32_t)event->start_mark.column + 1;
    char what[64];

    builder->is_key = 0;
    builder->key_line = line;
    builder->key_column = column;
    builder->is_key_bad = 1;
    builder->key = copy_text(builder->config, text, strnlen(text, n));
    if (!builder->key) {
        builder->is_out_of_memory = 1;
        return;
    }
    if (n == 0) {
        refuse_at(builder, &event->start_mark, CONFIG_E_SYNTAX,
                  "an empty key; expected a name before the ':'");
    } else if (n == 2 && memcmp(text, "<<", 2) == 0) {
        refuse_at(builder, &event->start_mark, CONFIG_E_MERGE,
                  "a merge key '<<'; expected the values written out");
    } else if (scan_foreign(text, n, what, sizeof(what))) {
        node_error(builder->config, line, column, builder->open, CONFIG_E_CONFUSABLE,
                   "a key with the character %s; expected plain ASCII", what);
    } else {
        builder->is_key_bad = 0;
    }
}

static void on_scalar(struct builder *builder, const yaml_event_t *event)
{
    struct config_node *node;
    const char *text = (const char *)event->data.scalar.value;
    size_t n = event->data.scalar.length;

    if (event->data.scalar.anchor)
        refuse_at(builder, &event->start_mark, CONFIG_E_ALIAS,
                  "an anchor '&'; expected each value written where it is used");
    if (event->data.scalar.tag)
        refuse_at(builder, &event->start_mark, CONFIG_E_TAG, "a tag '!'; expected a plain value");
    if (builder->open && builder->open->kind == NODE_MAP && builder->is_key) {
        on_key(builder, event);
        return;
    }
    node = add_node(builder, &event->start_mark, NODE_SCALAR);
    if (!node)
        return;
    node->text = copy_text(builder->config, text, n);
    node->n = (uint32_t)n;
    node->is_quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (!node->text) {
        builder->is_out_of_memory = 1;
        return;
    }
    if (!scan_scalar(builder->config, node, node->line, node->column, text, n))
        node->is_bad = 1;
    else if (strlen(node->text) == n)
        substitute(builder, node);
    if (event->data.scalar.tag)
        node->is_bad = 1;
}

static void on_open(struct builder *builder, const yaml_event_t *event, enum node_kind kind)
{
    int is_map = kind == NODE_MAP;
    const yaml_char_t *anchor =
        is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    const yaml_char_t *tag =
        is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    struct config_node *node;

    if (anchor)
        refuse_at(builder, &event->start_mark, CONFIG_E_ALIAS,
                  "an anchor '&'; expected each value written where it is used");
    if (tag)
        refuse_at(builder, &event->start_mark, CONFIG_E_TAG,
                  "a tag '!'; expected a plain map or list");
    if (builder->open && builder->open->kind == NODE_MAP && builder->is_key) {
        refuse_at(builder, &event->start_mark, CONFIG_E_SYNTAX,
                  "a map or list as a key; expected a name");
        builder->is_stopped = 1;
        return;
    }
    if (builder->depth == CONFIG_DEPTH_MAX) {
        node_error(builder->config, (uint32_t)event->start_mark.line + 1,
                   (uint32_t)event->start_mark.column + 1, NULL, CONFIG_E_BOUND,
                   "more than %d levels of maps and lists; expected fewer", CONFIG_DEPTH_MAX);
        builder->is_stopped = 1;
        return;
    }
    node = add_node(builder, &event->start_mark, kind);
    if (!node)
        return;
    if (tag)
        node->is_bad = 1;
    builder->depth++;
    builder->open = node;
    builder->is_key = is_map;
}

static int by_key(const void *a, const void *b)
{
    const struct config_node *one = *(struct config_node *const *)a;
    const struct config_node *other = *(struct config_node *const *)b;
    int order = strcmp(one->key, other->key);

    if (order != 0)
        return order;
    if (one->key_line != other->key_line)
        return one->key_line < other->key_line ? -1 : 1;
    return one->key_column < other->key_column ? -1 : 1;
}

static void find_duplicates(struct builder *builder, const struct config_node *map)
{
    struct config_node **sorted;

    if (map->n < 2)
        return;
    sorted = malloc(map->n * sizeof(struct config_node *));
    if (!sorted) {
        builder->is_out_of_memory = 1;
        return;
    }
    memcpy(sorted, map->entries, map->n * sizeof(struct config_node *));
    qsort(sorted, map->n, sizeof(struct config_node *), by_key);
    for (uint32_t i = 1, first = 0; i < map->n; i++) {
        if (strcmp(sorted[first]->key, sorted[i]->key) != 0) {
            first = i;
            continue;
        }
        if (!sorted[i]->is_bad)
            node_error(builder->config, sorted[i]->key_line, sorted[i]->key_column, map,
                       CONFIG_E_DUPLICATE,
                       "the key '%.64s' is there twice, first in line %u column %u; expected it "
                       "once",
                       sorted[i]->key, sorted[first]->key_line, sorted[first]->key_column);
        sorted[i]->is_bad = 1;
    }
    free(sorted);
}

static void on_close(struct builder *builder)
{
    struct config_node *node = builder->open, *at, **entries;

    REQUIRE(node != NULL);
    at = node->first;
    entries = node_alloc(builder->config, (size_t)node->n * sizeof(struct config_node *) + 1);
    if (!entries) {
        builder->is_out_of_memory = 1;
        return;
    }
    for (uint32_t i = 0; i < node->n; i++, at = at->next)
        entries[i] = at;
    node->entries = entries;
    if (node->kind == NODE_MAP)
        find_duplicates(builder, node);
    builder->depth--;
    builder->open = node->parent;
    builder->is_key = builder->open && builder->open->kind == NODE_MAP;
}

static void on_alias(struct builder *builder, const yaml_event_t *event)
{
    struct config_node *node;

    refuse_at(builder, &event->start_mark, CONFIG_E_ALIAS,
              "an alias '*'; expected each value written where it is used");
    if (builder->open && builder->open->kind == NODE_MAP && builder->is_key) {
        builder->key = "*";
        builder->key_line = (uint32_t)event->start_mark.line + 1;
        builder->key_column = (uint32_t)event->start_mark.column + 1;
        builder->is_key = 0;
        builder->is_key_bad = 1;
        return;
    }
    node = add_node(builder, &event->start_mark, NODE_SCALAR);
    if (!node)
        return;
    node->text = "";
    node->is_bad = 1;
}

/* False at the end of the stream. */
static int on_event(struct builder *builder, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_STREAM_END_EVENT:
        return 0;
    case YAML_DOCUMENT_START_EVENT:
        if (++builder->n_documents > 1) {
            refuse_at(builder, &event->start_mark, CONFIG_E_DOCUMENTS,
                      "a second document; expected one document in a file");
            return 0;
        }
        break;
    case YAML_SCALAR_EVENT:
        on_scalar(builder, event);
        break;
    case YAML_ALIAS_EVENT:
        on_alias(builder, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        on_open(builder, event, NODE_LIST);
        break;
    case YAML_MAPPING_START_EVENT:
        on_open(builder, event, NODE_MAP);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        on_close(builder);
        break;
    default:
        break;
    }
    return !builder->is_stopped && !builder->is_out_of_memory;
}

/* What usually stands behind a complaint of the parser. */
static const char *syntax_hint(const char *problem)
{
    static const struct {
        const char *part, *hint;
    } hints[] = {
        {"mapping values are not allowed",
         "one 'key: value' in a line, or quotes around the value"},
        {"did not find expected key", "the same indentation as the key above"},
        {"did not find expected '-'", "list entries that begin with '- ' in one column"},
        {"could not find expected ':'", "'key: value'"},
        {"cannot start any token", "quotes around a value that begins so"},
        {"unexpected end of stream", "a closing quote or bracket"},
        {"did not find expected ',' or", "a ',' or the closing bracket"},
        {"unexpected document indicator", "a closing quote"},
        {"block sequence entries are not allowed", "a list that begins in a line of its own"},
        {"unknown escape character", "one of the escapes of YAML, or single quotes"},
        {"incompatible YAML document", "YAML 1.2"},
    };

    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
        if (strstr(problem, hints[i].part))
            return hints[i].hint;
    return "YAML 1.2";
}

static void on_parser_error(struct config *config, const yaml_parser_t *parser)
{
    const char *problem = parser->problem ? parser->problem : "out of memory";
    char context[128] = "";

    if (parser->context && parser->context_mark.line != parser->problem_mark.line)
        snprintf(context, sizeof(context), ", %s that began in line %zu", parser->context,
                 parser->context_mark.line + 1);
    else if (parser->context)
        snprintf(context, sizeof(context), ", %s", parser->context);
    node_error(config, (uint32_t)parser->problem_mark.line + 1,
               (uint32_t)parser->problem_mark.column + 1, NULL, CONFIG_E_SYNTAX,
               "not YAML: %s%s; expected %s", problem, context, syntax_hint(problem));
}

static void parse(struct config *config)
{
    struct builder builder = {.config = config};
    yaml_parser_t parser;
    yaml_event_t event;
    int goes_on = 1, is_broken = 0;
    size_t bom = 0;

    if (!yaml_parser_initialize(&parser)) {
        config->is_refused = 1;
        return;
    }
    if (config->n_bytes >= 3 && memcmp(config->bytes, "\xef\xbb\xbf", 3) == 0)
        bom = 3; // a parser that is told the encoding does not skip it
    yaml_parser_set_input_string(&parser, (const unsigned char *)config->bytes + bom,
                                 config->n_bytes - bom);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    while (goes_on) {
        if (!yaml_parser_parse(&parser, &event)) {
            on_parser_error(config, &parser);
            is_broken = 1;
            break;
        }
        goes_on = on_event(&builder, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    if (builder.is_out_of_memory)
        node_error(config, 1, 1, NULL, CONFIG_E_BOUND, "out of memory");
    if (is_broken || builder.is_stopped || builder.is_out_of_memory || builder.open) {
        config->is_refused = 1;
        return;
    }
    if (!config->root || (config->root->kind == NODE_SCALAR && config->root->n == 0)) {
        config->is_refused = 1;
        if (config->n_errors == 0)
            node_error(config, 1, 1, NULL, CONFIG_E_TOP, "the file is empty; expected keys");
    } else if (config->root->kind != NODE_MAP) {
        config->is_refused = 1;
        node_error(config, config->root->line, config->root->column, NULL, CONFIG_E_TOP,
                   "%s at the top; expected keys: 'key: value'",
                   config->root->kind == NODE_LIST ? "a list" : "a single value");
    }
}

struct config *config_new(const char *name, const void *bytes, size_t n, config_env_fn env)
{
    struct config *config = calloc(1, sizeof(*config));
    char *copy;

    if (!config)
        return NULL;
    utf8_escape(name, strlen(name), config->name, sizeof(config->name));
    config->env = env;
    if (n > CONFIG_BYTES_MAX) {
        config->bytes = "";
        config->is_refused = 1;
        node_error(config, 1, 1, NULL, CONFIG_E_SIZE,
                   "the file has more than %d MiB; expected a smaller one",
                   CONFIG_BYTES_MAX / 1024 / 1024);
        return config;
    }
    copy = node_alloc(config, n + 1 + strlen(name) + 1);
    if (!copy) {
        config_free(config);
        return NULL;
    }
    memcpy(copy, bytes, n);
    config->path = strcpy(copy + n + 1, name);
    config->bytes = copy;
    config->n_bytes = n;
    if (scan_bytes(config))
        parse(config);
    else
        config->is_refused = 1;
    config->n_parse_errors = config->n_errors;
    return config;
}

const char *config_path(const struct config *config)
{
    return config->path != NULL ? config->path : "";
}

void config_free(struct config *config)
{
    if (!config)
        return;
    for (uint32_t i = 0; i < config->n_kept; i++)
        free(config->errors[i].text);
    while (config->chunks) {
        struct chunk *next = config->chunks->next;

        free(config->chunks);
        config->chunks = next;
    }
    free(config);
}

const struct config_node *config_root(const struct config *config)
{
    return config->is_refused ? NULL : config->root;
}

const struct config_node *config_at(const struct config *config, const char *format, ...)
{
    const struct config_node *node = config_root(config);
    char path[512], *at = path;
    va_list args;

    va_start(args, format);
    vsnprintf(path, sizeof(path), format, args);
    va_end(args);
    while (node && *at) {
        size_t n = strcspn(at, ".[");
        char stop = at[n];

        if (n > 0) {
            at[n] = 0;
            node = config_get(node, at);
            at += n;
            if (!stop)
                break;
        }
        if (stop == '[') {
            unsigned long i = strtoul(at + 1, &at, 10);

            node = node && i < config_count(node) ? config_entry(node, (uint32_t)i) : NULL;
            if (*at == ']')
                at++;
            if (*at == '.')
                at++;
        } else {
            at++;
        }
    }
    return node;
}

uint32_t config_count(const struct config_node *node)
{
    return node->kind == NODE_SCALAR ? 0 : node->n;
}

const struct config_node *config_entry(const struct config_node *node, uint32_t i)
{
    return i < config_count(node) ? node->entries[i] : NULL;
}

const char *config_key(const struct config_node *node, uint32_t i)
{
    return i < config_count(node) ? node->entries[i]->key : NULL;
}

const struct config_node *config_get(const struct config_node *node, const char *key)
{
    if (node->kind != NODE_MAP)
        return NULL;
    for (uint32_t i = 0; i < node->n; i++)
        if (strcmp(node->entries[i]->key, key) == 0)
            return node->entries[i];
    return NULL;
}

const char *config_text(const struct config_node *node)
{
    return node->kind == NODE_SCALAR ? node->text : NULL;
}

int config_is_map(const struct config_node *node)
{
    return node->kind == NODE_MAP;
}

int config_is_list(const struct config_node *node)
{
    return node->kind == NODE_LIST;
}

int config_is_quoted(const struct config_node *node)
{
    return node->is_quoted;
}

uint32_t config_line(const struct config_node *node)
{
    return node->line;
}

uint32_t config_column(const struct config_node *node)
{
    return node->column;
}

void node_path(const struct config_node *node, char *text, size_t room)
{
    const struct config_node *way[CONFIG_DEPTH_MAX + 1];
    int n = 0;
    size_t used = 0;

    text[0] = 0;
    for (; node && node->parent && n <= CONFIG_DEPTH_MAX; node = node->parent)
        way[n++] = node;
    while (n-- > 0 && used + 1 < room) {
        const struct config_node *at = way[n];

        if (at->parent->kind == NODE_MAP) {
            char key[80];

            utf8_escape(at->key, strnlen(at->key, 64), key, sizeof(key));
            snprintf(text + used, room - used, "%s%s", used ? "." : "", key);
        } else {
            // An open list is a chain yet, a whole one an array.
            uint32_t i = 0;

            if (at->parent->last == at && at->next == NULL)
                i = at->parent->n - 1;
            else
                while (i < at->parent->n && at->parent->entries[i] != at)
                    i++;
            snprintf(text + used, room - used, "[%u]", i);
        }
        used = strlen(text);
    }
}

void node_show(const struct config_node *node, char *text, size_t room)
{
    char cut[64];

    if (node->kind != NODE_SCALAR)
        snprintf(text, room, "%s", node->kind == NODE_MAP ? "a map" : "a list");
    else if (node->is_env)
        snprintf(text, room, "the variable's value");
    else if (scan_is_secret(node->text, node->n) || (node->key && scan_is_secret_key(node->key)))
        snprintf(text, room, "a value that is not shown");
    else {
        utf8_escape(node->text, node->n, cut, sizeof(cut));
        snprintf(text, room, "'%s'", cut);
    }
}
