#include "load/self.h"

#include "load/real.h"
#include "load/shim.h"

#include <dlfcn.h>

static _Atomic bool is_listed;

/* Preloaded libraries start last. */
__attribute__((constructor)) static void list(void)
{
    is_listed = true;
}

struct visit {
    int (*callback)(struct dl_phdr_info *info, size_t bytes, void *context);
    void *context;
};

static int visit_others(struct dl_phdr_info *info, size_t bytes, void *context)
{
    const struct visit *visit = context;
    bool is_ours = (const void *)info->dlpi_addr == __ehdr_start; /* NOLINT(performance-no-int-to-ptr) */
    return is_ours ? 0 : visit->callback(info, bytes, visit->context);
}

/* A run-time that starts has not found libc's functions yet, so that none of those that it
 * interposes may be called: the load has to wait. */
int sf_self_iterate(int (*callback)(struct dl_phdr_info *info, size_t bytes, void *context), void *context)
{
    if (is_listed) {
        sf_ensure_loaded();
        return sf_real.dl_iterate_phdr(callback, context);
    }
    struct visit visit = {callback, context};
    __typeof__(&dl_iterate_phdr) real = dlsym(RTLD_NEXT, "dl_iterate_phdr");
    return real(visit_others, &visit);
}
