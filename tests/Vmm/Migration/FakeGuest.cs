using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Machine;
using Vmm.Machine.Config;
using Vmm.Migration;
using Vmm.Migration.Protocol;
using Vmm.Migration.Receiving;
using Vmm.Migration.Sending;
using Vmm.Snapshot.Memory;
using Xunit;

namespace Vmm.Tests.Vmm.Migration;

/// <summary>A "guest" that is nothing but memory, which it writes to whenever its log is read.</summary>
internal sealed unsafe class FakeGuest : IMigratingGuest, IIncomingGuest, IDisposable
{
    private readonly GuestRam _ram;
    private readonly DirtyBitmap _log;
    private bool _logs;
    private bool _held;

    public FakeGuest(ulong length, SafeFd? memory = null, bool hugepages = false)
    {
        MemoryFile = memory;
        _ram = memory is null ? GuestRam.Create(length, hugepages: hugepages) : GuestRam.Adopt(memory, length, hugepages: false);
        _log = new DirtyBitmap(length);
    }

    public nint Memory => _ram.Start;

    public ulong Length => _ram.Length;

    public ulong PageSize => ClaimedPageSize ?? _ram.PageSize;

    /// <summary>What it says its pages are, where that is not so.</summary>
    public ulong? ClaimedPageSize { get; set; }

    /// <summary>Its memory, for who may have to wait for it.</summary>
    public GuestMemory Ram => _ram.Memory;

    public SafeFd? MemoryFile { get; }

    public Span<byte> Bytes => new((void*)Memory, (int)Length);

    /// <summary>What it does between two looks at its log.</summary>
    public Action<FakeGuest>? Works { get; set; }

    /// <summary>Its process was killed.</summary>
    public bool IsDead { get; set; }

    public bool HasEnded { get; set; }

    /// <summary>Whether it executes instructions here.</summary>
    public bool Runs { get; set; }

    public bool HasDisks { get; set; }

    public bool SomebodyTookTheDisks { get; set; }

    public int ThrottledTo { get; private set; }

    public bool IsLogged => _logs;

    public byte[] State { get; set; } = [1, 2, 3];

    public Exception? RefusesState { get; set; }

    public Exception? RefusesPostCopy { get; set; }

    /// <summary>What it does with memory as it takes the state over.</summary>
    public Action<FakeGuest>? Restores { get; set; }

    public void Write(ulong offset, byte value)
    {
        Assert.True(Runs && !_held, "a guest that is held writes");
        Bytes[(int)offset] = value;
        if (_logs)
            _log.Mark(offset, 1);
    }

    public OfferMessage Describe(MigrationOptions options) => new()
    {
        Config = System.Text.Json.JsonSerializer.SerializeToElement(new MachineConfig(), MachineConfigJson.Default.MachineConfig),
        Memory = Length,
        Page = PageMessage.PageSize,
        Connections = options.Connections,
        Zstd = options.Zstd,
        Local = options.Local,
        PostCopy = options.MayPostCopy,
        Disks = [],
    };

    public void StartLogging() => _logs = true;

    public void StopLogging() => _logs = false;

    public void MarkContent(DirtyBitmap into) => into.Mark(0, Length);

    public void Harvest(DirtyBitmap into)
    {
        if (Runs && !_held)
            Works?.Invoke(this);
        _log.MoveTo(into);
    }

    public void Throttle(int percent) => ThrottledTo = percent;

    public void Hold()
    {
        Works?.Invoke(this);
        _held = true;
        Runs = false;
    }

    public byte[] SaveState() => State;

    public void GiveUp() => HasDisks = false;

    public void TakeBack()
    {
        if (SomebodyTookTheDisks)
            throw new VmmException("disk 'x': image is in use");
        HasDisks = true;
    }

    public void GoOn()
    {
        _held = false;
        Runs = !IsDead;
    }

    public void Restore(ReadOnlyMemory<byte> state)
    {
        if (RefusesState is not null)
            throw RefusesState;
        State = state.ToArray();
        Restores?.Invoke(this);
    }

    public void CheckPostCopy()
    {
        if (RefusesPostCopy is not null)
            throw RefusesPostCopy;
    }

    public PageServer Await(DirtyBitmap missing, IPageSource source) => new(_ram, source, fault => Environment.FailFast("pages", fault), missing);

    public void TakeDisks()
    {
        if (SomebodyTookTheDisks)
            throw new VmmException("disk 'x': image is in use");
        HasDisks = true;
    }

    public void Dispose()
    {
        _ram.Dispose();
        MemoryFile?.Dispose();
    }
}
