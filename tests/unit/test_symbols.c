/* What functions are called, and which an ELF file names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "symbols/functions.h"
#include "symbols/name.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool means(const char *name, const char *symbol)
{
    return sf_name_means(name, symbol, strlen(symbol));
}

static void symbol_is_what_its_compiler_made_of_the_name(void **state)
{
    (void)state;
    assert_true(means("recv_all", "recv_all"));
    assert_true(means("recv_all", "recv_all@@LIB_1.2"));
    assert_true(means("recv_all", "recv_all@LIB_1.1"));
    assert_true(means("recv_all", "recv_all.constprop.0"));
    assert_true(means("recv_all", "recv_all.part.0.isra.0"));
    assert_true(means("recv_all", "recv_all.cold"));
    assert_true(means("recv_all.cold", "recv_all.cold"));
    assert_true(means(".hidden", ".hidden"));
    assert_false(means("recv_all", "recv_all_of"));
    assert_false(means("recv_all", "recv"));
    assert_false(means("recv_all", "_recv_all"));
    assert_false(means("recv_all", ""));
    assert_false(means("cold", "recv_all.cold"));
}

static void path_of_cxx_may_be_cut_at_its_front(void **state)
{
    (void)state;
    static const char symbol[] = "_ZN3net6Client4readEv";
    assert_true(means("net::Client::read", symbol));
    assert_true(means("Client::read", symbol));
    assert_true(means("read", symbol));
    assert_true(means(symbol, symbol));
    assert_false(means("net::read", symbol));
    assert_false(means("other::net::Client::read", symbol));
    assert_false(means("t::Client::read", symbol));
    assert_false(means("::read", symbol));
    assert_false(means("Client", symbol));
    assert_false(means("ead", symbol));
}

static void symbols_of_cxx_are_read_as_far_as_their_path(void **state)
{
    (void)state;
    static const struct {
        const char *name, *symbol;
    } rows[] = {
        {"poll_peer", "_Z9poll_peeri"},
        {"poll_peer", "_ZL9poll_peeri"},
        {"poll_peer", "_ZN12_GLOBAL__N_19poll_peerEi"},
        {"poll_peer", "_Z9poll_peerIiEvT_"},
        {"net::poll", "_ZNK3net4pollB5cxx11Ev"},
        {"poll_peer", "_ZNKR3net9poll_peerEv.cold"},
        {"List::add", "_ZN4ListIiSaIiEE3addERKi"},
        {"List::add", "_ZN4ListILi10EPFviEN3net1EEE3addEv"},
        {"List::add", "_ZN4ListIJT0_DpS1_A10_cEE3addEv"},
        {"std::sort", "_ZSt4sortIPiEvT_S1_"},
        {"std::vector::push", "_ZNSt6vectorIiSaIiEE4pushEi"},
        {"Client::Client", "_ZN3net6ClientC2Ei"},
        {"net::Client::~Client", "_ZN3net6ClientD1Ev"},
        {"~Client", "_ZN3net6ClientD0Ev"},
        {"fmt::write", "_ZN4core3fmt5write17h0123456789abcdefE"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!means(rows[i].name, rows[i].symbol))
            fail_msg("%s does not mean %s", rows[i].name, rows[i].symbol);
}

static void what_is_not_understood_is_meant_by_its_symbol_alone(void **state)
{
    (void)state;
    static const char *const symbols[] = {
        "_ZZ4mainENKUlvE_clEv",
        "_ZN3netplERKS_S1_",
        "_ZN3net4readIXadL_Z1fvEEEEvv",
        "_ZN3net4read",
        "_ZN",
        "_Z",
        "_ZN99read",
        "_Z4rea",
        "_ZN4readI",
        "_ZNE",
        "_ZN3netC",
        "_ZN3netC9Ev",
        "_ZNSt",
        "_ZNS",
        "_ZN4readIL",
    };
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        assert_false(means("read", symbols[i]));
        assert_true(means(symbols[i], symbols[i]));
    }
    /* A hash is dropped behind a path alone. */
    assert_true(means("h0123456789abcdef", "_Z17h0123456789abcdefv"));
    /* Deeper than anybody writes. */
    assert_false(means("read", "_ZN1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a4readEv"));
}

/* Each part of a symbol, cut off anywhere, lies within its bytes (the sanitizer looks). */
static void cut_symbols_are_harmless(void **state)
{
    (void)state;
    static const char *const symbols[] = {"_ZNKR3net4ListILi10EPFviEN1aE1EJT0_A10_cSaIiEEE3addB5cxx11Ev",
                                          "_ZN3net6ClientD1Ev", "_ZSt17h0123456789abcdef"};
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++)
        for (size_t length = 0; length <= strlen(symbols[i]); length++) {
            char *copy = malloc(length + 1);
            memcpy(copy, symbols[i], length);
            sf_name_means("add", copy, length);
            sf_name_means("Client::~Client", copy, length);
            copy = realloc(copy, length + !length);
            sf_name_means("h0123456789abcdef", copy, length);
            free(copy);
        }
}

/* ---- files ---- */

static struct sf_file file;

