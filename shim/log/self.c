#include "log/self.h"

#include "abi/valgrind.h"
#include "load/real.h"
#include "load/sandbox.h"
#include "load/shim.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>

uint32_t *sf_self_pid_here;
__thread struct sf_self sf_self_known;

bool sf_self_reserve(void)
{
    size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return false;
    madvise(page, bytes, MADV_WIPEONFORK); /* Linux 4.14; before that there is sf_self_forget */
    sf_valgrind_ignore(page, bytes);
    sf_self_pid_here = page;
    sf_self_here(); /* a sandbox may forbid to ask later */
    return true;
}

void sf_self_forget(void)
{
    if (sf_self_pid_here)
        *sf_self_pid_here = 0;
}

static struct sf_self ask(void)
{
    int saved_errno = errno;
    uint32_t pid = sf_sandbox_allows(SF_OWN_GETPID) ? (uint32_t)getpid() : 0;
    uint32_t tid = sf_sandbox_allows(SF_OWN_GETTID) ? (uint32_t)sf_real.syscall(SYS_gettid) : 0;
    errno = saved_errno;
    return (struct sf_self){pid, tid};
}

struct sf_self sf_self_ask(void)
{
    if (__builtin_expect(sf_is_vfork_child(), 0)) /* on its parent's memory */
        return ask();
    uint32_t pid = __atomic_load_n(sf_self_pid_here, __ATOMIC_RELAXED);
    sf_self_known = ask();
    if (sf_self_known.pid == 0)
        sf_self_known.pid = pid;
    __atomic_store_n(sf_self_pid_here, sf_self_known.pid, __ATOMIC_RELAXED);
    return sf_self_known;
}

uint32_t sf_self_pid(void)
{
    return sf_sandbox_allows(SF_OWN_GETPID) ? (uint32_t)getpid() : sf_self_here().pid;
}
