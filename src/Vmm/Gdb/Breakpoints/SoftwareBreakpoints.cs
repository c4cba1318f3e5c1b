using Vmm.Guest.Memory;

namespace Vmm.Gdb.Breakpoints;

/// <summary>
/// Breakpoints that are an int3 in the guest's memory. They are found again by physical address, for a page may be mapped in
/// more than one place; changed only while every vCPU is held.
/// </summary>
/// <param name="memory">The guest's RAM.</param>
internal sealed class SoftwareBreakpoints(GuestMemory memory)
{
    /// <summary>INT3 (Intel SDM 2A).</summary>
    public const byte Int3 = 0xcc;

    /// <summary>More than anybody sets by hand, so that a client cannot make them many without end.</summary>
    public const int Most = 4096;

    // By the address that the debugger gave: it may not be mapped any more when the breakpoint is taken out.
    private readonly Dictionary<ulong, GuestAddress> _byLinear = [];
    private readonly Dictionary<ulong, Patch> _byPhysical = [];

    /// <summary>Whether there is any.</summary>
    public bool Any => _byLinear.Count > 0;

    /// <summary>Whether there is one at a physical address. On vCPU threads too, while nothing changes.</summary>
    public bool IsAt(GuestAddress physical) => _byPhysical.ContainsKey(physical.Value);

    /// <summary>Whether one was put in by this address. On vCPU threads too, while nothing changes.</summary>
    public bool IsFor(ulong linear) => _byLinear.ContainsKey(linear);

    /// <summary>Puts one in.</summary>
    /// <param name="linear">The address as the debugger knows it.</param>
    /// <param name="physical">Where that is.</param>
    public BreakpointResult Insert(ulong linear, GuestAddress physical)
    {
        if (_byLinear.ContainsKey(linear))
            return BreakpointResult.Done;
        if (_byLinear.Count >= Most)
            return BreakpointResult.NoRoom;
        if (_byPhysical.TryGetValue(physical.Value, out Patch? there))
        {
            there.Users++;
        }
        else
        {
            Span<byte> original = stackalloc byte[1];
            if (!memory.TryRead(physical, original) || !memory.TryWrite(physical, [Int3]))
                return BreakpointResult.BadAddress;
            _byPhysical[physical.Value] = new Patch { Original = original[0], Users = 1 };
        }
        _byLinear[linear] = physical;
        return BreakpointResult.Done;
    }

    /// <summary>Takes one out; nothing happens when there is none.</summary>
    public void Remove(ulong linear)
    {
        if (!_byLinear.Remove(linear, out GuestAddress physical) || --_byPhysical[physical.Value].Users > 0)
            return;
        _byPhysical.Remove(physical.Value, out Patch? patch);
        Span<byte> now = stackalloc byte[1];
        // What the guest has written over it since is the guest's.
        if (memory.TryRead(physical, now) && now[0] == Int3)
            memory.TryWrite(physical, [patch!.Original]);
    }

    /// <summary>Takes all of them out.</summary>
    public void Clear()
    {
        foreach (ulong linear in _byLinear.Keys.ToArray())
            Remove(linear);
    }

    /// <summary>Shows bytes that were read from memory as they would be without breakpoints.</summary>
    /// <param name="physical">Where they were read from.</param>
    /// <param name="data">They.</param>
    public void Hide(GuestAddress physical, Span<byte> data)
    {
        foreach ((ulong at, Patch patch) in _byPhysical)
        {
            ulong offset = at - physical.Value;
            if (offset < (ulong)data.Length && data[(int)offset] == Int3)
                data[(int)offset] = patch.Original;
        }
    }

    /// <summary>Prepares bytes that are about to be written to memory: breakpoints stay in, and know what is below them now.</summary>
    /// <param name="physical">Where they are written to.</param>
    /// <param name="data">They.</param>
    public void Keep(GuestAddress physical, Span<byte> data)
    {
        foreach ((ulong at, Patch patch) in _byPhysical)
        {
            ulong offset = at - physical.Value;
            if (offset >= (ulong)data.Length)
                continue;
            patch.Original = data[(int)offset];
            data[(int)offset] = Int3;
        }
    }

    private sealed class Patch
    {
        public byte Original { get; set; }

        public int Users { get; set; }
    }
}
