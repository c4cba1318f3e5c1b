/*
 * Runs a command and writes the names of the functions it calls, each once, in the order of the first calls.
 *
 *   first_calls FUNCTIONS OUTPUT COMMAND [ARGUMENT...]      FUNCTIONS: lines "ADDRESS NAME", sorted by address, hexadecimal
 *
 * Every function begins with a breakpoint that is taken away when it is met, so the command is delayed only by what it calls
 * for the first time. For programs that lie where they were linked, as vmm does.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { INT3 = 0xCC };

struct function { unsigned long long address; char *name; unsigned char first; unsigned char met; };

static struct function *functions;
static size_t count;

static void read_functions(const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0, room = 0;
    if (!file)
        err(1, "%s", path);
    while (getline(&line, &size, file) > 0) {
        char *name;
        unsigned long long address = strtoull(line, &name, 16);
        if (*name != ' ' || (count > 0 && functions[count - 1].address == address))
            continue;                /* folded with the one before */
        name[strcspn(name, "\n")] = 0;
        if (count == room && !(functions = realloc(functions, (room = room * 2 + 1024) * sizeof *functions)))
            err(1, "memory");
        functions[count++] = (struct function) { .address = address, .name = strdup(name + 1) };
    }
    free(line);
    fclose(file);
}

static struct function *find(unsigned long long address)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (functions[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && functions[low].address == address ? &functions[low] : NULL;
}

static void put(int memory, unsigned long long address, unsigned char byte)
{
    if (pwrite(memory, &byte, 1, (off_t)address) != 1)
        err(1, "a breakpoint at %llx", address);
}

/* Whether a breakpoint of ours was met; if so the thread stands at it, and it is gone. */
static int met(int memory, pid_t thread, FILE *output)
{
    struct user_regs_struct registers;
    if (ptrace(PTRACE_GETREGS, thread, 0, &registers) != 0)
        return 0;
    struct function *here = find(registers.rip - 1);
    if (!here)
        return 0;
    registers.rip--;
    ptrace(PTRACE_SETREGS, thread, 0, &registers);
    if (!here->met) {
        here->met = 1;
        put(memory, here->address, here->first);
        fprintf(output, "%s\n", here->name);
    }
    return 1;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        errx(2, "usage: first_calls FUNCTIONS OUTPUT COMMAND [ARGUMENT...]");
    read_functions(argv[1]);
    FILE *output = fopen(argv[2], "w");
    if (!output)
        err(1, "%s", argv[2]);
    pid_t child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        execvp(argv[3], argv + 3);
        err(127, "%s", argv[3]);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFSTOPPED(status))
        errx(1, "%s did not start", argv[3]);
    ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", child);
    int memory = open(path, O_RDWR | O_CLOEXEC);
    for (size_t i = 0; i < count; i++) {
        if (pread(memory, &functions[i].first, 1, (off_t)functions[i].address) != 1)
            err(1, "%s at %llx", functions[i].name, functions[i].address);
        put(memory, functions[i].address, INT3);
    }
    ptrace(PTRACE_CONT, child, 0, 0);
    for (pid_t thread; (thread = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR;) {
        if (thread == child && (WIFEXITED(status) || WIFSIGNALED(status)))
            break;
        if (!WIFSTOPPED(status))
            continue;
        int signal = WSTOPSIG(status);
        /* Ours: a breakpoint, the news of a thread, and a new thread's own first stop. */
        if ((signal == SIGTRAP && (status >> 16 != 0 || met(memory, thread, output))) || signal == SIGSTOP)
            signal = 0;
        ptrace(PTRACE_CONT, thread, 0, signal);
    }
    fclose(output);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
