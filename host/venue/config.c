// SPDX-License-Identifier: Apache-2.0
#include "venue/config.h"

#include <stdio.h>

#include "venue/wire.h"

struct endpoint {
    char host[256];
    char path[128];
    char ca_file[256];
    uint16_t port;
    uint8_t is_tls;
};
struct file_limit {
    uint32_t kind, capacity;
    int64_t window_ns;
};
struct subscribe {
    uint8_t trades, quotes, depth;
};
struct venue_file {
    char name[32], dialect[32], feed[32], credential[64];
    uint32_t key_kind;
    struct endpoint market, user, rest, rights, order_socket;
    uint32_t orders;
    uint32_t n_limits;
    struct file_limit limits[VENUE_LIMITS_MAX];
    struct subscribe subscribe;
    uint32_t order_links, data_links, cancel_links, recv_window_ms, snapshot_levels, warm_bars;
    int64_t hold_ns, cancel_hold_ns, cancel_ns, request_ns, reconcile_ns, silence_ns,
        user_silence_ns, rights_ns, channel_ns, life_ns, message_gap_ns, cooloff_ns, dead_man_ns;
    uint32_t leverage, margin;
};

static const char *const limit_names[] = {"weight",     "raw",       "orders",
                                          "orders_day", "snapshots", "connects"};
static const struct schema_choice limit_kinds[] = {
    {"weight", 0},    {"raw", 1},      {"orders", 2}, {"orders_day", 3},
    {"snapshots", 4}, {"connects", 5}, {NULL, 0}};
static const struct schema_choice key_kinds[] = {
    {"hmac", VENUE_KEY_HMAC}, {"ed25519", VENUE_KEY_ED25519}, {NULL, 0}};

static const struct schema_choice order_ways[] = {
    {"rest", VENUE_ORDERS_REST}, {"websocket", VENUE_ORDERS_WEBSOCKET}, {NULL, 0}};

enum { MARGIN_KEEP = 0, MARGIN_CROSS = 1, MARGIN_ISOLATED = 2 };
static const struct schema_choice margins[] = {
    {"keep", MARGIN_KEEP}, {"cross", MARGIN_CROSS}, {"isolated", MARGIN_ISOLATED}, {NULL, 0}};

static const struct schema_field endpoint_fields[] = {
    {"host", SCHEMA_TEXT, SCHEMA_MEMBER(struct endpoint, host), .is_required = 1, .min = 1,
     .max = 255, .doc = "name or address"},
    {"port", SCHEMA_INT, SCHEMA_MEMBER(struct endpoint, port), .min = 1, .max = 65535,
     .preset = "443", .doc = "port"},
    {"tls", SCHEMA_BOOL, SCHEMA_MEMBER(struct endpoint, is_tls), .preset = "true",
     .doc = "false only for a venue on this machine"},
    {"path", SCHEMA_TEXT, SCHEMA_MEMBER(struct endpoint, path),
     .doc = "path of the socket; of REST: what stands before /v3"},
    {"ca_file", SCHEMA_TEXT, SCHEMA_MEMBER(struct endpoint, ca_file),
     .doc = "PEM with the authorities to trust instead of the system's"},
    {NULL}};
static const struct schema endpoint_schema = {"endpoint", sizeof(struct endpoint), endpoint_fields,
                                              NULL};

static const struct schema_field limit_fields[] = {
    {"kind", SCHEMA_CHOICE, SCHEMA_MEMBER(struct file_limit, kind), .is_required = 1,
     .choices = limit_kinds, .doc = "which of the venue's limits"},
    {"capacity", SCHEMA_INT, SCHEMA_MEMBER(struct file_limit, capacity), .is_required = 1, .min = 1,
     .max = 1000000000, .doc = "what the venue allows in the window; 80 % of it are used"},
    {"window", SCHEMA_DURATION, SCHEMA_MEMBER(struct file_limit, window_ns), .is_required = 1,
     .min = 1000000, .max = 86400000000000, .doc = "the venue's window"},
    {NULL}};
