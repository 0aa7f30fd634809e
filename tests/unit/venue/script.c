// SPDX-License-Identifier: Apache-2.0
#include "script.h"

#include "script_impl.h"

static int word(char **at, char *text, size_t room)
{
    size_t n;

    *at += strspn(*at, " ");
    n = strcspn(*at, " ");
    if (n == 0 || n >= room)
        return 0;
    memcpy(text, *at, n);
    text[n] = 0;
    *at += n;
    return 1;
}

static int where_of(const char *name)
{
    for (int i = 0; i < WHERES; i++) {
        if (strcmp(name, where_names[i]) == 0)
            return i;
    }
    FAIL("no such place: %s", name);
    return 0;
}

/* The oldest that stands, or the youngest. */
static struct conn *open_conn(int where, int is_next)
{
    struct conn *found = NULL;

    for (int i = 0; i < CONNS; i++) {
        struct conn *conn = &w.conns[i];

        if (conn->is_used && conn->where == where && conn->ws != NULL && !conn->is_ending &&
            (found == NULL || (conn->open_at > found->open_at) == is_next))
            found = conn;
    }
    if (found == NULL)
        FAIL("%s is not connected", where_names[where]);
    return found;
}

static const char *const report_names[] = {"",
                                           "ACK",
                                           "FILL",
                                           "CANCELLED",
                                           "EXPIRED",
                                           "REJECTED",
                                           "REPLACED",
                                           "CANCEL_REJECTED",
                                           "REPLACE_REJECTED",
                                           "NOT_SENT",
                                           "UNKNOWN",
                                           "STATE",
                                           "ABSENT",
                                           "CANCEL_ACK",
                                           "STRAY"};
static const char *const book_names[] = {"COLD", "SYNCING", "LIVE", "STALE"};

/* The next record of a type, over all others; NULL: there is none. */
static const struct agon_event_hdr *next_of(uint16_t type)
{
    for (;;) {
        int rc = evring_take(&w.in, (struct agon_event_hdr *)(void *)w.record);
        const struct agon_event_hdr *record = (const struct agon_event_hdr *)(void *)w.record;

        if (rc <= 0)
            return NULL;
        ck_assert_int_ge(record->t, T0);
        if (record->type == type)
            return record;
    }
}

