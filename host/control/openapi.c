// SPDX-License-Identifier: Apache-2.0
/* The OpenAPI document (3.0.3), written from the table of verbs and what it says of answers.
 * Objects do not forbid members that are not described, so that a client made from it goes on when
 * a later edition has more; a test of ours does. */
#include <ctype.h>
#include <string.h>

#include "control/impl.h"

#define DECIMAL_FORM "^-?[0-9]+([.][0-9]+)?$"
#define JSON_TYPE    "application/json"

static const char about[] =
    "A running host of Agon, to its operators. What looks is a GET and needs one of the two tokens "
    "of the run directory (the files token_read and token); what "
    "changes something is a POST of {\"args\": [...]}, needs the operator's token and content type "
    "application/json, and is an event of the journal.\n\n"
    "Amounts, prices and quantities are decimals as texts, exact; amounts are in the base currency "
    "where nothing else is said. Times are UTC with milliseconds, "
    "or milliseconds since 1970 where the name ends in t_ms. Members may be added in a "
    "later edition of the same first number: do not refuse what you do not know.";

static void put_ref(struct jout *out, const char *what, const char *name)
{
    char text[96];

    snprintf(text, sizeof(text), "#/components/%s/%s", what, name);
    jout_kv_str(out, "$ref", text);
}

static void put_example(struct jout *out, const struct control_field *field)
{
    static const char *const examples[] = {[CONTROL_DECIMAL] = "\"12.50\"",
                                           [CONTROL_INTEGER] = "3",
                                           [CONTROL_REAL] = "0.25",
                                           [CONTROL_BOOL] = "false",
                                           [CONTROL_TIME] = "\"2026-11-20T17:24:11.123Z\"",
                                           [CONTROL_EITHER] = "0.25",
                                           [CONTROL_ANY] = NULL};
    const char *text = field->example != NULL ? field->example : examples[field->type];

    if (text == NULL && describe_word(field, 0) == NULL)
        return;
    jout_key(out, "example");
    if (text != NULL)
        jout_raw(out, text, strlen(text));
    else
        jout_str(out, describe_word(field, 0));
}

static void put_words(struct jout *out, const struct control_field *field)
{
    const char *word;

    if (describe_word(field, 0) == NULL)
        return;
    jout_key(out, "enum");
    jout_open(out, '[');
    for (uint32_t i = 0; (word = describe_word(field, i)) != NULL; i++)
        jout_str(out, word);
    if ((field->marks & CONTROL_NULL) != 0)
        jout_null(out);
    jout_close(out, '[');
}

static void put_doc(struct jout *out, const struct control_field *field)
{
    char text[512];

    if (field->doc == NULL)
        return;
    snprintf(text, sizeof(text), "%s%s%s%s", field->doc, field->unit != NULL ? " (" : "",
             field->unit != NULL ? field->unit : "", field->unit != NULL ? ")" : "");
    jout_kv_str(out, "description", text);
}

static void put_type(struct jout *out, const struct control_field *field);

// Of what a list or a map holds.
static void put_items(struct jout *out, const char *key, const struct control_field *field)
{
    const struct control_field one = {.type = CONTROL_OBJECT, .of = field->of};

    jout_key(out, key);
    put_type(out, field->of != NULL ? &one : field->items);
}

static void put_number_or_text(struct jout *out)
{
    static const char *const types[] = {"number", "string"};

    jout_key(out, "oneOf");
    jout_open(out, '[');
    for (int i = 0; i < 2; i++) {
        jout_open(out, '{');
        jout_kv_str(out, "type", types[i]);
        jout_close(out, '{');
    }
    jout_close(out, '[');
}

