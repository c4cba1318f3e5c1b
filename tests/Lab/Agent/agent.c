/*
 * The lab's agent: runs commands for the lab's clients, one process per session.
 *
 *   agent serve PORT TOKENFILE   listens on TCP (inside L1, where it is process 1)
 *   agent session                serves one session on its own stdin and stdout (native lane)
 *
 * A session is a stream of frames in both directions: one byte of type, four bytes of
 * length (little-endian), payload. See Channel/FrameType.cs for the meaning of each type.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { STDIN_WINDOW = 256 * 1024, CHUNK = 64 * 1024, MAX_FRAME = 1024 * 1024 };
enum { PTY_DRAIN_MS = 500, TERM_GRACE_MS = 1000 };

struct session {
    int in, out;                 /* the connection; equal for a socket */
    pid_t child;
    int pidfd;
    int child_in, child_out, child_err;
    int pty;                     /* child_in and child_out are one pty master */
    int stdin_ended;             /* the client will send no more */
    size_t stdin_start, stdin_used;
    char stdin_buffer[STDIN_WINDOW];
    size_t frame_used;
    char frame[MAX_FRAME + 5];
};

static void put_all(int fd, const void *data, size_t length)
{
    const char *p = data;
    while (length > 0) {
        ssize_t n = write(fd, p, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;              /* the client is gone; reading will tell */
        p += n;
        length -= (size_t)n;
    }
}

static void send_frame(struct session *s, char type, const void *data, uint32_t length)
{
    char head[5] = { type, (char)length, (char)(length >> 8), (char)(length >> 16), (char)(length >> 24) };
    char packet[5 + CHUNK];      /* one write, one segment; no frame is longer */
    memcpy(packet, head, 5);
    memcpy(packet + 5, data, length);
    put_all(s->out, packet, 5 + length);
}

static void send_number(struct session *s, char type, uint32_t value)
{
    unsigned char b[4] = { (unsigned char)value, (unsigned char)(value >> 8), (unsigned char)(value >> 16), (unsigned char)(value >> 24) };
    send_frame(s, type, b, 4);
}

static uint32_t number_at(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    return u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

static void leave(struct session *s);

static void refuse(struct session *s, const char *what, const char *detail)
{
    char text[512];
    int n = snprintf(text, sizeof text, "%s: %s", what, detail);
    send_frame(s, 'F', text, (uint32_t)(n < (int)sizeof text ? n : (int)sizeof text - 1));
    leave(s);
}

static void no_block(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

/* Inside L1: the program that was just built is what this command will run (shipped.c). */
static void refresh(void)
{
    char *checkout = getenv("VMM_LAB_CHECKOUT");
    pid_t child = checkout ? fork() : -1;
    if (child == 0) {
        execl("/run/lab/shipped", "shipped", checkout, (char *)NULL);
        _exit(127);
    }
    if (child > 0)
        waitpid(child, NULL, 0);
}

/* Start: flags, rows, columns, environment count, argument count (u32 each), then
 * NUL-terminated strings: working folder, environment, arguments. */
static void start_child(struct session *s, char *p, uint32_t length)
{
    char *end = p + length;
    if (length < 20 || end[-1] != 0)
        refuse(s, "start", "malformed request");
    uint32_t flags = number_at(p), rows = number_at(p + 4), columns = number_at(p + 8);
    uint32_t environment_count = number_at(p + 12), argument_count = number_at(p + 16);
    if (environment_count > 4096 || argument_count == 0 || argument_count > 65536)
        refuse(s, "start", "malformed request");
    char **strings = calloc((size_t)environment_count + argument_count + 4, sizeof *strings);
    uint32_t count = 0, wanted = 1 + environment_count + argument_count;
    for (p += 20; p < end && count < wanted; p += strlen(p) + 1)
        strings[count++] = p;
    if (count != wanted)
        refuse(s, "start", "malformed request");

    int to[2], from[2], error[2], report[2], master = -1, slave = -1;
    s->pty = flags & 1;
    refresh();
    if (pipe2(report, O_CLOEXEC) != 0)
        refuse(s, "pipe", strerror(errno));
    if (s->pty) {
        struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns };
        if (openpty(&master, &slave, NULL, NULL, &size) != 0)
            refuse(s, "openpty", strerror(errno));
        fcntl(master, F_SETFD, FD_CLOEXEC);
    } else if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC) || pipe2(error, O_CLOEXEC)) {
        refuse(s, "pipe", strerror(errno));
    }
    s->child = fork();
    if (s->child < 0)
        refuse(s, "fork", strerror(errno));
    if (s->child == 0) {
        setsid();
        signal(SIGPIPE, SIG_DFL);
        if (s->pty) {
            ioctl(slave, TIOCSCTTY, 0);
            dup2(slave, 0), dup2(slave, 1), dup2(slave, 2);
            if (slave > 2)
                close(slave);
        } else {
            dup2(to[0], 0), dup2(from[1], 1), dup2(error[1], 2);
        }
        const char *step = strings[0];
        if (chdir(strings[0]) == 0) {
            for (uint32_t i = 0; i < environment_count; i++)
                putenv(strings[1 + i]);
            step = strings[1 + environment_count];
            execvp(step, strings + 1 + environment_count);
        }
        char text[512];
        int n = snprintf(text, sizeof text, "%s: %s", step, strerror(errno));
        put_all(report[1], text, (size_t)(n < (int)sizeof text ? n : (int)sizeof text - 1));
        _exit(127);
    }
    close(report[1]);
    char why[512];
    ssize_t n = read(report[0], why, sizeof why - 1);    /* end of file: exec succeeded */
    close(report[0]);
    if (n > 0) {
        why[n] = 0;
        waitpid(s->child, NULL, 0);
        refuse(s, "cannot run", why);
    }
    if (s->pty) {
        close(slave);
        s->child_in = s->child_out = master;
        s->child_err = -1;
    } else {
        close(to[0]), close(from[1]), close(error[1]);
        s->child_in = to[1], s->child_out = from[0], s->child_err = error[0];
        no_block(s->child_err);
    }
    no_block(s->child_in), no_block(s->child_out);
    s->pidfd = (int)syscall(SYS_pidfd_open, s->child, 0);
    send_number(s, 'P', (uint32_t)s->child);
}

