// SPDX-License-Identifier: Apache-2.0
#include "sys/memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int memfd_new(const char *name, uint64_t bytes, struct error *err)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        return error_set(err, AGON_EIO, "shared memory %s: %s", name, strerror(errno));
    if (bytes > INT64_MAX || ftruncate(fd, (off_t)bytes) != 0) {
        int rc = error_set(err, AGON_ENOMEM, "shared memory %s of %llu bytes: %s", name,
                           (unsigned long long)bytes, strerror(errno));

        (void)close(fd);
        return rc;
    }
    return fd;
}

void *memfd_map(int fd, uint64_t bytes, int is_writable, struct error *err)
{
    void *memory =
        mmap(NULL, bytes, is_writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);

    if (memory == MAP_FAILED) {
        (void)error_set(err, errno == EPERM ? AGON_EPERM : AGON_ENOMEM,
                        "mapping %llu bytes of shared memory: %s", (unsigned long long)bytes,
                        strerror(errno));
        return NULL;
    }
    return memory;
}

void memfd_unmap(void *memory, uint64_t bytes)
{
    if (memory != NULL)
        (void)munmap(memory, bytes);
}

int memfd_seal(int fd, int is_read_only, struct error *err)
{
    int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

    if (is_read_only)
        seals |= F_SEAL_FUTURE_WRITE;
    if (fcntl(fd, F_ADD_SEALS, seals) != 0)
        return error_set(err, AGON_ENOTSUP, "sealing shared memory: %s", strerror(errno));
    return AGON_OK;
}

int64_t memfd_sealed_size(int fd, struct error *err)
{
    int seals = fcntl(fd, F_GET_SEALS);
    struct stat stat;

    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0)
        return error_set(err, AGON_EPERM, "shared memory is not sealed against shrinking");
    if (fstat(fd, &stat) != 0)
        return error_set(err, AGON_EIO, "shared memory: %s", strerror(errno));
    return stat.st_size;
}
