using System.Text;
using Vmm.Devices.Backends;

namespace Vmm.Tests.Devices.Platform;

internal sealed class CollectingSink : IByteSink
{
    private readonly List<byte> _bytes = [];

    public string Text => Encoding.Latin1.GetString([.. _bytes]);

    public void Write(ReadOnlySpan<byte> bytes) => _bytes.AddRange(bytes);
}
