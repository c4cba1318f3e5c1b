using System.Text;
using System.Text.Json;
using Vmm.Api;
using Vmm.Control;
using Vmm.Machine.Config;
using Xunit;

namespace Vmm.Tests.Vmm.Api;

/// <summary>The body of vm.resize, and what vm.info makes of what a guest claims.</summary>
public sealed class VmResizeReaderTests
{
    private static readonly MachineConfig s_vm = MachineConfigResolver.Resolve(new() { Cpus = new() { Count = 2 }, Balloon = new() });

    private static ByteSize? Read(string json, MachineConfig? vm = null) => VmResizeReader.Read(Encoding.UTF8.GetBytes(json), vm ?? s_vm);

    [Fact]
    public void Balloon_is_taken_in_bytes_and_what_is_as_it_is_passes()
    {
        Assert.Equal(new ByteSize(1 << 20), Read("""{"desired_balloon":1048576}"""));
        Assert.Equal(new ByteSize(0), Read("""{"desired_balloon":0,"desired_vcpus":2,"desired_ram":536870912}"""));
        Assert.Null(Read("""{"desired_vcpus":null}"""));
    }

    [Theory, Trait("Row", "84")]
    [InlineData("""{"desired_vcpus":3}""", "desired_vcpus: 3 is not what the VM has (2)")]
    [InlineData("""{"desired_ram":1}""", "desired_ram: 1 is not what the VM has")]
    [InlineData("""{"desired_balloon":536870912}""", "desired_balloon: 512M would leave the guest nothing")]
    [InlineData("""{"desired_balloon":1}""", "desired_balloon: 1B is not a multiple of a page")]
    [InlineData("""{"desired_balloon":-1}""", "desired_balloon: ")]
    [InlineData("""{"desired_baloon":1}""", "desired_baloon: unknown field; did you mean 'desired_balloon'?")]
    [InlineData("""{"desired_balloon":1,"desired_balloon":2}""", "the body is not JSON as it must be: 'desired_balloon' is given twice")]
    [InlineData("""[[[[]]]]""", "the body is not JSON as it must be: line 1, byte 4: it is nested too deeply")]
    [InlineData("{ ", "the body is not JSON as it must be: line 1, byte 3: it ends before everything in it is closed")]
    [InlineData("{ x", "the body is not JSON as it must be: line 1, byte 3: 'x' is an invalid start of a property name")]
    [InlineData("""{"\ud800":1}""", "the body holds a string that is no text: half of a surrogate pair")]
    [InlineData("", "vm.resize needs a body")]
    public void What_is_wrong_is_named(string body, string expected)
    {
        ApiException wrong = Assert.Throws<ApiException>(() => Read(body));
        Assert.Equal(400, wrong.Status);
        Assert.StartsWith(expected, wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("BytePosition", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Vm_without_a_balloon_has_none_to_resize() =>
        Assert.StartsWith("desired_balloon: the VM has no balloon", Assert.Throws<ApiException>(() => Read("""{"desired_balloon":0}""", s_vm with { Balloon = null })).Message, StringComparison.Ordinal);

    /// <summary>Cloud Hypervisor #7903: what a guest claims was taken from the size without a look.</summary>
    [Theory, Trait("Row", "42")]
    [InlineData(1UL << 20, 511UL << 20)]
    [InlineData(1UL << 40, 0UL)]
    [InlineData(ulong.MaxValue, 0UL)]
    public void Size_that_info_tells_is_never_below_zero(ulong ballooned, ulong expected)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text))
            VmInfoWriter.Write(json, s_vm, VmState.Running, ballooned);
        using JsonDocument info = JsonDocument.Parse(text.ToArray());
        Assert.Equal(expected, info.RootElement.GetProperty("memory_actual_size").GetUInt64());
    }
}
