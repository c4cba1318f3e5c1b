using System.Net;
using System.Text.Json;
using Vmm.Control;
using Xunit;

namespace Vmm.Tests.Vmm.Api;

/// <summary>The calls, over the socket, as far as they go without a guest.</summary>
public sealed class ApiCallTests : IDisposable
{
    private const string Hello = """{"payload":{"firmware":"hello"},"memory":{"size":2097152},"console":{"mode":"Off"}}""";

    private readonly ApiRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Ping_tells_version_and_process()
    {
        using JsonDocument answer = JsonDocument.Parse(await _rig.Client.GetStringAsync("vmm.ping", TestContext.Current.CancellationToken));
        Assert.Equal(Environment.ProcessId, answer.RootElement.GetProperty("pid").GetInt32());
        Assert.NotEmpty(answer.RootElement.GetProperty("version").GetString()!);
    }

    [Theory]
    [InlineData("vm.boot")]
    [InlineData("vm.pause")]
    [InlineData("vm.resume")]
    [InlineData("vm.shutdown")]
    [InlineData("vm.reboot")]
    [InlineData("vm.power-button")]
    [InlineData("vm.nmi")]
    [InlineData("vm.resize")]
    [InlineData("vm.snapshot")]
    public async Task Command_without_a_vm_is_not_found_and_names_both_states(string call)
    {
        (int status, string reason) = await _rig.RefusalAsync(call);
        Assert.Equal(404, status);
        Assert.Contains("the VM is not created, and would have to be", reason, StringComparison.Ordinal);
        Assert.Equal(VmState.None, _rig.Control.State);
    }

    [Theory, Trait("Row", "84")]
    [InlineData("vm.pause", 405)]
    [InlineData("vm.resume", 405)]
    [InlineData("vm.shutdown", 405)]
    [InlineData("vm.reboot", 405)]
    [InlineData("vm.power-button", 405)]
    [InlineData("vm.nmi", 405)]
    [InlineData("vm.resize", 405)]
    [InlineData("vm.snapshot", 405)]
    [InlineData("vm.restore", 409)]
    [InlineData("vm.create", 409)]
    public async Task Command_in_the_wrong_state_is_refused_and_names_both_states(string call, int expected)
    {
        using HttpResponseMessage created = await _rig.PutAsync("vm.create", Hello);
        (int status, string reason) = await _rig.RefusalAsync(call, call == "vm.create" ? Hello : null);
        Assert.Equal(expected, status);
        Assert.Contains("the VM is created, and would have to be", reason, StringComparison.Ordinal);
        Assert.Equal(VmState.Created, _rig.Control.State);
    }

    [Fact]
    public async Task Created_vm_is_described_by_info_and_forgotten_by_delete()
    {
        using HttpResponseMessage created = await _rig.PutAsync("vm.create", Hello);
        Assert.Equal(HttpStatusCode.NoContent, created.StatusCode);
        using JsonDocument info = JsonDocument.Parse(await _rig.Client.GetStringAsync("vm.info", TestContext.Current.CancellationToken));
        Assert.Equal("Created", info.RootElement.GetProperty("state").GetString());
        Assert.Equal(2 << 20, info.RootElement.GetProperty("memory_actual_size").GetInt32());
        Assert.Equal("hello", info.RootElement.GetProperty("config").GetProperty("payload").GetProperty("firmware").GetString());
        Assert.Equal("{}", await _rig.Client.GetStringAsync("vm.counters", TestContext.Current.CancellationToken));

        using HttpResponseMessage deleted = await _rig.PutAsync("vm.delete");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Equal(VmState.None, _rig.Control.State);
        using HttpResponseMessage again = await _rig.PutAsync("vm.delete");
        Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
        using HttpResponseMessage gone = await _rig.Client.GetAsync("vm.info", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task Boot_that_the_host_refuses_leaves_the_vm_created()
    {
        using HttpResponseMessage created = await _rig.PutAsync("vm.create", """{"payload":{"kernel":"/nowhere/vmlinuz"}}""");
        Assert.Equal(HttpStatusCode.NoContent, created.StatusCode);
        (int status, string reason) = await _rig.RefusalAsync("vm.boot");
        Assert.Equal(500, status);
        Assert.Contains("/nowhere/vmlinuz", reason, StringComparison.Ordinal);
        Assert.Equal(VmState.Created, _rig.Control.State);
    }

    [Fact]
    public async Task Metrics_are_there_from_the_start()
    {
        using HttpResponseMessage answer = await _rig.Client.GetAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/plain", answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Shutdown_of_the_vmm_is_answered_before_it_happens()
    {
        using HttpResponseMessage answer = await _rig.PutAsync("vmm.shutdown");
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        await _rig.Ended.WaitAsync(TestContext.Current.CancellationToken);
    }

    [Theory, Trait("Row", "84")]
    [InlineData("GET", "/api/v1/vm.boot", 400)]
    [InlineData("PUT", "/api/v1/vmm.ping", 400)]
    [InlineData("DELETE", "/api/v1/vm.delete", 400)]
    [InlineData("GET", "/api/v1/vm.inf", 404)]
    [InlineData("GET", "/api/v2/vm.info", 404)]
    [InlineData("GET", "/../../etc/passwd", 404)]
    [InlineData("PUT", "/api/v1/vm.resize", 404)]
    public async Task Call_that_does_not_exist_is_refused(string method, string path, int expected)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), path);
        using HttpResponseMessage answer = await _rig.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(expected, (int)answer.StatusCode);
        using JsonDocument reasons = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(JsonValueKind.Array, reasons.RootElement.ValueKind);
    }

    [Fact, Trait("Row", "84")]
    public async Task Body_for_a_call_that_takes_none_is_refused()
    {
        (int status, string reason) = await _rig.RefusalAsync("vm.boot", "{}");
        Assert.Equal(400, status);
        Assert.Contains("takes no body", reason, StringComparison.Ordinal);
    }
}