static int64_t field_of(const struct agon_event_hdr *hdr, const char *key)
{
    if (strcmp(key, "instrument") == 0)
        return hdr->instrument;
    if (strcmp(key, "stamp") == 0)
        return hdr->t_venue / 1000;
    if (hdr->type == EVENT_REPORT) {
        const struct record_report *report = (const struct record_report *)(const void *)hdr;

        if (strcmp(key, "id") == 0)
            return (int64_t)report->order_id;
        if (strcmp(key, "rev") == 0)
            return report->rev;
        if (strcmp(key, "px") == 0)
            return report->px;
        if (strcmp(key, "qty") == 0)
            return report->qty;
        if (strcmp(key, "cum") == 0)
            return report->cum_qty;
        if (strcmp(key, "reason") == 0)
            return report->reason;
        if (strcmp(key, "code") == 0)
            return report->venue_code;
        if (strcmp(key, "state") == 0)
            return report->state;
        if (strcmp(key, "fill") == 0)
            return (int64_t)report->venue_fill;
        if (strcmp(key, "fee") == 0)
            return report->fee_amt;
        if (strcmp(key, "fee_asset") == 0)
            return report->fee_asset;
        if (strcmp(key, "number") == 0)
            return (int64_t)report->venue_order;
        if (strcmp(key, "side") == 0)
            return report->side;
        if (strcmp(key, "account") == 0)
            return report->account;
        if (strcmp(key, "forced") == 0)
            return report->is_forced;
    } else if (hdr->type == EVENT_SENT) {
        const struct record_sent *sent = (const struct record_sent *)(const void *)hdr;

        if (strcmp(key, "id") == 0)
            return (int64_t)sent->order_id;
        if (strcmp(key, "tries") == 0)
            return sent->tries;
        if (strcmp(key, "held_ms") == 0)
            return sent->held_ns / 1000000;
    } else if (hdr->type == EVENT_FILLS_READ) {
        if (strcmp(key, "fill") == 0)
            return (int64_t)((const struct record_fills_read *)(const void *)hdr)->venue_fill;
    } else if (hdr->type == AGON_EVENT_TRADE) {
        const struct agon_trade *trade = (const struct agon_trade *)(const void *)hdr;

        if (strcmp(key, "px") == 0)
            return trade->px;
        if (strcmp(key, "qty") == 0)
            return trade->qty;
        if (strcmp(key, "side") == 0)
            return trade->side;
    } else if (hdr->type == AGON_EVENT_BAR) {
        if (strcmp(key, "close") == 0)
            return ((const struct agon_bar *)(const void *)hdr)->close_px;
    } else if (hdr->type == AGON_EVENT_FUNDING) {
        const struct agon_funding *funding = (const struct agon_funding *)(const void *)hdr;

        if (strcmp(key, "rate") == 0)
            return funding->rate_ppb;
        if (strcmp(key, "next") == 0)
            return funding->t_next;
        if (strcmp(key, "px") == 0)
            return funding->mark_px;
    } else if (hdr->type == AGON_EVENT_MARK || hdr->type == AGON_EVENT_INDEX) {
        if (strcmp(key, "value") == 0)
            return ((const struct agon_value *)(const void *)hdr)->value;
    } else if (hdr->type == AGON_EVENT_LIQUIDATION) {
        const struct agon_liquidation *forced = (const struct agon_liquidation *)(const void *)hdr;

        if (strcmp(key, "px") == 0)
            return forced->px;
        if (strcmp(key, "qty") == 0)
            return forced->qty;
        if (strcmp(key, "side") == 0)
            return forced->side;
    } else if (hdr->type == AGON_EVENT_INSTRUMENT) {
        const struct agon_instrument *made = (const struct agon_instrument *)(const void *)hdr;

        if (strcmp(key, "tick") == 0)
            return made->tick_px;
        if (strcmp(key, "lot") == 0)
            return made->lot_qty;
        if (strcmp(key, "least") == 0)
            return made->min_notional_amt;
    } else if (hdr->type == EVENT_ACCOUNT) {
        const struct record_account *account = (const struct record_account *)(const void *)hdr;

        if (strcmp(key, "asset") == 0)
            return account->asset;
        if (strcmp(key, "free") == 0)
            return account->free_amt;
        if (strcmp(key, "held") == 0)
            return account->held_amt;
        if (strcmp(key, "flags") == 0)
            return account->flags;
    } else if (hdr->type == AGON_EVENT_BOOK_SNAPSHOT || hdr->type == AGON_EVENT_BOOK_DELTA) {
        const struct agon_book_part *part = (const struct agon_book_part *)(const void *)hdr;

        if (strcmp(key, "last") == 0)
            return (int64_t)part->last_id;
        if (strcmp(key, "bids") == 0)
            return part->n_bid;
        if (strcmp(key, "asks") == 0)
            return part->n_ask;
    } else if (hdr->type == AGON_EVENT_INSTRUMENT) {
        const struct agon_instrument *instrument =
            (const struct agon_instrument *)(const void *)hdr;

        if (strcmp(key, "tick") == 0)
            return instrument->tick_px;
        if (strcmp(key, "lot") == 0)
            return instrument->lot_qty;
        if (strcmp(key, "notional") == 0)
            return instrument->min_notional_amt;
        if (strcmp(key, "state") == 0)
            return instrument->state;
    }
    if (strcmp(key, "instrument") == 0)
        return hdr->instrument;
    FAIL("no such field: %s", key);
    return 0;
}

static void fields(const struct agon_event_hdr *hdr, char *at)
{
    char text[128];

    while (word(&at, text, sizeof(text))) {
        char *value = strchr(text, '=');

        if (value == NULL)
            FAIL("key=value, not %s", text);
        *value++ = 0;
        if (field_of(hdr, text) != atoll(value))
            FAIL("%s is %lld, not %s", text, (long long)field_of(hdr, text), value);
    }
}

