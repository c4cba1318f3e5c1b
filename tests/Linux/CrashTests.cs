using Xunit;

namespace Vmm.Tests.Linux;

/// <summary>A guest that crashed, and is kept for a look.</summary>
[Trait("Lab", "second")]
public class CrashTests
{
    [Fact]
    public async Task Crashed_guest_is_held_looked_at_and_debugged_by_script() =>
        await LabScript.RunAsync("crash.sh", "ok over: one that is preserved is told of again, and outlives its debuggers");
}
