/* The functions that an ELF file names.
 *
 * Nothing of a file is believed: whatever its bytes are, all that is read lies within it. Pure.
 *
 * Source: System V ABI, "Object Files"; elf(5). */
#ifndef SF_SYMBOLS_FUNCTIONS_H
#define SF_SYMBOLS_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sf_file {
    const uint8_t *bytes;
    uint64_t length;
};

struct sf_function {
    uint64_t first, last; /* its code, from where the file is loaded at; `last` excluded */
    const char *name;     /* name_length bytes, without a NUL */
    size_t name_length;
};

/* Hands out each function that has a name and a size. Returns whether the file has all of them
 * (.symtab); otherwise it has been stripped to those that other objects may call, or is none. */
bool sf_functions_visit(const struct sf_file *file,
                        void (*visit)(void *context, const struct sf_function *function), void *context);

/* Is the image at `memory`, `room` bytes that can be read, that of the file? */
bool sf_file_is_image(const struct sf_file *file, const void *memory, uint64_t room);

#define SF_BUILD_ID_MAX 32u

/* The id that the linker gave the file, into `id`; how many bytes it has, 0: none. */
size_t sf_file_build_id(const struct sf_file *file, uint8_t id[SF_BUILD_ID_MAX]);

#endif
