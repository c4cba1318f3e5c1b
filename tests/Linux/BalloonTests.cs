using Vmm.Lab.Kernels;
using Xunit;

namespace Vmm.Tests.Linux;

/// <summary>Memory that goes back to the host, and a guest that learns that it is a copy: scripts, as <see cref="ManageTests"/> has them.</summary>
[Trait("Lab", "second")]
public class BalloonTests
{
    [Theory]
    [InlineData("balloon.sh", KernelFlavour.Cloud, "ok given back, taken again")]
    [InlineData("generation.sh", KernelFlavour.Generic, "ok another after a new start")]
    public async Task Guest_s_memory_and_identity_are_seen_from_outside(string script, KernelFlavour flavour, string lastWords) =>
        await LabScript.RunAsync(flavour, script, lastWords);
}
