/* Which executables the shim cannot be loaded into, by their files. The files
 * are copies of this test, which the shim could be loaded into, with one thing
 * changed. */
#include "launching.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>

enum { WHY_BYTES = 300 };

static char folder[64];
static char *image;
static size_t image_bytes;

static int read_self(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/sf-elf-XXXXXX");
    assert_non_null(mkdtemp(folder));
    FILE *file = fopen("/proc/self/exe", "re");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    image_bytes = (size_t)ftell(file);
    rewind(file);
    image = malloc(image_bytes);
    assert_int_equal(fread(image, 1, image_bytes, file), image_bytes);
    fclose(file);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    free(image);
    return system(command);
}

static const char *write_file(const char *name, const void *data, size_t bytes, mode_t mode)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
    assert_int_equal(write(fd, data, bytes), bytes);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    return path;
}

static void assert_unreachable(const char *file, const char *because, const char *remedy)
{
    char why[WHY_BYTES] = "", expected[WHY_BYTES];
    assert_true(sf_unreachable(file, NULL, NULL, why, sizeof why));
    snprintf(expected, sizeof expected, "%s %s: the shim cannot be loaded into it; %s", file, because,
             remedy);
    assert_string_equal(why, expected);
}

static void assert_reachable(const char *file, const char *path, const char *cwd)
{
    char why[WHY_BYTES] = "";
    if (sf_unreachable(file, path, cwd, why, sizeof why))
        fail_msg("%s", why);
}

static char *changed(void)
{
    char *copy = malloc(image_bytes);
    assert_non_null(copy);
    memcpy(copy, image, image_bytes);
    return copy;
}

static ElfW(Phdr) * interpreter_of(char *copy)
{
    ElfW(Ehdr) *header = (void *)copy;
    ElfW(Phdr) *segments = (void *)(copy + header->e_phoff);
    for (unsigned i = 0; i < header->e_phnum; i++)
        if (segments[i].p_type == PT_INTERP)
            return &segments[i];
    fail_msg("this test has no interpreter");
    return NULL;
}

static void dynamic_executable_is_reachable(void **state)
{
    (void)state;
    assert_reachable("/proc/self/exe", NULL, NULL);
    assert_reachable("sh", "/usr/bin:/bin", NULL);
}

static void missing_file_is_no_answer(void **state)
{
    (void)state;
    assert_reachable("/no/such/file", NULL, NULL);
    assert_reachable("no-such-file", "/bin", NULL);
    assert_reachable("", NULL, NULL);
    assert_reachable("/usr", NULL, NULL);
    assert_reachable(write_file("data", image, image_bytes, 0600), NULL, NULL);
}

static void static_executable_is_unreachable(void **state)
{
    (void)state;
    char *copy = changed();
    interpreter_of(copy)->p_type = PT_NULL;
    assert_unreachable(write_file("static", copy, image_bytes, 0700), "is statically linked",
                       "link it dynamically");
    free(copy);
}

static void other_architecture_is_unreachable(void **state)
{
    (void)state;
    char *copy = changed();
    ((ElfW(Ehdr) *)(void *)copy)->e_machine = EM_S390;
    assert_unreachable(write_file("s390", copy, image_bytes, 0700), "is built for another architecture",
                       "build sockfault for that");
    free(copy);
}

static void other_class_is_unreachable(void **state)
{
    (void)state;
    Elf32_Ehdr header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
                         .e_type = ET_EXEC,
                         .e_machine = EM_386,
                         .e_version = EV_CURRENT,
                         .e_ehsize = sizeof header};
    assert_unreachable(write_file("i386", &header, sizeof header, 0700), "is built for another architecture",
                       "build sockfault for that");
}

static void musl_executable_is_unreachable(void **state)
{
    (void)state;
    static const char musl[] = "/lib/ld-musl-x86.so.1";
    char *copy = changed();
    ElfW(Phdr) *segment = interpreter_of(copy);
    assert_true(segment->p_filesz >= sizeof musl);
    memcpy(copy + segment->p_offset, musl, sizeof musl);
    assert_unreachable(write_file("musl", copy, image_bytes, 0700), "is linked with musl",
                       "link it with glibc");
    free(copy);
}

