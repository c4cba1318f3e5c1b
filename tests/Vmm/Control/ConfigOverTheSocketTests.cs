using System.Text;
using System.Text.Json;
using Vmm.Cli.Machines;
using Vmm.Control.Local;
using Vmm.Machine.Config;
using Xunit;

namespace Vmm.Tests.Vmm.Control;

/// <summary>A description is written in the same words wherever it is written.</summary>
public sealed class ConfigOverTheSocketTests
{
    private static readonly MachineConfig s_config = MachineConfigResolver.Resolve(new()
    {
        CpuQuota = CpuQuota.Parse("50%"),
        Log = [new() { Target = LogTarget.Journal, Level = LogThreshold.Debug }],
    });

    [Fact]
    public void Control_socket_has_the_words_of_a_machine_file() =>
        AssertWords(JsonSerializer.SerializeToUtf8Bytes(new ControlReply { Config = s_config }, ControlJson.Default.ControlReply));

    [Fact]
    public void Listings_have_the_words_of_a_machine_file() =>
        AssertWords(JsonSerializer.SerializeToUtf8Bytes(s_config, MachinesJson.Default.MachineConfig));

    private static void AssertWords(byte[] json)
    {
        string text = Encoding.UTF8.GetString(json).Replace(" ", "", StringComparison.Ordinal);
        Assert.Contains("""
            "cpu-quota":"50%"
            """, text, StringComparison.Ordinal);
        Assert.Contains("""
            "target":"journal"
            """, text, StringComparison.Ordinal);
        Assert.Contains("""
            "level":"debug"
            """, text, StringComparison.Ordinal);
    }
}
