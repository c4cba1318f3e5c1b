using Vmm.Lab.Cache;
using Xunit;

namespace Vmm.Tests.Linux;

/// <summary>The stock kernel's socket driver, with one program at both ends.</summary>
[Trait("Lab", "second")]
public class VsockTests
{
    [Fact]
    public async Task Thousand_streams_each_way_arrive_whole() =>
        await LabScript.RunAsync("vsock.sh", "ok ended: no socket is left", await Resource.ProgramAsync("streams"));
}