static void go_executable_is_unreachable(void **state)
{
    (void)state;
    char *copy = changed();
    ElfW(Ehdr) *header = (void *)copy;
    ElfW(Shdr) *sections = (void *)(copy + header->e_shoff);
    ElfW(Shdr) *names = &sections[header->e_shstrndx];
    static const char from[] = ".note.gnu.build-id", to[] = ".note.go.buildid";
    char *name = memmem(copy + names->sh_offset, names->sh_size, from, sizeof from);
    assert_non_null(name);
    memcpy(name, to, sizeof to);
    assert_unreachable(write_file("go", copy, image_bytes, 0700),
                       "is a Go program, which calls the kernel without libc", "put the rule at its peer");
    free(copy);
}

static void setuid_counts_where_it_raises_privileges(void **state)
{
    (void)state;
    const char *own = write_file("own", image, image_bytes, 04700);
    assert_reachable(own, NULL, NULL);
    if (getuid() != 0)
        return; /* only root can give files away */
    const char *file = write_file("setuid", image, image_bytes, 0755);
    assert_int_equal(chown(file, 65534, 65534), 0);
    assert_int_equal(chmod(file, 04755), 0);
    assert_unreachable(file, "is setuid", "run a copy without that bit");
    assert_int_equal(chmod(file, 02755), 0);
    assert_unreachable(file, "is setgid", "run a copy without that bit");
    assert_int_equal(chmod(file, 02745), 0);
    assert_reachable(file, NULL, NULL);
}

static void script_stands_for_its_interpreter(void **state)
{
    (void)state;
    char *copy = changed(), text[300], why[WHY_BYTES], below[200];
    interpreter_of(copy)->p_type = PT_NULL;
    write_file("static", copy, image_bytes, 0700);
    free(copy);

    snprintf(text, sizeof text, "#! \t%s/static -x\necho\n", folder);
    const char *script = write_file("script", text, strlen(text), 0700);
    assert_true(sf_unreachable(script, NULL, NULL, why, sizeof why));
    assert_non_null(strstr(why, "/static is statically linked"));

    snprintf(text, sizeof text, "#!%s/script", folder);
    script = write_file("script-of-script", text, strlen(text), 0700);
    assert_true(sf_unreachable(script, NULL, NULL, why, sizeof why));

    snprintf(below, sizeof below, "%s", folder);
    assert_true(sf_unreachable("./static", NULL, below, why, sizeof why));
    assert_true(sf_unreachable("static", "/bin:", below, why, sizeof why)); /* an empty element is the cwd */

    script = write_file("to-shell", "#!/bin/sh\n", 10, 0700);
    assert_reachable(script, NULL, NULL);
    assert_reachable(write_file("nothing", "#!", 2, 0700), NULL, NULL);
}

static void script_that_names_itself_ends(void **state)
{
    (void)state;
    char text[200];
    snprintf(text, sizeof text, "#!%s/loop\n", folder);
    assert_reachable(write_file("loop", text, strlen(text), 0700), NULL, NULL);
}

static void damaged_file_does_no_harm(void **state)
{
    (void)state;
    enum { ROUNDS = 600, HEAD_BYTES = 1024 };
    unsigned seed = 7;
    char why[WHY_BYTES];
    char *copy = changed();
    size_t tail = ((ElfW(Ehdr) *)(void *)image)->e_shoff;
    for (unsigned round = 0; round < ROUNDS; round++) {
        memcpy(copy, image, image_bytes);
        for (unsigned i = 0; i < 8; i++) { /* headers and the section table */
            size_t at = rand_r(&seed) % 2 ? (size_t)rand_r(&seed) % HEAD_BYTES
                                          : tail + (size_t)rand_r(&seed) % (image_bytes - tail);
            copy[at] = (char)rand_r(&seed);
        }
        size_t bytes = round % 4 ? image_bytes : (size_t)rand_r(&seed) % image_bytes;
        sf_unreachable(write_file("damaged", copy, bytes, 0700), NULL, NULL, why, sizeof why);
    }
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dynamic_executable_is_reachable),
        cmocka_unit_test(missing_file_is_no_answer),
        cmocka_unit_test(static_executable_is_unreachable),
        cmocka_unit_test(other_architecture_is_unreachable),
        cmocka_unit_test(other_class_is_unreachable),
        cmocka_unit_test(musl_executable_is_unreachable),
        cmocka_unit_test(go_executable_is_unreachable),
        cmocka_unit_test(setuid_counts_where_it_raises_privileges),
        cmocka_unit_test(script_stands_for_its_interpreter),
        cmocka_unit_test(script_that_names_itself_ends),
        cmocka_unit_test(damaged_file_does_no_harm),
    };
    return cmocka_run_group_tests_name("reach of the shim", tests, read_self, remove_files);
}
