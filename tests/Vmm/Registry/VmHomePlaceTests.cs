using Vmm.Host;
using Vmm.Registry;
using Xunit;

namespace Vmm.Tests.Vmm.Registry;

/// <summary>Not beside others: the environment is the process's.</summary>
[CollectionDefinition(nameof(VmHomePlaceTests), DisableParallelization = true)]
[Collection(nameof(VmHomePlaceTests))]
public sealed class VmHomePlaceTests : IDisposable
{
    private const string Runtime = "XDG_RUNTIME_DIR";

    private readonly string? _home = Environment.GetEnvironmentVariable(VmHome.Variable);
    private readonly string? _runtime = Environment.GetEnvironmentVariable(Runtime);

    public void Dispose() => Set(_home, _runtime);

    private static void Set(string? home, string? runtime)
    {
        Environment.SetEnvironmentVariable(VmHome.Variable, home);
        Environment.SetEnvironmentVariable(Runtime, runtime);
    }

    [Theory]
    [InlineData("/vms", "/run/user/7", "/vms")]
    [InlineData("/vms/../here", "/run/user/7", "/here")]
    [InlineData("", "/run/user/7", "/run/user/7/vmm")]
    [InlineData(null, "/run/user/7", "/run/user/7/vmm")]
    public void VMM_HOME_comes_before_XDG_RUNTIME_DIR(string? home, string runtime, string expected)
    {
        Set(home, runtime);
        Assert.Equal(expected, VmHome.Find().Path);
    }

    [Fact]
    public void Relative_VMM_HOME_is_one_of_the_current_folder()
    {
        Set("vms", null);
        Assert.Equal(Path.GetFullPath("vms"), VmHome.Find().Path);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("relative")]
    public void Without_either_only_root_has_a_place(string? runtime)
    {
        Set(null, runtime);
        if (Linux.geteuid() == 0)
            Assert.Equal("/run/vmm", VmHome.Find().Path);
        else
            Assert.Contains(VmHome.Variable, Assert.Throws<VmmException>(VmHome.Find).Message, StringComparison.Ordinal);
    }
}
