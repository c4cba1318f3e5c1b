/*
 * Puts a copy in memory over the shipped program, so that L1 starts it without asking the host for every page.
 *
 *   shipped CHECKOUT       before each command: what was just built must be what runs
 *
 * The checkout is shared uncached, and a program of 24 MiB is then read again, in small pieces, each time it starts:
 * seconds in an emulated L1. The copy is made anew whenever the host's file is another one. The host's files are seen
 * beside the copies that cover them through a second mount of the checkout, at VIEW.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define VIEW "/run/lab/checkout"
#define COPIES "/run/lab/copies"

static const char *const files[] = { "vmm", "libMonoPosixHelper.so" };

/* Which of the host's files this is, as a name. */
static void name_of(const char *file, const struct stat *s, char *name, size_t size)
{
    snprintf(name, size, COPIES "/%s-%llx-%llx-%llx.%lx", file, (unsigned long long)s->st_ino, (unsigned long long)s->st_size,
             (unsigned long long)s->st_mtim.tv_sec, s->st_mtim.tv_nsec);
}

static int copy(const char *from, const char *to, const struct stat *s)
{
    char part[512];
    snprintf(part, sizeof part, "%s.part", to);
    int in = open(from, O_RDONLY), out = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    off_t done = 0;
    while (in >= 0 && out >= 0 && done < s->st_size && sendfile(out, in, NULL, (size_t)(s->st_size - done)) > 0)
        done = lseek(out, 0, SEEK_CUR);
    int good = in >= 0 && out >= 0 && done == s->st_size && fchmod(out, s->st_mode & 0777) == 0;
    close(in), close(out);
    if (!good || rename(part, to) != 0)
        return unlink(part), -1;
    return 0;
}

static void cover(const char *checkout, const char *file)
{
    char theirs[512], place[512], ours[512], before[512] = "", note[512];
    struct stat s;
    snprintf(theirs, sizeof theirs, VIEW "/out/%s", file);
    snprintf(place, sizeof place, "%s/out/%s", checkout, file);
    snprintf(note, sizeof note, COPIES "/%s", file);
    ssize_t length = readlink(note, before, sizeof before - 1);
    before[length > 0 ? length : 0] = 0;
    int is_there = stat(theirs, &s) == 0 && S_ISREG(s.st_mode);
    if (is_there) {
        name_of(file, &s, ours, sizeof ours);
        if (strcmp(ours, before) == 0)
            return;
    }
    if (before[0]) {             /* another one now, or none: whoever runs the old one keeps it */
        umount2(place, MNT_DETACH);
        unlink(before), unlink(note);
    }
    if (is_there && copy(theirs, ours, &s) == 0 && mount(ours, place, NULL, MS_BIND, NULL) == 0 && symlink(ours, note) != 0)
        umount2(place, MNT_DETACH);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return fputs("usage: shipped CHECKOUT\n", stderr), 2;
    mkdir(COPIES, 0755);
    int lock = open(COPIES "/.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX) != 0)
        return fprintf(stderr, "shipped: " COPIES ": %s\n", strerror(errno)), 1;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        cover(argv[1], files[i]);
    return 0;
}