static const struct schema limit_schema = {"limit", sizeof(struct file_limit), limit_fields, NULL};

static const struct schema_field subscribe_fields[] = {
    {"trades", SCHEMA_BOOL, SCHEMA_MEMBER(struct subscribe, trades), .preset = "true",
     .doc = "each trade"},
    {"quotes", SCHEMA_BOOL, SCHEMA_MEMBER(struct subscribe, quotes), .preset = "true",
     .doc = "best prices"},
    {"depth", SCHEMA_BOOL, SCHEMA_MEMBER(struct subscribe, depth), .preset = "true",
     .doc = "the book"},
    {NULL}};
static const struct schema subscribe_schema = {"subscribe", sizeof(struct subscribe),
                                               subscribe_fields, NULL};

#define TIME(key, member, least, most, preset_text, text)                                          \
    {                                                                                              \
        key, SCHEMA_DURATION, SCHEMA_MEMBER(struct venue_file, member),                            \
            .min = (least), .max = (most), .preset = (preset_text), .doc = (text)                  \
    }
#define MS 1000000ll
#define S  1000000000ll

static const struct schema_field venue_fields[] = {
    {"name", SCHEMA_NAME, SCHEMA_MEMBER(struct venue_file, name), .is_required = 1,
     .doc = "what this venue is called here"},
    {"dialect", SCHEMA_NAME, SCHEMA_MEMBER(struct venue_file, dialect), .is_required = 1,
     .doc = "what it speaks, as binance_spot: docs/venues has a page of each"},
    {"feed", SCHEMA_NAME, SCHEMA_MEMBER(struct venue_file, feed),
     .doc = "another account of a venue that stands before this one in the configuration: its "
            "market data are taken"},
    {"credential", SCHEMA_NAME, SCHEMA_MEMBER(struct venue_file, credential),
     .doc = "name in the credential store; without it there is public data only"},
    {"key_kind", SCHEMA_CHOICE, SCHEMA_MEMBER(struct venue_file, key_kind), .choices = key_kinds,
     .preset = "hmac", .doc = "kind of the secret"},
    {"market", SCHEMA_MAP, SCHEMA_MEMBER(struct venue_file, market), .sub = &endpoint_schema,
     .is_required = 1, .doc = "market streams"},
    {"user", SCHEMA_MAP, SCHEMA_MEMBER(struct venue_file, user), .sub = &endpoint_schema,
     .is_required = 1, .doc = "user data"},
    {"rest", SCHEMA_MAP, SCHEMA_MEMBER(struct venue_file, rest), .sub = &endpoint_schema,
     .is_required = 1, .doc = "requests"},
    {"rights", SCHEMA_MAP, SCHEMA_MEMBER(struct venue_file, rights), .sub = &endpoint_schema,
     .doc = "where the key's rights are asked for, when not at rest: futures have it elsewhere"},
    {"orders", SCHEMA_CHOICE, SCHEMA_MEMBER(struct venue_file, orders), .choices = order_ways,
     .preset = "rest",
     .doc =
         "by what orders go, where the venue takes them by WebSocket too: websocket goes by REST "
         "while that is not up"},
    {"order_socket", SCHEMA_MAP, SCHEMA_MEMBER(struct venue_file, order_socket),
     .sub = &endpoint_schema,
     .doc =
         "where orders go by WebSocket, when not by user's connection: futures have it elsewhere"},
    {"limits", SCHEMA_MAP, SCHEMA_ARRAY(struct venue_file, limits, n_limits), .sub = &limit_schema,
     .is_required = 1, .doc = "the venue's published limits, each kind once"},
    {"subscribe", SCHEMA_MAP, SCHEMA_MEMBER(struct venue_file, subscribe), .sub = &subscribe_schema,
     .doc = "what is subscribed for each instrument"},
    {"order_links", SCHEMA_INT, SCHEMA_MEMBER(struct venue_file, order_links), .min = 1, .max = 4,
     .preset = "2", .doc = "REST connections for orders"},
    {"data_links", SCHEMA_INT, SCHEMA_MEMBER(struct venue_file, data_links), .min = 1, .max = 2,
     .preset = "1", .doc = "REST connections for everything else"},
    {"cancel_links", SCHEMA_INT, SCHEMA_MEMBER(struct venue_file, cancel_links), .min = 0, .max = 2,
     .preset = "2", .doc = "REST connections for cancels alone"},
    {"recv_window", SCHEMA_DURATION, SCHEMA_MEMBER(struct venue_file, recv_window_ms), .min = 100,
     .max = 60000, .preset = "5s", .doc = "how old a signed request may be"},
    {"snapshot_levels", SCHEMA_INT, SCHEMA_MEMBER(struct venue_file, snapshot_levels), .min = 5,
     .max = 5000, .preset = "1000", .doc = "levels of a side in a book snapshot"},
    {"warm_bars", SCHEMA_INT, SCHEMA_MEMBER(struct venue_file, warm_bars), .min = 0, .max = 1000,
     .preset = "500", .doc = "minutes of history at the start"},
    TIME("hold", hold_ns, 10 * MS, 10 * S, "250ms", "a new order not sent by then never is"),
    TIME("cancel_hold", cancel_hold_ns, 10 * MS, 60 * S, "5s", "a cancel not sent by then"),
    TIME("cancel_timeout", cancel_ns, 50 * MS, 60 * S, "1s",
         "a cancel without an answer goes by another connection"),
    TIME("request_timeout", request_ns, S, 60 * S, "12s", "without an answer the fate is unknown"),
    TIME("reconcile", reconcile_ns, S, 600 * S, "30s", "between readings of orders and balances"),
    TIME("rights_every", rights_ns, S, 24 * 3600 * S, "1h",
         "between readings of what the key may do; behind a new connection too"),
    TIME("silence", silence_ns, S, 600 * S, "3s", "no byte, not even a pong: the socket is dead"),
    TIME("user_silence", user_silence_ns, S, 600 * S, "30s", "the same of the user data socket"),
    TIME("channel", channel_ns, 0, 3600 * S, "10s", "a book without an update; 0s: never stale"),
    TIME("life", life_ns, 60 * S, 86400 * S, "23.5h", "a socket is replaced by then"),
    TIME("message_gap", message_gap_ns, 0, 10 * S, "250ms",
         "between our messages on a socket, but for orders"),
    TIME("cooloff", cooloff_ns, S, 86400 * S, "5m", "nothing is sent after a ban without a time"),
    TIME("dead_man", dead_man_ns, 0, 3600 * S, "60s",
         "where the venue has such a switch it cancels our orders when we are silent for so long; "
         "0s: never"),
    {"leverage", SCHEMA_INT, SCHEMA_MEMBER(struct venue_file, leverage), .min = 0, .max = 125,
     .preset = "0", .doc = "futures: set at the start for each instrument; 0: as it is"},
    {"margin", SCHEMA_CHOICE, SCHEMA_MEMBER(struct venue_file, margin), .choices = margins,
     .preset = "keep", .doc = "futures: margin type, set at the start for each instrument"},
    {NULL}};

