using Vmm.Devices.Backends;

namespace Vmm.Tests.Devices.Virtio.Vsock;

/// <summary>A host on which somebody listens on every port but one.</summary>
internal sealed class FakeHost : IVsockBackend
{
    public const uint ClosedPort = 666;

    public List<FakeStream> Streams { get; } = [];
    public FakeStream Last => Streams[^1];

    /// <summary>What new streams take before they would block.</summary>
    public int Room { get; set; } = int.MaxValue;

    public IVsockStream? TryConnect(uint port)
    {
        if (port == ClosedPort)
            return null;
        FakeStream stream = new() { Room = Room };
        Streams.Add(stream);
        return stream;
    }
}
