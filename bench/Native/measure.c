/*
 * Runs a command and says what it cost: "WALL_NS PEAK_KIB USER_US SYSTEM_US STATUS FIRST_NS" on standard error; the last is when
 * its first output came, 0 when it printed nothing. The command's output goes where ours goes. A fork of a small program,
 * so that the parent's size does not count as the child's peak.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        errx(2, "usage: measure COMMAND [ARGUMENT...]");
    int output[2];
    if (pipe(output) < 0)
        err(1, "pipe");
    long long start = now(), first = 0;
    pid_t child = vfork();
    if (child == 0) {
        dup2(output[1], 1);
        close(output[0]);
        close(output[1]);
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    close(output[1]);
    char bytes[4096];
    for (ssize_t got; (got = read(output[0], bytes, sizeof bytes)) > 0;) {
        if (first == 0)
            first = now() - start;
        if (write(1, bytes, got) != got)
            err(1, "write");
    }
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) < 0)
        err(1, "%s", argv[1]);
    fprintf(stderr, "%lld %ld %ld %ld %d %lld\n", now() - start, usage.ru_maxrss,
            usage.ru_utime.tv_sec * 1000000L + usage.ru_utime.tv_usec,
            usage.ru_stime.tv_sec * 1000000L + usage.ru_stime.tv_usec,
            WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), first);
    return 0;
}
