using System.Text.Json;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Machine;
using Vmm.Machine.Config;
using Vmm.Migration;
using Vmm.Migration.Protocol;
using Vmm.Migration.Receiving;
using Vmm.Migration.Sending;
using Vmm.Snapshot.Memory;

namespace Vmm.Bench.SideBySide;

/// <summary>A "guest" that is nothing but memory which nobody writes to, for a migration's data path alone: no KVM is needed.</summary>
internal sealed unsafe class BareMemory : IMigratingGuest, IIncomingGuest, IDisposable
{
    private readonly GuestRam _ram;

    /// <summary>Takes memory from the kernel.</summary>
    /// <param name="length">In bytes.</param>
    public BareMemory(ulong length) => _ram = GuestRam.Create(length);

    /// <inheritdoc cref="IMigratingGuest.Memory"/>
    public nint Memory => _ram.Start;

    /// <inheritdoc cref="IMigratingGuest.Length"/>
    public ulong Length => _ram.Length;

    /// <inheritdoc cref="IMigratingGuest.PageSize"/>
    public ulong PageSize => _ram.PageSize;

    /// <inheritdoc/>
    public SafeFd? MemoryFile => null;

    /// <inheritdoc/>
    public bool HasEnded => false;

    /// <summary>Writes the same byte everywhere.</summary>
    public void Fill(byte value) => new Span<byte>((void*)Memory, checked((int)Length)).Fill(value);

    /// <inheritdoc/>
    public OfferMessage Describe(MigrationOptions options) => new()
    {
        Config = JsonSerializer.SerializeToElement(new MachineConfig(), MachineConfigJson.Default.MachineConfig),
        Memory = Length,
        Page = PageMessage.PageSize,
        Connections = options.Connections,
        Zstd = options.Zstd,
        Disks = [],
    };

    /// <inheritdoc/>
    public void MarkContent(DirtyBitmap into) => into.Mark(0, Length);

    /// <inheritdoc/>
    public byte[] SaveState() => [1];

    /// <inheritdoc/>
    public PageServer Await(DirtyBitmap missing, IPageSource source) => throw new NotSupportedException("nothing follows after the start here");

    /// <inheritdoc/>
    public void Dispose() => _ram.Dispose();

    void IMigratingGuest.StartLogging()
    {
    }

    void IMigratingGuest.StopLogging()
    {
    }

    void IMigratingGuest.Harvest(DirtyBitmap into)
    {
    }

    void IMigratingGuest.Throttle(int percent)
    {
    }

    void IMigratingGuest.Hold()
    {
    }

    void IMigratingGuest.GiveUp()
    {
    }

    void IMigratingGuest.TakeBack()
    {
    }

    void IMigratingGuest.GoOn()
    {
    }

    void IIncomingGuest.CheckPostCopy()
    {
    }

    void IIncomingGuest.Restore(ReadOnlyMemory<byte> state)
    {
    }

    void IIncomingGuest.TakeDisks()
    {
    }
}