static void command(char *at)
{
    struct order_cmd *cmd = ring_claim(&w.commands);
    char text[128];

    ck_assert_ptr_nonnull(cmd);
    memset(cmd, 0, sizeof(*cmd));
    word(&at, text, sizeof(text));
    cmd->kind = strcmp(text, "new") == 0      ? CMD_NEW
                : strcmp(text, "cancel") == 0 ? CMD_CANCEL
                : strcmp(text, "all") == 0    ? CMD_CANCEL_ALL
                : strcmp(text, "query") == 0  ? CMD_QUERY
                                              : CMD_REPLACE;
    cmd->instrument = 1;
    cmd->account = 5;
    cmd->venue = 1;
    cmd->side = AGON_BUY;
    cmd->type = AGON_LIMIT;
    cmd->tif = AGON_TIF_GTC;
    cmd->px = 3000000;
    cmd->qty = 1000;
    cmd->order_id = 1;
    while (word(&at, text, sizeof(text))) {
        char *value = strchr(text, '=');
        int64_t number;

        if (value == NULL)
            FAIL("key=value, not %s", text);
        *value++ = 0;
        number = atoll(value);
        if (strcmp(text, "id") == 0)
            cmd->order_id = (uint64_t)number;
        else if (strcmp(text, "rev") == 0)
            cmd->rev = (uint8_t)number;
        else if (strcmp(text, "px") == 0)
            cmd->px = number;
        else if (strcmp(text, "qty") == 0)
            cmd->qty = number;
        else if (strcmp(text, "filled") == 0)
            cmd->filled_qty = number;
        else if (strcmp(text, "depends") == 0)
            cmd->depends_seq = (uint64_t)number;
        else if (strcmp(text, "type") == 0)
            cmd->type = (uint8_t)number;
        else if (strcmp(text, "trigger") == 0)
            cmd->trigger_px = number;
        else if (strcmp(text, "tif") == 0)
            cmd->tif = (uint8_t)number;
        else if (strcmp(text, "flags") == 0)
            cmd->flags = (uint32_t)number;
        else if (strcmp(text, "exit") == 0)
            cmd->is_exit = (uint8_t)number;
        else if (strcmp(text, "doubt") == 0)
            cmd->doubt = (uint8_t)number;
        else if (strcmp(text, "doubt_rev") == 0)
            cmd->doubt_rev = (uint8_t)number;
        else if (strcmp(text, "doubt_px") == 0)
            cmd->doubt_px = number;
        else if (strcmp(text, "doubt_qty") == 0)
            cmd->doubt_qty = number;
        else
            FAIL("no such field: %s", text);
    }
    ring_publish(&w.commands);
    gateway_poll(w.gateway);
}

static void rule(char *at, int what, int is_kept)
{
    struct rule *to = NULL;
    char text[256];

    for (int i = 0; i < 64 && to == NULL; i++)
        to = w.rules[i].is_used ? NULL : &w.rules[i];
    ck_assert_ptr_nonnull(to);
    memset(to, 0, sizeof(*to));
    to->is_used = 1;
    to->is_kept = is_kept;
    to->what = what;
    ck_assert(word(&at, to->method, sizeof(to->method)));
    ck_assert(word(&at, to->prefix, sizeof(to->prefix)));
    if (what != 0)
        return;
    ck_assert(word(&at, text, sizeof(text)));
    to->status = atoi(text);
    at += strspn(at, " ");
    while (*at != '{' && *at != '[' && *at != 0) {
        ck_assert(word(&at, text, sizeof(text)));
        strcat(to->headers, text);
        strcat(to->headers, "\r\n");
        at += strspn(at, " ");
    }
    to->body = strdup(at);
}

static struct seen *find_request(char *at)
{
    char method[8];
    char prefix[256];

    ck_assert(word(&at, method, sizeof(method)));
    ck_assert(word(&at, prefix, sizeof(prefix)));
    for (int i = 0; i < w.n_seen; i++) {
        struct seen *seen = &w.seen[i];

        if (!seen->is_taken && strcmp(seen->method, method) == 0 &&
            strncmp(seen->target, prefix, strlen(prefix)) == 0)
            return seen;
    }
    return NULL;
}

