using Vmm.Lab.Images;
using Xunit;

namespace Vmm.Tests.Linux;

/// <summary>VMs from their creation to their removal, by commands and by the API: scripts as a user would write them.</summary>
[Trait("Lab", "second")]
public class ManageTests
{
    [Theory]
    [InlineData("manage.sh", "ok removed: nothing left")]
    [InlineData("background.sh", "ok renamed, rebooted, stopped, removed; every pause holds")]
    [InlineData("rough.sh", "ok another user: refused, and nothing touched")]
    [InlineData("limits.sh", "ok one that went beyond its memory is told to have, and takes no other along")]
    [InlineData("crash.sh", "ok over: one that is preserved is told of again, and outlives its debuggers")]
    [InlineData("api.sh", "ok powered down, deleted, gone")]
    public async Task Vm_lives_its_whole_life_by_script(string script, string lastWords) => await LabScript.RunAsync(script, lastWords);

    [Fact]
    public async Task Guest_agent_does_what_it_is_asked_by_script() =>
        await LabScript.RunAsync("agent.sh", "ok renamed, rebooted and shut down by the agent; no socket left", await DiskImage.ToolsAsync());

    [Fact]
    public async Task Limit_of_a_disk_is_not_exceeded_and_changes_while_the_guest_runs() =>
        await LabScript.RunAsync("limit-disk.sh", "ok lifted", await DiskImage.ToolsAsync());
}
