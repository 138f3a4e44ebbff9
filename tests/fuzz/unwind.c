/* Any bytes as an object's description of its frames: a stack that is followed by it ends, and nothing
 * beyond the bytes is read. */
#include "unwind/frame.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

struct stack {
    uintptr_t start, end;
};

static bool read_word(void *context, uintptr_t address, uintptr_t *word)
{
    const struct stack *stack = context;
    if (address < stack->start || address >= stack->end || address % sizeof *word != 0)
        return false;
    *word = *(const uintptr_t *)address;
    return true;
}

/* The first bytes are the places that code goes back to, counted from the description. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    enum { WORDS = 32 };
    uintptr_t words[WORDS];
    struct stack stack = {(uintptr_t)words, (uintptr_t)(words + WORDS)};
    struct sf_reader reader = {read_word, &stack};
    uint8_t *copy;

    if (bytes < WORDS)
        return 0;
    bytes -= WORDS;
    copy = malloc(bytes + 1);
    memcpy(copy, data + WORDS, bytes);
    for (unsigned i = 0; i < WORDS; i++)
        words[i] = data[i] & 1 ? stack.start + data[i] / 2 * 8u : (uintptr_t)copy + data[i] * 16;
    const struct sf_cfi cfi = {.start = copy, .end = copy + bytes, .header = copy};
    struct sf_frame frame = {.code = (uintptr_t)copy + data[0] * 16u};
    for (unsigned i = 0; i < SF_REGISTERS; i++)
        frame.registers[i] = words[i % WORDS];
    frame.registers[SF_REGISTER_STACK] = stack.start;
    for (unsigned frames = 0; frames < 100 && sf_frame_leave(&frame, &cfi, &reader); frames++)
        ;
    free(copy);
    return 0;
}
