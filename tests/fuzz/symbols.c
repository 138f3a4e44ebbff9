/* Any bytes as an ELF file, and any as the name of a symbol. */
#include "symbols/functions.h"
#include "symbols/name.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void compare(void *context, const struct sf_function *function)
{
    unsigned *count = context;
    *count += sf_name_means("net::Client::~read", function->name, function->name_length);
    *count += sf_name_means("e", function->name, function->name_length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    uint8_t id[SF_BUILD_ID_MAX], *copy = malloc(bytes + !bytes);
    unsigned count = 0;

    memcpy(copy, data, bytes);
    const struct sf_file file = {copy, bytes};
    sf_functions_visit(&file, compare, &count);
    sf_file_build_id(&file, id);
    sf_file_is_image(&file, copy, bytes);
    compare(&count,
            &(struct sf_function){.name = (const char *)copy, .name_length = strnlen((char *)copy, bytes)});
    free(copy);
    return 0;
}
