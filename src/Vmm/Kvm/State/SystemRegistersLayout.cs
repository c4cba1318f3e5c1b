namespace Vmm.Kvm.State;

/// <summary>The interrupt bitmap in struct kvm_sregs: a bit a vector.</summary>
internal static class SystemRegistersLayout
{
    /// <summary>Words of the bitmap.</summary>
    public const int InterruptWords = 4;

    /// <summary>Bits in each.</summary>
    public const int WordBits = 64;
}