static void end_stdin(struct session *s)
{
    if (s->child_in >= 0 && !s->pty)
        close(s->child_in), s->child_in = -1;
}

static void take_stdin(struct session *s, const char *data, size_t length)
{
    if (s->child_in < 0) {                               /* nobody reads it any more */
        send_number(s, 'A', (uint32_t)length);
        return;
    }
    if (length > STDIN_WINDOW - s->stdin_used)
        refuse(s, "stdin", "more than the window was sent");
    for (size_t i = 0; i < length; ) {
        size_t at = (s->stdin_start + s->stdin_used) % STDIN_WINDOW;
        size_t run = length - i < STDIN_WINDOW - at ? length - i : STDIN_WINDOW - at;
        memcpy(s->stdin_buffer + at, data + i, run);
        s->stdin_used += run, i += run;
    }
}

static void pass_stdin(struct session *s)
{
    uint32_t done = 0;
    while (s->stdin_used > 0) {
        size_t run = STDIN_WINDOW - s->stdin_start;
        if (run > s->stdin_used)
            run = s->stdin_used;
        ssize_t n = write(s->child_in, s->stdin_buffer + s->stdin_start, run);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (n <= 0) {                                    /* the reader closed it: drop the rest */
            n = (ssize_t)s->stdin_used;
            end_stdin(s);
        }
        s->stdin_start = (s->stdin_start + (size_t)n) % STDIN_WINDOW;
        s->stdin_used -= (size_t)n;
        done += (uint32_t)n;
    }
    if (done > 0)
        send_number(s, 'A', done);
}

