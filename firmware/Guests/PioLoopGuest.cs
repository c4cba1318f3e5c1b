using Vmm.Firmware.Assembly;
using Vmm.Firmware.Blocks;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Guests;

/// <summary>Port accesses in a loop: what does an exit cost?</summary>
internal sealed class PioLoopGuest : TinyGuest
{
    private static readonly GuestParameter Count = new("n", 10_000, "number of port accesses");
    private static readonly GuestParameter Port = new("port", Ports.Post, "the port");
    private static readonly GuestParameter IsWrite = new("write", 0, "1 writes instead of reading");

    /// <inheritdoc/>
    public override string Name => "pio-loop";

    /// <inheritdoc/>
    public override string Summary => "accesses a port n times and prints the cycles each took";

    /// <inheritdoc/>
    public override string Explanation =>
        "Reads (or with write=1 writes) one byte at a port n times, then prints how many TSC cycles one access took. "
        + "Every access leaves the guest: the processor saves its state, KVM returns from KVM_RUN, the VMM looks for a "
        + "device at the port, and all the way back. Port 0x80 by default, where no device answers: what remains is the "
        + "price of an exit itself.";

    /// <inheritdoc/>
    public override IReadOnlyList<GuestParameter> Parameters => [Count, Port, IsWrite];

    /// <inheritdoc/>
    public override GuestExpectation Expectation =>
        new(["pio-loop: 10000 port accesses, ", " cycles each\r\n"], GuestEnding.DebugExit);

    /// <inheritdoc/>
    private protected override void Write(GuestProgram program) =>
        new AccessLoop(Count, Port, IsWrite).Write(program, "pio-loop: ", " port accesses, ",
            a => a.@in(al, dx), a => a.@out(dx, al));
}
