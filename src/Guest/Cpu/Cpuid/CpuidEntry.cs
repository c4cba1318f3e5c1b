namespace Vmm.Guest.Cpu.Cpuid;

/// <summary>What the CPUID instruction answers for one leaf; the same fields as KVM's kvm_cpuid_entry2.</summary>
/// <param name="Function">The leaf: EAX of the question.</param>
/// <param name="Index">The sub-leaf: ECX of the question.</param>
/// <param name="Flags"><see cref="SignificantIndex"/> when the sub-leaf matters.</param>
/// <param name="Eax">EAX of the answer.</param>
/// <param name="Ebx">EBX of the answer.</param>
/// <param name="Ecx">ECX of the answer.</param>
/// <param name="Edx">EDX of the answer.</param>
public readonly record struct CpuidEntry(uint Function, uint Index, uint Flags, uint Eax, uint Ebx, uint Ecx, uint Edx)
{
    /// <summary>KVM_CPUID_FLAG_SIGNIFCANT_INDEX.</summary>
    public const uint SignificantIndex = 1;

    /// <summary>One of the four answers.</summary>
    public uint this[CpuidRegister register] => register switch
    {
        CpuidRegister.Eax => Eax,
        CpuidRegister.Ebx => Ebx,
        CpuidRegister.Ecx => Ecx,
        _ => Edx,
    };

    /// <summary>The entry with one answer replaced.</summary>
    public CpuidEntry With(CpuidRegister register, uint value) => register switch
    {
        CpuidRegister.Eax => this with { Eax = value },
        CpuidRegister.Ebx => this with { Ebx = value },
        CpuidRegister.Ecx => this with { Ecx = value },
        _ => this with { Edx = value },
    };
}