static int read_self(void **state)
{
    (void)state;
    FILE *self = fopen("/proc/self/exe", "re");
    assert_non_null(self);
    fseek(self, 0, SEEK_END);
    file.length = (uint64_t)ftell(self);
    rewind(self);
    uint8_t *bytes = malloc(file.length);
    assert_int_equal(fread(bytes, 1, file.length, self), file.length);
    fclose(self);
    file.bytes = bytes;
    return 0;
}

static int forget_self(void **state)
{
    (void)state;
    free((void *)file.bytes);
    return 0;
}

__attribute__((noinline)) static int a_local_function(int number)
{
    __asm__ volatile("" : "+r"(number));
    return number + 1;
}

struct seen {
    const char *name;
    unsigned count;
    uint64_t first, last;
};

static void note(void *context, const struct sf_function *function)
{
    struct seen *seen = context;
    if (sf_name_means(seen->name, function->name, function->name_length)) {
        seen->count++;
        seen->first = function->first;
        seen->last = function->last;
    }
}

static void functions_of_a_file_are_found_by_name(void **state)
{
    (void)state;
    struct seen local = {.name = "a_local_function"}, none = {.name = "no_such_function"};
    struct seen data = {.name = "file"}, foreign = {.name = "malloc"};
    assert_true(sf_functions_visit(&file, note, &local));
    assert_int_equal(local.count, 1);
    assert_true(local.last > local.first);
    assert_int_equal(local.first & 4095, (uintptr_t)a_local_function & 4095);
    sf_functions_visit(&file, note, &none);
    assert_int_equal(none.count, 0);
    sf_functions_visit(&file, note, &data);
    assert_int_equal(data.count, 0);
    sf_functions_visit(&file, note, &foreign);
    assert_int_equal(foreign.first, 0);
}

extern const Elf64_Ehdr __ehdr_start;

static void image_is_that_of_its_own_file_alone(void **state)
{
    (void)state;
    assert_true(sf_file_is_image(&file, &__ehdr_start, 4096));
    assert_false(sf_file_is_image(&file, &__ehdr_start, sizeof __ehdr_start - 1));
    assert_false(sf_file_is_image(&file, &__ehdr_start, sizeof __ehdr_start));
    uint8_t *other = malloc(file.length);
    memcpy(other, file.bytes, file.length);
    other[__ehdr_start.e_phoff + 8] ^= 1;
    assert_false(sf_file_is_image(&(struct sf_file){other, file.length}, &__ehdr_start, 4096));
    memcpy(other, file.bytes, file.length);
    other[offsetof(Elf64_Ehdr, e_shoff)] ^= 1;
    assert_false(sf_file_is_image(&(struct sf_file){other, file.length}, &__ehdr_start, 4096));
    free(other);
}

static void build_id_is_what_the_linker_wrote(void **state)
{
    (void)state;
    uint8_t id[SF_BUILD_ID_MAX];
    char text[2 * SF_BUILD_ID_MAX + 1] = "", command[200];
    size_t length = sf_file_build_id(&file, id);
    for (size_t i = 0; i < length; i++)
        sprintf(text + 2 * i, "%02x", id[i]);
    snprintf(command, sizeof command, "readelf -n /proc/%d/exe | grep -q 'Build ID: %s$'", (int)getpid(),
             text);
    if (length)
        assert_int_equal(system(command), 0);
}

static void cut_or_damaged_files_are_harmless(void **state)
{
    (void)state;
    static const uint8_t patterns[] = {0x01, 0x80, 0xff};
    struct seen seen = {.name = "main"};
    uint8_t id[SF_BUILD_ID_MAX];
    for (uint64_t length = 0; length < 4096; length += 1 + length / 16) {
        uint8_t *cut = malloc(length + !length);
        memcpy(cut, file.bytes, length);
        sf_functions_visit(&(struct sf_file){cut, length}, note, &seen);
        sf_file_build_id(&(struct sf_file){cut, length}, id);
        free(cut);
    }
    uint8_t *damaged = malloc(file.length);
    for (uint64_t at = 0; at < 64 * sizeof patterns; at++) {
        memcpy(damaged, file.bytes, file.length);
        damaged[at % 64] ^= patterns[at / 64];
        sf_functions_visit(&(struct sf_file){damaged, file.length}, note, &seen);
        sf_file_build_id(&(struct sf_file){damaged, file.length}, id);
    }
    free(damaged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symbol_is_what_its_compiler_made_of_the_name),
        cmocka_unit_test(path_of_cxx_may_be_cut_at_its_front),
        cmocka_unit_test(symbols_of_cxx_are_read_as_far_as_their_path),
        cmocka_unit_test(what_is_not_understood_is_meant_by_its_symbol_alone),
        cmocka_unit_test(cut_symbols_are_harmless),
        cmocka_unit_test(functions_of_a_file_are_found_by_name),
        cmocka_unit_test(image_is_that_of_its_own_file_alone),
        cmocka_unit_test(build_id_is_what_the_linker_wrote),
        cmocka_unit_test(cut_or_damaged_files_are_harmless),
    };
    return cmocka_run_group_tests(tests, read_self, forget_self);
}
