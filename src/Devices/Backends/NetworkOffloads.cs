namespace Vmm.Devices.Backends;

/// <summary>Work on a packet that its sender leaves to whoever takes it further. Each but the first needs the first.</summary>
[Flags]
public enum NetworkOffloads
{
    /// <summary>Every frame is as it goes over a wire.</summary>
    None = 0,

    /// <summary>The checksum may be missing; the header says where it goes.</summary>
    Checksum = 1,

    /// <summary>TCP over IPv4 may be in one large frame.</summary>
    Tso4 = 2,

    /// <summary>TCP over IPv6 may be in one large frame.</summary>
    Tso6 = 4,

    /// <summary>Such TCP may have congestion marked (ECN).</summary>
    Ecn = 8,

    /// <summary>UDP may be in one large frame that is cut into packets of their own.</summary>
    Uso = 16,
}
