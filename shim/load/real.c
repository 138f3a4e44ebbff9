#include "load/real.h"

#include <dlfcn.h>

struct sf_real sf_real;

void sf_real_resolve(void)
{
#define SF_X(name, family) *(void **)&sf_real.name = dlsym(RTLD_NEXT, #name);
    SF_CALLS(SF_X)
#undef SF_X
}
