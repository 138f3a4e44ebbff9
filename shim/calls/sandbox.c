/* A program locks itself into a sandbox: what that forbids us is learnt by prctl and seccomp. */
#include "calls/call.h"
#include "load/sandbox.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>

SF_EXPORT int prctl(int option, ...)
{
    __builtin_va_list arguments;
    unsigned long a[4];

    __builtin_va_start(arguments, option);
    for (int i = 0; i < 4; i++)
        a[i] = __builtin_va_arg(arguments, unsigned long);
    __builtin_va_end(arguments);
    sf_ensure_loaded();
    int result = sf_real.prctl(option, a[0], a[1], a[2], a[3]);
    if (result == 0 && option == PR_SET_SECCOMP)
        sf_sandbox_entered(a[0] == SECCOMP_MODE_STRICT ? NULL : (const struct sock_fprog *)a[1]);
    return result;
}