static void end_conns(const char *name, enum stream_end end)
{
    int where = where_of(name);

    for (int i = 0; i < CONNS; i++) {
        if (w.conns[i].is_used && w.conns[i].where == where) {
            w.conns[i].is_ending = 1;
            w.conns[i].end = (int)end;
        }
    }
}

static uint16_t type_of(const char *name)
{
    static const struct {
        const char *name;
        uint16_t type;
    } types[] = {{"TRADE", AGON_EVENT_TRADE},
                 {"QUOTE", AGON_EVENT_QUOTE},
                 {"SNAPSHOT", AGON_EVENT_BOOK_SNAPSHOT},
                 {"DELTA", AGON_EVENT_BOOK_DELTA},
                 {"ACCOUNT", EVENT_ACCOUNT},
                 {"BAR", AGON_EVENT_BAR},
                 {"FUNDING", AGON_EVENT_FUNDING},
                 {"MARK", AGON_EVENT_MARK},
                 {"INDEX", AGON_EVENT_INDEX},
                 {"LIQUIDATION", AGON_EVENT_LIQUIDATION},
                 {"INSTRUMENT", AGON_EVENT_INSTRUMENT},
                 {"HEALTH", AGON_EVENT_HEALTH},
                 {"SENT", EVENT_SENT},
                 {"FILLS_READ", EVENT_FILLS_READ},
                 {"STATUS", AGON_EVENT_STATUS}};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i].name, name) == 0)
            return types[i].type;
    }
    FAIL("no such type: %s", name);
    return 0;
}

