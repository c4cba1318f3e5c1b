using Vmm.Guest.Memory;

namespace Vmm.Gdb.Breakpoints;

/// <summary>
/// Breakpoints that are an instruction in the guest's memory, put over one of the guest's. They are found again by physical address, for a
/// page may be mapped in more than one place; changed only while every vCPU is held.
/// </summary>
/// <param name="memory">The guest's RAM.</param>
/// <param name="trap">The instruction.</param>
internal sealed class SoftwareBreakpoints(GuestMemory memory, BreakpointTrap trap)
{
    /// <summary>More than anybody sets by hand, so that a client cannot make them many without end.</summary>
    public const int Most = 4096;

    private readonly byte[] _trap = trap.Code;
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
            // One that lies within another is within an instruction, too.
            if (_byPhysical.Keys.Any(at => Distance(at, physical.Value) < (ulong)_trap.Length))
                return BreakpointResult.Refused;
            byte[] original = new byte[_trap.Length];
            if (!memory.TryRead(physical, original) || !memory.TryWrite(physical, _trap))
                return BreakpointResult.BadAddress;
            _byPhysical[physical.Value] = new Patch { Original = original, Users = 1 };
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
        byte[] now = new byte[_trap.Length];
        if (!memory.TryRead(physical, now))
            return;
        // What the guest has written over it since is the guest's.
        Restore(patch!, now, 0);
        memory.TryWrite(physical, now);
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
            Restore(patch, data, unchecked((long)(at - physical.Value)));
    }

    /// <summary>Prepares bytes that are about to be written to memory: breakpoints stay in, and know what is below them now.</summary>
    /// <param name="physical">Where they are written to.</param>
    /// <param name="data">They.</param>
    public void Keep(GuestAddress physical, Span<byte> data)
    {
        foreach ((ulong at, Patch patch) in _byPhysical)
        {
            long start = unchecked((long)(at - physical.Value));
            for (int i = 0; i < _trap.Length; i++)
            {
                if (start + i < 0 || start + i >= data.Length)
                    continue;
                patch.Original[i] = data[(int)(start + i)];
                data[(int)(start + i)] = _trap[i];
            }
        }
    }

    /// <summary>Puts what was below a breakpoint into bytes that have it, in part or whole, from an offset on.</summary>
    private void Restore(Patch patch, Span<byte> data, long start)
    {
        for (int i = 0; i < _trap.Length; i++)
        {
            if (start + i >= 0 && start + i < data.Length && data[(int)(start + i)] == _trap[i])
                data[(int)(start + i)] = patch.Original[i];
        }
    }

    private static ulong Distance(ulong one, ulong other) => Math.Max(one, other) - Math.Min(one, other);

    private sealed class Patch
    {
        public required byte[] Original { get; init; }

        public int Users { get; set; }
    }
}