int venue_is_loopback(const char *host)
{
    return strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0 ||
           strcmp(host, "localhost") == 0;
}

// Keys and signatures in the clear are for this machine alone.
static void check_tls(struct config *config, const struct config_node *node, const char *name,
                      const struct endpoint *endpoint)
{
    const struct config_node *at = config_get(node, name);

    if (at == NULL || endpoint->is_tls || endpoint->host[0] == '\0' ||
        venue_is_loopback(endpoint->host))
        return;
    config_refuse(config, config_get(at, "tls"), CONFIG_E_CONFLICT,
                  "tls is false and %s.host is '%s'; expected true, or 127.0.0.1, ::1 or localhost",
                  name, endpoint->host);
}

// The names of all that a gateway can speak to, as a sentence has them.
static void refuse_dialect(struct config *config, const struct config_node *node, const char *name)
{
    const struct venue_wire *wire;
    char names[512];
    size_t n = 0;

    for (uint32_t i = 0; (wire = venue_table_at(i)) != NULL && n < sizeof(names); i++)
        n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s",
                              i == 0                          ? ""
                              : venue_table_at(i + 1) == NULL ? " or "
                                                              : ", ",
                              wire->name);
    config_refuse(config, node, CONFIG_E_CHOICE, "there is no dialect \"%s\"; expected %s", name,
                  names);
}

