/* Can the shim be loaded into this executable? By its file alone. */
#include "launch/launch.h"

#include "launch/lookup.h"

#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

struct inspection {
    char file[PATH_MAX];
    char *why;
    size_t why_bytes;
};

static bool say(const struct inspection *inspection, const char *text, const char *remedy)
{
    snprintf(inspection->why, inspection->why_bytes, "%s %s: the shim cannot be loaded into it; %s",
             inspection->file, text, remedy);
    return true;
}

static void own_kind(int *class, int *machine)
{
    *class = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
#if defined(__x86_64__)
    *machine = EM_X86_64;
#elif defined(__aarch64__)
    *machine = EM_AARCH64;
#else
#error "name this machine's EM_ constant"
#endif
}

/* PT_INTERP's text; false: there is none, the executable is static. */
static bool read_interpreter(Elf *elf, int fd, char *interpreter, size_t bytes)
{
    size_t count;
    if (elf_getphdrnum(elf, &count) != 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr header;
        if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_INTERP)
            continue;
        size_t length = header.p_filesz < bytes - 1 ? header.p_filesz : bytes - 1;
        bool sane = header.p_offset <= INT64_MAX;
        ssize_t got = sane ? pread(fd, interpreter, length, (off_t)header.p_offset) : 0;
        interpreter[got > 0 ? got : 0] = '\0';
        return true;
    }
    return false;
}

/* Go calls the kernel by itself, even where it links libc. */
static bool is_go(Elf *elf)
{
    size_t names;
    if (elf_getshdrstrndx(elf, &names) != 0)
        return false;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header))
            continue;
        const char *name = elf_strptr(elf, names, header.sh_name);
        if (name && (strcmp(name, ".note.go.buildid") == 0 || strcmp(name, ".go.buildinfo") == 0))
            return true;
    }
    return false;
}

static bool inspect_elf(const struct inspection *inspection, Elf *elf, int fd)
{
    GElf_Ehdr header;
    int class, machine;
    char interpreter[PATH_MAX];
    own_kind(&class, &machine);
    if (!gelf_getehdr(elf, &header))
        return false;
    if (header.e_ident[EI_CLASS] != class || header.e_machine != machine)
        return say(inspection, "is built for another architecture", "build sockfault for that");
    if (is_go(elf))
        return say(inspection, "is a Go program, which calls the kernel without libc",
                   "put the rule at its peer");
    if (!read_interpreter(elf, fd, interpreter, sizeof interpreter))
        return say(inspection, "is statically linked", "link it dynamically");
    if (strstr(interpreter, "ld-musl"))
        return say(inspection, "is linked with musl", "link it with glibc");
    return false;
}

/* Where privileges really rise, the dynamic linker ignores LD_PRELOAD. */
static bool inspect_privileges(const struct inspection *inspection, int fd)
{
    struct stat file;
    struct statvfs mount;
    if (fstat(fd, &file) != 0 || (fstatvfs(fd, &mount) == 0 && (mount.f_flag & ST_NOSUID)) ||
        prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
        return false;
    if ((file.st_mode & S_ISUID) && file.st_uid != getuid())
        return say(inspection, "is setuid", "run a copy without that bit");
    /* setgid without the group's x bit marks a file for mandatory locking. */
    if ((file.st_mode & S_ISGID) && (file.st_mode & S_IXGRP) && file.st_gid != getgid())
        return say(inspection, "is setgid", "run a copy without that bit");
    if (getuid() != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0)
        return say(inspection, "has file capabilities", "run a copy without them");
    return false;
}

bool sf_unreachable(const char *file, const char *path, const char *cwd, char *why, size_t why_bytes)
{
    struct inspection inspection = {.why = why, .why_bytes = why_bytes};
    if (sf_program_find(file, path, cwd, inspection.file, sizeof inspection.file) != 0 ||
        !sf_program_follow(inspection.file, cwd, inspection.file, sizeof inspection.file))
        return false;
    int fd = open(inspection.file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return false;
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    bool unreachable = inspect_privileges(&inspection, fd) ||
                       (elf && elf_kind(elf) == ELF_K_ELF && inspect_elf(&inspection, elf, fd));
    elf_end(elf);
    close(fd);
    return unreachable;
}
