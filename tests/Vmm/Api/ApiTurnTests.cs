using System.Net.Sockets;
using System.Text;
using Vmm.Api;
using Xunit;

namespace Vmm.Tests.Vmm.Api;

/// <summary>Commands that wait for their turn.</summary>
public sealed class ApiTurnTests : IDisposable
{
    private const string PutSecond = "PUT /second HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";

    private readonly ManualResetEventSlim _begun = new();
    private readonly ManualResetEventSlim _release = new();
    private readonly ApiRig _rig;
    private int _second;

    public ApiTurnTests() => _rig = new(routes: new ApiRoutes(
    [
        new("PUT", "/first", Wait),
        new("PUT", "/long", Wait, Turn: ApiTurn.Long),
        new("PUT", "/now", _ => ApiAnswer.Done, Turn: ApiTurn.AtOnce),
        new("PUT", "/second", _ =>
        {
            _second++;
            return ApiAnswer.Done;
        }),
    ]));

    public void Dispose()
    {
        _release.Set();
        _rig.Dispose();
        _begun.Dispose();
        _release.Dispose();
    }

    [Fact]
    public async Task Command_whose_client_hung_up_while_it_waited_is_never_carried_out()
    {
        Task<HttpResponseMessage> first = _rig.PutAsync("/first");
        _begun.Wait(TestContext.Current.CancellationToken);
        using (NetworkStream second = _rig.Connect())
        {
            second.Write(Encoding.Latin1.GetBytes(PutSecond));
            second.Socket.Shutdown(SocketShutdown.Send);
            second.ReadTimeout = 60_000;
            // It is dropped as soon as its client is gone, and not when its turn comes.
            Assert.Equal("", ApiRig.ReadToEnd(second));
        }
        _release.Set();
        using HttpResponseMessage done = await first;
        Assert.Equal(0, _second);
        using HttpResponseMessage asked = await _rig.PutAsync("/second");
        Assert.Equal(1, _second);
    }

    [Theory]
    [InlineData("vm.send-migration", nameof(ApiTurn.Long))]
    [InlineData("vm.receive-migration", nameof(ApiTurn.Long))]
    [InlineData("vm.cancel-migration", nameof(ApiTurn.AtOnce))]
    [InlineData("vmm.shutdown", nameof(ApiTurn.AtOnce))]
    [InlineData("vm.delete", nameof(ApiTurn.InOrder))]
    public void What_waits_for_another_host_holds_up_nobody_and_what_ends_it_gets_through(string call, string turn) =>
        Assert.Equal(turn, VmApi.Routes(_rig.Control, _rig).Find("PUT", VmApi.Base + call).Turn.ToString());

    [Fact]
    public async Task Command_during_one_that_may_take_long_is_a_conflict_unless_it_needs_no_turn()
    {
        Task<HttpResponseMessage> first = _rig.PutAsync("/long");
        _begun.Wait(TestContext.Current.CancellationToken);
        Assert.Equal((409, """["second: long is under way; wait until it is answered, or end it with vm.cancel-migration"]"""), await _rig.RefusalAsync("/second"));
        Assert.Equal(409, (await _rig.RefusalAsync("/long")).Status);
        using HttpResponseMessage passed = await _rig.PutAsync("/now");
        Assert.Equal(204, (int)passed.StatusCode);
        _release.Set();
        using HttpResponseMessage done = await first;
        using HttpResponseMessage asked = await _rig.PutAsync("/second");
        Assert.Equal(1, _second);
    }

    [Fact]
    public async Task Command_whose_client_stays_is_carried_out_in_its_turn()
    {
        Task<HttpResponseMessage> first = _rig.PutAsync("/first");
        _begun.Wait(TestContext.Current.CancellationToken);
        Task<HttpResponseMessage> second = _rig.PutAsync("/second");
        Assert.Equal(0, _second);
        _release.Set();
        using HttpResponseMessage done = await first;
        using HttpResponseMessage asked = await second;
        Assert.Equal(204, (int)asked.StatusCode);
        Assert.Equal(1, _second);
    }

    private ApiAnswer Wait(ReadOnlyMemory<byte> body)
    {
        _begun.Set();
        _release.Wait();
        return ApiAnswer.Done;
    }
}
