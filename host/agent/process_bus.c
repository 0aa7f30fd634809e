// SPDX-License-Identifier: Apache-2.0
/* The bus that children read; run_process.h has its words. */
#include <unistd.h>

#include "agent/run_process.h"
#include "agent/shown.h"
#include "market/bus.h"
#include "sys/memfd.h"

static uint64_t all_bytes(const struct process_bus *bus, int has_ahead)
{
    return bus_bytes(bus->granules) * (has_ahead ? 2 : 1);
}

static int make(struct process_bus *bus, uint64_t granules, int has_ahead, struct error *err)
{
    int rc;

    memset(bus, 0, sizeof(*bus));
    bus->granules = granules;
    bus->fd = memfd_new("agon-bus", all_bytes(bus, has_ahead), err);
    if (bus->fd < 0)
        return bus->fd;
    bus->memory = memfd_map(bus->fd, all_bytes(bus, has_ahead), 1, err);
    rc = bus->memory ? bus_format(bus->memory, granules) : AGON_EIO;
    if (rc >= 0 && has_ahead) {
        bus->ahead = (unsigned char *)bus->memory + bus_bytes(granules);
        rc = bus_format(bus->ahead, granules);
    }
    if (rc >= 0) {
        bus->shown = shown_map(bus->fd, bus_bytes(granules), err);
        rc = bus->shown != NULL ? AGON_OK : AGON_EIO;
    }
    if (rc >= 0)
        rc = memfd_seal(bus->fd, 1, err);
    if (rc < 0) {
        error_set(err, rc, "a bus of %llu granules", (unsigned long long)granules);
        process_bus_free(bus);
    }
    return rc < 0 ? rc : AGON_OK;
}

int process_bus_new(struct process_bus *bus, uint64_t granules, struct error *err)
{
    return make(bus, granules, 0, err);
}

int process_bus_new_ahead(struct process_bus *bus, uint64_t granules, struct error *err)
{
    return make(bus, granules, 1, err);
}

void process_bus_free(struct process_bus *bus)
{
    shown_unmap(bus->shown, bus_bytes(bus->granules));
    if (bus->memory)
        memfd_unmap(bus->memory, all_bytes(bus, bus->ahead != NULL));
    if (bus->memory || bus->fd > 0)
        (void)close(bus->fd);
    memset(bus, 0, sizeof(*bus));
    bus->fd = -1;
}
