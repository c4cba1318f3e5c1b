using Vmm.Kvm.Abi;

namespace Vmm.Gdb.Breakpoints;

/// <summary>The four debug registers of the processor, and who has them (Intel SDM 3B, 17.2). The guest's own are not used meanwhile.</summary>
internal sealed class DebugRegisters
{
    /// <summary>How many there are: DR0 to DR3.</summary>
    public const int Count = 4;

    private const int Control = 7;

    /// <summary>DR7: GE, and the bit that is always one.</summary>
    private const ulong AlwaysSet = 0x600;

    /// <summary>DR7: G0; the others each two bits on.</summary>
    private const ulong GlobalEnable = 2;

    /// <summary>DR7: where R/W0 and LEN0 are; the others each four bits on.</summary>
    private const int FirstCondition = 16;

    private readonly Watch?[] _slots = new Watch?[Count];

    private readonly record struct Watch(BreakpointKind Kind, ulong Address, int Length);

    /// <summary>Whether one is in use.</summary>
    public bool Any => _slots.Any(slot => slot is not null);

    /// <summary>Puts a breakpoint or watchpoint in: all of it or nothing. What is not aligned takes several registers.</summary>
    public BreakpointResult Insert(BreakpointKind kind, ulong address, ulong length)
    {
        if (Split(kind, address, length) is not { } pieces)
            return BreakpointResult.Malformed;
        Watch[] wanted = [.. pieces.Where(piece => !_slots.Contains(piece))];
        if (wanted.Length > _slots.Count(slot => slot is null))
            return BreakpointResult.NoRoom;
        foreach (Watch piece in wanted)
            _slots[Array.IndexOf(_slots, null)] = piece;
        return BreakpointResult.Done;
    }

    /// <summary>Takes one out; nothing happens when there is none.</summary>
    public void Remove(BreakpointKind kind, ulong address, ulong length)
    {
        foreach (Watch piece in Split(kind, address, length) ?? [])
        {
            int slot = Array.IndexOf(_slots, piece);
            if (slot >= 0)
                _slots[slot] = null;
        }
    }

    /// <summary>Takes all of them out.</summary>
    public void Clear() => Array.Clear(_slots);

    /// <summary>What the processor stopped for.</summary>
    /// <param name="status">DR6.</param>
    /// <param name="kind">Of the first that is ours.</param>
    /// <param name="address">What it watches.</param>
    /// <returns>False when it was none of ours.</returns>
    public bool TryFind(ulong status, out BreakpointKind kind, out ulong address)
    {
        for (int i = 0; i < Count; i++)
        {
            if ((status >> i & 1) == 0 || _slots[i] is not { } watch)
                continue;
            (kind, address) = (watch.Kind, watch.Address);
            return true;
        }
        (kind, address) = (default, 0);
        return false;
    }

    /// <summary>Writes them for KVM.</summary>
    public unsafe void Load(ref kvm_guest_debug_arch registers)
    {
        ulong control = AlwaysSet;
        for (int i = 0; i < Count; i++)
        {
            registers.debugreg[i] = _slots[i]?.Address ?? 0;
            if (_slots[i] is { } watch)
                control |= GlobalEnable << 2 * i | (Condition(watch.Kind) | LengthCode(watch.Length) << 2) << FirstCondition + 4 * i;
        }
        registers.debugreg[Control] = control;
    }

    /// <summary>R/W: 0 is an instruction, 1 writes, 3 reads and writes.</summary>
    private static ulong Condition(BreakpointKind kind) => kind switch
    {
        BreakpointKind.Hardware => 0,
        BreakpointKind.Write => 1,
        _ => 3,
    };

    /// <summary>LEN: 0 is one byte, 1 two, 3 four, 2 eight.</summary>
    private static ulong LengthCode(int length) => length switch
    {
        1 => 0,
        2 => 1,
        4 => 3,
        _ => 2,
    };

    /// <summary>The aligned pieces of at most eight bytes that it takes; null when that is more than there are registers, or it wraps.</summary>
    private static List<Watch>? Split(BreakpointKind kind, ulong address, ulong length)
    {
        if (kind == BreakpointKind.Hardware)
            return [new Watch(kind, address, 1)];
        const ulong Widest = 8;
        if (length is 0 or > Count * Widest || length - 1 > ulong.MaxValue - address)
            return null;
        List<Watch> pieces = [];
        while (length > 0)
        {
            ulong piece = Widest;
            while (piece > length || address % piece != 0)
                piece /= 2;
            pieces.Add(new Watch(kind, address, (int)piece));
            address += piece;
            length -= piece;
        }
        return pieces.Count <= Count ? pieces : null;
    }
}
