// SPDX-License-Identifier: Apache-2.0
/* facts DIRECTORY [SEQ]: what a journal says, by stepping it through a new engine that stands
 * alone, to its end or the event of that number: each client order id that the engine handed to a
 * venue, then what it holds at the end.
 *
 *   sent ID                    a new order or the replacing half of a replace
 *   of NAME ID                 ... and whose it is
 *   bought ID                  ... that buys
 *   open ID                    an order that is open in the end
 *   first ID                   its id before any replacement, which some venues keep
 *   request ID KIND STATE      a request whose fate is not known in the end
 *   cash ASSET AMOUNT          the venue account's total, in 10^-8
 *   position SYMBOL QUANTITY   of all slots together, in 10^-8; none is not told
 *   slot NAME CONDITION REASON NTH
 *   refused NAME N             legs that the risk gate refused it
 *   suspense ASSET AMOUNT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "journal/reader.h"
#include "lab/replay.h"
#include "sys/disk_posix.h"
#include "venue/client_id.h"

static int on_send(void *ctx, const struct order_cmd *cmd)
{
    struct engine *const *engine = ctx;
    struct order_ids ids = engine_order_ids(*engine);
    char text[CLIENT_ID_TEXT];

    if (cmd->kind != CMD_NEW && cmd->kind != CMD_REPLACE)
        return AGON_OK;
    client_id_format(&ids, cmd->order_id, cmd->rev, text);
    printf("sent %s\n", text);
    printf("of %s %s\n", engine_slots(*engine)->all[ORDER_ID_SLOT(cmd->order_id)].name, text);
    if (cmd->side == AGON_BUY)
        printf("bought %s\n", text);
    return AGON_OK;
}

static void tell(struct engine *engine)
{
    const struct slots *slots = engine_slots(engine);
    const struct instruments *table = engine_instruments(engine);
    struct order_ids ids = engine_order_ids(engine);
    char text[CLIENT_ID_TEXT];

    for (uint16_t id = 0; id < slots->n; id++) {
        const struct slot *slot = &slots->all[id];

        printf("slot %s %d %d %llu\n", slot->name, slot->condition, slot->condition_reason,
               (unsigned long long)slots_nth(slots, id));
        printf("refused %s %llu\n", slot->name, (unsigned long long)slot->n_refused);
        for (struct order *order = orders_next(engine_orders(engine), id, NULL); order != NULL;
             order = orders_next(engine_orders(engine), id, order)) {
            client_id_format(&ids, order->id, order->rev, text);
            printf("open %s\n", text);
            client_id_format(&ids, order->id, 0, text);
            printf("first %s\n", text);
            client_id_format(&ids, order->id, order->rev, text);
            if (order->request != AGON_REQUEST_NONE)
                printf("request %s %d %d %llu\n", text, order->request, order->request_state,
                       (unsigned long long)order->id);
        }
    }
    for (agon_asset_t id = 1; id <= table->n_assets; id++) {
        const struct ledger *ledger = engine_ledger(engine);

        printf("cash %s %lld\n", instruments_asset(table, id)->name,
               (long long)ledger_total(ledger, 0, id));
        if (ledger_amt(ledger, 0, LEDGER_SUSPENSE, id) != 0)
            printf("suspense %s %lld\n", instruments_asset(table, id)->name,
                   (long long)ledger_amt(ledger, 0, LEDGER_SUSPENSE, id));
    }
}

static void tell_positions(struct engine *engine)
{
    const struct instruments *table = engine_instruments(engine);

    for (agon_instrument_t id = 1; id <= table->n_instruments; id++) {
        const struct agon_instrument *instrument = instruments_get(table, id);
        int64_t sum = 0;

        for (uint16_t slot = 0; slot < engine_slots(engine)->n; slot++) {
            uint32_t n;
            const struct position *all = ledger_positions(engine_ledger(engine), slot, &n);

            for (uint32_t i = 0; i < n; i++)
                sum += all[i].instrument == id ? all[i].qty : 0;
        }
        if (sum != 0)
            printf("position %s %lld\n", instrument->symbol,
                   (long long)num_rescale(sum, instrument->qty_exp, 8, NUM_EVEN));
    }
}

int main(int argc, char **argv)
{
    struct engine_config config = {.bars_grace_ns = 0};
    struct journal_reading reading = {0};
    const struct agon_event_hdr *event;
    struct journal_reader *reader;
    struct venue_port port = {.send = on_send};
    struct engine *engine = NULL;
    struct disk_posix disk;
    struct error err = {0};
    uint64_t last;
    int rc;

    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: facts JOURNAL [SEQ]\n");
        return 2;
    }
    last = argc == 3 ? strtoull(argv[2], NULL, 10) : UINT64_MAX;
    if (disk_posix_open(&disk, argv[1], &err) < 0 || engine_new(&engine, &config, &err) < 0) {
        fprintf(stderr, "facts: %s\n", err.text);
        return 1;
    }
    port.ctx = &engine;
    engine_attach_venue(engine, 0, &port);
    reading.is_live = 1; // also of a host that was killed or still runs
    reader = journal_reader_open(&disk.port, &reading, &err);
    rc = reader != NULL ? 0 : -1;
    while (rc >= 0 && (rc = journal_reader_next(reader, &event, &err)) == 1 && event->seq <= last) {
        rc = engine_step_recorded(engine, event);
        if (rc == AGON_ERANGE || rc == AGON_ECORRUPT)
            error_set(&err, rc, "event %llu does not follow", (unsigned long long)event->seq);
        else
            rc = 0;
    }
    if (rc < 0) {
        fprintf(stderr, "facts: %s\n", err.text);
    } else {
        tell(engine);
        tell_positions(engine);
    }
    journal_reader_close(reader);
    engine_free(engine);
    disk_posix_close(&disk);
    return rc < 0;
}
