/*
 * How fast memory goes from one process to another over TCP on loopback, with nothing around it: "NANOSECONDS BYTES" on
 * standard output, from the first connection to the receiver's word that all is there. Memory is filled before; the
 * receiver's is fresh, as that of a machine that waits for its guest is; but the host has had as much in use just before.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 256 << 10, MOST = 128 };

static char *memory;
static size_t share;
static struct sockaddr_in place = { .sin_family = AF_INET };

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void *receive(void *argument)
{
    int fd = (int)(long)argument;
    unsigned index;
    if (recv(fd, &index, sizeof index, MSG_WAITALL) != sizeof index)
        errx(1, "no index");
    for (size_t done = 0; done < share;) {
        ssize_t got = recv(fd, memory + index * share + done, share - done < PIECE ? share - done : PIECE, 0);
        if (got <= 0)
            err(1, "recv");
        done += got;
    }
    if (send(fd, "!", 1, 0) != 1)
        err(1, "send");
    return NULL;
}

static void *transmit(void *argument)
{
    unsigned index = (unsigned)(long)argument;
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&place, sizeof place) < 0)
        err(1, "connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (send(fd, &index, sizeof index, 0) != sizeof index)
        err(1, "send");
    for (size_t done = 0; done < share;) {
        ssize_t sent = send(fd, memory + index * share + done, share - done < PIECE ? share - done : PIECE, 0);
        if (sent <= 0)
            err(1, "send");
        done += sent;
    }
    char word;
    if (recv(fd, &word, 1, MSG_WAITALL) != 1)
        err(1, "recv");
    return NULL;
}

/* What a host that is itself a guest must first get from its own host is measured by neither side. */
static void have_host_warm(size_t size)
{
    char *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED)
        err(1, "mmap");
    memset(pages, 1, size);
    munmap(pages, size);
}

static void on_each(int count, void *(*run)(void *), int listener)
{
    pthread_t threads[MOST];
    for (int i = 0; i < count; i++) {
        long argument = listener < 0 ? i : accept(listener, NULL, NULL);
        if (argument < 0 || pthread_create(&threads[i], NULL, run, (void *)argument))
            err(1, "connection %d", i);
    }
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
    int count = argc == 3 ? atoi(argv[2]) : 0;
    if (count < 1 || count > MOST)
        errx(2, "usage: stream MEBIBYTES CONNECTIONS");
    size_t size = strtoul(argv[1], NULL, 10) << 20;
    share = size / count;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t length = sizeof place;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener < 0 || bind(listener, (struct sockaddr *)&place, length) < 0 || listen(listener, MOST) < 0
        || getsockname(listener, (struct sockaddr *)&place, &length) < 0)
        err(1, "listen");
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        err(1, "mmap");
    pid_t child = fork();
    if (child == 0) {
        on_each(count, receive, listener);
        _exit(0);
    }
    memset(memory, 1, size);
    have_host_warm(size);
    long long start = now();
    on_each(count, transmit, -1);
    printf("%lld %zu\n", now() - start, share * count);
    int status;
    return waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
}