static void run_line(char *line)
{
    char *at = line;
    char verb[32];
    char text[256];

    if (!word(&at, verb, sizeof(verb)) || verb[0] == '#')
        return;
    at += strspn(at, " ");
    if (strcmp(verb, "T") == 0) {
        for (int i = atoi(at); i > 0; i--)
            script_step();
    } else if (strcmp(verb, "on") == 0) {
        rule(at, 0, 0);
    } else if (strcmp(verb, "always") == 0) {
        rule(at, 0, 1);
    } else if (strcmp(verb, "forget") == 0) {
        script_forget();
    } else if (strcmp(verb, "lose") == 0) {
        rule(at, 1, 0);
    } else if (strcmp(verb, "cut") == 0) {
        rule(at, 2, 0);
    } else if (strcmp(verb, "want") == 0) {
        struct seen *seen = find_request(at);

        if (seen == NULL)
            FAIL("no request %s", at);
        seen->is_taken = 1;
        w.wanted = seen->target;
        script_take_req(w.wanted);
    } else if (strcmp(verb, "none") == 0) {
        struct seen *seen = find_request(at);

        if (seen != NULL)
            FAIL("there is %s %s", seen->method, seen->target);
    } else if (strcmp(verb, "has") == 0 || strcmp(verb, "hasnt") == 0) {
        char *full = script_expand(at);

        if ((strstr(w.wanted, full) != NULL) != (verb[3] == 0))
            FAIL("%s: %s", verb, w.wanted);
        free(full);
    } else if (strcmp(verb, "market") == 0 || strcmp(verb, "user") == 0 ||
               strcmp(verb, "orders") == 0) {
        char *full = script_expand(at);

        script_frame(open_conn(where_of(verb), 0), WS_TEXT, full, strlen(full));
        free(full);
        script_step();
    } else if (strcmp(verb, "torn") == 0) {
        word(&at, text, sizeof(text));
        at += strspn(at, " ");
        script_torn(open_conn(MARKET, 0), at, strlen(at), atoi(text));
    } else if (strcmp(verb, "next") == 0) {
        char *full;

        word(&at, text, sizeof(text));
        full = script_expand(at + strspn(at, " "));
        script_frame(open_conn(where_of(text), 1), WS_TEXT, full, strlen(full));
        free(full);
        script_step();
    } else if (strcmp(verb, "conns") == 0) {
        int n = 0;

        word(&at, text, sizeof(text));
        for (int i = 0; i < CONNS; i++)
            n += w.conns[i].is_used && w.conns[i].where == where_of(text) && !w.conns[i].is_ending;
        if (n != atoi(at))
            FAIL("%d connections stand", n);
    } else if (strcmp(verb, "logs") == 0) {
        int n = 0;

        word(&at, text, sizeof(text));
        at += strspn(at, " ");
        for (int i = 0; i < w.n_logs && i < 64; i++)
            n += strstr(w.logs[i], at) != NULL;
        if (n != atoi(text))
            FAIL("%d lines of the log say so", n);
    } else if (strcmp(verb, "round") == 0) {
        gateway_check_time(w.gateway, (uint32_t)atoi(at));
        script_step();
    } else if (strcmp(verb, "times") == 0) {
        struct gateway_status status;
        char *end;
        uint32_t round = (uint32_t)strtoul(at, &end, 10);

        gateway_status(w.gateway, &status);
        if (status.times.round != round || status.times.n != strtoul(end, NULL, 10))
            FAIL("round %u, %u readings", status.times.round, status.times.n);
        for (uint32_t i = 0; i < status.times.n; i++) {
            if (llabs(status.times.offset_ns[i] - T0) > status.times.error_ns[i])
                FAIL("reading %u is %lld ns off", i, (long long)(status.times.offset_ns[i] - T0));
        }
    } else if (strcmp(verb, "frame") == 0) {
        char bytes[256] = {0};

        word(&at, text, sizeof(text));
        script_frame(open_conn(where_of(text), 0), WS_BINARY, bytes, (size_t)atoi(at));
        script_step();
    } else if (strcmp(verb, "binary") == 0 || strcmp(verb, "silent") == 0) {
        struct gateway_status status;

        gateway_status(w.gateway, &status);
        if ((int)(verb[0] == 'b' ? status.n_binary : status.n_silent) != atoi(at))
            FAIL("%llu binary frames, %llu silent channels", (unsigned long long)status.n_binary,
                 (unsigned long long)status.n_silent);
    } else if (strcmp(verb, "other") == 0) {
        w.other_ns = atoll(at) * 1000000;
    } else if (strcmp(verb, "refused") == 0) {
        struct gateway_status status;

        gateway_status(w.gateway, &status);
        if ((status.refusal != 0) != (strcmp(at, "yes") == 0))
            FAIL("refused: %u %s", status.refusal, status.refusal_text);
    } else if (strcmp(verb, "bad") == 0) {
        struct gateway_status status;

        gateway_status(w.gateway, &status);
        if ((int)status.n_bad != atoi(at))
            FAIL("%llu bad messages", (unsigned long long)status.n_bad);
    } else if (strcmp(verb, "life") == 0) {
        w.gateway->config.life_ns = atoll(at) * 1000000;
    } else if (strcmp(verb, "nothing") == 0) {
        if (next_of(type_of(at)) != NULL)
            FAIL("there is a %s", at);
    } else if (strcmp(verb, "sent") == 0) {
        word(&at, text, sizeof(text));
        at += strspn(at, " ");
        if (strstr(w.last_sent[where_of(text)], at) == NULL)
            FAIL("we sent %s", w.last_sent[where_of(text)]);
    } else if (strcmp(verb, "reset") == 0) {
        end_conns(at, STREAM_END_RESET);
        script_step();
    } else if (strcmp(verb, "break") == 0) {
        struct conn *conn = open_conn(where_of(at), 0);

        conn->is_ending = 1;
        conn->end = STREAM_END_RESET;
        script_step();
    } else if (strcmp(verb, "leave") == 0) {
        end_conns(at, STREAM_END_PEER);
        script_step();
    } else if (strcmp(verb, "refuse") == 0) {
        w.refuse = strcmp(at, "none") == 0 ? 0 : where_of(at) + 1;
    } else if (strcmp(verb, "cmd") == 0) {
        command(at);
    } else if (strcmp(verb, "room") == 0) {
        w.is_full = strcmp(at, "again") != 0;
        w.n_bars_fit = strtoull(at, NULL, 10);
    } else if (strcmp(verb, "durable") == 0) {
        w.durable = (uint64_t)atoll(at);
        gateway_poll(w.gateway);
    } else if (strcmp(verb, "report") == 0) {
        const struct agon_event_hdr *hdr = next_of(EVENT_REPORT);
        const struct record_report *report = (const struct record_report *)(const void *)hdr;

        word(&at, text, sizeof(text));
        if (hdr == NULL)
            FAIL("no report");
        if (strcmp(report_names[report->kind], text) != 0)
            FAIL("a report %s of %llu reason %u", report_names[report->kind],
                 (unsigned long long)report->order_id, report->reason);
        fields(hdr, at);
    } else if (strcmp(verb, "silence") == 0) {
        const struct agon_event_hdr *hdr = next_of(EVENT_REPORT);

        if (hdr != NULL)
            FAIL("a report %s",
                 report_names[((const struct record_report *)(const void *)hdr)->kind]);
    } else if (strcmp(verb, "book") == 0) {
        const struct agon_event_hdr *hdr;
        const struct agon_status *status;

        do {
            hdr = next_of(AGON_EVENT_STATUS);
            status = (const struct agon_status *)(const void *)hdr;
        } while (hdr != NULL && hdr->instrument != 1);
        word(&at, text, sizeof(text));
        if (hdr == NULL)
            FAIL("no status");
        if (strcmp(book_names[status->book], text) != 0)
            FAIL("the book is %s", book_names[status->book]);
        if (word(&at, text, sizeof(text)) && (int)status->reason != atoi(text))
            FAIL("the reason is %u", status->reason);
    } else if (strcmp(verb, "take") == 0) {
        const struct agon_event_hdr *hdr;

        word(&at, text, sizeof(text));
        hdr = next_of(type_of(text));
        if (hdr == NULL)
            FAIL("no such record");
        fields(hdr, at);
    } else if (strcmp(verb, "connects") == 0) {
        int where;

        word(&at, text, sizeof(text));
        where = where_of(text);
        if (w.n_connects[where] != atoi(at))
            FAIL("%d connects", w.n_connects[where]);
        w.n_connects[where] = 0;
    } else if (strcmp(verb, "fewer") == 0) {
        int where;

        word(&at, text, sizeof(text));
        where = where_of(text);
        if (w.n_connects[where] > atoi(at))
            FAIL("%d connects", w.n_connects[where]);
        w.n_connects[where] = 0;
    } else if (strcmp(verb, "ready") == 0) {
        struct gateway_status status;

        gateway_status(w.gateway, &status);
        if (status.is_ready != (strcmp(at, "yes") == 0))
            FAIL("ready is %u", status.is_ready);
    } else {
        FAIL("no such command: %s", verb);
    }
}

