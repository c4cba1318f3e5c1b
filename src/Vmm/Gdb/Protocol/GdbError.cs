namespace Vmm.Gdb.Protocol;

/// <summary>Why something was not done, by errno's numbers, in decimal as other stubs send them: E14 is EFAULT.</summary>
internal enum GdbError
{
    /// <summary>EIO: the host's kernel refused.</summary>
    Refused = 5,

    /// <summary>EFAULT: the address is not mapped, or no RAM.</summary>
    BadAddress = 14,

    /// <summary>EBUSY: the guest runs.</summary>
    Running = 16,

    /// <summary>EINVAL: the packet is not as it must be.</summary>
    Malformed = 22,

    /// <summary>ENOSPC: no debug register is left, or there are too many breakpoints.</summary>
    NoRoom = 28,
}
