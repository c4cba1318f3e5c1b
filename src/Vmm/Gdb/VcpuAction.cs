namespace Vmm.Gdb;

/// <summary>What a vCPU does when the guest goes on.</summary>
internal enum VcpuAction
{
    /// <summary>It stays where it is.</summary>
    Stay,

    /// <summary>It runs.</summary>
    Continue,

    /// <summary>It executes one instruction.</summary>
    Step,
}
