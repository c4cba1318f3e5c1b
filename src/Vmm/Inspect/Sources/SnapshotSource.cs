using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Snapshot;
using Vmm.Snapshot.Memory;
using Vmm.Snapshot.State;

namespace Vmm.Inspect.Sources;

/// <summary>A snapshot on disk, to be looked at. No KVM is needed.</summary>
internal sealed class SnapshotSource : IDisposable
{
    private const ulong None = ulong.MaxValue;

    private readonly SnapshotChain _chain;
    private readonly byte[] _page = new byte[DirtyBitmap.PageSize];
    private ulong _loaded = None;

    private SnapshotSource(SnapshotChain chain, MachineConfig config, SavedState state)
    {
        _chain = chain;
        (ulong low, ulong high) = MemoryLayout.Split(chain.Layers.Size);
        Machine = new InspectedMachine(state)
        {
            Config = config,
            Read = TryRead,
            Slots = high == 0
                ? [new MemorySlot(0, 0, low, 0)]
                : [new MemorySlot(0, 0, low, 0), new MemorySlot(1, MemoryLayout.HighRamStart, high, low)],
            PlaceName = "file offset",
        };
    }

    /// <summary>The machine that was saved.</summary>
    public InspectedMachine Machine { get; }

    /// <summary>Its memory.</summary>
    public MemoryLayers Memory => _chain.Layers;

    /// <summary>Opens one, with all that it builds upon.</summary>
    /// <exception cref="VmmException">It is none, or damaged.</exception>
    public static SnapshotSource Open(string path)
    {
        SnapshotFolder folder = new(path);
        SnapshotChain chain = SnapshotChain.Open(folder);
        try
        {
            SnapshotManifest manifest = chain.Manifests[^1];
            return new SnapshotSource(chain, folder.ReadConfig(manifest), folder.ReadState(manifest));
        }
        catch
        {
            chain.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _chain.Dispose();

    private bool TryRead(ulong address, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            if (Machine.SlotOf(address) is not { } slot)
                return false;
            ulong offset = slot.PlaceOf(address);
            ulong inside = offset % DirtyBitmap.PageSize;
            Load(offset - inside);
            int run = (int)Math.Min((ulong)destination.Length, DirtyBitmap.PageSize - inside);
            _page.AsSpan((int)inside, run).CopyTo(destination);
            destination = destination[run..];
            address = unchecked(address + (ulong)run);
        }
        return true;
    }

    /// <summary>A walk reads several entries of a page, and a dump all of it.</summary>
    private void Load(ulong page)
    {
        if (page == _loaded)
            return;
        _loaded = None;
        _chain.Layers.TryRead(page, _page);
        _loaded = page;
    }
}