/* Returns 0 when the stream has ended. */
static int pass_output(struct session *s, int fd, char type)
{
    static char buffer[CHUNK];
    ssize_t n = read(fd, buffer, sizeof buffer);
    if (n > 0)
        send_frame(s, type, buffer, (uint32_t)n);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void handle_frame(struct session *s, char type, char *data, uint32_t length)
{
    if (s->child == 0) {
        if (type == 'C')
            start_child(s, data, length);
        else
            refuse(s, "session", "the first frame is not a start request");
        return;
    }
    switch (type) {
    case 'I': take_stdin(s, data, length); break;
    case 'E': s->stdin_ended = 1; break;
    case 'K': if (length == 4) kill(-s->child, (int)number_at(data)); break;
    case 'W':
        if (length == 8 && s->pty) {
            struct winsize size = { .ws_row = (unsigned short)number_at(data), .ws_col = (unsigned short)number_at(data + 4) };
            ioctl(s->child_out, TIOCSWINSZ, &size);
        }
        break;
    default: refuse(s, "session", "unknown frame");
    }
}

/* The client is gone: its command has no one to report to. */
static void abandon(struct session *s)
{
    if (s->child > 0) {
        struct pollfd ended = { s->pidfd, POLLIN, 0 };
        kill(-s->child, SIGHUP), kill(-s->child, SIGTERM);
        poll(&ended, 1, TERM_GRACE_MS);
        kill(-s->child, SIGKILL);
    }
    exit(0);
}

static void take_frames(struct session *s)
{
    ssize_t n = read(s->in, s->frame + s->frame_used, sizeof s->frame - s->frame_used);
    if (n <= 0) {
        if (n < 0 && errno == EINTR)
            return;
        abandon(s);
    }
    s->frame_used += (size_t)n;
    size_t at = 0;
    while (s->frame_used - at >= 5) {
        uint32_t length = number_at(s->frame + at + 1);
        if (length > MAX_FRAME)
            refuse(s, "session", "frame too long");
        if (s->frame_used - at - 5 < length)
            break;
        handle_frame(s, s->frame[at], s->frame + at + 5, length);
        at += 5 + length;
    }
    s->frame_used -= at;
    memmove(s->frame, s->frame + at, s->frame_used);
}

/* What the child wrote before it ended is still in the pipes; a pty delivers it late. */
static void drain(struct session *s)
{
    int fds[2] = { s->child_out, s->child_err };
    for (int i = 0; i < 2; i++) {
        struct pollfd p = { fds[i], POLLIN, 0 };
        while (p.fd >= 0 && poll(&p, 1, s->pty ? PTY_DRAIN_MS : 0) > 0)
            if (!pass_output(s, p.fd, i == 0 ? 'O' : 'R'))
                break;
    }
}

/* Closing a socket with unread input resets it, and the reset overtakes what we sent. */
static void leave(struct session *s)
{
    shutdown(s->out, SHUT_WR);
    while (s->in == s->out && read(s->in, s->frame, sizeof s->frame) > 0)
        continue;
    exit(0);
}

static void run_session(struct session *s)
{
    s->child_in = s->child_out = s->child_err = s->pidfd = -1;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    for (;;) {
        struct pollfd p[5] = {
            { s->in, POLLIN, 0 }, { s->child_out, POLLIN, 0 }, { s->child_err, POLLIN, 0 },
            { s->pidfd, POLLIN, 0 }, { s->stdin_used > 0 ? s->child_in : -1, POLLOUT, 0 },
        };
        if (poll(p, 5, -1) < 0)
            continue;
        if (p[1].revents && !pass_output(s, s->child_out, 'O')) {
            if (s->pty)
                s->child_in = -1;
            close(s->child_out);
            s->child_out = -1;
        }
        if (p[2].revents && !pass_output(s, s->child_err, 'R'))
            close(s->child_err), s->child_err = -1;
        if (p[4].revents)
            pass_stdin(s);
        if (p[0].revents)
            take_frames(s);
        if (s->stdin_ended && s->stdin_used == 0)
            end_stdin(s);
        if (p[3].revents) {
            int status = 0;
            drain(s);
            waitpid(s->child, &status, 0);
            send_number(s, 'X', (uint32_t)(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status)));
            leave(s);
        }
    }
}

/* The token keeps other users of the host out: the port is on its loopback. */
static int token_arrives(int fd, const char *token, size_t length)
{
    char got[256];
    size_t n = 0;
    while (n < length) {
        ssize_t r = read(fd, got + n, length - n);
        if (r <= 0)
            return 0;
        n += (size_t)r;
    }
    return memcmp(got, token, length) == 0;
}

static int serve(int port, const char *token_file)
{
    char token[256];
    int fd = open(token_file, O_RDONLY | O_CLOEXEC);
    ssize_t length = read(fd, token, sizeof token);
    close(fd);
    if (length <= 0)
        return fprintf(stderr, "agent: no token in %s\n", token_file), 1;
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 64) != 0)
        return fprintf(stderr, "agent: port %d: %s\n", port, strerror(errno)), 1;
    signal(SIGCHLD, SIG_IGN);                            /* as process 1 we inherit orphans: reap them unseen */
    puts("VMM-LAB-READY");
    fflush(stdout);
    for (;;) {
        int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (connection < 0)
            continue;
        if (fork() == 0) {
            close(listener);
            setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            if (!token_arrives(connection, token, (size_t)length))
                exit(1);
            struct session *s = calloc(1, sizeof *s);
            s->in = s->out = connection;
            run_session(s);
        }
        close(connection);
    }
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "serve") == 0)
        return serve(atoi(argv[2]), argv[3]);
    if (argc == 2 && strcmp(argv[1], "session") == 0) {
        struct session *s = calloc(1, sizeof *s);
        s->in = fcntl(0, F_DUPFD_CLOEXEC, 3);
        s->out = fcntl(1, F_DUPFD_CLOEXEC, 3);
        run_session(s);
    }
    fputs("usage: agent serve PORT TOKENFILE | agent session\n", stderr);
    return 2;
}
