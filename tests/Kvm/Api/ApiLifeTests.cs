using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Vmm.Tests.Kvm.Firmware;
using Vmm.Tests.Kvm.Hostile;
using Xunit;

namespace Vmm.Tests.Kvm.Api;

/// <summary>The whole program, empty at first, with a guest that is made, run and taken away over its API.</summary>
public sealed class ApiLifeTests : IDisposable
{
    /// <summary>Waits for input that never comes.</summary>
    private const string Endless = """{"payload":{"firmware":"monitor"},"memory":{"size":2097152},"console":{"mode":"Off"}}""";
    private const string Short = """{"payload":{"firmware":"hello"},"memory":{"size":2097152},"console":{"mode":"Off"}}""";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmm-life-");
    private readonly HttpClient _client;
    private Process? _process;

    public ApiLifeTests()
    {
        KvmDevice.Require();
        _client = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync }) { BaseAddress = new Uri("http://localhost/api/v1/"), Timeout = s_patience };
    }

    private string SocketPath => Path.Combine(_folder.FullName, "api");

    private string EventPath => Path.Combine(_folder.FullName, "events");

    public void Dispose()
    {
        _client.Dispose();
        if (_process is { HasExited: false })
            _process.Kill();
        _process?.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Vm_is_created_booted_paused_resumed_powered_down_and_deleted()
    {
        Start("--api-socket", SocketPath, "--event-monitor", $"path={EventPath}");
        await PutAsync(204, "vm.create", Endless);
        Assert.Equal("Created", await StateAsync());
        await PutAsync(204, "vm.boot");
        Assert.Equal("Running", await StateAsync());
        await PutAsync(409, "vm.boot");
        await PutAsync(409, "vm.create", Endless);
        await PutAsync(405, "vm.resume");
        await PutAsync(204, "vm.pause");
        Assert.Equal("Paused", await StateAsync());
        await PutAsync(405, "vm.pause");
        await PutAsync(405, "vm.power-button");
        await PutAsync(204, "vm.resume");
        Assert.Equal("Running", await StateAsync());
        Assert.Contains("vmm_uptime_seconds", await _client.GetStringAsync("/metrics", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await PutAsync(204, "vm.power-button");
        await PutAsync(204, "vm.reboot");
        await PutAsync(204, "vm.shutdown");
        Assert.Equal("Shutdown", await StateAsync());
        await PutAsync(405, "vm.shutdown");
        await PutAsync(204, "vm.boot");
        await PutAsync(204, "vm.delete");
        await PutAsync(404, "vm.boot");
        await PutAsync(204, "vmm.shutdown");
        Assert.Equal(0, await ExitAsync());
        Assert.False(File.Exists(SocketPath));
        string[] events = [.. Events().Where(name => name is not ("vm.rebooted" or "vm.power-button"))];
        Assert.Equal(["vmm.starting", "vm.created", "vm.booting", "vm.booted", "vm.pausing", "vm.paused", "vm.resuming", "vm.resumed"], events[..8]);
        Assert.Equal(["vm.shutdown", "vm.booting", "vm.booted", "vm.shutdown", "vm.deleted", "vmm.shutdown"], events[^6..]);
    }

    [Fact]
    public async Task Guest_that_powers_itself_off_leaves_the_process_and_a_vm_that_can_be_booted_again()
    {
        Start("--api-socket", $"path={SocketPath}");
        await PutAsync(204, "vm.create", Short);
        for (int i = 0; i < 3; i++)
        {
            await PutAsync(204, "vm.boot");
            long start = Stopwatch.GetTimestamp();
            while (await StateAsync() != "Shutdown")
                Assert.True(Stopwatch.GetElapsedTime(start) < s_patience);
        }
        await PutAsync(204, "vm.delete");
        await PutAsync(204, "vmm.shutdown");
        Assert.Equal(0, await ExitAsync());
    }

    [Fact]
    public async Task Run_with_an_api_is_steered_and_ends_with_its_guest()
    {
        Start("run", "--firmware", "monitor", "--memory", "2M", "--console", "off", "--api-socket", SocketPath);
        long start = Stopwatch.GetTimestamp();
        while (await StateAsync() != "Running")
            Assert.True(Stopwatch.GetElapsedTime(start) < s_patience);
        await PutAsync(204, "vm.pause");
        await PutAsync(204, "vm.resume");
        await PutAsync(204, "vm.delete");
        Assert.Equal(0, await ExitAsync());
    }

    private void Start(params string[] arguments) =>
        _process = Process.Start(new ProcessStartInfo(ShellRun.Program, arguments) { RedirectStandardInput = true });

    private async Task<int> ExitAsync()
    {
        await _process!.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    private async Task PutAsync(int expected, string call, string? body = null)
    {
        using HttpResponseMessage answer = await _client.PutAsync(call, body is null ? null : new StringContent(body, Encoding.UTF8), TestContext.Current.CancellationToken);
        Assert.True((int)answer.StatusCode == expected, $"{call}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
    }

    private async Task<string> StateAsync()
    {
        using HttpResponseMessage answer = await _client.GetAsync("vm.info", TestContext.Current.CancellationToken);
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return "";
        using JsonDocument info = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return info.RootElement.GetProperty("state").GetString()!;
    }

    private IEnumerable<string> Events()
    {
        foreach (string text in File.ReadAllText(EventPath).Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            using JsonDocument document = JsonDocument.Parse(text);
            yield return $"{document.RootElement.GetProperty("source").GetString()}.{document.RootElement.GetProperty("event").GetString()}";
        }
    }

    /// <summary>Until the process listens.</summary>
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancel);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException) when (Stopwatch.GetElapsedTime(start) < s_patience && !_process!.HasExited)
            {
                socket.Dispose();
                await Task.Yield();
            }
        }
    }
}
