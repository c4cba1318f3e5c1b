namespace Vmm.Lab.Kernels;

/// <summary>Which of Debian's kernels.</summary>
public enum KernelFlavour
{
    /// <summary>linux-image-amd64: everything as modules, xz-compressed; also L1's own kernel.</summary>
    Generic,
    /// <summary>linux-image-cloud-amd64: made for virtual machines, LZ4-compressed.</summary>
    Cloud,
}
