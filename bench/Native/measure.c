/*
 * Runs a command and says what it cost: "WALL_NS PEAK_KIB USER_US SYSTEM_US STATUS" on standard error. The command's own
 * output goes where ours goes. A fork of a small program, so that the parent's size does not count as the child's peak.
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
    long long start = now();
    pid_t child = vfork();
    if (child == 0) {
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) < 0)
        err(1, "%s", argv[1]);
    fprintf(stderr, "%lld %ld %ld %ld %d\n", now() - start, usage.ru_maxrss,
            usage.ru_utime.tv_sec * 1000000L + usage.ru_utime.tv_usec,
            usage.ru_stime.tv_sec * 1000000L + usage.ru_stime.tv_usec,
            WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return 0;
}
