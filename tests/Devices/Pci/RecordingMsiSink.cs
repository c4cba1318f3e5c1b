using Vmm.Devices.Interrupts;

namespace Vmm.Tests.Devices.Pci;

internal sealed class RecordingMsiSink : IMsiSink
{
    private int _count;

    public int Count => Volatile.Read(ref _count);
    public MsiMessage Last { get; private set; }

    public void Signal(in MsiMessage message)
    {
        Last = message;
        Interlocked.Increment(ref _count);
    }
}
