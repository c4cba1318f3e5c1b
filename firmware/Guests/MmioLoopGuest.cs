using Vmm.Firmware.Assembly;
using Vmm.Firmware.Blocks;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Guests;

/// <summary>Device memory accesses in a loop: what does an exit cost that KVM has to decode?</summary>
internal sealed class MmioLoopGuest : TinyGuest
{
    /// <summary>In the part of the address space that belongs to devices, where neither vmm nor QEMU has one.</summary>
    internal const uint EmptyAddress = 0xFEBF_F000;

    private static readonly GuestParameter Count = new("n", 10_000, "number of accesses");
    private static readonly GuestParameter Address = new("addr", EmptyAddress, "the address, below 4 GiB");
    private static readonly GuestParameter IsWrite = new("write", 0, "1 writes instead of reading");

    /// <inheritdoc/>
    public override string Name => "mmio-loop";

    /// <inheritdoc/>
    public override string Summary => "accesses device memory n times and prints the cycles each took";

    /// <inheritdoc/>
    public override string Explanation =>
        "Reads (or with write=1 writes) 4 bytes at an address without memory n times, then prints how many TSC cycles "
        + "one access took. The access faults in the second stage of address translation; KVM has to fetch and decode "
        + "the instruction to learn what was wanted, and only then returns from KVM_RUN. Compare with pio-loop, where "
        + "the processor itself says which port it was: the difference is the price of decoding.";

    /// <inheritdoc/>
    public override IReadOnlyList<GuestParameter> Parameters => [Count, Address, IsWrite];

    /// <inheritdoc/>
    public override GuestExpectation Expectation =>
        new(["mmio-loop: 10000 memory accesses, ", " cycles each\r\n"], GuestEnding.DebugExit);

    /// <inheritdoc/>
    private protected override void Write(GuestProgram program) =>
        new AccessLoop(Count, Address, IsWrite).Write(program, "mmio-loop: ", " memory accesses, ",
            a => a.mov(eax, __dword_ptr[rbp]), a => a.mov(__dword_ptr[rbp], eax));
}