static void put_type(struct jout *out, const struct control_field *field)
{
    static const char *const types[] = {
        [CONTROL_TEXT] = "string",   [CONTROL_DECIMAL] = "string", [CONTROL_INTEGER] = "integer",
        [CONTROL_REAL] = "number",   [CONTROL_BOOL] = "boolean",   [CONTROL_TIME] = "string",
        [CONTROL_OBJECT] = "object", [CONTROL_LIST] = "array",     [CONTROL_MAP] = "object",
        [CONTROL_EITHER] = NULL,     [CONTROL_ANY] = "object"};

    jout_open(out, '{');
    if (field->type == CONTROL_OBJECT) { // beside a reference nothing else counts
        put_ref(out, "schemas", field->of->name);
        jout_close(out, '{');
        return;
    }
    if (field->type == CONTROL_EITHER)
        put_number_or_text(out);
    else
        jout_kv_str(out, "type", types[field->type]);
    if (field->type == CONTROL_DECIMAL)
        jout_kv_str(out, "pattern", DECIMAL_FORM);
    if (field->type == CONTROL_INTEGER)
        jout_kv_str(out, "format", "int64");
    if (field->type == CONTROL_REAL)
        jout_kv_str(out, "format", "double");
    if (field->type == CONTROL_TIME)
        jout_kv_str(out, "format", "date-time");
    if ((field->marks & CONTROL_NULL) != 0)
        jout_kv_bool(out, "nullable", 1);
    put_doc(out, field);
    put_words(out, field);
    if (field->type == CONTROL_LIST)
        put_items(out, "items", field);
    if (field->type == CONTROL_MAP)
        put_items(out, "additionalProperties", field);
    if (field->n_items > 0) {
        jout_kv_int(out, "minItems", field->n_items);
        jout_kv_int(out, "maxItems", field->n_items);
    }
    put_example(out, field);
    jout_close(out, '{');
}

static void put_shape(struct jout *out, const struct control_shape *shape)
{
    struct control_field field;
    int n_required = 0;

    jout_key(out, shape->name);
    jout_open(out, '{');
    jout_kv_str(out, "type", "object");
    if (shape->is_null)
        jout_kv_bool(out, "nullable", 1);
    jout_kv_str(out, "description", shape->doc);
    jout_key(out, "properties");
    jout_open(out, '{');
    for (uint32_t i = 0; describe_member(shape, i, &field); i++) {
        n_required += (field.marks & CONTROL_MAYBE) == 0;
        jout_key(out, field.key);
        put_type(out, &field);
    }
    jout_close(out, '{');
    if (shape->rest != NULL) {
        jout_key(out, "additionalProperties");
        put_type(out, shape->rest);
    }
    if (n_required > 0) {
        jout_key(out, "required");
        jout_open(out, '[');
        for (uint32_t i = 0; describe_member(shape, i, &field); i++) {
            if ((field.marks & CONTROL_MAYBE) == 0)
                jout_str(out, field.key);
        }
        jout_close(out, '[');
    }
    jout_close(out, '{');
}

/* ---- operations */

// The body of an answer, or of a request: of that type, and by default of any.
static void put_content(struct jout *out, const char *type, const struct control_field *field)
{
    static const struct control_field any = {.type = CONTROL_ANY};

    jout_key(out, "content");
    jout_open(out, '{');
    jout_key(out, type);
    jout_open(out, '{');
    jout_key(out, "schema");
    put_type(out, field != NULL ? field : &any);
    jout_close(out, '{');
    jout_close(out, '{');
}

static void put_answer(struct jout *out, const char *status, const char *text, const char *type,
                       const struct control_field *field)
{
    jout_key(out, status);
    jout_open(out, '{');
    jout_kv_str(out, "description", text);
    if (type != NULL)
        put_content(out, type, field);
    jout_close(out, '{');
}

static void put_refusals(struct jout *out, const struct control_verb *verb, int n_args)
{
    const struct describe_status *one;
    char status[8];

    for (uint32_t i = 0; (one = describe_status(verb, n_args, i)) != NULL; i++) {
        snprintf(status, sizeof(status), "%d", one->status);
        jout_key(out, status);
        jout_open(out, '{');
        put_ref(out, "responses", one->name);
        jout_close(out, '{');
    }
}

static void put_parameter(struct jout *out, const struct control_word *word, const char *in,
                          int is_required)
{
    const struct control_field field = {.type = CONTROL_TEXT, .words = word->words};

    jout_open(out, '{');
    jout_kv_str(out, "name", word->name);
    jout_kv_str(out, "in", in);
    jout_kv_bool(out, "required", is_required);
    jout_kv_str(out, "description", word->doc);
    jout_key(out, "schema");
    put_type(out, &field);
    if (word->example != NULL)
        jout_kv_str(out, "example", word->example);
    jout_close(out, '{');
}

static void put_path_parameters(const struct control_port *port, const struct control_verb *verb,
                                int n_args, struct jout *out)
{
    static const struct control_word once = {
        .name = "Idempotency-Key",
        .doc = "a text of the client's own: a command with one that was taken before is refused "
               "with 409 and not done twice",
        .example = "halt-7"};
    struct describe_arg arg;

    if (n_args == 0 && verb->scope == CONTROL_READ)
        return;
    jout_key(out, "parameters");
    jout_open(out, '[');
    for (int i = 1; i <= n_args && describe_arg(port, verb, i, &arg); i++)
        put_parameter(out, arg.word, "path", 1);
    if (verb->scope == CONTROL_OPERATE)
        put_parameter(out, &once, "header", 0);
    jout_close(out, '[');
}

