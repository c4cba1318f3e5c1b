/*
 * Streams between a guest and its host, every byte checked. The same program at both ends:
 *
 *   streams serve ADDRESS COUNT          sends back what comes, until COUNT connections have ended
 *   streams open  ADDRESS COUNT BYTES    COUNT connections, all open at once; each sends BYTES and insists on them
 *   streams sink  ADDRESS                takes one connection to its end, and tells how fast it was
 *   streams pour  ADDRESS MIB            sends so much over one, and waits until the other end has closed
 *   streams talk  ADDRESS                sends 1 KiB twenty times a second over one and insists on its echo, until it is
 *                                        told to end (SIGTERM); then it tells how long the longest echo took
 *
 * ADDRESS is vsock:PORT to listen, vsock:CID:PORT to connect, tcp:PORT and tcp:IPV4:PORT, unix:PATH, or unix:PATH:PORT for
 * a vmm's socket, which is told CONNECT PORT. Ends with 0 when all was right.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/vm_sockets.h>

enum { ROUND = 1024, LARGE = 64 << 10, BACKLOG = 4096, EVENTS = 256, PAUSE = 50000 };

static void die(const char *what)
{
    fprintf(stderr, "streams: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void write_all(int fd, const void *from, size_t count)
{
    for (const char *p = from; count > 0;) {
        ssize_t n = send(fd, p, count, MSG_NOSIGNAL);
        if (n <= 0)
            die("send");
        p += n, count -= n;
    }
}

static void read_all(int fd, void *to, size_t count)
{
    for (char *p = to; count > 0;) {
        ssize_t n = read(fd, p, count);
        if (n == 0)
            errno = EPIPE;
        if (n <= 0)
            die("read");
        p += n, count -= n;
    }
}

/* What stream i holds at an offset, a multiple of 8 (Steele and others, "Fast splittable pseudorandom number generators"). */
static void fill(uint64_t *words, unsigned i, size_t offset, size_t count)
{
    for (size_t k = 0; k < count / 8; k++) {
        uint64_t z = ((uint64_t)i << 40 | (offset / 8 + k)) * 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        words[k] = z ^ z >> 31;
    }
}

static int named(const char *address, struct sockaddr_storage *out, socklen_t *length, unsigned *port, int listening)
{
    memset(out, 0, sizeof *out);
    char text[sizeof ((struct sockaddr_un *)0)->sun_path], *first, *second;
    snprintf(text, sizeof text, "%s", strchr(address, ':') + 1);
    first = text;
    second = strchr(text, ':');
    if (second)
        *second++ = 0;
    *port = second ? (unsigned)strtoul(second, 0, 10) : 0;
    if (!strncmp(address, "vsock:", 6)) {
        struct sockaddr_vm *vm = (void *)out;
        vm->svm_family = AF_VSOCK;
        vm->svm_cid = listening ? VMADDR_CID_ANY : (unsigned)strtoul(first, 0, 10);
        vm->svm_port = listening ? (unsigned)strtoul(first, 0, 10) : *port;
        *length = sizeof *vm;
        return AF_VSOCK;
    }
    if (!strncmp(address, "tcp:", 4)) {
        struct sockaddr_in *in = (void *)out;
        in->sin_family = AF_INET;
        in->sin_port = htons(listening ? (unsigned)strtoul(first, 0, 10) : *port);
        in->sin_addr.s_addr = listening ? htonl(INADDR_ANY) : inet_addr(first);
        *length = sizeof *in;
        return AF_INET;
    }
    struct sockaddr_un *un = (void *)out;
    un->sun_family = AF_UNIX;
    snprintf(un->sun_path, sizeof un->sun_path, "%s", first);
    *length = sizeof *un;
    return AF_UNIX;
}

static int listen_at(const char *address)
{
    struct sockaddr_storage where;
    socklen_t length;
    unsigned port;
    int fd = socket(named(address, &where, &length, &port, 1), SOCK_STREAM, 0);
    if (where.ss_family == AF_UNIX)
        unlink(((struct sockaddr_un *)&where)->sun_path);
    if (fd < 0 || bind(fd, (void *)&where, length) < 0 || listen(fd, BACKLOG) < 0)
        die(address);
    printf("listening at %s\n", address);
    fflush(stdout);
    return fd;
}

static int connect_to(const char *address)
{
    struct sockaddr_storage where;
    socklen_t length;
    unsigned port;
    int family = named(address, &where, &length, &port, 0);
    int fd = socket(family, SOCK_STREAM, 0);
    if (fd < 0)
        die("socket");
    if (family == AF_VSOCK) {
        struct timeval patience = { .tv_sec = 60 };
        setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &patience, sizeof patience);
    }
    if (connect(fd, (void *)&where, length) < 0)
        die(address);
    if (family == AF_UNIX && port) {
        char line[40], c;
        write_all(fd, line, snprintf(line, sizeof line, "CONNECT %u\n", port));
        size_t n = 0;
        do {
            read_all(fd, &c, 1);
            line[n++] = c;
        } while (c != '\n' && n < sizeof line - 1);
        if (strncmp(line, "OK ", 3)) {
            errno = EPROTO;
            die(line);
        }
    }
    return fd;
}