static void check_orders(struct config *config, const struct config_node *node,
                         const struct venue_file *file, const struct venue_wire *wire)
{
    if (file->credential[0] != '\0' && !wire->has_orders)
        config_refuse(config, config_get(node, "credential"), CONFIG_E_CONFLICT,
                      "%s is for market data alone: no orders are sent there and no account is "
                      "read; name no credential",
                      file->dialect);
    if (file->orders == VENUE_ORDERS_WEBSOCKET && wire->say == NULL)
        config_refuse(config, config_get(node, "orders"), CONFIG_E_CONFLICT,
                      "%s takes no orders by WebSocket here; expected rest", file->dialect);
    else if (file->orders == VENUE_ORDERS_WEBSOCKET && wire->says_apart &&
             file->order_socket.host[0] == '\0')
        config_refuse(config, config_get(node, "orders"), CONFIG_E_MISSING,
                      "orders by WebSocket go to an address of their own at %s: name order_socket",
                      file->dialect);
    if (file->order_socket.host[0] != '\0' && !wire->says_apart)
        config_refuse(config, config_get(node, "order_socket"), CONFIG_E_CONFLICT,
                      "%s has no connection for orders alone: name no order_socket", file->dialect);
}

static void check_limits(struct config *config, const struct config_node *node, void *out)
{
    const struct venue_file *file = out;
    uint32_t seen = 0;
    struct venue_config unused;

    for (uint32_t i = 0; i < file->n_limits; i++) {
        if ((seen >> file->limits[i].kind & 1) != 0)
            config_refuse(config, config_get(node, "limits"), CONFIG_E_CONFLICT,
                          "the limit \"%s\" is there twice; each kind stands once",
                          limit_names[file->limits[i].kind]);
        seen |= 1u << file->limits[i].kind;
    }
    for (uint32_t kind = 0; kind < VENUE_LIMITS_MAX; kind++) {
        if ((seen >> kind & 1) == 0)
            config_refuse(config, config_get(node, "limits"), CONFIG_E_MISSING,
                          "the limit \"%s\" is missing", limit_names[kind]);
    }
    check_tls(config, node, "market", &file->market);
    check_tls(config, node, "user", &file->user);
    check_tls(config, node, "rest", &file->rest);
    check_tls(config, node, "rights", &file->rights);
    check_tls(config, node, "order_socket", &file->order_socket);
    if (venue_config_default(&unused, file->dialect) < 0)
        refuse_dialect(config, config_get(node, "dialect"), file->dialect);
    else
        check_orders(config, node, file, venue_table_find(file->dialect));
}

const struct schema venue_schema = {"venue", sizeof(struct venue_file), venue_fields, check_limits};

static void take_endpoint(const struct endpoint *from, struct stream_target *to, char *path,
                          size_t room)
{
    memset(to, 0, sizeof(*to));
    memcpy(to->host, from->host, sizeof(to->host));
    memcpy(to->ca_file, from->ca_file, sizeof(to->ca_file));
    to->port = from->port;
    to->is_tls = from->is_tls;
    if (from->path[0] != 0)
        snprintf(path, room, "%s", from->path);
}

// Of the keys that an exchange may have a preset of its own for. root NULL: all of them, else those
// that its file says.
static void take_said(const struct config_node *root, const struct venue_file *file,
                      struct venue_config *out)
{
#define TAKE(key, member)                                                                          \
    do {                                                                                           \
        if (root == NULL || config_get(root, key) != NULL)                                         \
            out->member = file->member;                                                            \
    } while (0)

