#include "engine/number.h"

/* The turn: the record whose turn it is, from 1, 0 between turns; above it how many turns there were, so
 * that no two are the same. */
#define TURN_SHIFT 32

static uint32_t record_of(uint64_t turn)
{
    return (uint32_t)turn;
}

void sf_number_ask(struct sf_socket_rule *rule)
{
    uint32_t none = 0;
    atomic_compare_exchange_strong(&rule->connection, &none, SF_NUMBER_ASKED);
}

/* Each step is one that several can do, and whoever comes late does nothing. */
static void take_turn_under(const struct sf_numbering *numbering, uint64_t turn, uint32_t index,
                            struct sf_socket_rule *rule)
{
    _Atomic uint32_t *count = &numbering->rules[index].connections;
    uint32_t ordinal = atomic_load(&rule->connection);

    while (ordinal == SF_NUMBER_ASKED) {
        uint32_t next = atomic_load(count) + 1;
        if (atomic_load(numbering->turn) != turn)
            return;
        if (atomic_compare_exchange_strong(&rule->connection, &ordinal, next))
            ordinal = next;
    }
    if (ordinal != 0) {
        uint32_t before = ordinal - 1;
        atomic_compare_exchange_strong(count, &before, ordinal);
    }
}

static void complete(const struct sf_numbering *numbering, uint64_t turn)
{
    struct sf_socket_rule *rules =
        (void *)(numbering->first + (uint64_t)(record_of(turn) - 1) * numbering->stride);

    for (uint32_t i = 0; i < numbering->rule_count; i++)
        take_turn_under(numbering, turn, i, &rules[i]);
    atomic_compare_exchange_strong(numbering->turn, &turn, ((turn >> TURN_SHIFT) + 1) << TURN_SHIFT);
}

void sf_number(const struct sf_numbering *numbering, uint32_t record)
{
    uint64_t turn = atomic_load(numbering->turn);

    for (;;) {
        if (record_of(turn) != 0) {
            complete(numbering, turn);
            turn = atomic_load(numbering->turn);
        } else if (atomic_compare_exchange_strong(numbering->turn, &turn, turn | (record + 1))) {
            complete(numbering, turn | (record + 1));
            return;
        }
    }
}
