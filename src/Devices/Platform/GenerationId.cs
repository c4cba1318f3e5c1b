using System.Text.Json;
using Vmm.Devices.Backends;
using Vmm.Devices.State;
using Vmm.Guest.Acpi;
using Vmm.Guest.Memory;

namespace Vmm.Devices.Platform;

/// <summary>
/// The virtual machine's generation ID: 128 random bits in guest memory ("Virtual Machine Generation ID", Microsoft,
/// 2012). A guest that finds them changed knows that it is a copy of a machine that ran before, and no longer uses random
/// numbers or addresses that the other may be using too.
/// </summary>
/// <remarks>It changes when a machine is restored or copied; not when it is paused, migrated, or when its guest resets it.</remarks>
public sealed class GenerationId : IStateful
{
    /// <summary>Bytes.</summary>
    public const int Size = 16;

    private readonly Lock _lock = new();
    private readonly GuestMemory _memory;
    private readonly AcpiPower _events;
    private readonly IEntropySource _random;
    private Guid _value;

    /// <summary>Puts the ID into guest memory, at the place that the ACPI tables name.</summary>
    /// <param name="memory">The guest's RAM.</param>
    /// <param name="events">What tells the guest of a change.</param>
    /// <param name="random">Where IDs come from.</param>
    /// <param name="value">The ID the machine had before its guest reset it; null for a fresh one.</param>
    public GenerationId(GuestMemory memory, AcpiPower events, IEntropySource random, Guid? value = null)
    {
        (_memory, _events, _random) = (memory, events, random);
        Set(value ?? Next());
    }

    /// <summary>The ID.</summary>
    public Guid Value
    {
        get
        {
            lock (_lock)
                return _value;
        }
    }

    /// <inheritdoc/>
    public string StateName => "generation-id";

    /// <inheritdoc/>
    public int StateVersion => 1;

    /// <inheritdoc/>
    public JsonElement SaveState() => StateJson.Write(new GenerationIdState(Value), DeviceStateJson.Default.GenerationIdState);

    /// <inheritdoc/>
    /// <remarks>It is the saved one again, in guest memory, too. A machine that is a copy then changes it by <see cref="Renew"/>.</remarks>
    public void RestoreState(int version, JsonElement state)
    {
        GenerationIdState saved = StateJson.Read(this, version, state, DeviceStateJson.Default.GenerationIdState);
        lock (_lock)
            Set(saved.Value);
    }

    /// <summary>Changes it and tells the guest, which may be paused: it then finds out when it goes on.</summary>
    /// <returns>The new one.</returns>
    public Guid Renew()
    {
        Guid next = Next();
        lock (_lock)
            Set(next);
        _events.RaiseEvent(AcpiHardware.EventGeneration);
        return next;
    }

    private Guid Next()
    {
        Span<byte> bytes = stackalloc byte[Size];
        _random.Fill(bytes);
        return new Guid(bytes);
    }

    private void Set(Guid value)
    {
        Span<byte> bytes = stackalloc byte[Size];
        value.TryWriteBytes(bytes);
        if (!_memory.TryWrite(new GuestAddress(MemoryLayout.GenerationIdStart), bytes))
            throw new ArgumentException($"no RAM for the generation ID at 0x{MemoryLayout.GenerationIdStart:x}", nameof(value));
        _value = value;
    }
}
