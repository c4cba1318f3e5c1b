using Xunit;

namespace Vmm.Tests.Linux;

/// <summary>A debugger on a guest, as a user starts one.</summary>
[Trait("Lab", "second")]
public class DebuggerTests
{
    [Fact]
    public async Task Debians_gdb_debugs_a_tiny_guest_and_a_stock_kernel_by_script() =>
        await LabScript.RunAsync("gdb.sh", "ok over: stopped by Ctrl-C");
}