/* "@n" is the number of the repetition, of all in the story: ids are used once. */
static void number_line(char *line, size_t room)
{
    char rest[65536];
    char *at;

    while ((at = strstr(line, "@n")) != NULL) {
        snprintf(rest, sizeof(rest), "%s", at + 2);
        snprintf(at, room - (size_t)(at - line), "%d%s", w.round, rest);
    }
}

static void run_file(const char *name)
{
    const char *root = getenv("AGON_SOURCE_ROOT");
    static char line[65536];
    char path[1024];
    char used[128];
    const char *was = w.file;
    int was_line = w.line;
    FILE *file;

    snprintf(path, sizeof(path), "%s/tests/data/venue/%s", root != NULL ? root : ".", name);
    file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s", path);
    w.file = name;
    w.line = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        w.line++;
        line[strcspn(line, "\n")] = 0;
        number_line(line, sizeof(line));
        if (strncmp(line, "use ", 4) == 0) {
            snprintf(used, sizeof(used), "%.100s", line + 4);
            run_file(used);
        } else if (strncmp(line, "repeat ", 7) == 0) {
            char *rest;
            long n = strtol(line + 7, &rest, 10);

            snprintf(used, sizeof(used), "%.100s", rest + 1);
            while (n-- > 0) {
                w.round++;
                run_file(used);
            }
        } else {
            run_line(line);
        }
    }
    fclose(file);
    w.file = was;
    w.line = was_line;
}

void script_run(const char *file)
{
    memset(&w, 0, sizeof(w));
    w.file = file;
    script_begin();
    run_file(file);
    w.file = file;
    script_finish();
}
