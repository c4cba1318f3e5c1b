namespace Vmm.Tests.Kvm.Firmware;

/// <summary>The machine QEMU gives a tiny guest.</summary>
internal sealed record QemuOptions(string Accelerator)
{
    public string Machine { get; init; } = "microvm";

    public int MemoryMiB { get; init; } = 16;

    public int Vcpus { get; init; } = 1;

    public string CommandLine { get; init; } = "";

    public string Typed { get; init; } = "";
}