// "HaltArgs"
static void args_name(const struct control_verb *verb, char name[64])
{
    size_t n = 0;
    int is_first = 1;

    for (const char *c = verb->name; *c != '\0' && n < 50; c++) {
        if (isalnum((unsigned char)*c))
            name[n++] = (char)(is_first ? toupper((unsigned char)*c) : *c);
        is_first = !isalnum((unsigned char)*c);
    }
    memcpy(name + n, "Args", sizeof("Args"));
}

static void put_args(const struct control_port *port, const struct control_verb *verb,
                     struct jout *out)
{
    struct describe_arg arg;
    char text[1024], name[64];
    size_t used = 0;

    args_name(verb, name);
    text[0] = '\0';
    for (int i = 1; describe_arg(port, verb, i, &arg) && used < sizeof(text); i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%d. %s%s: %s",
                                 i > 1 ? "; " : "", i, arg.word->name,
                                 i > verb->args_min ? " (may be left out)" : "", arg.word->doc);
    jout_key(out, name);
    jout_open(out, '{');
    jout_kv_str(out, "type", "object");
    jout_kv_str(out, "description", verb->help);
    jout_kv_bool(out, "additionalProperties", 0);
    jout_key(out, "properties");
    jout_open(out, '{');
    jout_key(out, "args");
    jout_open(out, '{');
    jout_kv_str(out, "type", "array");
    jout_kv_str(out, "description", text);
    jout_kv_int(out, "minItems", verb->args_min);
    jout_kv_int(out, "maxItems", verb->args_max);
    jout_key(out, "items");
    jout_open(out, '{');
    jout_kv_str(out, "type", "string");
    jout_close(out, '{');
    jout_key(out, "example");
    jout_open(out, '[');
    for (int i = 1; i <= (verb->args_min > 0 ? verb->args_min : verb->args_max) &&
                    describe_arg(port, verb, i, &arg);
         i++)
        jout_str(out, arg.word->example != NULL ? arg.word->example : arg.word->name);
    jout_close(out, '[');
    jout_close(out, '{');
    jout_close(out, '{');
    if (verb->args_min > 0) {
        jout_key(out, "required");
        jout_open(out, '[');
        jout_str(out, "args");
        jout_close(out, '[');
    }
    jout_close(out, '{');
}

static void put_tags(struct jout *out, const char *tag)
{
    jout_key(out, "tags");
    jout_open(out, '[');
    jout_str(out, tag);
    jout_close(out, '[');
}

#define OTHER_TAG "Host"

static void put_operation(const struct control_port *port, const struct control_verb *verb,
                          int n_args, struct jout *out)
{
    int is_post = verb->scope == CONTROL_OPERATE;
    char text[64];

    describe_id(port, verb, n_args, text);
    jout_key(out, is_post ? "post" : "get");
    jout_open(out, '{');
    jout_kv_str(out, "operationId", text);
    put_tags(out, port->group != NULL ? port->group(verb) : OTHER_TAG);
    jout_kv_str(out, "summary", verb->help);
    put_path_parameters(port, verb, n_args, out);
    if (is_post) {
        jout_key(out, "requestBody");
        jout_open(out, '{');
        jout_kv_bool(out, "required", verb->args_min > 0);
        jout_key(out, "content");
        jout_open(out, '{');
        jout_key(out, JSON_TYPE);
        jout_open(out, '{');
        jout_key(out, "schema");
        jout_open(out, '{');
        args_name(verb, text);
        put_ref(out, "schemas", text);
        for (int i = 0; i < 4; i++)
            jout_close(out, '{');
    }
    jout_key(out, "responses");
    jout_open(out, '{');
    put_answer(out, "200", is_post ? "It is taken" : "The answer", JSON_TYPE,
               describe_gives(verb, n_args));
    put_refusals(out, verb, n_args);
    jout_close(out, '{');
    jout_close(out, '{');
}

static void open_other(struct jout *out, const char *path, const char *id, const char *summary,
                       int is_free)
{
    jout_key(out, path);
    jout_open(out, '{');
    jout_key(out, "get");
    jout_open(out, '{');
    jout_kv_str(out, "operationId", id);
    put_tags(out, OTHER_TAG);
    jout_kv_str(out, "summary", summary);
    if (is_free) {
        jout_key(out, "security");
        jout_open(out, '[');
        jout_close(out, '[');
    }
}

static void close_other(struct jout *out)
{
    jout_close(out, '{'); // responses
    jout_close(out, '{');
    jout_close(out, '{');
}

