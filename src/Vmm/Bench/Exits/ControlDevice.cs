using System.Diagnostics;
using Vmm.Devices.Bus;
using Vmm.Firmware;

namespace Vmm.Bench.Exits;

/// <summary>Where the guest says that it begins to measure and that it has ended.</summary>
/// <param name="begin">Called when it begins, before the time is taken.</param>
internal sealed class ControlDevice(Action begin) : IBusDevice
{
    private long _begun;

    /// <inheritdoc/>
    public string Name => "control";

    /// <summary>How long the guest measured, as the host's clock says.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>Whether the guest came to its end.</summary>
    public bool IsDone { get; private set; }

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> data) => data.Clear();

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        if (data[0] == ExitsLayout.Begin)
        {
            begin();
            _begun = Stopwatch.GetTimestamp();
        }
        else
        {
            Elapsed = Stopwatch.GetElapsedTime(_begun);
            IsDone = true;
        }
    }
}
