/* The object (executable or library) that code belongs to. */
#ifndef SF_SITES_OBJECT_H
#define SF_SITES_OBJECT_H

#include "symbols/functions.h"
#include "unwind/entry.h"

struct sf_object {
    uintptr_t start, end; /* where it is mapped */
    uintptr_t bias;       /* what is added to the addresses of its file */
    const char *path;     /* as the dynamic linker has it; "": the executable */
    uint64_t fingerprint; /* of the file's headers and its build id: another may come to its place */
    struct sf_cfi cfi;
};

/* At load, before the others. */
void sf_object_learn(void);

/* False: the code belongs to none (it was made at run time, say).
 *
 * Async-signal-safe where libc has _dl_find_object (glibc 2.35); before that it waits for the
 * loader's lock, as exceptions do. */
bool sf_object_find(uintptr_t code, struct sf_object *object);

/* Map the file that the object was loaded from, and no other that may have come to its place
 * meanwhile; false: it cannot be, errno says why, 0: it is another one. Changes errno. */
bool sf_object_open(const struct sf_object *object, struct sf_file *file);

#endif
