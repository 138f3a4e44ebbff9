/* What the network and its addresses do: nobody can be reached, no port is free. */
#include "observer.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* $TYPE is the argument: of a route, see ip-route(8). */
static void shell(const struct step *step, const char *script)
{
    must(step->argument ? setenv("TYPE", step->argument, 1) : 0, "setenv");
    must(system(script) == 0 ? 0 : -1, script);
}

/* This machine knows that nobody can be reached at 192.0.2.0/24 and 2001:db8:2::/64:
 * `route=unreachable`, `route=prohibit`. */
static void act_route(struct step *step)
{
    shell(step, "for net in 192.0.2.0/24 2001:db8:2::/64; do ip route add $TYPE $net; done");
}

/* A router knows it: what is sent there leaves by one end of a veth pair, comes in at the
 * other, finds no way on, and ICMP comes back. */
static void act_router(struct step *step)
{
    shell(step, "ip link add there type veth peer name router address 02:00:00:00:00:02\n"
                "for file in ipv4/ip_forward ipv4/conf/all/accept_local ipv6/conf/all/forwarding; do\n"
                "    echo 1 > /proc/sys/net/$file; done\n"
                "for file in all there router; do echo 0 > /proc/sys/net/ipv4/conf/$file/rp_filter; done\n"
                "ip addr add 198.51.100.1/30 dev there; ip addr add 2001:db8:1::1/64 dev there nodad\n"
                "ip link set there up; ip link set router up\n"
                "for to in 198.51.100.2 2001:db8:1::2; do\n"
                "    ip neigh add $to lladdr 02:00:00:00:00:02 dev there nud permanent; done\n"
                "ip route add 192.0.2.0/24 via 198.51.100.2; ip route add 2001:db8:2::/64 via 2001:db8:1::2\n"
                "for v in -4 -6; do\n"
                "    ip $v rule add iif router lookup 100 pref 1\n"
                "    ip $v route add $TYPE default table 100; done");
}

/* One port is left, and somebody is connected to near's target from it already.
 * Source: ip(7), ip_local_port_range. */
static void act_no_ports(struct step *step)
{
    int other = socket(ends.domain, ends.type, 0);

    shell(step, "echo 40000 40000 > /proc/sys/net/ipv4/ip_local_port_range");
    must(other, "socket");
    must(connect(other, (void *)&ends.target, ends.target_bytes), "connect");
}

const struct word network_words[] = {
    {"route", act_route}, {"router", act_router}, {"no-ports", act_no_ports}, {NULL, NULL}};
