using Vmm.Devices.Bus;

namespace Vmm.Tests.Vmm.Machine;

/// <summary>Reads back what was written last, and the offset it was written to.</summary>
internal sealed class EchoDevice : IBusDevice
{
    private readonly byte[] _last = new byte[8];

    public string Name => "echo";

    public ulong LastOffset { get; private set; }

    public long Writes { get; private set; }

    public void Read(ulong offset, Span<byte> data) => _last.AsSpan(0, data.Length).CopyTo(data);

    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        LastOffset = offset;
        Writes++;
        data.CopyTo(_last);
    }
}
