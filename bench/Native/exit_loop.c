/*
 * The floor: a guest that writes to a port, and nothing around KVM_RUN but what KVM demands. Loads a flat binary at
 * 0x10000, enters it in real mode, and prints what it writes to port 0xe9. Ends when it writes to port 0xf4.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define LOAD_ADDRESS 0x10000
#define STACK 0x8000
#define RAM_SIZE (2 << 20)
#define DEBUG_CONSOLE 0xe9
#define DEBUG_EXIT 0xf4

static int must(int result, const char *what)
{
    if (result < 0)
        err(1, "%s", what);
    return result;
}

static void load(const char *path, uint8_t *ram)
{
    int file = must(open(path, O_RDONLY | O_CLOEXEC), path);
    must(read(file, ram + LOAD_ADDRESS, RAM_SIZE - LOAD_ADDRESS), path);
    close(file);
}

static void enter_real_mode(int vcpu)
{
    struct kvm_sregs special;
    must(ioctl(vcpu, KVM_GET_SREGS, &special), "KVM_GET_SREGS");
    special.cs.base = LOAD_ADDRESS;
    special.cs.selector = LOAD_ADDRESS >> 4;
    must(ioctl(vcpu, KVM_SET_SREGS, &special), "KVM_SET_SREGS");
    struct kvm_regs registers = { .rip = 0, .rsp = STACK, .rflags = 2 };
    must(ioctl(vcpu, KVM_SET_REGS, &registers), "KVM_SET_REGS");
}

int main(int argc, char **argv)
{
    if (argc != 2)
        errx(2, "usage: exit_loop FLAT_BINARY");
    int kvm = must(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
    int vm = must(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
    uint8_t *ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ram == MAP_FAILED)
        err(1, "mmap");
    load(argv[1], ram);
    struct kvm_userspace_memory_region region = { .memory_size = RAM_SIZE, .userspace_addr = (uintptr_t)ram };
    must(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
    must(ioctl(vm, KVM_CREATE_IRQCHIP, 0), "KVM_CREATE_IRQCHIP");
    int vcpu = must(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
    int size = must(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
    struct kvm_run *run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
    if (run == MAP_FAILED)
        err(1, "mmap of kvm_run");
    enter_real_mode(vcpu);

    volatile uint8_t sink = 0;
    for (;;) {
        must(ioctl(vcpu, KVM_RUN, 0), "KVM_RUN");
        if (run->exit_reason != KVM_EXIT_IO)
            errx(1, "unexpected exit %u", run->exit_reason);
        uint8_t value = *((uint8_t *)run + run->io.data_offset);
        if (run->io.port == DEBUG_CONSOLE)
            putchar(value);
        else if (run->io.port == DEBUG_EXIT)
            break;
        else
            sink = value;
    }
    (void)sink;
    return fflush(stdout) == 0 ? 0 : 1;
}