    TAKE("orders", orders);
    TAKE("order_links", order_links);
    TAKE("cancel_links", cancel_links);
    TAKE("cancel_timeout", cancel_ns);
    TAKE("data_links", data_links);
    TAKE("recv_window", recv_window_ms);
    TAKE("snapshot_levels", snapshot_levels);
    TAKE("warm_bars", warm_bars);
    TAKE("hold", hold_ns);
    TAKE("cancel_hold", cancel_hold_ns);
    TAKE("request_timeout", request_ns);
    TAKE("reconcile", reconcile_ns);
    TAKE("rights_every", rights_ns);
    TAKE("silence", silence_ns);
    TAKE("user_silence", user_silence_ns);
    TAKE("channel", channel_ns);
    TAKE("life", life_ns);
    TAKE("message_gap", message_gap_ns);
    TAKE("cooloff", cooloff_ns);
    TAKE("dead_man", dead_man_ns);
#undef TAKE
}

static void take_subscribe(const struct venue_file *file, struct venue_config *out)
{
    out->has_trades = file->subscribe.trades && file->feed[0] == '\0';
    out->has_quotes = file->subscribe.quotes && file->feed[0] == '\0';
    out->has_depth = file->subscribe.depth && file->feed[0] == '\0';
}

int venue_config_default(struct venue_config *config, const char *dialect)
{
    const struct venue_wire *found = venue_table_find(dialect);
    struct venue_file file;

    if (found == NULL)
        return AGON_ENOENT;
    schema_presets(&venue_schema, &file);
    memset(config, 0, sizeof(*config));
    snprintf(config->dialect, sizeof(config->dialect), "%s", dialect);
    config->key_kind = (uint8_t)file.key_kind;
    config->market.is_tls = file.market.is_tls;
    config->user.is_tls = file.user.is_tls;
    config->rest.is_tls = file.rest.is_tls;
    take_subscribe(&file, config);
    take_said(NULL, &file, config);
    found->defaults(config);
    return AGON_OK;
}

int venue_config_read(struct config *config, struct venue_config *out)
{
    struct venue_file file;
    char unused[2];
    int rc = config_read(config, &venue_schema, &file);

    if (rc < 0)
        return rc;
    rc = venue_config_default(out, file.dialect);
    if (rc < 0)
        return rc;
    memcpy(out->name, file.name, sizeof(out->name));
    memcpy(out->credential, file.credential, sizeof(out->credential));
    out->key_kind = (uint8_t)file.key_kind;
    take_endpoint(&file.market, &out->market, out->market_path, sizeof(out->market_path));
    take_endpoint(&file.user, &out->user, out->user_path, sizeof(out->user_path));
    take_endpoint(&file.rest, &out->rest, out->rest_path, sizeof(out->rest_path));
    take_endpoint(&file.rights, &out->rights, unused, sizeof(unused));
    take_endpoint(&file.order_socket, &out->order_socket, out->order_path, sizeof(out->order_path));
    out->n_limits = file.n_limits;
    for (uint32_t i = 0; i < file.n_limits; i++) {
        struct venue_limit *to = &out->limits[i];

        snprintf(to->name, sizeof(to->name), "%s", limit_names[file.limits[i].kind]);
        to->capacity = file.limits[i].capacity;
        to->window_ns = file.limits[i].window_ns;
    }
    memcpy(out->feed, file.feed, sizeof(out->feed));
    take_subscribe(&file, out);
    take_said(config_root(config), &file, out);
    if (file.feed[0] != '\0')
        out->warm_bars = 0; // they come with the feed
    out->leverage = file.leverage;
    out->has_margin = file.margin != MARGIN_KEEP;
    out->is_isolated = file.margin == MARGIN_ISOLATED;
    return AGON_OK;
}
