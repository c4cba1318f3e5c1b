using System.Collections.Concurrent;
using Vmm.Devices.Bus;

namespace Vmm.Tests.Kvm.Vcpu;

/// <summary>Keeps what was written to it, answers reads with a fixed byte, and tells when a write comes.</summary>
internal sealed class RecordingDevice(string name, byte answer = 0x5a) : IBusDevice
{
    public string Name => name;

    public ConcurrentQueue<(ulong Offset, byte[] Data)> Writes { get; } = new();

    public Action<ulong, byte[]>? Written { get; set; }

    public void Read(ulong offset, Span<byte> data) => data.Fill(answer);

    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        byte[] copy = data.ToArray();
        Writes.Enqueue((offset, copy));
        Written?.Invoke(offset, copy);
    }
}
