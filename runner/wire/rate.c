#include "wire/rate.h"

#define NS_PER_S UINT64_C(1000000000)
#define BURST_NS UINT64_C(10000000)
#define BURST_BYTES UINT64_C(1500) /* what a link hands over at a time */

static uint64_t time_of(const struct sf_rate *rate, uint64_t bytes)
{
    return (uint64_t)((unsigned __int128)bytes * NS_PER_S / rate->bytes_per_s);
}

struct sf_rate sf_rate_new(uint64_t bytes_per_s)
{
    struct sf_rate rate = {.bytes_per_s = bytes_per_s, .burst_ns = BURST_NS};
    if (bytes_per_s && time_of(&rate, BURST_BYTES) > rate.burst_ns)
        rate.burst_ns = time_of(&rate, BURST_BYTES);
    return rate;
}

uint64_t sf_rate_allows(const struct sf_rate *rate, uint64_t now_ns)
{
    if (rate->bytes_per_s == 0)
        return UINT64_MAX;
    if (rate->paid_ns >= now_ns + rate->burst_ns)
        return 0;
    uint64_t credit_ns = now_ns + rate->burst_ns - rate->paid_ns;
    credit_ns = credit_ns < rate->burst_ns ? credit_ns : rate->burst_ns;
    return (uint64_t)((unsigned __int128)credit_ns * rate->bytes_per_s / NS_PER_S);
}

void sf_rate_take(struct sf_rate *rate, uint64_t now_ns, uint64_t bytes)
{
    if (rate->bytes_per_s == 0)
        return;
    if (rate->paid_ns < now_ns)
        rate->paid_ns = now_ns;
    rate->paid_ns += time_of(rate, bytes);
}

uint64_t sf_rate_when(const struct sf_rate *rate)
{
    return rate->paid_ns > rate->burst_ns / 2 ? rate->paid_ns - rate->burst_ns / 2 : 0;
}
