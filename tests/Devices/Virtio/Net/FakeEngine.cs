using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Queue;

namespace Vmm.Tests.Devices.Virtio.Net;

/// <summary>An engine that completes chains when the test says so, by the rings that it was lent.</summary>
internal sealed unsafe class FakeEngine : INetworkEngine
{
    private readonly Dictionary<(int Pair, bool Transmit), Ring> _rings = [];

    /// <summary>What it was told, in words.</summary>
    public List<string> Log { get; } = [];

    /// <summary>Features that it does not know.</summary>
    public ulong Unknown { get; init; }

    /// <summary>Whether its network has gone.</summary>
    public bool Refuses { get; set; }

    public bool Has(int pair) => _rings.ContainsKey((pair, false)) && _rings.ContainsKey((pair, true));

    public bool Serves(ulong features) => (features & Unknown) == 0;

    public bool TryStart(int pair, ulong features, in LentQueue receive, in LentQueue transmit)
    {
        if (Refuses)
        {
            Log.Add($"refuse {pair}");
            return false;
        }
        if (Has(pair))
            throw new InvalidOperationException($"pair {pair} was started twice");
        (_rings[(pair, false)], _rings[(pair, true)]) = (new Ring(receive), new Ring(transmit));
        Log.Add($"start {pair} at {receive.Next} {transmit.Next}");
        return true;
    }

    public (ushort Receive, ushort Transmit) Stop(int pair)
    {
        _rings.Remove((pair, false), out Ring? receive);
        _rings.Remove((pair, true), out Ring? transmit);
        Log.Add($"stop {pair}");
        return (receive!.Next, transmit!.Next);
    }

    public void Notify(int pair, bool transmit) => Log.Add($"notify {pair} {(transmit ? "transmit" : "receive")}");

    /// <summary>Takes chains and gives them back, as many as there are.</summary>
    public int Complete(int pair, bool transmit) => _rings[(pair, transmit)].Complete();

    private sealed class Ring(LentQueue queue)
    {
        public ushort Next { get; private set; } = queue.Next;

        public int Complete()
        {
            ushort* avail = (ushort*)queue.Avail, used = (ushort*)queue.Used;
            int count = 0;
            for (; Next != avail[1]; Next++, count++)
            {
                uint* element = (uint*)(used + 2) + 2 * (Next % queue.Size);
                (element[0], element[1]) = (avail[2 + Next % queue.Size], 0);
                used[1] = (ushort)(Next + 1);
            }
            return count;
        }
    }
}
