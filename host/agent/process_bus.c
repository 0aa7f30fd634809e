// SPDX-License-Identifier: Apache-2.0
/* The bus that children read; run_process.h has its words. */
#include <unistd.h>

#include "agent/run_process.h"
#include "agent/shown.h"
#include "market/bus.h"
#include "sys/memfd.h"

int process_bus_new(struct process_bus *bus, uint64_t granules, struct error *err)
{
    int rc;

    memset(bus, 0, sizeof(*bus));
    bus->granules = granules;
    bus->fd = memfd_new("agon-bus", bus_bytes(granules), err);
    if (bus->fd < 0)
        return bus->fd;
    bus->memory = memfd_map(bus->fd, bus_bytes(granules), 1, err);
    rc = bus->memory ? bus_format(bus->memory, granules) : AGON_EIO;
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

void process_bus_free(struct process_bus *bus)
{
    shown_unmap(bus->shown, bus_bytes(bus->granules));
    if (bus->memory)
        memfd_unmap(bus->memory, bus_bytes(bus->granules));
    if (bus->memory || bus->fd > 0)
        (void)close(bus->fd);
    memset(bus, 0, sizeof(*bus));
    bus->fd = -1;
}
