/* The list of loaded libraries. */
#include "calls/call.h"
#include "load/self.h"

SF_EXPORT int dl_iterate_phdr(int (*callback)(struct dl_phdr_info *info, size_t bytes, void *context),
                              void *context)
{
    return sf_self_iterate(callback, context);
}
