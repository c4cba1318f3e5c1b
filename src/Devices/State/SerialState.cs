namespace Vmm.Devices.State;

/// <summary>What a 16550A holds.</summary>
internal sealed record SerialState(
    ushort Divisor,
    byte InterruptEnable,
    byte FifoControl,
    byte LineControl,
    byte ModemControl,
    byte LineErrors,
    byte ModemLines,
    byte ModemDeltas,
    byte Scratch,
    bool TransmitterPending,
    byte[] Received,
    byte[] ReceivedErrors);
