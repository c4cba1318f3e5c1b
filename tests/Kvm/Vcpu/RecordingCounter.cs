using Vmm.Devices.Bus;

namespace Vmm.Tests.Kvm.Vcpu;

/// <summary>Counts writes.</summary>
internal sealed class RecordingCounter : IBusDevice
{
    private long _count;

    public string Name => "counter";

    public long Count => Interlocked.Read(ref _count);

    public void Read(ulong offset, Span<byte> data) => data.Clear();

    public void Write(ulong offset, ReadOnlySpan<byte> data) => Interlocked.Increment(ref _count);
}