/* What anybody is told, and needs no token for. */
static void put_free_refusals(struct jout *out)
{
    const struct describe_status *one;
    char status[8];

    for (uint32_t i = 0; (one = describe_status(NULL, 0, i)) != NULL; i++) {
        if (one->status != 403 && one->status != 421)
            continue;
        snprintf(status, sizeof(status), "%d", one->status);
        jout_key(out, status);
        jout_open(out, '{');
        put_ref(out, "responses", one->name);
        jout_close(out, '{');
    }
}

static void put_live(struct jout *out)
{
    static const struct control_word token = {
        .name = "token",
        .doc = "one of the two tokens: a browser can send no header of its own here",
        .example = "0123456789abcdef0123456789abcdef"};

    open_other(out, "/api/v1/live", "live", "what changes, four times a second at most (WebSocket)",
               1);
    jout_kv_str(
        out, "description",
        "A WebSocket. First a message of type snapshot with all keys, then diffs with what "
        "changed: {\"type\": \"diff\", \"version\": 7, \"set\": {KEY: VALUE}, \"removed\": [KEY]}. "
        "A client that sends {\"keys\": [\"status\", \"agent/\"]} is sent these alone, and of an "
        "object in merge the members that changed.");
    jout_key(out, "parameters");
    jout_open(out, '[');
    put_parameter(out, &token, "query", 1);
    jout_close(out, '[');
    jout_key(out, "responses");
    jout_open(out, '{');
    put_answer(out, "101", "From here on it is a WebSocket", NULL, NULL);
    put_answer(out, "401", "No token, or a wrong one", NULL, NULL);
    put_answer(out, "403", "Asked by a page of another site", NULL, NULL);
    jout_key(out, "404"); // as any route that is not there
    jout_open(out, '{');
    put_ref(out, "responses", "NotFound");
    jout_close(out, '{');
    put_answer(out, "421", "Asked under another name than the loopback address", NULL, NULL);
    put_answer(out, "503", "Too many watch", NULL, NULL);
    close_other(out);
}

/* Why it is not ready; or not even that, where too many requests wait. */
static void put_either(struct jout *out, const struct control_shape *ready)
{
    jout_key(out, "503");
    jout_open(out, '{');
    jout_kv_str(out, "description", "It does not, and this is why; or too many requests wait");
    jout_key(out, "content");
    jout_open(out, '{');
    jout_key(out, JSON_TYPE);
    jout_open(out, '{');
    jout_key(out, "schema");
    jout_open(out, '{');
    jout_key(out, "oneOf");
    jout_open(out, '[');
    jout_open(out, '{');
    put_ref(out, "schemas", ready->name);
    jout_close(out, '{');
    jout_open(out, '{');
    put_ref(out, "schemas", describe_error.name);
    jout_close(out, '{');
    jout_close(out, '[');
    for (int i = 0; i < 4; i++)
        jout_close(out, '{');
}

/* Routes that are no verbs. */
static void put_others(const struct control_port *port, struct jout *out)
{
    static const struct control_field text = {.type = CONTROL_TEXT};
    static const struct control_field health = {.type = CONTROL_OBJECT, .of = &describe_health};
    const struct control_field ready = {.type = CONTROL_OBJECT, .of = port->ready_shape};

    put_live(out);
    open_other(out, "/healthz", "healthz", "does the host serve?", 1);
    jout_key(out, "responses");
    jout_open(out, '{');
    put_answer(out, "200", "It does", JSON_TYPE, &health);
    put_free_refusals(out);
    jout_key(out, "503");
    jout_open(out, '{');
    put_ref(out, "responses", "ServiceUnavailable");
    jout_close(out, '{');
    close_other(out);
    if (port->ready_shape != NULL) {
        open_other(out, "/readyz", "readyz", "does the host take orders?", 1);
        jout_key(out, "responses");
        jout_open(out, '{');
        put_answer(out, "200", "It does", JSON_TYPE, &ready);
        put_either(out, port->ready_shape);
        put_free_refusals(out);
        close_other(out);
    }
    open_other(out, "/metrics", "metrics", "the figures of the host, for Prometheus", 0);
    jout_key(out, "responses");
    jout_open(out, '{');
    put_answer(out, "200", "Its text format (docs/metrics.md)", "text/plain", &text);
    put_refusals(out, NULL, 0);
    close_other(out);
    open_other(out, "/openapi.json", "openapi", "this document", 0);
    jout_key(out, "responses");
    jout_open(out, '{');
    put_answer(out, "200", "OpenAPI 3.0", JSON_TYPE, NULL);
    put_refusals(out, NULL, 0);
    close_other(out);
}

