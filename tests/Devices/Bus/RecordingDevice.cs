using Vmm.Devices.Bus;

namespace Vmm.Tests.Devices.Bus;

/// <summary>Answers every read with one byte and remembers the last access.</summary>
internal sealed class RecordingDevice(string name = "recorder", byte answer = 0x5a) : IBusDevice
{
    public string Name => name;
    public int Reads { get; private set; }
    public int Writes { get; private set; }
    public ulong LastOffset { get; private set; }
    public byte[] LastWrite { get; private set; } = [];

    public void Read(ulong offset, Span<byte> data)
    {
        Reads++;
        LastOffset = offset;
        data.Fill(answer);
    }

    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        Writes++;
        LastOffset = offset;
        LastWrite = data.ToArray();
    }
}
