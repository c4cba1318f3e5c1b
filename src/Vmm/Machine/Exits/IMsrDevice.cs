namespace Vmm.Machine.Exits;

/// <summary>Model-specific registers that this program answers, where KVM is told to ask it.</summary>
internal interface IMsrDevice
{
    /// <summary>Reads one; false gives the guest a general protection fault.</summary>
    bool TryRead(uint index, out ulong value);

    /// <summary>Writes one; false gives the guest a general protection fault.</summary>
    bool TryWrite(uint index, ulong value);
}