/* ---- the document */

static void put_paths(const struct control_port *port, struct jout *out)
{
    jout_key(out, "paths");
    jout_open(out, '{');
    for (const struct control_verb *verb = port->verbs; verb->name != NULL; verb++) {
        int least, most;

        if (verb->scope == CONTROL_CLIENT)
            continue;
        describe_in_path(verb, &least, &most);
        for (int n = least; n <= most; n++) {
            char path[160];

            describe_path(port, verb, n, path);
            jout_key(out, path);
            jout_open(out, '{');
            put_operation(port, verb, n, out);
            jout_close(out, '{');
        }
    }
    put_others(port, out);
    jout_close(out, '{');
}

static void put_schemas(const struct control_port *port, struct jout *out)
{
    const struct control_shape *shapes[DESCRIBE_SHAPES];
    uint32_t n = describe_shapes(port, shapes);

    jout_key(out, "schemas");
    jout_open(out, '{');
    for (uint32_t i = 0; i < n; i++)
        put_shape(out, shapes[i]);
    for (const struct control_verb *verb = port->verbs; verb->name != NULL; verb++) {
        if (verb->scope == CONTROL_OPERATE)
            put_args(port, verb, out);
    }
    jout_close(out, '{');
}

static void put_responses(struct jout *out)
{
    static const struct control_field error = {.type = CONTROL_OBJECT, .of = &describe_error};
    const struct describe_status *one;

    jout_key(out, "responses");
    jout_open(out, '{');
    for (uint32_t i = 0; (one = describe_status(&describe_all, 1, i)) != NULL; i++)
        put_answer(out, one->name, one->doc, JSON_TYPE, &error);
    jout_close(out, '{');
}

static void put_info(const struct control_port *port, const char *url, struct jout *out)
{
    jout_kv_str(out, "openapi", "3.0.3");
    jout_key(out, "info");
    jout_open(out, '{');
    jout_kv_str(out, "title", "Agon");
    jout_kv_str(out, "version", port->edition != NULL ? port->edition : AGON_VERSION);
    jout_kv_str(out, "description", about);
    jout_key(out, "license");
    jout_open(out, '{');
    jout_kv_str(out, "name", "Apache-2.0");
    jout_kv_str(out, "url", "https://www.apache.org/licenses/LICENSE-2.0");
    jout_close(out, '{');
    jout_close(out, '{');
    jout_key(out, "servers");
    jout_open(out, '[');
    jout_open(out, '{');
    jout_kv_str(out, "url", url);
    jout_kv_str(out, "description", "this host; loopback alone");
    jout_close(out, '{');
    jout_close(out, '[');
    jout_key(out, "security");
    jout_open(out, '[');
    jout_open(out, '{');
    jout_key(out, "token");
    jout_open(out, '[');
    jout_close(out, '[');
    jout_close(out, '{');
    jout_close(out, '[');
}

/* Each group once, in the order of the verbs. */
static void put_all_tags(const struct control_port *port, struct jout *out)
{
    jout_key(out, "tags");
    jout_open(out, '[');
    for (const struct control_verb *verb = port->verbs; port->group != NULL && verb->name != NULL;
         verb++) {
        if (!describe_is_first(port, verb))
            continue;
        jout_open(out, '{');
        jout_kv_str(out, "name", port->group(verb));
        jout_kv_str(out, "description", "As `agon help ctl` has them");
        jout_close(out, '{');
    }
    jout_open(out, '{');
    jout_kv_str(out, "name", OTHER_TAG);
    jout_kv_str(out, "description",
                "Beside the verbs: probes, metrics, what is live, this document");
    jout_close(out, '{');
    jout_close(out, '[');
}

void control_openapi(const struct control_port *port, const char *url, struct jout *out)
{
    jout_open(out, '{');
    put_info(port, url, out);
    put_all_tags(port, out);
    put_paths(port, out);
    jout_key(out, "components");
    jout_open(out, '{');
    put_schemas(port, out);
    put_responses(out);
    jout_key(out, "securitySchemes");
    jout_open(out, '{');
    jout_key(out, "token");
    jout_open(out, '{');
    jout_kv_str(out, "type", "http");
    jout_kv_str(out, "scheme", "bearer");
    jout_kv_str(out, "description",
                "The content of token_read (looks) or token (changes) of the run directory, new "
                "with each start");
    jout_close(out, '{');
    jout_close(out, '{');
    jout_close(out, '{');
    jout_close(out, '{');
}