static void serve(const char *address, int count)
{
    static char bytes[LARGE];
    int listener = listen_at(address), loop = epoll_create1(0), open = 0, most = 0;
    struct epoll_event e = { .events = EPOLLIN, .data.fd = listener }, ready[EVENTS];
    unsigned long long total = 0;
    epoll_ctl(loop, EPOLL_CTL_ADD, listener, &e);
    while (count > 0) {
        int n = epoll_wait(loop, ready, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            int fd = ready[i].data.fd;
            if (fd == listener) {
                if ((fd = accept(listener, 0, 0)) < 0)
                    die("accept");
                e.data.fd = fd;
                epoll_ctl(loop, EPOLL_CTL_ADD, fd, &e);
                most = ++open > most ? open : most;
                continue;
            }
            ssize_t got = read(fd, bytes, sizeof bytes);
            if (got > 0) {
                write_all(fd, bytes, got);
                total += got;
            } else {
                close(fd);
                open--, count--;
            }
        }
    }
    printf("served %llu bytes, %d at once\n", total, most);
}

static void open_many(const char *address, int count, size_t bytes)
{
    uint64_t out[ROUND / 8], in[ROUND / 8];
    int *fds = calloc(count, sizeof *fds);
    double start = now();
    for (int i = 0; i < count; i++)
        fds[i] = connect_to(address);
    double opened = now();
    for (size_t offset = 0; offset < bytes; offset += ROUND) {
        for (int i = 0; i < count; i++) {
            fill(out, i, offset, ROUND);
            write_all(fds[i], out, ROUND);
        }
        for (int i = 0; i < count; i++) {
            fill(out, i, offset, ROUND);
            read_all(fds[i], in, ROUND);
            if (memcmp(in, out, ROUND)) {
                errno = EILSEQ;
                die("data");
            }
        }
    }
    double moved = now();
    for (int i = 0; i < count; i++) {
        shutdown(fds[i], SHUT_WR);
        if (read(fds[i], in, sizeof in) != 0)
            die("end");
        close(fds[i]);
    }
    printf("verified %d streams of %zu bytes: opened in %.2f s, moved in %.2f s, closed in %.2f s\n", count, bytes, opened - start, moved - opened, now() - moved);
}

static void sink(const char *address)
{
    static char bytes[LARGE];
    int listener = listen_at(address), fd = accept(listener, 0, 0);
    double start = now(), total = 0;
    ssize_t n;
    while ((n = read(fd, bytes, sizeof bytes)) > 0)
        total += n;
    if (n < 0)
        die("read");
    printf("took %.0f MiB at %.1f MiB/s\n", total / 1048576, total / 1048576 / (now() - start));
}

static void pour(const char *address, int mib)
{
    static char bytes[LARGE];
    int fd = connect_to(address);
    for (int i = 0; i < mib * 16; i++)
        write_all(fd, bytes, sizeof bytes);
    shutdown(fd, SHUT_WR);
    if (read(fd, bytes, 1) != 0)
        die("end");
    printf("poured %d MiB\n", mib);
}

static volatile sig_atomic_t ended;

static void end(int number)
{
    (void)number;
    ended = 1;
}

static void talk(const char *address)
{
    uint64_t out[ROUND / 8], in[ROUND / 8];
    int fd = connect_to(address);
    double longest = 0;
    size_t offset = 0;
    struct sigaction on_end = { .sa_handler = end, .sa_flags = SA_RESTART };
    sigaction(SIGTERM, &on_end, 0);
    printf("talking to %s\n", address);
    fflush(stdout);
    for (; !ended; offset += ROUND) {
        double start = now();
        fill(out, 0, offset, ROUND);
        write_all(fd, out, ROUND);
        read_all(fd, in, ROUND);
        if (memcmp(in, out, ROUND)) {
            errno = EILSEQ;
            die("data");
        }
        if (now() - start > longest)
            longest = now() - start;
        usleep(PAUSE);
    }
    shutdown(fd, SHUT_WR);
    if (read(fd, in, sizeof in) != 0)
        die("end");
    printf("verified %zu bytes over one connection, the longest echo took %.0f ms\n", offset, longest * 1000);
}

int main(int argc, char **argv)
{
    struct rlimit all;
    getrlimit(RLIMIT_NOFILE, &all);
    all.rlim_cur = all.rlim_max;
    setrlimit(RLIMIT_NOFILE, &all);
    if (argc == 4 && !strcmp(argv[1], "serve"))
        serve(argv[2], atoi(argv[3]));
    else if (argc == 5 && !strcmp(argv[1], "open"))
        open_many(argv[2], atoi(argv[3]), strtoul(argv[4], 0, 10));
    else if (argc == 3 && !strcmp(argv[1], "sink"))
        sink(argv[2]);
    else if (argc == 4 && !strcmp(argv[1], "pour"))
        pour(argv[2], atoi(argv[3]));
    else if (argc == 3 && !strcmp(argv[1], "talk"))
        talk(argv[2]);
    else
        return 2;
    return 0;
}
